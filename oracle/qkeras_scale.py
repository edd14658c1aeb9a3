"""The scale that QKeras's binary and ternary quantizers choose: least squares, per channel."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_profile import Profile
from oracle.qkeras_steps import EPSILON, reals
from oracle.specification import Arguments, Bound

AUTO = ("auto", "auto_po2")


def check_alpha(alpha: Any) -> None:
    """Raise ValueError for an alpha that is no number > 0, None, auto or auto_po2."""
    if isinstance(alpha, str):
        if alpha not in AUTO:
            raise ValueError(f"alpha must be None, a number, auto or auto_po2, got {alpha}")
    elif alpha is not None and not alpha > 0:
        raise ValueError(f"alpha must be > 0, got {alpha}")


def scale_of(alpha: Any, x: Array, q: Array, profile: Profile) -> Array:
    """Return 1, alpha, or sum(x * q) / sum(q * q) over all axes but the last; float32.

    Sums are exact in float64, and hence in any order, for the values that the cases use.
    """
    if not isinstance(alpha, str):
        return np.asarray(1.0 if alpha is None else alpha, np.float32)
    axes = tuple(range(x.ndim if profile.sums == "tensor" else x.ndim - 1))
    count = np.prod([x.shape[a] for a in axes])
    products = (x.astype(np.float64) * q).sum(axis=axes, keepdims=True) / count
    squares = (q * q).sum(axis=axes, keepdims=True) / count
    if profile.epsilon == "added":
        scale = products.astype(np.float32) / (squares.astype(np.float32) + EPSILON)
    else:
        scale = (products / squares).astype(np.float32)
    return power_of_two(scale, profile) if alpha == "auto_po2" else np.asarray(scale)


def power_of_two(scale: Array, profile: Profile) -> Array:
    """Return the power of two nearest to a scale in the logarithm."""
    if profile.epsilon == "added":
        scale = scale + EPSILON
    significand, exponent = np.frexp(scale.astype(np.float64))
    is_up = 2 * significand * significand > 1
    return np.asarray(np.exp2(exponent - 1.0 + is_up), np.float32)


def depends_on_others(arguments: Arguments) -> bool:
    """Whether an element's value depends on the other ones."""
    return isinstance(arguments.get("alpha"), str) and np.asarray(arguments["x"]).ndim > 1


def is_elementwise(arguments: Arguments, profile: Profile) -> bool:
    return not depends_on_others(arguments) and profile.sums == "channel"


def surrogate_gradient(x: Any, dy: Any, alpha: Any, profile: Profile) -> dict[str, Array]:
    """Return dy, or dy * (1 - tanh(x)^2) where there is no alpha, or 0 beyond 1."""
    check_alpha(alpha)
    values, upstream = reals(x), reals(dy)
    if profile.outside == "stops":
        upstream = np.where(np.abs(values) > 1, np.float32(0), upstream)
    if profile.surrogate == "tanh" and alpha is None:
        slope = 1 / np.cosh(np.minimum(np.abs(values.astype(np.float64)), 300)) ** 2
        return {"x": (upstream.astype(np.float64) * slope).astype(np.float32)}
    return {"x": upstream}


def error_of_tanh(arguments: Arguments, wanted: Any) -> Any:
    """Return how far a gradient through tanh may lie from the exact one; 0 where that is dy itself."""
    dy = np.abs(np.asarray(arguments["dy"], np.float64))
    return np.where(np.asarray(wanted["x"]) == np.asarray(arguments["dy"]), 0.0, dy * 3 * 2.0**-23)


TANH_BOUND = Bound(
    "x",
    error_of_tanh,
    "Eigen, MathFunctionsImpl.h, generic_fast_tanh_float, which TensorFlow's tanh kernel calls: 'accurate"
    " up to a couple of ulp in the range [-9, 9], outside of which the tanh(x) = +/-1'. Two ulp of y are"
    " at most 2^-23; 1 - y * y then errs by 2 * 2^-23 and two roundings of 2^-25, the product with dy by"
    " 2^-24 of itself: together less than 3 * 2^-23 * |dy|.",
)
