"""Cases of the range that LSQ exports."""

from __future__ import annotations

import numpy as np

from cases.case import Case
from cases.points import INT2, INT4, INT8, UINT4, UINT8, singles

X = singles([-1.5, 0.25, 3, -0.75])


def asked(name: str, step: float, codes: dict[str, int], shows: str) -> Case:
    return Case(f"lsq_export/{name}", {"x": X, "step": np.float32(step), **codes}, shows)


CASES = [
    asked("int8", 0.25, INT8, "from -32: mirrored, or of a narrow range, from -31.75"),
    asked("int8-rounds", 0.1, INT8, "-12.8: mirrored, or of a narrow range, -12.7"),
    asked("int4", 0.07, INT4, "8 steps below 0, 7 above"),
    asked("int2", 0.3, INT2, "from -2 * step: mirrored it would be half of the values"),
    asked("uint8", 0.1, UINT8, "from 0: mirrored from -25.5"),
    asked("uint4", 1 / 3, UINT4, "from 0: mirrored from -5"),
]
