"""Cases of `quantized_ulaw`: ties of the line and of the law, both ends, each width."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import near_ties, neighbours, singles
from oracle.formats import Array


def ask(x: Any, bits: int, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), "bits": bits, **settings}


def near_law(bits: int, codes: list[int], u: float = 255.0) -> Array:
    """Return the numbers whose u-law is half way between two codes, with both neighbours."""
    half = (np.abs(codes) + 0.5) / 2 ** (bits - 1)
    return neighbours((np.sign(codes) * np.expm1(half * np.log1p(u)) / u).astype(np.float32))


RANK = np.arange(-8, 8, dtype=np.float32) * np.float32(0.140625)
FIRST = "rounded first, values lie between the codes"

CASES = [
    Case("quantized_ulaw/line", ask([-0.9, -0.5, -0.25, -0.1, -0.01, 0.01, 0.1, 0.25, 0.5, 0.9], 4), FIRST),
    Case("quantized_ulaw/ties-of-the-law", ask(near_law(4, [-6, -3, -1, 1, 2, 5, 6]), 4),
         "floor shows; x / 2 + 1 / 2 in float32 loses the side of 0.0006"),
    Case("quantized_ulaw/ties-of-the-law-8-bits", ask(near_law(8, [-100, -20, 1, 2, 50, 126]), 8),
         "every second code left out shows"),
    Case("quantized_ulaw/ties-of-the-line", ask(near_ties(np.float32(0.25), [-4, -3, -2, -1, 0, 1, 2, 3]), 4),
         "rounded first, the side of a tie is another code"),
    Case("quantized_ulaw/ends", ask([-3.0, -1.01, -1.0, -0.999, 0.4, 0.95, 0.97, 1.0, 1e30], 4),
         "the last two codes of the line, 6 and 8, have laws above the last value: both give it"),
    Case("quantized_ulaw/symmetric", ask([-3.0, -1.0, -0.96, -0.75, -0.3, 0.1], 4, symmetric=True), FIRST),
    Case("quantized_ulaw/infinity", ask(singles([np.inf, -np.inf, 0.3125]), 4), FIRST),
    Case("quantized_ulaw/zeros", ask([0.0, -0.0, -1e-40, 1e-45, -1e-9, 3e-5, -3e-5], 8),
         "floor gives the code -1 of -1e-9"),
    Case("quantized_ulaw/integer", ask(np.arange(-9, 10) / 4, 6, integer=1), FIRST),
    Case("quantized_ulaw/little-u", ask(np.arange(-8, 9) / 8, 6, u=15.0), FIRST),
    Case("quantized_ulaw/u-100-symmetric", ask(np.arange(-8, 9) / 4, 8, integer=1, symmetric=True, u=100.0),
         FIRST),
    Case("quantized_ulaw/2-bits", ask([-1.0, -0.75, -0.5, -0.01, 0.03, 0.5, 0.75], 2), "four codes"),
    Case("quantized_ulaw/16-bits", ask([-0.7, -0.1, -3e-5, 3e-5, 0.001, 0.3, 0.9, 0.9999], 16), FIRST),
    *(Case(f"quantized_ulaw/rank-{len(shape)}", ask(RANK.reshape(shape), 5), FIRST)
      for shape in ((4, 4), (2, 4, 2), (2, 2, 2, 2))),
    Case("quantized_ulaw/nan", ask(singles([np.nan]), 4), "undefined: systems are compared"),
]  # fmt: skip
