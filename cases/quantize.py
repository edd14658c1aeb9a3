"""Cases of `quantize`: the shared questions, and codes too wide for bfloat16 to hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases import blocks
from cases.case import Case
from cases.points import INT16, near_ties
from cases.reals import QUESTIONS, ask, brain
from oracle.bfloat16 import Bfloat16
from oracle.formats import BFLOAT16, round_into

EIGHTH = brain(0.125)
BRAIN_BOUNDS = Bfloat16(np.array([-np.inf, -600, -300, -298, 0.75, 298, 300, 600, np.inf], np.float32))
BRAIN_TIES = Bfloat16(round_into(near_ties(EIGHTH.values, range(-300, 300, 7)), BFLOAT16))


def fill(shape: tuple[int, ...], kind: str, real: str) -> Any:
    """Values around 0, in a step that meets ties of 0.25 and of 1, and few bounds."""
    size = int(np.prod(shape))
    values = (np.arange(size) - size // 2) * 0.125
    return values.reshape(shape).astype(real)


CASES = [Case(f"quantize/{slug}", arguments, shows) for slug, arguments, shows in QUESTIONS] + [
    Case("quantize/bfloat16-ties", ask(BRAIN_TIES, EIGHTH, 5, INT16),
         "beyond code 256 bfloat16 has no odd integers: a sum with the zero point loses them"),
    Case("quantize/bfloat16-narrow-bounds",
         ask(BRAIN_BOUNDS, brain(1.0), 0, {"qmin": -299, "qmax": 299}),
         "299 is no bfloat16: clipped in reals to 300, and in reals alone, code 300 leaves the range"),
    *blocks.cases("quantize", "x", fill),
]  # fmt: skip
