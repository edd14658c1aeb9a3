"""What QKeras's stochastic quantizers share: the support of a draw, and how often its upper end comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_profile import Profile
from oracle.qkeras_steps import present
from oracle.specification import Arguments, Bound

SIGMAS = 6
NEVER = 1e-15  # a probability below it is 0: no count of draws shows it


def probabilities(x: Array, temperature: float, is_real: bool, profile: Profile) -> Array:
    """Return the probability of the upper value of each element, in float64."""
    t = (1.0 if profile.probability == "unscaled" else temperature) * x.astype(np.float64)
    p = 0.5 + 0.5 * np.tanh(t / 2) if is_real else np.clip(0.5 * t + 0.5, 0, 1)
    return np.full(x.shape, 0.5) if profile.probability == "even" else p


def drawn(x: Array, ends: tuple[float, float], p: Array, draws: int, profile: Profile) -> dict[str, Array]:
    """Return the lowest and the highest value that is drawn, and how often the highest is expected."""
    low, high = (present(x, np.full(x.shape, end), profile) for end in ends)
    lowest, highest = np.where(p > 1 - NEVER, high, low), np.where(p < NEVER, low, high)
    count = np.where(lowest == highest, draws, np.rint(p * draws)).astype(np.int64)
    return {"lowest": lowest, "highest": highest, "count": count}


def check(alpha: Any, temperature: float, draws: int) -> None:
    """Raise ValueError for arguments outside the operations' domain."""
    if isinstance(alpha, str) or (alpha is not None and not alpha > 0):
        raise ValueError(f"alpha must be None or a number > 0, got {alpha}")
    if not temperature > 0:
        raise ValueError(f"temperature must be > 0, got {temperature}")
    if draws <= 0:
        raise ValueError(f"draws must be > 0, got {draws}")


def six_sigma(arguments: Arguments, wanted: Mapping[str, Any]) -> Array:
    """Return how far a count may lie from the expected one; 0 where only one value can be drawn."""
    n = int(arguments["draws"])
    p = np.asarray(wanted["count"]) / n
    return np.where(wanted["lowest"] == wanted["highest"], 0.0, SIGMAS * np.sqrt(n * p * (1 - p)) + 1)


COUNT_BOUND = Bound(
    "count",
    six_sigma,
    "A count of n draws with probability p is binomial: six of its sqrt(n p (1 - p)), and 1 for the"
    " rounding of what is expected.",
)


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    if np.isnan(np.asarray(arguments["x"])).any():
        return "QKeras says nothing about NaN"
    return None


def is_elementwise(_: Arguments, __: Profile) -> bool:
    return False
