"""Cases of `dorefa`: ties, levels, ends, and weights whose tanh lies away from every tie."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import neighbours, singles
from cases.signs import INFINITY, NAN, SMALLEST, ranks
from oracle.formats import Array


def ask(name: str, x: Any, bits: int, mode: str, shows: str) -> Case:
    return Case(f"dorefa/{mode}-{name}", {"x": x, "bits": bits, "mode": mode}, shows)


def activations(name: str, x: Any, bits: int, shows: str) -> Case:
    return ask(name, x, bits, "activations", shows)


def weights(name: str, x: Any, bits: int, shows: str) -> Case:
    return ask(name, x, bits, "weights", shows)


def levels(bits: int) -> Array:
    return np.linspace(0, 1, 2**bits).astype(np.float32)


def ties(bits: int) -> Array:
    """Return the middles of two levels, as near as float32 comes, with both neighbours."""
    steps = 2**bits - 1
    return neighbours(((np.arange(steps) + 0.5) / steps).astype(np.float32))


HALF = neighbours(singles([0.5]))

CASES = [
    activations("levels-3", levels(3), 3, "3 * (1/7) is not 3/7"),
    activations("levels-8", levels(8), 8, "126 of 256 levels are other numbers when multiplied by 1/255"),
    activations("tie-1", HALF, 1, "0.5 is a tie: half even 0, half up 1"),
    activations("tie-2", HALF, 2, "1.5 is a tie: half even 2, half down 1"),
    activations("ties-2", ties(2), 2, "away from 0.5, a tie of 3 x is one by rounding alone"),
    activations("ties-4", ties(4), 4, "one ulp off a tie takes another level"),
    activations("ties-8", ties(8)[::5].copy(), 8, "one ulp off a tie takes another level"),
    activations("ends", singles([0.0, 1.0, 1.5, -0.5, -3.0, 1e9]), 3, "no clipping gives levels beyond 1"),
    activations("zeros", singles([0.0, -0.0]), 2, "silent: -0.0 may keep its minus"),
    activations("zeros-of-a-vector", singles([-0.0] * 9), 2,
                "silent: eight elements at once may lose the minus that the ninth keeps"),
    activations("one", singles([0.43]), 3, "one element alone"),
    activations("subnormal", singles([1e-45, -1e-45, SMALLEST, -SMALLEST, -0.0]), 4, "0, or -0.0"),
    activations("infinity", singles([INFINITY, -INFINITY]), 2, "the ends"),
    activations("nan", singles([NAN, 0.3]), 2, "silent: NaN or an end"),
    *(activations(name, np.abs(x) / 8, 4, "another layout of the axes") for name, x in ranks().items()),
    weights("plain-2", singles([0.5, -1.0, 2.0, 0.1, -0.2]), 2, "clipped at 1 without tanh; not normed"),
    weights("plain-8", singles([0.5, -1.0, 2.0, 0.1, -0.2, 0.7, -1.7]), 8, "the last bits of 2 y - 1"),
    weights("one-bit", singles([0.5, -1.0, 2.0, -0.1]), 1, "the paper's form is sign times a mean"),
    weights("zero", singles([0.0, -0.0, 1.0, -1.0]), 2, "0 lies at a tie: there is no level 0"),
    weights("zero-3", singles([0.0, 0.5, -0.5]), 3, "0 lies at a tie: 3.5"),
    weights("largest-negative", singles([0.25, -3.0, 0.5]), 3, "the norm is that of a magnitude"),
    weights("large", singles([20.0, -20.0, 0.3]), 2, "tanh is 1"),
    weights("infinity", singles([INFINITY, 0.5, -INFINITY]), 2, "tanh is 1"),
    weights("subnormal", singles([1e-40, -5e-41, 2e-41]), 2, "flushed, all are 0 and the norm is 0 / 0"),
    weights("all-zero", singles([0.0, 0.0, -0.0]), 2, "undefined: 0 / 0"),
    weights("nan", singles([NAN, 0.5, -1.0]), 2, "undefined: the maximum of NaN"),
    *(weights(name, x / 8, 4, "a norm per channel") for name, x in ranks().items()),
]  # fmt: skip
