"""TensorFlow's quantize_and_dequantize: a scale alone, so that 0 stays 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.arithmetic import flush, fused_multiply_add
from oracle.formats import FLOAT32, Array
from oracle.rounding import ROUND
from oracle.specification import Arguments, Definition, Silence

ROUNDINGS = ("half_even", "half_up")


@dataclass(frozen=True)
class Profile:
    """One way of computing quantize_and_dequantize; the fields are in the order of the arithmetic."""

    subnormals: str = "kept"
    side: str = "factor"
    clip: str = "always"
    ends: str = "x"
    nan: str = "propagates"
    rounding: str = "asked"
    zero: str = "signed"
    dequantize: str = "divide"


MEANING: dict[str, dict[str, str]] = {
    "subnormals": {
        "kept": "subnormal numbers are numbers",
        "flushed": "every subnormal argument and result becomes zero",
    },
    "side": {
        "factor": "the end that gives the smaller factor decides",
        "magnitude": "the larger magnitude decides, divided by the last code",
    },
    "clip": {
        "always": "x is clipped to the range that the codes hold",
        "given": "x is clipped only where a range is given",
    },
    "ends": {
        "x": "an x that equals an end stays: -0.0 where the low end is 0.0",
        "end": "an x that equals an end becomes the end",
    },
    "nan": {
        "propagates": "NaN stays NaN",
        "low": "NaN becomes the low bound, where a range is given",
    },
    "rounding": {
        "asked": "ties go as asked",
        "floor_plus_half": "as asked, half_up as floor(t + 0.5), the sum rounded: 0.49999997 -> 1",
        "fused": "as floor_plus_half, x * factor + 0.5 rounded once",
        "half_away": "ties go away from zero, whatever is asked",
    },
    "zero": {
        "signed": "what is rounded to zero keeps its sign",
        "positive": "a negative number that is rounded to zero becomes 0.0; -0.0 stays",
    },
    "dequantize": {
        "divide": "code / factor",
        "multiply": "code * step, where step is low / qmin or high / qmax, of the side that gave the factor",
        "reciprocal": "code * step, where step is low * float32(1 / qmin) or high * float32(1 / qmax)",
    },
}
AXES = {axis: tuple(choices) for axis, choices in MEANING.items()}
DOCUMENTED = Profile()


def quantize_and_dequantize(
    x: Any, low: Any, high: Any, signed: bool, bits: int, range_given: bool, rounding: str,
    narrow_range: bool, axis: int | None, profile: Profile = DOCUMENTED,
) -> Array:  # fmt: skip
    """Return the value of each real on a grid around 0, as wide as the codes hold.

        factor = min(qmin / low where both are negative, qmax / high where both are positive)
        y = round(clip(x, qmin / factor, qmax / factor) * factor) / factor

    Args:
        x: real values; float32, shape S.
        low, high: the range, low <= high; float32, shape (), or that of the axis; not used, and
            computed from x, unless range_given.
        signed: whether the codes are -2^(bits-1) to 2^(bits-1) - 1 instead of 0 to 2^bits - 1.
        bits: width of the codes, in [1, 24].
        range_given: whether low and high are used, instead of the least and the largest x.
        rounding: half_even, or half_up: ties toward +inf.
        narrow_range: whether the lowest signed code is left out.
        axis: the axis whose slices each have a range; None for one range.
        profile: the arithmetic; the default is the definition.

    Returns:
        float32, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: tf.quantization.quantize_and_dequantize_v2 (QuantizeAndDequantizeV2), "It determines the scale
        from one of input_min and input_max, then updates the other one to maximize the representable
        range.", "output = round(clamp(value, input_min, input_max) * scale_factor) / scale_factor."
    Silent about: NaN; a range that neither side decides.
    """
    values = check(x, bits, rounding)
    values = values if axis is None else np.moveaxis(values, axis, -1)
    with np.errstate(all="ignore"):
        bounds = range_of(values, low, high, range_given, axis)
        is_clipped = range_given or profile.clip == "always"
        y = on_grid(values, bounds, codes_of(signed, bits, narrow_range), rounding, is_clipped, profile)
    return y if axis is None else np.moveaxis(y, -1, axis)


def check(x: Any, bits: int, rounding: str) -> Array:
    """Return x as an array, or raise ValueError for an argument that breaks its line."""
    values = np.asarray(x)
    if values.dtype != np.float32:
        raise ValueError(f"x must be float32, got {values.dtype.name}")
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding must be one of {', '.join(ROUNDINGS)}, got {rounding}")
    if not 1 <= bits <= 24:
        raise ValueError(f"bits must lie in [1, 24], got {bits}")
    return values


def codes_of(signed: bool, bits: int, narrow_range: bool) -> tuple[np.float32, np.float32]:
    """Return the first and the last code."""
    if not signed:
        return np.float32(0), np.float32(2**bits - 1)
    half = 2 ** (bits - 1)
    return np.float32(-half + narrow_range), np.float32(half - 1)


def range_of(x: Array, low: Any, high: Any, range_given: bool, axis: int | None) -> tuple[Array, Array]:
    """Return the range: as it is given, or of x, or of each slice of its last axis."""
    if range_given:
        return np.asarray(low, np.float32), np.asarray(high, np.float32)
    axes = None if axis is None else tuple(range(x.ndim - 1))
    return np.asarray(x.min(axis=axes)), np.asarray(x.max(axis=axes))


def keeper(profile: Any) -> Callable[[Any], Array]:
    """Return what a profile makes of each argument and result: float32, subnormal or flushed."""

    def keep(value: Any) -> Array:
        single = np.asarray(value, np.float32)
        return flush(single, FLOAT32) if profile.subnormals == "flushed" else single

    return keep


@dataclass(frozen=True)
class Grid:
    """What a range becomes: the factor, the step, and the range that the codes hold."""

    factor: Array
    step: Array
    low: Array
    high: Array


def grid_of(bounds: tuple[Array, Array], codes: tuple[np.float32, np.float32], profile: Profile) -> Grid:
    """Return the grid of which one side of the range decides the factor."""
    keep = keeper(profile)
    largest: Any = np.finfo(np.float32).max
    sides = [
        np.where(keep(code * keep(bound)) > 0, keep(code / keep(bound)), largest)
        for code, bound in zip(codes, bounds, strict=True)
    ]
    if profile.side == "magnitude":
        largest_end = np.maximum(np.abs(keep(bounds[0])), np.abs(keep(bounds[1])))
        bounds, sides = (bounds[0], largest_end), [largest, keep(codes[1] / largest_end)]
    is_low = sides[0] < sides[1]
    factor = np.where(is_low, sides[0], sides[1])
    bound, code = np.where(is_low, *bounds), np.where(is_low, *codes)
    step = keep(keep(bound) / code)
    if profile.dequantize == "reciprocal":
        step = keep(keep(bound) * keep(np.float32(1) / code))
    low, high = (keep(end / factor) if profile.dequantize == "divide" else keep(end * step) for end in codes)
    return Grid(factor, step, np.where(is_low, bounds[0], low), np.where(is_low, high, bounds[1]))


def on_grid(x: Array, bounds: tuple[Array, Array], codes: tuple[np.float32, np.float32], rounding: str,
            is_clipped: bool, profile: Profile) -> Array:  # fmt: skip
    """Return the values of the grid nearest to x."""
    keep, grid = keeper(profile), grid_of(bounds, codes, profile)
    x = keep(x)
    is_below = x <= grid.low if profile.ends == "end" else x < grid.low
    clipped = np.where(is_below, grid.low, np.where(x > grid.high, grid.high, x)) if is_clipped else x
    if profile.nan == "low":
        clipped = np.where(np.isnan(x), grid.low, clipped)
    whole = rounded(clipped, grid.factor, rounding, profile.rounding, keep)
    if profile.zero == "positive":
        whole = np.where((whole == 0) & (keep(clipped * grid.factor) < 0), np.float32(0), whole)
    return keep(whole / grid.factor) if profile.dequantize == "divide" else keep(whole * grid.step)


def rounded(x: Array, factor: Array, rounding: str, choice: str, keep: Any) -> Array:
    """Return x * factor, rounded to whole numbers."""
    if (rounding, choice) == ("half_up", "fused"):
        first, second, half = np.broadcast_arrays(x, factor, np.float32(0.5))
        whole: Array = np.floor(keep(fused_multiply_add(first, second, half, FLOAT32)))
        return whole
    written = "half_away" if choice == "half_away" else rounding
    if (written, choice) == ("half_up", "floor_plus_half"):
        written = choice
    return ROUND[written](keep(x * factor), FLOAT32)


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    x = np.asarray(arguments["x"])
    if not x.size or (not arguments["range_given"] and not np.isfinite(x).all()):
        return "no text says what the range of no numbers, of NaN or of infinity is"
    axis = arguments["axis"]
    low, high = range_of(x if axis is None else np.moveaxis(x, axis, -1), arguments["low"],
                         arguments["high"], arguments["range_given"], axis)  # fmt: skip
    qmin, qmax = codes_of(arguments["signed"], arguments["bits"], arguments["narrow_range"])
    if not (np.isfinite(low).all() and np.isfinite(high).all() and (low <= high).all()):
        return "no text says what a range is whose ends are not finite, or not in order"
    with np.errstate(all="ignore"):
        decided = ((qmin * low > 0) & np.isfinite(qmin / low)) | (
            (qmax * high > 0) & np.isfinite(qmax / high)
        )
    return None if decided.all() else "the text has no factor for a range that neither side decides"


def has_nan(arguments: Arguments) -> bool:
    return bool(np.isnan(arguments["x"]).any())


def is_unsigned(arguments: Arguments) -> bool:
    return not arguments["signed"]


def is_given(arguments: Arguments, _: Profile) -> bool:
    """Whether one range, which does not depend on x, holds for all elements."""
    return bool(arguments["range_given"]) and arguments["axis"] is None


def is_staircase(arguments: Arguments) -> bool:
    return is_given(arguments, DOCUMENTED) and arguments["bits"] <= 8


OPERATIONS = (
    Definition(
        function=quantize_and_dequantize,
        source="TensorFlow, tf.quantization.quantize_and_dequantize_v2",
        sentences=(
            "This op determines the maximum scale_factor that would map the initial [input_min, input_max]"
            " range to a range that lies within the representable quantized range.",
            "It determines the scale from one of input_min and input_max, then updates the other one to"
            " maximize the representable range.",
            "output = round(clamp(value, input_min, input_max) * scale_factor) / scale_factor.",
            "HALF_UP: round towards positive. In this mode 7.5 rounds up to 8 and -7.5 rounds up to -7.",
        ),
        silences=(
            Silence("nan", AXES["nan"], has_nan, "NaN is not mentioned"),
            Silence("ends", AXES["ends"], is_unsigned, "the sign of -0.0, clamped to 0.0, is not said"),
        ),
        profile=DOCUMENTED,
        axes=AXES,
        meaning=MEANING,
        family="tensorflow",
        is_elementwise=is_given,
        is_staircase=is_staircase,
        undefined=undefined,
    ),
)
