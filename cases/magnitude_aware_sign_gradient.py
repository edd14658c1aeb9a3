"""Cases of `magnitude_aware_sign_gradient`: the scale of the channel, and both sides of the clip value."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import singles
from cases.signs import INFINITY, NAN, SMALLEST, column, float16, matrix, ranks


def ask(name: str, x: Any, clip_value: float | None, dy: Any, shows: str) -> Case:
    arguments = {"x": x, "clip_value": clip_value, "dy": dy}
    return Case(f"magnitude_aware_sign_gradient/{name}", arguments, shows)


TWO = matrix([[0.5, -0.25], [-0.75, 2.0], [0.25, 0.125]])
DY = matrix([[1, 2], [-3, 4], [5, -6]])
HALF = matrix([[0.5, 0.5], [0.5, -0.25]])

CASES = [
    ask("plain", TWO, 1.0, DY, "without the scale; with one scale for the tensor"),
    ask("bound", column([1.0, -1.0, 0.99999994, -0.99999994, 1.0000001]), 1.0, column([1, 2, 3, 4, 5]),
        "the paper's mask is strict: 1 is outside"),
    ask("half", HALF, 0.5, matrix([[1, 2], [3, 4]]), "a mask at 1 passes all"),
    ask("no-clip", matrix([[2.0, 0.5], [-8.0, 4.0]]), None, matrix([[1, 2], [3, -4]]), "a mask gives 0"),
    ask("zero-clip", column([0.0, 1e-40, 0.5]), 0.0, column([1, 2, 3]), "a strict mask passes nothing"),
    ask("mean-of-three", column([0.625, -0.125, 0.125]), 1.0, column([1, 2, 3]), "times 1/3, rounded"),
    ask("mean-of-seven", column([0.5, -0.25, 0.125, -0.125, 0.375, -0.0, 0.0]), 1.0,
        column([1, 2, 3, 4, 5, 6, 7]), "times 1/7, rounded"),
    ask("rank-1", singles([0.5, -0.25, 3.0]), 1.0, singles([1, 2, 3]), "each element is a channel"),
    *(ask(name, x / 8, 1.0, np.ones_like(x), "the last axis is the channel") for name, x in ranks().items()),
    ask("subnormal", matrix([[1e-40, SMALLEST], [-3e-40, -SMALLEST]]), 1.0, matrix([[1, 2], [3, 4]]),
        "flushed, the scale is 0"),
    ask("subnormal-gradient", matrix([[0.5, 0.25], [0.5, 0.25]]), 1.0, matrix([[1e-40, 2], [SMALLEST, 4]]),
        "flushed, it is 0"),
    ask("infinity", matrix([[INFINITY, 0.5], [0.5, -0.5]]), 1.0, matrix([[1, 2], [3, 4]]),
        "the scale is infinite, and infinity is outside"),
    ask("wild-gradient", matrix([[2.0, 0.5], [4.0, 0.5], [8.0, 0.25]]), 1.0,
        matrix([[-1, INFINITY], [INFINITY, NAN], [NAN, -1]]), "silent outside: -0.0 and NaN, or 0"),
    ask("nan", matrix([[NAN, 0.5], [0.5, 0.5]]), 1.0, matrix([[1, 2], [3, 4]]), "undefined"),
    ask("float16", float16([[0.5, -0.25], [-0.75, 2.0]]), 1.0, float16([[1, 2], [3, 4]]), "the dtype"),
    ask("ordinary-sum", singles(np.linspace(-0.9, 1.3, 60)).reshape(20, 3), 1.0, np.ones((20, 3), np.float32),
        "bounded: the sum depends on the order"),
]  # fmt: skip
