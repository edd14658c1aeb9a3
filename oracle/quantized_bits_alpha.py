"""The alpha that `auto` and `auto_po2` determine: one for each channel of a tensor."""

from __future__ import annotations

from math import ceil, floor, log2
from typing import Any

import numpy as np

from oracle.formats import FLOAT32, Array
from oracle.quantized_bits_profile import Profile
from oracle.rounding import ROUND

EPSILON = np.float32(1e-7)  # Keras's, which is added to denominators and logarithms
LN2 = np.float32(np.log(2.0))
ROUNDS = 5  # of the iterated search
INDISTINCT = 1e-9  # errors that differ by less, relative to the sum of squares, are one


def round_codes(t: Array, low: int, high: int, profile: Profile) -> Array:
    """Return the codes of a tensor whose alpha is determined, as floats with the sign of t."""
    if profile.auto_rounding == "same":
        codes = ROUND[profile.rounding](t, FLOAT32)
    elif profile.auto_rounding == "half_away":
        codes = ROUND["half_away"](t, FLOAT32)
    else:
        codes = np.copysign(np.floor(np.abs(t) + t.dtype.type(0.5)), t)
    clipped: Array = np.clip(codes, t.dtype.type(low), t.dtype.type(high))
    return clipped


def find_steps(channels: Array, alpha: str, codes: tuple[int, int], profile: Profile,
               fitted: Array) -> tuple[Array, Array]:  # fmt: skip
    """Return for each channel the step of its codes and the one that codes stand for.

    Args:
        channels: float32, one channel in each column; its maximum decides.
        alpha: auto or auto_po2.
        codes: the first and the last code.
        fitted: the columns that a search fits; those of `channels`, or each element its own.
    """
    low, high = codes
    largest = np.abs(channels) if low < 0 else channels
    peak = largest.max(axis=0)
    with np.errstate(all="ignore"):
        inverse = np.float32(1) / np.float32(high)
        step = peak * inverse if profile.maximum == "reciprocal" else peak / np.float32(high)
    if alpha == "auto":
        return step, step
    if profile.search == "best":
        powers = [best_power(column, codes, profile) for column in fitted.T]
        best = np.array([np.ldexp(1.0, power) for power in powers], np.float32)
        return best, best
    return iterate(np.broadcast_to(step, fitted.shape[1:]), fitted, codes, profile)


def best_power(column: Array, codes: tuple[int, int], profile: Profile) -> int:
    """Return the exponent of the power of two with the least squared error, the larger of two."""
    powers, errors = squared_errors(column, codes, profile)
    # Of a channel of nothing but 0 there is none; it is not judged.
    return int(powers[np.flatnonzero(errors == errors.min())[-1]]) if len(powers) else 0


def squared_errors(column: Array, codes: tuple[int, int], profile: Profile) -> tuple[Array, Array]:
    """Return every exponent that can be the best one, and the squared error that it leaves.

    A step below the smallest magnitude / last code clips every element, and a larger one is better; a
    step above twice the largest magnitude gives code 0 throughout, as the one before it.
    """
    x = column.astype(np.float64)
    magnitudes = np.abs(x[x != 0])
    if not len(magnitudes) or not np.isfinite(magnitudes).all() or codes[1] < 1:
        return np.array([], int), np.array([])
    first = floor(log2(magnitudes.min() / codes[1])) - 1
    powers = np.arange(first, ceil(log2(magnitudes.max())) + 2)
    steps = np.ldexp(1.0, powers)[:, None]
    with np.errstate(over="ignore"):
        found = round_codes((x / steps).astype(np.float32), *codes, profile)
    return powers, np.sum((x - found * steps) ** 2, axis=1)


def is_tied(column: Array, codes: tuple[int, int]) -> bool:
    """Whether two powers of two leave the same least squared error."""
    _, errors = squared_errors(column, codes, Profile())
    near = errors <= errors.min(initial=np.inf) + INDISTINCT * np.sum(column.astype(np.float64) ** 2)
    return int(near.sum()) > 1


def nearest_power(step: Array) -> Array:
    """Return 2^round(log(step + 1e-7) / log(2)), computed in float32."""
    logarithm = np.log((step + EPSILON).astype(np.float64)).astype(np.float32)
    power: Array = np.exp2(np.rint(logarithm / LN2)).astype(np.float32)
    return power


def iterate(step: Array, fitted: Array, codes: tuple[int, int], profile: Profile) -> tuple[Array, Array]:
    """Return the last step but one, of which the codes are, and the last, which multiplies them."""
    step = nearest_power(step)
    before = step
    with np.errstate(all="ignore"):
        for _ in range(ROUNDS):
            before = step
            found = round_codes(fitted / step, *codes, profile)
            step = nearest_power(mean(fitted * found) / (mean(found * found) + EPSILON))
    return before, step


def mean(columns: Array) -> Any:
    """Return the mean of each column; sums are exact in float64, and rounded once."""
    total = columns.astype(np.float64).sum(axis=0).astype(np.float32)
    return total / np.float32(len(columns))
