"""Scales and zero points of blocks, and the shapes that tell how blocks are counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cases.case import Case
from cases.points import INT4, INT8, INT16, UINT4, UINT8

STEPS = (0.1, 0.07, 1.0, 1 / 3, 0.25, 0.013)
OFFSETS = {
    "int8": (3, -5, 0, 7, -128, 127),
    "uint8": (0, 128, 255, 7, 3, 250),
    "int4": (3, -5, 0, 7, -8, 1),
    "uint4": (0, 8, 15, 7, 3, 1),
    "int16": (3, -500, 0, 32767),
}
CODES = {"int8": INT8, "uint8": UINT8, "int4": INT4, "uint4": UINT4, "int16": INT16}

# what it is about, shape, axis, block_size, type, dtype of the scale, shows
BLOCKS = (
    ("blocks", (2, 8), 1, 4, "int8", "float32", "one scale for a row, or for all, moves the others"),
    ("blocks-of-the-first-axis", (6, 3), 0, 2, "int8", "float32", "blocks along the last axis are others"),
    ("blocks-of-a-negative-axis", (2, 4, 6), -2, 2, "int8", "float32", "counted from the back: the middle"),
    ("blocks-of-a-vector", (9,), 0, 3, "int8", "float32", "three scales for nine values are no channels"),
    ("blocks-of-one", (2, 3), 1, 1, "int8", "float32", "every element has a scale of its own"),
    ("blocks-one-for-each-row", (3, 5), 1, 5, "int8", "float32", "as channels, with a scale of rank 2"),
    ("blocks-with-a-shorter-last", (3, 10), 1, 4, "int8", "float32", "4 + 4 + 2 elements"),
    ("blocks-with-a-last-of-one", (2, 9), 1, 8, "int8", "float32", "8 + 1 elements, not 5 + 4"),
    ("blocks-with-a-last-of-one-in-rows", (9, 2), 0, 8, "uint8", "float32", "as above, along the first axis"),
    ("blocks-unsigned", (2, 12), 1, 4, "uint8", "float32", "zero points at both ends of the type"),
    ("blocks-int16", (2, 6), 1, 3, "int16", "float32", "wide codes"),
    ("blocks-int4", (2, 16), 1, 4, "int4", "float32", "two codes to a byte, whole bytes"),
    ("blocks-int4-odd", (3, 5), 1, 3, "int4", "float32", "3 + 2 codes: blocks end in the middle of a byte"),
    ("blocks-int4-of-the-first-axis", (5, 3), 0, 2, "int4", "float32", "as blocks-int4-odd, along the rows"),
    ("blocks-uint4", (2, 9), 1, 8, "uint4", "float32", "8 + 1 codes"),
    ("blocks-float16", (2, 10), 1, 4, "int8", "float16", "float32 instead of float16 moves values"),
)  # fmt: skip


def shape_of_scales(shape: tuple[int, ...], axis: int, block_size: int) -> tuple[int, ...]:
    found = list(shape)
    found[axis] = -(-found[axis] // block_size)
    return tuple(found)


def parameters(shape: tuple[int, ...], axis: int, block_size: int, kind: str, real: str) -> dict[str, Any]:
    wanted = shape_of_scales(shape, axis, block_size)
    return {"scale": np.resize(np.array(STEPS, real), wanted),
            "zero_point": np.resize(np.array(OFFSETS[kind], np.int32), wanted), **CODES[kind],
            "axis": axis, "block_size": block_size}  # fmt: skip


def cases(operation: str, vector: str, fill: Callable[[tuple[int, ...], str, str], Any]) -> list[Case]:
    """Return the cases of an operation; fill(shape, type, dtype) gives its vector."""
    found = [
        Case(f"{operation}/{about}", {vector: fill(shape, kind, real),
             **parameters(shape, axis, size, kind, real)}, shows)
        for about, shape, axis, size, kind, real, shows in BLOCKS
    ]  # fmt: skip
    many = parameters((2, 12), 1, 4, "int8", "float32")
    few = fill((2, 8), "int8", "float32")
    return [*found, Case(f"{operation}/blocks-too-many-scales", {vector: few, **many}, "must be refused")]
