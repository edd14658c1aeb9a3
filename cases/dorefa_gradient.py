"""Cases of `dorefa_gradient`: both ends of the unit interval, and the slope of tanh."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import neighbours, singles
from cases.signs import INFINITY, NAN, SMALLEST, ranks


def ask(name: str, mode: str, x: Any, dy: Any, shows: str) -> Case:
    return Case(f"dorefa_gradient/{mode}-{name}", {"x": x, "bits": 2, "mode": mode, "dy": dy}, shows)


def activations(name: str, x: Any, dy: Any, shows: str) -> Case:
    return ask(name, "activations", x, dy, shows)


def weights(name: str, x: Any, dy: Any, shows: str) -> Case:
    return ask(name, "weights", x, dy, shows)


WILD = singles([-1.0, INFINITY, -INFINITY, NAN, -1e-45])

CASES = [
    activations("ends", neighbours(singles([1.0])), singles([1, 2, 3]), "a strict mask gives 0 at 1"),
    activations("zero", singles([0.0, -0.0, 1e-45, -1e-45, SMALLEST, -SMALLEST]), singles([1, 2, 3, 4, 5, 6]),
                "a strict mask gives 0 at 0; flushed, -1e-45 is not below it"),
    activations("plain", singles([0.1, 0.5, 2.0, -0.5]), singles([1, -2, 3, -4]), "by magnitude -0.5 passes"),
    activations("one", singles([1.0]), singles([3]), "one element alone"),
    activations("wild-gradient-inside", singles([1.0] * 5), WILD, "dy * 1 must stay dy, subnormal too"),
    activations("wild-gradient-outside", singles([2.0] * 5), WILD,
                "silent: a multiplied mask gives -0.0, and NaN for infinity"),
    activations("infinity", singles([INFINITY, -INFINITY]), singles([1, -2]), "infinity is outside"),
    activations("nan", singles([NAN, 0.5]), singles([1, 2]), "silent: NaN may be inside or outside"),
    *(activations(name, x / 8, np.ones_like(x), "another layout of the axes") for name, x in ranks().items()),
    weights("plain", singles([0.5, -0.5, 0.0, 0.25]), np.ones(4, np.float32),
            "without the norm the slope at 0 is 1; an identity gives 1 everywhere"),
    weights("maximum", singles([2.0, -1.0, 0.1]), singles([1, 2, 3]), "a maximum that is differentiated"),
    weights("large", singles([20.0, 1.0, -9.0]), singles([1, 2, 3]), "the slope of tanh ends"),
    weights("one", singles([0.3]), singles([1]), "one weight is its own maximum: its slope is not 0"),
    weights("infinity", singles([INFINITY, 0.5]), singles([1, 2]), "the slope is 0"),
    weights("subnormal-gradient", singles([0.0, 0.5]), singles([1e-40, 1.0]), "flushed, it is 0"),
    weights("all-zero", singles([0.0, 0.0]), singles([1, 2]), "undefined: 0 / 0"),
    weights("nan", singles([NAN, 0.5]), singles([1, 2]), "undefined"),
    *(weights(name, x / 8, np.ones_like(x), "a norm per channel") for name, x in ranks().items()),
]  # fmt: skip
