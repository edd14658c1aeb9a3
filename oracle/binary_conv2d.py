"""The binary convolution: signs times signs, summed, with real results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.binary_window import PADDINGS, Span, Sums, check_image, check_normal, span, sum_windows
from oracle.formats import Array
from oracle.specification import Arguments, Definition


@dataclass(frozen=True)
class ConvProfile:
    """One way of computing a binary convolution; the fields are in the order of the arithmetic."""

    extra: str = "after"
    zero_padding: str = "exact"
    activation: str = "before"
    transform: str = "separate"


MEANING = {
    "extra": {
        "after": "of an odd padding the extra pixel lies below, and to the right",
        "before": "of an odd padding the extra pixel lies above, and to the left",
    },
    "zero_padding": {
        "exact": "pixels outside add nothing",
        "ones": "pixels outside are +1, as in one-padding",
        "one_side": "pixels outside are +1, and what they added is subtracted afterwards; not where the "
        "filter reaches beyond both sides of the image, or beyond one and just to the other",
    },
    "activation": {
        "before": "the sum is clamped, then multiplied",
        "after": "the result is clamped",
    },
    "transform": {
        "separate": "float32(float32(sum * multiplier) + bias)",
        "fused": "float32(float32(2 n * -multiplier) + float32(bias + K * multiplier)), n products are -1",
    },
}
CLAMPS: dict[str, tuple[float, float]] = {
    "none": (-np.inf, np.inf),
    "relu": (0, np.inf),
    "relu6": (0, 6),
    "relu_n1_to_1": (-1, 1),
}


def sums_of(x: Any, weight: Any, stride: int, dilation: int, padding: str, extra: str) -> Sums:
    """Return what the windows of a convolution sum to.

    Raises:
        ValueError: an argument breaks its line in binary_conv2d.
    """
    image, filters = np.asarray(x), np.asarray(weight)
    for name, value in (("x", image), ("weight", filters)):
        check_image(name, value)
    if image.shape[3] != filters.shape[2]:
        raise ValueError(f"the channels of x must be the weight's, {filters.shape[2]}, got {image.shape[3]}")
    if padding not in PADDINGS:
        raise ValueError(f"padding must be one of {', '.join(PADDINGS)}, got {padding}")
    rows = span(image.shape[1], filters.shape[0], stride, dilation, padding, extra)
    columns = span(image.shape[2], filters.shape[1], stride, dilation, padding, extra)
    return sum_windows(image, filters, rows, columns)


def padded(sums: Sums, pad_value: int, profile: Any) -> Array:
    """Return the sums with what the pixels outside add."""
    if pad_value == 1 or profile.zero_padding == "ones":
        return np.asarray(sums.inside + sums.outside)
    if profile.zero_padding == "exact":
        return sums.inside
    left = np.where(is_corrected(sums)[None, :, :, None], 0, sums.outside)
    return np.asarray(sums.inside + left)


def is_corrected(sums: Sums) -> Array:
    """Tell at which rows and columns the pixels outside are subtracted again."""
    top, bottom = (side[:, None] for side in overflow(sums.rows))
    left, right = (side[None, :] for side in overflow(sums.columns))
    found: Array = (
        ((right <= 0) & (top > 0) & (bottom < 0))
        | ((left < 0) & (right > 0) & (bottom <= 0))
        | ((left > 0) & (right < 0) & (top <= 0))
        | ((left <= 0) & (top < 0) & (bottom > 0))
    )
    return found


def overflow(axis: Span) -> tuple[Array, Array]:
    """Return by how many pixels each window reaches beyond the image's beginning, and beyond its end."""
    total = (axis.count - 1) * axis.stride + axis.reach - axis.size
    first = int(total / 2)  # toward 0
    before = first - np.arange(axis.count) * axis.stride
    return before, axis.reach - axis.size - before


def clamped(sums: Array, activation: str) -> Array:
    """Return the sums within an activation's bounds."""
    return np.clip(sums, *CLAMPS[activation])


def multiplied(sums: Array, multiplier: Array, bias: Array, size: int, profile: ConvProfile) -> Array:
    """Return sums times multiplier plus bias, in float32."""
    if profile.transform == "separate":
        return np.asarray(sums.astype(np.float32) * multiplier + bias)
    moved = (bias.astype(np.float64) + size * multiplier.astype(np.float64)).astype(np.float32)
    return np.asarray((size - sums).astype(np.float32) * -multiplier + moved)


