"""QKeras bernoulli: 1 with probability sigmoid(temperature * x), else 0."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_draws import COUNT_BOUND, check, drawn, is_elementwise, probabilities, undefined
from oracle.qkeras_profile import DEFINITION, MEANING, Profile, axes
from oracle.qkeras_steps import reals
from oracle.specification import Definition

PRESENTATION = {
    **MEANING["presentation"],
    "difference_unless_one": "x + (quantized - x), each sum rounded, where alpha is not 1; else the quantized"
    " value",
}
AXES = {"bernoulli": axes("probability", settings=("given", "of_config"), presentation=tuple(PRESENTATION))}


def bernoulli(
    x: Any,
    draws: int,
    alpha: float | None = None,
    temperature: float = 6.0,
    use_real_sigmoid: bool = True,
    profile: Profile = DEFINITION,
) -> dict[str, Array]:
    """Return the values that are drawn, and how often the higher one is expected.

        value = alpha with probability sigmoid(temperature * x), else 0

    Args:
        x: real values; float32, one axis.
        draws: how often each element is drawn; > 0.
        alpha: None, which is 1, or a number > 0.
        temperature: > 0.
        use_real_sigmoid: else clip(t / 2 + 1/2, 0, 1) is the probability.
        profile: the arithmetic; the default is the definition.

    Returns:
        lowest, highest: float32, the shape of x; count: int64, the draws equal to the highest, expected.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, bernoulli: "Computes a Bernoulli sample with probability sigmoid(x)",
        "temperature: amplifier factor for sigmoid function", "use_real_sigmoid: use real sigmoid for
        probability", "the range will be in practical terms [0,1]".
    Silent about: NaN.
    """
    check(alpha, temperature, draws)
    values = reals(x)
    size = float(np.float32(1.0 if alpha is None else alpha))
    heat, is_real = (6.0, True) if profile.settings == "of_config" else (temperature, use_real_sigmoid)
    p = probabilities(values, heat, is_real, profile)
    if profile.presentation == "difference_unless_one":
        profile = replace(profile, presentation="value" if size == 1 else "difference")
    return drawn(values, (0.0, size), p, draws, profile)


OPERATIONS = (
    Definition(
        function=bernoulli,
        source="QKeras 0.9.0, qkeras/quantizers.py, bernoulli",
        sentences=(
            "Computes a Bernoulli sample with probability sigmoid(x).",
            "temperature: amplifier factor for sigmoid function, making stochastic less stochastic as it"
            " moves away from 0.",
        ),
        silences=(),
        profile=DEFINITION,
        axes=AXES["bernoulli"],
        meaning={**MEANING, "presentation": PRESENTATION},
        family="qkeras",
        is_elementwise=is_elementwise,
        undefined=undefined,
        bounds=(COUNT_BOUND,),
    ),
)
