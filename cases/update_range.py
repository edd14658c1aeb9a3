"""Cases of `update_range`: batches on one side of 0, symmetric limits that round, averages."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import singles

NAN = float("nan")


def ask(x: Any, method: str = "last", low: float = -6, high: float = 6, bits: int = 8,
        symmetric: bool = False, narrow_range: bool = False) -> dict[str, Any]:  # fmt: skip
    return {
        "x": singles(x),
        "low": np.float32(low),
        "high": np.float32(high),
        "bits": bits,
        "symmetric": symmetric,
        "narrow_range": narrow_range,
        "method": method,
    }


CASES = [
    Case("update_range/last-positive", ask([1, 3, 2]), "a range that does not hold 0 begins at 1"),
    Case("update_range/last-negative", ask([-1, -3, -2]), "a range that does not hold 0 ends at -1"),
    Case("update_range/last-symmetric", ask([-1, 0.5, 2], symmetric=True),
         "limits of one magnitude give -2 instead of -2.015748"),
    Case("update_range/last-symmetric-negative", ask([-3, -1], symmetric=True),
         "limits of one magnitude give 3 instead of 2.9765625"),
    Case("update_range/last-symmetric-narrow-subnormal", ask([-1e-40], symmetric=True, narrow_range=True),
         "a CPU that flushes subnormals gives [0, 0]"),
    Case("update_range/last-symmetric-4-bits", ask([-0.3, 0.7], symmetric=True, bits=4),
         "the lower limit is 8/7 of 0.7, not 128/127"),
    Case("update_range/last-symmetric-rounded", ask([0.1, 0.47], symmetric=True, bits=4),
         "0.47 / -7/8, rounded, times -7/8 is above 0.47"),
    Case("update_range/last-symmetric-quotient", ask([1, 3], symmetric=True, bits=4),
         "3 * float32(-8/7) is -3.4285717, 3 / -0.875 is -3.4285715"),
    Case("update_range/last-symmetric-2-bits", ask([-0.1, 0.3], symmetric=True, bits=2),
         "the lower limit is twice the upper one"),
    Case("update_range/last-subnormal", ask([-2e-40]), "a CPU that flushes subnormals gives [0, 0]"),
    Case("update_range/all-wider", ask([-7, 2], "all", symmetric=True), "limits of one magnitude: 7"),
    Case("update_range/all-symmetric-rounded", ask([0.1, 0.47], "all", 0, 0, 4, True),
         "the upper limit computed from the rounded lower one is 0.47000003"),
    Case("update_range/all-narrower-subnormal", ask([1e-40, 2], "all", -1e-40, 0),
         "a CPU that flushes subnormals gives 0 for the lower end"),
    Case("update_range/average-of-a-positive-batch", ask([1, 2.3], "moving_average"),
         "a range that does not hold 0: the lower end moves towards 1"),
    Case("update_range/average-symmetric", ask([-1, 2.3], "moving_average", symmetric=True, bits=8),
         "limits of one magnitude"),
    Case("update_range/nan", ask([NAN, 1]), "undefined: systems are compared"),
]  # fmt: skip
