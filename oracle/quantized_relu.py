"""QKeras quantized_relu: a rectifier, clipped and rounded to a fixed-point grid; and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_profile import DEFINITION, MEANING, Profile, axes
from oracle.qkeras_steps import check_bits, hard_sigmoid, inputs, is_power_of_two, present, reals, whole
from oracle.specification import Arguments, Definition, Silence

GRADIENT = Profile(zero="negative")  # the definition of the gradient
PRESENTATION = {
    **MEANING["presentation"],
    "difference_folded": "x + (quantized - x), each sum rounded; x * 2^n / 2^integer is one product",
}
AXES = {
    "quantized_relu": axes(
        "settings", "normalization", "resolution", "rounding", "bound", presentation=tuple(PRESENTATION)
    ),
    "quantized_relu_gradient": axes(
        "settings", "subnormals", "edge", "mask", zero=("negative", "positive")
    ),
}  # fmt: skip
Settings = tuple[int, float, float | None, bool]  # use_sigmoid, negative_slope, upper bound, clip


def quantized_relu(
    x: Any,
    bits: int,
    integer: int,
    use_sigmoid: int = 0,
    negative_slope: float = 0.0,
    relu_upper_bound: float | None = None,
    is_quantized_clip: bool = True,
    profile: Profile = DEFINITION,
) -> Array:
    """Return the rectified value on the grid of a fixed-point number.

        r     = x if x > 0 else negative_slope * x;  without is_quantized_clip min(r, relu_upper_bound)
                with use_sigmoid 2^integer * (2 * clip(x / 2^integer / 2 + 1/2, 0, 1) - 1)
        scale = 2^(integer - n),  n = bits, or bits - 1 with a negative_slope
        value = clip(round_half_even(r / scale), -negative_slope * 2^n, 2^n - 1) * scale

    Args:
        x: real values; float32, any shape.
        bits: width of the code, sign included; in [2, 16].
        integer: bits to the left of the binary point; >= 0.
        use_sigmoid: 1 normalizes x by the hard sigmoid first.
        negative_slope: 0, or a power of two that leaves a code below zero.
        relu_upper_bound: bound of the real value, where is_quantized_clip is False.
        is_quantized_clip: whether the real value is bounded by the last code.
        profile: the arithmetic; the default is the definition.

    Returns:
        float32, the shape of x: value.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, quantized_relu: "we just keep the positive numbers up to
        2**integer * (1 - 2**(-bits))", "negative_slope: slope when activation < 0, needs to be power of
        2", "relu_upper_bound: A float representing an upper bound of the unquantized relu",
        "is_quantized_clip has precedence"; range(): "x * 2^(-bits + integer)"; tf.round, which rounds:
        "Rounds half to even".
    Silent about: NaN; a sigmoid together with a negative slope.
    """
    check(bits, integer, negative_slope)
    values = inputs(x, profile)
    use, slope, bound, clip = survive(
        (use_sigmoid, negative_slope, relu_upper_bound, is_quantized_clip), profile.settings
    )
    n = bits - (slope != 0)
    with np.errstate(all="ignore"):
        real = bounded(values, slope, (integer, n), bound, clip)
        if use:
            codes = sigmoid_codes(values, integer, n, profile)
        else:
            limit = None if clip or profile.bound == "quantized" else bound
            unclipped = bounded(values, slope, (integer, n), limit, False)
            codes = whole(unclipped.astype(np.float64) * 2.0 ** (n - integer), profile)
        codes = np.clip(codes, -slope * 2.0**n, 2.0**n - 1)
        if profile.presentation != "value" and not use:  # the rounding too is t + (round(t) - t)
            exponent = n if profile.presentation == "difference" else n - integer
            codes = np.where(np.isfinite(values * np.float32(2.0**exponent)), codes, np.nan)
        quantized = codes * 2.0 ** (integer - n)
        if profile.bound == "quantized" and bound and not clip:
            quantized = np.where(quantized <= np.float32(bound), quantized, np.float32(bound))
        return present(real, quantized, profile)


def check(bits: int, integer: int, negative_slope: float) -> None:
    """Raise ValueError for arguments outside the operation's domain."""
    check_bits(bits, 2)
    if integer < 0:
        raise ValueError(f"integer must be >= 0, got {integer}")
    if negative_slope and not (is_power_of_two(negative_slope) and negative_slope * 2 ** (bits - 1) >= 1):
        raise ValueError(
            f"negative_slope must be 0 or a power of two that leaves a code, got {negative_slope}"
        )


def survive(settings: Settings, how: str) -> Settings:
    """Return the settings that are left after get_config, or after the text is read again."""
    use, slope, bound, _ = settings
    if how == "of_config":
        return use, slope, bound, True
    if how == "of_string":  # the slope stands where use_sigmoid is read, unless that is written too
        return (use, slope, None, True) if use else (int(bool(slope)), 0.0, None, True)
    return settings


