"""Questions about unpacking codes of 4 and 2 bits: every count of 1 to 9, and bytes of every code."""

from __future__ import annotations

import numpy as np

from cases.case import Case
from cases.pack_codes import TYPES
from oracle.formats import Array

BYTES = np.array([0xD8, 0x2B, 0x4E, 0x93, 0x71], np.uint8)  # no reversal of their codes gives them again


def asked(name: str, stored: Array, count: int, bits: int, is_signed: bool, shows: str) -> Case:
    arguments = {"code": stored, "count": count, "bits": bits, "is_signed": is_signed}
    return Case(f"unpack_codes/{name}", arguments, shows)


CASES = [
    *[
        asked(f"{kind}{bits}-count-{count}", BYTES[: -(-count * bits // 8)], count, bits, kind == "int",
              "the highest bits first: other codes")
        for kind, bits in TYPES for count in range(1, 10)
    ],
    *[
        asked(f"{kind}{bits}-every-byte", np.arange(256, dtype=np.uint8), 2048 // bits, bits, kind == "int",
              "the highest bits first: other codes")
        for kind, bits in TYPES
    ],
    asked("int4-bits-without-a-code", np.array([0xF7], np.uint8), 1, 4, True,
          "7: the other bits are no code"),
    asked("uint2-bits-without-a-code", np.array([0xFE], np.uint8), 1, 2, False,
          "2: the other bits are no code"),
]  # fmt: skip