def transformed(sums: Sums, given: Arguments, profile: ConvProfile) -> Array:
    """Return the result of the whole layer."""
    multiplier, bias, activation = given["multiplier"], given["bias"], given["activation"]
    late = profile.transform == "fused" and profile.zero_padding == "one_side" and not given["pad_value"]
    total = sums.inside + sums.outside if late else padded(sums, given["pad_value"], profile)
    found = multiplied(clamped(total, activation), multiplier, bias, sums.size, profile)
    if profile.activation == "after":
        found = clamped(multiplied(total, multiplier, bias, sums.size, profile), activation)
    if late:
        lost = np.where(is_corrected(sums)[None, :, :, None], sums.outside, 0).astype(np.float32)
        found = found + lost * -multiplier
    return np.asarray(found, np.float32)


def check_layer(weight: Any, multiplier: Any, bias: Any, activation: str, pad_value: int) -> None:
    """Raise ValueError for an argument that breaks its line in binary_conv2d."""
    filters = np.shape(weight)[-1:]
    for name, value in (("multiplier", multiplier), ("bias", bias)):
        if np.asarray(value).dtype != np.float32 or np.shape(value) != filters:
            raise ValueError(f"{name} must be one float32 for each filter, got {list(np.shape(value))}")
        check_normal(name, np.asarray(value))
    if activation not in CLAMPS:
        raise ValueError(f"activation must be one of {', '.join(CLAMPS)}, got {activation}")
    if pad_value not in (0, 1):
        raise ValueError(f"pad_value must be 0 or 1, got {pad_value}")


def binary_conv2d(
    x: Any,
    weight: Any,
    multiplier: Any,
    bias: Any,
    stride: int = 1,
    dilation: int = 1,
    padding: str = "valid",
    pad_value: int = 0,
    activation: str = "none",
    profile: ConvProfile = ConvProfile(),
) -> dict[str, Array]:
    """Return the convolution of the signs of an image with the signs of filters, scaled.

        sum   = sum over a window of sign(x) * sign(weight), sign = -1 below 0, else 1
        value = clamp(sum) * multiplier + bias

    Args:
        x: the image; float32, (N, H, W, C), each >= 1.
        weight: the filters; float32, (h, w, C, F), each >= 1.
        multiplier, bias: one normal float32, or 0, for each filter: a scale, or a batch normalization.
        stride, dilation: of rows and columns alike; >= 1.
        padding: valid, no pixel outside is seen; or same, ceil(H / stride) rows come out.
        pad_value: of the pixels outside; 0, they add nothing, or 1, their sign is +1.
        activation: none, relu, relu6 or relu_n1_to_1: clamps the sum.
        profile: the arithmetic; the default is the definition.

    Returns:
        y: float32, (N, rows, columns, F).

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Larq Compute Engine, core/bconv2d/output_transform.h: "it's the same value that you would get by
        running a normal floating-point convolution with +1/-1 input and +1/-1 weights", "float_cast(clamp(-2
        * accum + K)) * mul + bias"; larq/compute-engine#535: pad_values
        "0 (the default) or 1, where the former means true zero padding (like in main TensorFlow), and the
        latter is equivalent to padding with the float value +1.0f".
    Silent about: nothing.
    """
    check_layer(weight, multiplier, bias, activation, pad_value)
    sums = sums_of(x, weight, stride, dilation, padding, profile.extra)
    given = {"multiplier": multiplier, "bias": bias, "activation": activation, "pad_value": pad_value}
    return {"y": transformed(sums, given, profile)}


OPERATIONS = (
    Definition(
        function=binary_conv2d,
        source="Larq Compute Engine 0.16.0, core/bconv2d/output_transform.h; larq/compute-engine#535",
        sentences=(
            "This yields the 'true output' of the binary convolution operation, in the sense that it's the "
            "same value that you would get by running a normal floating-point convolution with +1/-1 input "
            "and +1/-1 weights.",
            "Thus, the float output transform is: float_cast(clamp(-2 * accum + K)) * mul + bias",
        ),
        silences=(),
        profile=ConvProfile(),
        axes={axis: tuple(choices) for axis, choices in MEANING.items()},
        meaning=MEANING,
        family="binary layers",
        is_elementwise=lambda _, __: False,
    ),
)
