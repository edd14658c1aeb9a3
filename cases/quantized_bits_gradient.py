"""Cases of `quantized_bits_gradient`: inside, at and beyond the bounds, with use_ste and without."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case

X = [0.3, -0.7, 0.875, -1.0, 0.9, -1.1, 5.0, -5.0, 0.0, 0.0625, 1e8, 1.0]
DY = [1.0, 2.0, -3.0, 0.5, 0.3, -0.7, 11.0, 1e-3, -1e5, 7.0, 13.0, -0.1]


def ask(x: Any = X, dy: Any = DY, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), "dy": np.asarray(dy, np.float32), **settings}


TABLE = np.reshape(X, (6, 2))
TABLE_DY = np.reshape(DY, (6, 2))

CASES = [
    Case("quantized_bits_gradient/straight-through", ask(bits=4),
         "a mask stops what lies beyond -1 and 0.875; a strict one what lies on them too"),
    Case("quantized_bits_gradient/symmetric", ask(bits=4, symmetric=True), "a mask stops at -0.875"),
    Case("quantized_bits_gradient/unsigned", ask(bits=4, keep_negative=False), "a mask stops at 0"),
    Case("quantized_bits_gradient/one-bit", ask(bits=1), "a mask stops beyond -1 and 1"),
    Case("quantized_bits_gradient/integer", ask(bits=8, integer=7), "a mask stops 1e8 alone"),
    Case("quantized_bits_gradient/alpha", ask(bits=4, alpha=0.5), "dy is not multiplied with alpha"),
    Case("quantized_bits_gradient/noise", ask(bits=4, qnoise_factor=0.25),
         "straight through both parts: dy, not three quarters of it"),
    Case("quantized_bits_gradient/without-ste", ask(bits=4, use_ste=False), "0: a staircase has no slope"),
    Case("quantized_bits_gradient/noise-without-ste", ask(bits=4, qnoise_factor=0.25, use_ste=False),
         "three quarters of dy; 0 where the unquantized part is stopped as well"),
    Case("quantized_bits_gradient/auto-without-ste",
         ask(TABLE, TABLE_DY, bits=4, alpha="auto", qnoise_factor=0.5, use_ste=False), "half of dy"),
    Case("quantized_bits_gradient/subnormal", ask([0.3, -0.3], [1e-39, -1e-40], bits=4,
                                                  qnoise_factor=0.5, use_ste=False),
         "half of a subnormal is flushed to 0"),
    Case("quantized_bits_gradient/subnormal-passes", ask([0.0, -5.0], [1e-39, -1e-40], bits=4),
         "nothing is multiplied, nothing flushed; a mask stops -5"),
    Case("quantized_bits_gradient/subnormal-times-one",
         ask([0.3, -0.3], [1e-39, -1e-40], bits=4, qnoise_factor=0.0, use_ste=False),
         "1 * dy is flushed, unless the factor is folded away"),
    Case("quantized_bits_gradient/auto-small-and-large",
         ask(TABLE[:2], [[1e-39, -1e-40], [3e38, -2.0]], bits=8, integer=3, alpha="auto"),
         "dy * 8 overflows, and a subnormal dy is flushed: alpha is found of x / 8, and x is 8 * (x / 8)"),
]  # fmt: skip
