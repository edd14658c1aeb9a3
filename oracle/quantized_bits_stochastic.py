"""QKeras's `quantized_bits` with stochastic rounding: the support, and how often its upper end is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.quantized_bits import Settings, check_arguments, first_and_last
from oracle.specification import Arguments, Bound, Definition

SIGMAS = 6


@dataclass(frozen=True)
class Profile:
    """One way of rounding stochastically."""

    mode: str = "stochastic"
    alpha: str = "divides"
    proportion: str = "fraction"
    inference: str = "nearest"
    auto: str = "stochastic"


MEANING: dict[str, dict[str, str]] = {
    "mode": {
        "stochastic": "in training the fraction is the probability of rounding up",
        "nearest": "in training too, the nearest value is taken, the even one of two",
    },
    "alpha": {
        "divides": "x is divided by the step alpha * 2^(integer - magnitude bits) and multiplied by it again",
        "multiplies": "a given alpha only multiplies the quantized value",
    },
    "proportion": {
        "fraction": "the upper value is drawn in proportion to the fraction",
        "even": "both values are drawn equally often",
        "reversed": "the upper value is drawn in proportion to what is missing to it",
    },
    "inference": {
        "nearest": "outside training the nearest value is taken, the even one of two",
        "stochastic": "outside training the fraction is a probability too",
    },
    "auto": {
        "stochastic": "a determined alpha changes nothing about rounding",
        "nearest": "with a determined alpha the nearest value is taken, ties away from zero",
    },
}
AXES = {"quantized_bits_stochastic": {axis: tuple(choices) for axis, choices in MEANING.items()}}
DEFINITION = Profile()


def quantized_bits_stochastic(
    x: Any,
    draws: int,
    bits: int = 8,
    integer: int = 0,
    symmetric: bool = False,
    keep_negative: bool = True,
    alpha: Any = None,
    training: bool = True,
    profile: Profile = DEFINITION,
) -> dict[str, Array]:
    """Return the values that stochastic rounding can give, and how often the higher one is expected.

        t = x / step, step = alpha * 2^(integer - magnitude bits)
        code = floor(t) + 1 with probability t - floor(t), else floor(t); clipped

    Args:
        x: real values; float32, one axis, finite.
        draws: how often each element is drawn; > 0.
        bits, integer, symmetric, keep_negative: as of quantized_bits.
        alpha: None, a number, or auto, for which x is one channel.
        training: whether the learning phase is that of training; else the nearest value is taken.
        profile: the arithmetic; the default is the definition.

    Returns:
        lowest, highest: float32, shape of x, the ends of the support; count: int64, how many draws are
        equal to the highest, to be expected and rounded.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, class quantized_bits, "use_stochastic_rounding: if true, we perform stochastic
        rounding"; its tutorial, "uses the fracional part of the number as a probability to round up or
        down".
    """
    given = Settings(bits, integer, symmetric, keep_negative, alpha)
    values = check_arguments(x, given)
    if given.is_auto and given.alpha != "auto":
        raise ValueError(f"alpha must be auto when it is a word, got {alpha}")
    if draws <= 0:
        raise ValueError(f"draws must be > 0, got {draws}")
    lowest, highest, share = support(values, given, training, profile)
    count = np.where(lowest == highest, draws, np.rint(share * draws)).astype(np.int64)
    return {"lowest": lowest, "highest": highest, "count": count}


def support(x: Array, given: Settings, training: bool, profile: Profile) -> tuple[Array, Array, Array]:
    """Return both ends of the support of each element, and the probability of the upper one."""
    (low, high), divisor, factor = grid_of(x, given, profile)
    t = (x / divisor).astype(np.float64)
    below, above = np.floor(t), np.ceil(t)
    share = t - below
    if given.is_auto and profile.auto == "nearest":
        below = above = np.copysign(np.floor(np.abs(t) + 0.5), t)
        share = np.ones(t.shape)
    elif (profile.mode if training else profile.inference) == "nearest":
        below, above, share = np.rint(t), np.rint(t), np.ones(t.shape)
    elif profile.proportion != "fraction":
        share = np.full(t.shape, 0.5) if profile.proportion == "even" else 1 - share
    ends = [((np.clip(code, low, high) + 0.0).astype(np.float32) * factor) for code in (below, above)]
    return ends[0], ends[1], share


def grid_of(x: Array, given: Settings, profile: Profile) -> tuple[tuple[int, int], Any, Any]:
    """Return the first and the last code, what divides x, and what multiplies a code."""
    low, high = first_and_last(given)
    if given.is_auto:
        low = -high if given.keep_negative else 0
        step = (np.abs(x) if low else x).max() / np.float32(high)
        return (low, high), step, step
    unit = np.float32(np.ldexp(1.0, given.integer - given.magnitude_bits))
    factor = unit * np.float32(1.0 if given.alpha is None else given.alpha)
    return (low, high), factor if profile.alpha == "divides" else unit, factor


def six_sigma(arguments: Arguments, wanted: Mapping[str, Any]) -> Array:
    """Return how far a count may lie from the expected one; 0 where only one value can be drawn."""
    n = int(arguments["draws"])
    p = np.asarray(wanted["count"]) / n
    spread = SIGMAS * np.sqrt(n * p * (1 - p)) + 1
    return np.where(wanted["lowest"] == wanted["highest"], 0.0, spread)


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    if not np.isfinite(arguments["x"]).all():
        return "QKeras does not say what NaN or infinity gives"
    return None


def is_elementwise(_: Arguments, __: Profile) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=quantized_bits_stochastic,
        source="QKeras 0.9.0, quantized_bits: docstring and tutorial",
        sentences=(
            "use_stochastic_rounding: if true, we perform stochastic rounding.",
            "Recent results [...] suggested using stochastic rounding, which uses the fracional part of the"
            " number as a probability to round up or down.",
        ),
        silences=(),
        profile=DEFINITION,
        axes=AXES["quantized_bits_stochastic"],
        meaning=MEANING,
        is_elementwise=is_elementwise,
        family="qkeras",
        undefined=undefined,
        bounds=(
            Bound(
                "count",
                six_sigma,
                "A count of n draws with probability p is binomial: six of its sqrt(n p (1 - p)), and 1 for"
                " the rounding of what is expected.",
            ),
        ),
    ),
)
