"""QKeras's quantized_ulaw, one float32 number at a time."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from oracle.exact.numbers import NEAREST_OR_DIRECTED
from oracle.exact.qkeras import CONTEXT, Choices, F, clamp, hard_sigmoid, single


def ln(value: float | Fraction) -> Fraction:
    """Return the natural logarithm with 50 digits."""
    exact = Fraction(value)
    return Fraction(CONTEXT.ln(CONTEXT.divide(Decimal(exact.numerator), Decimal(exact.denominator))))


def quantized_ulaw(x: float, bits: int, choices: Choices, integer: int = 0, symmetric: bool = False,
                   u: float = 255.0) -> float:  # fmt: skip
    """Return the u-law of one number on its grid; see oracle/quantized_ulaw.py for the words."""
    m, unit = 2 ** (bits - 1), Fraction(2) ** integer
    t = line(x / 2**integer, choices)
    low, high = Fraction(symmetric - m, m), Fraction(m - 1, m)
    if choices["order"] == "law_first":
        law = ln(1 + Fraction(u) * abs(t)) / ln(1 + Fraction(u)) * (-1 if t < 0 else 1)
        return float(clamp(code(law, m, choices) / m, low, high) * unit)
    r = code(t, m, choices) / m
    inner = F.add(1.0, F.multiply(single(u), float(abs(r))))
    quotient = F.divide(single(ln(inner)), single(ln(single(1 + Fraction(u)))))
    return float(clamp(Fraction(quotient) * (-1 if r < 0 else 1), low, high) * unit)


def line(t: float, choices: Choices) -> Fraction:
    """Return t in [-1, 1], or what x / 2 + 1 / 2 in float32 leaves of it."""
    if choices["normalization"] == "exact":
        return (
            Fraction(int(math.copysign(1, t)))
            if math.isinf(t)
            else clamp(Fraction(t), *map(Fraction, (-1, 1)))
        )
    return 2 * hard_sigmoid(single(t), choices) - 1


def code(t: Fraction, m: int, choices: Choices) -> Fraction:
    """Return the code nearest to t * m, of every second one at half the resolution."""
    nearest = NEAREST_OR_DIRECTED[choices["rounding"]]
    if choices["resolution"] == "half":
        return Fraction(2 * nearest((1 + t) * m / 2) - m)
    return Fraction(nearest(t * m))