def bounded(x: Array, slope: float, grid: tuple[int, int], bound: float | None, clip: bool) -> Array:
    """Return the rectified values, below the last code or the bound."""
    integer, n = grid
    real = np.where(x > 0, x, x * np.float32(slope) if slope else np.float32(0))
    if clip:
        top = np.float32(2.0**integer - 2.0 ** (integer - n))
        return np.where(x <= top, real, top)
    return real if bound is None else np.where(x <= np.float32(bound), real, np.float32(bound))


def sigmoid_codes(x: Array, integer: int, n: int, profile: Profile) -> Array:
    """Return the codes of 2 * sigmoid(x / 2^integer) - 1, at full or at half the resolution."""
    t = x / np.float32(2.0**integer)
    if profile.normalization == "exact":
        centred = np.clip(t.astype(np.float64), -1, 1)
    else:
        centred = 2 * hard_sigmoid(t, profile) - 1
    half = profile.resolution == "half"
    codes: Array = whole(centred * 2.0 ** (n - half), profile) * (2 if half else 1)
    return codes


def quantized_relu_gradient(
    x: Any,
    dy: Any,
    bits: int,
    integer: int,
    negative_slope: float = 0.0,
    relu_upper_bound: float | None = None,
    is_quantized_clip: bool = True,
    profile: Profile = GRADIENT,
) -> dict[str, Array]:
    """Return the straight-through gradient: the rounding passes it, the rectifier and its bound do not.

        dx = dy * (0 above the bound; 1 above 0; negative_slope else)

    Args:
        x, bits, integer, negative_slope, relu_upper_bound, is_quantized_clip: as in quantized_relu.
        dy: gradient of the quantized value; float32, the shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, the shape of x.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, _round_through: "dL/dx is made equal to dL/dy for y = f(x)";
        quantized_relu: "is_quantized_clip: [...] whether the inputs are clipped to the maximum value
        represented by the quantization parameters".
    Silent about: x = 0, and x at its bound.
    """
    check(bits, integer, negative_slope)
    values, upstream = inputs(x, profile), reals(dy)
    _, slope, bound, clip = survive(
        (0, negative_slope, relu_upper_bound, is_quantized_clip), profile.settings
    )
    n = bits - (slope != 0)
    top = last_input(integer, n, bound, clip)
    above = values >= top if profile.edge == "strict" else values > top
    if profile.mask == "code" and clip:
        above = np.rint(values.astype(np.float64) * 2.0 ** (n - integer)) > 2.0**n - 1
    passes = values >= 0 if profile.zero == "positive" else values > 0
    factor = np.where(above, np.float32(0), np.where(passes, np.float32(1), np.float32(slope)))
    return {"x": np.asarray(upstream * factor + np.float32(0), np.float32)}


def last_input(integer: int, n: int, bound: float | None, clip: bool) -> np.float32:
    """Return the largest real value through which the gradient passes."""
    if clip:
        return np.float32(2.0**integer - 2.0 ** (integer - n))
    return np.float32(np.inf if bound is None else bound)


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    if np.isnan(np.asarray(arguments["x"])).any():
        return "QKeras says nothing about NaN"
    if arguments.get("use_sigmoid") and arguments.get("negative_slope"):
        return "QKeras does not say how a sigmoid and a negative slope go together"
    return None


def is_at_zero(arguments: Arguments) -> bool:
    return bool((np.asarray(arguments["x"]) == 0).any())


def is_at_bound(arguments: Arguments) -> bool:
    """Whether some x is the largest value that the gradient passes."""
    n = arguments["bits"] - (arguments.get("negative_slope", 0) != 0)
    clip, bound = arguments.get("is_quantized_clip", True), arguments.get("relu_upper_bound")
    return bool((np.asarray(arguments["x"]) == last_input(arguments["integer"], n, bound, clip)).any())


def is_elementwise(_: Arguments, __: Profile) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=quantized_relu,
        source="QKeras 0.9.0, qkeras/quantizers.py, quantized_relu",
        sentences=(
            "we just keep the positive numbers up to 2**integer * (1 - 2**(-bits))",
            "bits: number of bits to perform quantization; integer: number of bits to the left of the"
            " decimal point; use_sigmoid: if true, we apply sigmoid to input to normalize it",
            "relu_upper_bound: A float representing an upper bound of the unquantized relu",
        ),
        silences=(),
        profile=DEFINITION,
        axes=AXES["quantized_relu"],
        meaning={**MEANING, "presentation": PRESENTATION},
        family="qkeras",
        undefined=undefined,
    ),
    Definition(
        function=quantized_relu_gradient,
        source="QKeras 0.9.0, qkeras/quantizers.py, _round_through and quantized_relu",
        sentences=("Straight through estimator [...] where dL/dx is made equal to dL/dy for y = f(x)",),
        silences=(
            Silence("zero", ("negative", "positive"), is_at_zero, "the text does not say which side 0 is on"),
            Silence("edge", ("inclusive", "strict"), is_at_bound, "the text does not say where the bound is"),
        ),
        profile=GRADIENT,
        axes=AXES["quantized_relu_gradient"],
        meaning=MEANING,
        family="qkeras",
        is_elementwise=is_elementwise,
        undefined=undefined,
    ),
)
