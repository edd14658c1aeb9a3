"""Cases of `stochastic_ternary`: channels of quarters, whose sums are exact, and no probability near 0 or 1.

Every value is drawn with a probability above 0.008, or below 1e-7, whatever the profile adds to the divisors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from oracle.formats import Array

DRAWS = 4096
MILD = [[0.25, -0.25, -0.5, -0.25, -1.5, 1.25, -1.5, -1.0], [1.0, -1.75, -2.0, -0.5, 2.0, 0.25, 1.5, -1.5]]
HARD = [[-0.5, 1.0, -1.75, 0.75, -1.0, 1.5, 0.5, -0.25], [0.75, -1.0, -1.75, -1.0, 1.25, 0.75, 0.0, 0.5]]
TWO = [[1.75, 0.75, -1.5, -0.5, 0.25, 0.75, -2.0, 0.25], [2.0, 0.0, -2.0, 1.25, 1.25, 1.0, 0.25, 0.0]]
TIGHT = [[-0.75, -1.75, -0.5, -1.5, -0.5, -0.75, -0.75, -0.75]]
EDGE = [[1.5, 0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5]]  # 2 / 3 of 1.5 is 1, and half of that 0.5


def ask(channels: list[list[float]], size: float = 1.0, **settings: Any) -> dict[str, Any]:
    x: Array = np.array(channels, np.float32).T * np.float32(size)
    return {"x": np.ascontiguousarray(x), "draws": DRAWS, **settings}


CASES = [
    Case("stochastic_ternary/mild", ask(MILD, alpha="auto", temperature=1.0),
         "1e-7 in the divisor gives scales an ulp below"),
    Case("stochastic_ternary/default-temperature", ask(TIGHT, alpha="auto"),
         "without the temperature all three values are drawn"),
    Case("stochastic_ternary/hard-sigmoid", ask(HARD, alpha="auto", use_real_sigmoid=False),
         "without the temperature all three values are drawn"),
    Case("stochastic_ternary/power-of-two", ask(TWO, alpha="auto_po2", temperature=0.75),
         "the scale of auto, no power of two"),
    Case("stochastic_ternary/small", ask(TWO, 2.0**-26, alpha="auto_po2", temperature=1.0),
         "1e-7 in the logarithm gives 2^-23"),
    Case("stochastic_ternary/small-auto", ask(MILD, 2.0**-20, alpha="auto", temperature=1.0),
         "1e-7 beside a deviation of 1e-6"),
    Case("stochastic_ternary/one-turn", ask(TWO, alpha="auto", temperature=1.0, number_of_unrolls=1),
         "five turns give another scale"),
    Case("stochastic_ternary/edge", ask(EDGE, alpha="auto_po2", temperature=1.0),
         "scale 1 / 2 where 0.5 is outside the dead band of scale 1, else 2"),
    Case("stochastic_ternary/far",
         ask([[1024.0, -1024.0, 0.25, -0.25]], alpha="auto", use_real_sigmoid=False),
         "x + (value - x) leaves the grid"),
    Case("stochastic_ternary/inference",
         ask([[-1.0, 0.125, 0.75, 0.25], [2.0, -1.5, 0.5, 0.75]], alpha="auto",
                                             training=False),
         "drawn, several values"),
]  # fmt: skip
