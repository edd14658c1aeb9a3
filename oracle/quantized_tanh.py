"""QKeras quantized_tanh: tanh, or a straight line, on the grid of a fixed-point number; its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_curve import TANH_BOUND, codes_of, gradient, is_at_end
from oracle.qkeras_profile import DEFINITION, MEANING, Profile, axes
from oracle.qkeras_steps import check_bits, inputs, reals
from oracle.specification import Arguments, Definition, Silence

GRADIENT = Profile(mask="code")  # the definition of the gradient
AXES = {
    "quantized_tanh": axes("settings", "normalization", "rounding", settings=("given", "of_string")),
    "quantized_tanh_gradient": axes(
        "normalization", "edge", settings=("given", "of_string"), mask=("code", "real")
    ),
}  # fmt: skip


def quantized_tanh(
    x: Any, bits: int, symmetric: bool = False, use_real_tanh: bool = False, profile: Profile = DEFINITION
) -> Array:
    """Return tanh of each value on a grid of 2^bits codes.

        t     = tanh(x) with use_real_tanh, else 2 * clip(x / 2 + 1/2, 0, 1) - 1
        value = clip(round_half_even(t * 2^(bits-1)), -2^(bits-1) + symmetric, 2^(bits-1) - 1) / 2^(bits-1)

    Args:
        x: real values; float32, any shape.
        bits: width of the code; in [2, 16].
        symmetric: leaves the lowest code out.
        use_real_tanh: tanh itself instead of a straight line.
        profile: the arithmetic; the default is the definition.

    Returns:
        float32, the shape of x: value.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, quantized_tanh: "performs tanh + quantization to bits in the range
        -1.0 to 1.0", "symmetric: if true, we will have the same number of values for positive and negative
        numbers", "if true, use the tanh function from Keras backend, if false, use tanh that is defined
        as 2 * sigmoid(x) - 1"; hard_sigmoid; max() and min(); tf.round: "Rounds half to even".
    Silent about: NaN.
    """
    codes, low, high = codes_and_ends(x, bits, symmetric, use_real_tanh, profile)
    return np.asarray(np.clip(codes, low, high) / 2 ** (bits - 1) + 0.0, np.float32)


def codes_and_ends(
    x: Any, bits: int, symmetric: bool, is_real: bool, profile: Profile
) -> tuple[Array, int, int]:
    """Return the unclipped codes, the lowest and the highest code."""
    check_bits(bits, 2)
    is_symmetric, is_real = survive(symmetric, is_real, profile.settings)
    codes = codes_of(inputs(x, profile), True, 2 ** (bits - 1), is_real, profile)
    return codes, -(2 ** (bits - 1)) + is_symmetric, 2 ** (bits - 1) - 1


def survive(symmetric: bool, is_real: bool, how: str) -> tuple[bool, bool]:
    """Return the settings, or how they are read from the text: each one place too early."""
    if how == "of_string":
        return bool(symmetric) and bool(is_real), False
    return bool(symmetric), bool(is_real)


def quantized_tanh_gradient(
    x: Any,
    dy: Any,
    bits: int,
    symmetric: bool = False,
    use_real_tanh: bool = False,
    profile: Profile = GRADIENT,
) -> dict[str, Array]:
    """Return the straight-through gradient: the derivative of tanh or the line, 0 where the code is clipped.

    Args:
        x, bits, symmetric, use_real_tanh: as in quantized_tanh.
        dy: gradient of the quantized value; float32, the shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, the shape of x.

    Raises:
        ValueError: an argument breaks its line in quantized_tanh.

    Source: QKeras 0.9.0, quantizers.py, _round_through: "dL/dx is made equal to dL/dy for y = f(x)", and
        the derivative of the formula of quantized_tanh.
    Silent about: |x| = 1 on the straight line.
    """
    upstream = reals(dy)
    found = codes_and_ends(x, bits, symmetric, use_real_tanh, profile)
    _, is_real = survive(symmetric, use_real_tanh, profile.settings)
    return gradient(reals(x), upstream, True, found, is_real, profile)


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    return "QKeras says nothing about NaN" if np.isnan(np.asarray(arguments["x"])).any() else None


def is_gradient_elementwise(_: Arguments, __: Profile) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=quantized_tanh,
        source="QKeras 0.9.0, qkeras/quantizers.py, quantized_tanh and hard_sigmoid",
        sentences=(
            "Function that performs tanh + quantization to bits in the range -1.0 to 1.0.",
            "use_real_tanh: if true, use the tanh function from Keras backend, if false, use tanh that is"
            " defined as 2 * sigmoid(x) - 1",
        ),
        silences=(),
        profile=DEFINITION,
        axes=AXES["quantized_tanh"],
        meaning=MEANING,
        family="qkeras",
        undefined=undefined,
    ),
    Definition(
        function=quantized_tanh_gradient,
        source="QKeras 0.9.0, qkeras/quantizers.py, quantized_tanh and _round_through",
        sentences=("Straight through estimator [...] where dL/dx is made equal to dL/dy for y = f(x)",),
        silences=(
            Silence("edge", ("inclusive", "strict"), is_at_end, "the text does not say where the line ends"),
        ),
        profile=GRADIENT,
        axes=AXES["quantized_tanh_gradient"],
        meaning=MEANING,
        family="qkeras",
        is_elementwise=is_gradient_elementwise,
        undefined=undefined,
        bounds=(TANH_BOUND,),
    ),
)
