"""From codes of one scale and zero point to codes of another: the definition and its variants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from oracle import requantize as accumulators
from oracle.arithmetic import wrap32
from oracle.formats import FLOAT64, Array
from oracle.requantization_profile import Profile as AccumulatorProfile
from oracle.rescale_profile import (
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

LOOP = 16  # elements that a vector loop takes at a time
CODES = (np.int8, np.uint8, np.int16)


def rescale(
    code: Any, input_scale: Any, input_zero_point: int, output_scale: Any, output_zero_point: int,
    qmin: int, qmax: int, profile: Profile = IN_REAL_NUMBERS,
) -> Array:  # fmt: skip
    """Return the codes of the same real numbers on another grid.

        code_out = clip(round_half_even((code - input_zero_point) * m) + output_zero_point, qmin, qmax)
        m        = input_scale / output_scale

    in real numbers: one rounding.

    Args:
        code: codes of the input, any of their type; int8, uint8 or int16, shape S.
        input_scale: units per code of the input; float32 > 0.
        input_zero_point: the input's code of 0.0; integer of the type of code.
        output_scale: units per code of the output; float32 > 0.
        output_zero_point: the output's code of 0.0; integer in [qmin, qmax].
        qmin, qmax: the bounds of the output's codes, at most 16 bits.
        profile: the arithmetic; the default is the definition.

    Returns:
        codes: int64, shape S.

    Raises:
        ValueError: an argument breaks its line above, or m is infinite in float32 and integers are multiplied
            by it; the message shows its value.

    Source: TensorFlow Lite 8-bit quantization specification, "real_value = (int8_value - zero_point) *
        scale", of input and output; ONNX QuantizeLinear-25, "y = saturate((x / y_scale) + y_zero_point)",
        "For (x / y_scale), it rounds to the nearest even", of DequantizeLinear's "y = (x - x_zero_point) *
        x_scale"; Jacob et al. 2018 (arXiv 1712.05877), equation 1, "r = S(q - Z)".
    Silent about: ties, in TensorFlow Lite's text; ONNX decides them.
    """
    codes = np.asarray(code)
    scales = check_arguments(
        codes, input_scale, input_zero_point, output_scale, output_zero_point, qmin, qmax
    )
    if wrong := contradiction(profile):
        raise ValueError(f"{wrong}, got {profile}")
    steps = codes.reshape(-1).astype(np.int64) - int(input_zero_point)
    whole = steps.size if profile.tail == "alike" else steps.size // LOOP * LOOP
    alike = replace(profile, tail="alike")
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        body = rounded(steps[:whole], scales, output_zero_point, alike)
        tail = rounded(steps[whole:], scales, output_zero_point, replace(alike, rounding="half_away"))
    together = np.concatenate([body, tail])
    if profile.overflow in ("int32", "wraps"):
        together = wrap32(together)
    found: Array = np.clip(together, qmin, qmax).reshape(codes.shape)
    return found


def check_arguments(code: Array, input_scale: Any, input_zero_point: int, output_scale: Any,
                    output_zero_point: int, qmin: int, qmax: int) -> tuple[Array, Array]:  # fmt: skip
    """Return the scales as arrays, or raise ValueError for what lies outside the domain."""
    if code.dtype not in CODES:
        raise ValueError(f"code must be int8, uint8 or int16, got {code.dtype}")
    scales = np.asarray(input_scale), np.asarray(output_scale)
    for name, scale in zip(("input_scale", "output_scale"), scales, strict=True):
        if scale.dtype != np.float32 or scale.ndim:
            raise ValueError(f"{name} must be one float32, got {scale.dtype} {scale.shape}")
        if not (np.isfinite(scale) and scale > 0):
            raise ValueError(f"{name} must be finite and > 0, got {scale}")
    of_type = np.iinfo(code.dtype)
    if not of_type.min <= input_zero_point <= of_type.max:
        raise ValueError(f"input_zero_point must be of {code.dtype}, got {input_zero_point}")
    if not -(2**15) <= qmin <= output_zero_point <= qmax < 2**16:
        raise ValueError(
            f"zero point and bounds must be in order and of 16 bits, got {qmin}, {output_zero_point}, {qmax}"
        )
    return scales


def rounded(steps: Array, scales: tuple[Array, Array], zero_point: int, profile: Profile) -> Array:
    """Return round(steps * m) + zero_point, int64: steps are the accumulators of a weight of 1."""
    with_weight = scales[0], np.asarray(np.float32(1)), scales[1]
    if profile.fixed_point == "8_bits":
        whole = ROUND[profile.rounding](times_8_bits(steps, with_weight, profile), FLOAT64)
        return np.asarray(np.clip(whole, -(2.0**52), 2.0**52).astype(np.int64) + zero_point)
    return accumulators.rounded(steps, with_weight, zero_point, of_accumulators(profile))


def times_8_bits(steps: Array, scales: tuple[Array, ...], profile: Profile) -> Array:
    """Return steps * q / 256; where integers wrap, less a multiple of 2^32, which leaves its sign."""
    m = accumulators.multiplier(scales, of_accumulators(replace(profile, fixed_point="none")))
    q = np.rint(accumulators.finite(m, steps) * 256)
    if profile.overflow == "wraps":
        product = steps * np.fmod(q, 2.0**40).astype(np.int64)  # 17 bits times 40
        return np.asarray(np.fmod(product, 2**40) / 256)
    if profile.overflow == "int16":
        q = 2**15 - np.mod(2**15 - np.fmod(q, 2**16), 2**16)
    return np.asarray(steps * q / 256)  # exact below 2^28, as 17 bits times 36; beyond, it saturates


def of_accumulators(profile: Profile) -> AccumulatorProfile:
    """Return the profile with which an accumulator is requantized in the same way."""
    return AccumulatorProfile(
        multiplier=profile.multiplier, fixed_point=profile.fixed_point, scaling=profile.scaling,
        rounding=profile.rounding, overflow=profile.overflow,
    )  # fmt: skip


def is_elementwise(_: Arguments, profile: Profile) -> bool:
    return profile.tail == "alike"


OPERATIONS = (
    Definition(
        function=rescale,
        family="requantization",
        source="TensorFlow Lite 8-bit quantization specification; ONNX QuantizeLinear, operator set 25",
        sentences=(
            "real_value = (int8_value - zero_point) * scale",
            "For (x / y_scale), it rounds to the nearest even.",
        ),
        silences=(),
        profile=IN_REAL_NUMBERS,
        axes=AXES,
        meaning=MEANING,
        is_elementwise=is_elementwise,
        contradiction=contradiction,
        companions=COMPANIONS,
        mends=MENDS,
    ),
)
