"""Cases of `ste_tern`: both sides of the threshold, the threshold itself, and one taken from the weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import neighbours, singles
from cases.signs import INFINITY, NAN, PLAIN, SMALLEST, brain, float16, float64, ranks
from oracle.formats import Array


def given(name: str, x: Any, threshold: float, shows: str) -> Case:
    arguments = {"x": x, "threshold_value": threshold, "ternary_weight_networks": False, "clip_value": 1.0}
    return Case(f"ste_tern/{name}", arguments, shows)


def taken(name: str, x: Any, shows: str) -> Case:
    arguments = {"x": x, "threshold_value": 0.05, "ternary_weight_networks": True, "clip_value": 1.0}
    return Case(f"ste_tern/{name}", arguments, shows)


def around(threshold: float) -> Array:
    return neighbours(singles([threshold, -threshold]))


BOUND = "|x| = threshold: 1 and -1 where a sum of two signs is taken"
TINY = 1.5e-38
AT_THE_RECIPROCAL = singles([2.25, 2.875, 0.5, 3.5, 3, -3.25, 7.75, 4.125, 2.298193])

CASES = [
    given("plain", np.append(PLAIN, np.float32(0.05)), 0.05, "a threshold of 0.5"),
    given("bound", around(0.25), 0.25, BOUND),
    given("bound-of-a-rounded-threshold", around(0.05), 0.05, BOUND),
    given("large-threshold", around(3.0), 3.0, BOUND),
    given("one", singles([-0.25]), 0.25, BOUND),
    given("no-threshold", singles([0.0, -0.0, 1e-3, -1e-3, SMALLEST, -SMALLEST]), 0.0,
          "-0.0 may keep its minus; 0 is not above a threshold of 0"),
    given("subnormal", singles([1e-45, -1e-45, 1e-40, -1e-40]), 0.0, "flushed, they give 0"),
    given("subnormal-difference", singles([1.6e-38, 1.4e-38, -1.6e-38, -1.4e-38, 3e-38]), TINY,
          "x - threshold is subnormal: flushed it is 0, as at the threshold"),
    given("subnormal-threshold", singles([2e-39, 5e-39, SMALLEST, -5e-39, 0.5]), 3e-39,
          "a flushed threshold is 0"),
    given("subnormal-threshold-signs", singles([-0.0, -1e-45, -1e-39, -5e-39, 1e-39]), 3e-39,
          "where the threshold is flushed to 0 the sign of x may stay"),
    given("infinity", singles([INFINITY, -INFINITY, 0.05]), 0.05, "infinity - infinity is NaN"),
    given("nan", singles([NAN, 1.0, 0.0]), 0.05, "silent"),
    given("float16", float16([0.05, 0.04, -0.06, 1.0, 6e-8]), 0.05, "the threshold is rounded into float16"),
    given("bfloat16", brain([0.25, 0.26, -0.26, 0.24, -0.25]), 0.25, BOUND),
    given("float64", float64([0.25, 0.25 + 1e-12, -0.25 - 1e-12, 0.25 - 1e-12]), 0.25,
          "through float32 all lie at the threshold"),
    *(given(name, x, 2.0, "another layout of the axes") for name, x in ranks().items()),
    taken("weights-at-the-quotient", singles([4.125, -2.125, 1.902174]),
          "the last lies at (0.7 / n) * sum, above (0.7 * sum) / n and 0.7 * (sum / n)"),
    taken("weights-at-the-mean", singles([3.875, 5.375, 4, -4.25, 4.875, 6.375, -3.1944447]),
          "the last lies at 0.7 * (sum / n), above the others"),
    taken("weights-at-the-reciprocal", AT_THE_RECIPROCAL,
          "the last lies at (0.7 * (1 / n)) * sum, above the others"),
    taken("weights-below-the-reciprocal",
          singles([7.625, 2.75, 1.625, 1, -4.5, 2.375, 0.625, 6.875, -2.3087349]),
          "the last lies below (0.7 * (1 / n)) * sum, at the others"),
    taken("weights-below-the-product",
          singles([2.5, 5.25, 7.875, 4.75, 5.625, -1.875, 0.25, 0.25, 2.3930721]),
          "the last lies at (0.7 / n) * sum, below the others"),
    taken("weights-below-the-mean",
          singles([2.125, 7.25, 7.625, 3.125, 7.25, 3.375, 1.75, 7.375, 1.125, 7.875, 3.321602]),
          "the last lies below 0.7 * (sum / n), at the others"),
    taken("weights-between", singles([2.375, 4.375, 0.625, 7.375, 6.75, -4.5, 5.875, 5.875, 3.1837349]),
          "the last lies above (0.7 / n) * sum, at (0.7 * sum) / n, below (0.7 * (1 / n)) * sum"),
    taken("weights-subnormal", singles([1e-40, -2e-40, 0.0]), "flushed, the threshold is 0"),
    taken("weights-rank-4", AT_THE_RECIPROCAL.reshape(1, 3, 1, 3), "a threshold per channel"),
]  # fmt: skip
