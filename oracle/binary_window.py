"""Windows over images of signs: where they lie, what they sum to, and what lies outside of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.formats import Array

PADDINGS = ("valid", "same")


@dataclass(frozen=True)
class Span:
    """The windows along one axis of an image."""

    size: int  # of the image
    taps: int  # of the filter
    stride: int
    dilation: int
    count: int  # of windows
    before: int  # how far the first one begins before the image

    @property
    def reach(self) -> int:
        """How long a window is, its gaps included."""
        return (self.taps - 1) * self.dilation + 1

    def places(self) -> Array:
        """Return where each tap of each window lies: count x taps, outside of the image below 0 or beyond."""
        return (np.arange(self.count) * self.stride - self.before)[:, None] + np.arange(
            self.taps
        ) * self.dilation


def span(size: int, taps: int, stride: int, dilation: int, padding: str, extra: str) -> Span:
    """Return the windows along one axis; of an odd padding the extra pixel lies at one end.

    Raises:
        ValueError: no window fits, or a window, its stride or its dilation is none.
    """
    for name, value in (("a window", taps), ("stride", stride), ("dilation", dilation)):
        if value < 1:
            raise ValueError(f"{name} must be >= 1, got {value}")
    reach = (taps - 1) * dilation + 1
    if padding == "valid":
        if reach > size:
            raise ValueError(f"a window of {reach} must fit into {size} pixels, got padding valid")
        return Span(size, taps, stride, dilation, (size - reach) // stride + 1, 0)
    count = -(-size // stride)
    total = max((count - 1) * stride + reach - size, 0)
    before = total // 2 if extra == "after" else total - total // 2
    return Span(size, taps, stride, dilation, count, before)


@dataclass(frozen=True)
class Sums:
    """What the windows sum to, for each image, row, column and filter; whole numbers."""

    inside: Array  # over the taps inside of the image
    outside: Array  # the sum of the filter's signs over the taps outside
    size: int  # products of a whole window
    rows: Span
    columns: Span


def check_image(name: str, values: Array) -> None:
    """Raise ValueError for what is no float32 of rank 4, or has no element."""
    if values.dtype != np.float32 or values.ndim != 4:
        raise ValueError(f"{name} must be float32 of rank 4, got {values.dtype.name} of rank {values.ndim}")
    if not values.size:
        raise ValueError(f"{name} must have one element or more, got shape {list(values.shape)}")


def check_normal(name: str, values: Array) -> None:
    """Raise ValueError for what is neither 0 nor a normal float32."""
    size = np.abs(values)
    is_fine = (size == 0) | ((size >= np.finfo(np.float32).tiny) & np.isfinite(size))
    if not is_fine.all():
        raise ValueError(f"{name} must be 0 or normal numbers, got {values[~is_fine][0]}")


def signs(values: Array) -> Array:
    """Return -1 below 0, else 1."""
    return np.where(values < 0, -1, 1)


def sum_windows(x: Any, weight: Any, rows: Span, columns: Span) -> Sums:
    """Sum the products of signs of an image (N, H, W, C) and of filters (h, w, C, F)."""
    image, filters = signs(np.asarray(x)), signs(np.asarray(weight))
    shape = (image.shape[0], rows.count, columns.count, filters.shape[3])
    inside, outside = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for i, ys in enumerate(rows.places().T):
        for j, xs in enumerate(columns.places().T):
            held = ((ys >= 0) & (ys < rows.size))[:, None] & ((xs >= 0) & (xs < columns.size))
            near = np.ix_(np.arange(len(image)), ys.clip(0, rows.size - 1), xs.clip(0, columns.size - 1))
            inside += np.where(held[None, :, :, None], image[near] @ filters[i, j], 0)
            outside += np.where(held[None, :, :, None], 0, filters[i, j].sum(axis=0))
    return Sums(inside, outside, int(filters[..., 0].size), rows, columns)
