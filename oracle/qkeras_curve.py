"""What QKeras's quantized_tanh and quantized_sigmoid share: a curve, its codes, its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_profile import Profile
from oracle.qkeras_steps import hard_sigmoid, whole
from oracle.specification import Arguments, Bound


def codes_of(x: Array, is_tanh: bool, steps: int, is_real: bool, profile: Profile) -> Array:
    """Return the unclipped codes of a curve that has so many steps from 0 to 1, as float64.

    The hard curves are straight: tanh is x, sigmoid 1 / 2 + x / 2; the real sigmoid is
    1 / 2 + tanh(x / 2) / 2. Half the steps are a whole even number, so that rounding what is added to
    1 / 2 keeps every tie.
    """
    if profile.normalization == "float32" and not is_real:
        curve = hard_sigmoid(x, profile)
        return whole((2 * curve - 1 if is_tanh else curve) * steps, profile)
    wide = x.astype(np.float64)
    centred = np.tanh(wide if is_tanh else wide / 2) if is_real else np.clip(wide, -1, 1)
    return whole(centred * steps, profile) if is_tanh else steps / 2 + whole(centred * (steps / 2), profile)


def slope_of(x: Array, is_tanh: bool, is_real: bool, profile: Profile) -> Array:
    """Return the derivative of a curve in float64."""
    if is_real:
        half = np.minimum(np.abs(x.astype(np.float64)), 300) * (1 if is_tanh else 0.5)
        return np.asarray((1 if is_tanh else 0.25) / np.cosh(half) ** 2)
    inside = np.abs(x) < 1 if profile.edge == "strict" else np.abs(x) <= 1
    return np.where(inside, 1.0 if is_tanh else 0.5, 0.0)


def gradient(x: Array, dy: Array, is_tanh: bool, codes: tuple[Array, int, int], is_real: bool,
             profile: Profile) -> dict[str, Array]:  # fmt: skip
    """Return dy times the derivative where the code is not clipped, or wherever the curve bends not."""
    found, low, high = codes
    inside = (found >= low) & (found <= high) | (profile.mask == "real")
    product = (dy.astype(np.float64) * slope_of(x, is_tanh, is_real, profile)).astype(np.float32)
    return {"x": np.where(inside, product, np.float32(0))}


def is_at_end(arguments: Arguments) -> bool:
    """Whether some x lies where a hard curve bends."""
    is_real = arguments.get("use_real_tanh") or arguments.get("use_real_sigmoid")
    return not is_real and bool((np.abs(np.asarray(arguments["x"])) == 1).any())


def error_of_real(arguments: Arguments, wanted: Any) -> Any:
    """Return how far a gradient through a real curve may lie from the exact one; 0 for the hard curve."""
    is_real = arguments.get("use_real_tanh") or arguments.get("use_real_sigmoid")
    dy = np.abs(np.asarray(arguments["dy"], np.float64))
    return np.where(np.asarray(wanted["x"]) == 0, 0.0, dy * 3 * 2.0**-23) if is_real else 0.0


TANH_BOUND = Bound(
    "x",
    error_of_real,
    "Eigen, MathFunctionsImpl.h, generic_fast_tanh_float, which TensorFlow's tanh kernel calls: 'accurate"
    " up to a couple of ulp in the range [-9, 9]'. Two ulp of y are at most 2^-23; 1 - y * y then errs by"
    " 2 * 2^-23 and two roundings of 2^-25, the product with dy by 2^-24 of itself: together less than"
    " 3 * 2^-23 * |dy|. Multiplying and dividing by 2^(bits - 1) is exact. Where the code is clipped: 0.",
)
SIGMOID_BOUND = Bound(
    "x",
    error_of_real,
    "Eigen, functors/UnaryFunctors.h, scalar_logistic_op<float>, which TensorFlow's sigmoid kernel calls:"
    " 'interpolates 1/(1+exp(-x)) - 0.5 up to a couple of ulps in the range [-9, 18]'. Two ulp of a number"
    " below 1/2 are at most 2^-24, the sum rounds by 2^-25; an error e of y moves y * (1 - y) by at most e,"
    " whose three roundings are below 2^-25 each: together less than 3 * 2^-23 * |dy|. Where the code is"
    " clipped: 0.",
)
