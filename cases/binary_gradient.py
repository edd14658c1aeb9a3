"""Cases of `binary_gradient`: without a scale and with one, inside and outside [-1, 1]."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import singles


def ask(x: Any, **settings: Any) -> dict[str, Any]:
    x = np.asarray(x, np.float32)
    dy = (np.arange(1, x.size + 1, dtype=np.float32) * np.float32(0.75)).reshape(x.shape)
    return {"x": x, "dy": dy, **settings}


POINTS = [-20.0, -2.0, -1.0, -0.3, 0.1, 0.9, 1.0, 1.5]

CASES = [
    Case("binary_gradient/plain", ask(POINTS), "multiplied by 1 - tanh(x)^2 it nearly ends beyond 3"),
    Case("binary_gradient/zeros", ask([0.0, -0.0, 1e-30, 2.0]), "stopped beyond 1"),
    Case("binary_gradient/infinity", ask(singles([np.inf, -np.inf])), "stopped beyond 1"),
    Case("binary_gradient/alpha", ask(POINTS, alpha=0.5), "stopped beyond 1"),
    Case("binary_gradient/zero-and-one", ask(POINTS, use_01=True), "multiplied by 1 - tanh(x)^2"),
    Case("binary_gradient/auto", ask(np.reshape(POINTS, (4, 2)), alpha="auto"), "stopped beyond 1"),
    Case("binary_gradient/auto-po2", ask(np.reshape(POINTS, (2, 2, 2)), alpha="auto_po2"),
         "stopped beyond 1"),
]  # fmt: skip
