"""Cases of `binary_conv2d`: paddings, strides, dilations, activations, and factors that float32 rounds."""

from __future__ import annotations

from typing import Any

from cases.binary_layers import Shape, in_turn, layer
from cases.case import Case

ROUNDS = [0.1, -0.3, 0.7, 1.1]
SMALL = [0.05, -0.2, 0.0, 0.3]
Options = dict[str, Any]
SAME: Options = {"padding": "same"}
ONES: Options = {**SAME, "pad_value": 1}


def asked(name: str, image: Shape, window: tuple[int, int], filters: int, shows: str, **rest: Any) -> Case:
    multiplier = in_turn(rest.pop("multiplier", ROUNDS), filters)
    bias = in_turn(rest.pop("bias", SMALL), filters)
    given = {**layer(image, window, filters), "multiplier": multiplier, "bias": bias, **rest}
    return Case(f"binary_conv2d/{name}", given, shows)


FUSED = "fused with the sum of all products, multiplier and bias round elsewhere"
EXTRA = "the extra pixel of padding at the other end moves every window"
AS_ONES = "taken for +1, the pixels outside add the filter's signs"
UNIT: Options = {"multiplier": [1.0], "bias": [0.0]}

CASES = [
    asked("valid", (1, 4, 5, 3), (3, 2), 3, FUSED),
    asked("one-by-one", (1, 2, 3, 5), (1, 1), 4, FUSED),
    asked("batch", (3, 3, 3, 2), (2, 2), 2, FUSED),
    asked("one-pixel", (1, 1, 1, 7), (1, 1), 9, FUSED),
    asked("one-filter", (1, 3, 4, 6), (2, 3), 1, FUSED),
    asked("channels-31", (1, 2, 3, 31), (2, 2), 2, FUSED),
    asked("channels-32", (1, 2, 3, 32), (2, 2), 2, FUSED),
    asked("channels-33", (1, 2, 3, 33), (2, 2), 2, FUSED),
    asked("channels-65", (1, 2, 2, 65), (1, 2), 3, FUSED),
    asked("filters-33", (1, 2, 2, 3), (2, 2), 33, FUSED),
    asked("stride-2", (1, 6, 7, 2), (3, 2), 2, FUSED, stride=2),
    asked("stride-3-beyond-the-window", (1, 7, 5, 4), (1, 2), 2, FUSED, stride=3),
    asked("dilation-2", (1, 6, 5, 2), (2, 3), 2, FUSED, dilation=2),
    asked("bias-below-the-last-place", (1, 3, 4, 2), (3, 3), 3,
          "a bias of 1e-6 beside K = 18 is lost: a sum of 0 gives 0",
          multiplier=[1.0], bias=[1e-6, -1e-6, 3e-7]),
    asked("ones", (1, 4, 5, 3), (3, 3), 2, EXTRA + ", of an even filter", **UNIT, **ONES, stride=2),
    asked("ones-even-window", (1, 4, 5, 3), (2, 4), 2, EXTRA, **ONES),
    asked("ones-stride-2", (1, 6, 5, 33), (3, 3), 3, EXTRA, **ONES, stride=2),
    asked("ones-dilation-2", (1, 6, 5, 2), (2, 2), 3, FUSED, **ONES, dilation=2),
    asked("ones-one-pixel", (1, 1, 1, 3), (3, 3), 4, FUSED, **ONES),
    asked("zeros", (1, 5, 5, 2), (3, 3), 2, AS_ONES, **UNIT, **SAME),
    asked("zeros-even-window", (1, 5, 6, 2), (2, 4), 2, AS_ONES, **UNIT, **SAME),
    asked("zeros-rounded", (1, 5, 5, 4), (3, 3), 4, AS_ONES, **SAME),
    asked("zeros-stride-2", (1, 6, 7, 2), (3, 3), 2, AS_ONES, **UNIT, **SAME, stride=2),
    asked("zeros-stride-3", (1, 7, 8, 2), (3, 4), 2, AS_ONES, **UNIT, **SAME, stride=3),
    asked("zeros-dilation-2", (1, 7, 6, 2), (3, 2), 2, AS_ONES, **UNIT, **SAME, dilation=2),
    asked("zeros-odd-channels", (1, 5, 5, 3), (3, 3), 2, AS_ONES, **UNIT, **SAME),
    asked("zeros-channels-34", (2, 4, 4, 34), (3, 3), 2, AS_ONES, **UNIT, **SAME),
    asked("zeros-one-pixel", (1, 1, 1, 2), (3, 3), 2,
          "the filter reaches beyond both sides: uncorrected, eight taps count as +1", **UNIT, **SAME),
    asked("zeros-one-row", (1, 1, 5, 2), (3, 3), 2,
          "above and below are outside at once: uncorrected, six taps count as +1", **UNIT, **SAME),
    asked("zeros-two-rows", (1, 2, 5, 2), (3, 3), 2,
          "above is outside, and the filter ends with the image: uncorrected, three taps count as +1",
          **UNIT, **SAME),
    asked("zeros-two-by-two", (1, 2, 2, 2), (3, 3), 2, "no window is corrected", **UNIT, **SAME),
    asked("zeros-dilation-beyond-the-image", (1, 4, 4, 2), (3, 3), 2,
          "five pixels reach beyond both sides of four", **UNIT, **SAME, dilation=2),
    asked("zeros-as-large-as-the-image", (1, 3, 3, 2), (3, 3), 2, AS_ONES, **UNIT, **SAME),
    asked("zeros-rounded-small", (1, 2, 3, 2), (3, 3), 4, AS_ONES, **SAME),
    asked("relu", (1, 3, 4, 2), (2, 2), 4, "clamped after the multiplication, others are kept",
          activation="relu"),
    asked("relu6", (1, 3, 4, 4), (2, 2), 4, "6 bounds the sum, not the result", activation="relu6"),
    asked("relu-n1-to-1", (1, 3, 4, 3), (2, 2), 4, "1 bounds the sum, not the result",
          activation="relu_n1_to_1"),
    asked("relu6-odd-sums", (1, 3, 4, 3), (3, 3), 4, "6 lies between the odd sums 5 and 7",
          activation="relu6", **ONES),
]  # fmt: skip
