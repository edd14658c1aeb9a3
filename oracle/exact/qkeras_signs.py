"""QKeras's binary and ternary quantizers, one channel at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from oracle.exact.qkeras import CONTEXT, Choices, F, flushed, presented, single, two_to
from oracle.exact.qkeras_po2 import nearest_exponent


def nearest_power(scale: float) -> float:
    """Return the power of two nearest to a number in the logarithm."""
    return float(two_to(nearest_exponent(Fraction(scale), 1, "rnd", "logarithm")))


def fitted(alpha: str, x: Sequence[float], q: Sequence[float], choices: Choices) -> float:
    """Return sum(x * q) / sum(q * q), or the power of two nearest to it."""
    products = sum((Fraction(a) * Fraction(b) for a, b in zip(x, q, strict=True)), Fraction(0)) / len(x)
    squares = sum((Fraction(b) ** 2 for b in q), Fraction(0)) / len(x)
    epsilon = single(Fraction(1, 10**7))
    if choices["epsilon"] == "added":
        scale = F.divide(single(products), F.add(single(squares), epsilon))
        return nearest_power(F.add(scale, epsilon)) if alpha == "auto_po2" else scale
    scale = single(products / squares)
    return nearest_power(scale) if alpha == "auto_po2" else scale


def binary(
    x: Sequence[float], choices: Choices, alpha: float | str | None = None, use_01: bool = False
) -> list[float]:
    """Return the signs of one channel, times its scale; see oracle/binary.py."""
    x = [flushed(v, choices) for v in x]
    fixed = {"positive": 1.0, "negative": -1.0}.get(choices["zero"])
    q = [fixed if v == 0 and fixed else math.copysign(1.0, v) for v in x]
    q = [(v + 1) / 2 for v in q] if use_01 else q
    scale = fitted(alpha, x, q, choices) if isinstance(alpha, str) else single(alpha or 1.0)
    values = [F.multiply(scale, v) for v in q]
    return values if alpha is None else [presented(a, b, choices) for a, b in zip(x, values, strict=True)]


def ternary(
    x: Sequence[float], choices: Choices, alpha: float | str | None = None, threshold: float | None = None,
    number_of_unrolls: int = 5,
) -> list[float]:  # fmt: skip
    """Return -1, 0 or 1 for each number of one channel, times its scale; see oracle/ternary.py."""
    x = [flushed(v, choices) for v in x]
    if isinstance(alpha, str):
        scale = F.divide(F.multiply(2.0, max(map(abs, x))), 3.0)
        scale = nearest_power(scale) if alpha == "auto_po2" else scale
        for _ in range(number_of_unrolls):
            q = [thrown(v, F.divide(scale, 2.0), choices["auto_edge"]) for v in x]
            scale = fitted(alpha, x, q, choices)
    else:
        limit = single(Fraction(33, 100) if threshold is None else threshold)
        scale, q = single(alpha or 1.0), [thrown(v, limit, choices["edge"]) for v in x]
    values = [F.multiply(scale, v) + 0.0 for v in q]
    return values if alpha is None else [presented(a, b, choices) for a, b in zip(x, values, strict=True)]


def thrown(x: float, limit: float, edge: str) -> float:
    """Return the sign of a number outside the dead band, and 0 inside."""
    is_outside = abs(x) > limit or (abs(x) == limit and edge == "inclusive")
    return math.copysign(1.0, x) if is_outside and x else 0.0


def through_tanh(x: float, dy: float, alpha: float | str | None, choices: Choices) -> float:
    """Return dy, or dy * (1 - tanh(x)^2) without alpha, or 0 beyond 1."""
    if choices["outside"] == "stops" and abs(x) > 1:
        return 0.0
    if choices["surrogate"] == "identity" or alpha is not None:
        return dy
    if abs(x) > 100:
        return 0.0
    power = CONTEXT.exp(CONTEXT.multiply(Decimal(2), Decimal(x)))
    root = Fraction(CONTEXT.divide(CONTEXT.subtract(power, Decimal(1)), CONTEXT.add(power, Decimal(1))))
    return single(Fraction(dy) * (1 - root * root))
