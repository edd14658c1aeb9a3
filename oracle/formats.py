"""Floating-point formats, as data: how values of a format are carried and how they are rounded into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from oracle.bfloat16 import Bfloat16

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Format:
    """A binary floating-point format with gradual underflow.

    `precision` counts the bits of the significand, the hidden one included. A value travels in the
    numpy dtype `carrier`; bfloat16 has none of its own and travels in float32.
    """

    name: str
    precision: int
    min_exponent: int  # the exponent of the smallest normal number, 2**min_exponent
    carrier: type[np.floating[Any]]

    @property
    def smallest_normal(self) -> float:
        return float(2.0**self.min_exponent)

    @property
    def largest(self) -> float:
        return float((2.0 - 2.0 ** (1 - self.precision)) * 2.0 ** (1 - self.min_exponent))


FLOAT16 = Format("float16", 11, -14, np.float16)
BFLOAT16 = Format("bfloat16", 8, -126, np.float32)
FLOAT32 = Format("float32", 24, -126, np.float32)
FLOAT64 = Format("float64", 53, -1022, np.float64)
BY_DTYPE = {np.dtype(f.carrier): f for f in (FLOAT16, FLOAT32, FLOAT64)}
FORMATS = {f.name: f for f in (FLOAT16, BFLOAT16, FLOAT32, FLOAT64)}


def format_of(value: Any) -> Format:
    """Return the format of an array, a numpy scalar or a Bfloat16.

    Raises:
        ValueError: the dtype is none of float16, bfloat16, float32, float64.
    """
    if isinstance(value, Bfloat16):
        return BFLOAT16
    dtype = np.asarray(value).dtype
    found = BY_DTYPE.get(dtype) or BY_DTYPE.get(dtype.newbyteorder("="))
    if found is None:
        raise ValueError(f"reals must be float16, bfloat16, float32 or float64, got {dtype.name}")
    return found


def carried(value: Any) -> Array:
    """Return the values of an array, a numpy scalar or a Bfloat16 in their carrier."""
    return value.values if isinstance(value, Bfloat16) else np.asarray(value)


def wider(a: Format, b: Format) -> Format:
    """Return the format numpy and C++ promote to; float16 with bfloat16 gives float32."""
    if {a, b} == {FLOAT16, BFLOAT16}:
        return FLOAT32
    return a if a.precision >= b.precision else b


def round_into(values: Array, target: Format) -> Array:
    """Round values of any carrier into a format, once, ties to even.

    float64 -> bfloat16 goes through float32 rounded to odd, because two roundings to nearest
    differ from one (1 + 2^-8 + 2^-40 would become a tie).
    """
    if target is not BFLOAT16:
        return values.astype(target.carrier)
    if values.dtype == np.float64:
        values = round_to_odd32(values, np.zeros_like(values))
    return round_bfloat16(values.astype(np.float32))


def round_bfloat16(values: Array) -> Array:
    """Round float32 to the nearest bfloat16, ties to even; NaN stays a quiet NaN."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    is_odd = np.uint32(1) & (bits >> np.uint32(16))
    rounded = (bits + is_odd + np.uint32(0x7FFF)) & np.uint32(0xFFFF0000)  # only a NaN's bits wrap
    rounded[np.isnan(values)] = np.uint32(0x7FC00000)
    return rounded.view(np.float32).reshape(values.shape)


def round_to_odd32(values: Array, error: Array) -> Array:
    """Round the exact sum values + error (float64, |error| below half an ulp of values) to odd in float32.

    A value rounded to odd keeps the side of every tie, so one more rounding, to at least two bits
    fewer, gives what a single rounding of the exact sum gives (Boldo and Melquiond, 2008).
    """
    odd = round_to_odd(values, error)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        near = odd.astype(np.float32)
        back = near.astype(np.float64)
        inexact = np.isfinite(odd) & (back != odd)
        away = inexact & (np.abs(back) > np.abs(odd))
        bits = near.view(np.uint32) - away.astype(np.uint32)  # truncate toward zero
        bits = np.where(inexact, bits | np.uint32(1), bits)
    return bits.view(np.float32).reshape(values.shape)


def round_to_odd(values: Array, error: Array) -> Array:
    """Round the exact sum values + error to odd in float64; error is the rest of an exact addition."""
    bits = np.ascontiguousarray(values).view(np.int64)
    inexact = np.isfinite(values) & (error != 0)
    even = (bits & 1) == 0
    toward_zero = np.signbit(error) != np.signbit(values)
    # An even neighbour that was rounded away from zero lies above the exact value: step back to it.
    step = np.where(toward_zero, -1, 1)
    moved = np.where(inexact & even, bits + step, bits)
    return moved.view(np.float64).reshape(values.shape)
