"""Cases of `fake_quantize_gradient`: both ends of the range, half a step beyond, and what is no number."""

from __future__ import annotations

import numpy as np

from cases.case import Case
from cases.gradients import NARROW, ask, at_ends
from cases.points import INT4, INT8, UINT8, neighbours, singles
from cases.reals import one, tenth

ONE = {"qmin": 0, "qmax": 1}
THIRD = np.float32(1 / 3)
SPECIAL = singles([np.inf, -np.inf, 3e38, -3e38, 2.0**31, -(2.0**63), 1.0, -0.0])
TWO = np.stack([at_ends(tenth, 3, INT8), at_ends(np.float32(0.7), -5, INT8)])

CASES = [
    Case("fake_quantize_gradient/inside-and-outside",
         ask(singles([-200, -100, -1, 0, 1, 100, 200]), one, 0, INT8),
         "a gradient that passes everywhere, or one divided by the scale, shows"),
    Case("fake_quantize_gradient/ends-of-int8", ask(at_ends(one, 0, INT8), one, 0, INT8),
         "a mask on the code passes up to half a step beyond; a strict one stops at the ends"),
    Case("fake_quantize_gradient/ends-of-uint8", ask(at_ends(one, 128, UINT8), one, 128, UINT8),
         "a range that ignores the zero point ends at 255 instead of 127"),
    Case("fake_quantize_gradient/ends-of-an-odd-range", ask(at_ends(one, 0, NARROW), one, 0, NARROW),
         "a mask on the code: 126.5 rounds to 126 and passes, half up gives 127"),
    Case("fake_quantize_gradient/ends-with-odd-zero-point", ask(at_ends(one, 1, INT8), one, 1, INT8),
         "a mask on the code: rounding x + 1 instead of x moves the ties at both ends"),
    Case("fake_quantize_gradient/ends-with-negative-zero-point", ask(at_ends(one, -3, INT8), one, -3, INT8),
         "a zero point that is truncated after adding one half is -2"),
    Case("fake_quantize_gradient/ends-at-the-zero-point", ask(at_ends(one, -128, INT8), one, -128, INT8),
         "0 is the lowest value, and passes"),
    Case("fake_quantize_gradient/tie-rich-scale", ask(at_ends(tenth, 3, NARROW), tenth, 3, NARROW),
         "a mask on the code: addition before rounding, and that addition fused, part at the ends"),
    Case("fake_quantize_gradient/reciprocal", ask(at_ends(tenth, 0, UINT8), tenth, 0, UINT8),
         "a mask on the code: 25.549999 / 0.1 rounds to 255, 25.549999 * (1 / 0.1) to 256"),
    Case("fake_quantize_gradient/reciprocal-with-zero-point", ask(at_ends(tenth, 77, INT8), tenth, 77, INT8),
         "a mask on the code: -20.549999 passes where it is divided by the scale"),
    Case("fake_quantize_gradient/coarse", ask(at_ends(THIRD, 3, INT4), THIRD, 3, INT4),
         "the ends are products with the scale, rounded to float32"),
    Case("fake_quantize_gradient/tiny-scale",
         ask(at_ends(np.float32(3e-39), 0, INT8), np.float32(3e-39), 0, INT8),
         "a CPU that flushes subnormals divides by zero; the reciprocal overflows"),
    Case("fake_quantize_gradient/infinities", ask(SPECIAL, one, 3, INT8), "no gradient passes beyond an end"),
    Case("fake_quantize_gradient/nan", ask(singles([np.nan, 0.5]), one, 3, INT8),
         "the definition is silent: this says what a system chose"),
    Case("fake_quantize_gradient/gradients-that-are-no-numbers",
         ask(singles([0, 0, 0, 500, 500, 500, -500]), one, 0, INT8,
             singles([np.inf, np.nan, -0.0, np.inf, np.nan, -0.0, 3.0])),
         "times 0, infinity gives NaN; selected, 0"),
    Case("fake_quantize_gradient/one-bit", ask(at_ends(tenth, 0, ONE), tenth, 0, ONE),
         "a range of two codes"),
    Case("fake_quantize_gradient/two-axes", ask(TWO[:, :12].reshape(2, 3, 4), tenth, 3, INT8),
         "the shape is kept"),
    Case("fake_quantize_gradient/one-number", ask(np.array(12.43, np.float32), tenth, 3, INT8),
         "a tensor of rank 0 keeps its shape"),
    Case("fake_quantize_gradient/empty", ask(np.zeros(0, np.float32), tenth, 3, INT8),
         "an empty tensor gives an empty tensor"),
    Case("fake_quantize_gradient/channels",
         ask(TWO, np.array([0.1, 0.7], np.float32), np.array([3, -5], np.int32), INT8, axis=0),
         "the scale of the other channel moves every end"),
    Case("fake_quantize_gradient/channels-of-the-last-axis",
         ask(np.ascontiguousarray(TWO.T), np.array([0.1, 0.7], np.float32), np.array([3, -5], np.int32), INT8,
             axis=1),
         "as channels, along the other axis"),
    Case("fake_quantize_gradient/more-channels-than-values",
         ask(neighbours(singles([12.75, -1.0, 5.0])).reshape(3, 3).T.copy()[:1],
             np.array([0.1, 0.25, 2.0], np.float32), np.array([0, 4, 255], np.int32), UINT8, axis=1),
         "one value of each channel"),
]  # fmt: skip
