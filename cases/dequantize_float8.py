"""Cases of `dequantize_float8`: every code of every type."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.reals import brain
from oracle.float8 import TYPES


def every(name: str) -> np.ndarray[Any, Any]:
    return np.arange(2 * TYPES[name].sign, dtype=np.uint8)


def ask(code: Any, scale: Any, name: str) -> dict[str, Any]:
    return {"code": code, "scale": scale, "type": name}


ONE, TENTH = np.float32(1), np.float32(0.1)

CASES = [
    *(Case(f"dequantize_float8/every-{name}", ask(every(name), ONE, name),
           "every code is the number itself; another bias is off by powers of two") for name in TYPES),
    *(Case(f"dequantize_float8/tenth-{name}", ask(every(name), TENTH, name),
           "the product is rounded once") for name in TYPES),
    *(Case(f"dequantize_float8/float16-{name}", ask(every(name), np.float16(0.3), name),
           "the product is rounded to float16, once") for name in TYPES),
    Case("dequantize_float8/bfloat16", ask(every("float8e4m3fn"), brain(0.3), "float8e4m3fn"),
         "the product is rounded to bfloat16, once"),
    Case("dequantize_float8/bfloat16-e5m2", ask(every("float8e5m2"), brain(0.3), "float8e5m2"),
         "the product is rounded to bfloat16, once"),
    Case("dequantize_float8/float16-overflow", ask(every("float8e5m2"), np.float16(3), "float8e5m2"),
         "the largest numbers become infinite"),
    Case("dequantize_float8/subnormal-scale", ask(every("float8e4m3fn"), np.float32(1e-40), "float8e4m3fn"),
         "a CPU that flushes subnormals gives 0 everywhere"),
    Case("dequantize_float8/empty", ask(np.zeros((0,), np.uint8), ONE, "float8e4m3fn"),
         "an empty tensor gives one"),
    Case("dequantize_float8/one-number", ask(np.array(5, np.uint8), ONE, "float8e4m3fn"), "rank 0 is kept"),
]  # fmt: skip
