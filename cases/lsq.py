"""Cases of the forward pass of LSQ."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import INT2, INT4, INT8, UINT4, UINT8, near_codes, near_ties, singles

NAN, INF = float("nan"), float("inf")
SIGNED = [-1000, -128.75, -128, -127.75, -127, -3.25, -0.75, 0.25, 0.75, 1.25, 126.75, 127, 127.25, 1000]


def ask(x: Any, step: float, codes: dict[str, int]) -> dict[str, Any]:
    """Return the arguments of one question."""
    return {"x": np.asarray(x, np.float32), "step": np.float32(step), **codes}


CASES = [
    Case("lsq/ties", ask([0.125, 0.375, 0.625, 2.375, -0.125, -0.375, -0.625, -2.625], 0.25, INT8),
         "half away gives 0.25 for 0.125, half even 0; toward zero gives 0 for 0.375"),
    Case("lsq/between-codes", ask(singles(SIGNED) / 4, 0.25, INT8),
         "floor gives -1 for -0.75 steps; codes from -127 give -31.75 for -32"),
    Case("lsq/bounds", ask(near_codes(0.25, [-129, -128, -127, 126, 127, 128]), 0.25, INT8),
         "the lowest code is -128: a narrow range gives -31.75"),
    Case("lsq/quotients-near-ties", ask(near_ties(np.float32(0.1), range(-9, 9)), 0.1, INT8),
         "x * (1 / step) crosses ties that x / step does not"),
    Case("lsq/quotients-near-ties-int4", ask(near_ties(np.float32(0.07), range(-8, 7)), 0.07, INT4),
         "x * (1 / step) crosses ties that x / step does not; 16 codes"),
    Case("lsq/quotients-near-ties-uint8", ask(near_ties(np.float32(1 / 3), range(240, 256)), 1 / 3, UINT8),
         "x * (1 / step) crosses ties that x / step does not; unsigned"),
    Case("lsq/step-that-its-gradient-scale-moves", ask([-7, -3.3, -0.2, 0.9, 1.1, 2.6, 9, 90], 0.1, INT2),
         "(0.1 - 0.1 * g) + 0.1 * g is 1 ulp from 0.1 where g = 1 / sqrt(8): other values"),
    Case("lsq/step-that-its-gradient-scale-moves-int8",
         ask([-20, -3.3, -0.2, 0.9, 1.1, 2.6, 9, 90], 0.123, INT8),
         "(0.123 - 0.123 * g) + 0.123 * g is 1 ulp from 0.123 where g = 1 / sqrt(8 * 127)"),
    Case("lsq/step-that-its-gradient-scale-moves-uint8", ask([-1, 0.2, 100.3, 300], 0.7, UINT8),
         "(0.7 - 0.7 * g) + 0.7 * g is 1 ulp from 0.7 where g = 1 / sqrt(4 * 255)"),
    Case("lsq/step-that-its-gradient-scale-moves-int4", ask(np.linspace(-6, 6, 16), 0.7, INT4),
         "(0.7 - 0.7 * g) + 0.7 * g is 1 ulp from 0.7 where g = 1 / sqrt(16 * 7)"),
    Case("lsq/negative-zeros", ask([-0.0, -0.01, -0.1, 0.0, 0.1, -1e-40], 0.25, INT8),
         "the sign of a zero is open, but one for all; floor gives -0.25"),
    Case("lsq/unsigned", ask([-3, -0.6, -0.0, 0.4, 0.6, 127.4, 128, 254.6, 255, 256, 300], 1, UINT8),
         "signed codes end at 127; negative values become 0"),
    Case("lsq/uint4", ask([-1, 0.6, 1.5, 7.4, 8, 14.7, 15.4, 16], 1, UINT4), "15 is the last code"),
    Case("lsq/int2", ask([-3, -2, -1.4, -0.6, 0.4, 0.6, 1, 1.4, 2], 1, INT2),
         "-2 is the first code: a narrow range gives -1"),
    Case("lsq/matrix", ask([[-9, -0.4, 1.6], [0.7, 2.2, 9]], 1, INT4), "the shape stays; -8 is a code"),
    Case("lsq/one", ask([-200], 1, INT8), "-128, where a narrow range gives -127"),
    Case("lsq/many", ask(np.arange(-200, 200) * 0.37, 0.3, INT8), "each element alone; -128 is a code"),
    Case("lsq/outliers", ask([3e38, -3e38, 1e20, -1e20, 2**31, -(2**31), 2**63, 5], 1e-3, INT8),
         "quotients beyond int32, int64 and float32: a conversion to an integer wraps; -128 is a code"),
    Case("lsq/tiny-step", ask([1e-9, 2e-9, 3.4e-8, -4e-9, 1e-6], 1e-9, INT8),
         "a step of at least 2^-23 gives 0 for nearly all"),
    Case("lsq/huge-step", ask([3e38, -3e38, 1e37, 6e36], 1.7e37, INT8), "1 / step is subnormal"),
    Case("lsq/symmetric", ask([-9, -4.4, -3.6, 0.4, 3.6, 4.4, 9], 1, {"qmin": -4, "qmax": 4}),
         "no integer type has this range; -4 is a code"),
    Case("lsq/nan", ask([NAN, 1], 1, INT8), "undefined: doors are compared"),
    Case("lsq/infinities", ask([INF, -INF], 1, INT8), "undefined: doors are compared"),
]  # fmt: skip
