"""Arrays as they are written in a script: reals by their bits, beside what they are in decimal."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from oracle.bfloat16 import Bfloat16
from oracle.formats import carried

MANY = 12  # elements that are written one by one
SHOWN = 4  # elements that are shown in decimal


def is_array(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic, Bfloat16))


def write_array(value: Any) -> str:
    """Return the expression of an array or a numpy scalar, bit for bit."""
    array = np.asarray(carried(value))
    text = _elements(array)
    if isinstance(value, np.generic):
        text = _scalar(array)
    elif array.ndim != 1:
        text += f".reshape({', '.join(map(str, array.shape)) or '()'})"
    return f"Bfloat16({text})" if isinstance(value, Bfloat16) else text


def _scalar(array: Any) -> str:
    if array.dtype.kind != "f":
        return f"np.{array.dtype.name.rstrip('_')}({array.item()})" if array.dtype.kind != "b" else (
            f"np.bool_({array.item()})")  # fmt: skip
    bits = array.reshape(1).view(f"u{array.dtype.itemsize}")[0]
    return f"np.uint{8 * array.dtype.itemsize}({hex_of(bits, array.dtype)}).view(np.{array.dtype.name})"


def _elements(array: Any) -> str:
    flat = np.ascontiguousarray(array).reshape(-1)
    name = "bool_" if flat.dtype.kind == "b" else flat.dtype.name
    if not flat.size:
        return f"np.array([], np.{name})"
    if flat.size > MANY and np.unique(flat.view(f"V{flat.dtype.itemsize}")).size == 1:
        return f"np.repeat({_elements(flat[:1])}, {flat.size})"
    if flat.dtype.kind != "f":
        step = int(flat[1]) - int(flat[0]) if flat.size > MANY else 0
        last = int(flat[0]) + step * (flat.size - 1)
        if step and np.array_equal(flat.astype(np.int64), np.arange(int(flat[0]), last + step, step)):
            by = f", {step}" if step != 1 else ""
            return f"np.arange({int(flat[0])}, {last + step}{by}).astype(np.{name})"
        return f"np.array({flat.tolist()}, np.{name})"
    if flat.size > MANY and np.array_equal(np.abs(flat), np.ones(flat.size)):
        minus = "".join(str(int(v < 0)) for v in flat)
        texts = " ".join(f'"{minus[i : i + 100]}"' for i in range(0, len(minus), 100))
        return f"(1 - 2 * np.array(list({texts}), np.{name}))"
    if flat.size > 2 * MANY:
        little = flat.astype(flat.dtype.newbyteorder("<")).tobytes().hex()
        texts = " ".join(f'"{little[i : i + 80]}"' for i in range(0, len(little), 80))
        return f"np.frombuffer(bytes.fromhex({texts}), np.{name}).copy()"
    bits = [hex_of(b, flat.dtype) for b in flat.view(f"u{flat.dtype.itemsize}")]
    text = f"np.array([{', '.join(bits)}], np.uint{8 * flat.dtype.itemsize}).view(np.{name})"
    decimal = f"np.array([{', '.join(map(str, flat))}], np.{name})"
    return decimal if flat.size > SHOWN and len(decimal) < len(text) and is_exact(flat) else text


def is_exact(flat: Any) -> bool:
    """Whether the reals, written in decimal and read again, have the same bits."""
    again = np.array([float(str(value)) for value in flat], flat.dtype)
    return bool(np.isfinite(flat).all()) and again.tobytes() == flat.tobytes()


def hex_of(bits: Any, dtype: Any) -> str:
    return f"0x{int(bits):0{2 * dtype.itemsize}x}"


def in_decimal(value: Any) -> str:
    """Return the first elements of an array in decimal."""
    flat = np.asarray(carried(value)).reshape(-1)
    shown = [
        str(int(v)) if np.isfinite(v) and 1 << 24 <= abs(float(v)) < 1e15 else str(v) for v in flat[:SHOWN]
    ]
    return ", ".join(shown) + (f", … {flat.size} in all" if flat.size > SHOWN else "")


def write_plain(value: Any) -> str:
    """Return a plain argument; a float with its value exactly."""
    if isinstance(value, float) and not np.isfinite(value):
        return f'float("{value}")'
    return repr(value)


def as_node(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
