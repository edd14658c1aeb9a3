"""Cases of `bernoulli`: probabilities between 0.02 and 0.98, certain draws, what the configuration loses."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case

DRAWS = 4096
SHARES = [-0.6, -0.3, -0.1, 0.0, 0.05, 0.2, 0.5, -20.0, 20.0]


def ask(x: Any = SHARES, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), "draws": DRAWS, **settings}


CASES = [
    Case("bernoulli/shares", ask(), "sigmoid(x) alone is nearer to a half"),
    Case("bernoulli/alpha", ask(alpha=0.5), "sigmoid(x) alone is nearer to a half"),
    Case("bernoulli/large", ask([1e8, 3e9, 16777217.0, 0.1], alpha=1.0), "x + (quantized - x) is 0 of 1e8"),
    Case("bernoulli/large-with-alpha", ask([1e8, 3e9, 16777217.0, 0.1], alpha=0.5),
         "x + (quantized - x) is 0 of 1e8"),
    Case("bernoulli/temperature", ask(temperature=2.0),
         "the configuration does not hold the temperature: 6"),
    Case("bernoulli/hard-sigmoid", ask([-0.1, 0.05, 0.1, 0.15, -0.5, 0.5], use_real_sigmoid=False),
         "the configuration does not hold use_real_sigmoid: 0.5 gives 0 at times"),
]  # fmt: skip
