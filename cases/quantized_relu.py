"""Cases of `quantized_relu`: ties, the last code, the slope, the sigmoid, the bound between two codes."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import near_codes, near_ties, singles


def ask(x: Any, bits: int, integer: int, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), "bits": bits, "integer": integer, **settings}


TIES = near_ties(np.float32(0.0625), [0, 1, 2, 3, 8, 14])
RANK = np.arange(-4, 12, dtype=np.float32) * np.float32(0.09375)

CASES = [
    Case("quantized_relu/ties", ask(TIES, 4, 0), "half up gives 0.0625 of 0.03125, half even 0"),
    Case("quantized_relu/ties-of-halves", ask(near_ties(np.float32(1), [0, 1, 2, 3]), 3, 3),
         "half away gives 1 of 0.5, floor gives 1 of 1.5"),
    Case("quantized_relu/last-code",
         ask([0.93, 0.9375, 0.953125, 0.96875, 0.9687501, 0.99, 1.0, 2.0, 1e30], 4, 0),
         "floor gives 0.875 of 0.93"),
    Case("quantized_relu/beyond-float32", ask([3e38, -3e38, 1e-40, 0.09375], 8, 0),
         "x * 2^bits overflows: an arithmetic that adds round(t) - t gives NaN"),
    Case("quantized_relu/overflow-of-a-product", ask([3e38, 1e30, 0.5], 3, 3),
         "x * 8 overflows before it is divided by 8, and gives NaN; x * 1 does not"),
    Case("quantized_relu/infinity", ask(singles([np.inf, -np.inf]), 4, 1),
         "x + (quantized - x) gives NaN; the last code is 1.875"),
    Case("quantized_relu/below-zero", ask(-TIES, 4, 0, negative_slope=0.25),
         "a slope that the text loses gives 0"),
    Case("quantized_relu/zeros", ask([0.0, -0.0, -1.0, -1e-40, 0.03125], 4, 0),
         "the sign of a negative zero shows"),
    Case("quantized_relu/slope", ask(near_ties(np.float32(0.5), [-6, -5, -2, -1, 0, 1]), 4, 0,
                                     negative_slope=0.25), "rounding before the slope gives other codes"),
    Case("quantized_relu/slope-saturates", ask([-0.99, -1.0, -1.5, -8.0, 0.875, 0.9375, 1.0], 4, 0,
                                               negative_slope=0.5), "below -slope the code stays"),
    Case("quantized_relu/slope-of-one", ask([-1.3, -0.4, -0.0625, 0.1875, 5.0], 4, 1, negative_slope=1.0),
         "read from its text it is a sigmoid, and 0 below zero"),
    Case("quantized_relu/sigmoid", ask([-0.5, 0.0625, 0.125, 0.1875, 0.25, 0.5, 0.9, 1.9, 2.0, 9.0], 4, 1,
                                       use_sigmoid=1), "half the resolution leaves out every second code"),
    Case("quantized_relu/sigmoid-near-ties", ask(near_ties(np.float32(0.0625), [0, 1, 2, 3, 5]), 4, 0,
                                                 use_sigmoid=1), "x / 2 + 1 / 2 in float32 loses the side"),
    Case("quantized_relu/sigmoid-near-codes", ask(near_codes(np.float32(0.0625), [1, 2, 3, 5]), 4, 0,
                                                  use_sigmoid=1),
         "at half the resolution 0.0625 is a tie, and x / 2 + 1 / 2 in float32 loses the side of 0.06250001"),
    Case("quantized_relu/sigmoid-infinity", ask(singles([np.inf, -np.inf, 0.03125]), 4, 0, use_sigmoid=1),
         "half the resolution gives 0 of 0.03125, as the full one does; half up gives 0.0625"),
    Case("quantized_relu/bound-between-codes",
         ask([1.25, 1.3125, 1.375, 1.4, 1.41, 2.0], 4, 1, relu_upper_bound=1.4, is_quantized_clip=False),
         "bounded again after the rounding it gives 1.4, which is no code"),
    Case("quantized_relu/bound-rounds-up", ask([1.4, 1.45, 1.5, 5.0], 4, 1, relu_upper_bound=1.45,
                                               is_quantized_clip=False), "the bound rounds up to 1.5"),
    Case("quantized_relu/bound-lost", ask([0.2, 0.75, 1.0, 2.0], 4, 1, relu_upper_bound=0.75,
                                          is_quantized_clip=False), "without its bound it gives 1 and 1.875"),
    Case("quantized_relu/bound-and-infinity",
         ask(singles([np.inf, -np.inf, 3e38]), 4, 1, relu_upper_bound=1.4,
                                                  is_quantized_clip=False),
         "NaN <= 1.4 is false: 1.4 of -inf"),
    Case("quantized_relu/clip-before-bound", ask(TIES, 4, 0, relu_upper_bound=0.3),
         "the bound does not count while is_quantized_clip holds; half up shows too"),
    Case("quantized_relu/no-clip", ask([0.5, 0.96875, 1e9, 16777217.0], 4, 0, is_quantized_clip=False),
         "x + (quantized - x) loses the value of a large x"),
    Case("quantized_relu/2-bits", ask(near_ties(np.float32(0.25), [0, 1, 2, 3]), 2, 0), "four codes"),
    Case("quantized_relu/8-bits", ask(near_ties(np.float32(2.0**-6), [0, 1, 100, 126, 254]), 8, 2),
         "half away at the ties"),
    Case("quantized_relu/16-bits", ask(near_ties(np.float32(2.0**-10), [0, 1, 30000, 65534]), 16, 6),
         "half away at the ties"),
    *(Case(f"quantized_relu/rank-{len(shape)}", ask(RANK.reshape(shape), 4, 0, negative_slope=0.25),
           "floor gives other codes; the text loses the slope")
      for shape in ((4, 4), (2, 4, 2), (2, 2, 2, 2))),
    Case("quantized_relu/nan", ask(singles([np.nan]), 4, 0), "undefined: systems are compared"),
    Case("quantized_relu/sigmoid-and-slope", ask([-0.5, 0.5], 4, 0, use_sigmoid=1, negative_slope=0.25),
         "undefined: the text does not say how they go together"),
]  # fmt: skip
