"""TensorFlow's quantize_and_dequantize on one value, from the words of oracle/quantize_and_dequantize.py."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from oracle.exact.numbers import FORMATS, Arithmetic, round_to_whole

CHOICES: dict[str, tuple[str, ...]] = {
    "subnormals": ("kept", "flushed"),
    "side": ("factor", "magnitude"),
    "clip": ("always", "given"),
    "ends": ("x", "end"),
    "nan": ("propagates", "low"),
    "rounding": ("asked", "floor_plus_half", "fused", "half_away"),
    "zero": ("signed", "positive"),
    "dequantize": ("divide", "multiply", "reciprocal"),
}
LARGEST = (2 - 2.0**-23) * 2.0**127


def quantize_and_dequantize(
    x: float, low: float, high: float, signed: bool, bits: int, range_given: bool, rounding: str,
    narrow_range: bool, choices: Mapping[str, str] | None = None,
) -> float:  # fmt: skip
    """Return the value of a real on a grid around 0.

        factor = min(qmin / low, qmax / high), of the sides whose ends have one sign
        y = round(clip(x) * factor) / factor

    Args:
        x, low, high: float32 numbers; the range, also where it is that of x (not range_given).
        signed, bits, narrow_range: the codes.
        rounding: half_even or half_up.
        choices: axis -> choice, where it is not the first of CHOICES.

    Returns:
        a float32 number.

    Source: QuantizeAndDequantizeV2, "output = round(clamp(value, input_min, input_max) * scale_factor) /
        scale_factor".
    """
    chosen = {axis: names[0] for axis, names in CHOICES.items()} | dict(choices or {})
    f = Arithmetic(FORMATS["float32"], chosen["subnormals"] == "flushed")
    first = -(2.0 ** (bits - 1)) + narrow_range if signed else 0.0
    last = 2.0 ** (bits - 1) - 1 if signed else 2.0**bits - 1
    ends = [(first, f.convert(low)), (last, f.convert(high))]
    factors = [f.divide(code, end) if f.multiply(code, end) > 0 else LARGEST for code, end in ends]
    if chosen["side"] == "magnitude":
        high = max(abs(low), abs(high))
        ends[1] = (last, f.convert(high))
        factors = [LARGEST, f.divide(last, ends[1][1])]
    side = 0 if factors[0] < factors[1] else 1
    factor, (code, end) = factors[side], ends[side]
    step = (
        f.multiply(end, f.divide(1.0, code)) if chosen["dequantize"] == "reciprocal" else f.divide(end, code)
    )

    def back(whole: float) -> float:
        return f.divide(whole, factor) if chosen["dequantize"] == "divide" else f.multiply(whole, step)

    bottom = low if side == 0 else back(first)
    top = high if side == 1 else back(last)
    x = f.convert(x)
    if math.isnan(x):
        x = bottom if chosen["nan"] == "low" else x
    elif range_given or chosen["clip"] == "always":
        is_below = x <= bottom if chosen["ends"] == "end" else x < bottom
        x = bottom if is_below else top if x > top else x
    t = f.multiply(x, factor)
    written = rounding
    if chosen["rounding"] == "half_away" or (rounding, chosen["rounding"]) == ("half_up", "floor_plus_half"):
        written = chosen["rounding"]
    whole = round_to_whole(t, written, f)
    if (rounding, chosen["rounding"]) == ("half_up", "fused"):
        total = f.fused(x, factor, 0.5)
        whole = float(math.floor(total)) if math.isfinite(total) else total
    if whole == 0 and written in ("half_even", "half_away"):
        whole = math.copysign(0.0, t if chosen["zero"] == "signed" or t == 0 else 1.0)
    return back(whole)


GRADIENT_CHOICES: dict[str, tuple[str, ...]] = {
    "subnormals": ("kept", "flushed"),
    "range": ("representable", "initial", "arguments", "none"),
    "edges": ("inside", "outside"),
    "mask": ("multiplies", "selects"),
    "ends": ("zero", "sums"),
}


def quantize_and_dequantize_gradient(
    x: Sequence[float], low: float, high: float, signed: bool, bits: int, range_given: bool,
    narrow_range: bool, dy: Sequence[float], choices: Mapping[str, str] | None = None,
) -> dict[str, list[float]]:  # fmt: skip
    """Return the gradients of x, of low and of high: dy within the quantization range, 0 elsewhere.

    Args:
        x, dy: float32 numbers, as many of one as of the other.
        low, high, signed, bits, range_given, narrow_range: as of quantize_and_dequantize.
        choices: axis -> choice, where it is not the first of GRADIENT_CHOICES.

    Returns:
        x: one number for each of x; low, high: one number.

    Source: QuantizeAndDequantizeV4, "a gradient of 1 for inputs that are within the quantization range, or
        0 otherwise".
    """
    chosen = {axis: names[0] for axis, names in GRADIENT_CHOICES.items()} | dict(choices or {})
    if chosen["range"] == "none":
        return {"x": list(dy), "low": [0.0], "high": [0.0]}
    f = Arithmetic(FORMATS["float32"], chosen["subnormals"] == "flushed")
    bottom, top = low, high
    if not range_given and chosen["range"] != "arguments":
        bottom, top = min(x), max(x)
    if chosen["range"] == "representable":
        bottom, top = representable(bottom, top, signed, bits, narrow_range, f)
    bottom, top = f.convert(bottom), f.convert(top)
    found: dict[str, list[float]] = {"x": [], "low": [], "high": []}
    for value, d in zip(map(f.convert, x), map(f.convert, dy), strict=True):
        is_edge, is_inside = value in (bottom, top), bottom <= value <= top
        if chosen["edges"] == "outside" and is_edge:
            is_inside = False
        is_below = value < bottom or (value == bottom and not is_inside)
        is_above = value > top or (value == top and not is_inside)
        for name, holds in (("x", is_inside), ("low", is_below), ("high", is_above)):
            found[name].append(d if holds else 0.0 if chosen["mask"] == "selects" else d * 0.0)
    for name in ("low", "high"):
        found[name] = [0.0 if chosen["ends"] == "zero" else math.fsum(found[name]) + 0.0]
    return found


def representable(low: float, high: float, signed: bool, bits: int, narrow_range: bool,
                  f: Arithmetic) -> tuple[float, float]:  # fmt: skip
    """Return the range that the codes hold: the side with the smaller factor stays, the other moves."""
    first = -(2.0 ** (bits - 1)) + narrow_range if signed else 0.0
    last = 2.0 ** (bits - 1) - 1 if signed else 2.0**bits - 1
    ends = [(first, f.convert(low)), (last, f.convert(high))]
    factors = [f.divide(code, end) if f.multiply(code, end) > 0 else LARGEST for code, end in ends]
    if factors[0] < factors[1]:
        return low, f.divide(last, factors[0])
    return f.divide(first, factors[1]), high
