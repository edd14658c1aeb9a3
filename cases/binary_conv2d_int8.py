"""Cases of `binary_conv2d_int8`: results near ties between codes, and beyond the codes."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.binary_layers import Shape, in_turn, layer
from cases.case import Case

ONES: dict[str, Any] = {"padding": "same", "pad_value": 1}
ZEROS: dict[str, Any] = {"padding": "same"}


def asked(name: str, image: Shape, window: tuple[int, int], factors: tuple[list[float], list[float]],
          grid: tuple[float, int], shows: str, **rest: Any) -> Case:  # fmt: skip
    multiplier, bias = factors
    given = {
        **layer(image, window, len(multiplier)),
        "multiplier": in_turn(multiplier, len(multiplier)),
        "bias": in_turn(bias, len(multiplier)),
        "output_scale": float(np.float32(grid[0])),
        "output_zero_point": grid[1],
        **rest,
    }
    return Case(f"binary_conv2d_int8/{name}", given, shows)


ROUNDED = "in float32, with the scale in the multiplier, some results fall on the other side of a tie"
TIES = "silent about ties"
NEAR = ([0.1, -0.3, 0.7, 1.1], [0.05, -0.2, 0.0, 0.3])

CASES = [
    asked("near-ties", (1, 4, 5, 3), (3, 3), ([0.1, 0.3, 0.7, -0.9], [0.0] * 4), (0.2, 0), ROUNDED),
    asked("near-ties-of-tenths", (1, 4, 5, 3), (3, 3), ([0.25, 0.35, -0.45], [0.0] * 3), (0.1, 4), ROUNDED),
    asked("near-ties-of-many", (1, 4, 4, 33), (3, 3), ([0.105, -0.175], [0.0] * 2), (0.07, -11), ROUNDED),
    asked("near-ties-of-even-sums", (1, 4, 5, 8), (3, 3), ([0.125, -0.225], [0.0] * 2), (0.1, 4), ROUNDED),
    asked("near-ties-and-bias", (1, 4, 5, 5), (3, 1),
          ([0.1, 0.1, 0.1, -0.1], [0.05, 0.15, -0.05, 0.25]), (0.1, -7), ROUNDED),
    asked("ties", (1, 3, 4, 3), (2, 2), ([0.5, -0.5, 0.25, 1.5], [0.5, 0.0, 0.25, 0.0]), (1.0, 0), TIES),
    asked("ties-and-zero-point", (1, 3, 4, 3), (3, 2), ([0.5, -0.5], [0.5, 0.5]), (1.0, -3), TIES),
    asked("beyond-int32", (1, 2, 2, 3), (1, 1), ([1.0, -1.0, 0.0], [4.0, -4.0, 5.0]), (1e-9, 0),
          "beyond int32 what is above 127 becomes -128"),
    asked("far-beyond-int32", (1, 2, 2, 2), (1, 1), ([1.0, 3.0], [9.0, -9.0]), (1e-30, 0),
          "beyond int32 what is above 127 becomes -128"),
    asked("ones", (1, 4, 5, 2), (3, 3), NEAR, (0.25, 1), "the extra pixel at the other end",
          **ONES, stride=2),
    asked("zeros", (1, 4, 4, 2), (3, 3), NEAR, (0.25, 1), "pixels outside taken for +1", **ZEROS),
    asked("zeros-one-pixel", (1, 1, 1, 4), (3, 3), NEAR, (0.25, 1), "pixels outside taken for +1", **ZEROS),
    asked("relu", (1, 5, 5, 3), (3, 3), ([0.25, -0.35], [0.0] * 2), (0.1, 4), ROUNDED, activation="relu"),
    asked("relu6", (1, 5, 5, 3), (3, 3), ([0.25, -0.65], [0.0] * 2), (0.1, 4), ROUNDED, activation="relu6"),
    asked("relu-n1-to-1", (1, 5, 5, 3), (3, 3), ([0.25, -0.35], [0.0] * 2), (0.1, 4), ROUNDED,
          activation="relu_n1_to_1"),
    asked("dilation-2", (1, 6, 6, 3), (2, 3), ([0.125, -0.225], [0.0] * 2), (0.1, 4), ROUNDED, dilation=2),
]  # fmt: skip
