"""QKeras's power-of-two quantizers with stochastic rounding: two powers whose mean is x."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_draws import COUNT_BOUND
from oracle.qkeras_exponent import Exponents, largest, nearest, nearest_even, resolve, split
from oracle.qkeras_profile import DEFINITION as NEAREST
from oracle.qkeras_steps import EPSILON, check_bits, is_power_of_two, reals
from oracle.specification import Arguments, Definition


@dataclass(frozen=True)
class Profile:
    """One way of drawing a power of two; the fields are in the order of the arithmetic."""

    settings: str = "given"
    tiny: str = "drawn"
    maximum: str = "result"
    exponents: str = "within"
    proportion: str = "mean"
    inference: str = "nearest"
    presentation: str = "value"


MEANING: dict[str, dict[str, str]] = {
    "settings": {
        "given": "with the settings that it was made with",
        "of_string": "with the settings that its text gives when it is read again",
    },
    "tiny": {
        "drawn": "a small magnitude goes to one of its two powers of two as any other",
        "epsilon": "a magnitude below 1e-7 goes to the lowest power of two",
    },
    "maximum": {
        "result": "max_value bounds the power of two",
        "argument": "max_value bounds |x| before a power is drawn",
    },
    "exponents": {
        "within": "even exponents within the range that bits give",
        "doubled": "half the exponent is clipped to that range, then doubled; of zero, the range's lowest",
    },
    "proportion": {
        "mean": "the higher power is drawn so often that the mean is |x|",
        "root": "with even exponents the mean of the powers' roots is the root of |x|",
        "even": "both powers are drawn equally often",
    },
    "inference": {
        "nearest": "outside training the nearest exponent is taken",
        "stochastic": "outside training a power is drawn too",
    },
    "presentation": {
        "value": "the quantized value",
        "difference": "x + (quantized - x), each sum rounded",
    },
}
ALL = {axis: tuple(choices) for axis, choices in MEANING.items()}
AXES = {
    "quantized_po2_stochastic": {axis: choices for axis, choices in ALL.items() if axis != "settings"},
    "quantized_relu_po2_stochastic": ALL,
}
DEFINITION = Profile()


def quantized_po2_stochastic(
    x: Any,
    draws: int,
    bits: int,
    max_value: float | None = None,
    quadratic_approximation: bool = False,
    training: bool = True,
    profile: Profile = DEFINITION,
) -> dict[str, Array]:
    """Return the powers of two that can be drawn of each value, and how often the higher one is expected.

        value = sign(x) * 2^(k + 1) with probability |x| / 2^k - 1, else sign(x) * 2^k; k = floor(log2|x|)
        quadratic_approximation: the same with even exponents, 4^k and 4^(k + 1)
        exponents are clipped to the range of quantized_po2; outside training quantized_po2(x)

    Args:
        x: real values; float32, one axis, finite.
        draws: how often each element is drawn; > 0.
        bits, max_value, quadratic_approximation: as of quantized_po2.
        training: whether the learning phase is that of training.
        profile: the arithmetic; the default is the definition.

    Returns:
        lowest, highest: float32, the shape of x; count: int64, the draws equal to the highest, expected.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, quantized_po2: "if True, it uses stochastic rounding and forces the
        mean of x to be x statstically"; "the maximum value of quantized_po2 <= max_value"; "it forces the
        exponent to be even number"; of 0 as quantized_po2.
    """
    check_bits(bits, 2)
    e = resolve(bits - 1, max_value, bool(quadratic_approximation), "rnd")
    values = reals(x)
    signs = np.where(values < 0, -1.0, 1.0)
    below, above, share = powers(np.abs(values).astype(np.float64), e, training, profile)
    return drawn(values, (signs * below, signs * above), share, draws, profile)


def quantized_relu_po2_stochastic(
    x: Any,
    draws: int,
    bits: int,
    max_value: float | None = None,
    negative_slope: float = 0.0,
    quadratic_approximation: bool = False,
    training: bool = True,
    profile: Profile = DEFINITION,
) -> dict[str, Array]:
    """Return the powers of two that can be drawn of each rectified value, and how often the higher one.

        as quantized_po2_stochastic of x >= 0, and of negative_slope * x below; without a slope of 0

    Args:
        x, draws, max_value, quadratic_approximation, training: as in quantized_po2_stochastic.
        bits: for the exponent and its sign.
        negative_slope: 0 or a power of two.
        profile: the arithmetic; the default is the definition.

    Returns:
        lowest, highest: float32, the shape of x; count: int64, the draws equal to the highest, expected.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, quantized_relu_po2: "if True, it uses stochastic rounding and forces
        the mean of x to be x statstically"; the rest as in quantized_relu_po2.
    """
    check_bits(bits)
    if negative_slope and not is_power_of_two(negative_slope):
        raise ValueError(f"negative_slope must be 0 or a power of two, got {negative_slope}")
    slope, is_drawn = negative_slope, training
    if profile.settings == "of_string" and not slope:  # the 1 of stochastic rounding is read as the slope
        slope, is_drawn = 1.0, False
    e = resolve(bits, max_value, bool(quadratic_approximation), "rnd")
    values = reals(x)
    wide = values.astype(np.float64)
    rectified = np.where(wide > 0, wide, wide * slope)
    signs = np.where(rectified < 0, -1.0, 1.0)
    below, above, share = powers(np.abs(rectified), e, is_drawn, profile)
    real = rectified if max_value is None else np.minimum(rectified, max_value)
    return drawn(real.astype(np.float32), (signs * below, signs * above), share, draws, profile)


def powers(magnitude: Array, e: Exponents, training: bool, profile: Profile) -> tuple[Array, Array, Array]:
    """Return the lower and the higher power of each magnitude, and the probability of the higher one."""
    bounded = magnitude
    if e.max_value is not None and profile.maximum == "argument":
        bounded = np.minimum(magnitude, e.max_value)
    step = 2 if e.is_even else 1
    if training or profile.inference == "stochastic":
        low = step * np.floor(split(bounded)[1] / step)
        high, share = low + step, proportion(bounded, low, step, profile)
    else:
        with np.errstate(invalid="ignore"):
            low = nearest_even(bounded, e, NEAREST) if e.is_even else nearest(bounded, e, NEAREST)
        high, share = low, np.ones(magnitude.shape)
    small = magnitude < EPSILON if profile.tiny == "epsilon" else magnitude == 0
    reach = 2 if e.is_even and profile.exponents == "doubled" else 1
    first, last = reach * e.lowest, reach * e.highest
    if e.max_value and profile.maximum == "result":
        last = min(last, largest(e))
    below, above = (np.exp2(np.where(small, e.lowest, np.clip(k, first, last))) for k in (low, high))
    return below, above, share


def proportion(magnitude: Array, low: Array, step: int, profile: Profile) -> Array:
    """Return how often the higher power is drawn."""
    with np.errstate(all="ignore"):
        t = np.where(magnitude > 0, magnitude * np.exp2(-low), 1.0)
    if profile.proportion == "even":
        return np.full(magnitude.shape, 0.5)
    if profile.proportion == "root" and step == 2:
        return np.asarray(np.sqrt(t) - 1)
    return np.asarray((t - 1) / (2.0**step - 1))


def drawn(
    real: Array, ends: tuple[Array, Array], share: Array, draws: int, profile: Profile
) -> dict[str, Array]:
    """Return both ends as values in order, and how often the higher value is expected."""
    if draws <= 0:
        raise ValueError(f"draws must be > 0, got {draws}")
    below, above = (end.astype(np.float32) for end in ends)
    if profile.presentation == "difference":
        below, above = real + (below - real), real + (above - real)
    never, always = share == 0, share == 1
    below, above = np.where(always, above, below), np.where(never, below, above)
    share = np.where(above > below, share, 1 - share)
    lowest, highest = np.minimum(below, above), np.maximum(below, above)
    count = np.where(lowest == highest, draws, np.rint(share * draws)).astype(np.int64)
    return {"lowest": lowest, "highest": highest, "count": count}


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    if not np.isfinite(arguments["x"]).all():
        return "QKeras does not say what NaN or infinity gives"
    return "no power of two is <= 0" if arguments.get("max_value") == 0 else None


def is_elementwise(_: Arguments, __: Profile) -> bool:
    return False


OPERATIONS = tuple(
    Definition(
        function=function,
        source=f"QKeras 0.9.0, qkeras/quantizers.py, {function.__name__.removesuffix('_stochastic')}",
        sentences=(
            "if True, it uses stochastic rounding and forces the mean of x to be x statstically.",
            "max_value: An float or None. If None, no max_value is specified. Otherwise, the maximum value of"
            " quantized_po2 <= max_value",
        ),
        silences=(),
        profile=DEFINITION,
        axes=AXES[function.__name__],
        meaning=MEANING,
        family="qkeras",
        is_elementwise=is_elementwise,
        undefined=undefined,
        bounds=(COUNT_BOUND,),
    )
    for function in (quantized_po2_stochastic, quantized_relu_po2_stochastic)
)
