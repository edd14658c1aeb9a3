"""Cases of `quantized_po2_stochastic`: shares between two powers, their range, max_value, no training."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case

DRAWS = 4096
SHARES = [1.5, 1.25, 1.75, 1.0, 0.75, 0.3, 3.0, 5.0, -1.5, -3.25, -0.6, 40.0, -0.01, 0.0]


def ask(x: Any = SHARES, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), "draws": DRAWS, **settings}


CASES = [
    Case("quantized_po2_stochastic/shares", ask(bits=4),
         "1.25 gives 2 in a quarter of the draws, its mean is 1.25"),
    Case("quantized_po2_stochastic/8-bits", ask(np.array(SHARES) * 37, bits=8), "both powers equally often"),
    Case("quantized_po2_stochastic/even", ask([2.0, 3.0, 1.5, 6.0, -2.5, 10.0, 4.0], bits=5,
                                              quadratic_approximation=True),
         "2 lies a third of the way from 1 to 4: drawn by its root 4 comes in 0.41 of the draws"),
    Case("quantized_po2_stochastic/even-ends", ask([0.3, 0.05, 0.001, 1.5, 3.0, 0.0], bits=3,
                                                   quadratic_approximation=True),
         "2^-4 of 0.001, where half the exponent is clipped, then doubled: the range is 2^-2 to 1"),
    Case("quantized_po2_stochastic/max-value-4", ask(bits=4, max_value=4), "5 is bounded"),
    Case("quantized_po2_stochastic/max-value-3", ask(bits=4, max_value=3),
         "bounded before, 3 is drawn as 4 in half of the draws, more than max_value"),
    Case("quantized_po2_stochastic/small", ask([9e-8, -5e-8, 3e-8, 2e-9, 3e-7], bits=7),
         "below 1e-7 the lowest power, 2^-32"),
    Case("quantized_po2_stochastic/large",
         ask([3e8, -1e9, 16777217.0, 1.5], bits=4), "x + (8 - x) is 0 of 3e8"),
    Case("quantized_po2_stochastic/inference",
         ask(bits=4, training=False), "the nearest exponent alone"),
    Case("quantized_po2_stochastic/inference-even", ask([2.5, 3.0, 1.5, 6.0, 10.0], bits=5, max_value=64,
                                                        quadratic_approximation=True, training=False),
         "the nearest even exponent alone"),
]  # fmt: skip
