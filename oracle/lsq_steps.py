"""What the forward pass and the gradients of LSQ share: checks, the step size in use, scaled values."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.formats import FLOAT32, Array
from oracle.rounding import ROUND
from oracle.specification import Arguments

NEAREST = ("half_even", "half_away", "half_up", "half_down", "half_toward_zero")
INT64 = np.float32(2.0**63)  # the first number that is none of int64
EPSILON = np.float32(2.0**-23)  # the float32 epsilon, a floor that torch's module puts under the step

RANGE = {
    "full": "codes run from qmin to qmax",
    "narrow_low": "of signed codes the lowest is left out",
}
STEP = {
    "given": "the step size as it is",
    "regained": "(step - step * g) + step * g, each operation rounded: it can miss step by an ulp",
    "epsilon": "the step size is at least 2^-23",
}
SCALING = {
    "divide": "x / step",
    "reciprocal": "x * (1 / step), with 1 / step rounded first",
}
ROUNDING = {name: (ROUND[name].__doc__ or "").splitlines()[0] for name in (*NEAREST, "toward_zero", "floor")}


def check_range(qmin: int, qmax: int) -> None:
    """Raise ValueError unless 0 is a code and codes above it exist."""
    if not qmin <= 0 < qmax:
        raise ValueError(f"codes must satisfy qmin <= 0 < qmax, got [{qmin}, {qmax}]")


def checked(x: Any, step: Any, qmin: int, qmax: int) -> Array:
    """Return x as an array, or raise ValueError for what lies outside the operations' domain."""
    values = np.asarray(x)
    if values.dtype != np.float32 or np.asarray(step).dtype != np.float32:
        raise ValueError(f"x and step must be float32, got {values.dtype.name} and {np.asarray(step).dtype}")
    if np.asarray(step).shape != () or not (np.isfinite(step) and step > 0):
        raise ValueError(f"step must be one number, finite and > 0, got {step}")
    check_range(qmin, qmax)
    return values


def used_codes(qmin: int, qmax: int, profile: Any) -> tuple[np.float32, np.float32]:
    """Return the first and the last code."""
    narrow = profile.range == "narrow_low" and qmin < 0
    return np.float32(qmin + narrow), np.float32(qmax)


def gradient_scale(count: int, qmax: int) -> np.float32:
    """Return 1 / sqrt(count * qmax), rounded once to float32 (its float64 has 29 bits to spare)."""
    return np.float32(1.0 / np.sqrt(np.float64(count) * qmax))


def used_step(step: Any, count: int, qmax: int, profile: Any) -> np.float32:
    """Return the step size that x is divided by and codes are multiplied with."""
    given = np.float32(step)
    if profile.step == "regained":
        part = np.float32(given * gradient_scale(count, qmax))
        return np.float32(np.float32(given - part) + part)
    return max(given, EPSILON) if profile.step == "epsilon" else given


def scaled(x: Array, step: np.float32, profile: Any) -> Array:
    """Return x in units of the step size, float32."""
    result: Array = x * (np.float32(1) / step) if profile.scaling == "reciprocal" else x / step
    return result


def rounded(t: Array, profile: Any) -> Array:
    """Return t rounded to whole numbers, float32."""
    return ROUND[profile.rounding](t, FLOAT32)


def is_not_finite(arguments: Arguments) -> str | None:
    """Return why the paper says nothing about these arguments, or None."""
    for name in ("x", "dy"):
        if name in arguments and not np.isfinite(np.asarray(arguments[name])).all():
            return f"the paper computes with real numbers: it says nothing about {name} = NaN or infinity"
    return None


def has_tie(arguments: Arguments) -> bool:
    """Whether a value lies in the middle between two codes."""
    with np.errstate(all="ignore"):
        t = np.asarray(arguments["x"]) / np.float32(arguments["step"])
        inside = (t > arguments["qmin"]) & (t < arguments["qmax"])
        return bool(np.any(inside & (t - np.floor(t) == 0.5)))
