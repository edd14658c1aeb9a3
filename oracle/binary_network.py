"""Two binary convolutions, one after the other, with what a network has between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.binary_conv2d import MEANING as CONVOLUTION
from oracle.binary_conv2d import check_layer, padded, sums_of
from oracle.binary_window import check_image, check_normal, span
from oracle.formats import Array
from oracle.specification import Definition

POOLS = ("none", "before", "after")
POOL = 2  # pixels, of the window and of the stride


@dataclass(frozen=True)
class NetworkProfile:
    """One way of computing two binary convolutions; the fields are in the order of the arithmetic."""

    extra: str = "after"
    zero_padding: str = "exact"
    order: str = "given"
    outside: str = "ignored"
    multiplier: str = "signed"
    zero: str = "plus"


MEANING = {
    "extra": CONVOLUTION["extra"],
    "zero_padding": CONVOLUTION["zero_padding"],
    "order": {
        "given": "pooled before, or after, the batch normalization, as asked",
        "swapped": "pooled after the batch normalization where before was asked, before it where after was",
    },
    "outside": {"ignored": "pixels outside are not pooled", "zeros": "pixels outside are pooled as 0"},
    "multiplier": {
        "signed": "a negative multiplier turns the signs",
        "magnitude": "a negative multiplier counts as its magnitude",
    },
    "zero": {"plus": "the sign of 0 is +1", "minus": "the sign of 0 is -1"},
}


def pooled(values: Array, padding: str, profile: NetworkProfile) -> Array:
    """Return the greatest value of each window of 2 x 2 pixels, side by side."""
    rows, columns = (span(size, POOL, POOL, 1, padding, profile.extra) for size in values.shape[1:3])
    beyond = 0.0 if profile.outside == "zeros" else -np.inf
    reach = [(s.before, max(0, (s.count - 1) * POOL - s.before + POOL - s.size)) for s in (rows, columns)]
    wide = np.pad(values, [(0, 0), *reach, (0, 0)], constant_values=beyond)
    kept = wide[:, : rows.count * POOL, : columns.count * POOL]
    windows = kept.reshape(len(values), rows.count, POOL, columns.count, POOL, -1)
    return np.asarray(windows.max(axis=(2, 4)))


def between(sums: Array, multiplier: Any, bias: Any, pool: str, padding: str,
            profile: NetworkProfile) -> Array:  # fmt: skip
    """Return what the second convolution takes the signs of; its sign is exact."""
    first = pool if profile.order == "given" else {"before": "after", "after": "before"}.get(pool, pool)
    values = sums.astype(np.float64)
    if first == "before":
        values = pooled(values, padding, profile)
    if multiplier is not None:
        wide = np.abs(multiplier) if profile.multiplier == "magnitude" else multiplier
        values = values * wide.astype(np.float64) + bias.astype(np.float64)
    return pooled(values, padding, profile) if first == "after" else values


def binary_network(
    x: Any,
    weight: Any,
    second: Any,
    multiplier: Any = None,
    bias: Any = None,
    stride: int = 1,
    dilation: int = 1,
    padding: str = "valid",
    pad_value: int = 0,
    pool: str = "none",
    profile: NetworkProfile = NetworkProfile(),
) -> dict[str, Array]:
    """Return the sums of a binary convolution of the signs of a binary convolution.

        first = sum over a window of sign(x) * sign(weight), sign = -1 below 0, else 1
        value = first * multiplier + bias
        y     = sum over a window of sign(value) * sign(second)

    Args:
        x: the image; float32, (N, H, W, C), each >= 1; 0 or normal numbers, as all reals here.
        weight: the filters of the first convolution; float32, (h, w, C, F), each >= 1.
        second: the filters of the second one; float32, (h, w, F, G), each >= 1.
        multiplier, bias: one float32 for each of the F filters: a batch normalization; or None.
        stride: of the first convolution, of rows and columns alike; >= 1.
        dilation, padding, pad_value: of both convolutions, as in binary_conv2d.
        pool: none; or the greatest of 2 x 2 pixels, side by side, before or after the batch normalization;
            same: windows may reach beyond the image, and pixels outside are not seen.
        profile: the arithmetic; the default is the definition.

    Returns:
        y: float32, (N, rows, columns, G); whole numbers.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Larq 0.14.0, QuantConv2D: "`input_quantizer` and `kernel_quantizer` are the element-wise
        quantization functions to use", "The pad value to use when `padding="same"`"; SteSign, "q(x) = -1
        for x < 0, 1 for x >= 0"; Keras, BatchNormalization: "gamma * (batch - self.moving_mean) /
        sqrt(self.moving_var+epsilon) + beta"; MaxPooling2D: "taking the maximum value over an input window";
        Larq Compute Engine, convert_keras_model: "Converts a Keras model to TFLite flatbuffer".
    Silent about: nothing.
    """
    if pool not in POOLS:
        raise ValueError(f"pool must be one of {', '.join(POOLS)}, got {pool}")
    if (multiplier is None) != (bias is None):
        raise ValueError("multiplier and bias must be given both, or none, got one of them")
    for name, value in (("x", x), ("weight", weight), ("second", second)):
        check_image(name, np.asarray(value))
        check_normal(name, np.asarray(value))
    plain = np.zeros(np.shape(weight)[-1:], np.float32)
    check_layer(
        weight, plain if bias is None else multiplier, plain if bias is None else bias, "none", pad_value
    )
    sums = padded(sums_of(x, weight, stride, dilation, padding, profile.extra), pad_value, profile)
    values = between(sums, multiplier, bias, pool, padding, profile)
    minus = values <= 0 if profile.zero == "minus" else values < 0
    signs = np.where(minus, np.float32(-1), np.float32(1))
    total = padded(sums_of(signs, second, 1, dilation, padding, profile.extra), pad_value, profile)
    return {"y": total.astype(np.float32)}


OPERATIONS = (
    Definition(
        function=binary_network,
        source="Larq 0.14.0, larq/layers.py, QuantConv2D, and larq/quantizers.py, SteSign; Keras, "
        "BatchNormalization and MaxPooling2D; Larq Compute Engine 0.16.0, mlir/python/converter.py, "
        "convert_keras_model",
        sentences=(
            "`input_quantizer` and `kernel_quantizer` are the element-wise quantization functions to use.",
            "gamma * (batch - self.moving_mean) / sqrt(self.moving_var+epsilon) + beta",
            "Downsamples the input along its spatial dimensions (height and width) by taking the maximum "
            "value over an input window",
            "Converts a Keras model to TFLite flatbuffer.",
        ),
        silences=(),
        profile=NetworkProfile(),
        axes={axis: tuple(choices) for axis, choices in MEANING.items()},
        meaning=MEANING,
        family="binary layers",
        is_elementwise=lambda _, __: False,
    ),
)
