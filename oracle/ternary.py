"""QKeras ternary: -1, 0 or 1, times a scale; and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_profile import DEFINITION, MEANING, Profile, axes
from oracle.qkeras_scale import (
    TANH_BOUND,
    check_alpha,
    is_elementwise,
    power_of_two,
    scale_of,
    surrogate_gradient,
)
from oracle.qkeras_steps import inputs, present
from oracle.specification import Arguments, Definition, Silence

THRESHOLD = 0.33
AXES = {
    "ternary": axes("subnormals", "edge", "auto_edge", "sums", "epsilon", "presentation"),
    "ternary_gradient": axes("surrogate", "outside"),
}


def ternary(
    x: Any,
    alpha: Any = None,
    threshold: float | None = None,
    number_of_unrolls: int = 5,
    profile: Profile = DEFINITION,
) -> Array:
    """Return the sign of each value outside a dead band, and 0 inside, times a scale.

        q     = sign(x) where |x| >= t, else 0
        value = scale * q
        t     = threshold, 0.33 if that is None;  scale = 1 or alpha
        auto:   scale = 2/3 * max|x|, then so many times t = scale / 2,
                scale = sum(x * q) / sum(q * q), over all axes but the last;
                auto_po2: each scale the power of two nearest to that, in the logarithm

    Args:
        x: real values; float32, any shape; with auto of rank 2 or more.
        alpha: None, a number > 0, auto or auto_po2.
        threshold: None or the half width of the dead band; >= 0; None with auto.
        number_of_unrolls: how often scale and threshold are computed from each other; >= 1.
        profile: the arithmetic; the default is the definition.

    Returns:
        float32, the shape of x: value.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, ternary: "Computes an activation function returning -alpha, 0 or
        +alpha", "threshold to apply "dropout" or dead band (0 value)"; README: "ternary(alpha=1.0,
        threshold=0.33)"; stochastic_ternary: "number_of_unrolls: number of times we iterate between
        scale and threshold"; the first scale by the comment "exact if x ~ U[-m, m]".
    Silent about: NaN, |x| at the threshold, which power of two, auto of rank 1.
    """
    check(alpha, threshold, number_of_unrolls)
    values = inputs(x, profile)
    with np.errstate(all="ignore"):
        if isinstance(alpha, str):
            scale, q = iterate(values, alpha, number_of_unrolls, profile)
        else:
            scale = scale_of(alpha, values, values, profile)
            q = outside(values, np.float32(THRESHOLD if threshold is None else threshold), profile.edge)
        quantized = (scale * q).astype(np.float32)
    # Without alpha, x + (q - x) is taken of tanh(x), and exact: q - tanh(x) errs by 2^-25 at most.
    return present(quantized if alpha is None else values, quantized, profile)


def check(alpha: Any, threshold: Any, unrolls: int) -> None:
    """Raise ValueError for arguments outside the operation's domain."""
    check_alpha(alpha)
    if isinstance(alpha, str) and threshold is not None:
        raise ValueError(f"threshold must be None with alpha {alpha}, got {threshold}")
    if threshold is not None and (isinstance(threshold, str) or not threshold >= 0):
        raise ValueError(f"threshold must be None or >= 0, got {threshold}")
    if unrolls < 1:
        raise ValueError(f"number_of_unrolls must be >= 1, got {unrolls}")


def outside(x: Array, threshold: Any, edge: str) -> Array:
    """Return the sign of each value outside the dead band, and 0 inside."""
    size = np.abs(x)
    is_outside = size > threshold if edge == "strict" else size >= threshold
    return np.where(is_outside, np.sign(x), np.float32(0))


def iterate(x: Array, alpha: str, unrolls: int, profile: Profile) -> tuple[Array, Array]:
    """Return the scale and the signs that are left after so many turns."""
    rest = tuple(range(x.ndim if profile.sums == "tensor" else x.ndim - 1))
    largest = np.abs(x).max(axis=rest, keepdims=True)
    scale = (np.float32(2) * largest / np.float32(3)).astype(np.float32)
    scale = power_of_two(scale, profile) if alpha == "auto_po2" else scale
    for _ in range(unrolls):
        q = outside(x, scale / np.float32(2), profile.auto_edge)
        scale = scale_of(alpha, x, q.astype(np.float64), profile)
    return scale, q


def ternary_gradient(
    x: Any,
    dy: Any,
    alpha: Any = None,
    threshold: float | None = None,
    number_of_unrolls: int = 5,
    profile: Profile = DEFINITION,
) -> dict[str, Array]:
    """Return the straight-through gradient: dx = dy.

    Args:
        x, alpha, threshold, number_of_unrolls: as in ternary.
        dy: gradient of the quantized value; float32, the shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, the shape of x.

    Raises:
        ValueError: an argument breaks its line in ternary.

    Source: QKeras 0.9.0, quantizers.py, _round_through: "dL/dx is made equal to dL/dy for y = f(x)".
    Silent about: nothing.
    """
    check(alpha, threshold, number_of_unrolls)
    return surrogate_gradient(x, dy, alpha, profile)


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    x = np.asarray(arguments["x"])
    if np.isnan(x).any():
        return "QKeras says nothing about NaN"
    if isinstance(arguments.get("alpha"), str):
        if x.ndim < 2:
            return "the text does not say what a channel of a vector is"
        if not np.isfinite(x).all() or not np.abs(x).max(axis=tuple(range(x.ndim - 1))).all():
            return "a channel without a positive scale"
    if arguments.get("threshold") == "auto":
        return "the text names threshold = auto, and does not say what it computes"
    return None


def is_at_threshold(arguments: Arguments) -> bool:
    threshold = arguments.get("threshold")
    limit = np.float32(THRESHOLD if threshold is None or isinstance(threshold, str) else threshold)
    is_fixed = not isinstance(arguments.get("alpha"), str)
    return is_fixed and bool((np.abs(np.asarray(arguments["x"])) == limit).any())


def is_auto(arguments: Arguments) -> bool:
    return isinstance(arguments.get("alpha"), str)


def is_gradient_elementwise(_: Arguments, __: Profile) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=ternary,
        source="QKeras 0.9.0, qkeras/quantizers.py, ternary and _get_scale",
        sentences=(
            "Computes an activation function returning -alpha, 0 or +alpha.",
            'threshold: threshold to apply "dropout" or dead band (0 value).',
            "scale = sum(x * q, axis=all but last) / sum(q * q, axis=all but last)",
        ),
        silences=(
            Silence("edge", ("inclusive", "strict"), is_at_threshold,
                    "the text does not say whether the threshold is in the dead band"),
            Silence("auto_edge", ("inclusive", "strict"), is_auto,
                    "the text does not say whether half the scale is in the dead band"),
        ),
        profile=DEFINITION,
        axes=AXES["ternary"],
        meaning=MEANING,
        family="qkeras",
        is_elementwise=is_elementwise,
        undefined=undefined,
    ),
    Definition(
        function=ternary_gradient,
        source="QKeras 0.9.0, qkeras/quantizers.py, ternary and _round_through",
        sentences=("Straight through estimator [...] where dL/dx is made equal to dL/dy for y = f(x)",),
        silences=(),
        profile=DEFINITION,
        axes=AXES["ternary_gradient"],
        meaning=MEANING,
        family="qkeras",
        is_elementwise=is_gradient_elementwise,
        undefined=undefined,
        bounds=(TANH_BOUND,),
    ),
)  # fmt: skip
