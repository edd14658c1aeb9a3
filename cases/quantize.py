"""Cases of `quantize`: the shared questions, and codes too wide for bfloat16 to hold."""

from __future__ import annotations

from cases.case import Case
from cases.points import INT16, near_ties
from cases.reals import QUESTIONS, ask, brain
from oracle.bfloat16 import Bfloat16
from oracle.formats import BFLOAT16, round_into

EIGHTH = brain(0.125)
BRAIN_TIES = Bfloat16(round_into(near_ties(EIGHTH.values, range(-300, 300, 7)), BFLOAT16))

CASES = [Case(f"quantize/{slug}", arguments, shows) for slug, arguments, shows in QUESTIONS] + [
    Case("quantize/bfloat16-ties", ask(BRAIN_TIES, EIGHTH, 5, INT16),
         "beyond code 256 bfloat16 has no odd integers: a sum with the zero point loses them"),
]  # fmt: skip
