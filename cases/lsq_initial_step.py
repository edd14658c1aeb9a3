"""Cases of the first step size of LSQ. Sums are dyadic, but for one that is compared within its bound."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import INT2, INT4, INT8, UINT4, UINT8


def ask(x: Any, codes: dict[str, int]) -> dict[str, Any]:
    """Return the arguments of one question."""
    return {"x": np.asarray(x, np.float32), **codes}


X = [-1.5, 0.25, 3, -0.75]

CASES = [
    Case("lsq_initial_step/int8", ask(X, INT8), "2 * 1.375 / sqrt(127); the largest gives 6 / sqrt(127)"),
    Case("lsq_initial_step/int4", ask(X, INT4), "2 * 1.375 / sqrt(7); without the root 2.75 / 7"),
    Case("lsq_initial_step/int2", ask(X, INT2), "2.75: qmax is 1; a constant is no 2.75"),
    Case("lsq_initial_step/uint8", ask(np.abs(X), UINT8), "2.75 / sqrt(255): of signed codes sqrt(127)"),
    Case("lsq_initial_step/uint4", ask(np.abs(X), UINT4), "2.75 / sqrt(15)"),
    Case("lsq_initial_step/negative", ask([-1, -2, -3, -4], INT8), "5 / sqrt(127): a mean of x is negative"),
    Case("lsq_initial_step/batch", ask([[1, -1], [2, -2], [4, -8]], INT8), "over the batch: 6 / sqrt(127)"),
    Case("lsq_initial_step/seven", ask([1, 1, 1, 1, 1, 1, 4], INT8), "10/7 is rounded before it is doubled"),
    Case("lsq_initial_step/one", ask([-3], INT8), "6 / sqrt(127), not 6 / 127"),
    Case("lsq_initial_step/small", ask(np.ldexp(X, -10), INT8), "0.01 is larger than every value"),
    Case("lsq_initial_step/zeros", ask([0, 0, 0, 0], INT8), "a step of 0, with which x / step is NaN"),
    Case("lsq_initial_step/many", ask(np.sin(np.arange(50)), INT8),
         "ordinary numbers, in any order of the sum: inside the proven bound"),
]  # fmt: skip
