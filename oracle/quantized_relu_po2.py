"""QKeras quantized_relu_po2: a rectifier and the closest power of two; and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_exponent import exponents_of, resolve
from oracle.qkeras_profile import DEFINITION, MEANING, Profile, axes
from oracle.qkeras_steps import check_bits, inputs, is_power_of_two, present, reals
from oracle.quantized_po2 import holds_zero, is_elementwise, undefined
from oracle.specification import Arguments, Definition, Silence

GRADIENT = Profile(zero="negative")  # the definition of the gradient
AXES = {
    "quantized_relu_po2": axes("settings", "subnormals", "closest", "logarithm", "tiny", "maximum",
                               "exponents", "presentation", settings=("given", "of_string")),
    "quantized_relu_po2_gradient": axes(
        "settings", "subnormals", "edge", settings=("given", "of_string"), zero=("negative", "positive")
    ),
}  # fmt: skip
Settings = tuple[float | None, float, str]  # max_value, negative_slope, log2_rounding


def quantized_relu_po2(
    x: Any,
    bits: int,
    max_value: float | None = None,
    negative_slope: float = 0.0,
    quadratic_approximation: bool = False,
    log2_rounding: str = "rnd",
    profile: Profile = DEFINITION,
) -> Array:
    """Return the power of two closest to each rectified value.

        value = 2^e(x) for x >= 0;  -2^e(negative_slope * |x|) below, or 2^e(0) without a slope
        e     as in quantized_po2, with n = bits - 1, or bits where max_value <= 1

    Args:
        x: real values; float32, any shape.
        bits: for the exponent and its sign; leaves 1 to 7 bits for n.
        max_value: None, or the largest result; > 0.
        negative_slope: 0 or a power of two.
        quadratic_approximation: even exponents alone.
        log2_rounding: rnd, or floor: the exponent below.
        profile: the arithmetic; the default is the definition.

    Returns:
        float32, the shape of x: value; never 0.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, quantized_relu_po2: "Quantizes x to the closest power of 2 when
        x > 0", "bits: [...] the bits allocated for the exponent and its sign", "negative_slope: slope
        when activation < 0, needs to be power of 2"; the rest as in quantized_po2.
    Silent about: NaN; x <= 0 without a slope, where the rectified value is 0.
    """
    check_bits(bits)
    check_slope(negative_slope)
    values = inputs(x, profile)
    limit, slope, mode = survive((max_value, negative_slope, log2_rounding), profile.settings)
    e = resolve(bits, limit, bool(quadratic_approximation), mode)
    with np.errstate(all="ignore"):
        is_below = (values < 0) & (slope != 0)
        scaled = np.where(is_below, -values * np.float32(slope), np.maximum(values, np.float32(0)))
        powers = np.exp2(exponents_of(scaled, e, profile))
        real = rectified(values, slope, limit)
        return present(real, np.where(is_below, -powers, powers), profile)


def check_slope(negative_slope: float) -> None:
    if negative_slope and not is_power_of_two(negative_slope):
        raise ValueError(f"negative_slope must be 0 or a power of two, got {negative_slope}")


def survive(settings: Settings, how: str) -> Settings:
    """Return the settings as they are, or as they are read from the text."""
    max_value, slope, _ = settings
    if how != "of_string":
        return settings
    if max_value is None:  # the slope stands where max_value is read
        return slope or None, 0.0, "rnd"
    return int(max_value), slope, "rnd"


def rectified(x: Array, slope: float, limit: float | None) -> Array:
    real = np.where(x > 0, x, x * np.float32(slope) if slope else np.float32(0))
    return real if limit is None else np.where(x <= np.float32(limit), real, np.float32(limit))


def quantized_relu_po2_gradient(
    x: Any,
    dy: Any,
    bits: int,
    max_value: float | None = None,
    negative_slope: float = 0.0,
    quadratic_approximation: bool = False,
    log2_rounding: str = "rnd",
    profile: Profile = GRADIENT,
) -> dict[str, Array]:
    """Return the straight-through gradient of the rectifier, bounded by max_value.

        dx = dy * (0 above max_value; 1 above 0; negative_slope else)

    Args:
        x and the settings: as in quantized_relu_po2.
        dy: gradient of the quantized value; float32, the shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, the shape of x.

    Raises:
        ValueError: an argument breaks its line in quantized_relu_po2.

    Source: QKeras 0.9.0, quantizers.py, _round_through: "dL/dx is made equal to dL/dy for y = f(x)";
        quantized_relu_po2: "max_value: [...] to put a constraint for the max value".
    Silent about: x = 0, and x = max_value.
    """
    check_bits(bits)
    check_slope(negative_slope)
    resolve(bits, max_value, bool(quadratic_approximation), log2_rounding)
    values, upstream = inputs(x, profile), reals(dy)
    limit, slope, _ = survive((max_value, negative_slope, log2_rounding), profile.settings)
    last = np.float32(np.inf if limit is None else limit)
    above = values >= last if profile.edge == "strict" else values > last
    passes = values >= 0 if profile.zero == "positive" else values > 0
    factor = np.where(above, np.float32(0), np.where(passes, np.float32(1), np.float32(slope)))
    return {"x": np.asarray(upstream * factor + np.float32(0), np.float32)}


def is_at_bound(arguments: Arguments) -> bool:
    last = arguments.get("max_value")
    return last is not None and bool((np.asarray(arguments["x"]) == np.float32(last)).any())


OPERATIONS = (
    Definition(
        function=quantized_relu_po2,
        source="QKeras 0.9.0, qkeras/quantizers.py, quantized_relu_po2",
        sentences=(
            "Quantizes x to the closest power of 2 when x > 0",
            "bits: An integer, the bits allocated for the exponent and its sign.",
            "negative_slope: slope when activation < 0, needs to be power of 2.",
        ),
        silences=(),
        profile=DEFINITION,
        axes=AXES["quantized_relu_po2"],
        meaning=MEANING,
        family="qkeras",
        undefined=undefined,
    ),
    Definition(
        function=quantized_relu_po2_gradient,
        source="QKeras 0.9.0, qkeras/quantizers.py, _round_through and quantized_relu_po2",
        sentences=("Straight through estimator [...] where dL/dx is made equal to dL/dy for y = f(x)",),
        silences=(
            Silence("zero", ("negative", "positive"), holds_zero, "the text does not say which side 0 is on"),
            Silence("edge", ("inclusive", "strict"), is_at_bound, "the text does not say where the bound is"),
        ),
        profile=GRADIENT,
        axes=AXES["quantized_relu_po2_gradient"],
        meaning=MEANING,
        family="qkeras",
        is_elementwise=is_elementwise,
        undefined=undefined,
    ),
)
