"""The definitions of the gradients of fake quantization: sources, sentences, silences, bounds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from oracle.affine_gradient import fake_quantize_gradient, learnable_fake_quantize_gradient
from oracle.affine_gradient_profile import (
    AXES,
    COMPANIONS,
    COMPANIONS_LEARNED,
    LEARNED,
    MEANING,
    MENDS,
    Profile,
    contradiction,
    contradiction_straight,
)  # fmt: skip
from oracle.specification import Arguments, Bound, Definition, Silence

GRADIENT, LEARNABLE = "fake_quantize_gradient", "learnable_fake_quantize_gradient"


def has_nan(arguments: Arguments) -> bool:
    return bool(np.isnan(arguments["x"]).any())


def every(_: Arguments) -> bool:
    return True


def has_fraction(arguments: Arguments) -> bool:
    """Whether some zero point is no integer, so that it must be rounded."""
    return bool((np.asarray(arguments["zero_point"]) % 1 != 0).any())


def never_elementwise(_: Arguments, __: Any) -> bool:
    return False


def undefined(arguments: Arguments) -> str | None:
    """Return what no definition decides about these arguments, or None."""
    scale, zero_point = np.asarray(arguments["scale"]), np.asarray(arguments["zero_point"])
    if not (np.isfinite(scale) & (scale > 0)).all():
        return "no definition says what a scale that is not finite and > 0 means"
    if zero_point.dtype.kind != "f":
        return None
    if not ((arguments["qmin"] <= zero_point) & (zero_point <= arguments["qmax"])).all():
        return "no text says what a learned zero point outside the range stands for"
    return None


def is_dyadic(arguments: Arguments) -> bool:
    """Whether all products and all partial sums of the gradients are exact in every order."""
    numbers = arguments["x"], arguments["dy"], arguments["scale"], arguments["zero_point"]
    x, dy, scale, zero_point = (np.asarray(number, np.float64) for number in numbers)
    powers = np.append(scale, arguments["grad_factor"])
    width = arguments["qmax"] - arguments["qmin"]
    shape = [1] * x.ndim
    if arguments.get("axis") is not None:
        shape[arguments["axis"]] = -1
    with np.errstate(all="ignore"):
        fine = all((v * 32 == np.rint(v * 32)).all() for v in (x / scale.reshape(shape), dy, zero_point))
        return bool(fine and (np.frexp(powers)[0] == 0.5).all() and np.abs(dy).sum() * width <= 1 << 14)


def rounding_error(arguments: Arguments, _: Mapping[str, Any], of_scale: bool) -> float:
    """Return how far two float32 evaluations of a sum can lie apart."""
    dy = np.abs(np.asarray(arguments["dy"], np.float64))
    if dy.size == 1 or not np.isfinite(dy).all() or is_dyadic(arguments):
        return 0.0
    widest = 2 * (arguments["qmax"] - arguments["qmin"] + 1)
    largest = widest if of_scale else float(np.max(arguments["scale"]))
    return float((dy.size + 8) * 2.0**-23 * dy.sum() * largest * abs(arguments["grad_factor"]))


_PROOF = (
    "0 for one element, for a dy that is no number, and where x / scale and dy are multiples of 2^-5,"
    " scale and grad_factor powers of two and sum|dy| * (qmax - qmin) <= 2^14: every product is exact,"
    " and partial sums of such terms have at most 24 bits. Else a term is at most M = |dy| * grad_factor"
    " * 2 (qmax - qmin + 1), for the zero point |dy| * grad_factor * scale, and comes from four operations,"
    " each of which errs by at most 2^-24 M; n - 1 additions err by at most 2^-24 sum(M) each, in any"
    " order. Twice that, for two evaluations: (n + 8) 2^-23 sum(M), as long as no product is subnormal."
)
BOUNDS = (
    Bound("scale", partial(rounding_error, of_scale=True), _PROOF),
    Bound("zero_point", partial(rounding_error, of_scale=False), _PROOF),
)

_MASKING = Silence(
    "masking", AXES[GRADIENT]["masking"], every,
    "a product with an indicator that is 0: the sign of a zero, and infinity times 0, are not said",
)  # fmt: skip
_NAN = Silence("nan", AXES[GRADIENT]["nan"], has_nan, "NaN is not mentioned")

OPERATIONS = (
    Definition(
        function=fake_quantize_gradient,
        family="affine",
        source="Krishnamoorthi, arXiv 1806.08342, 2.4 Simulated quantization in the backward pass",
        sentences=(
            'The backward pass is modeled as a "straight through estimator"',
            "delta_out = delta_in I_{x in S}, S: x: x_min <= x <= x_max",
        ),
        silences=(_NAN, _MASKING),
        profile=Profile(),
        axes=AXES[GRADIENT],
        meaning=MEANING,
        is_elementwise=never_elementwise,
        undefined=undefined,
        contradiction=contradiction_straight,
        companions=COMPANIONS,
        mends=MENDS,
    ),
    Definition(
        function=learnable_fake_quantize_gradient,
        family="affine",
        source="torch 2.13, ATen/native/quantized/FakeQuantPerTensorAffine.cpp, comment on the gradients",
        sentences=(
            "Let Xq be the quantized version of X (clamped at qmin and qmax).",
            "dDelta: q_min - z if X_q = q_min; q_max - z if X_q = q_max; (X_fq - X) / Delta else",
            "dz: -Delta if X_q = q_min or X_q = q_max; 0 else",
        ),
        silences=(
            Silence("zero_point", AXES[LEARNABLE]["zero_point"], has_fraction,
                    "how a zero point that is no integer is rounded is not said"),
            _NAN,
            Silence("mask", ("code", "value"), every, "the comment does not mention the gradient of x"),
            _MASKING,
            Silence("slope", AXES[LEARNABLE]["slope"], every, "the order of the operations is not said"),
        ),
        profile=LEARNED,
        axes=AXES[LEARNABLE],
        meaning=MEANING,
        is_elementwise=never_elementwise,
        undefined=undefined,
        contradiction=contradiction,
        companions=COMPANIONS_LEARNED,
        mends=MENDS,
        bounds=BOUNDS,
    ),
)  # fmt: skip
