"""Cases of `quantized_bits_stochastic`: shares of a step, bounds, and the phase that is no training."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case

DRAWS = 4096
SHARES = [0.5625, 0.375, 0.03125, -0.0625, -0.34375, -0.40625, 0.5, -1.0, 0.8125, 0.9, 7.0, -7.0, 0.0]


def ask(x: Any = SHARES, draws: int = DRAWS, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), "draws": draws, **settings}


CASES = [
    Case("quantized_bits_stochastic/shares", ask(bits=4),
         "0.5625 is half way: 4 and 5 equally often; 0.03125 gives 0.125 in a quarter of the draws"),
    Case("quantized_bits_stochastic/integer", ask(np.array(SHARES) * 2, bits=6, integer=3),
         "the nearest value alone"),
    Case("quantized_bits_stochastic/symmetric", ask(bits=4, symmetric=True), "-1 is no value"),
    Case("quantized_bits_stochastic/unsigned", ask(bits=3, keep_negative=False), "nothing below 0"),
    Case("quantized_bits_stochastic/alpha", ask(np.array(SHARES) / 4, bits=4, alpha=0.25),
         "multiplied only, the share is that of x / 0.125"),
    Case("quantized_bits_stochastic/inference", ask(bits=4, training=False),
         "outside training the nearest value, the even one of two"),
    Case("quantized_bits_stochastic/auto", ask([0.875, 0.3125, 0.03125, -0.59375, -0.1875, 0.0], draws=256,
                                               bits=4, alpha="auto"),
         "step 1/8: 2.5 gives 2 and 3; 3 alone where rounding to the nearest is kept"),
]  # fmt: skip
