"""TensorFlow's quantize on one value, from the words of oracle/quantize_range.py."""

from __future__ import annotations

import math
from collections.abc import Mapping

from oracle.exact.numbers import FORMATS, Arithmetic, round_to_whole

CHOICES: dict[str, tuple[str, ...]] = {
    "subnormals": ("kept", "flushed"),
    "zero": ("given", "included"),
    "minimum": ("ensured", "none"),
    "factor": ("product", "quotient"),
    "step": ("written", "direct"),
    "offset": ("rounded", "together"),
    "side": ("factor", "magnitude"),
    "rounding": ("asked", "floor_plus_half", "toward_zero", "half_even"),
    "cast": ("saturates", "x86"),
    "nan": ("zero", "low", "body"),
}
BITS = {"quint8": 8, "qint8": 8, "quint16": 16, "qint16": 16, "qint32": 32}
LARGEST = (2 - 2.0**-23) * 2.0**127

Answer = tuple[int, float, float]


def quantize_range(
    x: float, low: float, high: float, type: str, mode: str, rounding: str,
    choices: Mapping[str, str] | None = None, in_body: bool = False,
) -> Answer:  # fmt: skip
    """Return the code of a real, and the range that the codes stand for.

        SCALED: code = round(clip(x) * factor); MIN_FIRST: two rounded multiples, subtracted;
        MIN_COMBINED: the share of the range below x, of all codes

    Args:
        x, low, high: float32 numbers; low <= high.
        type, mode, rounding: as in TensorFlow's documentation, rounding half_away or half_even.
        choices: axis -> choice, where it is not the first of CHOICES.
        in_body: whether x has one of the places that are taken eight at a time.

    Returns:
        code, low, high.

    Source: QuantizeV2, "quantized = max(quantized, numeric_limits<T>::min())".
    """
    chosen = {axis: names[0] for axis, names in CHOICES.items()} | dict(choices or {})
    f = Arithmetic(FORMATS["float32"], chosen["subnormals"] == "flushed")
    count = 2 ** BITS[type]
    first = 0 if type.startswith("quint") else -(count // 2)
    last = first + count - 1
    low, high = widened(f.convert(low), f.convert(high), chosen, f)
    x = f.convert(x)
    if mode == "SCALED":
        factor = scaling(low, high, f.whole(first), f.whole(last), chosen, f)
        low, high = f.divide(f.whole(first), factor), f.divide(f.whole(last), factor)
        whole = nearest(f.multiply(clipped(x, low, high), factor), rounding, chosen, f)
    elif mode == "MIN_FIRST":
        whole = in_two_parts(x, low, high, first, count, chosen, f)
    else:
        is_plus_half = chosen["rounding"] == "floor_plus_half" and first == 0
        written = "floor_plus_half" if is_plus_half else "half_away"
        whole = nearest(share(x, low, high, first, count, chosen, f), written, chosen, f)
    if math.isnan(whole):
        is_low = chosen["nan"] == "low" or (chosen["nan"] == "body" and in_body and mode != "MIN_FIRST")
        return (first if is_low else 0), low, high
    if type == "qint32" and chosen["cast"] == "x86" and not first <= whole <= last:
        return first, low, high
    return int(max(first, min(last, whole))), low, high


def clipped(x: float, low: float, high: float) -> float:
    """Return the number of a range nearest to x; NaN stays."""
    return x if math.isnan(x) else min(high, max(low, x))


def widened(low: float, high: float, chosen: Mapping[str, str], f: Arithmetic) -> tuple[float, float]:
    """Return the range that is used."""
    if chosen["zero"] == "included":
        low, high = (low if low < 0 else 0.0), (high if high > 0 else 0.0)
    if chosen["minimum"] == "ensured":
        high = max(high, f.add(low, f.convert(0.01)))
    return low, high


def scaling(
    low: float, high: float, first: float, last: float, chosen: Mapping[str, str], f: Arithmetic
) -> float:
    """Return codes per unit, in SCALED."""
    if chosen["side"] == "magnitude":
        return f.divide(last, max(abs(low), abs(high)))
    pairs = ((first, low), (last, high))
    return min(f.divide(code, end) if f.multiply(code, end) > 0 else LARGEST for code, end in pairs)


def share(
    x: float, low: float, high: float, first: int, count: int, chosen: Mapping[str, str], f: Arithmetic
) -> float:
    """Return the real code of MIN_COMBINED."""
    width, above, codes = f.add(high, -low), f.add(x, -low), f.whole(count - 1)
    if chosen["factor"] == "quotient":
        t = f.multiply(above, f.divide(codes, width))
    else:
        t = f.divide(f.multiply(above, codes), width)
    return f.add(t, -f.divide(f.whole(count), 2.0)) if first else t


def in_two_parts(
    x: float, low: float, high: float, first: int, count: int, chosen: Mapping[str, str], f: Arithmetic
) -> float:
    """Return the whole code of MIN_FIRST, not clipped."""
    width, steps = f.add(high, -low), f.whole(count)
    if chosen["step"] == "direct":
        scale = f.divide(f.whole(count - 1), width)
    else:
        scale = f.divide(steps, f.multiply(width, f.divide(steps, f.whole(count - 1))))
    t, below = f.multiply(x, scale), f.multiply(low, scale)
    if chosen["offset"] == "together":
        whole = nearest(f.add(t, -below), "half_away", chosen, f)
    else:
        whole = f.add(nearest(t, "half_away", chosen, f), -nearest(below, "half_away", chosen, f))
    return f.add(whole, f.whole(first))


def nearest(t: float, rounding: str, chosen: Mapping[str, str], f: Arithmetic) -> float:
    """Return a whole number."""
    written = chosen["rounding"] if chosen["rounding"] in ("toward_zero", "half_even") else rounding
    return round_to_whole(t, written, f)
