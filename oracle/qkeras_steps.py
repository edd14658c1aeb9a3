"""Steps that QKeras's quantizers share: float32 arithmetic in the order of qkeras/quantizers.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from oracle.arithmetic import flush
from oracle.formats import FLOAT32, FLOAT64, Array
from oracle.qkeras_profile import Profile
from oracle.rounding import ROUND

LN2 = np.float32(math.log(2.0))
EPSILON = np.float32(1e-7)  # tf.keras.backend.epsilon()


def reals(x: Any) -> Array:
    """Return x as a float32 array, or raise ValueError."""
    values = np.asarray(x)
    if values.dtype != np.float32:
        raise ValueError(f"x must be float32, got {values.dtype.name}")
    return values


def check_bits(bits: int, lowest: int = 1, highest: int = 16) -> None:
    """Raise ValueError for a width that no definition has, or that float32 cannot hold."""
    if not lowest <= bits <= highest:
        raise ValueError(f"bits must be in [{lowest}, {highest}], got {bits}")


def is_power_of_two(value: float) -> bool:
    return value > 0 and math.frexp(value)[0] == 0.5


def inputs(x: Any, profile: Profile) -> Array:
    """Return x as float32, without its subnormals where the profile flushes them."""
    values = reals(x)
    return flush(values, FLOAT32) if profile.subnormals == "flushed" else values


def whole(t: Array, profile: Profile) -> Array:
    """Round float64 to whole numbers; float64 holds every intermediate of a float32 input exactly."""
    return ROUND[profile.rounding](t, FLOAT64)


def present(x: Array, quantized: Array, profile: Profile) -> Array:
    """Return the quantized value as the profile presents it: itself, or x + (quantized - x)."""
    with np.errstate(all="ignore"):
        value = np.asarray(quantized, np.float64).astype(np.float32)
        if profile.subnormals == "flushed":
            value = flush(value, FLOAT32)
        if profile.presentation == "value":
            return np.asarray(value + np.float32(0))  # a code has no sign of zero
        return np.asarray(x + (value - x))


def hard_sigmoid(x: Array, profile: Profile) -> Array:
    """Return clip(x / 2 + 1 / 2, 0, 1) as float64, its sum rounded to float32 where the profile says so."""
    with np.errstate(all="ignore"):
        if profile.normalization == "float32":
            t = (np.float32(0.5) * x + np.float32(0.5)).astype(np.float64)
        else:
            t = 0.5 * x.astype(np.float64) + 0.5
    return np.clip(t, 0.0, 1.0)
