"""Arithmetic that numpy lacks: one rounding for x*k + z, flushed subnormals, integers that wrap."""

from __future__ import annotations

from math import inf, isfinite

import numpy as np

from oracle.formats import BFLOAT16, FLOAT64, Array, Format, round_into, round_to_odd

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


def fused_multiply_add(x: Array, k: Array, z: Array, target: Format) -> Array:
    """Return x*k + z of values of one format, rounded once into it.

    The product of two float32 is exact in float64. The sum with z is split into its float64
    nearest and the exact rest, rounded to odd, and rounded once more into the target, which has
    at least two bits fewer: that equals a single rounding. `float32(float64(x)*k + z)` does not
    (it rounds twice). float64 has no wider format and is computed in integers, slowly.
    """
    if target is FLOAT64:
        slowly: Array = np.vectorize(_fused_in_integers, otypes=[np.float64])(x, k, z)
        return slowly
    with np.errstate(invalid="ignore", over="ignore"):
        product = np.asarray(x, np.float64) * np.asarray(k, np.float64)
        addend = np.broadcast_to(np.asarray(z, np.float64), product.shape)
        total, rest = exact_sum(product, addend)
        return round_into(round_to_odd(total, rest), target)


def exact_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the float64 sum of a and b and the exact rest (Knuth's two-sum)."""
    total = a + b
    shadow: Array = total - a
    rest = (a - (total - shadow)) + (b - shadow)
    return total, np.where(np.isfinite(total), rest, 0.0)


def _fused_in_integers(x: float, k: float, z: float) -> float:
    if not (isfinite(x) and isfinite(k)):
        return x * k + z
    if not isfinite(z):
        return z  # x*k may overflow to the other infinity
    (a, b), (c, d), (e, f) = x.as_integer_ratio(), k.as_integer_ratio(), z.as_integer_ratio()
    exact = a * c * f + e * b * d
    if exact == 0:
        return x * k + z  # the sign of an exact zero
    try:
        return exact / (b * d * f)  # Python divides integers with one rounding
    except OverflowError:
        return inf if exact > 0 else -inf


def flush(values: Array, target: Format) -> Array:
    """Replace subnormal values of a format by zeros of their sign."""
    small = np.abs(values) < target.carrier(target.smallest_normal)
    return np.where(small, np.copysign(target.carrier(0), values), values).astype(values.dtype)


def convert_x86(values: Array, lowest: int, highest: int) -> Array:
    """Convert whole floats to integers as x86 does: outside the type, and NaN, gives its lowest."""
    if values.dtype == np.float16:  # its infinity would compare as inside
        values = values.astype(np.float32)
    with np.errstate(invalid="ignore"):
        inside = (values >= lowest) & (values < float(highest) + 1)
        return np.where(inside, np.where(inside, values, 0).astype(np.int64), lowest)


def wrap32(codes: Array) -> Array:
    """Wrap int64 to the range of int32, two's complement."""
    wrapped: Array = ((codes + 2**31) & (2**32 - 1)) - 2**31
    return wrapped


def saturate(values: Array, lowest: int, highest: int) -> Array:
    """Convert whole floats to int64, clipped to [lowest, highest]; NaN must not occur."""
    with np.errstate(invalid="ignore"):
        low, high = values <= lowest, values >= highest
        middle = np.where(low | high, 0, values).astype(np.int64)
    return np.where(low, lowest, np.where(high, highest, middle))


def round_result(values: Array, target: Format, flushed: bool) -> Array:
    """Round the carrier's result into the format, and flush it where the profile does."""
    if target is BFLOAT16:
        values = round_into(values, target)
    return flush(values, target) if flushed else values
