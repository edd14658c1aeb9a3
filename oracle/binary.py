"""QKeras binary: the sign, times a scale; and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_profile import DEFINITION, MEANING, Profile, axes
from oracle.qkeras_scale import TANH_BOUND, check_alpha, is_elementwise, scale_of, surrogate_gradient
from oracle.qkeras_steps import inputs, present
from oracle.quantized_po2 import holds_zero, signs
from oracle.specification import Arguments, Definition, Silence

AXES = {
    "binary": axes("subnormals", "zero", "sums", "epsilon", "presentation"),
    "binary_gradient": axes("surrogate", "outside"),
}


def binary(x: Any, alpha: Any = None, use_01: bool = False, profile: Profile = DEFINITION) -> Array:
    """Return the sign of each value, or 1 for positive and 0 for negative ones, times a scale.

        q     = 1 for x >= 0, else -1, or 0 with use_01
        value = scale * q
        scale = 1, alpha, or sum(x * q) / sum(q * q) over all axes but the last;
                auto_po2: the power of two nearest to that, in the logarithm

    Args:
        x: real values; float32, any shape.
        alpha: None, a number > 0, auto or auto_po2.
        use_01: 0 and 1 instead of -1 and 1.
        profile: the arithmetic; the default is the definition.

    Returns:
        float32, the shape of x: value.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, binary: "Computes the sign(x) returning a value between -alpha and
        alpha", "use_01: if True, return {0,1} instead of {-1,+1}"; _get_scale: "scale = sum(x * q,
        axis=all but last) / sum(q * q, axis=all but last)".
    Silent about: NaN, the sign of 0, which power of two.
    """
    check_alpha(alpha)
    values = inputs(x, profile)
    q = signs(values, profile)
    q = (q + 1) / 2 if use_01 else q
    with np.errstate(all="ignore"):
        quantized = (scale_of(alpha, values, q, profile) * q.astype(np.float32)).astype(np.float32)
    # Without alpha, x + (q - x) is taken of tanh(x), and exact: q - tanh(x) errs by 2^-25 at most.
    return present(quantized if alpha is None else values, quantized, profile)


def binary_gradient(
    x: Any, dy: Any, alpha: Any = None, use_01: bool = False, profile: Profile = DEFINITION
) -> dict[str, Array]:
    """Return the straight-through gradient: dx = dy.

    Args:
        x, alpha, use_01: as in binary.
        dy: gradient of the quantized value; float32, the shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, the shape of x.

    Raises:
        ValueError: an argument breaks its line in binary.

    Source: QKeras 0.9.0, quantizers.py, binary: "Computation of sign operation with straight through
        gradient"; _round_through: "dL/dx is made equal to dL/dy for y = f(x)".
    Silent about: nothing.
    """
    return surrogate_gradient(x, dy, alpha, profile)


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    x, alpha = np.asarray(arguments["x"]), arguments.get("alpha")
    if np.isnan(x).any():
        return "QKeras says nothing about NaN"
    if isinstance(alpha, str):
        if not np.isfinite(x).all():
            return "no least squares fit infinity"
        q = np.where(x >= 0, 1.0, 0.0 if arguments.get("use_01") else -1.0)
        rest = tuple(range(x.ndim - 1))
        if not ((x * q).sum(axis=rest) > 0).all():
            return "a channel without a positive scale"
    return None


def is_gradient_elementwise(_: Arguments, __: Profile) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=binary,
        source="QKeras 0.9.0, qkeras/quantizers.py, binary and _get_scale",
        sentences=(
            "Computes the sign(x) returning a value between -alpha and alpha.",
            "use_01: if True, return {0,1} instead of {-1,+1}.",
            "scale = sum(x * q, axis=all but last) / sum(q * q, axis=all but last)",
        ),
        silences=(
            Silence("zero", tuple(MEANING["zero"]), holds_zero, "the text does not say which sign 0 has"),
        ),
        profile=DEFINITION,
        axes=AXES["binary"],
        meaning=MEANING,
        family="qkeras",
        is_elementwise=is_elementwise,
        undefined=undefined,
    ),
    Definition(
        function=binary_gradient,
        source="QKeras 0.9.0, qkeras/quantizers.py, binary and _round_through",
        sentences=("Computation of sign operation with straight through gradient.",),
        silences=(),
        profile=DEFINITION,
        axes=AXES["binary_gradient"],
        meaning=MEANING,
        family="qkeras",
        is_elementwise=is_gradient_elementwise,
        undefined=undefined,
        bounds=(TANH_BOUND,),
    ),
)
