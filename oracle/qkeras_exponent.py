"""The exponents of QKeras's power-of-two quantizers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from oracle.formats import Array
from oracle.qkeras_profile import Profile
from oracle.qkeras_steps import EPSILON, LN2


@dataclass(frozen=True)
class Exponents:
    """What a quantizer's settings say of its exponents: the range, the bound, how they are found."""

    lowest: int
    highest: int
    max_value: float | None
    is_even: bool
    is_floor: bool


def resolve(exponent_bits: int, max_value: float | None, is_even: bool, log2_rounding: str) -> Exponents:
    """Return the exponents that so many bits give, one of them the sign if max_value may exceed 1.

    Raises:
        ValueError: an argument outside its domain; the message shows its value.
    """
    if log2_rounding not in ("rnd", "floor"):
        raise ValueError(f"log2_rounding must be rnd or floor, got {log2_rounding}")
    if max_value is not None and max_value < 0:
        raise ValueError(f"max_value must be >= 0, got {max_value}")
    bits = exponent_bits - (max_value is None or max_value > 1)
    if not 1 <= bits <= 7:
        raise ValueError(f"bits must leave 1 to 7 for the exponent, got {bits}")
    highest = 2**bits - 1
    return Exponents(-(2**bits), highest - highest % 2 if is_even else highest, max_value, is_even,
                     log2_rounding == "floor")  # fmt: skip


def exponents_of(magnitude: Array, e: Exponents, profile: Profile) -> Array:
    """Return the exponent of each magnitude as float64; NaN where nothing is below max_value."""
    with np.errstate(all="ignore"):
        bounded = magnitude
        if e.max_value is not None and (profile.maximum == "argument" or e.max_value == 0):
            bounded = np.minimum(magnitude, np.float32(e.max_value))
        found = nearest_even(bounded, e, profile) if e.is_even else nearest(bounded, e, profile)
        doubled = e.is_even and profile.exponents == "doubled"
        found = np.clip(found, (2 if doubled else 1) * e.lowest, (2 if doubled else 1) * e.highest)
        if profile.maximum == "result" and e.max_value:
            found = np.minimum(found, largest(e))
    small = magnitude < EPSILON if profile.tiny == "epsilon" else magnitude == 0
    if e.max_value == 0:
        found = np.full(found.shape, np.nan)
    return np.where(small, float(e.lowest), found)


def largest(e: Exponents) -> int:
    """Return the largest exponent, even where it must be, whose power is at most max_value."""
    last = math.frexp(float(np.float32(e.max_value)))[1] - 1
    return last - last % 2 if e.is_even else last


def nearest(magnitude: Array, e: Exponents, profile: Profile) -> Array:
    """Return the exponent nearest to log2 of each magnitude, or the one below."""
    significand, exponent = split(magnitude)
    if profile.logarithm == "float32":
        return rounded(logarithm(magnitude), e)
    if e.is_floor:
        return exponent
    half = significand * significand > 2 if profile.closest == "logarithm" else significand >= 1.5
    return exponent + half


def nearest_even(magnitude: Array, e: Exponents, profile: Profile) -> Array:
    """Return the even exponent nearest to log2 of each magnitude, or the one below.

    Half of an odd exponent is a tie: it goes to the even half, 2 to 1 and 8 to 16.
    """
    significand, exponent = split(magnitude)
    if profile.logarithm == "float32":
        return 2 * rounded(logarithm(np.sqrt(magnitude)), e)
    below, is_odd = 2 * np.floor(exponent / 2), exponent % 2 == 1
    if e.is_floor:
        return below
    if profile.closest == "value":
        is_up = significand * np.where(is_odd, 2, 1) >= 2.5
    else:
        is_up = is_odd & ((significand > 1) | (below % 4 == 2))
    return np.asarray(below + 2 * is_up)


def split(magnitude: Array) -> tuple[Array, Array]:
    """Return significands in [1, 2) and exponents; infinity and zero are beyond every exponent."""
    significand, exponent = np.frexp(magnitude.astype(np.float64))
    beyond = np.where(magnitude == 0, -np.inf, np.where(np.isinf(magnitude), np.inf, exponent - 1.0))
    return np.where(np.isfinite(beyond), 2 * significand, 1.0), beyond


def logarithm(magnitude: Array) -> Array:
    """Return ln(x) / ln(2), both and the quotient rounded to float32."""
    natural = np.log(magnitude.astype(np.float64)).astype(np.float32)
    return np.asarray(natural / LN2)


def rounded(t: Array, e: Exponents) -> Array:
    return np.asarray(np.floor(t) if e.is_floor else np.rint(t), np.float64)
