"""QKeras quantized_po2: the sign and the closest power of two; and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_exponent import exponents_of, resolve
from oracle.qkeras_profile import DEFINITION, MEANING, Profile, axes
from oracle.qkeras_steps import check_bits, inputs, present, reals
from oracle.specification import Arguments, Definition, Silence

AXES = {
    "quantized_po2": axes("settings", "subnormals", "zero", "closest", "logarithm", "tiny", "maximum",
                          "exponents", "presentation", settings=("given", "of_string")),
    "quantized_po2_gradient": axes("outside"),
}  # fmt: skip


def quantized_po2(
    x: Any,
    bits: int,
    max_value: float | None = None,
    quadratic_approximation: bool = False,
    log2_rounding: str = "rnd",
    profile: Profile = DEFINITION,
) -> Array:
    """Return the sign of each value times the closest power of two.

        value = sign(x) * 2^e
        e     = clip(round(log2|x|), -2^n, 2^n - 1), at most log2(max_value)
        n     = bits - 2, or bits - 1 where max_value <= 1: then no exponent is positive
        quadratic_approximation: e = 2 * round(log2|x| / 2), even within the same bounds

    Args:
        x: real values; float32, any shape.
        bits: for the sign of x, the exponent and its sign; leaves 1 to 7 bits for n.
        max_value: None, or the largest result; > 0.
        quadratic_approximation: even exponents alone.
        log2_rounding: rnd, or floor: the exponent below.
        profile: the arithmetic; the default is the definition.

    Returns:
        float32, the shape of x: value; of 0 the lowest power of two.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, quantized_po2: "Quantizes to the closest power of 2", "bits: [...]
        the bits allocated for the exponent, its sign and the sign of x", "the maximum value of
        quantized_po2 <= max_value", "it forces the exponent to be even number that closted to x",
        "log2_rounding: A string, log2 rounding mode. "rnd" and "floor" [...], corresponding to
        tf.round and tf.floor"; _get_min_max_exponents.
    Silent about: NaN, the sign of 0, max_value = 0.
    """
    values, left = inputs(x, profile), survive(max_value, log2_rounding, profile.settings)
    check_bits(bits, 2)
    e = resolve(bits - 1, left[0], bool(quadratic_approximation), left[1])
    exponents = exponents_of(np.abs(values), e, profile)
    with np.errstate(all="ignore"):
        return present(values, signs(values, profile) * np.exp2(exponents), profile)


def signs(x: Array, profile: Profile) -> Array:
    """Return 1 or -1 for each value; of 0 as the profile says."""
    is_negative = {
        "positive": x < 0, "negative": x <= 0, "signed": np.signbit(x),
    }[profile.zero]  # fmt: skip
    return np.where(is_negative, -1.0, 1.0)


def survive(max_value: float | None, log2_rounding: str, how: str) -> tuple[float | None, str]:
    """Return max_value and log2_rounding as they are, or as they are read from the text."""
    if how == "of_string":
        return (None if max_value is None else int(max_value)), "rnd"
    return max_value, log2_rounding


def quantized_po2_gradient(
    x: Any,
    dy: Any,
    bits: int,
    max_value: float | None = None,
    quadratic_approximation: bool = False,
    log2_rounding: str = "rnd",
    profile: Profile = DEFINITION,
) -> dict[str, Array]:
    """Return the straight-through gradient: dx = dy.

    Args:
        x, bits, max_value, quadratic_approximation, log2_rounding: as in quantized_po2.
        dy: gradient of the quantized value; float32, the shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, the shape of x.

    Raises:
        ValueError: an argument breaks its line in quantized_po2.

    Source: QKeras 0.9.0, quantizers.py, _round_through: "dL/dx is made equal to dL/dy for y = f(x)".
    Silent about: x beyond the largest power of two.
    """
    check_bits(bits, 2)
    e = resolve(bits - 1, max_value, bool(quadratic_approximation), log2_rounding)
    values, upstream = reals(x), reals(dy)
    last = np.float32(2.0**e.highest if max_value is None else min(2.0**e.highest, max_value))
    stops = (profile.outside == "stops") & (np.abs(values) > last)
    return {"x": np.where(stops, np.float32(0), upstream)}


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    if np.isnan(np.asarray(arguments["x"])).any():
        return "QKeras says nothing about NaN"
    if arguments.get("max_value") == 0:
        return "no power of two is <= 0"
    return None


def holds_zero(arguments: Arguments) -> bool:
    return bool((np.asarray(arguments["x"]) == 0).any())


def is_elementwise(_: Arguments, __: Profile) -> bool:
    return False


SENTENCES = (
    "Quantizes to the closest power of 2.",
    "bits: An integer, the bits allocated for the exponent, its sign and the sign of x.",
    "the maximum value of quantized_po2 <= max_value",
    'log2 rounding mode. "rnd" and "floor" currently supported, corresponding to tf.round and tf.floor',
)

OPERATIONS = (
    Definition(
        function=quantized_po2,
        source="QKeras 0.9.0, qkeras/quantizers.py, quantized_po2",
        sentences=SENTENCES,
        silences=(
            Silence("zero", tuple(MEANING["zero"]), holds_zero, "the text does not say which sign 0 has"),
        ),
        profile=DEFINITION,
        axes=AXES["quantized_po2"],
        meaning=MEANING,
        family="qkeras",
        undefined=undefined,
    ),
    Definition(
        function=quantized_po2_gradient,
        source="QKeras 0.9.0, qkeras/quantizers.py, _round_through and quantized_po2",
        sentences=("Straight through estimator [...] where dL/dx is made equal to dL/dy for y = f(x)",),
        silences=(),
        profile=DEFINITION,
        axes=AXES["quantized_po2_gradient"],
        meaning=MEANING,
        family="qkeras",
        is_elementwise=is_elementwise,
        undefined=undefined,
    ),
)
