"""QKeras's qnoise_factor and use_ste: how much of a quantizer's value is in its result, and its gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_steps import reals
from oracle.quantized_po2 import quantized_po2
from oracle.quantized_relu import quantized_relu
from oracle.quantized_relu_po2 import quantized_relu_po2
from oracle.specification import Arguments, Definition


@dataclass(frozen=True)
class Profile:
    """One way of adding quantization noise; the fields are in the order of the arithmetic."""

    noise: str = "given"
    presentation: str = "weighted"
    without_ste: str = "rest"
    with_ste: str = "passes"


MEANING: dict[str, dict[str, str]] = {
    "noise": {
        "given": "qnoise_factor weighs the quantized value",
        "lost": "qnoise_factor is ignored: it is 1",
    },
    "presentation": {
        "weighted": "(1 - qnoise_factor) * real + qnoise_factor * value",
        "difference": "with use_ste: real + qnoise_factor * (value - real), each operation rounded",
        "difference_always": "real + qnoise_factor * (value - real), use_ste or not",
    },
    "without_ste": {
        "rest": "without use_ste: (1 - qnoise_factor) * dy, since what is rounded has no slope",
        "passes": "without use_ste too, dy passes",
        "stops": "without use_ste nothing passes",
    },
    "with_ste": {
        "passes": "with use_ste dy passes",
        "rest": "with use_ste too (1 - qnoise_factor) * dy passes",
    },
}
AXES = {
    "quantizer_noise": {axis: tuple(MEANING[axis]) for axis in ("noise", "presentation")},
    "quantizer_noise_gradient": {axis: tuple(MEANING[axis]) for axis in ("without_ste", "with_ste")},
}
DEFINITION = Profile()
QUANTIZERS: dict[str, Callable[..., Array]] = {
    "quantized_relu": lambda x, bits: quantized_relu(x, bits, 0),
    "quantized_po2": quantized_po2,
    "quantized_relu_po2": quantized_relu_po2,
}


def quantizer_noise(
    x: Any, quantizer: str, bits: int, qnoise_factor: float, use_ste: bool = True,
    profile: Profile = DEFINITION,
) -> Array:  # fmt: skip
    """Return the weighted sum of the real and the quantized value.

        value = (1 - qnoise_factor) * real + qnoise_factor * quantizer(x)
        real  = x for quantized_po2, max(x, 0) for quantized_relu_po2; of quantized_relu at most the last code

    Args:
        x: real values; float32, any shape, finite, not 0.
        quantizer: quantized_relu (integer = 0), quantized_po2 or quantized_relu_po2.
        bits: as of that quantizer.
        qnoise_factor: in [0, 1].
        use_ste: gradients pass as if nothing had been rounded; changes no value.
        profile: the arithmetic; the default is the definition.

    Returns:
        float32, the shape of x: value; both factors, both products and the sum rounded to float32.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py: "qnoise_factor: float. a scalar from 0 to 1 that represents the level
        of quantization noise to add. This controls the amount of the quantization noise to add to the outputs
        by changing the weighted sum of (1 - qnoise_factor)*unquantized_x + qnoise_factor*quantized_x".
    Silent about: what a quantizer itself gives, which is asked under its own name.
    """
    values = check(x, quantizer, qnoise_factor)
    noise = 1.0 if profile.noise == "lost" else qnoise_factor
    real, quantized = unquantized(values, quantizer, bits), QUANTIZERS[quantizer](values, bits)
    if profile.presentation == "difference_always" or (profile.presentation == "difference" and use_ste):
        return np.asarray(real + np.float32(noise) * (quantized - real))
    return np.asarray(np.float32(1 - noise) * real + np.float32(noise) * quantized)


def check(x: Any, quantizer: str, noise: float) -> Array:
    """Return x, or raise ValueError for arguments outside the operation's domain."""
    if quantizer not in QUANTIZERS:
        raise ValueError(f"quantizer must be one of {', '.join(QUANTIZERS)}, got {quantizer}")
    if not 0 <= noise <= 1:
        raise ValueError(f"qnoise_factor must lie in [0, 1], got {noise}")
    return reals(x)


def unquantized(x: Array, quantizer: str, bits: int) -> Array:
    """Return what a quantizer rounds."""
    if quantizer == "quantized_po2":
        return x
    top = np.float32(1 - 2.0**-bits if quantizer == "quantized_relu" else np.inf)
    return np.clip(x, np.float32(0), top)


def quantizer_noise_gradient(
    x: Any, dy: Any, quantizer: str, bits: int, qnoise_factor: float, use_ste: bool = True,
    profile: Profile = DEFINITION,
) -> dict[str, Array]:  # fmt: skip
    """Return the gradient of a loss with respect to x, given that with respect to the value.

        with use_ste:     dx = dy * slope
        without use_ste:  dx = (1 - qnoise_factor) * dy * slope, slope = 1 where real is x, else 0

    Args:
        x, quantizer, bits, qnoise_factor, use_ste: as in quantizer_noise.
        dy: gradient of the value; float32, the shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, the shape of x.

    Raises:
        ValueError: an argument breaks its line in quantizer_noise.

    Source: QKeras 0.9.0, quantizers.py: "use_ste: Bool. Whether to use "straight-through estimator" (STE)
        method or not"; _round_through: "dL/dx is made equal to dL/dy for y = f(x)".
    Silent about: x at the ends of what passes.
    """
    values, upstream = check(x, quantizer, qnoise_factor), reals(dy)
    passed = np.where(unquantized(values, quantizer, bits) == values, upstream, np.float32(0))
    share = profile.with_ste if use_ste else profile.without_ste
    weights = {"passes": 1.0, "rest": 1 - qnoise_factor, "stops": 0.0}
    return {"x": passed * np.float32(weights[share])}


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    x = np.asarray(arguments["x"])
    return None if (np.isfinite(x) & (x != 0)).all() else "asked of each quantizer under its own name"


def is_elementwise(_: Arguments, __: Profile) -> bool:
    return False


def always(_: Arguments, __: Profile) -> bool:
    return True


OPERATIONS = tuple(
    Definition(
        function=function,
        source="QKeras 0.9.0, qkeras/quantizers.py, quantized_relu, quantized_po2 and quantized_relu_po2",
        sentences=(
            "changing the weighted sum of (1 - qnoise_factor)*unquantized_x + qnoise_factor*quantized_x",
            'use_ste: Bool. Whether to use "straight-through estimator" (STE) method or not.',
        ),
        silences=(),
        profile=DEFINITION,
        axes=AXES[function.__name__],
        meaning=MEANING,
        family="qkeras",
        is_elementwise=elementwise,
        undefined=undefined,
    )
    for function, elementwise in ((quantizer_noise, always), (quantizer_noise_gradient, is_elementwise))
)
