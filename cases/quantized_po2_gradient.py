"""Cases of `quantized_po2_gradient`: inside and outside the range it passes."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import singles


def ask(x: Any, bits: int, **settings: Any) -> dict[str, Any]:
    x = np.asarray(x, np.float32)
    dy = (np.arange(-2, x.size - 2, dtype=np.float32) * np.float32(0.75) + np.float32(0.1)).reshape(x.shape)
    return {"x": x, "dy": dy, "bits": bits, **settings}


POINTS = [0.001, 0.3, -0.3, 1.0, 7.0, 8.0, 9.0, -20.0, 1e9]

CASES = [
    Case("quantized_po2_gradient/plain", ask(POINTS, 4), "stopped beyond 8"),
    Case("quantized_po2_gradient/max-value", ask(POINTS, 4, max_value=0.75), "stopped beyond 0.75"),
    Case("quantized_po2_gradient/even", ask(POINTS, 4, quadratic_approximation=True), "stopped beyond 4"),
    Case("quantized_po2_gradient/floor", ask(POINTS, 4, log2_rounding="floor"), "stopped beyond 8"),
    Case("quantized_po2_gradient/zeros", ask([0.0, -0.0, 1e-40, 10.0], 4), "stopped beyond 8"),
    Case("quantized_po2_gradient/infinity", ask(singles([np.inf, -np.inf]), 4), "stopped beyond 8"),
    Case("quantized_po2_gradient/rank-3", ask(np.reshape([*POINTS[:7], -9.0], (2, 2, 2)), 4),
         "stopped beyond 8"),
]  # fmt: skip
