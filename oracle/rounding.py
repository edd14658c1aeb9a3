"""Rounding to whole numbers, each mode beside its name.

Every mode works in the floating-point format it is given and returns whole floats of it; NaN and
infinities pass. `floor_plus_half` and `truncate_plus_half` are the ways of *writing* half_up and
half_away that differ from them, because the addition of one half is itself rounded.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from oracle.formats import Array, Format, round_into

Rounding = Callable[[Array, Format], Array]


def half_even(t: Array, _: Format) -> Array:
    """Nearest; ties to even: 0.5 -> 0, 1.5 -> 2, -0.5 -> -0."""
    whole: Array = np.rint(t)
    return whole


def half_up(t: Array, _: Format) -> Array:
    """Nearest; ties toward +inf: 0.5 -> 1, -0.5 -> 0."""
    low: Array = np.floor(t)
    return low + (t - low >= 0.5)


def half_down(t: Array, target: Format) -> Array:
    """Nearest; ties toward -inf: 0.5 -> 0, -0.5 -> -1."""
    return -half_up(-t, target)  # not t - floor(t) > 0.5: -0.49999997 + 1 rounds to 0.5


def half_away(t: Array, _: Format) -> Array:
    """Nearest; ties away from zero: 0.5 -> 1, -0.5 -> -1."""
    low = np.floor(np.abs(t))
    whole: Array = np.copysign(low + (np.abs(t) - low >= 0.5), t)
    return whole


def half_toward_zero(t: Array, _: Format) -> Array:
    """Nearest; ties toward zero: 0.5 -> 0, 1.5 -> 1, -1.5 -> -1."""
    low = np.floor(np.abs(t))
    whole: Array = np.copysign(low + (np.abs(t) - low > 0.5), t)
    return whole


def toward_zero(t: Array, _: Format) -> Array:
    """Drop the fraction: 1.9 -> 1, -1.9 -> -1."""
    return np.trunc(t)


def floor(t: Array, _: Format) -> Array:
    """The largest whole number not above: -0.1 -> -1."""
    return np.floor(t)


def ceil(t: Array, _: Format) -> Array:
    """The smallest whole number not below: 0.1 -> 1."""
    return np.ceil(t)


def floor_plus_half(t: Array, target: Format) -> Array:
    """floor(t + 0.5), the sum rounded: in float32 0.49999997 -> 1."""
    return np.floor(round_into(t + target.carrier(0.5), target))


def truncate_plus_half(t: Array, target: Format) -> Array:
    """trunc(t + copysign(0.5, t)), the sum rounded: in float32 0.49999997 -> 1, -0.49999997 -> -1."""
    return np.trunc(round_into(t + np.copysign(target.carrier(0.5), t), target))


ROUND: dict[str, Rounding] = {
    f.__name__: f
    for f in (
        half_even, half_up, half_down, half_away, half_toward_zero,
        toward_zero, floor, ceil, floor_plus_half, truncate_plus_half,
    )
}  # fmt: skip
