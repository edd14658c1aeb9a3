"""TensorFlow's quantize: a range and one of three modes give integer codes, and the range they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.arithmetic import convert_x86, flush, saturate
from oracle.formats import FLOAT32, Array
from oracle.rounding import ROUND
from oracle.specification import Arguments, Definition, Silence

TYPES = {
    "quint8": (0, 255),
    "qint8": (-128, 127),
    "quint16": (0, 65535),
    "qint16": (-32768, 32767),
    "qint32": (-(2**31), 2**31 - 1),
}
MODES = ("MIN_COMBINED", "MIN_FIRST", "SCALED")
ROUNDINGS = ("half_away", "half_even")
MINIMUM = np.float32(0.01)
LARGEST = np.finfo(np.float32).max
PACKET = 8  # elements of one turn of the vector loop that nan = body is about


@dataclass(frozen=True)
class Profile:
    """One way of computing quantize_range; the fields are in the order of the arithmetic."""

    subnormals: str = "kept"
    zero: str = "given"
    minimum: str = "ensured"
    factor: str = "product"
    step: str = "written"
    offset: str = "rounded"
    side: str = "factor"
    rounding: str = "asked"
    cast: str = "saturates"
    nan: str = "zero"


MEANING: dict[str, dict[str, str]] = {
    "subnormals": {
        "kept": "subnormal numbers are numbers",
        "flushed": "every subnormal argument and result becomes zero",
    },
    "zero": {
        "given": "the range is the given one",
        "included": "the range is widened until it includes 0",
    },
    "minimum": {
        "ensured": "the high end is moved until the range is 0.01 wide",
        "none": "no range is too narrow",
    },
    "factor": {
        "product": "MIN_COMBINED: the product with range(T) is divided by high - low",
        "quotient": "MIN_COMBINED: range(T) / (high - low) is rounded, then multiplied by",
    },
    "step": {
        "written": "MIN_FIRST: the range is adjusted by 2^bits / (2^bits - 1), then divides 2^bits",
        "direct": "MIN_FIRST: (2^bits - 1) / (high - low), rounded once",
    },
    "offset": {
        "rounded": "MIN_FIRST: low's multiple is rounded, then subtracted",
        "together": "MIN_FIRST: low's multiple is subtracted, then the difference is rounded",
    },
    "side": {
        "factor": "SCALED: the end that gives the smaller factor decides",
        "magnitude": "SCALED: the last code is divided by the larger magnitude",
    },
    "rounding": {
        "asked": "ties go as asked",
        "floor_plus_half": "as asked, unsigned MIN_COMBINED as floor(t + 0.5), the sum rounded",
        "toward_zero": "the fraction is dropped",
        "half_even": "ties go to even codes, whatever is asked",
    },
    "cast": {
        "saturates": "what lies beyond the last code becomes the last code",
        "x86": "what lies beyond an int32 becomes the lowest code",
    },
    "nan": {
        "zero": "NaN becomes code 0",
        "low": "NaN becomes the lowest code",
        "body": "NaN becomes code 0, but signed, in MIN_COMBINED and SCALED, the lowest code in whole eights",
    },
}
AXES = {axis: tuple(choices) for axis, choices in MEANING.items()}
DOCUMENTED = Profile()


def quantize_range(
    x: Any, low: Any, high: Any, type: str, mode: str, rounding: str, profile: Profile = DOCUMENTED
) -> dict[str, Array]:
    """Return the code of each real, and the range that the codes stand for.

        MIN_COMBINED  code = round((x - low) * (qmax - qmin) / (high - low) - half), half is 128 for qint8
        MIN_FIRST     code = round(x * scale) - round(low * scale) + qmin, scale = (2^bits - 1) / (high - low)
        SCALED        code = round(clip(x, qmin / factor, qmax / factor) * factor),
                      factor is the smaller of qmin / low and qmax / high, of the sides of one sign

    Args:
        x: real values; float32, shape S.
        low, high: the range, finite, low <= high; float32, shape ().
        type: quint8, qint8, quint16, qint16 or qint32: what holds the codes qmin to qmax.
        mode: MIN_COMBINED, MIN_FIRST or SCALED.
        rounding: half_away, or, in SCALED, half_even.
        profile: the arithmetic; the default is the definition.

    Returns:
        code: int64, shape S, in [qmin, qmax].
        low, high: float32, shape (): the range, at least 0.01 wide; in SCALED that of the codes.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: tf.quantization.quantize (QuantizeV2), "out[i] = (in[i] - min_range) * range(T) / (max_range -
        min_range)", "quantized = round(input * range_scale) - round(range_min * range_scale) +
        numeric_limits<T>::min()", "result = round(min(max_range, max(min_range, input)) * scale_factor)".
    Silent about: NaN; MIN_COMBINED and MIN_FIRST name no type of the numbers in between.
    """
    check(x, low, high, type, mode, rounding)
    with np.errstate(all="ignore"):
        ends = range_of(keep(low, profile), keep(high, profile), profile)
        values, codes = keep(x, profile), TYPES[type]
        if mode == "SCALED":
            t, ends = scaled(values, ends, codes, profile)
            whole = rounded(t, rounding, profile.rounding)
        elif mode == "MIN_FIRST":
            whole = min_first(values, ends, codes, profile)
        else:
            unsigned = profile.rounding == "floor_plus_half" and not codes[0]
            written = "floor_plus_half" if unsigned else rounding
            whole = rounded(min_combined(values, ends, codes, profile), written, profile.rounding)
        is_nan = np.isnan(whole)
        code = cast(np.where(is_nan, np.float32(0), whole), type, profile)
    nan = codes_of_nan(values.shape, type, mode, profile)
    return {"code": np.where(is_nan, nan, code), "low": ends[0], "high": ends[1]}


def check(x: Any, low: Any, high: Any, type: str, mode: str, rounding: str) -> None:
    """Raise ValueError for an argument outside the definition."""
    if np.asarray(x).dtype != np.float32:
        raise ValueError(f"x must be float32, got {np.asarray(x).dtype.name}")
    for name, value, choices in (
        ("type", type, tuple(TYPES)), ("mode", mode, MODES), ("rounding", rounding, ROUNDINGS),
    ):  # fmt: skip
        if value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value}")
    if rounding != "half_away" and mode != "SCALED":
        raise ValueError(f"rounding must be half_away unless mode is SCALED, got {rounding}")
    if low > high:
        raise ValueError(f"low must be at most high, got {low} and {high}")


def keep(value: Any, profile: Profile) -> Array:
    """Return a value rounded to float32."""
    single = np.asarray(value, np.float32)
    return flush(single, FLOAT32) if profile.subnormals == "flushed" else single


def range_of(low: Array, high: Array, profile: Profile) -> tuple[Array, Array]:
    """Return the range that is used: the given one, or a wider one."""
    if profile.zero == "included":
        low, high = np.where(low < 0, low, np.float32(0)), np.where(high > 0, high, np.float32(0))
    if profile.minimum == "ensured":
        high = np.maximum(high, keep(low + MINIMUM, profile))
    return low, high


def min_combined(x: Array, ends: tuple[Array, Array], codes: tuple[int, int], profile: Profile) -> Array:
    """Return the real codes of MIN_COMBINED, before they are rounded."""
    low, high = ends
    span, width, above = np.float32(codes[1] - codes[0]), keep(high - low, profile), keep(x - low, profile)
    if profile.factor == "quotient":
        t = keep(above * keep(span / width, profile), profile)
    else:
        t = keep(keep(above * span, profile) / width, profile)
    half = (span + np.float32(1)) / np.float32(2)
    return keep(t - half, profile) if codes[0] else t


def min_first(x: Array, ends: tuple[Array, Array], codes: tuple[int, int], profile: Profile) -> Array:
    """Return the whole codes of MIN_FIRST, before they are clipped."""
    low, high = ends
    steps, width = np.float32(codes[1] - codes[0] + 1), keep(high - low, profile)
    if profile.step == "direct":
        scale = keep((steps - np.float32(1)) / width, profile)
    else:
        scale = keep(steps / keep(width * (steps / (steps - np.float32(1))), profile), profile)
    t, first = keep(x * scale, profile), keep(low * scale, profile)
    if profile.offset == "together":
        whole = rounded(keep(t - first, profile), "half_away", profile.rounding)
    else:
        whole = rounded(t, "half_away", profile.rounding) - rounded(first, "half_away", profile.rounding)
    return keep(whole + np.float32(codes[0]), profile)


def scaled(
    x: Array, ends: tuple[Array, Array], codes: tuple[int, int], profile: Profile
) -> tuple[Array, tuple[Array, Array]]:
    """Return the real codes of SCALED, before they are rounded, and the range of the codes."""
    first, last = (np.float32(code) for code in codes)
    if profile.side == "magnitude":
        factor = keep(last / np.maximum(np.abs(ends[0]), np.abs(ends[1])), profile)
    else:
        sides = [
            np.where(keep(code * end, profile) > 0, keep(code / end, profile), LARGEST)
            for code, end in zip((first, last), ends, strict=True)
        ]
        factor = np.minimum(*sides)
    low, high = keep(first / factor, profile), keep(last / factor, profile)
    return keep(np.minimum(high, np.maximum(low, x)) * factor, profile), (low, high)


def rounded(t: Array, rounding: str, choice: str) -> Array:
    """Return whole numbers."""
    written = choice if choice in ("toward_zero", "half_even") else rounding
    return ROUND[written](t, FLOAT32)


def cast(whole: Array, type: str, profile: Profile) -> Array:
    """Return whole numbers as codes."""
    if type == "qint32" and profile.cast == "x86":
        return convert_x86(whole, *TYPES[type])
    return saturate(whole, *TYPES[type])


def codes_of_nan(shape: tuple[int, ...], type: str, mode: str, profile: Profile) -> Array:
    """Return the code that a NaN would get in each place."""
    size = int(np.prod(shape))
    place = np.arange(size).reshape(shape)
    is_low = np.full(shape, profile.nan == "low")
    if profile.nan == "body" and mode != "MIN_FIRST":
        is_low = place < size - size % PACKET
    return np.where(is_low, np.int64(TYPES[type][0]), np.int64(0))


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    low, high, type, mode = (arguments[name] for name in ("low", "high", "type", "mode"))
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return "no text says what a range is whose ends are not finite"
    if mode != "SCALED" and float(high) - float(low) > LARGEST:
        return "no text says what a range is whose width float32 cannot hold"
    if mode == "MIN_COMBINED" and type in ("qint16", "qint32"):
        return "the text subtracts half of the range for qint8 only"
    if mode == "MIN_FIRST" and type == "qint32":
        return "the text does not say in which numbers, and float32 does not hold the codes"
    return None


def has_nan(arguments: Arguments) -> bool:
    return bool(np.isnan(arguments["x"]).any())


def is_min_combined(arguments: Arguments) -> bool:
    return bool(arguments["mode"] == "MIN_COMBINED")


def is_min_first(arguments: Arguments) -> bool:
    return bool(arguments["mode"] == "MIN_FIRST")


def never_elementwise(_: Arguments, __: Profile) -> bool:
    """The range that is returned belongs to no element."""
    return False


OPERATIONS = (
    Definition(
        function=quantize_range,
        source="TensorFlow, tf.quantization.quantize",
        sentences=(
            "out[i] = (in[i] - min_range) * range(T) / (max_range - min_range);"
            " if T == qint8: out[i] -= (range(T) + 1) / 2.0",
            "quantized = round(input * range_scale) - round(range_min * range_scale) +"
            " numeric_limits<T>::min()",
            "The scaling_factor is determined from min_range and max_range to be as large as possible such"
            " that the range from min_range to max_range is representable within values of type T.",
            "result = round(min(max_range, max(min_range, input)) * scale_factor)",
            "ensure_minimum_range: Ensures the minimum quantization range is at least this value. The legacy"
            " default value for this is 0.01",
        ),
        silences=(
            Silence(
                "factor", AXES["factor"], is_min_combined, 'the formula divides, its example has "255/6"'
            ),
            Silence("step", AXES["step"], is_min_first, "the formula has no type for its numbers"),
            Silence("nan", ("zero", "low"), has_nan, "NaN is not mentioned"),
        ),
        profile=DOCUMENTED,
        axes=AXES,
        meaning=MEANING,
        family="tensorflow",
        is_elementwise=never_elementwise,
        undefined=undefined,
    ),
)
