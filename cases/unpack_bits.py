"""Cases of `unpack_bits`: every channel count from 1 to 65, and int8 codes of both signs."""

from __future__ import annotations

import numpy as np

from cases.case import Case
from oracle.formats import Array

WORD = 0x9A35E1C7 - 2**32  # no reversal of its bits or of its bytes' bits gives it again


def words(*values: int) -> Array:
    return np.array(values, np.int64).astype(np.int32)


def asked(name: str, code: Array, channels: int, shows: str, **rest: float) -> Case:
    return Case(f"unpack_bits/{name}", {"code": code, "channels": channels, **rest}, shows)


def coded(name: str, scale: float, zero_point: int, shows: str) -> Case:
    rest = {"output_scale": float(np.float32(scale)), "output_zero_point": zero_point}
    return asked(name, words(0b0110), 3, shows, **rest)


COUNTS = [
    asked(f"channels-{count}", words(*[WORD, 0x12C4F0A7, 3][: -(-count // 32)]), count,
          "another order or polarity: other channels are -1")
    for count in range(1, 66)
]  # fmt: skip

CASES = [
    *COUNTS,
    asked("padding-is-not-read", words(-1), 3, "bits beyond the channels are no channels"),
    asked("lowest-number", words(-(2**31)), 32, "the sign bit of the word is channel 31"),
    asked("rank-2", words(1, 2, 3, 4, 5, 6).reshape(3, 2), 33, "each row begins with a word"),
    asked("rank-4", words(5, 6, 7, 8).reshape(1, 2, 2, 1), 4, "the last axis is unpacked"),
    coded("int8-scale-1", 1.0, 0, "the other polarity"),
    coded("int8-zero-point", 0.5, 3, "5 and 1: without the zero point 2 and -2"),
    coded("int8-saturates", 1 / 128, 0, "128 does not fit: 127, or -128 where it wraps"),
    coded("int8-saturates-high", 0.01, 100, "100 + 100 does not fit"),
    coded("int8-saturates-low", 0.01, -100, "-100 - 100 does not fit"),
    coded("int8-below-a-tie", 0.4, 0,
          "1 / 0.4 is 2.4999999627 and rounds to 2; divided in float32 it is 2.5 and may round to 3"),
    coded("int8-below-an-odd-tie", 2 / 3, 10,
          "1 / scale is 1.49999996: divided in float32 it is 1.5, and rounds to 2 either way"),
    coded("int8-above-a-tie", 2 / 7, 0, "1 / scale is just on one side of 3.5"),
    coded("int8-tie", 2.0, 0, "silent about ties: 1/2 becomes 0 to even, 1 away from zero"),
    coded("int8-quotient-beyond-int32", 1e-10, 0, "converted to int32 as x86 does, +1 becomes 0"),
    coded("int8-quotient-beyond-int32-and-zero-point", 2e-38, 5, "converted to int32, +1 becomes 5"),
    coded("int8-quotient-beyond-int32-below", 1e-10, -7, "converted to int32, both signs become -7"),
    coded("int8-quotient-just-beyond-int32", 2.0**-31, 1, "2^31 is the first that int32 does not hold"),
    coded("int8-quotient-in-int32", 2.0**-30, 1, "the other polarity"),
]  # fmt: skip
