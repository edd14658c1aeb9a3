"""Cases of `quantized_tanh`: ties and their neighbours, both ends, what the text loses.

With use_real_tanh every tanh(x) * 2^(bits-1) lies at least 1e-3 from a tie: no kernel's error decides.
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
    Case("quantized_tanh/ties", ask(near_ties(np.float32(0.125), [-9, -8, -4, -2, -1, 0, 1, 6, 7]), 4),
         "x / 2 + 1 / 2 in float32 loses the side of the ties next to 0"),
    Case("quantized_tanh/ties-8-bits", ask(near_ties(np.float32(2.0**-7), [-128, -3, 0, 1, 100, 126]), 8),
         "half up and half away show at the ties"),
    Case("quantized_tanh/ends", ask([-3.0, -1.01, -1.0, -0.95, 0.85, 0.9375, 1.0, 1e30], 4), "floor shows"),
    Case("quantized_tanh/infinity", ask(singles([np.inf, -np.inf]), 4, symmetric=True),
         "the text loses symmetric: -1"),
    Case("quantized_tanh/zeros", ask([0.0, -0.0, -1e-40, 1e-45, -1e-9], 4), "floor gives -0.125 of -1e-9"),
    Case("quantized_tanh/symmetric", ask([-3.0, -1.0, -0.9, -0.875, 0.5], 4, symmetric=True),
         "the text loses symmetric: -1"),
    Case("quantized_tanh/real", ask(REAL, 4, use_real_tanh=True), "the text loses use_real_tanh"),
    Case("quantized_tanh/real-8-bits", ask(REAL, 8, use_real_tanh=True), "the text loses use_real_tanh"),
    Case("quantized_tanh/real-symmetric", ask(REAL, 6, use_real_tanh=True, symmetric=True),
         "the text keeps symmetric and loses use_real_tanh"),
    Case("quantized_tanh/2-bits", ask(near_ties(np.float32(0.5), [-2, -1, 0]), 2), "four codes"),
    Case("quantized_tanh/16-bits", ask(near_ties(np.float32(2.0**-15), [-32768, -20000, 5, 32765]), 16),
         "x / 2 + 1 / 2 in float32 loses the side of the ties next to 0"),
    *(Case(f"quantized_tanh/rank-{len(shape)}", ask(RANK.reshape(shape), 4), "half up shows at the ties")
      for shape in ((4, 4), (2, 4, 2), (2, 2, 2, 2))),
    Case("quantized_tanh/nan", ask(singles([np.nan]), 4), "undefined: systems are compared"),
]  # fmt: skip
