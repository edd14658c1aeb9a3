"""Cases of `dequantize_range`: both ends and the middle of each mode, ranges without 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case

OPERATION = "dequantize_range"
CODES = {
    "quint8": [0, 1, 2, 85, 127, 128, 200, 254, 255],
    "qint8": [-128, -127, -64, -1, 0, 1, 43, 126, 127],
    "quint16": [0, 1, 2, 21845, 32767, 32768, 50000, 65534, 65535],
    "qint16": [-32768, -32767, -9999, -1, 0, 1, 12345, 32766, 32767],
    "qint32": [-(2**31), -(2**31) + 1, -(2**24) - 1, -1, 0, 1, 2**24 + 1, 10**9, 2**31 - 1],
}


def ask(low: float, high: float, type: str, mode: str) -> dict[str, Any]:
    return {
        "code": np.array(CODES[type], np.int64),
        "low": np.asarray(low, np.float32),
        "high": np.asarray(high, np.float32),
        "type": type,
        "mode": mode,
    }


COMBINED, FIRST, SCALED = "MIN_COMBINED", "MIN_FIRST", "SCALED"
CASES = [
    Case(f"{OPERATION}/{name}", arguments, shows)
    for name, arguments, shows in (
        ("combined-documented", ask(0, 6, "quint8", COMBINED), "\"multiply by 6 / 255\""),
        ("combined-odd", ask(-0.7, 1.1, "quint8", COMBINED), "the last bits of a product and a quotient"),
        ("combined-signed", ask(-0.7, 1.1, "qint8", COMBINED), "128 is added first"),
        ("combined-quint16", ask(-1, 2.3, "quint16", COMBINED), "the product has 40 bits, and is rounded"),
        ("combined-qint16", ask(-1, 2, "qint16", COMBINED), "undefined: half is for qint8 only"),
        ("first-documented", ask(0, 6, "quint8", FIRST), "the step is 6 / 255"),
        ("first-odd", ask(-0.7, 1.1, "quint8", FIRST),
         "the first code is -0.7; rounded to whole steps it is -0.6988235"),
        ("first-signed", ask(-0.7, 1.1, "qint8", FIRST), "low + 128 * step first has other last bits"),
        ("first-without-zero", ask(1, 3, "qint8", FIRST), "the first code is 1, not 0.9960784"),
        ("first-around-zero", ask(-1, 2, "quint8", FIRST), "code 85 is 0"),
        ("first-quint16", ask(-1, 2.3, "quint16", FIRST), "the step has its own rounding"),
        ("first-qint16", ask(-0.3, 2.3, "qint16", FIRST), "the same, signed"),
        ("scaled-qint32", ask(-1, 1, "qint32", SCALED), "2147483647 is 1.0; by way of an int32 -1.0"),
        ("scaled-subnormal", ask(0, 1e-37, "quint8", SCALED), "the step is subnormal: flushed, all is 0"),
        ("order", ask(2, 1, "quint8", COMBINED), "undefined; systems are compared"),
    )
]  # fmt: skip
