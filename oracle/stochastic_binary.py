"""QKeras stochastic_binary: in training 1 with probability sigmoid(temperature * x), else -1."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_draws import COUNT_BOUND, check, drawn, is_elementwise, probabilities, undefined
from oracle.qkeras_profile import DEFINITION, MEANING, Profile, axes
from oracle.qkeras_steps import reals
from oracle.specification import Definition

AXES = {"stochastic_binary": axes("probability", "presentation")}


def stochastic_binary(
    x: Any,
    draws: int,
    alpha: float | None = None,
    temperature: float = 6.0,
    use_real_sigmoid: bool = True,
    training: bool = True,
    profile: Profile = DEFINITION,
) -> dict[str, Array]:
    """Return the values that are drawn, and how often the higher one is expected.

        value = alpha with probability sigmoid(temperature * x), else -alpha
        outside training alpha * sign(x), 1 of 0

    Args:
        x: real values; float32, one axis.
        draws: how often each element is drawn; > 0.
        alpha: None, which is 1, or a number > 0.
        temperature: > 0.
        use_real_sigmoid: else clip(t / 2 + 1/2, 0, 1) is the probability.
        training: whether the learning phase is that of training.
        profile: the arithmetic; the default is the definition.

    Returns:
        lowest, highest: float32, the shape of x; count: int64, the draws equal to the highest, expected.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, stochastic_binary: "Computes a stochastic activation function
        returning -alpha or +alpha", "temperature: amplifier factor for sigmoid function", "use_real_sigmoid:
        use real sigmoid from tensorflow for probablity".
    Silent about: NaN.
    """
    check(alpha, temperature, draws)
    values = reals(x)
    size = float(np.float32(1.0 if alpha is None else alpha))
    p = probabilities(values, temperature, use_real_sigmoid, profile)
    if not training:
        p = np.where(values >= 0, 1.0, 0.0)
    # Without alpha, outside training, x + (q - x) is taken of tanh(x), and exact: see binary.
    is_exact = not training and alpha is None
    return drawn(np.zeros_like(values) if is_exact else values, (-size, size), p, draws, profile)


OPERATIONS = (
    Definition(
        function=stochastic_binary,
        source="QKeras 0.9.0, qkeras/quantizers.py, stochastic_binary",
        sentences=(
            "Computes a stochastic activation function returning -alpha or +alpha.",
            "temperature: amplifier factor for sigmoid function",
        ),
        silences=(),
        profile=DEFINITION,
        axes=AXES["stochastic_binary"],
        meaning=MEANING,
        family="qkeras",
        is_elementwise=is_elementwise,
        undefined=undefined,
        bounds=(COUNT_BOUND,),
    ),
)
