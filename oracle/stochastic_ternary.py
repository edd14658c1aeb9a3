"""QKeras stochastic_ternary: in training the mean of two stochastic signs, times a scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_draws import SIGMAS, undefined
from oracle.qkeras_profile import DEFINITION, MEANING, Profile, axes
from oracle.qkeras_scale import AUTO
from oracle.qkeras_steps import EPSILON, present, reals
from oracle.specification import Arguments, Bound, Definition, Silence
from oracle.ternary import iterate, ternary
from oracle.ternary import undefined as undefined_ternary

RARE = 1e-6  # a probability below it is 0: 4096 draws do not show it
AXES = {
    "stochastic_ternary": axes("auto_edge", "epsilon", "presentation", probability=("sigmoid", "unscaled"))
}
WORDS = MEANING | {
    "probability": {
        "sigmoid": "each sign is positive with chance sigmoid(temperature * (x ∓ scale / 2) / deviation)",
        "unscaled": "each sign is positive with chance sigmoid((x ∓ scale / 2) / deviation)",
    }
}


def stochastic_ternary(
    x: Any,
    draws: int,
    alpha: str,
    temperature: float = 8.0,
    use_real_sigmoid: bool = True,
    number_of_unrolls: int = 5,
    training: bool = True,
    profile: Profile = DEFINITION,
) -> dict[str, Array]:
    """Return the values that are drawn, and how often the highest one and 0 are expected.

        value = scale * (q0 + q1) / 2
        q0, q1 = 1 with probability sigmoid(temperature * (x ∓ scale / 2) / deviation), else -1
        scale as of ternary, deviation the standard deviation, both over all axes but the last
        outside training ternary(x)

    Args:
        x: real values; float32, two axes, finite.
        draws: how often each element is drawn; > 0.
        alpha: auto or auto_po2.
        temperature: > 0.
        use_real_sigmoid: else clip(t / 2 + 1/2, 0, 1) is the probability.
        number_of_unrolls: how often scale and threshold are computed from each other; >= 1.
        training: whether the learning phase is that of training.
        profile: the arithmetic; the default is the definition.

    Returns:
        lowest, highest: float32, the shape of x; count, zeros: int64, the draws equal to the highest, and
        those equal to 0, expected. A value of a probability below 1e-6 is not drawn.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, stochastic_ternary: "Computes a stochastic activation function
        returning -alpha, 0 or +alpha", "temperature: amplifier factor for sigmoid function, making
        stochastic less stochastic as it moves away from 0", "number_of_unrolls: number of times we iterate
        between scale and threshold"; "right now we only accept alpha = "auto" or "auto_po2""; which two
        sigmoids, by __call__ alone.
    Silent about: NaN, |x| at half the scale.
    """
    values = check(x, draws, alpha, temperature, number_of_unrolls)
    if not training:
        value = ternary(values, alpha, None, number_of_unrolls, profile)
        return {"lowest": value, "highest": value, "count": np.full(values.shape, draws),
                "zeros": np.where(value == 0, draws, 0)}  # fmt: skip
    # A channel of nothing but 0 has no scale, one without a deviation no chances.
    with np.errstate(all="ignore"):
        scale, _ = iterate(values, alpha, number_of_unrolls, profile)
        above, below = map(np.nan_to_num, chances(values, scale, temperature, use_real_sigmoid, profile))
    none, one = np.zeros_like(values), np.broadcast_to(scale, values.shape)
    low, middle, high = (present(values, end, profile) for end in (-one, none, one))
    zero = 1 - above - below
    highest = np.where(above > RARE, high, np.where(zero > RARE, middle, low))
    lowest = np.where(below > RARE, low, np.where(zero > RARE, middle, high))
    share = np.where(above > RARE, above, np.where(zero > RARE, zero, 1.0))
    zeros = np.rint(np.where(zero > RARE, zero, 0.0) * draws).astype(np.int64)
    return {
        "lowest": lowest,
        "highest": highest,
        "count": np.rint(share * draws).astype(np.int64),
        "zeros": zeros,
    }


def check(x: Any, draws: int, alpha: Any, temperature: float, unrolls: int) -> Array:
    """Return x, or raise ValueError for arguments outside the operation's domain."""
    values = reals(x)
    if values.ndim != 2:
        raise ValueError(f"x must have two axes, got {values.shape}")
    if alpha not in AUTO:
        raise ValueError(f"alpha must be auto or auto_po2, got {alpha}")
    if not temperature > 0:
        raise ValueError(f"temperature must be > 0, got {temperature}")
    if draws <= 0:
        raise ValueError(f"draws must be > 0, got {draws}")
    if unrolls < 1:
        raise ValueError(f"number_of_unrolls must be >= 1, got {unrolls}")
    return values


def chances(
    x: Array, scale: Array, temperature: float, is_real: bool, profile: Profile
) -> tuple[Array, Array]:
    """Return the probabilities of the scale and of its negative, in float64."""
    wide, heat = x.astype(np.float64), 1.0 if profile.probability == "unscaled" else temperature
    deviation = wide.std(axis=0, keepdims=True) + (EPSILON if profile.epsilon == "added" else 0)
    first, second = (heat * (wide + side * scale.astype(np.float64) / 2) / deviation for side in (-1, 1))
    p0, p1 = (0.5 + 0.5 * np.tanh(t / 2) if is_real else np.clip(t / 2 + 0.5, 0, 1) for t in (first, second))
    return p0 * p1, (1 - p0) * (1 - p1)


def spread(name: str) -> Bound:
    """Return how far a count may lie from the expected one: six sigma, and 1 for the rounding."""

    def size(arguments: Arguments, wanted: Mapping[str, Any]) -> Array:
        n = int(arguments["draws"])
        p = np.asarray(wanted[name]) / n
        return np.where(wanted["lowest"] == wanted["highest"], 0.0, SIGMAS * np.sqrt(n * p * (1 - p)) + 1)

    proof = (
        "A count of n draws with probability p is binomial: six sqrt(n p (1 - p)), and 1 for the rounding."
    )
    return Bound(name, size, proof)


def undefined_here(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    if found := undefined(arguments) or undefined_ternary(arguments):
        return found
    return None if np.asarray(arguments["x"]).std(axis=0).all() else "a channel without a deviation"


def is_at_half(arguments: Arguments) -> bool:
    return True


def is_elementwise(_: Arguments, __: Profile) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=stochastic_ternary,
        source="QKeras 0.9.0, qkeras/quantizers.py, stochastic_ternary",
        sentences=(
            "Computes a stochastic activation function returning -alpha, 0 or +alpha.",
            "temperature: amplifier factor for sigmoid function, making stochastic less stochastic as it"
            " moves away from 0.",
            "number_of_unrolls: number of times we iterate between scale and threshold.",
        ),
        silences=(
            Silence("auto_edge", ("inclusive", "strict"), is_at_half,
                    "the text does not say whether half the scale is in the dead band"),
        ),
        profile=DEFINITION,
        axes=AXES["stochastic_ternary"],
        meaning=WORDS,
        family="qkeras",
        is_elementwise=is_elementwise,
        undefined=undefined_here,
        bounds=(spread("count"), spread("zeros")),
    ),
)  # fmt: skip
