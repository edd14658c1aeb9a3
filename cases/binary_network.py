"""Cases of `binary_network`: batch normalizations of either sign, whose thresholds are asked, and pools.

Multipliers and biases are of few bits: nothing on the way rounds. What rounding does to the sign of a layer
is asked by `binary_conv2d_bits`.
"""

from __future__ import annotations

from typing import Any

from cases.binary_layers import Shape, in_turn, signs
from cases.case import Case

SAME: dict[str, Any] = {"padding": "same"}
ONES: dict[str, Any] = {**SAME, "pad_value": 1}
NORM: dict[str, Any] = {
    "multiplier": [1.0, -1.0, 0.5, -2.0, 0.0, 0.0],
    "bias": [2.0, 2.0, -1.0, 4.0, -1.0, 0.0],
}


def asked(name: str, image: Shape, windows: tuple[Shape, Shape], filters: tuple[int, int], shows: str,
          **rest: Any) -> Case:  # fmt: skip
    inner, last = filters
    given: dict[str, Any] = {
        "x": signs(image, 1),
        "weight": signs((*windows[0], image[-1], inner), 2),
        "second": signs((*windows[1], inner, last), 3),
        **rest,
    }
    for key in given.keys() & {"multiplier", "bias"}:
        given[key] = in_turn(given[key], inner)
    return Case(f"binary_network/{name}", given, shows)


TWO = ((2, 2), (2, 2))
THREE = ((3, 3), (3, 3))
ZERO = "sums of 0 are +1: as -1 they change what the second convolution sums"
TURNED = "a negative multiplier turns the signs; at a threshold the value is 0, and its sign +1"
EXTRA = "the extra pixel of padding at the other end moves every window"
AS_ONES = "taken for +1, the pixels outside add the filters' signs"
GREATEST = "pooled after a negative multiplier the greatest sum is the least value"
BEYOND = "pooled, the image is smaller than the filter: uncorrected, the pixels outside count as +1"

CASES = [
    asked("no-norm", (1, 5, 6, 4), TWO, (6, 3), ZERO),
    asked("norm", (1, 5, 6, 4), TWO, (6, 3), TURNED, **NORM),
    asked("norm-odd-channels", (2, 4, 5, 3), TWO, (7, 2), TURNED,
          multiplier=[1.0, -1.0, 0.25], bias=[4.0, 4.0, -0.5]),
    asked("norm-two-words", (1, 4, 4, 34), TWO, (40, 2), TURNED, **NORM),
    asked("norm-between-sums", (1, 5, 5, 4), TWO, (4, 2),
          "thresholds of 1 and -1 lie between even sums: moved by one, a sum of 0 or 2 has another sign",
          multiplier=[1.0, -1.0], bias=[1.0, 1.0, -1.0, -1.0]),
    asked("norm-ones", (1, 5, 4, 4), ((3, 2), (2, 3)), (6, 2), EXTRA, **NORM, **ONES),
    asked("norm-zeros", (1, 6, 6, 4), THREE, (6, 2), AS_ONES, **NORM, **SAME),
    asked("stride-2-ones", (1, 6, 7, 4), THREE, (6, 2), EXTRA, **NORM, **ONES, stride=2),
    asked("stride-2-zeros", (1, 8, 8, 4), THREE, (6, 2), AS_ONES, **NORM, **SAME, stride=2),
    asked("dilation-2", (1, 7, 7, 4), TWO, (6, 2), TURNED, **NORM, dilation=2),
    asked("dilation-2-ones", (1, 6, 6, 4), THREE, (6, 2), TURNED, **NORM, **ONES, dilation=2),
    asked("dilation-2-zeros", (1, 6, 6, 4), THREE, (6, 2), AS_ONES, **NORM, **SAME, dilation=2),
    asked("pool-no-norm", (1, 6, 7, 4), TWO, (6, 2), ZERO, pool="after"),
    asked("pool-before", (1, 7, 7, 4), TWO, (6, 2), GREATEST, **NORM, pool="before"),
    asked("pool-after", (1, 7, 7, 4), TWO, (6, 2), GREATEST, **NORM, pool="after"),
    asked("pool-before-ones", (1, 7, 6, 4), THREE, (6, 2), GREATEST, **NORM, **ONES, pool="before"),
    asked("pool-after-ones", (1, 7, 6, 4), THREE, (6, 2), "pixels outside pooled as 0 are not below 0",
          **NORM, **ONES, pool="after"),
    asked("pool-after-zeros", (1, 7, 7, 4), THREE, (6, 2), AS_ONES, **NORM, **SAME, pool="after"),
    asked("pool-to-two-by-two-zeros", (1, 4, 4, 4), THREE, (6, 2), BEYOND, **NORM, **SAME, pool="after"),
    asked("pool-to-one-pixel-zeros", (1, 2, 2, 4), ((1, 1), (3, 3)), (6, 2), BEYOND, **NORM, **SAME,
          pool="before"),
]  # fmt: skip
