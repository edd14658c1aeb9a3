"""TensorFlow's fake quantizers on one value, from the words of oracle/tensorflow_range.py."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from oracle.exact.numbers import FORMATS, Arithmetic, round_to_whole

RANGE_CHOICES: dict[str, tuple[str, ...]] = {
    "validation": ("refuses", "zeros", "computes", "given"),
    "subnormals": ("kept", "flushed"),
    "scale": ("divide", "reciprocal"),
    "nudged": ("bound", "zero_point", "multiplied"),
    "nudge_rounding": ("half_even", "half_away"),
}
FAKE_QUANT_CHOICES: dict[str, tuple[str, ...]] = {
    **RANGE_CHOICES,
    "width": ("bits", "eight"),
    "nan": ("propagates", "low"),
    "scaling": ("divide", "inverse", "reciprocal"),
    "origin": ("zero", "shifted", "low", "low_fused"),
    "shift": ("difference", "constant"),
    "rounding": ("half_up", "half_away", "floor_plus_half", "half_even"),
}


@dataclass(frozen=True)
class Range:
    """A range, adjusted: float32 numbers, held exactly by Python floats."""

    low: float
    high: float
    scale: float
    width: float
    steps: int
    zero: float  # whole: the number of steps from low to 0


def arithmetic_of(chosen: Mapping[str, str]) -> Arithmetic:
    return Arithmetic(FORMATS["float32"], chosen["subnormals"] == "flushed")


def checked(low: float, high: float, bits: int, chosen: Mapping[str, str]) -> tuple[float, float]:
    """Return the bounds as the arithmetic sees them, or raise ValueError."""
    f, is_below = arithmetic_of(chosen), low < high
    low, high = f.convert(low), f.convert(high)
    if bits < 2 or bits > 16:
        raise ValueError(f"bits must lie in [2, 16], got {bits}")
    if chosen["validation"] == "refuses":
        is_below = low < high
    if chosen["validation"] in ("refuses", "given") and not is_below:
        raise ValueError(f"low must be < high, got [{low}, {high}]")
    return low, high


def adjusted(low: float, high: float, bits: int, narrow_range: bool, chosen: Mapping[str, str]) -> Range:
    """Move a range so that 0 is a multiple of its scale.

    Source: tf.quantization.fake_quant_with_min_max_args, "`scale = (max - min) / (2^num_bits - 1)`,
        `min_adj = scale * round(min / scale)` and `max_adj = max + min_adj - min`".
    """
    f = arithmetic_of(chosen)
    first, last = int(narrow_range), 2**bits - 1
    steps, width = last - first, f.add(high, -low)
    if chosen["scale"] == "reciprocal":
        scale = f.multiply(width, f.divide(1.0, float(steps)))
    else:
        scale = f.divide(width, float(steps))
    in_steps, rounding = f.divide(low, scale), chosen["nudge_rounding"]
    if chosen["nudged"] == "multiplied":
        in_steps = f.divide(f.multiply(low, float(steps)), width)
    if chosen["validation"] == "given" and math.isnan(in_steps):
        in_steps = float(first) if chosen["nudged"] != "bound" else 0.0  # no step from low to 0
    if chosen["nudged"] != "bound":
        zero_point = round_to_whole(f.add(float(first), -in_steps), rounding, f)
        zero = math.nan if math.isnan(zero_point) else min(max(zero_point, first), last) - first
        return Range(f.multiply(-zero, scale), f.multiply(steps - zero, scale), scale, width, steps, zero)
    if low > 0:
        return Range(0.0, width, scale, width, steps, 0.0)
    if high < 0:
        return Range(-width, 0.0, scale, width, steps, float(steps))
    whole = round_to_whole(in_steps, rounding, f)
    bottom = f.multiply(scale, whole)
    top = f.add(f.add(high, bottom), -low)
    if chosen.get("high_bound") == "product":
        top = f.multiply(steps + whole, scale)
    return Range(bottom, top, scale, width, steps, -whole)


def clip(x: float, low: float, high: float) -> float:
    """Return max(min(x, high), low); NaN where one of them is."""
    if math.isnan(x) or math.isnan(low) or math.isnan(high):
        return math.nan
    return max(min(x, high), low)


def fake_quant_with_min_max(x: float, low: float, high: float, bits: int, narrow_range: bool,
                            choices: Mapping[str, str] | None = None) -> float:  # fmt: skip
    """Return the value of a real on the grid of a range that is made to hold 0.

        y = round_half_up(clip(x, low', high') / scale) * scale

    Args:
        x, low, high: float32 numbers; low < high.
        bits: width of the codes, in [2, 16]; narrow_range: the codes begin at 1.
        choices: axis -> choice, where it is not the first of FAKE_QUANT_CHOICES.

    Returns:
        a float32 number.

    Source: as `adjusted`; "values are quantized into the quantization range [...] and then de-quantized".
    """
    chosen = {axis: names[0] for axis, names in FAKE_QUANT_CHOICES.items()} | dict(choices or {})
    low, high = checked(low, high, bits, chosen)
    bits = 8 if chosen["width"] == "eight" else bits
    if chosen["validation"] == "zeros" and low == 0 and high == 0:
        return 0.0
    f, grid = arithmetic_of(chosen), adjusted(low, high, bits, narrow_range, chosen)
    inside, origin = clip(f.convert(x), grid.low, grid.high), chosen["origin"]
    if math.isnan(x) and chosen["nan"] == "low":
        inside = grid.low
    if origin != "zero" and chosen["shift"] == "difference":
        inside = f.add(inside, -grid.low)
    code = code_of(inside, grid, f, chosen)
    if origin == "low_fused":
        return f.fused(code, grid.scale, grid.low)
    y = f.multiply(code, grid.scale)
    return f.add(y, grid.low if origin == "low" else 0.0)


def code_of(inside: float, grid: Range, f: Arithmetic, chosen: Mapping[str, str]) -> float:
    """Return the number of steps from the origin, a whole float."""
    if chosen["scaling"] == "divide":
        t = f.divide(inside, grid.scale)
    else:
        of = (float(grid.steps), grid.width) if chosen["scaling"] == "inverse" else (1.0, grid.scale)
        factor = f.divide(*of)
        if chosen["origin"] == "low_fused" and chosen["rounding"] == "floor_plus_half":
            ahead = f.multiply(-grid.low, factor) if chosen["shift"] == "constant" else 0.0
            t = f.fused(inside, factor, f.add(ahead, 0.5))
            return float(math.floor(t)) if math.isfinite(t) else t
        t = f.multiply(inside, factor)
    if chosen["origin"] == "shifted":
        t = f.add(t, -grid.zero)
    return round_to_whole(t, chosen["rounding"], f)


GRADIENT_CHOICES: dict[str, tuple[str, ...]] = {
    **RANGE_CHOICES,
    "high_bound": ("sum", "product"),
    "bounds": ("adjusted", "given"),
    "edges": ("inside", "outside"),
    "mask": ("multiplies", "selects"),
}


def fake_quant_with_min_max_gradient(
    x: Sequence[float], low: float, high: float, bits: int, narrow_range: bool, dy: Sequence[float],
    choices: Mapping[str, str] | None = None,
) -> dict[str, list[float]]:  # fmt: skip
    """Return the gradients of x, of low and of high: dy inside the adjusted range, and its sums outside.

    Args:
        x, dy: float32 numbers, as many of one as of the other.
        low, high, bits, narrow_range: as of fake_quant_with_min_max.
        choices: axis -> choice, where it is not the first of GRADIENT_CHOICES.

    Returns:
        x: one number for each of x; low, high: one number.

    Source: FakeQuantWithMinMaxVarsGradient, "`gradients * (inputs >= min && inputs <= max)`",
        "`sum(gradients * (inputs < min))`", "`sum(gradients * (inputs > max))`".
    """
    chosen = {axis: names[0] for axis, names in GRADIENT_CHOICES.items()} | dict(choices or {})
    low, high = checked(low, high, bits, chosen)
    f = arithmetic_of(chosen)
    if chosen["validation"] == "zeros" and low == 0 and high == 0:
        return {"x": [f.convert(d) for d in dy], "low": [0.0], "high": [0.0]}
    grid = adjusted(low, high, bits, narrow_range, chosen)
    bottom, top = (grid.low, grid.high) if chosen["bounds"] == "adjusted" else (low, high)
    parts: dict[str, list[float]] = {"x": [], "low": [], "high": []}
    for value, given in zip(map(f.convert, x), dy, strict=True):
        place = place_of(value, bottom, top, chosen["edges"] == "inside")
        for name, collected in parts.items():
            selected = chosen["mask"] == "selects"
            d = given if selected and name == "x" else f.convert(given)
            collected.append(d if name == place else 0.0 if selected else d * 0.0)
    return {"x": parts["x"], "low": [summed(parts["low"], f)], "high": [summed(parts["high"], f)]}


def place_of(x: float, bottom: float, top: float, is_inclusive: bool) -> str:
    """Return whose gradient a number belongs to; NaN, and what is beside a NaN bound, to nobody's."""
    if bottom < x < top or (is_inclusive and bottom <= x <= top):
        return "x"
    if x < bottom or (not is_inclusive and x == bottom):
        return "low"
    return "high" if x > top or (not is_inclusive and x == top) else ""


def summed(values: list[float], f: Arithmetic) -> float:
    """Return the sum, rounded once."""
    if not all(map(math.isfinite, values)):
        return math.fsum(values) if not any(map(math.isnan, values)) else math.nan
    return f.result(sum(map(Fraction, values), Fraction(0)))
