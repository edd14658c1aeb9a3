"""Cases of `binary`: zeros, large values, and scales whose sums are exact in every order."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import singles


def ask(x: Any, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), **settings}


PLAIN = [-3.0, -0.3, -1e-30, 1e-30, 0.1, 1.0, 7.0]
CHANNELS = [[1.0, -4.0], [-2.0, 2.0], [0.5, 24.0], [1.5, -6.0]]  # sums 5 and 36 of 4

CASES = [
    Case("binary/plain", ask([*PLAIN, -1e-40, 1e-40]), "flushed, -1e-40 counts as zero and gives 1"),
    Case("binary/zeros", ask([0.0, -0.0, 1.0]), "the sign of 0"),
    Case("binary/infinity", ask(singles([np.inf, -np.inf]), alpha=0.5), "x + (quantized - x) gives NaN"),
    Case("binary/large", ask([1e8, -1e8, 3e30, 16777217.0], alpha=1.0), "x + (quantized - x) gives 0 of 1e8"),
    Case("binary/alpha", ask([*PLAIN, -2e9], alpha=0.7), "x + (quantized - x) leaves 0.7"),
    Case("binary/zero-and-one", ask([*PLAIN, -3e-39], use_01=True), "flushed, -3e-39 gives 1"),
    Case("binary/zero-and-alpha", ask([0.0, -0.0], alpha=0.5, use_01=True), "the sign of 0"),
    Case("binary/zero-and-one-alpha", ask([*PLAIN, 5e8], alpha=0.3, use_01=True),
         "x + (quantized - x) leaves 0.3"),
    Case("binary/auto", ask(CHANNELS, alpha="auto"), "one scale for the tensor is 5.125"),
    Case("binary/auto-po2", ask(CHANNELS, alpha="auto_po2"), "one scale for the tensor is 4"),
    Case("binary/auto-zero-and-one", ask(CHANNELS, alpha="auto", use_01=True),
         "1e-7 added to the mean of q * q gives another scale"),
    Case("binary/auto-vector", ask([1.0, -2.0, 0.5, 4.0], alpha="auto"), "every element is its own channel"),
    Case("binary/auto-small", ask(np.multiply(2.0**-26, CHANNELS), alpha="auto_po2"),
         "1e-7 added before the logarithm gives 2^-23"),
    Case("binary/auto-rank-3", ask(np.reshape([*CHANNELS, *CHANNELS], (2, 4, 2)), alpha="auto"),
         "one scale for the tensor is 5.125"),
    Case("binary/auto-rank-4", ask(np.reshape([*CHANNELS, *CHANNELS], (2, 2, 2, 2)), alpha="auto_po2"),
         "one scale for the tensor is 4"),
    Case("binary/rank-2", ask(np.reshape([*PLAIN, -1e-40], (2, 4))), "flushed, -1e-40 gives 1"),
    Case("binary/nan", ask(singles([np.nan])), "undefined: systems are compared"),
    Case("binary/auto-of-zeros", ask(np.zeros((2, 2)), alpha="auto"), "undefined: systems are compared"),
]  # fmt: skip
