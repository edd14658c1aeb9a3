"""TensorFlow's dequantize: the reals that codes stand for, given a range and one of three modes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.arithmetic import convert_x86, flush, fused_multiply_add
from oracle.formats import FLOAT32, Array
from oracle.quantize_range import LARGEST, MODES, TYPES
from oracle.rounding import half_away
from oracle.specification import Arguments, Definition, Silence


@dataclass(frozen=True)
class Profile:
    """One way of computing dequantize_range; the fields are in the order of the arithmetic."""

    subnormals: str = "kept"
    cast: str = "once"
    factor: str = "product"
    step: str = "written"
    low: str = "given"
    sum: str = "distance"


MEANING: dict[str, dict[str, str]] = {
    "subnormals": {
        "kept": "subnormal numbers are numbers",
        "flushed": "every subnormal argument and result becomes zero",
    },
    "cast": {
        "once": "the code becomes a float32",
        "through_int32": "SCALED: and an int32 again, by x86: the last codes of qint32 become the lowest",
    },
    "factor": {
        "product": "MIN_COMBINED: the product with high - low is divided by range(T)",
        "quotient": "MIN_COMBINED: (high - low) / range(T) is rounded, then multiplied by",
        "fused": "MIN_COMBINED: (high - low) * float32(1 / range(T)), then the product and the sum in one",
    },
    "step": {
        "written": "MIN_FIRST: the range is adjusted by 2^bits / (2^bits - 1), then divided by 2^bits",
        "direct": "MIN_FIRST: (high - low) / (2^bits - 1), rounded once",
        "wide": "MIN_FIRST: as written, in float64, the result rounded once",
    },
    "low": {
        "given": "MIN_FIRST: the first code stands for low",
        "rounded": "MIN_FIRST: the first code stands for low rounded to whole steps",
    },
    "sum": {
        "distance": "MIN_FIRST: low + (code - qmin) * step",
        "distributed": "MIN_FIRST: (low - qmin * step) + code * step",
    },
}
AXES = {axis: tuple(choices) for axis, choices in MEANING.items()}
DOCUMENTED = Profile()


def dequantize_range(
    code: Any, low: Any, high: Any, type: str, mode: str, profile: Profile = DOCUMENTED
) -> Array:
    """Return the real that each code stands for.

        MIN_COMBINED  low + (code + half) * (high - low) / (qmax - qmin), half is 128 for qint8
        MIN_FIRST     low + (code - qmin) * step, step = (high - low) * 2^bits / (2^bits - 1) / 2^bits
        SCALED        code * step, step = the larger of low / qmin and high / qmax, unsigned high / qmax

    Args:
        code: whole numbers in [qmin, qmax], shape S.
        low, high: the range, finite, low <= high; float32, shape ().
        type: quint8, qint8, quint16, qint16 or qint32: what holds the codes qmin to qmax.
        mode: MIN_COMBINED, MIN_FIRST or SCALED.
        profile: the arithmetic; the default is the definition.

    Returns:
        float32, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: tf.quantization.dequantize (Dequantize), "out[i] = min_range + (in[i]* (max_range - min_range) /
        range(T))", "result = range_min + ((input - numeric_limits<T>::min()) * range_scale)".
    Silent about: the types of the numbers in between, in MIN_FIRST; low > high.
    """
    check(code, type, mode)
    codes, (qmin, qmax) = np.asarray(code).astype(np.float32), TYPES[type]
    with np.errstate(all="ignore"):
        ends = keep(low, profile), keep(high, profile)
        if mode == "SCALED":
            if profile.cast == "through_int32":
                codes = convert_x86(codes, *TYPES["qint32"]).astype(np.float32)
            steps = keep(ends[0] / np.float32(qmin), profile), keep(ends[1] / np.float32(qmax), profile)
            return keep(codes * (np.maximum(*steps) if qmin else steps[1]), profile)
        if mode == "MIN_FIRST":
            return min_first(codes, ends, (qmin, qmax), profile)
        return min_combined(codes, ends, (qmin, qmax), profile)


def check(code: Any, type: str, mode: str) -> None:
    """Raise ValueError for an argument outside the definition."""
    for name, value, choices in (("type", type, tuple(TYPES)), ("mode", mode, MODES)):
        if value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value}")
    codes, (qmin, qmax) = np.asarray(code), TYPES[type]
    if wrong := [c for c in codes.ravel().tolist() if not (qmin <= c <= qmax and c == int(c))]:
        raise ValueError(f"code must be whole numbers in [{qmin}, {qmax}], got {wrong[0]}")


def keep(value: Any, profile: Profile) -> Array:
    """Return a value rounded to float32."""
    single = np.asarray(value, np.float32)
    return flush(single, FLOAT32) if profile.subnormals == "flushed" else single


def min_combined(codes: Array, ends: tuple[Array, Array], limits: tuple[int, int], profile: Profile) -> Array:
    """Return the reals of MIN_COMBINED."""
    span, width = np.float32(limits[1] - limits[0]), keep(ends[1] - ends[0], profile)
    above = codes + (span + np.float32(1)) / np.float32(2) if limits[0] else codes
    if profile.factor == "fused":
        factor = keep(width * (np.float32(1) / span), profile)
        return keep(fused_multiply_add(above, factor, ends[0], FLOAT32), profile)
    if profile.factor == "quotient":
        share = keep(above * keep(width / span, profile), profile)
    else:
        share = keep(keep(above * width, profile) / span, profile)
    return keep(ends[0] + share, profile)


def min_first(codes: Array, ends: tuple[Array, Array], limits: tuple[int, int], profile: Profile) -> Array:
    """Return the reals of MIN_FIRST."""

    def kept(value: Any) -> Array:
        return np.asarray(value, np.float64) if profile.step == "wide" else keep(value, profile)

    low, high = kept(ends[0]), kept(ends[1])
    qmin, count = kept(limits[0]), kept(limits[1] - limits[0] + 1)
    width, codes = kept(high - low), kept(codes)
    if profile.step == "direct":
        step = kept(width / (count - 1))
    else:
        step = kept(kept(width * kept(count / (count - 1))) / count)
    if profile.low == "rounded" and width != 0:
        low = kept(half_away(kept(low / step), FLOAT32) * step)
    if profile.sum == "distributed":
        return keep(kept(kept(low - kept(qmin * step)) + kept(codes * step)), profile)
    return keep(kept(low + kept((codes - qmin) * step)), profile)


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    low, high, type, mode = (arguments[name] for name in ("low", "high", "type", "mode"))
    if not (np.isfinite(low).all() and np.isfinite(high).all() and low <= high):
        return "no text says what a range is whose ends are not finite, or not in order"
    if mode != "SCALED" and float(high) - float(low) > LARGEST:
        return "no text says what a range is whose width float32 cannot hold"
    if mode == "MIN_COMBINED" and type in ("qint16", "qint32"):
        return "the text adds half of the range for qint8 only"
    if mode == "MIN_FIRST" and type == "qint32":
        return "the text does not say in which numbers, and float32 does not hold the codes"
    return None


def is_min_combined(arguments: Arguments) -> bool:
    return bool(arguments["mode"] == "MIN_COMBINED")


def is_min_first(arguments: Arguments) -> bool:
    return bool(arguments["mode"] == "MIN_FIRST")


OPERATIONS = (
    Definition(
        function=dequantize_range,
        source="TensorFlow, tf.quantization.dequantize",
        sentences=(
            "if T == qint8: in[i] += (range(T) + 1)/ 2.0; out[i] = min_range + (in[i]* (max_range -"
            " min_range) / range(T))",
            "result = range_min + ((input - numeric_limits<T>::min()) * range_scale)",
            "dequantization is performed by multiplying each input value by a scaling_factor. (Thus an input"
            " of 0 always maps to 0.0).",
        ),
        silences=(
            Silence(
                "factor",
                ("product", "quotient"),
                is_min_combined,
                'the formula divides, its example has "6 / 255"',
            ),
            Silence("step", AXES["step"], is_min_first, "one of the numbers is a double, and is not used"),
        ),
        profile=DOCUMENTED,
        axes=AXES,
        meaning=MEANING,
        family="tensorflow",
        undefined=undefined,
    ),
)
