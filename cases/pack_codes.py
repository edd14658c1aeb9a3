"""Questions about packing codes of 4 and 2 bits: counts of 1 to 9, every code, rows ending in a byte."""

from __future__ import annotations

import numpy as np

from cases.case import Case
from oracle.formats import Array

TYPES = [("int", bits) for bits in (4, 2)] + [("uint", bits) for bits in (4, 2)]


def codes(kind: str, bits: int, *shape: int) -> Array:
    """Return codes in an order that no reversal gives again, the last of them with its highest bit set."""
    count, all_of_them = int(np.prod(shape)), 2**bits
    drawn = [(5 * i * i + 3 * i + 1) % all_of_them for i in range(count - 1)] + [all_of_them - 2]
    return typed(
        [c - all_of_them if kind == "int" and 2 * c >= all_of_them else c for c in drawn], kind
    ).reshape(shape)


def every(kind: str, bits: int) -> Array:
    """Return each code, and the first two again: no whole number of bytes."""
    low = -(2 ** (bits - 1)) if kind == "int" else 0
    return typed([*range(low, low + 2**bits), low, low + 1, low + 2], kind)


def typed(values: list[int], kind: str) -> Array:
    return np.array(values, np.int8 if kind == "int" else np.uint8)


def asked(name: str, code: Array, bits: int, shows: str) -> Case:
    return Case(f"pack_codes/{name}", {"code": code, "bits": bits}, shows)


CASES = [
    *[
        asked(f"{kind}{bits}-count-{count}", codes(kind, bits, count), bits,
              "the highest bits first: other bytes")
        for kind, bits in TYPES for count in range(1, 10)
    ],
    *[
        asked(f"{kind}{bits}-every-code", every(kind, bits), bits, "the highest bits first: other bytes")
        for kind, bits in TYPES
    ],
    *[
        asked(f"{kind}{bits}-rows-of-{columns}", codes(kind, bits, 3, columns), bits,
              "where each row begins a byte there are more bytes")
        for kind, bits in TYPES for columns in (3, 5)
    ],
    asked("uint4-rows-with-both-ends", typed([0, 15, 7, 2, 15, 0, 3, 9], "uint").reshape(2, 4), 4,
          "the highest bits first: other bytes"),
    asked("uint2-rows-with-both-ends", typed([0, 3, 1, 2, 3, 2, 0, 1], "uint").reshape(2, 4), 2,
          "the highest bits first: other bytes"),
    asked("int4-rank-3", codes("int", 4, 2, 3, 3), 4, "where each row begins a byte there are more bytes"),
    asked("uint4-whole-rows", codes("uint", 4, 2, 4), 4, "the highest bits first: other bytes"),
]  # fmt: skip
