"""Cases of `magnitude_aware_sign`: sums that are exact in every order, means that are rounded, and ranks."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import singles
from cases.signs import INFINITY, NAN, SMALLEST, column, float16, matrix, ranks


def ask(name: str, x: Any, shows: str) -> Case:
    return Case(f"magnitude_aware_sign/{name}", {"x": x, "clip_value": 1.0}, shows)


TWO = matrix([[1, -2], [-3, 4], [0.5, 8]])

CASES = [
    ask("plain", TWO, "one scale for the tensor; a scale for each row"),
    ask("zeros", matrix([[0.0, -0.0, 1.0], [1.0, 1.0, -0.0]]), "the sign of 0 is 1, of -0.0 too"),
    ask("all-zero", matrix([[0.0, 1.0], [-0.0, 2.0]]), "a scale of 0 times a sign of -1 is -0.0"),
    ask("mean-of-three", column([1.25, -0.5, 0.375]), "times 1/3, rounded, is another number"),
    ask("mean-of-seven", column([1, -2, 3, -4, 5, -6, 0.5]), "times 1/7, rounded, is another number"),
    ask("rank-1", singles([1, -2, 3]), "each element is a channel of its own"),
    *(ask(name, x, "the last axis is the channel") for name, x in ranks().items()),
    ask("one-row", matrix([[-0.3, 0.0]]), "a mean of one"),
    ask("subnormal", matrix([[1e-40, SMALLEST, 1.0], [-3e-40, -SMALLEST, -1e-40]]),
        "flushed, the first scale is 0, and all its signs are 1"),
    ask("subnormal-mean", column([SMALLEST, 0.0, 0.0, -0.0]), "the mean is subnormal: flushed, it is 0"),
    ask("infinity", matrix([[INFINITY, 1.0], [2.0, -2.0]]), "the scale of the first channel is infinite"),
    ask("overflow", matrix([[3e38, 0.0], [-3e38, 1.0]]), "the sum is infinite; a mean of halves is not"),
    ask("nan", matrix([[NAN, 1.0], [2.0, -2.0]]), "the first channel is NaN, the second is not"),
    ask("float16", float16([[1, -2], [-3, 4], [0.5, 8]]), "the dtype of the result"),
    ask("ordinary-sum", singles(np.linspace(-1.0, 1.3, 60)).reshape(20, 3),
        "bounded: the sum depends on the order"),
]  # fmt: skip
