"""The gradient of QKeras's quantized_hswish: straight through the rounding, along the hard swish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.arithmetic import exact_sum, flush
from oracle.formats import FLOAT32, FLOAT64, Array, round_to_odd
from oracle.qkeras_steps import reals
from oracle.quantized_hswish import check, exact_over, undefined
from oracle.rounding import ROUND
from oracle.specification import Arguments, Definition, Silence


@dataclass(frozen=True)
class Profile:
    """One way of differentiating quantized_hswish."""

    through: str = "rounding"
    mask: str = "none"
    low_joint: str = "outside"
    high_joint: str = "inside"
    slope: str = "exact"
    overflow: str = "none"


MEANING: dict[str, dict[str, str]] = {
    "through": {
        "rounding": "dy passes the rounding as it is, and is multiplied by the slope of the hard swish",
        "quantizer": "dy passes the whole quantizer as it is",
    },
    "mask": {
        "none": "dy passes wherever the code lies",
        "code": "the gradient ends where the rounded value leaves the range",
    },
    "low_joint": {
        "outside": "at x = -shift the slope is that of the line below, 0",
        "inside": "at x = -shift the slope is that of the parabola",
    },
    "high_joint": {
        "inside": "at x = bound - shift the slope is that of the parabola",
        "outside": "at x = bound - shift the slope is that of the line above, 1",
    },
    "slope": {
        "exact": "dy times the slope is rounded once",
        "float32": "x + shift, dy / bound, its products with relu(x + shift) and x, and their sum are rounded"
        " to float32, and zeros where they are subnormal",
        "reciprocal": "the same, but dy is multiplied by float32(1 / bound)",
    },
    "overflow": {
        "none": "below the parabola the gradient is 0",
        "nan": "below the parabola it is 0 times dy / bound * x, NaN where that overflows",
    },
}
AXES = {"quantized_hswish_gradient": {axis: tuple(choices) for axis, choices in MEANING.items()}}
DEFINITION = Profile()


def quantized_hswish_gradient(
    x: Any,
    dy: Any,
    bits: int,
    integer: int = 0,
    symmetric: bool = False,
    alpha: float | None = None,
    relu_shift: int = 3,
    relu_upper_bound: int = 6,
    profile: Profile = DEFINITION,
) -> dict[str, Array]:
    """Return the straight-through gradient: dy times the slope of the hard swish.

        dx = dy * (2 x + relu_shift) / relu_upper_bound
             where -relu_shift < x < relu_upper_bound - relu_shift; 0 below, dy above

    Args:
        x, and all from bits to relu_upper_bound: as in quantized_hswish.
        dy: gradient of the quantized value; float32, finite, the shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, the shape of x; zeros are positive.

    Raises:
        ValueError: an argument breaks its line in quantized_hswish.

    Source: QKeras 0.9.0, quantizers.py, _round_through: "dL/dx is made equal to dL/dy for y = f(x)", "we
        assume df/dx = 1"; quantized_hswish: "the underlying quantizer quantized_bits which is used to
        quantize h_swish", "hswish(x) = x * ReluY(x + relu_shift) / Y", which is differentiated.
    Silent about: both ends of the parabola, NaN, -infinity.
    """
    check(bits, integer, alpha, (relu_shift, relu_upper_bound))
    values, upstream = reals(x), reals(dy)
    with np.errstate(all="ignore"):
        found = upstream
        if profile.through == "rounding":
            along = exactly_along if profile.slope == "exact" else along_in_float32
            found = along(values, upstream, relu_shift, relu_upper_bound, profile)
        if profile.overflow == "nan":
            lost = ~np.isfinite(over(upstream, relu_upper_bound, profile) * values)
            found = np.where((values <= -relu_shift) & lost, np.float32(np.nan), found)
        if profile.mask == "code":
            unit = np.float32(2.0 ** (integer - bits + 1)) * np.float32(1.0 if alpha is None else alpha)
            t = exact_over(values, relu_shift, relu_upper_bound, float(unit))
            code, last = ROUND["half_even"](t, FLOAT64), 2 ** (bits - 1) - 1
            found = np.where((code >= -last - (not symmetric)) & (code <= last), found, np.float32(0))
        return {"x": np.asarray(found if profile.slope != "exact" else found + np.float32(0))}


def exactly_along(x: Array, dy: Array, shift: int, bound: int, profile: Profile) -> Array:
    """Return dy times the slope, rounded once.

    dy * 2 x + dy * shift is summed exactly and rounded to odd: see quantized_hswish.exact_over for why one
    division keeps the side of every tie.
    """
    wide, upstream = x.astype(np.float64), dy.astype(np.float64)
    product = round_to_odd(*exact_sum(2 * wide * upstream, upstream * shift)) / bound
    below = wide < -shift if profile.low_joint == "inside" else wide <= -shift
    above = wide > bound - shift if profile.high_joint == "inside" else wide >= bound - shift
    return np.where(above, dy, np.where(below, np.float32(0), product.astype(np.float32)))


def over(dy: Array, bound: int, profile: Profile) -> Array:
    """Return dy / bound in float32, or dy times the reciprocal."""
    last = np.float32(bound)
    return flushed(flushed(dy) * (np.float32(1) / last) if profile.slope == "reciprocal" else dy / last)


def along_in_float32(x: Array, dy: Array, shift: int, bound: int, profile: Profile) -> Array:
    """Return dy times the slope: the derivatives of the product's factors, each rounded, summed."""
    last, part = np.float32(bound), over(flushed(dy), bound, profile)
    shifted = x + np.float32(shift)
    is_below = shifted < 0 if profile.low_joint == "inside" else shifted <= 0
    is_above = shifted > last if profile.high_joint == "inside" else shifted >= last
    relu = np.where(is_above, last, np.where(is_below, np.float32(0), shifted))
    of_relu = np.where(is_above | is_below, np.float32(0), flushed(part * flushed(x)))
    return flushed(flushed(part * relu) + of_relu)


def flushed(values: Array) -> Array:
    return flush(values, FLOAT32)


def is_at_low_joint(arguments: Arguments) -> bool:
    return bool((np.asarray(arguments["x"]) == -arguments.get("relu_shift", 3)).any())


def is_at_high_joint(arguments: Arguments) -> bool:
    end = arguments.get("relu_upper_bound", 6) - arguments.get("relu_shift", 3)
    return bool((np.asarray(arguments["x"]) == end).any())


def is_elementwise(_: Arguments, __: Profile) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=quantized_hswish_gradient,
        source="QKeras 0.9.0, qkeras/quantizers.py, quantized_hswish and _round_through",
        sentences=(
            "Straight through estimator [...] where dL/dx is made equal to dL/dy for y = f(x)",
            "hswish(x) = x * ReluY(x + relu_shift) / Y, Y is relu_upper_bound",
        ),
        silences=(
            Silence("low_joint", ("outside", "inside"), is_at_low_joint,
                    "the text does not say which slope the lower end of the parabola has"),
            Silence("high_joint", ("inside", "outside"), is_at_high_joint,
                    "the text does not say which slope the upper end of the parabola has"),
        ),
        profile=DEFINITION,
        axes=AXES["quantized_hswish_gradient"],
        meaning=MEANING,
        family="qkeras",
        is_elementwise=is_elementwise,
        undefined=undefined,
    ),
)  # fmt: skip
