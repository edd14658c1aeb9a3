"""From the accumulator of a layer whose bias is a float until run time to codes: definition and variants."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from oracle import quantize_bias as of_bias
from oracle import requantize as accumulators
from oracle.arithmetic import INT32_MAX, INT32_MIN, fused_multiply_add, saturate, wrap32
from oracle.float_bias_profile import (
    AXES,
    COMPANIONS,
    IN_REAL_NUMBERS,
    MEANING,
    MENDS,
    WHOLE,
    Profile,
    contradiction,
)  # fmt: skip
from oracle.formats import FLOAT32, Array
from oracle.requantization_profile import Profile as AccumulatorProfile
from oracle.specification import Arguments, Definition

NEAR = 2.0**-50  # three roundings of float64, relative to the larger of the two that are added
SMALLEST, LARGEST = 2.0**-40, 2.0**40
BIAS = {
    "int32": of_bias.Profile(),
    "int32_reciprocal": of_bias.Profile(product="float32", quotient="reciprocal"),
}
ONE = np.float32(1)


def requantize_float_bias(
    accumulator: Any, bias: Any, input_scale: Any, weight_scale: Any, output_scale: Any,
    output_zero_point: int, qmin: int, qmax: int, profile: Profile = IN_REAL_NUMBERS,
) -> Array:  # fmt: skip
    """Return the codes of a layer's output for its sums of products and its bias, a real number.

        code = clip(round_half_even(y / output_scale) + output_zero_point, qmin, qmax)
        y    = accumulator * input_scale * weight_scale + bias

    in real numbers: one rounding.

    Args:
        accumulator: sums of products of codes, without bias; int32, shape (n,).
        bias: what is added to each, in real units; float32, finite, shape (n,).
        input_scale: units per code of the layer's input; float32 in [2^-40, 2^40].
        weight_scale: units per code of its weights; as input_scale, one number or shape (n,): per channel.
        output_scale: units per code of its output; as input_scale.
        output_zero_point: the code of 0.0; integer in [qmin, qmax].
        qmin, qmax: the bounds of the codes, at most 16 bits.
        profile: the arithmetic; the default is the definition.

    Returns:
        codes: int64, shape (n,).

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: torch.nn.Linear: "Applies an affine linear transformation to the incoming data: y = xA^T + b";
        torch.ao.nn.quantized.Linear: "A quantized linear module with quantized tensor as inputs and outputs.
        We adopt the same interface as `torch.nn.Linear`"; Jacob et al. 2018 (arXiv 1712.05877), equation 1,
        r = S(q - Z); ONNX QuantizeLinear-25: "For (x / y_scale), it rounds to the nearest even."
    """
    values, b = np.asarray(accumulator), np.asarray(bias)
    scales = check_arguments(
        values, b, (input_scale, weight_scale, output_scale), output_zero_point, qmin, qmax
    )
    if wrong := contradiction(profile):
        raise ValueError(f"{wrong}, got {profile}")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        if profile.scales == "inverted":
            scales = (*(np.asarray(ONE / (ONE / scale)) for scale in scales[:2]), scales[2])
        whole = unclipped(values.astype(np.int64), b, scales, output_zero_point, profile)
    codes: Array = np.clip(whole, qmin, qmax)
    return codes


def check_arguments(accumulator: Array, bias: Array, scales: tuple[Any, ...], zero_point: int, qmin: int,
                    qmax: int) -> tuple[Array, ...]:  # fmt: skip
    """Return the scales as arrays, or raise ValueError for what lies outside the domain."""
    arrays = accumulators.check_arguments(accumulator, scales, zero_point, qmin, qmax)
    if bias.dtype != np.float32 or bias.shape != accumulator.shape:
        raise ValueError(f"bias must be float32, one for each accumulator, got {bias.dtype} {bias.shape}")
    if not np.isfinite(bias).all():
        raise ValueError(f"bias must be finite, got {bias}")
    for name, scale in zip(accumulators.SCALES, arrays, strict=True):
        if not ((scale >= SMALLEST) & (scale <= LARGEST)).all():
            raise ValueError(f"{name} must be in [2^-40, 2^40], got {scale}")
    return arrays


def unclipped(accumulator: Array, bias: Array, scales: tuple[Array, ...], zero_point: int,
              profile: Profile) -> Array:  # fmt: skip
    """Return the codes before the bounds clip them."""
    if profile.bias == "real":
        return accumulators.to_codes(real_quotients(accumulator, bias, scales, profile), zero_point, profile)
    if profile.bias == "dequantized":
        y = accumulator.astype(np.float32) * (scales[0] * scales[1]) + bias
        t = y / scales[2] if profile.scaling == "dequantized" else y * (ONE / scales[2])
        return accumulators.to_codes(t, zero_point, profile)
    if profile.bias in WHOLE:
        total = accumulator + codes_of(bias, scales, BIAS[profile.bias])
        total = wrap32(total) if profile.sum == "wraps" else total
    else:
        total = in_float32(accumulator.astype(np.float32), bias, scales, profile)
    alike = AccumulatorProfile(
        multiplier=profile.multiplier, scaling=profile.scaling, offset=profile.offset,
        rounding=profile.rounding, overflow=profile.overflow,
    )  # fmt: skip
    return accumulators.rounded(total, scales, zero_point, alike)


def real_quotients(accumulator: Array, bias: Array, scales: tuple[Array, ...], profile: Profile) -> Array:
    """Return y / output_scale with its whole part and the side of one half on which its fraction lies.

    Far from halves and whole numbers float64 decides; near them, rationals do.
    """
    a, b, c = (scale.astype(np.float64) for scale in scales)
    product = accumulator * (a * b)  # a product of two float32 is a float64
    t: Array = (product + bias) / c
    error = NEAR * (np.abs(product) + np.abs(bias)) / c
    is_hard = np.abs(2 * t - np.rint(2 * t)) <= 4 * error
    is_hard |= (np.abs(t) > accumulators.FAR) & (profile.overflow != "saturates")
    weights = np.broadcast_to(b, t.shape)
    for i in np.flatnonzero(is_hard).tolist():
        y = int(accumulator[i]) * Fraction(float(a)) * Fraction(float(weights[i])) + Fraction(float(bias[i]))
        t[i] = accumulators.decided(y / Fraction(float(c)), AccumulatorProfile())
    return t


def codes_of(bias: Array, scales: tuple[Array, ...], how: of_bias.Profile) -> Array:
    """Return the bias as int32 codes of input_scale * weight_scale."""
    divisor = of_bias.scale_of(bias, scales[:2], how)
    return saturate(of_bias.rounded(bias, divisor, how), INT32_MIN, INT32_MAX)


def in_float32(accumulator: Array, bias: Array, scales: tuple[Array, ...], profile: Profile) -> Array:
    """Return the sum of accumulator and bias in units of the accumulator, in float32."""
    input_scale, weight_scale = scales[:2]
    if profile.bias == "of_reciprocals":
        return np.asarray(accumulator + bias * ((ONE / input_scale) * (ONE / weight_scale)))
    product = input_scale * weight_scale
    if weight_scale.ndim:
        return np.asarray(accumulator + bias / product)
    return fused_multiply_add(bias, ONE / product, accumulator, FLOAT32)


def never_elementwise(_: Arguments, __: Profile) -> bool:
    return False  # each accumulator has its bias: pieces of one vector would lose it


OPERATIONS = (
    Definition(
        function=requantize_float_bias,
        family="requantization",
        source="torch.nn.Linear and torch.ao.nn.quantized.Linear; Jacob et al. 2018 (arXiv 1712.05877),"
        " equation 1; ONNX QuantizeLinear, operator set 25",
        sentences=(
            "Applies an affine linear transformation to the incoming data: y = xA^T + b",
            "A quantized linear module with quantized tensor as inputs and outputs.",
            "For (x / y_scale), it rounds to the nearest even.",
        ),
        silences=(),
        profile=IN_REAL_NUMBERS,
        axes=AXES,
        meaning=MEANING,
        is_elementwise=never_elementwise,
        contradiction=contradiction,
        companions=COMPANIONS,
        mends=MENDS,
    ),
)
