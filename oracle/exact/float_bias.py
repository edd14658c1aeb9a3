"""Requantizing one accumulator and its float bias in ratios: the words of oracle/float_bias_profile.py."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from oracle.exact.numbers import NEAREST_OR_DIRECTED
from oracle.exact.requantization import HIGHEST, LOWEST, SINGLE, multiplier, scaled, wrapped

CHOICES: dict[str, tuple[str, ...]] = {
    "scales": ("kept", "inverted"),
    "bias": ("real", "int32", "int32_reciprocal", "accumulator_units", "of_reciprocals", "dequantized"),
    "sum": ("exact", "wraps"),
    "multiplier": ("real", "float32", "float32_reciprocal", "float32_of_reciprocals"),
    "scaling": ("exact", "float32", "dequantized", "dequantized_reciprocal"),
    "offset": ("after", "before"),
    "rounding": ("half_even", "half_away", "half_up", "half_toward_zero", "toward_zero", "floor"),
    "overflow": ("saturates", "int32"),
}
DEFINITION = {axis: names[0] for axis, names in CHOICES.items()}
BEYOND = 2**64  # stands for infinity
Scales = tuple[float, float, float]


def requantize_float_bias(accumulator: int, bias: float, scales: Scales, zero_point: int, qmin: int,
                          qmax: int, is_per_channel: bool, choices: Mapping[str, str] | None = None
                          ) -> int:  # fmt: skip
    """Return clip(round((accumulator * input_scale * weight_scale + bias) / output_scale) + zero_point).

    Args:
        accumulator: an int32.
        bias: a number of float32.
        scales: input_scale, weight_scale, output_scale: numbers of float32.
        zero_point, qmin, qmax: integers.
        is_per_channel: whether weight_scale is one of several.
        choices: axis -> choice, where it is not the first of CHOICES.

    Source: torch.nn.Linear, "y = xA^T + b".
    """
    chosen = DEFINITION | dict(choices or {})
    if chosen["scales"] == "inverted":
        a, b = (SINGLE.divide(1.0, SINGLE.divide(1.0, scale)) for scale in scales[:2])
        scales = (a, b, scales[2])
    t = in_codes(accumulator, bias, scales, is_per_channel, chosen)
    if chosen["offset"] == "before":
        t = t + zero_point if isinstance(t, Fraction) else SINGLE.add(t, float(zero_point))
    whole = NEAREST_OR_DIRECTED[chosen["rounding"]](t) if math.isfinite(t) else int(math.copysign(BEYOND, t))
    if chosen["overflow"] == "int32" and not LOWEST <= whole <= HIGHEST:
        whole = LOWEST
    code = whole + (zero_point if chosen["offset"] == "after" else 0)
    return min(max(code, qmin), qmax)


def in_codes(accumulator: int, bias: float, scales: Scales, is_per_channel: bool, chosen: Mapping[str, str]
             ) -> Fraction | float:  # fmt: skip
    """Return t: a float of float32 where the last step is one of float32, else a ratio."""
    a, b, c = scales
    how = chosen["bias"]
    if how == "real":
        return (accumulator * Fraction(a) * Fraction(b) + Fraction(bias)) / Fraction(c)
    if how == "dequantized":
        y = SINGLE.add(SINGLE.multiply(SINGLE.whole(accumulator), SINGLE.multiply(a, b)), bias)
        if chosen["scaling"] == "dequantized":
            return SINGLE.divide(y, c)
        return SINGLE.multiply(y, SINGLE.divide(1.0, c))
    if how in ("int32", "int32_reciprocal"):
        total = accumulator + whole_bias(bias, a, b, how)
        if chosen["sum"] == "wraps":
            total = wrapped(total)
        t = scaled(total, scales, {**chosen, "fixed_point": "none"})
        return float(t) if chosen["scaling"] == "float32" else t
    m = SINGLE.result(multiplier(scales, chosen["multiplier"]))
    return SINGLE.multiply(float_sum(accumulator, bias, a, b, how, is_per_channel), m)


def whole_bias(bias: float, a: float, b: float, how: str) -> int:
    """Return the bias in whole units of the accumulator, an int32."""
    t: Fraction | float = Fraction(bias) / (Fraction(a) * Fraction(b))
    if how == "int32_reciprocal":
        t = SINGLE.multiply(bias, SINGLE.divide(1.0, SINGLE.multiply(a, b)))
        if math.isinf(t):
            return HIGHEST if t > 0 else LOWEST
    return min(max(round(t), LOWEST), HIGHEST)


def float_sum(accumulator: int, bias: float, a: float, b: float, how: str, is_per_channel: bool) -> float:
    """Return accumulator and bias in units of the accumulator, added in float32."""
    whole = SINGLE.whole(accumulator)
    if how == "of_reciprocals":
        units = SINGLE.multiply(SINGLE.divide(1.0, a), SINGLE.divide(1.0, b))
        return SINGLE.add(whole, SINGLE.multiply(bias, units))
    product = SINGLE.multiply(a, b)
    if is_per_channel:
        return SINGLE.add(whole, SINGLE.divide(bias, product))
    return SINGLE.fused(bias, SINGLE.divide(1.0, product), whole)
