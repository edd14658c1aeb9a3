"""Cases of `quantize_and_dequantize`: which side decides the scale, ties, and both ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import near_codes, near_ties
from oracle.formats import Array

NAN, INFINITY = float("nan"), float("inf")
OPERATION = "quantize_and_dequantize"


def ask(x: Any, low: Any = 0.0, high: Any = 0.0, bits: int = 8, rounding: str = "half_even",
        *, signed: bool = True, given: bool = True, narrow_range: bool = False,
        axis: int | None = None) -> dict[str, Any]:  # fmt: skip
    return {
        "x": np.asarray(x, np.float32),
        "low": np.asarray(low, np.float32),
        "high": np.asarray(high, np.float32),
        "signed": signed,
        "bits": bits,
        "range_given": given,
        "rounding": rounding,
        "narrow_range": narrow_range,
        "axis": axis,
    }


def near(step: float, last: int) -> Array:
    """Return ties and codes with their neighbours, around 0, in between and beyond the last code."""
    some = sorted({-last - 2, -last - 1, -last, -last // 2, -3, -2, -1, 0, 1, 2, last // 3, last - 1, last})
    return np.concatenate([near_ties(np.float32(step), some), near_codes(np.float32(step), some[::3])])


CASES = [
    Case(f"{OPERATION}/{name}", arguments, shows)
    for name, arguments, shows in (
        ("documented-low-side", ask(near(10 / 128, 127), -10, 5), "the factor is 12.8"),
        ("documented-high-side", ask(near(10 / 127, 127), -10, 10), "12.7: it begins at -10.07874"),
        ("documented-unsigned", ask(near(10 / 255, 255), -10, 10, signed=False), "the grid begins at 0"),
        ("narrow", ask(near(10 / 127, 127), -10, 10, narrow_range=True), "the grid begins at -10"),
        ("narrow-low-side", ask(near(10 / 127, 127), -10, 7.3, narrow_range=True), "127 steps below 0"),
        ("half-up", ask(near(1 / 8, 127), -16, 15, 8, "half_up"),
         "ties go up, also negative ones; 0.49999997 + 0.5 is 1 in float32"),
        ("half-up-odd-scale", ask(near(10 / 127, 127), -10, 10, 8, "half_up"), "ties of a rounded factor"),
        ("half-up-at-rounded-ties", ask([0.35, 1.05, 1.75, 4.9], -0.1, 4.9, 3, "half_up", signed=False),
         "0.35 * factor is 0.49999997: with 0.5, rounded, it is 1; rounded once, it stays below"),
        ("half-even", ask(near(1 / 8, 127), -16, 15.3), "ties go to even codes"),
        ("positive-range", ask(near(5.3 / 127, 127), 2, 5.3), "high decides: it goes below low"),
        ("negative-range", ask([-0.3, -2, -3.1, -4.99, -5, -7, 3, 9], -5, -2), "low decides"),
        ("own-range", ask([-10, -3.3, 0.04, 2.55, 7.1], given=False), "the least and the largest x"),
        ("own-range-high", ask([-3.3, 0.04, 2.55, 7.1], given=False), "high decides"),
        ("own-range-unsigned", ask([-3.3, 0.04, 2.55, 7.1], signed=False, given=False), "below 0 is 0"),
        ("three-bits", ask(near(0.1, 3), -0.4, 0.3, 3), "the factor is -4 / float32(-0.4)"),
        ("two-bits-narrow", ask(near(0.7, 1), -0.7, 0.7, 2, narrow_range=True), "ternary values"),
        ("four-bits-odd", ask(near(1.1 / 7, 7), -1.1, 1.1, 4), "code / factor is not code * step"),
        ("sixteen-bits", ask(near(0.9 / 32767, 32767), -0.7, 0.9, 16), "a quotient and a product"),
        ("special-values", ask([NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e-40, 3e38, -3e38], -1, 1.1),
         "infinities become the ends, 1.1 by division another float32"),
        ("zeros-unsigned", ask([0.0, -0.0, -1e-40, 1e-40, -1, 0.3, 2], -0.7, 0.7, signed=False),
         "the low end is 0: -0.0 lies within; -1e-40 below, but not when it is flushed"),
        ("small-range", ask([3e-36, -1e-36, 1e-38], -1e-36, 2e-36), "the step is subnormal: flushed it is 0"),
        ("channels", ask([[0.5, -0.3, 1.7], [-2, 9, 0.66], [2.6, -0.03, 0.4], [0, -0.0, -4]],
                         [-0.5, -1, -0.4], [2.5, 0, 1.9], 4, axis=1), "each column has its own factor"),
        ("rows-own-range", ask([[0.5, -0.3, 1.7], [-2, 9, 0.66]], [0, 0], [0, 0], 5, given=False, axis=0),
         "each row has its own range"),
        ("own-range-rows-unsigned",
         ask([[-3.3, 0.04], [2.55, -7.1]], [0, 0], [0, 0], signed=False, given=False, axis=0),
         "below 0 is 0, in each row"),
        ("no-range", ask([0.0, 1.0, -1.0], 0, 0), "undefined: neither side decides; systems are compared"),
    )
]  # fmt: skip
