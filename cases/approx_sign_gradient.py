"""Cases of `approx_sign_gradient`: the parabola's slope, at its ends and between."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import neighbours, singles
from cases.signs import INFINITY, NAN, SMALLEST, float16, ranks


def ask(name: str, x: Any, dy: Any, shows: str) -> Case:
    return Case(f"approx_sign_gradient/{name}", {"x": x, "dy": dy}, shows)


ENDS = neighbours(singles([1, -1]))
PLAIN = singles([0.0, -0.0, 0.25, -0.25, 0.1, -0.7, 0.3, 1.5, -3.0])

CASES = [
    ask("plain", PLAIN, singles([1, 2, 3, 4, 5, 6, -7, 8, 9]), "1 - |x| without the 2; a clipped identity"),
    ask("ends", ENDS, singles([1, 2, 3, 4, 5, 6]), "at 1 the slope is 0"),
    ask("ends-negative", ENDS, singles([-1, -2, -3, -4, -5, -6]), "0 times a negative gradient is -0.0"),
    ask("one", singles([0.3]), singles([0.1]), "1 - |x| is rounded before the product"),
    ask("rounded", singles([1e-3, 0.1, 0.2, 0.3, 0.4]), singles([0.1, 0.3, 0.7, 1.1, 1.3]),
        "2 dy - 2 |x| dy is another number"),
    ask("small-x", singles([1e-9, 1e-45, SMALLEST]), singles([3, 5, 7]), "1 - |x| is 1"),
    ask("subnormal-gradient", singles([0.0, 0.5, 0.75, 0.25]), singles([1e-40, -1e-40, 1e-38, 2e-38]),
        "flushed, they are 0"),
    ask("wild-gradient-inside", singles([0.5] * 4), singles([INFINITY, -INFINITY, NAN, 3e38]), "3e38 stays"),
    ask("wild-gradient-outside", singles([2.0] * 5), singles([-1.0, INFINITY, -INFINITY, NAN, -1e-45]),
        "silent: a multiplied mask gives -0.0, and NaN for infinity"),
    ask("infinity", singles([INFINITY, -INFINITY, 0.5]), singles([1, -2, 3]), "2 - infinity"),
    ask("nan", singles([NAN, 0.5, 2.0]), singles([1, 2, 3]), "silent: 0 or NaN"),
    ask("float16", float16([0.1, 0.3, 1.0, -0.7]), float16([0.1, 3, 1, -2]), "float32 and one rounding"),
    *(ask(name, x / 8, np.ones_like(x), "another layout of the axes") for name, x in ranks().items()),
]  # fmt: skip
