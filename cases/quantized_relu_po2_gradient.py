"""Cases of `quantized_relu_po2_gradient`: zero, the slope, max_value and its neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import neighbours, singles


def ask(x: Any, bits: int, **settings: Any) -> dict[str, Any]:
    x = np.asarray(x, np.float32)
    dy = (np.arange(1, x.size + 1, dtype=np.float32) * np.float32(0.75)).reshape(x.shape)
    return {"x": x, "dy": dy, "bits": bits, **settings}


POINTS = [-20.0, -0.3, 0.001, 0.3, 1.7, 2.5, 9.0, 1e9]

CASES = [
    Case("quantized_relu_po2_gradient/slope", ask(POINTS, 4, negative_slope=0.25),
         "read from its text the slope is max_value"),
    Case("quantized_relu_po2_gradient/max-value", ask(POINTS, 4, max_value=1.75, negative_slope=0.5),
         "read from its text max_value is 1, and 1.7 lies beyond"),
    Case("quantized_relu_po2_gradient/bound", ask(neighbours(singles([2.0])), 4, max_value=2.0),
         "a strict bound stops the gradient of 2 itself"),
    Case("quantized_relu_po2_gradient/zero", ask([0.0, -0.0, 0.5, -0.5], 4, negative_slope=0.5),
         "at zero 1, or the slope"),
    Case("quantized_relu_po2_gradient/subnormal", ask([1e-40, 1e-38, 1e-45], 4), "flushed it counts as zero"),
    Case("quantized_relu_po2_gradient/rank-3",
         ask(np.reshape(POINTS, (2, 2, 2)), 4, max_value=2.5, negative_slope=1.0),
         "a strict bound stops 2.5; read from its text max_value is 2"),
    Case("quantized_relu_po2_gradient/infinity", ask(singles([np.inf, -np.inf]), 4, negative_slope=0.5),
         "read from its text the slope is max_value"),
]  # fmt: skip
