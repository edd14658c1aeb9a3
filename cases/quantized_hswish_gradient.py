"""Cases of `quantized_hswish_gradient`: along the parabola, at both its ends, below and above it."""

from __future__ import annotations

import numpy as np

from cases.case import Case
from cases.gradients import ask_of_bits as ask
from cases.points import neighbours, singles

POINTS = [-4.0, -2.9, -2.0, -0.3, 0.2, 1.1, 2.0, 4.5]
ROUNDED = "in float32 dy / 6 is rounded, and its products with relu(x + 3) and x"

CASES = [
    Case("quantized_hswish_gradient/parabola", ask(POINTS, 8, integer=2), "straight through as a whole: dy"),
    Case("quantized_hswish_gradient/eighths", ask(np.arange(-26, 27) / 8 + 0.01, 8, integer=2), ROUNDED),
    Case("quantized_hswish_gradient/powers", ask([-2.0, -1.0, 0.0, 1.0, 2.0], 8,
                                                 [6.0, -12.0, 1.5, 3.0, -24.0], integer=2),
         "exact in any order; dy itself where it passes the whole quantizer"),
    Case("quantized_hswish_gradient/vertex", ask(neighbours(singles([-1.5])), 8, integer=2),
         "the slope is 0 at -1.5 and has another sign on either side"),
    Case("quantized_hswish_gradient/low-end", ask(neighbours(singles([-3.0])), 8, integer=2),
         "-dy / 2 on the side of the parabola, 0 below"),
    Case("quantized_hswish_gradient/high-end", ask(neighbours(singles([3.0])), 8, integer=2),
         "3.0000002 + 3 is 6 in float32: there too 3 / 2 of dy instead of dy"),
    Case("quantized_hswish_gradient/above", ask([3.5, 4.0, 100.0, 1e8, 16777217.0, 3e38], 8, integer=2),
         "a mask of the code stops 4 and beyond; dy / 6 * 6 is not always dy"),
    Case("quantized_hswish_gradient/below", ask([-3.5, -5.0, -1e5, -1e10, -3e38], 8, integer=2),
         "straight through as a whole: dy"),
    Case("quantized_hswish_gradient/small-range", ask([-1.4, -0.9, 0.9, 1.3, 2.5, 7.0], 4),
         "a mask of the code stops all from 1.3 on"),
    Case("quantized_hswish_gradient/one-step-mask", ask(neighbours(singles([1.3722813, 1.2])), 3),
         "a mask of the code stops both"),
    Case("quantized_hswish_gradient/symmetric", ask([-1.5, -1.0, -0.2, 5.0], 2, symmetric=True), ROUNDED),
    Case("quantized_hswish_gradient/alpha", ask(POINTS, 6, integer=1, alpha=0.75),
         "multiplied by alpha it would be less"),
    Case("quantized_hswish_gradient/other-curve",
         ask(np.arange(-6, 14) / 4 + 0.03, 8, integer=1, relu_shift=1, relu_upper_bound=4),
         "a division by 4 is exact: only the sum is rounded"),
    Case("quantized_hswish_gradient/other-ends",
         ask(neighbours(singles([-2.0, 5.0])), 8, integer=3, relu_shift=2, relu_upper_bound=7),
         "ends at -2 and 5"),
    Case("quantized_hswish_gradient/bound-7",
         ask(np.arange(-9, 11) / 2, 12, integer=2, relu_shift=2, relu_upper_bound=7),
         "a reciprocal of 7"),
    Case("quantized_hswish_gradient/large", ask([-2.0, -1.0, 1.0, 2.5, 4.0, 1e30], 8,
                                                [3e38, -3e38, 2e38, 3e38, 3e38, -3e38], integer=2),
         "4 / 3 of 3e38 is infinite, all others are not"),
    Case("quantized_hswish_gradient/large-below", ask([-5.0, -1e5, -1e10, -3e38], 8, [3e38, 1e36, -1e36, 1.0],
                                                      integer=2),
         "dy / 6 * x overflows, and times 0 it is NaN"),
    Case("quantized_hswish_gradient/small", ask([4.0, 4.0, 1.0, -1.0, 2.5], 8,
                                                [1e-39, 2e-38, 1e-38, -1e-37, 1e-36], integer=2),
         "dy / 6 is subnormal, and zero"),
    Case("quantized_hswish_gradient/zero-dy", ask([-5.0, -1.0, 1.0, 5.0, 1.0, -1.0], 8,
                                                  [0.0, 0.0, 0.0, -0.0, -0.0, -0.0], integer=2),
         "products of -0 with positive numbers, and their sum, are -0"),
    Case("quantized_hswish_gradient/infinity", ask(singles([np.inf, 1.0]), 8, integer=2),
         "a mask of the code stops infinity"),
    Case("quantized_hswish_gradient/2-bits", ask([-1.5, -0.9, 0.6, 1.0, 2.0], 2),
         "a mask of the code stops 1"),
    Case("quantized_hswish_gradient/16-bits", ask([-1.7, -0.003, 0.0001, 0.77, 2.99, 3.01], 16, integer=2),
         ROUNDED),
    Case("quantized_hswish_gradient/rank-2", ask(np.reshape(POINTS, (4, 2)), 6, integer=1), ROUNDED),
    Case("quantized_hswish_gradient/rank-3", ask(np.reshape(POINTS, (2, 2, 2)), 6, integer=1), ROUNDED),
    Case("quantized_hswish_gradient/minus-infinity", ask(singles([-np.inf]), 8),
         "undefined: systems are compared"),
    Case("quantized_hswish_gradient/nan", ask(singles([np.nan]), 8), "undefined: systems are compared"),
]  # fmt: skip
