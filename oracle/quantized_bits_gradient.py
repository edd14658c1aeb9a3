"""The gradient of QKeras's `quantized_bits`: straight through, or what noise leaves without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.arithmetic import round_result
from oracle.formats import FLOAT32, Array
from oracle.quantized_bits import Settings, check_arguments, first_and_last
from oracle.specification import Arguments, Definition


@dataclass(frozen=True)
class Profile:
    """One way of differentiating quantized_bits."""

    mask: str = "none"
    without_ste: str = "rest"
    determined: str = "passes"
    subnormals: str = "kept"


MEANING: dict[str, dict[str, str]] = {
    "mask": {
        "none": "dy passes wherever x lies",
        "inclusive": "dy passes where x lies between the first and the last value, both included",
        "strict": "dy passes where x lies between the first and the last value, both excluded",
    },
    "without_ste": {
        "rest": "without use_ste: (1 - qnoise_factor) * dy, since what is rounded has no slope",
        "rest_folded": "the same, but 0 * dy is 0.0, whatever the sign of dy",
        "passes": "without use_ste too, dy passes",
        "stops": "without use_ste nothing passes",
    },
    "determined": {
        "passes": "a determined alpha changes nothing",
        "scaled_and_back": "with a determined alpha dy is multiplied by 2^integer, where it may overflow, and"
        " divided by it again",
    },
    "subnormals": {
        "kept": "subnormal numbers are numbers",
        "flushed": "subnormal operands and results of every product become zeros; what only passes is kept",
        "flushed_unless_one": "the same, but a factor of 1 is no product",
    },
}
AXES = {"quantized_bits_gradient": {axis: tuple(choices) for axis, choices in MEANING.items()}}
DEFINITION = Profile()


def quantized_bits_gradient(
    x: Any,
    dy: Any,
    bits: int = 8,
    integer: int = 0,
    symmetric: bool = False,
    keep_negative: bool = True,
    alpha: Any = None,
    scale_axis: int | None = None,
    qnoise_factor: float = 1.0,
    use_ste: bool = True,
    profile: Profile = DEFINITION,
) -> dict[str, Array]:
    """Return the gradient of a loss with respect to x, given that with respect to the value.

        with use_ste:     dx = dy
        without use_ste:  dx = (1 - qnoise_factor) * dy

    Args:
        x, and all from bits to use_ste: as of quantized_bits.
        dy: the gradient of the loss with respect to the value; float32, shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, shape of x.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, _round_through, "Straight through estimator is a biased estimator for the
        rounding operation [...] where dL/dx is made equal to dL/dy"; class quantized_bits, "(1 -
        qnoise_factor)*unquantized_x + qnoise_factor*quantized_x".
    """
    given = Settings(bits, integer, symmetric, keep_negative, alpha, scale_axis, qnoise_factor, use_ste)
    values, upstream = check_arguments(x, given), np.asarray(dy)
    if upstream.dtype != np.float32 or upstream.shape != values.shape:
        raise ValueError(f"dy must be float32 of shape {values.shape}, got {upstream.dtype} {upstream.shape}")
    passed = np.ones(values.shape, bool) if profile.mask == "none" else inside(values, given, profile)
    found = np.where(passed, upstream, np.float32(0))
    if not use_ste and profile.without_ste != "passes":
        rest = np.float32(0 if profile.without_ste == "stops" else 1 - qnoise_factor)
        is_folded = rest == 0 and profile.without_ste == "rest_folded"
        found = np.zeros_like(found) if is_folded else times(found, rest, profile)
    if given.is_auto and profile.determined == "scaled_and_back":
        whole = np.float32(2.0**integer)
        found = times(times(found, whole, profile), 1 / whole, profile)
    return {"x": found}


def times(dy: Array, factor: np.float32, profile: Profile) -> Array:
    """Return dy * factor, rounded and flushed as the profile says."""
    if factor == 1 and profile.subnormals == "flushed_unless_one":
        return dy
    flushed = profile.subnormals != "kept"
    with np.errstate(all="ignore"):
        return round_result(round_result(dy, FLOAT32, flushed) * factor, FLOAT32, flushed)


def inside(x: Array, given: Settings, profile: Profile) -> Array:
    """Return where x lies between the first and the last value; everywhere where alpha is determined."""
    if given.is_auto:
        return np.ones(x.shape, bool)
    low, high = (-1, 1) if given.is_binary else first_and_last(given)
    unit = 2.0 ** (given.integer - given.magnitude_bits) * (1.0 if given.alpha is None else given.alpha)
    if profile.mask == "strict":
        return np.asarray((low * unit < x) & (x < high * unit))
    return np.asarray((low * unit <= x) & (x <= high * unit))


def is_elementwise(_: Arguments, __: Profile) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=quantized_bits_gradient,
        source="QKeras 0.9.0, quantized_bits and _round_through: docstrings",
        sentences=(
            "Straight through estimator is a biased estimator for the rounding operation [...] where dL/dx is"
            " made equal to dL/dy for y = f(x) during gradient computation, where f(x) is a non-derivable"
            " function. In that case, we assume df/dx = 1",
            'use_ste: Bool. Whether to use "straight-through estimator" (STE) method or not.',
        ),
        silences=(),
        profile=DEFINITION,
        axes=AXES["quantized_bits_gradient"],
        meaning=MEANING,
        is_elementwise=is_elementwise,
        family="qkeras",
    ),
)
