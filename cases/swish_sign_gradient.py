"""Cases of `swish_sign_gradient`: its peak, its roots, its far ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import singles
from cases.signs import INFINITY, NAN, SMALLEST, ranks


def ask(name: str, x: Any, beta: float, dy: Any, shows: str) -> Case:
    return Case(f"swish_sign_gradient/{name}", {"x": x, "beta": beta, "dy": dy}, shows)


NEAR = singles([0.1, -0.2, 0.4, 0.48, -0.5, 1.0, 2.0, -3.0])

CASES = [
    ask("peak", singles([0.0, -0.0]), 5.0, singles([1, -3]), "at 0 the slope is beta"),
    ask("peak-of-beta-2", singles([0.0]), 2.0, singles([3]), "a slope of 5 ignores beta"),
    ask("plain", NEAR, 5.0, np.ones(8, np.float32), "tanh(beta x), not of its half"),
    ask("plain-of-beta-half", NEAR * np.float32(8), 0.5, np.arange(1, 9, dtype=np.float32),
        "the factor beta belongs before the fraction"),
    ask("root", singles([4.6, 4.78, 4.8, -4.82, 5.0]), 0.5, np.ones(5, np.float32),
        "beta x tanh(beta x / 2) is 2 near 2.3994"),
    ask("far", singles([5.0, 10.0, 15.0, -17.0]), 5.0, singles([1, 2, 3, -4]), "small, but not 0"),
    ask("cosh-overflows", singles([18.0, -18.0, 18.4]), 5.0, singles([1, -2, 100]),
        "cosh(90) is no float32, the gradient is: -7.2e-37"),
    ask("very-far", singles([30.0, -100.0, 1e30, 0.5]), 5.0, singles([1, 1, -1, 1]), "0, and not NaN"),
    ask("subnormal", singles([1e-40, -1e-40, SMALLEST]), 5.0, singles([1, 2, 3]), "the peak"),
    ask("subnormal-gradient", singles([0.0, 0.0, 16.0]), 5.0, singles([1e-40, -1e-39, 1e-5]),
        "flushed, they are 0"),
    ask("infinity", singles([INFINITY, -INFINITY, 0.0]), 5.0, singles([1, 2, 3]),
        "undefined: infinity over infinity"),
    ask("nan", singles([NAN, 0.0]), 5.0, singles([1, 2]), "undefined"),
    *(ask(name, x / 8, 5.0, np.ones_like(x), "another layout of the axes") for name, x in ranks().items()),
]  # fmt: skip
