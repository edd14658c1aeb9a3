"""Images and filters of signs, and the layers that the cases of binary convolutions share."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.points import singles
from oracle.formats import Array

Shape = tuple[int, ...]


def signs(shape: Shape, seed: int) -> Array:
    """Return ones of either sign in no order that a turn or a reversal would repeat."""
    places = np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(1000 * seed)
    mixed = (places * np.uint64(2654435761)) ^ (places * places * np.uint64(40503) >> np.uint64(7))
    return np.where((mixed >> np.uint64(9)) & np.uint64(1), -1.0, 1.0).astype(np.float32).reshape(shape)


def layer(image: Shape, window: tuple[int, int], filters: int, seed: int = 1) -> dict[str, Any]:
    """Return an image and filters of signs."""
    return {"x": signs(image, seed), "weight": signs((*window, image[-1], filters), seed + 1)}


def in_turn(values: list[float], count: int) -> Array:
    """Return so many of some numbers, in turn."""
    return singles([values[i % len(values)] for i in range(count)])
