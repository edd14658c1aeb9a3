"""The gradient of QKeras's quantized_ulaw: straight through the rounding, along the u-law."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracle.arithmetic import flush
from oracle.formats import FLOAT32, Array
from oracle.qkeras_profile import DEFINITION, MEANING, Profile, axes
from oracle.qkeras_steps import reals
from oracle.quantized_ulaw import check, law, normalized, rounded, undefined
from oracle.specification import Arguments, Bound, Definition, Silence

# Whether the range ends the gradient at the law of x or at its code is no axis: the law of x leaves it where
# the code at half the resolution does.
AXES = {"quantized_ulaw_gradient": axes("edge", "normalization", "resolution", "order", "origin", "factors")}
WORDS = MEANING | {
    "order": {
        "law_first": "the slope is that of the law at x",
        "rounding_first": "the slope is that of the law at the rounded x, whose law is clipped",
    },
}


def quantized_ulaw_gradient(
    x: Any,
    dy: Any,
    bits: int,
    integer: int = 0,
    symmetric: bool = False,
    u: float = 255.0,
    profile: Profile = DEFINITION,
) -> dict[str, Array]:
    """Return the straight-through gradient: the derivative of the u-law, 0 where the code is clipped.

        dx = dy * u / ((1 + u * |t|) * ln(1 + u)),  t = x / 2^integer
             0 where |t| > 1, or round_half_even(law(t) * m) is no code,  m = 2^(bits-1)

    Args:
        x, bits, integer, symmetric, u: as in quantized_ulaw.
        dy: gradient of the quantized value; float32, finite, the shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, the shape of x; zeros are positive.

    Raises:
        ValueError: an argument breaks its line in quantized_ulaw.

    Source: QKeras 0.9.0, quantizers.py, _round_through: "dL/dx is made equal to dL/dy for y = f(x)", "we
        assume df/dx = 1", and the derivative of the formula of quantized_ulaw.
    Silent about: |t| = 1, NaN.
    """
    check(bits, integer, u)
    values, m = reals(x), 2.0 ** (bits - 1)
    low, high = -m + bool(symmetric), m - 1
    with np.errstate(all="ignore"):
        given = values / np.float32(2.0**integer)
        t = normalized(given, profile)
        at = t if profile.order == "law_first" else rounded(t, m, profile) / m
        bounded = rounded(law(t, u), m, profile) if profile.order == "law_first" else law(at, u) * m
        is_on = np.abs(given) < 1 if profile.edge == "strict" else np.abs(given) <= 1
        passed = is_on & (bounded >= low) & (bounded <= high)
        found = along(at, reals(dy), integer, u, profile)
        return {"x": np.where(passed, found, np.float32(0)) + np.float32(0)}


def along(t: Array, dy: Array, integer: int, u: float, profile: Profile) -> Array:
    """Return dy times the slope of the law at t, by one product, or scaled before and after it."""
    slope = u / ((1 + u * np.abs(t)) * np.log1p(u))
    slope = np.where((t == 0) & (profile.origin == "stops"), 0.0, slope)
    if profile.factors == "product":
        return np.asarray((dy.astype(np.float64) * slope).astype(np.float32))
    whole = np.float32(2.0**integer)
    scaled = (flush(dy, FLOAT32) * whole).astype(np.float64)
    return flush((scaled * slope).astype(np.float32) / whole, FLOAT32)


def error_of_products(_: Arguments, wanted: Mapping[str, Any]) -> Any:
    """Return how far a gradient may lie from the exact one; 0 where it is 0 or infinite."""
    size = np.abs(np.asarray(wanted["x"], np.float64))
    return np.where(np.isfinite(size), size * 2.0**-19, 0.0)


PRODUCT_BOUND = Bound(
    "x",
    error_of_products,
    "In ulp of the result, each at most 2^-23 of it: the logarithm of 1 + u 3.1, as measured of Eigen's plog,"
    " the division by it 1/2; u * |t| and its sum with 1 together 1; Eigen, MathFunctionsImpl.h,"
    " generic_reciprocal_newton_step: 'within 1-2 ulps', for eight numbers at once, 2; the products with it"
    " and with u 1; the powers of two are exact: less than 8, and 2^-19 is 16.",
)


def is_at_end(arguments: Arguments) -> bool:
    """Whether some x lies where the law is clipped."""
    return bool((np.abs(np.asarray(arguments["x"])) == 2.0 ** arguments.get("integer", 0)).any())


def is_elementwise(_: Arguments, __: Profile) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=quantized_ulaw_gradient,
        source="QKeras 0.9.0, qkeras/quantizers.py, quantized_ulaw and _round_through",
        sentences=("Straight through estimator [...] where dL/dx is made equal to dL/dy for y = f(x)",),
        silences=(
            Silence("edge", ("inclusive", "strict"), is_at_end, "the text does not say where the law ends"),
        ),
        profile=DEFINITION,
        axes=AXES["quantized_ulaw_gradient"],
        meaning=WORDS,
        family="qkeras",
        is_elementwise=is_elementwise,
        undefined=undefined,
        bounds=(PRODUCT_BOUND,),
    ),
)
