"""QKeras's quantized_ulaw, one float32 number at a time."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from functools import cache

from oracle.exact.numbers import FORMATS, NEAREST_OR_DIRECTED, Arithmetic
from oracle.exact.qkeras import CONTEXT, Choices, F, clamp, hard_sigmoid, single

FLUSHING = Arithmetic(FORMATS["float32"], flushed=True)


@cache
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
        return float(clamp(code(law(t, u), m, choices) / m, low, high) * unit)
    r = code(t, m, choices) / m
    inner = F.add(1.0, F.multiply(single(u), float(abs(r))))
    quotient = F.divide(single(ln(inner)), single(ln(single(1 + Fraction(u)))))
    return float(clamp(Fraction(quotient) * (-1 if r < 0 else 1), low, high) * unit)


def law(t: Fraction, u: float) -> Fraction:
    """Return sign(t) * ln(1 + u * |t|) / ln(1 + u)."""
    return ln(1 + Fraction(u) * abs(t)) / ln(1 + Fraction(u)) * (-1 if t < 0 else 1)


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


def quantized_ulaw_gradient(x: float, dy: float, bits: int, choices: Choices, integer: int = 0,
                            symmetric: bool = False, u: float = 255.0) -> float:  # fmt: skip
    """Return dy times the slope of the law, 0 beyond its ends and where the code is clipped."""
    m, given = 2 ** (bits - 1), x / 2**integer
    if abs(given) > 1 or (abs(given) == 1 and choices["edge"] == "strict"):
        return 0.0
    t = line(given, choices)
    if choices["order"] == "law_first":
        at, clipped = t, code(law(t, u), m, choices)
    else:
        at = code(t, m, choices) / m
        clipped = law(at, u) * m
    if not symmetric - m <= clipped <= m - 1:
        return 0.0
    slope = Fraction(u) / ((1 + Fraction(u) * abs(at)) * ln(1 + Fraction(u)))
    slope = Fraction(0) if at == 0 and choices["origin"] == "stops" else slope
    if choices["factors"] == "product":
        return single(Fraction(dy) * slope) + 0.0
    scaled = FLUSHING.multiply(FLUSHING.convert(dy), float(2**integer))
    if math.isinf(scaled):
        return scaled if slope else math.nan
    return FLUSHING.divide(single(Fraction(scaled) * slope), float(2**integer)) + 0.0
