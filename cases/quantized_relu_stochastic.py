"""Cases of `quantized_relu_stochastic`: shares of a step, bounds, and the phase that is no training."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case

DRAWS = 4096
SHARES = [
    0.5625,
    0.53125,
    0.375,
    0.015625,
    0.046875,
    0.40625,
    0.5,
    1.0,
    0.8125,
    0.96875,
    7.0,
    -7.0,
    -0.15625,
    0.0,
]
BELOW = [*SHARES, -0.5, -0.8125, -0.3125]


def ask(x: Any = SHARES, draws: int = DRAWS, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), "draws": draws, **settings}


CASES = [
    Case("quantized_relu_stochastic/shares", ask(bits=3, integer=0),
         "0.5625 is half way from 4 to 5: 4.5 always, where halves of a code are drawn"),
    Case("quantized_relu_stochastic/integer", ask(np.array(SHARES) * 2, bits=6, integer=3),
         "halves of a code are drawn"),
    Case("quantized_relu_stochastic/slope", ask(BELOW, bits=4, integer=0, negative_slope=0.25),
         "halves of a code are drawn, below 0 too"),
    Case("quantized_relu_stochastic/fine", ask([0.00390625, 0.001953125, 0.7, 0.3, 0.1], bits=2, integer=0),
         "half of 0.7 is drawn as 2.5 or 3 of four"),
    Case("quantized_relu_stochastic/inference", ask(bits=3, integer=0, training=False),
         "outside training the nearest value, the even one of two"),
    Case("quantized_relu_stochastic/inference-slope", ask(BELOW, bits=4,
                                                          integer=0, negative_slope=0.25, training=False),
         "outside training the nearest value, the even one of two"),
]  # fmt: skip
