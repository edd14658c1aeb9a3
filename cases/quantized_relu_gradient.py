"""Cases of `quantized_relu_gradient`: zero, the last code and its neighbours, slope and bound."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import neighbours, singles


def ask(x: Any, bits: int, integer: int, **settings: Any) -> dict[str, Any]:
    x = np.asarray(x, np.float32)
    dy = (np.arange(1, x.size + 1, dtype=np.float32) * np.float32(0.75)).reshape(x.shape)
    return {"x": x, "dy": dy, "bits": bits, "integer": integer, **settings}


INSIDE = [-2.0, -0.3, -0.03, 0.03, 0.3, 0.9]

CASES = [
    Case("quantized_relu_gradient/inside", ask([*INSIDE, 0.95, 0.97, 3.0], 4, 0),
         "masked by the code 0.95 passes, which lies above the last code 0.9375"),
    Case("quantized_relu_gradient/zero", ask([0.0, -0.0, 0.5], 4, 0), "at zero 1, or the slope"),
    Case("quantized_relu_gradient/zero-with-slope", ask([0.0, -0.0, -0.5, 0.5], 4, 0, negative_slope=0.25),
         "at zero 1, or the slope"),
    Case("quantized_relu_gradient/bound", ask(neighbours(singles([0.9375])), 4, 0),
         "a strict bound stops the gradient of 0.9375 itself"),
    Case("quantized_relu_gradient/bound-with-integer", ask(neighbours(singles([3.75])), 4, 2),
         "a strict bound stops the gradient of 3.75 itself"),
    Case("quantized_relu_gradient/subnormal", ask([1e-40, 1e-38, 1e-45], 4, 0),
         "flushed, a subnormal counts as zero"),
    Case("quantized_relu_gradient/slope", ask([*INSIDE, 0.88, 0.95, -5.0], 4, 0, negative_slope=0.25),
         "read from its text the slope is gone"),
    Case("quantized_relu_gradient/upper-bound", ask([*INSIDE, 1.0, 1.4, 1.6, 9.0], 4, 1, relu_upper_bound=1.5,
                                                    is_quantized_clip=False),
         "up to the last code, 1.6 passes"),
    Case("quantized_relu_gradient/at-upper-bound", ask(neighbours(singles([1.5])), 4, 1, relu_upper_bound=1.5,
                                                       is_quantized_clip=False), "a strict bound stops 1.5"),
    Case("quantized_relu_gradient/unbounded", ask([*INSIDE, 2.0, 1e30], 4, 0, is_quantized_clip=False),
         "without a bound it passes everywhere above zero"),
    Case("quantized_relu_gradient/infinity", ask(singles([np.inf, -np.inf]), 4, 0, negative_slope=0.5),
         "read from its text the slope is gone"),
    Case("quantized_relu_gradient/rank-2", ask(np.reshape([*INSIDE, 0.95, 3.0], (2, 4)), 4, 0),
         "masked by the code 0.95 passes"),
]  # fmt: skip
