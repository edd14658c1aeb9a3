"""Gradients of Larq's approximate signs: of a parabola, and of the sign swish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.affine import presented
from oracle.arithmetic import flush, round_result
from oracle.formats import Array, carried, format_of, round_into
from oracle.larq_mask import OUTSIDE, OUTSIDE_SILENCE, masked, never_elementwise
from oracle.larq_sign import choices_of, compared, has_nan
from oracle.specification import Arguments, Bound, Definition, Silence


@dataclass(frozen=True)
class ApproxProfile:
    """One way of computing the gradient of approx_sign; the fields are in the order of the arithmetic."""

    subnormals: str = "kept"
    height: str = "two"
    product: str = "slope_first"
    nan: str = "masked"
    outside: str = "zero"


@dataclass(frozen=True)
class SwishProfile:
    """One way of computing the gradient of swish_sign."""

    subnormals: str = "kept"
    factor: str = "beta"
    cosh: str = "exact"


SUBNORMALS = {
    "kept": "subnormal numbers are numbers",
    "flushed": "subnormal numbers, given or computed, become zeros of their sign",
}
APPROX_MEANING = {
    "subnormals": SUBNORMALS,
    "height": {"two": "the slope at 0 is 2", "one": "the slope at 0 is 1"},
    "product": {
        "slope_first": "(2 (1 - |x|)) dy, each operation rounded",
        "doubled_first": "(1 - |x|) (2 dy), each operation rounded",
    },
    "nan": {"masked": "of a NaN x no gradient passes", "nan": "the gradient of a NaN x is NaN"},
    "outside": OUTSIDE,
}
SWISH_MEANING = {
    "subnormals": SUBNORMALS,
    "factor": {"beta": "the fraction is multiplied by beta", "none": "the fraction is not multiplied"},
    "cosh": {
        "exact": "cosh(beta x) has its value",
        "overflows": "where cosh(beta x) exceeds the largest number of the dtype the gradient is 0",
    },
}


def approx_sign_gradient(x: Any, dy: Any, profile: ApproxProfile = ApproxProfile()) -> dict[str, Any]:
    """Return the gradient of approx_sign.

        dL/dx = (2 - 2 |x|) * dy where |x| <= 1, else 0; each operation is rounded

    Args:
        x: real values; float16, bfloat16 (a Bfloat16), float32 or float64, shape S.
        dy: the gradient of y; dtype and shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: dL/dx, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: larq.quantizers.ApproxSign, "(2 - 2 |x|) for |x| <= 1, 0 for |x| > 1"; Bi-Real Net (arXiv
        1808.00278), section 3.3.
    Silent about: NaN; the sign of a gradient of 0 outside, and infinity times 0.
    """
    magnitude, target = np.abs(compared(x, profile)), format_of(x)
    given = carried(dy)
    flushed = profile.subnormals == "flushed"
    with np.errstate(all="ignore"):
        if flushed:
            given = flush(given, target)
        height = round_result(magnitude.dtype.type(1) - magnitude, target, flushed)  # doubling is exact
        peak = magnitude.dtype.type(1 if profile.height == "one" else 2)
        if profile.product == "doubled_first":
            slope = round_result(height * round_result(peak * given, target, flushed), target, flushed)
        else:
            slope = round_result(height * peak * given, target, flushed)
        is_inside = magnitude <= 1
        outside = masked(given, np.zeros_like(is_inside), profile)
        dx = np.where(is_inside, slope, outside)
    if profile.nan == "nan":
        dx = np.where(np.isnan(magnitude), magnitude, dx)
    return {"x": presented(np.asarray(dx), target)}


def swish_sign_gradient(
    x: Any, beta: float, dy: Any, profile: SwishProfile = SwishProfile()
) -> dict[str, Any]:
    """Return the gradient of swish_sign.

        dL/dx = dy * beta * (2 - beta x tanh(beta x / 2)) / (1 + cosh(beta x)), rounded once

    Args:
        x: real values, finite; float32, shape S.
        beta: a number > 0, rounded into the dtype of x.
        dy: the gradient of y; dtype and shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: dL/dx, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: larq.quantizers.SwishSign, "dq(x)/dx = beta {2 - beta x tanh(beta x / 2)} / (1 + cosh(beta
        x))"; BNN+ (arXiv 1812.11800).
    Silent about: infinity and NaN.
    """
    target, flushed = format_of(x), profile.subnormals == "flushed"
    given = flush(carried(dy), target) if flushed else carried(dy)
    with np.errstate(all="ignore"):
        u = scaled(compared(x, profile), beta, target)
        peak = float(round_into(np.asarray(1.0 if profile.factor == "none" else beta), target))
        numerator = given.astype(np.float64) * peak * (2 - u * np.tanh(u / 2))
        dx = numerator / (1 + np.cosh(u))
        if profile.cosh == "overflows":
            largest = float(np.finfo(target.carrier).max)
            dx = np.where(np.cosh(u) > largest, np.copysign(0.0, numerator), dx)
        dx = round_result(round_into(np.asarray(dx), target), target, flushed)
    return {"x": presented(dx, target)}


def scaled(values: Array, beta: float, target: Any) -> Array:
    """Return beta * x in float64: exact for two numbers of at most 24 bits."""
    factor = float(round_into(np.asarray(beta, np.float64), target))
    product: Array = values.astype(np.float64) * factor
    return product


def swish_error(arguments: Arguments, _: Mapping[str, Any]) -> Array:
    """Return how far a float32 evaluation of the sign swish's derivative may lie from its value."""
    values, dy = (carried(arguments[name]).astype(np.float64) for name in ("x", "dy"))
    with np.errstate(all="ignore"):
        u = scaled(values, arguments["beta"], format_of(arguments["x"]))
        product = u * np.tanh(u / 2)
        relative = np.abs(product) * 10 + np.abs(2 - product) * (8 + 2 * np.abs(u))
        size = np.abs(dy) * arguments["beta"] * relative / (1 + np.cosh(u)) * 2.0**-23
    return np.where(np.isfinite(size), size, 0)


