"""Per axis and per block: an operation with one scale and zero point, applied to each part of a tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from oracle.bfloat16 import Bfloat16
from oracle.formats import Array, carried


def like(value: Any, array: Array) -> Any:
    """Return an array as a Bfloat16 where the value is one."""
    return Bfloat16(np.asarray(array)) if isinstance(value, Bfloat16) else array


def channels(value: Any, axis: int) -> list[Any]:
    """Return the slices of a tensor along an axis; a negative axis counts from the back.

    Raises:
        ValueError: the tensor has no such axis.
    """
    values = carried(value)
    if not -values.ndim <= axis < values.ndim:
        raise ValueError(f"axis must lie in [-{values.ndim}, {values.ndim - 1}], got {axis}")
    return [like(value, slice_) for slice_ in np.moveaxis(values, axis, 0)]


def parameters(name: str, value: Any, count: int) -> list[Any]:
    """Return the parameter of each channel.

    Raises:
        ValueError: there is not exactly one for each channel.
    """
    values = carried(value)
    if values.shape != (count,):
        raise ValueError(f"{name} must have shape ({count},), one for each channel, got {values.shape}")
    return [like(value, values[i]) if isinstance(value, Bfloat16) else values[i] for i in range(count)]


def joined(slices: list[Any], axis: int) -> Any:
    """Return the slices as one tensor again."""
    together = np.stack([carried(slice_) for slice_ in slices])
    return like(slices[0], np.moveaxis(together, 0, axis))


def lone_codes(shape: tuple[int, ...], axis: int, per_byte: int) -> Array:
    """Return which codes of a packed tensor share a byte with another channel, or with none.

    Codes lie in memory in order, so many to a byte; a run is the stretch of one channel.
    """
    size = int(np.prod(shape))
    alone = shape[axis] == 1
    run = size if alone else int(np.prod(shape[axis % len(shape) + 1 :]))
    index = np.arange(size)
    start, byte = index // max(run, 1) * run, index // per_byte * per_byte
    found: Array = (byte < start) | (byte + per_byte > start + run)
    return found.reshape(shape)


def per_channel(function: Callable[[Any, Any, int], Any], value: Any, scale: Any, zero_point: Any,
                axis: int) -> Any:  # fmt: skip
    """Return function(slice, scale, zero point) of each channel, as one tensor.

    Args:
        value: reals or codes; shape S.
        scale, zero_point: one for each channel; shape (S[axis],), S[axis] >= 1.
        axis: of the channels, in [-rank, rank).
    """
    slices = channels(value, axis)
    if not slices:
        raise ValueError("an axis must have a channel, got 0")
    if np.asarray(zero_point).dtype.kind not in "iu":
        raise ValueError(f"zero_point must be integers, got {np.asarray(zero_point).dtype.name}")
    scales = parameters("scale", scale, len(slices))
    zero_points = parameters("zero_point", zero_point, len(slices))
    each = zip(slices, scales, zero_points, strict=True)
    return joined([function(part, s, int(z)) for part, s, z in each], axis)


def per_block(function: Callable[[Any, Any, int], Any], value: Any, scale: Any, zero_point: Any,
              axis: int, block_size: int, by_count: bool = False) -> Any:  # fmt: skip
    """Return function(piece, scale, zero point) of each block, as one tensor.

    Args:
        value: reals or codes; shape S.
        scale, zero_point: one for each block; shape S, but ceil(S[axis] / block_size) along the axis.
        axis: along which the blocks lie, in [-rank, rank).
        block_size: elements of a block, >= 1; the last one may be shorter.
        by_count: take ceil(S[axis] / number of blocks) elements for each instead.
    """
    values, scales, zero_points = carried(value), carried(scale), np.asarray(zero_point)
    if not -values.ndim <= axis < values.ndim:
        raise ValueError(f"axis must lie in [-{values.ndim}, {values.ndim - 1}], got {axis}")
    if block_size < 1:
        raise ValueError(f"block_size must be >= 1, got {block_size}")
    if zero_points.dtype.kind not in "iu":
        raise ValueError(f"zero_point must be integers, got {zero_points.dtype.name}")
    axis %= values.ndim
    wanted = list(values.shape)
    wanted[axis] = -(-wanted[axis] // block_size)
    for name, found in (("scale", scales), ("zero_point", zero_points)):
        if list(found.shape) != wanted:
            raise ValueError(f"{name} must have shape {tuple(wanted)}, one for each block, got {found.shape}")
    length = -(-values.shape[axis] // wanted[axis]) if by_count else block_size
    parts = []
    for place in np.ndindex(scales.shape):
        block: tuple[Any, ...] = (
            *place[:axis],
            slice(place[axis] * length, (place[axis] + 1) * length),
            *place[axis + 1 :],
        )
        step = like(scale, scales[place])
        parts.append((block, function(like(value, values[block]), step, int(zero_points[place]))))
    together = np.empty(values.shape, carried(parts[0][1]).dtype)
    for block, part in parts:
        together[block] = carried(part)
    return like(parts[0][1], together)
