"""Cases of `binary_conv2d_bits`: thresholds at and beside the counts, batch normalizations of either sign."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.binary_layers import Shape, in_turn, layer
from cases.case import Case

ONES: dict[str, Any] = {"padding": "same", "pad_value": 1}
ZEROS: dict[str, Any] = {"padding": "same"}
LEAST, MOST = -(2**31), 2**31 - 1


def compared(name: str, image: Shape, window: tuple[int, int], thresholds: list[int], shows: str,
             **rest: Any) -> Case:  # fmt: skip
    """A layer whose filters have thresholds."""
    given = {**layer(image, window, len(thresholds)), "threshold": np.array(thresholds, np.int32), **rest}
    return Case(f"binary_conv2d_bits/{name}", given, shows)


def normalized(name: str, image: Shape, window: tuple[int, int], factors: tuple[list[float], list[float]],
               shows: str, **rest: Any) -> Case:  # fmt: skip
    """A layer whose filters have a multiplier and a bias."""
    multiplier, bias = factors
    count = len(multiplier)
    more = {"multiplier": in_turn(multiplier, count), "bias": in_turn(bias, count)}
    return Case(f"binary_conv2d_bits/{name}", {**layer(image, window, count), **more, **rest}, shows)


def middle(size: int, count: int) -> list[int]:
    """Return thresholds around half of a window's products."""
    return [size // 2 + i % 5 - 2 for i in range(count)]


AT = "at the threshold itself the bit is 0"
FLIPPED = "a negative multiplier: without the turned filter the bits are the others"
LOST = "in float32 a bias of 1e-7 beside K is lost, and a sum of 0 is +1 where it is -1"

CASES = [
    compared("thresholds", (1, 3, 4, 3), (2, 2), middle(12, 5), AT),
    compared("thresholds-one-filter", (1, 3, 4, 3), (2, 2), [6], AT),
    compared("thresholds-16-filters", (1, 3, 3, 2), (2, 2), middle(8, 16), AT),
    compared("thresholds-31-filters", (1, 2, 3, 2), (2, 2), middle(8, 31), AT),
    compared("thresholds-32-filters", (1, 2, 3, 33), (1, 1), middle(33, 32), AT),
    compared("thresholds-33-filters", (2, 2, 2, 4), (1, 2), middle(8, 33), AT),
    compared("thresholds-50-filters", (1, 3, 1, 4), (1, 1), middle(4, 50), AT),
    compared("thresholds-65-filters", (1, 2, 2, 6), (1, 1), middle(6, 65), AT),
    compared("thresholds-constant", (1, 2, 3, 4), (1, 1), [LEAST, MOST, -1, 0, 4, 2],
             "every count is above the least int32, none above the greatest"),
    compared("thresholds-ones", (1, 4, 5, 2), (3, 3), middle(18, 4), "the extra pixel at the other end",
             **ONES, stride=2),
    compared("thresholds-zeros", (1, 4, 4, 2), (3, 3), middle(18, 4), "pixels outside taken for +1", **ZEROS),
    compared("thresholds-dilation", (1, 5, 5, 2), (2, 2), middle(8, 3), AT, dilation=2),
    normalized("positive", (1, 5, 5, 3), (2, 2), ([1.0, 0.5, 2.0], [0.0, 1.0, -2.0]), "at 0 the bit is 0"),
    normalized("negative", (1, 5, 5, 3), (2, 2), ([-1.0, -0.5, -2.0], [0.0, 1.0, -2.0]), FLIPPED),
    normalized("either-sign", (1, 3, 4, 4), (3, 3), ([0.3, -0.7, 1.1, -0.01], [0.6, 1.4, -4.4, 0.02]),
               FLIPPED + "; the results near 0 are rounded"),
    normalized("zero-multiplier", (1, 2, 3, 3), (2, 2), ([0.0, 0.0, 0.0, 1.0], [1.0, -1.0, 0.0, 0.0]),
               "the sign of the bias alone; at 0 the bit is 0"),
    normalized("large-bias", (1, 2, 3, 2), (2, 2), ([1.0, -1.0, 1.0, 1.0], [100.0, -100.0, 8.0, 0.0]),
               "no sum is beyond the bias; at 0 the bit is 0"),
    normalized("bias-below-the-last-place", (1, 5, 6, 2), (3, 3),
               ([1.0, 1.0, -1.0, 2.0], [-1e-7, 1e-7, -1e-7, -1e-6]),
               LOST),
    normalized("quotient-below-the-last-place", (1, 3, 4, 8), (2, 2),
               ([0.1, -0.1, 0.3], [-1e-8, -1e-8, -2e-8]), LOST),
    normalized("quotient-rounds", (1, 4, 5, 5), (3, 2), ([0.1, 0.7, -0.3, -1.1], [0.2, -1.4, 0.6, -2.2]),
               "a sum of 2: 2 * 0.1 - 0.2 is 0 or not, as float32 holds the two"),
    normalized("ones", (1, 5, 4, 3), (3, 3),
               ([1.0, -1.0, 0.5], [1.0, 3.0, -0.5]), "the extra pixel at the other end",
               **ONES, stride=2),
    normalized("relu", (1, 3, 4, 3), (2, 2), ([1.0, -1.0, 1.0, -1.0], [0.0, 0.0, 2.0, 2.0]),
               "unclamped, a sum below 0 is -1", activation="relu"),
    normalized("relu6", (1, 6, 6, 4), (3, 3), ([1.0, -1.0, -1.0, 0.5], [-7.0, 5.0, 7.0, -2.0]),
               "unclamped, a sum above 6 decides", activation="relu6"),
]  # fmt: skip
