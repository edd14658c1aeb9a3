"""Points on both sides of every tie and bound, and the integer types by their bounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from oracle.bfloat16 import Bfloat16
from oracle.formats import Array, carried

INT2 = {"qmin": -2, "qmax": 1}
UINT2 = {"qmin": 0, "qmax": 3}
INT4 = {"qmin": -8, "qmax": 7}
UINT4 = {"qmin": 0, "qmax": 15}
INT8 = {"qmin": -128, "qmax": 127}
UINT8 = {"qmin": 0, "qmax": 255}
INT16 = {"qmin": -32768, "qmax": 32767}
UINT16 = {"qmin": 0, "qmax": 65535}
INT32 = {"qmin": -(2**31), "qmax": 2**31 - 1}

FLOAT16_ALL = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
BFLOAT16_ALL = Bfloat16((np.arange(1 << 16, dtype=np.uint32) << np.uint32(16)).view(np.float32))


def singles(values: Iterable[float]) -> Array:
    """Return the values as float32."""
    return np.array(list(values), np.float32)


def neighbours(points: Array) -> Array:
    """Return each point between the next value below and the next above, in its own dtype."""
    infinity = points.dtype.type(np.inf)
    with np.errstate(over="ignore"):
        below, above = np.nextafter(points, -infinity), np.nextafter(points, infinity)
    together: Array = np.stack([below, points, above], axis=-1).reshape(-1)
    return together


def near_ties(scale: Any, steps: Iterable[int], dtype: type[np.floating[Any]] = np.float32) -> Array:
    """Return (k + 1/2) * scale for each step k, rounded to the dtype, with both neighbours."""
    halves = np.array([k + 0.5 for k in steps])
    return neighbours((halves * float(carried(scale)[()])).astype(dtype))


def near_codes(scale: Any, steps: Iterable[int], dtype: type[np.floating[Any]] = np.float32) -> Array:
    """Return k * scale for each step k, rounded to the dtype, with both neighbours."""
    return neighbours((np.array(list(steps), np.float64) * float(carried(scale)[()])).astype(dtype))


def ties_and_bounds(scale: Any, zero_point: int, qmin: int, qmax: int,
                    dtype: type[np.floating[Any]] = np.float32) -> Array:  # fmt: skip
    """Return the points around every tie of at most 256 codes, and of two beyond each bound."""
    return near_ties(scale, range(qmin - zero_point - 2, qmax - zero_point + 2), dtype)


def is_nan_free(points: Array) -> Array:
    """Return the points that are numbers or infinities."""
    kept: Array = points[~np.isnan(points)]
    return kept
