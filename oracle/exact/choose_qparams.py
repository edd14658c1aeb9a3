"""Choosing scale and zero point, from the words of oracle/choose_qparams.py."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from oracle.exact.numbers import FORMATS, Arithmetic, round_to_format, round_to_whole

SMALL_SCALE = round_to_format(Fraction(61, 10**6), FORMATS["float32"])
QPARAMS_CHOICES: dict[str, tuple[str, ...]] = {
    "average": ("weighted", "difference"),
    "held": ("zero", "range"),
    "precision": ("float32", "float64", "float64_scale"),
    "divisor": ("codes", "half", "one_more", "sides"),
    "floor": ("none", "epsilon", "normal", "amplified"),
    "zero_point": ("once", "quotient", "nearer"),
    "rounding": ("half_even", "half_up", "half_away", "toward_zero", "floor"),
    "scale_dtype": ("float32", "float64"),
}


def choose_qparams(x: Sequence[float], qmin: int, qmax: int, scheme: str,
                   choices: Mapping[str, str] | None = None, running: Sequence[float] | None = None,
                   averaging: float = 0.01) -> tuple[float, int]:  # fmt: skip
    """Return the scale and the zero point for the range of some float32 numbers.

        scale      = (max(0, x) - min(0, x)) / (qmax - qmin), or 2 * max|x| / (qmax - qmin)
        zero_point = clip(round(qmin - low / scale), qmin, qmax), or 0 or the middle code

    Args:
        x: finite float32 numbers, not all zero.
        qmin, qmax: first and last code; qmin < qmax.
        scheme: affine or symmetric.
        choices: axis -> choice, where it is not the first of QPARAMS_CHOICES.
        running: the range before, two float32 numbers; averaging: the weight of x against it.

    Returns:
        (scale, zero_point); the scale may be infinite, as that of a range wider than float32 is.

    Source: ONNX DynamicQuantizeLinear-11, "y_scale = (maximum(0, max(x)) - minimum(0, min(x))) / (qmax
        - qmin)"; torch MinMaxObserver, "s = 2 max(|x_min|, x_max) / (Q_max - Q_min)".
    """
    chosen = {axis: names[0] for axis, names in QPARAMS_CHOICES.items()} | dict(choices or {})
    f = Arithmetic(FORMATS["float32" if chosen["precision"] == "float32" else "float64"], False)
    low, high = min(x), max(x)
    if running is not None:
        low, high = (averaged(o, n, averaging, chosen) for o, n in zip(running, (low, high), strict=True))
    if chosen["held"] == "zero":
        low, high = min(low, 0.0), max(high, 0.0)
    steps = f.whole(qmax - qmin + (chosen["divisor"] == "one_more"))
    if scheme == "symmetric" and chosen["divisor"] == "sides":
        low, high, scheme = sided(low, high, qmin, qmax)
    elif scheme == "symmetric":
        largest = max(abs(low), abs(high))
        low, high = (0.0, largest) if chosen["divisor"] == "half" else (-largest, largest)
        steps = f.divide(steps, 2.0) if chosen["divisor"] == "half" else steps
    scale = f.divide(f.add(high, -low), steps)
    if chosen["floor"] == "amplified" and 0 < scale < SMALL_SCALE and is_uninvertible(scale):
        scale = f.result(Fraction(1, 10))
    if chosen["floor"] == "amplified" and 0 < scale < SMALL_SCALE:
        factor = f.divide(SMALL_SCALE, scale)
        low, high, scale = f.multiply(low, factor), f.multiply(high, factor), SMALL_SCALE
    if chosen["floor"] in ("epsilon", "normal"):
        scale = max(scale, 2.0**-23 if chosen["floor"] == "epsilon" else 2.0**-126)
    if chosen["precision"] == "float64_scale":
        f = Arithmetic(FORMATS["float32"], False)
        low, high, scale = (f.convert(value) for value in (low, high, scale))
    if scale == 0:
        raise ValueError(f"a range must give a scale > 0, got [{low}, {high}]")
    if scheme == "symmetric":
        zero_point = 0 if qmin < 0 else 128
    else:
        exact = real_zero_point(low, high, scale, (qmin, qmax), f, chosen)
        zero_point = int(min(max(exact, float(qmin)), float(qmax)))
    target = FORMATS[chosen["scale_dtype"]]
    return (scale if math.isinf(scale) else round_to_format(Fraction(scale), target)), zero_point


def is_uninvertible(scale: float) -> bool:
    """Return whether 1 / scale, both float32, is infinite: it is up to 2^-128."""
    return round_to_format(Fraction(scale), FORMATS["float32"]) <= 2.0**-128


def averaged(old: float, new: float, averaging: float, chosen: Mapping[str, str]) -> float:
    """Return a moving average, each operation rounded to float32."""
    f = Arithmetic(FORMATS["float32"], False)
    c = f.convert(averaging)
    if chosen["average"] == "difference":
        return f.add(old, f.multiply(c, f.add(new, -old)))
    return f.add(f.multiply(f.add(1.0, -c), old), f.multiply(c, new))


def sided(low: float, high: float, qmin: int, qmax: int) -> tuple[float, float, str]:
    """Return a range of as many steps on both sides but one more below, or the range of one side."""
    if low >= 0 or high <= 0:
        return low, high, "affine"
    f, steps = Arithmetic(FORMATS["float32"], False), (qmax - qmin) // 2
    step = max(f.divide(-low, f.whole(steps + 1)), f.divide(high, f.whole(steps)))
    return f.multiply(-step, float(steps + 1)), f.multiply(step, float(steps)), "symmetric"


def real_zero_point(low: float, high: float, scale: float, codes: tuple[int, int], f: Arithmetic,
                    chosen: Mapping[str, str]) -> float:  # fmt: skip
    """Return the whole real that the zero point is clipped from."""
    first, last = f.divide(low, scale), f.divide(high, scale)
    qmin, qmax = f.whole(codes[0]), f.whole(codes[1])
    if chosen["zero_point"] == "quotient":
        return f.add(qmin, -round_to_whole(first, chosen["rounding"], f))
    exact = f.add(qmin, -first)
    if chosen["zero_point"] == "nearer":
        error_low, error_high = f.add(abs(qmin), abs(first)), f.add(abs(qmax), abs(last))
        exact = exact if error_low < error_high else f.add(qmax, -last)
    return round_to_whole(exact, chosen["rounding"], f)
