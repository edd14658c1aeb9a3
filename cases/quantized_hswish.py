"""Cases of `quantized_hswish`: ties of the parabola and of the line above it, where they meet, both ends.

With x = 3 a / 2^n, a odd, the hard swish is 3 a (a + 2^n) / 2^(2 n + 1): a tie of the step 2^(-2 n).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import near_ties, neighbours, singles


def ask(x: Any, bits: int, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), "bits": bits, **settings}


def ties(n: int, *numerators: int) -> Any:
    """Return numbers whose hard swish is a tie of the step 2^(-2 n), with both neighbours."""
    return neighbours(singles(numerators) * np.float32(3 / 2**n))


def near(step: float, *codes: int) -> Any:
    """Return the numbers whose hard swish is half way from a code to the next, with both neighbours."""
    halves = (np.array(codes) + 0.5) * step
    return neighbours(((-3 + np.sqrt(9 + 24 * halves)) / 2).astype(np.float32))


RANK = np.arange(-8, 8, dtype=np.float32) * np.float32(0.46875)

CASES = [
    Case("quantized_hswish/parabola",
         ask([-4.0, -2.9, -2.0, -1.5, -0.3, 0.2, 0.7, 1.1, 2.0, 2.9], 8, integer=2),
         "floor shows; the sigmoid instead of its line gives other codes"),
    Case("quantized_hswish/ties", ask(ties(2, -3, -1, 1, 3), 5, integer=0),
         "half up gives -0.25 of -0.75; half away other codes on both sides of 0"),
    Case("quantized_hswish/ties-7-bits", ask(ties(3, -7, -5, -3, -1, 1, 3), 7),
         "in float32 the side of a tie is lost"),
    Case("quantized_hswish/ties-9-bits", ask(ties(4, -15, -11, -7, -3, -1, 1, 3, 5), 9),
         "in float32 the side of a tie is lost"),
    Case("quantized_hswish/ties-13-bits", ask(ties(6, -63, -41, -21, -3, -1, 1, 3, 5, 17, 25), 13),
         "in float32 the side of a tie is lost"),
    Case("quantized_hswish/halves",
         ask(near(1 / 32, -9, -6, -4, -2, 0, 1, 3, 7, 12, 30, 61, 88), 8, integer=2),
         "in float32 the side is lost, with a reciprocal elsewhere"),
    Case("quantized_hswish/halves-4-bits", ask(near(1 / 8, -3, -2, -1, 0, 1, 3, 5), 4),
         "in float32 the side is lost, with a reciprocal elsewhere"),
    Case("quantized_hswish/line", ask(near_ties(np.float32(1), [3, 4, 5, 6]), 4, integer=3),
         "above 3 it is x: half away gives 5 of 4.5"),
    Case("quantized_hswish/joints", ask(neighbours(singles([-3.0, 3.0, 0.0])), 10, integer=2),
         "at 0 the sign of a tiny number must not show"),
    Case("quantized_hswish/ends", ask([3.9, 4.0, 100.0, 1e8, 16777217.0, -1e8], 8, integer=2),
         "h + (value - h) gives 0 of 1e8"),
    Case("quantized_hswish/overflow", ask([5e37, 6e37, 3e38, -3e38], 8, integer=2),
         "x * 6 overflows at 6e37: NaN"),
    Case("quantized_hswish/infinity", ask(singles([np.inf, 1.0]), 8, integer=2), "NaN"),
    Case("quantized_hswish/symmetric", ask([-1.5, -1.0, -0.2, 5.0], 3, symmetric=True), "floor shows"),
    Case("quantized_hswish/alpha",
         ask([-1.5, -1.0, -0.25, 0.3, 0.7, 1.3, 2.5, 9.0], 6, integer=1, alpha=0.75),
         "multiplied only, the grid is that of alpha = 1, stretched"),
    Case("quantized_hswish/large-alpha", ask([-1.5, 0.7, 1.3, 2.5, 9.0], 4, alpha=4.0),
         "multiplied only, 4 is the value of everything from 1 on"),
    Case("quantized_hswish/other-curve",
         ask(np.arange(-6, 7) / 4 + 0.03, 8, integer=1, relu_shift=1, relu_upper_bound=4),
         "floor shows"),
    Case("quantized_hswish/bound-7",
         ask(np.arange(-9, 10) / 2, 12, integer=2, relu_shift=2, relu_upper_bound=7),
         "a reciprocal of 7"),
    Case("quantized_hswish/2-bits", ask([-1.5, -0.9, 0.6, 1.0, 2.0], 2), "four codes"),
    Case("quantized_hswish/16-bits", ask([-1.7, -0.003, 0.0001, 0.77, 2.99, 3.01], 16, integer=2),
         "floor shows"),
    *(Case(f"quantized_hswish/rank-{len(shape)}", ask(RANK.reshape(shape), 6, integer=1), "floor shows")
      for shape in ((4, 4), (2, 4, 2), (2, 2, 2, 2))),
    Case("quantized_hswish/minus-infinity", ask(singles([-np.inf]), 8), "undefined: systems are compared"),
    Case("quantized_hswish/nan", ask(singles([np.nan]), 8), "undefined: systems are compared"),
]  # fmt: skip
