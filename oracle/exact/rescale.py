"""Rescaling one code in integers and ratios, from the words of oracle/rescale_profile.py."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from oracle.exact.numbers import NEAREST_OR_DIRECTED
from oracle.exact.requantization import HIGHEST, LOWEST, integer, multiplier, scaled, wrapped

CHOICES: dict[str, tuple[str, ...]] = {
    "multiplier": ("real", "float64", "float32"),
    "fixed_point": ("none", "31_bits", "8_bits"),
    "scaling": ("exact", "dequantized", "dequantized_reciprocal", "doubling_high"),
    "rounding": ("half_even", "half_away", "half_up", "half_toward_zero", "toward_zero", "floor"),
    "overflow": ("saturates", "int32", "int16", "wraps"),
    "tail": ("alike", "half_away"),
}
DEFINITION = {axis: names[0] for axis, names in CHOICES.items()}


def rescale(code: int, grids: tuple[tuple[float, int], tuple[float, int]], qmin: int, qmax: int,
            choices: Mapping[str, str] | None = None) -> int:  # fmt: skip
    """Return clip(round((code - input_zero_point) * input_scale / output_scale) + output_zero_point).

    Args:
        code: a code of the input.
        grids: scale, a number of float32, and zero point of input and output.
        qmin, qmax: integers.
        choices: axis -> choice, where it is not the first of CHOICES; alone, a code is a tail.

    Source: TensorFlow Lite 8-bit quantization specification, "real_value = (int8_value - zero_point) *
        scale".
    """
    chosen = DEFINITION | dict(choices or {})
    (input_scale, input_zero_point), (output_scale, output_zero_point) = grids
    steps, scales = code - input_zero_point, (input_scale, 1.0, output_scale)
    if chosen["fixed_point"] == "8_bits":
        q = round(256 * multiplier(scales, chosen["multiplier"]))
        if chosen["overflow"] == "int16":
            q = -((2**15 - q) % 2**16 - 2**15)
        t: Fraction | float = steps * Fraction(q, 256)
    else:
        t = scaled(steps, scales, chosen)
    how = "half_away" if chosen["tail"] == "half_away" else chosen["rounding"]
    whole = integer(t, NEAREST_OR_DIRECTED[how], chosen["overflow"])
    if chosen["overflow"] == "int32" and not LOWEST <= whole <= HIGHEST:
        whole = LOWEST
    found = whole + output_zero_point
    if chosen["overflow"] in ("int32", "wraps"):
        found = wrapped(found)
    return min(max(found, qmin), qmax)
