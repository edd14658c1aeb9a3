"""Cases of `quantized_sigmoid_gradient`: where the code is clipped, where the line ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import neighbours, singles


def ask(x: Any, bits: int, **settings: Any) -> dict[str, Any]:
    x = np.asarray(x, np.float32)
    dy = (np.arange(1, x.size + 1, dtype=np.float32) * np.float32(0.75)).reshape(x.shape)
    return {"x": x, "dy": dy, "bits": bits, **settings}


POINTS = [-3.0, -0.99, -0.5, 0.0, 0.3, 0.86, 0.97, 1.3]

CASES = [
    Case("quantized_sigmoid_gradient/clipped", ask(POINTS, 4),
         "0.97 lies on the line, but its code is clipped"),
    Case("quantized_sigmoid_gradient/ends", ask(neighbours(singles([-1.0, 1.0])), 4),
         "a strict end stops the gradient of -1"),
    Case("quantized_sigmoid_gradient/symmetric", ask(POINTS, 4, symmetric=True),
         "masked by the line alone the gradient of the lowest code passes"),
    Case("quantized_sigmoid_gradient/real", ask([*POINTS[:6], 5.0, 20.0], 4, use_real_sigmoid=True),
         "the text makes use_real_sigmoid symmetric"),
    Case("quantized_sigmoid_gradient/real-symmetric", ask([*POINTS[:6], 5.0, -4.0], 6, use_real_sigmoid=True,
                                                       symmetric=True),
         "the text makes use_real_sigmoid symmetric"),
    Case("quantized_sigmoid_gradient/beside-a-tie", ask(neighbours(singles([0.9375, -0.9375])), 4),
         "x / 2 + 1 / 2 in float32 makes a tie of 0.93749994, and clips its code: 0"),
    Case("quantized_sigmoid_gradient/infinity", ask(singles([np.inf, -np.inf, 0.97]), 4),
         "0.97 lies on the line, but its code is clipped"),
    Case("quantized_sigmoid_gradient/rank-3", ask(np.reshape(POINTS, (2, 2, 2)), 4),
         "0.97 lies on the line, but its code is clipped"),
]  # fmt: skip
