"""Cases of `stochastic_binary`: probabilities between 0.02 and 0.98, certain draws, no training."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case

DRAWS = 4096
SHARES = [-0.6, -0.3, -0.1, 0.0, 0.05, 0.2, 0.5, -20.0, 20.0]


def ask(x: Any = SHARES, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), "draws": DRAWS, **settings}


CASES = [
    Case("stochastic_binary/shares", ask(), "sigmoid(x) alone is nearer to a half"),
    Case("stochastic_binary/alpha", ask(alpha=0.5), "x + (quantized - x) leaves 0.5 for some x"),
    Case("stochastic_binary/large", ask([1e8, -3e9, 16777217.0, 0.1], alpha=1.0),
         "x + (quantized - x) gives 0 of 1e8"),
    Case("stochastic_binary/temperature", ask(np.array(SHARES) * 3, temperature=2.0), "sigmoid(x) alone"),
    Case("stochastic_binary/hard-sigmoid", ask([-0.1, 0.05, 0.1, 0.15, -0.5, 0.5], use_real_sigmoid=False),
         "0.5 + x / 2 alone is nearer to a half"),
    Case("stochastic_binary/inference", ask([-3.0, -0.1, 0.1, 2e8, -2e8], alpha=1.0, training=False),
         "x + (quantized - x) gives 0 of 2e8"),
]  # fmt: skip
