"""TensorFlow's fake quantizer: a range, adjusted to hold 0, and its grid of 2^bits values."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.arithmetic import fused_multiply_add
from oracle.formats import FLOAT32, Array
from oracle.rounding import ROUND
from oracle.specification import Arguments, Definition, Silence
from oracle.tensorflow_range import COMPANIONS as COMPANIONS_OF_RANGE
from oracle.tensorflow_range import (
    DOCUMENTED,
    MEANING,
    Adjusted,
    Keep,
    Profile,
    adjust,
    check_range,
    is_one_range,
    keeper,
    undefined,
)  # fmt: skip
from oracle.tensorflow_range import contradiction as contradiction_of_range

AXES = {
    axis: tuple(MEANING[axis])
    for axis in ("validation", "width", "subnormals", "scale", "nudged", "nudge_rounding", "nan", "scaling",
                 "origin", "shift", "rounding")
}  # fmt: skip
# A sum of constants is computed ahead only where the half is added, and nothing is divided.
COMPANIONS = {
    **COMPANIONS_OF_RANGE,
    ("shift", "constant"): {"scaling": "reciprocal", "origin": "low_fused", "rounding": "floor_plus_half"},
}


def fake_quant_with_min_max(
    x: Any, low: Any, high: Any, bits: int = 8, narrow_range: bool = False, profile: Profile = DOCUMENTED
) -> Array:
    """Return the value of each real on the grid of 2^bits values of a range that is made to hold 0.

        steps = 2^bits - 1, one less with narrow_range;  scale = (high - low) / steps
        0 < low:          low' = 0,                             high' = high - low
        high < 0:         low' = low - high,                    high' = 0
        low <= 0 <= high: low' = scale * round(low / scale),    high' = high + low' - low
        y = round_half_up(clip(x, low', high') / scale) * scale

    Args:
        x: real values; float32, shape S.
        low, high: the range, low < high; float32, shape (), or (C,) with one range for each index of
            the last axis of x.
        bits: width of the codes, in [2, 16].
        narrow_range: whether the codes are 1 to 2^bits - 1 instead of 0 to 2^bits - 1.
        profile: the arithmetic; the default is the definition.

    Returns:
        float32, shape S; a zero is +0.0.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: tf.quantization.fake_quant_with_min_max_args, "If `min <= 0 <= max`: `scale = (max - min) /
        (2^num_bits - 1)`, `min_adj = scale * round(min / scale)` and `max_adj = max + min_adj - min`."
        The `round` of a formula in TensorFlow is tf.round, "Rounds half to even". That values are not
        is shown by the example beside it: 3 lies between two of the values, and becomes 3.0000763.
        "InvalidArgumentError: [...] If min >= max" is a sentence of args alone; _vars and _vars_per_channel,
        whose other words are the same, are held to it.
    Silent about: how ties among values are rounded, but for that example; with narrow_range the number
        of steps, which is that of the quantization range `[1; 2^num_bits - 1]`; NaN.
    """
    values = np.asarray(x)
    if values.dtype != np.float32:
        raise ValueError(f"x must be float32, got {values.dtype.name}")
    low, high = check_range(low, high, bits, profile)
    bits = 8 if profile.width == "eight" else bits
    with np.errstate(all="ignore"):
        adjusted = adjust(low, high, bits, narrow_range, profile)
        y = on_grid(values, adjusted, profile)
        if profile.validation == "zeros":
            y = np.where((low == 0) & (high == 0), np.float32(0), y)
    return y


def on_grid(x: Array, adjusted: Adjusted, profile: Profile) -> Array:
    """Return the values of the grid nearest to x."""
    keep, scale, low = keeper(profile), adjusted.scale, adjusted.low
    clipped = np.maximum(np.minimum(keep(x), adjusted.high), low)
    if profile.nan == "low":
        clipped = np.where(np.isnan(x), low, clipped)
    from_low = keep(clipped - low)
    if profile.shift == "constant":
        codes = np.floor(shifted(clipped, adjusted, profile))
    elif profile.origin == "zero":
        codes = rounded(clipped, adjusted, profile)
    elif profile.origin == "shifted":
        codes = ROUND[profile.rounding](keep(scaled(from_low, adjusted, profile) - adjusted.zero), FLOAT32)
    else:
        codes = rounded(from_low, adjusted, profile)
    if profile.origin == "low_fused":
        return keep(fused(codes, scale, low))
    product = keep(codes * scale)
    # codes are integers, and their zero has no sign
    return keep(product + low) if profile.origin == "low" else product + np.float32(0)


def rounded(x: Array, adjusted: Adjusted, profile: Profile) -> Array:
    """Return x in steps of the scale, rounded to whole numbers."""
    if (profile.origin, profile.rounding) == ("low_fused", "floor_plus_half") and profile.scaling != "divide":
        factor = factor_of(adjusted, profile, keeper(profile))
        return np.floor(fused(x, factor, np.float32(0.5)))
    return ROUND[profile.rounding](scaled(x, adjusted, profile), FLOAT32)


def shifted(x: Array, adjusted: Adjusted, profile: Profile) -> Array:
    """Return x in steps from the low bound, and a half: the bound and the half are one constant."""
    keep = keeper(profile)
    factor = factor_of(adjusted, profile, keep)
    constant = keep(keep(-adjusted.low * factor) + np.float32(0.5))
    return keep(fused(x, factor, constant))


def scaled(x: Array, adjusted: Adjusted, profile: Profile) -> Array:
    """Return x in steps of the scale."""
    keep = keeper(profile)
    if profile.scaling == "divide":
        return keep(x / adjusted.scale)
    return keep(x * factor_of(adjusted, profile, keep))


def factor_of(adjusted: Adjusted, profile: Profile, keep: Keep) -> Array:
    """Return the steps per real unit."""
    return adjusted.inverse if profile.scaling == "inverse" else keep(np.float32(1) / adjusted.scale)


def fused(a: Array, b: Array, c: Any) -> Array:
    """Return a * b + c, rounded once."""
    first, second, third = np.broadcast_arrays(a, b, np.asarray(c, np.float32))
    return fused_multiply_add(first, second, third, FLOAT32)


def contradiction(profile: Profile) -> str | None:
    """Return why no implementation can make these choices together, or None."""
    if profile.shift == "difference":
        return contradiction_of_range(profile)
    if profile.scaling == "divide":
        return "a constant joins what is multiplied: with shift constant, scaling must not be divide"
    if (profile.origin, profile.rounding) != ("low_fused", "floor_plus_half"):
        return "a constant has a low bound and a half: origin must be low_fused, rounding floor_plus_half"
    return contradiction_of_range(profile)


def asks_for_rounding(_: Arguments) -> bool:
    return True


def has_nan(arguments: Arguments) -> bool:
    return bool(np.isnan(arguments["x"]).any())


def is_staircase(arguments: Arguments) -> bool:
    """Whether reals become few values, which one range decides."""
    return np.ndim(arguments["low"]) == 0 and arguments["bits"] <= 8


OPERATIONS = (
    Definition(
        function=fake_quant_with_min_max,
        source="TensorFlow, tf.quantization.fake_quant_with_min_max_args, _vars and _vars_per_channel",
        sentences=(
            "If `0 < min < max`: `min_adj = 0` and `max_adj = max - min`.",
            "If `min < max < 0`: `min_adj = min - max` and `max_adj = 0`.",
            "If `min <= 0 <= max`: `scale = (max - min) / (2^num_bits - 1)`, `min_adj = scale * round(min /"
            " scale)` and `max_adj = max + min_adj - min`.",
            "`inputs` values are quantized into the quantization range (`[0; 2^num_bits - 1]` when"
            " `narrow_range` is false and `[1; 2^num_bits - 1]` when it is true) and then de-quantized and"
            " output as floats in `[min; max]` interval.",
            "InvalidArgumentError: If num_bits are outside of range [2, 16]. If min >= max. (of args alone;"
            " _vars and _vars_per_channel have no such sentence, and are held to it)",
        ),
        silences=(
            Silence("nan", AXES["nan"], has_nan, "NaN is not mentioned"),
            Silence("rounding", ("half_up", "half_away", "floor_plus_half"), asks_for_rounding,
                    "how a value is rounded is not said; in the example a positive tie goes up"),
        ),
        profile=DOCUMENTED,
        axes=AXES,
        meaning={axis: MEANING[axis] for axis in AXES},
        family="tensorflow",
        is_elementwise=is_one_range,
        is_staircase=is_staircase,
        contradiction=contradiction,
        companions=COMPANIONS,
        mends=tuple(COMPANIONS.values()),
        undefined=undefined,
    ),
)  # fmt: skip
