"""The gradient of TensorFlow's fake quantizer: of its input and of both ends of the range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.specification import Arguments, Bound, Definition
from oracle.tensorflow_range import (
    COMPANIONS,
    DOCUMENTED,
    MEANING,
    Profile,
    adjust,
    check_range,
    contradiction,
    keeper,
    undefined,
)  # fmt: skip

AXES = {
    axis: tuple(MEANING[axis])
    for axis in ("validation", "subnormals", "scale", "nudged", "nudge_rounding", "high_bound", "bounds",
                 "edges", "mask")
}  # fmt: skip


def fake_quant_with_min_max_gradient(
    x: Any, low: Any, high: Any, bits: int, narrow_range: bool, dy: Any, profile: Profile = DOCUMENTED
) -> dict[str, Array]:
    """Return the gradient of a sum of dy * fake_quant_with_min_max(x, low, high), straight through.

        x:    dy * (low' <= x and x <= high')
        low:  sum(dy * (x < low'))
        high: sum(dy * (x > high'))

    Args:
        x: real values; float32, shape S.
        low, high, bits, narrow_range: as of fake_quant_with_min_max, which says what low' and high' are.
        dy: the gradient of the output; float32, shape S.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, shape S; low, high: float32, the shape of low, sums over all else.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: FakeQuantWithMinMaxVarsGradient, "`gradients * (inputs >= min && inputs <= max)`",
        "`sum(gradients * (inputs < min))`", "`sum(gradients * (inputs > max))`"; `min` and `max` are those
        that the quantizer works with: "Before quantization, `min` and `max` values are adjusted".
    Silent about: NaN, which no comparison holds for; the order of a sum.
    """
    values, upstream = np.asarray(x), np.asarray(dy)
    if values.shape != upstream.shape:
        raise ValueError(f"dy must have the shape of x, {values.shape}, got {upstream.shape}")
    keep = keeper(profile)
    low, high = check_range(low, high, bits, profile)
    with np.errstate(all="ignore"):
        adjusted = adjust(low, high, bits, narrow_range, profile)
        bottom, top = (adjusted.low, adjusted.high) if profile.bounds == "adjusted" else (low, high)
        values, flushed = keep(values), keep(upstream)
        upstream = upstream if profile.mask == "selects" else flushed  # a choice is no arithmetic
        outer = (values < bottom, values > top)
        inside = (bottom <= values) & (values <= top)
        if profile.edges == "outside":
            outer = (values <= bottom, values >= top)
            inside = (bottom < values) & (values < top)
        if profile.validation == "zeros":
            unused = (low == 0) & (high == 0)
            inside, outer = inside | unused, (outer[0] & ~unused, outer[1] & ~unused)
        sums = [total(masked(flushed, mask, profile), np.ndim(low)) for mask in outer]
    return {"x": masked(upstream, inside, profile), "low": keep(sums[0]), "high": keep(sums[1])}


def masked(dy: Array, mask: Array, profile: Profile) -> Array:
    """Return dy where the mask holds, else 0, or what dy * 0 is."""
    if profile.mask == "selects":
        return np.where(mask, dy, np.float32(0))
    product: Array = dy * mask.astype(np.float32)
    return product


def total(dy: Array, channels: int) -> Array:
    """Return the sum, or with channels = 1 that of each index of the last axis."""
    axes = tuple(range(dy.ndim - channels))
    exact: Array = dy.astype(np.float64).sum(axis=axes) + 0.0
    return exact.astype(np.float32)


def is_alone(_: Arguments, __: Profile) -> bool:
    return False


GRID = 2.0**-10


def bound_of_sum(arguments: Arguments, wanted: Mapping[str, Any]) -> float:
    """Return how far the sum may lie from the exact one: 0 where every partial sum is exact."""
    dy = np.asarray(arguments["dy"], np.float64)
    size = float(np.abs(dy).sum())
    if not np.isfinite(size) or (size < 2**13 and not np.any(np.remainder(dy, GRID))):
        return 0.0
    return dy.size * 2.0**-24 * size * (1 + 2.0**-10)


PROOF = (
    "Multiples of 2^-10 whose magnitudes add up to less than 2^13 have partial sums of at most 23 bits:"
    " they are exact in every order. Otherwise the n - 1 additions, in any order, err by at most"
    " (n - 1) u / (1 - (n - 1) u) times the sum of the magnitudes, u = 2^-24 (Higham 2002, 4.2), and the"
    " expected sum is rounded once."
)


OPERATIONS = (
    Definition(
        function=fake_quant_with_min_max_gradient,
        source="TensorFlow, tf.quantization.fake_quant_with_min_max_vars_gradient",
        sentences=(
            "Backpropagated gradients w.r.t. inputs: `gradients * (inputs >= min && inputs <= max)`.",
            "Backpropagated gradients w.r.t. min parameter: `sum(gradients * (inputs < min))`.",
            "Backpropagated gradients w.r.t. max parameter: `sum(gradients * (inputs > max))`.",
            "Before quantization, `min` and `max` values are adjusted with the following logic.",
        ),
        silences=(),
        profile=DOCUMENTED,
        axes=AXES,
        meaning={axis: MEANING[axis] for axis in AXES},
        family="tensorflow",
        is_elementwise=is_alone,
        undefined=undefined,
        contradiction=contradiction,
        companions=COMPANIONS,
        mends=tuple(COMPANIONS.values()),
        bounds=(Bound("low", bound_of_sum, PROOF), Bound("high", bound_of_sum, PROOF)),
    ),
)
