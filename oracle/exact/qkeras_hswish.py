"""QKeras's quantized_hswish, one float32 number at a time."""

from __future__ import annotations

import math
from fractions import Fraction

from oracle.exact.numbers import NEAREST_OR_DIRECTED
from oracle.exact.qkeras import Choices, F, clamp, single


def quantized_hswish(x: float, bits: int, choices: Choices, integer: int = 0, symmetric: bool = False,
                     alpha: float | None = None, relu_shift: int = 3,
                     relu_upper_bound: int = 6) -> float:  # fmt: skip
    """Return the quantized hard swish of one number; see oracle/quantized_hswish.py for the words."""
    unit = Fraction(2) ** (integer - bits + 1)
    step = unit * Fraction(single(alpha or 1.0))
    rounded = swish_in_float32(x, relu_shift, relu_upper_bound, choices["curve"] == "reciprocal")
    is_lost = math.isinf(F.divide(rounded, float(unit)))
    if is_lost and choices["infinity"] == "nan":
        return math.nan
    low, high = -(2 ** (bits - 1)) + symmetric, 2 ** (bits - 1) - 1
    h = rounded if choices["curve"] != "exact" else swish(x, relu_shift, relu_upper_bound)
    if isinstance(h, float) and math.isinf(h):
        code = Fraction(high)
    else:
        t = Fraction(h) / (step if choices["alpha"] == "divides" else unit)
        code = clamp(Fraction(NEAREST_OR_DIRECTED[choices["rounding"]](t)), Fraction(low), Fraction(high))
    value = F.multiply(float(code), float(step)) + 0.0
    return value if choices["presentation"] == "value" else F.add(rounded, F.add(value, -rounded))


def swish(x: float, shift: int, bound: int) -> Fraction | float:
    """Return x * clip(x + shift, 0, bound) / bound."""
    if math.isinf(x):
        return x
    return Fraction(x) * clamp(Fraction(x) + shift, Fraction(0), Fraction(bound)) / bound


def swish_in_float32(x: float, shift: int, bound: int, is_reciprocal: bool) -> float:
    """Return the same, every operation rounded to float32."""
    relu = min(max(F.add(x, float(shift)), 0.0), float(bound))
    if is_reciprocal:
        return F.multiply(x, F.multiply(relu, F.divide(1.0, float(bound))))
    return F.divide(F.multiply(x, relu), float(bound))
