"""Affine quantization, per tensor and per axis: quantize, dequantize, fake_quantize, under any profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from oracle.affine_profile import (
    FAKE_QUANTIZE,
    ONNX_DEQUANTIZE_LINEAR,
    ONNX_QUANTIZE_LINEAR,
    Profile,
    check_profile,
)  # fmt: skip
from oracle.affine_steps import (
    CODES_PER_BYTE,
    dequantize_steps,
    evaluate,
    quantize_steps,
    real_steps,
    resolve,
)  # fmt: skip
from oracle.arithmetic import round_result
from oracle.bfloat16 import Bfloat16
from oracle.channels import like, lone_codes, per_block, per_channel
from oracle.formats import BFLOAT16, FORMATS, Array, Format, carried, format_of


def quantize(x: Any, scale: Any, zero_point: Any, qmin: int, qmax: int, axis: int | None = None,
             block_size: int | None = None, profile: Profile = ONNX_QUANTIZE_LINEAR) -> Array:  # fmt: skip
    """Return the integer code of each real value.

        code = clip(round_half_even(x / scale) + zero_point, qmin, qmax)

    Args:
        x: real values; float16, bfloat16 (a Bfloat16), float32 or float64, shape S.
        scale: step size, real units per code; one number of those dtypes, finite, > 0, or one for each
            channel, shape (S[axis],), or for each block, shape S but ceil(S[axis] / block_size) along the
            axis. Its dtype is the precision of the division.
        zero_point: the code of real 0; integer in [qmin, qmax], shape of scale.
        qmin, qmax: first and last code, inclusive; qmin <= qmax, within 2^32 of 0.
        axis: of the channels, or along the blocks, in [-rank, rank); None: one scale for the tensor.
        block_size: elements of a block along the axis, >= 1; None: there are no blocks.
        profile: the arithmetic; the default is the definition.

    Returns:
        int64 codes, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: ONNX QuantizeLinear-25, "The quantization formula is `y = saturate((x / y_scale) +
        y_zero_point)`", "For `(x / y_scale)`, it rounds to the nearest even", "Per-axis quantization: The
        scale must be a 1-D tensor, with the length of the quantization axis", "Blocked quantization: The
        scale's shape is identical to the input's shape, except for one dimension", of ceil(Di/B), "The
        type of `y_scale` determines the precision of the division operation between `x` and `y_scale`".
    Silent about: NaN; float64.
    """
    check_profile("quantize", profile)
    check_blocks(axis, block_size)
    profile = profile if axis is None else replace(profile, tail="alike")
    if block_size is not None and axis is not None:
        by_count = profile.blocks == "count"
        return np.asarray(per_block(lambda part, s, z: quantize(part, s, z, qmin, qmax, profile=profile),
                                    x, scale, zero_point, axis, block_size, by_count))  # fmt: skip
    if axis is not None:
        return np.asarray(along(quantize, x, scale, zero_point, (qmin, qmax), axis, profile))

    def codes_of(reals: Array, chosen: Profile) -> Array:
        grid = resolve(format_of(x), scale, zero_point, qmin, qmax, chosen, format_of(x))
        return evaluate(quantize_steps(grid, chosen), reals)

    return in_two_parts(codes_of, carried(x), profile, ONE_BY_ONE["quantize"])


def dequantize(code: Any, scale: Any, zero_point: Any, qmin: int, qmax: int, dtype: str | None = None,
               axis: int | None = None, block_size: int | None = None,
               profile: Profile = ONNX_DEQUANTIZE_LINEAR) -> Any:  # fmt: skip
    """Return the real value of each integer code.

        y = (code - zero_point) * scale

    Args:
        code: integer codes in [qmin, qmax], any integer dtype, shape S.
        scale: step size, real units per code; one number, finite, > 0, or one for each channel or block.
        zero_point: the code of real 0; integer in [qmin, qmax], shape of scale.
        qmin, qmax: first and last code, inclusive; they name the integer type.
        dtype: the dtype of y and the precision of the multiplication; default: that of scale.
        axis: of the channels, or along the blocks, in [-rank, rank); None: one scale for the tensor.
        block_size: elements of a block along the axis, >= 1; None: there are no blocks.
        profile: the arithmetic; the default is the definition.

    Returns:
        reals of that dtype, shape S; a Bfloat16 for bfloat16.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: ONNX DequantizeLinear-25, "The dequantization formula is `y = (x - x_zero_point) *
        x_scale`", "The output type also determines the precision of the multiplication operation".
    Silent about: float64.
    """
    check_profile("dequantize", profile)
    check_blocks(axis, block_size)
    profile = profile if axis is None else replace(profile, tail="alike")
    if block_size is not None and axis is not None:
        return per_block(lambda part, s, z: dequantize(part, s, z, qmin, qmax, dtype, profile=profile),
                         code, scale, zero_point, axis, block_size, profile.blocks == "count")  # fmt: skip
    if axis is not None:
        return per_channel(lambda part, s, z: dequantize(part, s, z, qmin, qmax, dtype, profile=profile),
                           code, scale, zero_point, axis)  # fmt: skip
    codes = np.asarray(code)
    if codes.dtype.kind not in "iu":
        raise ValueError(f"codes must be integers, got {codes.dtype.name}")
    if dtype is not None and dtype not in FORMATS:
        raise ValueError(f"dtype must be one of {', '.join(FORMATS)}, got {dtype}")
    output = FORMATS[dtype] if dtype else format_of(scale)

    def reals_of(some: Array, chosen: Profile) -> Array:
        grid = resolve(format_of(scale), scale, zero_point, qmin, qmax, chosen, output)
        return evaluate(dequantize_steps(grid, chosen), some)

    y = in_two_parts(reals_of, codes.astype(np.int64), profile, ONE_BY_ONE["dequantize"])
    return presented(y, output)


def fake_quantize(x: Any, scale: Any, zero_point: Any, qmin: int, qmax: int, axis: int | None = None,
                  profile: Profile = FAKE_QUANTIZE) -> Any:  # fmt: skip
    """Return the real value of the code of each real value.

        y = (clip(round_half_even(x / scale) + zero_point, qmin, qmax) - zero_point) * scale

    Args:
        x: real values; float16, bfloat16 (a Bfloat16), float32 or float64, shape S.
        scale: step size, real units per code; one number, finite, > 0, or one for each channel.
        zero_point: the code of real 0; integer in [qmin, qmax], shape of scale.
        qmin, qmax: first and last code, inclusive.
        axis: of the channels, in [-rank, rank); None: one scale for the tensor.
        profile: the arithmetic; the default is the definition.

    Returns:
        reals, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: torch.fake_quantize_per_tensor_affine, "output = (min(quant_max, max(quant_min,
        std::nearby_int(input / scale) + zero_point)) - zero_point) * scale".
    Silent about: NaN; the precision of the two operations unless x and scale are float32.
    """
    check_profile("fake_quantize", profile)
    if axis is not None:
        return along(fake_quantize, x, scale, zero_point, (qmin, qmax), axis, profile)
    output = format_of(x)
    grid = resolve(output, scale, zero_point, qmin, qmax, profile, output)
    reals = carried(x)
    codes = evaluate(quantize_steps(grid, profile), reals)
    y = evaluate(dequantize_steps(grid, profile), codes)
    flushed = profile.subnormals == "flushed"
    with np.errstate(all="ignore"):
        given = round_result(reals, output, flushed)
        if profile.zero == "kept":
            y = np.where(y == 0, np.copysign(y, reals), y)
        if profile.presentation == "difference":
            y = round_result(given + round_result(y - given, output, flushed), output, flushed)
        if profile.presentation == "sum":
            y = round_result(given * reals.dtype.type(0) + y, output, flushed)
        if profile.nan == "propagates":
            lost = np.isnan(evaluate(real_steps(grid, profile), reals))
            y = np.where(lost, reals.dtype.type(np.nan), y)
    return presented(y, output)


def check_blocks(axis: int | None, block_size: int | None) -> None:
    """Raise ValueError for blocks without an axis."""
    if block_size is not None and axis is None:
        raise ValueError(f"blocks must lie along an axis, got block_size {block_size} without one")


# What an element that a loop of 8 leaves over is computed with.
ONE_BY_ONE: dict[str, dict[str, str]] = {
    "quantize": {"precision": "float64", "scaling": "divide", "clip": "codes", "offset": "after",
                 "rounding": "half_away"},
    "dequantize": {"subtraction": "exact", "dequantize": "subtract", "dequantize_precision": "float64"},
}  # fmt: skip


def in_two_parts(function: Callable[[Array, Profile], Array], values: Array, profile: Profile,
                 one_by_one: dict[str, str]) -> Array:  # fmt: skip
    """Return the function of the whole eights of a vector, and of what is left over, one by one."""
    if profile.tail == "alike":
        return function(values, profile)
    flat, whole = values.reshape(-1), values.size // 8 * 8
    alike = replace(profile, tail="alike")
    parts = function(flat[:whole], alike), function(flat[whole:], replace(alike, **one_by_one))
    return np.concatenate(parts).reshape(values.shape)


def along(function: Any, x: Any, scale: Any, zero_point: Any, codes: tuple[int, int], axis: int,
          profile: Profile) -> Any:  # fmt: skip
    """Return quantize or fake_quantize of each channel; lone codes are those that do not fill a byte."""

    def by(chosen: Profile) -> Any:
        return per_channel(lambda part, s, z: function(part, s, z, *codes, profile=chosen),
                           x, scale, zero_point, axis)  # fmt: skip

    if profile.overflow != "int32_tail" or codes[1] - codes[0] not in CODES_PER_BYTE:
        return by(profile)
    lone = lone_codes(carried(x).shape, axis, CODES_PER_BYTE[codes[1] - codes[0]])
    apart, together = (
        by(replace(profile, overflow="int32", nan="overflow")),
        by(replace(profile, overflow="saturates")),
    )
    return like(x, np.where(lone, carried(apart), carried(together)))


def presented(y: Array, output: Format) -> Any:
    """Wrap bfloat16 values, which numpy has no dtype for."""
    return Bfloat16(np.asarray(y)) if output is BFLOAT16 else np.asarray(y)
