"""QKeras quantized_relu with stochastic rounding: the support, and how often its upper end is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_draws import COUNT_BOUND
from oracle.qkeras_steps import reals
from oracle.quantized_relu import check
from oracle.specification import Arguments, Definition


@dataclass(frozen=True)
class Profile:
    """One way of rounding stochastically; the fields are in the order of the arithmetic."""

    settings: str = "given"
    step: str = "code"
    proportion: str = "fraction"
    inference: str = "nearest"


MEANING: dict[str, dict[str, str]] = {
    "settings": {
        "given": "with the settings that it was made with",
        "of_string": "with the settings that its text gives when it is read again",
    },
    "step": {
        "code": "the two codes next to x are drawn",
        "half": "the two halves of a code next to x are drawn: values between the codes too",
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
}
AXES = {"quantized_relu_stochastic": {axis: tuple(choices) for axis, choices in MEANING.items()}}
DEFINITION = Profile()


def quantized_relu_stochastic(
    x: Any,
    draws: int,
    bits: int,
    integer: int,
    negative_slope: float = 0.0,
    training: bool = True,
    profile: Profile = DEFINITION,
) -> dict[str, Array]:
    """Return the values that stochastic rounding can give, and how often the higher one is expected.

        r    = x if x > 0 else negative_slope * x
        t    = r / scale, scale = 2^(integer - n), n = bits, or bits - 1 with a negative_slope
        code = floor(t) + 1 with probability t - floor(t), else floor(t);
               clipped to [-negative_slope * 2^n, 2^n - 1]

    Args:
        x: real values; float32, one axis, finite.
        draws: how often each element is drawn; > 0.
        bits, integer, negative_slope: as of quantized_relu.
        training: whether the learning phase is that of training; else the nearest value is taken.
        profile: the arithmetic; the default is the definition.

    Returns:
        lowest, highest: float32, the shape of x, the ends of the support; count: int64, how many draws are
        equal to the highest, to be expected and rounded.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, quantized_relu: "use_stochastic_rounding: if true, we perform
        stochastic rounding", "Function that performs relu + quantization to bits >= 0"; its tutorial,
        "uses the fracional part of the number as a probability to round up or down".
    """
    check(bits, integer, negative_slope)
    if draws <= 0:
        raise ValueError(f"draws must be > 0, got {draws}")
    values, slope, is_read = reals(x), negative_slope, profile.settings == "of_string"
    is_drawn = training or profile.inference == "stochastic"
    if is_read and not slope:  # the 1 of stochastic rounding stands where the slope is read
        slope, is_drawn = 1.0, False
    n = bits - (slope != 0)
    low, high, scale = -slope * 2.0**n, 2.0**n - 1, 2.0 ** (integer - n)
    wide = values.astype(np.float64)
    rectified = np.where(wide > 0, wide, wide * slope)
    below, above, share = ends(rectified / scale, is_drawn, profile)
    lowest, highest = ((np.clip(code, low, high) * scale + 0.0).astype(np.float32) for code in (below, above))
    count = np.where(lowest == highest, draws, np.rint(share * draws)).astype(np.int64)
    return {"lowest": lowest, "highest": highest, "count": count}


def ends(t: Array, is_drawn: bool, profile: Profile) -> tuple[Array, Array, Array]:
    """Return the codes, or halves of them, on both sides of t, and the probability of the upper one."""
    if not is_drawn:
        return np.rint(t), np.rint(t), np.ones(t.shape)
    parts = 2 if profile.step == "half" else 1
    below, above = np.floor(t * parts), np.ceil(t * parts)
    share = t * parts - below
    if profile.proportion != "fraction":
        share = np.full(t.shape, 0.5) if profile.proportion == "even" else 1 - share
    return below / parts, above / parts, share


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    if not np.isfinite(arguments["x"]).all():
        return "QKeras does not say what NaN or infinity gives"
    return None


def is_elementwise(_: Arguments, __: Profile) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=quantized_relu_stochastic,
        source="QKeras 0.9.0, quantized_relu: docstring and tutorial",
        sentences=(
            "use_stochastic_rounding: if true, we perform stochastic rounding.",
            "Recent results [...] suggested using stochastic rounding, which uses the fracional part of the"
            " number as a probability to round up or down.",
        ),
        silences=(),
        profile=DEFINITION,
        axes=AXES["quantized_relu_stochastic"],
        meaning=MEANING,
        family="qkeras",
        is_elementwise=is_elementwise,
        undefined=undefined,
        bounds=(COUNT_BOUND,),
    ),
)
