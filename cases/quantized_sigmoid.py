"""Cases of `quantized_sigmoid`: ties and their neighbours, both ends, what the text loses.

With use_real_sigmoid every sigmoid(x) * 2^bits lies at least 1e-3 from a tie: no kernel's error decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import near_ties, singles


def ask(x: Any, bits: int, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), "bits": bits, **settings}


REAL = [-8.0, -2.0, -1.0, -0.3, 0.02, 0.1, 0.55, 1.5, 3.0, 50.0]
RANK = np.arange(-8, 8, dtype=np.float32) * np.float32(0.1875)

CASES = [
    Case("quantized_sigmoid/ties", ask(near_ties(np.float32(0.125), [-9, -8, -4, -2, -1, 0, 1, 6, 7]), 4),
         "x / 2 + 1 / 2 in float32 loses the side of the ties next to 0"),
    Case("quantized_sigmoid/ties-8-bits", ask(near_ties(np.float32(2.0**-7), [-128, -3, 0, 1, 100, 126]), 8),
         "half up and half away show at the ties"),
    Case("quantized_sigmoid/ends", ask([-3.0, -1.01, -1.0, -0.95, 0.85, 0.9375, 1.0, 1e30], 4),
         "floor shows"),
    Case("quantized_sigmoid/infinity", ask(singles([np.inf, -np.inf, 0.3125]), 4, symmetric=True),
         "half up gives 0.6875 of 0.3125"),
    Case("quantized_sigmoid/zeros", ask([0.0, -0.0, -1e-40, 1e-45, -1e-9], 4), "floor gives 0.4375 of -1e-9"),
    Case("quantized_sigmoid/symmetric", ask([-3.0, -1.0, -0.9, -0.8125, 0.53], 4, symmetric=True),
         "half up shows at the ties"),
    Case("quantized_sigmoid/real", ask(REAL, 4, use_real_sigmoid=True),
         "the text makes use_real_sigmoid symmetric"),
    Case("quantized_sigmoid/real-8-bits", ask(REAL, 8, use_real_sigmoid=True),
         "the text makes use_real_sigmoid symmetric"),
    Case("quantized_sigmoid/real-symmetric", ask(REAL, 6, use_real_sigmoid=True, symmetric=True),
         "floor gives other codes"),
    Case("quantized_sigmoid/2-bits", ask(near_ties(np.float32(0.5), [-2, -1, 0]), 2), "four codes"),
    Case("quantized_sigmoid/16-bits", ask(near_ties(np.float32(2.0**-15), [-32768, -20000, 5, 32765]), 16),
         "x / 2 + 1 / 2 in float32 loses the side of the ties next to 0"),
    *(Case(f"quantized_sigmoid/rank-{len(shape)}", ask(RANK.reshape(shape), 4), "half up shows at the ties")
      for shape in ((4, 4), (2, 4, 2), (2, 2, 2, 2))),
    Case("quantized_sigmoid/nan", ask(singles([np.nan]), 4), "undefined: systems are compared"),
]  # fmt: skip
