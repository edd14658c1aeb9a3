"""OpenVINO's FakeQuantize of one number, from the words of oracle/fake_quantize_levels.py."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from oracle.exact.numbers import FORMATS, Arithmetic, round_to_format, round_to_whole

LEVELS_CHOICES: dict[str, tuple[str, ...]] = {
    "validation": ("refuses", "computes"),
    "removed": ("never", "16_bit"),
    "precision": ("given", "float32"),
    "output_range": ("given", "integers"),
    "used_for": ("every_range", "not_decreasing", "increasing"),
    "bounds": ("compared", "clipped", "clipped_high_first", "level_clipped"),
    "scaling": ("divide", "factor", "fused"),
    "shift": ("first", "product", "quotient"),
    "rounding": ("half_even", "half_up", "toward_zero"),
    "output": ("divide", "factor", "fused", "merged"),
    "nan": ("propagates", "low", "high"),
}
DEFINITION = {axis: names[0] for axis, names in LEVELS_CHOICES.items()}

Bounds = tuple[float, float, float, float]  # input_low, input_high, output_low, output_high


def fake_quantize_levels(x: float, bounds: Bounds, levels: int, format: str = "float32",
                         choices: Mapping[str, str] | None = None) -> float:  # fmt: skip
    """Return the value of the nearest of some levels, mapped from the input to the output range.

        output_low where x <= min(input_low, input_high), output_high where x > max(…), else
        round((x - input_low) / (input_high - input_low) * (levels - 1))
            / (levels - 1) * (output_high - output_low) + output_low

    Args:
        x: a number of the format, infinities and NaN included.
        bounds: input_low, input_high, output_low, output_high; finite numbers of the format.
        levels: integer >= 2.
        format: float16, float32 or float64.
        choices: axis -> choice, where it is not the first of LEVELS_CHOICES.

    Source: OpenVINO FakeQuantize-1, "Each element of the output is defined as the result of the
        following expression".
    """
    chosen = DEFINITION | dict(choices or {})
    if chosen["validation"] == "refuses" and levels < 2:
        raise ValueError(f"there must be two levels, got {levels}")
    low, high, out_low, out_high = bounds
    if chosen["removed"] == "16_bit" and levels == 2**16:
        limit = Fraction(round_to_format(Fraction(1, 10**6), FORMATS["float32"]))
        if all(abs(Fraction(a) - Fraction(b)) < limit for a, b in ((low, out_low), (high, out_high))):
            return x
    f = Arithmetic(FORMATS["float32" if chosen["precision"] == "float32" else format], False)
    x, low, high, out_low, out_high = (f.convert(v) for v in (x, low, high, out_low, out_high))
    if chosen["output_range"] == "integers":
        out_low, out_high = through_integers(out_low, out_high, levels, f)
    is_used = {"increasing": low < high, "not_decreasing": low <= high}.get(chosen["used_for"], True)
    rest = chosen if is_used else DEFINITION
    return Arithmetic(FORMATS[format], False).convert(
        value_of(x, (low, high, out_low, out_high), levels, f, rest)
    )


def value_of(x: float, bounds: Bounds, levels: int, f: Arithmetic, chosen: Mapping[str, str]) -> float:
    """Return y, in the format of the arithmetic."""
    low, high, out_low, out_high = bounds
    if math.isnan(x) and chosen["nan"] != "propagates":
        x = low if chosen["nan"] == "low" else high
    if chosen["bounds"] == "compared" and not math.isnan(x):
        if x <= min(low, high):
            return out_low
        if x > max(low, high):
            return out_high
    if chosen["bounds"] == "clipped" and not math.isnan(x):
        x = at_most(at_least(x, low), high)
    if chosen["bounds"] == "clipped_high_first" and not math.isnan(x):
        x = at_least(at_most(x, high), low)
    steps = f.whole(levels - 1)
    step = f.divide(f.add(out_high, -out_low), steps)
    merged = chosen["output"] == "merged" and step == 1 and out_low == math.trunc(out_low)
    offset = out_low if merged else 0.0
    t = position(x, (low, high), steps, offset, f, chosen)
    level = round_to_whole(t, chosen["rounding"], f)
    if level == 0 and chosen["rounding"] != "half_up":  # floor(t + 1/2) has no sign to keep
        level = math.copysign(level, t)
    if chosen["bounds"] == "level_clipped" and not math.isnan(level):
        level = at_most(at_least(level, offset), f.add(steps, offset))
    if merged:
        return level
    if chosen["output"] == "divide":
        return f.add(f.multiply(f.divide(level, steps), f.add(out_high, -out_low)), out_low)
    if chosen["output"] == "factor":
        return f.add(f.multiply(level, step), out_low)
    return f.fused(level, step, out_low)


def at_least(value: float, low: float) -> float:
    return low if value <= low else value


def at_most(value: float, high: float) -> float:
    return high if value >= high else value


def position(x: float, ends: tuple[float, float], steps: float, offset: float, f: Arithmetic,
             chosen: Mapping[str, str]) -> float:  # fmt: skip
    """Return where x lies between the ends, in levels, plus an offset."""
    low, high = ends
    width = f.add(high, -low)
    if chosen["scaling"] == "divide":
        return f.multiply(f.divide(f.add(x, -low), width), steps)
    factor = f.divide(steps, width)
    if chosen["shift"] == "first":
        return f.multiply(f.add(x, -low), factor)
    shift = f.multiply(low, factor)
    if chosen["shift"] == "quotient":
        shift = f.divide(f.multiply(low, steps), width)
    if chosen["scaling"] == "fused":
        return f.fused(x, factor, f.add(offset, -shift))
    return f.add(f.multiply(x, factor), -f.add(shift, -offset))


def through_integers(low: float, high: float, levels: int, f: Arithmetic) -> tuple[float, float]:
    """Return an output range that was turned into 8-bit integers and back."""
    if levels not in (15, 16, 255, 256):
        return low, high
    small, close, least, most = (f.convert(v) for v in (1e-6, 0.002, 1e-32, 1e32))
    changes_sign = math.copysign(1, low) != math.copysign(1, high)
    if abs(low) < small and abs(high) < small:
        is_signed, has_zero_point = low < 0, False
    else:
        is_signed = changes_sign and abs(low) >= small
        has_zero_point = abs(low) >= small
        if is_signed and high != 0:
            ratio = f.divide(low, high)
            wanted = -1.0 if levels == 255 else f.convert(-levels / (levels - 2))
            has_zero_point = abs(f.divide(f.add(ratio, -wanted), min(ratio, wanted))) > close
    has_zero_point = has_zero_point or levels == 15
    first, last = 0, 15 if levels == 16 else 255
    if is_signed and not has_zero_point:
        first, last = {16: (-8, 7), 255: (-127, 127), 256: (-128, 127)}[levels]
    a, b = f.whole(first), f.whole(last)
    step = f.divide(f.add(high, -low), f.whole(last - first))
    step = math.copysign(min(max(abs(step), least), most), step)
    zero_point = 0.0
    if has_zero_point:
        zero_point = f.divide(f.add(f.multiply(a, high), -f.multiply(b, low)), f.add(high, -low))
    return f.multiply(f.add(a, -zero_point), step), f.multiply(f.add(b, -zero_point), step)
