"""Cases of `quantize_float8`: both sides of every tie, both ends, and what has no number."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.reals import brain
from oracle.bfloat16 import Bfloat16
from oracle.float8 import TYPES, magnitudes
from oracle.formats import round_bfloat16

LARGE = [464, 464.1, 479.9, 480, 495.9, 496, 512, 61440, 65536, 1e9, 3e38]
SPECIAL = [0.0, -0.0, np.inf, -np.inf, 1e-45, -1e-45, *LARGE, *(-v for v in LARGE)]


def every_tie(name: str) -> np.ndarray[Any, Any]:
    """Both sides of each tie, of both signs, and beyond; and each tie itself."""
    numbers = magnitudes(name)[: TYPES[name].last + 2]
    ties = ((numbers[1:] + numbers[:-1]) / 2).astype(np.float32)
    sides = (np.nextafter(ties, np.float32(0)), ties, np.nextafter(ties, np.float32(np.inf)))
    sized = np.stack(sides, -1).reshape(-1)
    return np.concatenate([sized, -sized])


def ask(x: Any, scale: Any, name: str, saturate: bool = True) -> dict[str, Any]:
    return {"x": x, "scale": scale, "type": name, "saturate": saturate}


def special(name: str) -> np.ndarray[Any, Any]:
    nan = [np.nan, -np.nan] if TYPES[name].special != "none" else []
    return np.array([*SPECIAL, *nan], np.float32)


ONE, TENTH = np.float32(1), np.float32(0.1)
QUOTIENTS = np.linspace(-3, 3, 97, dtype=np.float32)
FLOAT8 = [name for name in TYPES if name.startswith("float8")]

CASES = [
    *(Case(f"quantize_float8/ties-{name}", ask(every_tie(name), ONE, name),
           "rounding half away gives odd codes at ties; truncation the lower code") for name in TYPES),
    *(Case(f"quantize_float8/special-{name}", ask(special(name), ONE, name),
           "infinities saturate; without saturation they become NaN, or stay") for name in TYPES),
    *(Case(f"quantize_float8/unsaturated-{name}", ask(special(name), ONE, name, saturate=False),
           "beyond the largest number comes NaN, in float8e5m2 infinity") for name in FLOAT8),
    *(Case(f"quantize_float8/unsaturated-ties-{name}", ask(every_tie(name)[-40:], ONE, name, saturate=False),
           "the last tie decides between the largest number and none") for name in FLOAT8),
    *(Case(f"quantize_float8/tenth-{name}", ask((every_tie(name) * TENTH)[::3], TENTH, name),
           "multiplying by 10 crosses ties that dividing by 0.1 does not") for name in TYPES),
    Case("quantize_float8/subnormal-scale", ask(QUOTIENTS * np.float32(1e-39), np.float32(1e-39),
                                                "float8e4m3fn"),
         "the reciprocal of the scale is infinite"),
    Case("quantize_float8/float16",
         ask(QUOTIENTS.astype(np.float16), np.float16(0.1), "float8e4m3fn"),
         "the quotient is rounded to float16 before it is converted"),
    Case("quantize_float8/float16-overflow",
         ask(np.array([100, 1000, 60000, -60000], np.float16), np.float16(0.01), "float8e5m2"),
         "the quotient overflows float16, and saturates"),
    Case("quantize_float8/float16-unsaturated-overflow",
         ask(np.array([100, 400, 573, 574, 600, -60000], np.float16), np.float16(0.01), "float8e5m2", False),
         "the quotient overflows float16, or rounds beyond 57344"),
    Case("quantize_float8/bfloat16",
         ask(Bfloat16(round_bfloat16(QUOTIENTS)), brain(0.1), "float8e4m3fn"),
         "the quotient is rounded to bfloat16 before it is converted"),
    Case("quantize_float8/empty", ask(np.zeros((0,), np.float32), ONE, "float8e4m3fn"),
         "an empty tensor gives one"),
    Case("quantize_float8/one-number", ask(np.array(0.3, np.float32), ONE, "float8e5m2"), "rank 0 is kept"),
    Case("quantize_float8/image", ask(QUOTIENTS[:96].reshape(2, 3, 4, 4), ONE, "float8e4m3fnuz"),
         "rank 4 is kept"),
]  # fmt: skip
