"""Cases of `learnable_fake_quantize`: zero points between two codes, and what the plain one shows too."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import INT8, INT32, UINT8, near_ties, singles, ties_and_bounds
from cases.reals import HALVES, INFINITE, NANS, one, tenth

BEYOND = singles([2.0**31, -(2.0**31), 2.0**63, -(2.0**63), 1e20, 3e38])


def ask(x: Any, scale: Any, zero_point: float, codes: dict[str, int]) -> dict[str, Any]:
    return {"x": x, "scale": scale, "zero_point": np.float32(zero_point), **codes}


def zero_point_of(value: float, slug: str, shows: str) -> Case:
    return Case(f"learnable_fake_quantize/zero-point-{slug}",
                ask(np.concatenate([HALVES, singles([500, -500])]), one, value, INT8), shows)  # fmt: skip


CASES = [
    Case("learnable_fake_quantize/tie-with-odd-zero-point", ask(HALVES, one, 1, INT8),
         "rounding x / scale + zero_point gives 0, 2, 2 for 0.5, 1.5, 2.5 where z is even, and not here"),
    zero_point_of(-3, "of-minus-three", "an integer stays what it is; truncated after adding 1/2 it is -2"),
    zero_point_of(0.5, "of-one-half", "half even gives 0, half away and half up 1"),
    zero_point_of(-0.5, "of-minus-one-half", "half even and half up give 0, half away -1"),
    zero_point_of(1.5, "of-three-halves", "half even gives 2, truncation 1"),
    zero_point_of(-2.7, "below-minus-two", "-3 is nearest; truncation gives -2"),
    zero_point_of(127, "at-the-end", "127 is a code"),
    zero_point_of(300, "beyond-the-range", "undefined: clipped, or used; systems are compared"),
    Case("learnable_fake_quantize/ties", ask(ties_and_bounds(tenth, 3, -128, 127), tenth, 3, INT8),
         "x * (1 / scale) and a zero point added before rounding give the other code at some"),
    Case("learnable_fake_quantize/ties-unsigned",
         ask(ties_and_bounds(np.float32(1 / 3), 77, 0, 255), np.float32(1 / 3), 77, UINT8),
         "the reciprocal of float32(1/3) is not 3"),
    Case("learnable_fake_quantize/every-tie", ask(near_ties(one, range(-132, 132)), one, 0, INT8),
         "half away and half up part from half even at every second tie"),
    Case("learnable_fake_quantize/infinities", ask(INFINITE, tenth, 3, INT8),
         "a conversion without a clip gives the lowest code for +inf"),
    Case("learnable_fake_quantize/infinities-below-zero", ask(INFINITE, tenth, -128, INT8),
         "converted to int64 before the zero point is added, +inf wraps to the highest code"),
    Case("learnable_fake_quantize/int32-odd-zero-point",
         ask(singles([2**24 + 2, 2**24, -(2**24), 2**25, 0.5, 2.5]), one, 2001, INT32),
         "2^24 + 2 + 2001 is no float32: added there the code is even"),
    Case("learnable_fake_quantize/beyond-every-integer", ask(BEYOND, one, 3, INT8),
         "a conversion to int64 without a clip gives the lowest code for 2^63 and above"),
    Case("learnable_fake_quantize/nan", ask(NANS, one, 3, INT8), "silent: this says what a system chose"),
    Case("learnable_fake_quantize/empty", ask(np.zeros(0, np.float32), tenth, 3, INT8), "empty gives empty"),
    Case("learnable_fake_quantize/channels",
         {"x": near_ties(tenth, range(8)).reshape(3, 8), "scale": singles([0.1, 0.07, 0.25]),
          "zero_point": singles([3, -2.5, 0.75]), **INT8, "axis": 0},
         "the scale of another channel moves every value; a zero point of -2.5 is -2"),
    Case("learnable_fake_quantize/channels-of-the-last-axis",
         {"x": near_ties(tenth, range(8)).reshape(8, 3), "scale": singles([0.1, 0.07, 0.25]),
          "zero_point": singles([3, -3, 0]), **INT8, "axis": 1},
         "as channels, along the other axis"),
]  # fmt: skip
