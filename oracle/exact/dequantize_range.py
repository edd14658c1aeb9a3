"""TensorFlow's dequantize on one code, from the words of oracle/dequantize_range.py."""

from __future__ import annotations

from collections.abc import Mapping

from oracle.exact.numbers import FORMATS, Arithmetic, round_to_whole

CHOICES: dict[str, tuple[str, ...]] = {
    "subnormals": ("kept", "flushed"),
    "cast": ("once", "through_int32"),
    "factor": ("product", "quotient", "fused"),
    "step": ("written", "direct", "wide"),
    "low": ("given", "rounded"),
    "sum": ("distance", "distributed"),
}
BITS = {"quint8": 8, "qint8": 8, "quint16": 16, "qint16": 16, "qint32": 32}


def dequantize_range(
    code: int, low: float, high: float, type: str, mode: str, choices: Mapping[str, str] | None = None
) -> float:
    """Return the real that a code stands for.

        SCALED: code * step; else low, and as many steps as the code lies above the first

    Args:
        code: an integer of the type.
        low, high: float32 numbers; low <= high.
        type, mode: as in TensorFlow's documentation.
        choices: axis -> choice, where it is not the first of CHOICES.

    Returns:
        a float32 number.

    Source: Dequantize, "result = range_min + ((input - numeric_limits<T>::min()) * range_scale)".
    """
    chosen = {axis: names[0] for axis, names in CHOICES.items()} | dict(choices or {})
    single = Arithmetic(FORMATS["float32"], chosen["subnormals"] == "flushed")
    count = 2 ** BITS[type]
    first = 0 if type.startswith("quint") else -(count // 2)
    low, high, value = single.convert(low), single.convert(high), single.whole(code)
    if mode == "SCALED":
        if chosen["cast"] == "through_int32" and value == 2**31:
            value = -value
        step = single.divide(high, single.whole(first + count - 1))
        step = max(step, single.divide(low, single.whole(first))) if first else step
        return single.multiply(value, step)
    if mode == "MIN_FIRST":
        is_wide = chosen["step"] == "wide"
        f = Arithmetic(FORMATS["float64"], False) if is_wide else single
        return single.convert(above_low(value, low, high, first, count, chosen, f))
    width, span = single.add(high, -low), single.whole(count - 1)
    place = single.add(value, -single.whole(first)) if first else value
    if chosen["factor"] == "fused":
        return single.fused(place, single.multiply(width, single.divide(1.0, span)), low)
    if chosen["factor"] == "quotient":
        return single.add(low, single.multiply(place, single.divide(width, span)))
    return single.add(low, single.divide(single.multiply(place, width), span))


def above_low(
    value: float, low: float, high: float, first: int, count: int, chosen: Mapping[str, str], f: Arithmetic
) -> float:
    """Return the real of MIN_FIRST."""
    width, steps = f.add(high, -low), f.whole(count)
    if chosen["step"] == "direct":
        step = f.divide(width, f.whole(count - 1))
    else:
        step = f.divide(f.multiply(width, f.divide(steps, f.whole(count - 1))), steps)
    if chosen["low"] == "rounded" and width != 0:
        low = f.multiply(round_to_whole(f.divide(low, step), "half_away", f), step)
    if chosen["sum"] == "distributed":
        start = f.add(low, -f.multiply(f.whole(first), step))
        return f.add(start, f.multiply(value, step))
    return f.add(low, f.multiply(f.add(value, -f.whole(first)), step))
