"""Where the step size of LSQ starts (arXiv 1902.08153), and the range that an export should hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.lsq import PAPER
from oracle.lsq_steps import check_range, is_not_finite
from oracle.specification import Arguments, Bound, Definition


@dataclass(frozen=True)
class Profile:
    """One way of choosing the first step size."""

    statistic: str = "mean_absolute"
    divisor: str = "root"


MEANING: dict[str, dict[str, str]] = {
    "statistic": {
        "mean_absolute": "twice the mean of |x|",
        "largest": "twice the largest |x|",
        "constant": "0.01, whatever x is",
    },
    "divisor": {
        "root": "divided by sqrt(qmax)",
        "qmax": "divided by qmax",
    },
}


def lsq_initial_step(x: Any, qmin: int, qmax: int, profile: Profile = Profile()) -> dict[str, Array]:
    """Return the step size before the first training step.

        step = 2 * mean(|x|) / sqrt(qmax)

    Args:
        x: the weights, or the first batch of an activation; float32, not empty, any shape.
        qmin, qmax: first and last code, inclusive; qmin <= 0 < qmax (the paper's -Q_N and Q_P).
        profile: the arithmetic; the default is the definition.

    Returns:
        step: float32, real units per code, shape (); 0 where x is all 0. The sum, the mean, its double, the
        root and the quotient are each rounded to float32.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Esser et al. 2020, section 2.1: "each layer of weights and each layer of activations has a
        distinct step size, represented as an fp32 value, initialized to 2<|v|>/sqrt(Q_P), computed on
        either the initial weights values or the first batch of activations, respectively".
    Silent about: NaN and infinity; the precision of the steps.
    """
    values = np.asarray(x)
    if values.dtype != np.float32 or not values.size:
        raise ValueError(f"x must be float32 and not empty, got {values.dtype.name} {values.shape}")
    check_range(qmin, qmax)
    if profile.statistic == "constant":
        return {"step": np.asarray(np.float32(0.01))}
    magnitudes = np.abs(values).reshape(-1)
    with np.errstate(all="ignore"):
        if profile.statistic == "largest":
            mean = magnitudes.max()
        else:
            mean = np.cumsum(magnitudes, dtype=np.float32)[-1] / np.float32(values.size)
        divisor = np.float32(qmax if profile.divisor == "qmax" else np.sqrt(np.float64(qmax)))
        return {"step": np.asarray(np.float32(mean * np.float32(2)) / divisor)}


def rest_of_mean(arguments: Arguments, wanted: Mapping[str, Any]) -> float:
    """Return how far a sum in another order may move the step size: 0 where every order is exact."""
    values = np.abs(np.asarray(arguments["x"]).astype(np.float64))
    units = values * 2**10
    if bool((units == np.rint(units)).all()) and units.sum() < 2**24:
        return 0.0
    return float((values.size + 4) * 2.0**-24 * abs(float(wanted["step"])) * (1 + 2.0**-10))


PROOF = """A float32 sum of n positive terms lies within (n - 1) u / (1 - (n - 1) u) of the exact one in any
order, u = 2^-24 (Higham, 4.2); four more roundings follow, each of at most u. Multiples of 2^-10 whose sum
is below 2^14 have exact partial sums."""

OPERATIONS = (
    Definition(
        function=lsq_initial_step,
        family="lsq",
        source=f"{PAPER}, section 2.1",
        sentences=(
            "each layer of weights and each layer of activations has a distinct step size, represented as an"
            " fp32 value, initialized to 2<|v|>/sqrt(Q_P), computed on either the initial weights values or"
            " the first batch of activations, respectively",
        ),
        silences=(),
        profile=Profile(),
        axes={axis: tuple(choices) for axis, choices in MEANING.items()},
        meaning=MEANING,
        is_elementwise=lambda _, __: False,
        undefined=is_not_finite,
        bounds=(Bound("step", rest_of_mean, " ".join(PROOF.split())),),
    ),
)
