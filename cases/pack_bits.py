"""Cases of `pack_bits`: every channel count from 1 to 65, zeros, NaN, subnormals, and zero points."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import singles
from cases.signs import INFINITY, NAN, PLAIN, SMALLEST, SUBNORMALS
from oracle.formats import Array

BYTES = np.arange(-128, 128, dtype=np.int8)


def asked(name: str, x: Any, shows: str, **rest: int) -> Case:
    return Case(f"pack_bits/{name}", {"x": x, **rest}, shows)


def channels(count: int) -> Array:
    """Return signs in no order that a reversal, of words or of bytes, would repeat; the ends are minus."""
    minus = [(7 * i * i + 3 * i) % 11 < 5 or i in (0, count - 1) for i in range(count)]
    return singles([-1.0 - i if minus[i] else 1.0 + i for i in range(count)])


def rows(*shape: int) -> Array:
    return channels(int(np.prod(shape))).reshape(shape)


def codes(count: int, zero_point: int) -> Array:
    """Return the codes around a zero point, and around 0, in turn."""
    near = [zero_point - 1, zero_point, zero_point + 1, 0, -1, 1, -128, 127]
    return np.array([min(max(near[i % 8], -128), 127) for i in range(count)], np.int8)


COUNTS = [
    asked(f"channels-{count}", channels(count),
          "the first and the last channel are -1: in another order, or with ones as padding, another word")
    for count in range(1, 66)
]  # fmt: skip

CASES = [
    *COUNTS,
    asked("plain", PLAIN, "the other polarity: every bit of a channel is the other one"),
    asked("zeros", singles([0.0, -0.0, -1.0]), "with the sign bit -0.0 is -1; as x <= 0 both are"),
    asked("subnormals", SUBNORMALS, "flushed, the negative ones are +1"),
    asked("smallest", singles([SMALLEST, -SMALLEST, -1e-40]), "the last is +1 where it is flushed"),
    asked("infinity", singles([INFINITY, -INFINITY]), "the other polarity"),
    asked("nan", np.array([0x7FC00000, 0xFFC00000, 0xBF800000], np.uint32).view(np.float32),
          "silent: by x < 0 NaN is +1, by x >= 0 it is -1, by its sign bit it is either"),
    asked("nan-and-zeros", singles([NAN, -0.0, 0.0, -1.0]), "silent about NaN"),
    asked("rank-2", rows(3, 5), "each row begins a word: packed as one vector it is one word"),
    asked("rank-2-two-words", rows(2, 33), "the second word of each row holds one channel"),
    asked("rank-4", rows(1, 2, 3, 7), "the last axis is packed; along another one the shape differs"),
    asked("rank-4-full-words", rows(2, 1, 2, 64), "no padding: rows may be packed in one go"),
    asked("int8-zero-point-0", codes(8, 0), "x <= 0 makes the code 0 a -1", zero_point=0),
    asked("int8-zero-point-3", codes(16, 3), "compared with 0: 0, 1 and 2 are no longer -1", zero_point=3),
    asked("int8-zero-point-minus-5", codes(33, -5), "compared with 0: -5 to -1 are -1", zero_point=-5),
    asked("int8-zero-point-lowest", codes(31, -128), "no code is below: compared with 0, some are",
          zero_point=-128),
    asked("int8-zero-point-highest", codes(40, 127), "all but one code are below", zero_point=127),
    asked("int8-zero-point-beyond", codes(5, 127), "all are below 128; as an int8 it would be -128",
          zero_point=128),
    asked("int8-zero-point-below", codes(35, -128), "none is below -129; as an int8 it would be 127",
          zero_point=-129),
    asked("int8-every-code", BYTES.reshape(8, 32), "one sign for each code", zero_point=-3),
    asked("int8-every-code-in-no-order", BYTES[np.arange(256) * 77 % 256].reshape(4, 64),
          "one sign for each code", zero_point=10),
]  # fmt: skip
