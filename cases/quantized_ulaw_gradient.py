"""Cases of `quantized_ulaw_gradient`: along the law, at 0, where the code is clipped, where the law ends.

In which order the factors of the slope are multiplied is not asked: a large dy overflows as soon as it is
multiplied by 2^integer, or in no order; a small one is subnormal, or its result is, or no product of it.
"""

from __future__ import annotations

import numpy as np

from cases.case import Case
from cases.gradients import ask_of_bits as ask
from cases.points import near_ties, neighbours, singles
from cases.quantized_ulaw import near_law

RANK = np.arange(-4, 4, dtype=np.float32) * np.float32(0.28125)
CODE = "at the rounded x the slope is another one"

CASES = [
    Case("quantized_ulaw_gradient/line", ask([-0.9, -0.55, -0.3, -0.2, 0.2, 0.3, 0.7, 0.85], 4), CODE),
    Case("quantized_ulaw_gradient/origin", ask([0.0, -0.0, 0.01, -0.01, 1e-9, -1e-40], 4),
         "0 instead of 46 dy: sign(0) for the derivative of |t|"),
    Case("quantized_ulaw_gradient/origin-8-bits", ask([0.0, 0.003, -0.003, 0.0078125, 0.008, -0.01], 8),
         "up to 1 / 128 the rounded x is 0"),
    Case("quantized_ulaw_gradient/ends", ask(neighbours(singles([-1.0, 1.0])), 4),
         "a strict end stops the gradient of -1"),
    Case("quantized_ulaw_gradient/clipped", ask(near_law(4, [5, 6, 7, -7]), 4),
         "0 where the law of x is beyond the last code by less than half"),
    Case("quantized_ulaw_gradient/between-the-last-codes", ask([0.45, 0.6, 0.65, 0.8, -0.45, -0.65, -0.8], 4),
         "at half the resolution 0 from 0.498 on"),
    Case("quantized_ulaw_gradient/clipped-8-bits", ask(near_law(8, [125, 126, 127, -126, -127]), 8),
         "x / 2 + 1 / 2 in float32 loses the side of the last code's end"),
    Case("quantized_ulaw_gradient/clipped-12-bits", ask(near_law(12, [2046, 2047, -2046, -2047]), 12,
                                                        symmetric=True),
         "x / 2 + 1 / 2 in float32 loses the side of the last code's end"),
    Case("quantized_ulaw_gradient/ties-of-the-line",
         ask(near_ties(np.float32(0.25), [-4, -3, -2, -1, 0, 1]), 4),
         "rounded first, the side of a tie is another code, and another slope"),
    Case("quantized_ulaw_gradient/symmetric", ask([-1.0, -0.96, -0.75, -0.6, -0.4, 0.3], 4, symmetric=True),
         "0 of -0.4: -0.5 is its code, and the law of that lies beyond the first value"),
    Case("quantized_ulaw_gradient/infinity", ask(singles([np.inf, -np.inf, 3e38, 0.3125]), 4), CODE),
    Case("quantized_ulaw_gradient/integer", ask(np.arange(-9, 10) / 4, 6, integer=1), CODE),
    Case("quantized_ulaw_gradient/little-u", ask(np.arange(-8, 9) / 8, 6, u=15.0), CODE),
    Case("quantized_ulaw_gradient/u-100-symmetric",
         ask(np.arange(-8, 9) / 4, 8, integer=1, symmetric=True, u=100.0), "every second code is left out"),
    Case("quantized_ulaw_gradient/2-bits", ask([-1.0, -0.75, -0.5, -0.01, 0.01, 0.05, 0.3, 0.75], 2),
         "four codes"),
    Case("quantized_ulaw_gradient/16-bits", ask([-0.7, -0.1, -1e-5, 1e-5, 0.001, 0.3, 0.9], 16),
         "0 of 1e-5, whose rounded x is 0"),
    Case("quantized_ulaw_gradient/large", ask([3.0, -2.5, -0.6, 0.4], 6, [3e38, 1e38, -1e38, 1e35],
                                              integer=2),
         "dy * 4 overflows, where dy times the slope does not"),
    Case("quantized_ulaw_gradient/large-at-zero", ask([0.0, 0.01, 2.0], 6, [2e38, -2e38, 1e35], integer=2),
         "dy * 4 overflows; times the 0 of sign(0) it is NaN"),
    Case("quantized_ulaw_gradient/small", ask([0.25, -0.2, 0.1, -0.3], 6, [1e-39, -2e-39, 1e-33, -1.5e-38]),
         "a subnormal dy, or a subnormal result, is zero"),
    Case("quantized_ulaw_gradient/zero-dy", ask([0.3, -0.3, 0.0, 2.0, -0.2], 4, [0.0, -0.0, -0.0, -0.0, 1.0]),
         "a zero has no sign; at the rounded x, -0.25, the slope of -0.2 is another one"),
    Case("quantized_ulaw_gradient/rank-2", ask(RANK.reshape(4, 2), 5), CODE),
    Case("quantized_ulaw_gradient/rank-3", ask(RANK.reshape(2, 2, 2), 5), CODE),
    Case("quantized_ulaw_gradient/nan", ask(singles([np.nan]), 4), "undefined: systems are compared"),
]  # fmt: skip
