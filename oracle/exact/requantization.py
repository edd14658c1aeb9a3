"""Requantizing one accumulator in integers and ratios, from the words of oracle/requantization_profile.py."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from oracle.exact.numbers import FORMATS, NEAREST_OR_DIRECTED, Arithmetic, Rounding

CHOICES: dict[str, tuple[str, ...]] = {
    "scales": ("kept", "inverted", "weight_zero"),
    "multiplier": (
        *("real", "float64", "float32_product"),
        *("float32", "float32_reciprocal", "float32_of_reciprocals"),
    ),
    "fixed_point": ("none", "31_bits"),
    "scaling": ("exact", "float64", "float32", "dequantized", "dequantized_reciprocal", "doubling_high"),
    "offset": ("after", "before", "none"),
    "rounding": ("half_even", "half_away", "half_up", "half_toward_zero", "toward_zero", "floor"),
    "overflow": ("saturates", "int32", "wraps"),
    "tail": ("alike", "saturates"),
}
DEFINITION = {axis: names[0] for axis, names in CHOICES.items()}
SINGLE, DOUBLE = Arithmetic(FORMATS["float32"], False), Arithmetic(FORMATS["float64"], False)
LOWEST, HIGHEST = -(2**31), 2**31 - 1


def requantize(accumulator: int, scales: tuple[float, float, float], zero_point: int, qmin: int, qmax: int,
               choices: Mapping[str, str] | None = None) -> int:  # fmt: skip
    """Return clip(round(accumulator * input_scale * weight_scale / output_scale) + zero_point).

    Args:
        accumulator: an int32.
        scales: input_scale, weight_scale, output_scale: numbers of float32.
        zero_point, qmin, qmax: integers.
        choices: axis -> choice, where it is not the first of CHOICES; alone, an accumulator is a tail.

    Source: Jacob et al. 2018, equation 5, M := S1 S2 / S3.
    """
    chosen = DEFINITION | dict(choices or {})
    round_ = NEAREST_OR_DIRECTED[chosen["rounding"]]
    if chosen["scales"] == "inverted":
        a, b = (SINGLE.divide(1.0, SINGLE.divide(1.0, scale)) for scale in scales[:2])
        scales = (a, b, scales[2])
    if chosen["scales"] == "weight_zero":
        scales = (scales[0], 0.0, scales[2])
    if chosen["tail"] == "saturates":
        chosen["overflow"] = "saturates"
    t = scaled(accumulator, scales, chosen)
    if chosen["offset"] == "before":
        f = DOUBLE if chosen["scaling"] == "float64" else SINGLE
        t = t + zero_point if isinstance(t, Fraction) else f.add(t, float(zero_point))
    whole = integer(t, round_, chosen["overflow"])
    if chosen["overflow"] == "int32" and not LOWEST <= whole <= HIGHEST:
        whole = LOWEST
    code = whole + (zero_point if chosen["offset"] == "after" else 0)
    if chosen["overflow"] != "saturates":
        code = wrapped(code)
    return min(max(code, qmin), qmax)


def integer(t: Fraction | float, round_: Rounding, overflow: str) -> int:
    """Return the rounded t; an infinity lies beyond every code, and what cannot be told is the lowest."""
    if isinstance(t, Fraction) or math.isfinite(t):
        return round_(t)
    return 2**64 if t == math.inf and overflow == "saturates" else LOWEST if overflow == "wraps" else -(2**64)


def scaled(accumulator: int, scales: tuple[float, float, float],
           chosen: Mapping[str, str]) -> Fraction | float:  # fmt: skip
    """Return t, the accumulator in codes of the output: a ratio, or a number of a format."""
    input_scale, weight_scale, output_scale = scales
    how = chosen["scaling"]
    if how.startswith("dequantized"):
        y = SINGLE.multiply(SINGLE.whole(accumulator), SINGLE.multiply(input_scale, weight_scale))
        if how == "dequantized":
            return SINGLE.divide(y, output_scale)
        return SINGLE.multiply(y, SINGLE.divide(1.0, output_scale))
    if how in ("float32", "float64"):
        f, number = (SINGLE if how == "float32" else DOUBLE), factor(scales, chosen["multiplier"])
        return f.multiply(f.whole(accumulator), f.convert(number))
    m = multiplier(scales, chosen["multiplier"])
    if chosen["fixed_point"] == "none":
        return accumulator * m
    q, shift = significand(m)
    if how == "exact":
        return accumulator * q * Fraction(2) ** (shift - 31)
    return doubling_high(accumulator, q, shift, chosen["overflow"] == "wraps")


def multiplier(scales: tuple[float, float, float], how: str) -> Fraction:
    """Return input_scale * weight_scale / output_scale, as rounded as asked for.

    Raises:
        ValueError: it is no number: a float32 product, or reciprocal, is infinite.
    """
    a, b, c = (Fraction(scale) for scale in scales)
    if how == "real":
        return a * b / c
    m = factor(scales, how)
    if not math.isfinite(m):
        raise ValueError(f"the multiplier of an integer must be finite, got {m}")
    return Fraction(m)


def factor(scales: tuple[float, float, float], how: str) -> float:
    """Return the multiplier as a number of a format, which may be infinite, or NaN: 0 times infinity."""
    a, b, c = scales
    if how == "float64":
        return DOUBLE.divide(DOUBLE.multiply(a, b), c)  # the product of two float32 is exact
    if how == "float32_of_reciprocals":
        of_input, of_weight, of_output = (SINGLE.divide(1.0, scale) for scale in scales)
        return SINGLE.divide(of_output, SINGLE.multiply(of_input, of_weight))
    product = SINGLE.multiply(a, b)
    if how == "float32_reciprocal":
        return SINGLE.multiply(product, SINGLE.divide(1.0, c))
    return (DOUBLE if how == "float32_product" else SINGLE).divide(product, c)


def significand(m: Fraction) -> tuple[int, int]:
    """Return q and shift: m is nearly q * 2^(shift - 31), 2^30 <= q < 2^31."""
    if m == 0:
        return 0, 0
    shift = 0
    while m >= 2**shift:
        shift += 1
    while m < Fraction(2) ** (shift - 1):
        shift -= 1
    q = math.floor(m / Fraction(2) ** (shift - 31) + Fraction(1, 2))
    if q == 2**31:
        q, shift = 2**30, shift + 1
    return (0, 0) if shift < -31 else (q, shift)


def doubling_high(accumulator: int, q: int, shift: int, wraps: bool) -> Fraction:
    """Return the first of the two roundings, times what is left of the power of two."""
    left = accumulator * 2 ** max(shift, 0)
    left = wrapped(left) if wraps else min(max(left, LOWEST), HIGHEST)
    high = math.floor(Fraction(left * q, 2**31) + Fraction(1, 2))
    return high * Fraction(2) ** min(shift, 0)


def wrapped(value: int) -> int:
    return (value + 2**31) % 2**32 - 2**31
