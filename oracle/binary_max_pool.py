"""Max pooling of packed signs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.binary_conv2d import MEANING as CONVOLUTION
from oracle.binary_window import PADDINGS, Span, span
from oracle.formats import Array
from oracle.specification import Definition


@dataclass(frozen=True)
class PoolProfile:
    """One way of pooling packed signs."""

    extra: str = "after"
    outside: str = "ignored"
    combine: str = "and"


MEANING = {
    "extra": CONVOLUTION["extra"],
    "outside": {"ignored": "pixels outside are not seen", "plus": "pixels outside are +1"},
    "combine": {
        "and": "-1 where all of a window is -1: the greatest",
        "or": "-1 where one of a window is -1: the least",
    },
}


def binary_max_pool(
    code: Any,
    height: int,
    width: int,
    stride: int = 1,
    padding: str = "valid",
    profile: PoolProfile = PoolProfile(),
) -> dict[str, Array]:
    """Return the greatest sign of each window, packed.

        words = the bitwise and of the words of a window: a bit 1 stands for -1

    Args:
        code: packed signs; int32, (N, H, W, words).
        height, width: of the window, in pixels; >= 1.
        stride: of rows and columns alike; >= 1.
        padding: valid, or same: ceil(H / stride) rows come out, and pixels outside are not seen.
        profile: the arithmetic; the default is the definition.

    Returns:
        words: int32, (N, rows, columns, words).

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Larq Compute Engine, lce_ops.td, BMaxPool2d: "Computes a MaxPool2D operation and outputs bitpacked
        binary values, for consumption by a binary convolution"; core/bmaxpool.h: "Effectively takes the AND
        of everything in the filter region".
    Silent about: nothing.
    """
    words = np.asarray(code)
    if words.dtype != np.int32 or words.ndim != 4:
        raise ValueError(f"code must be int32 of rank 4, got {words.dtype.name} of rank {words.ndim}")
    if padding not in PADDINGS:
        raise ValueError(f"padding must be one of {', '.join(PADDINGS)}, got {padding}")
    rows = span(words.shape[1], height, stride, 1, padding, profile.extra)
    columns = span(words.shape[2], width, stride, 1, padding, profile.extra)
    return {"words": pooled(words, rows, columns, profile)}


def pooled(words: Array, rows: Span, columns: Span, profile: PoolProfile) -> Array:
    """Return what is left of the words of each window."""
    shape = (len(words), rows.count, columns.count, words.shape[3])
    found: Array = np.full(shape, -1 if profile.combine == "and" else 0)
    for ys in rows.places().T:
        for xs in columns.places().T:
            held = (((ys >= 0) & (ys < rows.size))[:, None] & ((xs >= 0) & (xs < columns.size)))[
                None, :, :, None
            ]
            near = np.ix_(np.arange(len(words)), ys.clip(0, rows.size - 1), xs.clip(0, columns.size - 1))
            one = np.where(held, words[near], 0)
            together = found & one if profile.combine == "and" else found | one
            found = np.where(held | (profile.outside == "plus"), together, found)
    return found.astype(np.int32)


OPERATIONS = (
    Definition(
        function=binary_max_pool,
        source="Larq Compute Engine 0.16.0, mlir/ir/lce_ops.td and core/bmaxpool.h",
        sentences=(
            "Computes a MaxPool2D operation and outputs bitpacked binary values, for consumption by a binary "
            "convolution.",
            "Effectively takes the AND of everything in the filter region.",
        ),
        silences=(),
        profile=PoolProfile(),
        axes={axis: tuple(choices) for axis, choices in MEANING.items()},
        meaning=MEANING,
        family="binary layers",
        is_elementwise=lambda _, __: False,
    ),
)