SWISH_PROOF = (
    "TensorFlow's float32 tanh lies within 6 ulp, its cosh within 2 + |u| ulp: measured on 3 million"
    " values of u, 5.9 (eager) and 4.6 (XLA), 0.35 and 0.80 of 2 + |u|, not proven; XLA computes"
    " exp(u - log 2), whose rounded argument costs |u| ulp."
    " From there: u is rounded once, six more operations by at most half an"
    " ulp each: 7.5 of 2^-23 of |u tanh(u/2)| and 4.5 + 1.5 |u| of |2 - u tanh(u/2)|, times dy beta / (1 +"
    " cosh u); allowed are 10 and 8 + 2 |u|"
)


def undefined_swish(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    if not np.isfinite(carried(arguments["x"])).all():
        return "the formula is infinity over infinity there"
    return None


OPERATIONS = (
    Definition(
        function=approx_sign_gradient,
        source="larq.quantizers.ApproxSign, docstring of 0.14.0; Bi-Real Net, arXiv 1808.00278",
        sentences=("dq/dx = 2 - 2 |x| for |x| <= 1, 0 for |x| > 1",),
        silences=(
            Silence("nan", tuple(APPROX_MEANING["nan"]), has_nan, "NaN is neither inside nor outside"),
            OUTSIDE_SILENCE,
        ),
        profile=ApproxProfile(),
        axes=choices_of(APPROX_MEANING),
        meaning=APPROX_MEANING,
        is_elementwise=never_elementwise,
        family="larq",
    ),
    Definition(
        function=swish_sign_gradient,
        source="larq.quantizers.SwishSign, docstring of 0.14.0; BNN+, arXiv 1812.11800",
        sentences=("dq/dx = beta {2 - beta x tanh(beta x / 2)} / (1 + cosh(beta x))",),
        silences=(),
        profile=SwishProfile(),
        axes=choices_of(SWISH_MEANING),
        meaning=SWISH_MEANING,
        is_elementwise=never_elementwise,
        undefined=undefined_swish,
        bounds=(Bound("x", swish_error, SWISH_PROOF),),
        family="larq",
    ),
)
