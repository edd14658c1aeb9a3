"""From the int32 accumulator of a layer to the codes of its output: the definition and its variants."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from oracle.arithmetic import INT32_MAX, INT32_MIN, convert_x86, saturate, wrap32
from oracle.formats import FLOAT32, FLOAT64, Array
from oracle.requantization_profile import (
    AXES,
    COMPANIONS,
    IN_REAL_NUMBERS,
    MEANING,
    MENDS,
    Profile,
    contradiction,
)  # fmt: skip
from oracle.rounding import ROUND
from oracle.specification import Arguments, Definition

NEAR = 2.0**-28  # a product of float64 factors is as near as this to the real one, up to 2^20
FAR = 2.0**20
BEYOND = 2**48  # a multiple of 2^32, far from every code; float64 holds quarters beside it
LOOP = 4  # elements that the vectors of an engine take at a time
SCALES = ("input_scale", "weight_scale", "output_scale")


def requantize(
    accumulator: Any, input_scale: Any, weight_scale: Any, output_scale: Any, output_zero_point: int,
    qmin: int, qmax: int, profile: Profile = IN_REAL_NUMBERS,
) -> Array:  # fmt: skip
    """Return the codes of a layer's output for the accumulators of its sums of products.

        code = clip(round_half_even(accumulator * m) + output_zero_point, qmin, qmax)
        m    = input_scale * weight_scale / output_scale

    in real numbers: one rounding.

    Args:
        accumulator: sums of products of codes, bias included; int32, shape (n,).
        input_scale: units per code of the layer's input; float32 > 0.
        weight_scale: units per code of its weights; float32 > 0, one number or shape (n,): per channel.
        output_scale: units per code of its output; float32 > 0.
        output_zero_point: the code of 0.0; integer in [qmin, qmax].
        qmin, qmax: the bounds of the codes, at most 16 bits; with a fused ReLU, qmin = output_zero_point.
        profile: the arithmetic; the default is the definition.

    Returns:
        codes: int64, shape (n,).

    Raises:
        ValueError: an argument breaks its line above, or float32 scales have a multiplier that is infinite
            or NaN and integers are multiplied by it; the message shows its value.

    Source: Jacob et al. 2018 (arXiv 1712.05877), equations 4 and 5: q3 = Z3 + M * (sum), M := S1 S2 / S3,
        "the multiplier M is the only non-integer"; ONNX QLinearMatMul, operator set 21: "The quantization
        formula is y = saturate((x / y_scale) + y_zero_point). For (x / y_scale), it is rounding to nearest
        ties to even."
    """
    values = np.asarray(accumulator)
    scales = check_arguments(values, (input_scale, weight_scale, output_scale), output_zero_point, qmin, qmax)
    if wrong := contradiction(profile):
        raise ValueError(f"{wrong}, got {profile}")
    alike = replace(profile, tail="alike")
    whole = unclipped(values, scales, output_zero_point, alike)
    if profile.tail == "saturates":
        end = values.size // LOOP * LOOP
        saturated = replace(alike, overflow="saturates")
        whole[end:] = unclipped(values, scales, output_zero_point, saturated)[end:]
    codes: Array = np.clip(whole, qmin, qmax)
    return codes


def unclipped(accumulator: Array, scales: tuple[Array, ...], zero_point: int, profile: Profile) -> Array:
    """Return the codes before the bounds clip them."""
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        one = np.float32(1)  # with an int one number would become float64 before numpy 2
        if profile.scales == "inverted":
            scales = (*(np.asarray(one / (one / scale)) for scale in scales[:2]), scales[2])
        if profile.scales == "weight_zero":
            scales = (scales[0], np.zeros_like(scales[1]), scales[2])
        whole = rounded(accumulator.astype(np.int64), scales, zero_point, profile)
    return whole if profile.overflow == "saturates" else wrap32(whole)


def check_arguments(accumulator: Array, scales: tuple[Any, ...], zero_point: int, qmin: int, qmax: int
                    ) -> tuple[Array, ...]:  # fmt: skip
    """Return the scales as arrays, or raise ValueError for what lies outside the domain."""
    if accumulator.dtype != np.int32 or accumulator.ndim != 1:
        raise ValueError(
            f"accumulator must be a vector of int32, got {accumulator.dtype} {accumulator.shape}"
        )
    arrays = tuple(np.asarray(scale) for scale in scales)
    for name, scale in zip(SCALES, arrays, strict=True):
        if scale.dtype != np.float32:
            raise ValueError(f"{name} must be float32, got {scale.dtype}")
        if scale.shape not in ((), accumulator.shape)[: 2 if name == "weight_scale" else 1]:
            raise ValueError(f"{name} must be one number, or one for each channel, got shape {scale.shape}")
        if not (np.isfinite(scale) & (scale > 0)).all():
            raise ValueError(f"{name} must be finite and > 0, got {scale}")
    if not -(2**15) <= qmin <= zero_point <= qmax < 2**16:
        raise ValueError(
            f"zero point and bounds must be in order and of 16 bits, got {qmin}, {zero_point}, {qmax}"
        )
    return arrays


def rounded(accumulator: Array, scales: tuple[Array, ...], zero_point: int, profile: Profile) -> Array:
    """Return round(accumulator * m) + zero_point, int64."""
    in_float64 = {"exact": exactly, "doubling_high": doubling_high, "float64": as_float64}
    t = in_float64.get(profile.scaling, in_float32)(accumulator, scales, profile)
    return to_codes(t, zero_point, profile)


def to_codes(t: Array, zero_point: int, profile: Any) -> Array:
    """Return round(t) + zero_point, int64; t is a float32 or a float64."""
    before, after = (zero_point if profile.offset == when else 0 for when in ("before", "after"))
    t = t + t.dtype.type(before) if before else t
    whole = ROUND[profile.rounding](t, FLOAT64 if t.dtype == np.float64 else FLOAT32)
    return as_integers(whole, profile) + after


def as_integers(whole: Array, profile: Any) -> Array:
    """Return whole reals as int64; what is no number becomes what an x86 conversion makes of it."""
    if profile.overflow == "int32":
        return convert_x86(whole, INT32_MIN, INT32_MAX)
    if profile.overflow == "wraps":
        low_bits = np.fmod(whole, whole.dtype.type(2**32))  # exact; NaN of an infinity
        return saturate(np.where(np.isfinite(whole), low_bits, INT32_MIN), -(2**52), 2**52)
    return saturate(np.where(np.isnan(whole), -np.inf, whole), -(2**52), 2**52)


def as_float64(accumulator: Array, scales: tuple[Array, ...], profile: Profile) -> Array:
    """Return accumulator * m, rounded to float64."""
    return np.asarray(accumulator * multiplier(scales, profile))


def in_float32(accumulator: Array, scales: tuple[Array, ...], profile: Profile) -> Array:
    """Return accumulator * m as float32 arithmetic gives it."""
    reals = accumulator.astype(np.float32)
    if profile.scaling == "float32":
        return np.asarray(reals * multiplier(scales, profile).astype(np.float32))
    product, output_scale = scales[0] * scales[1], scales[2]
    if profile.scaling == "dequantized":
        return np.asarray(reals * product / output_scale)
    return np.asarray(reals * product * (np.float32(1) / output_scale))


def multiplier(scales: tuple[Array, ...], profile: Profile) -> Array:
    """Return m in float64: rounded as the profile says; the nearest one for a real m."""
    input_scale, weight_scale, output_scale = scales
    if profile.multiplier == "float32":
        return np.asarray(input_scale * weight_scale / output_scale).astype(np.float64)
    if profile.multiplier == "float32_reciprocal":
        return np.asarray(input_scale * weight_scale * (np.float32(1) / output_scale)).astype(np.float64)
    if profile.multiplier == "float32_of_reciprocals":
        of_input, of_weight, of_output = (np.float32(1) / scale for scale in scales)
        return np.asarray(of_output / (of_input * of_weight)).astype(np.float64)
    if profile.multiplier == "float32_product":
        return np.asarray((input_scale * weight_scale).astype(np.float64) / output_scale.astype(np.float64))
    a, b, c = (scale.astype(np.float64) for scale in scales)  # a product of two float32 is a float64
    return np.asarray(a * b / c)


def finite(m: Array, accumulator: Array) -> Array:
    """Return the multiplier of each integer, or raise ValueError: infinity is not one; none has none."""
    each = np.broadcast_to(m, accumulator.shape)
    if not np.isfinite(each).all():
        raise ValueError(f"the multiplier of an integer must be finite, got {m}")
    return each


def fixed_point(m: Array) -> tuple[Array, Array]:
    """Return q and shift of m = q * 2^(shift - 31): q of 31 bits, rounded half away from zero."""
    significand, shift = np.frexp(m)
    q = np.floor(significand * 2.0**31 + 0.5).astype(np.int64)  # exact: 53 bits hold the sum
    shift = shift.astype(np.int64) + (q == 2**31)
    q = np.where(q == 2**31, 2**30, q)
    too_small = shift < -31
    return np.where(too_small, 0, q), np.where(too_small, 0, shift)


def exactly(accumulator: Array, scales: tuple[Array, ...], profile: Profile) -> Array:
    """Return accumulator * m with its whole part and the side of one half on which its fraction lies.

    Far from halves and whole numbers float64 decides; near them, integers do.
    """
    m = finite(multiplier(scales, profile), accumulator)
    if profile.fixed_point != "none":
        q, shift = fixed_point(m)
        m = np.ldexp(q.astype(np.float64), shift - 31)
    t: Array = accumulator * m
    is_hard = np.abs(2 * t - np.rint(2 * t)) < NEAR
    is_hard |= (np.abs(t) > FAR) & (profile.overflow != "saturates")
    for i in np.flatnonzero(is_hard & (accumulator != 0)).tolist():
        ratio = real_multiplier(scales, i) if profile.multiplier == "real" else Fraction(float(m[i]))
        t[i] = decided(int(accumulator[i]) * ratio, profile)
    return t


def real_multiplier(scales: tuple[Array, ...], channel: int) -> Fraction:
    """Return m of one channel."""
    a, b, c = (Fraction(float(scale[channel] if scale.ndim else scale)) for scale in scales)
    return a * b / c


def decided(t: Fraction, profile: Profile) -> float:
    """Return a float64 that every rounding treats as it treats t: whole, or 1/4, 1/2, 3/4 above."""
    whole, rest = divmod(t.numerator, t.denominator)
    if profile.overflow == "wraps" and abs(whole) > BEYOND:  # some roundings look at the sign: it is kept
        whole = whole % 2**32 + (BEYOND if whole > 0 else -BEYOND)
    fraction = 0.0 if rest == 0 else (2 + (2 * rest > t.denominator) - (2 * rest < t.denominator)) / 4
    return min(max(whole, -2 * BEYOND), 2 * BEYOND) + fraction


def doubling_high(accumulator: Array, scales: tuple[Array, ...], profile: Profile) -> Array:
    """Return accumulator * q / 2^31, rounded half up, times the power of two, in float64."""
    q, shift = fixed_point(finite(multiplier(scales, profile), accumulator))
    left = np.ldexp(accumulator.astype(np.float64), np.maximum(shift, 0))  # exact
    if profile.overflow == "wraps":
        shifted = wrap32(np.left_shift(accumulator, np.clip(shift, 0, 32)))
    else:
        shifted = saturate(left, INT32_MIN, INT32_MAX)
    high = (shifted * q + 2**30) >> 31
    return np.asarray(np.ldexp(high.astype(np.float64), np.minimum(shift, 0)))


def is_elementwise(arguments: Arguments, profile: Profile) -> bool:
    return np.asarray(arguments["weight_scale"]).size == 1 and profile.tail == "alike"


def explain(arguments: Arguments, profile: Profile) -> dict[str, Any]:
    """Return the multiplier, and the integer and the shift that stand for it in fixed point."""
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        m = multiplier(tuple(np.asarray(arguments[name]) for name in SCALES), profile)
    if not np.isfinite(m).all():
        return {"multiplier": m, "notes": ["no integer stands for a multiplier that is not finite"]}
    q, shift = fixed_point(m)
    return {"multiplier": m, "q": q, "shift": shift, "notes": ["multiplier = q * 2^(shift - 31), nearly"]}


OPERATIONS = (
    Definition(
        function=requantize,
        family="requantization",
        source="Jacob et al. 2018 (arXiv 1712.05877), equations 4 and 5; ONNX QLinearMatMul, operator set 21",
        sentences=(
            "M := S1 S2 / S3 [...] we empirically find it to always be in the interval (0, 1)",
            "The quantization formula is y = saturate((x / y_scale) + y_zero_point). For (x / y_scale), it is"
            " rounding to nearest ties to even.",
        ),
        silences=(),
        profile=IN_REAL_NUMBERS,
        axes=AXES,
        meaning=MEANING,
        is_elementwise=is_elementwise,
        contradiction=contradiction,
        companions=COMPANIONS,
        mends=MENDS,
        explain=explain,
    ),
)
