"""QKeras's quantized_hswish, one float32 number at a time."""

from __future__ import annotations

import math
from fractions import Fraction

from oracle.exact.numbers import FORMATS, NEAREST_OR_DIRECTED, Arithmetic
from oracle.exact.qkeras import Choices, F, clamp, single

FLUSHING = Arithmetic(FORMATS["float32"], flushed=True)


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


def quantized_hswish_gradient(x: float, dy: float, bits: int, choices: Choices, integer: int = 0,
                              symmetric: bool = False, alpha: float | None = None, relu_shift: int = 3,
                              relu_upper_bound: int = 6) -> float:  # fmt: skip
    """Return dy times the slope of the hard swish; see oracle/quantized_hswish_gradient.py for the words."""
    is_exact, curve = choices["slope"] == "exact", (relu_shift, relu_upper_bound)
    if choices["mask"] == "code" and is_clipped(x, bits, integer, symmetric, alpha, curve):
        return 0.0
    part = part_of(dy, relu_upper_bound, choices)
    if choices["overflow"] == "nan" and x <= -relu_shift and not math.isfinite(F.multiply(part, x)):
        return math.nan
    if choices["through"] == "quantizer":
        return dy + 0.0 if is_exact else dy
    if not is_exact:
        return summed(x, FLUSHING.convert(dy), curve, choices)
    side = side_of(x, -relu_shift, relu_upper_bound - relu_shift, choices)
    slope = (2 * Fraction(x) + relu_shift) / relu_upper_bound if side == 0 else Fraction(int(side > 0))
    return single(Fraction(dy) * slope) + 0.0


def is_clipped(x: float, bits: int, integer: int, symmetric: bool, alpha: float | None,
               curve: tuple[int, int]) -> bool:  # fmt: skip
    """Return whether the hard swish is rounded to a number that is no code."""
    h = swish(x, *curve)
    if isinstance(h, float):
        return True
    code = round(h / (Fraction(2) ** (integer - bits + 1) * Fraction(single(alpha or 1.0))))
    return not -(2 ** (bits - 1)) + symmetric <= code <= 2 ** (bits - 1) - 1


def side_of(x: float, low: float, high: float, choices: Choices) -> int:
    """Return -1 below the parabola, 1 above it, 0 on it; the ends belong where the choices say."""
    if x < low or (x == low and choices["low_joint"] == "outside"):
        return -1
    return int(x > high or (x == high and choices["high_joint"] == "outside"))


def part_of(dy: float, bound: int, choices: Choices) -> float:
    """Return dy / bound in float32, or dy times the reciprocal."""
    if choices["slope"] == "reciprocal":
        return FLUSHING.multiply(FLUSHING.convert(dy), F.divide(1.0, float(bound)))
    return FLUSHING.divide(FLUSHING.convert(dy), float(bound))


def summed(x: float, dy: float, curve: tuple[int, int], choices: Choices) -> float:
    """Return dy / bound * relu + dy / bound * x, the second only on the parabola, each of it in float32."""
    shift, bound = map(float, curve)
    part, shifted = part_of(dy, curve[1], choices), F.add(x, shift)
    side = side_of(shifted, 0.0, bound, choices)
    relu = (0.0, shifted, bound)[side + 1]
    of_relu = FLUSHING.multiply(part, FLUSHING.convert(x)) if side == 0 else 0.0
    return FLUSHING.add(FLUSHING.multiply(part, relu), of_relu)
