"""Cases of `ternary`: the dead band's edge, large values, and scales whose sums are exact."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import neighbours, singles


def ask(x: Any, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), **settings}


LARGE = [-3e9, -1.0, -0.3, -1e-40, 0.0, 0.2, 0.4, 16777217.0, 1e8]
# Last: 4, 3, 1 and 0.5 of 8, then 0.25, 8 and 2: the largest third, and what is left after each turn.
CHANNELS = [[4.0, 0.25], [-3.0, 8.0], [0.5, -2.0], [-1.0, 0.125]]

CASES = [
    Case("ternary/edge", ask(neighbours(singles([0.33, -0.33]))), "strict gives 0 of 0.33"),
    Case("ternary/edge-of-threshold", ask(neighbours(singles([0.25, -0.25])), alpha=0.5, threshold=0.25),
         "strict gives 0 of 0.25"),
    Case("ternary/no-dead-band", ask([0.0, -0.0, 1e-30, -1e-30, 1e8], alpha=1.0, threshold=0.0),
         "x + (quantized - x) gives 0 of 1e8"),
    Case("ternary/subnormal", ask([1e-45, -1e-40, 1e-30], alpha=1.0, threshold=0.0),
         "a CPU that flushes subnormals gives 0"),
    Case("ternary/large", ask(LARGE, alpha=1.0), "x + (quantized - x) gives 0 of 1e8"),
    Case("ternary/alpha", ask(LARGE, alpha=0.7, threshold=0.35), "x + (quantized - x) leaves 0.7"),
    Case("ternary/infinity", ask(singles([np.inf, -np.inf]), alpha=2.0), "x + (quantized - x) gives NaN"),
    Case("ternary/auto", ask(CHANNELS, alpha="auto"), "one scale for the tensor is another"),
    Case("ternary/auto-po2", ask(CHANNELS, alpha="auto_po2"), "one scale for the tensor is another"),
    Case("ternary/auto-once", ask(CHANNELS, alpha="auto", number_of_unrolls=1),
         "1e-7 added to the divisor gives another scale"),
    Case("ternary/auto-small", ask(np.multiply(2.0**-26, CHANNELS), alpha="auto_po2"),
         "1e-7 added before the logarithm gives 2^-23"),
    Case("ternary/auto-rank-3", ask(np.reshape([*CHANNELS, *CHANNELS], (2, 4, 2)), alpha="auto"),
         "one scale for the tensor is another"),
    Case("ternary/auto-rank-4", ask(np.reshape([*CHANNELS, *CHANNELS], (2, 2, 2, 2)), alpha="auto_po2"),
         "one scale for the tensor is another"),
    Case("ternary/rank-2", ask(np.reshape(LARGE[:8], (2, 4)), alpha=1.0), "x + (quantized - x) gives 0"),
    Case("ternary/nan", ask(singles([np.nan])), "undefined: systems are compared"),
]  # fmt: skip
