"""Cases of `fake_quantize`: the shared questions, and what only the way back to reals shows."""

from __future__ import annotations

import numpy as np

from cases.case import Case
from cases.points import INT8, INT16, INT32, UINT8, near_codes, singles
from cases.reals import QUESTIONS, ask, one, tenth

SHARED = [Case(f"fake_quantize/{slug}", arguments, shows) for slug, arguments, shows in QUESTIONS]
CASES = [
    *SHARED,
    Case("fake_quantize/values-on-the-grid",
         ask(near_codes(tenth, range(-140, 140)), tenth, 0, INT8),
         "a value of the grid must stay where it is; x + (y - x) leaves the grid by an ulp"),
    Case("fake_quantize/values-far-from-zero-point",
         ask(near_codes(np.float32(0.7), range(-260, 20)), np.float32(0.7), 250, UINT8),
         "code*scale - zero_point*scale rounds twice and leaves the grid"),
    Case("fake_quantize/signed-zeros-in-a-small-range",
         ask(singles([-0.0, -0.01, -0.049, 0.0, 0.01]), tenth, 0, {"qmin": 0, "qmax": 15}),
         "a zero that kept its sign gives -0.0"),
    Case("fake_quantize/large-values-present",
         ask(singles([1e8, -1e8, 1e20, 3e38, np.inf, -np.inf]), tenth, 3, INT8),
         "x + (y - x) loses y where x is large, and gives NaN for infinities; 0 * x does too"),
    Case("fake_quantize/float16-wide-values",
         ask(np.arange(-2000, 2000, 7, dtype=np.float16), np.float16(0.7), 9, INT16),
         "code - zero_point beyond 2048 is rounded in float16"),
    Case("fake_quantize/float64-beyond-int32-with-float32-scale",
         ask(np.array([-3e9, -5.0, 0.5, 3e9]), one, 3, INT32),
         "qmin - zero_point is no float32: clipped to it before the zero point is added, -3e9 gives"
         " -2147483648 and not -2147483651"),
]  # fmt: skip
