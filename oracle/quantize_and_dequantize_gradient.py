"""The gradient of TensorFlow's quantize_and_dequantize: of its input and of both ends of the range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.quantize_and_dequantize import Profile as Forward
from oracle.quantize_and_dequantize import check, codes_of, grid_of, keeper, range_of, undefined
from oracle.specification import Arguments, Definition, Silence


@dataclass(frozen=True)
class Profile:
    """One way of computing the gradient; the fields are in the order of the arithmetic."""

    subnormals: str = "kept"
    range: str = "representable"
    edges: str = "inside"
    mask: str = "multiplies"
    ends: str = "zero"


MEANING: dict[str, dict[str, str]] = {
    "subnormals": {
        "kept": "subnormal numbers are numbers",
        "flushed": "every subnormal argument and result becomes zero",
    },
    "range": {
        "representable": "the range that the codes hold, to which x is clipped",
        "initial": "low and high as they are given, or the least and the largest x",
        "arguments": "low and high, also where they are not the range",
        "none": "no range: the gradient is dy everywhere",
    },
    "edges": {
        "inside": "an x that equals an end is within the range",
        "outside": "an x that equals an end is not within the range",
    },
    "mask": {
        "multiplies": "dy times 1 or 0: -0.0 for a negative dy, NaN for an infinite one",
        "selects": "dy, or 0.0",
    },
    "ends": {
        "zero": "the gradients of low and high are 0",
        "sums": "the sum of dy below the range, and above it",
    },
}
AXES = {axis: tuple(choices) for axis, choices in MEANING.items()}
DOCUMENTED = Profile()


def quantize_and_dequantize_gradient(
    x: Any, low: Any, high: Any, signed: bool, bits: int, range_given: bool, rounding: str,
    narrow_range: bool, axis: int | None, dy: Any, profile: Profile = DOCUMENTED,
) -> dict[str, Array]:  # fmt: skip
    """Return the gradient of a sum of dy * quantize_and_dequantize(x, low, high, …), straight through.

        x: dy * (1 where x is within the quantization range, 0 otherwise)

    Args:
        x: real values; float32, shape S.
        low, high, signed, bits, range_given, rounding, narrow_range, axis: as of quantize_and_dequantize,
            which says what range the codes hold.
        dy: the gradient of the output; float32, shape S.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, shape S; low, high: float32, the shape of low: 0.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QuantizeAndDequantizeV4, "it returns a gradient of 1 for inputs that are within the quantization
        range, or 0 otherwise"; which range that is, QuantizeAndDequantizeV2: it "updates the other one to
        maximize the representable range", and without range_given it is determined "from the input".
    Silent about: the gradients of low and high; NaN, which no comparison holds for.
    """
    values, upstream = check(x, bits, rounding), np.asarray(dy)
    if values.shape != upstream.shape:
        raise ValueError(f"dy must have the shape of x, {values.shape}, got {upstream.shape}")
    if axis is not None:
        values, upstream = np.moveaxis(values, axis, -1), np.moveaxis(upstream, axis, -1)
    with np.errstate(all="ignore"):
        keep = keeper(profile)
        given = range_of(values, low, high, range_given or profile.range == "arguments", axis)
        if profile.range == "representable":
            grid = grid_of(given, codes_of(signed, bits, narrow_range), Forward(profile.subnormals))
            given = grid.low, grid.high
        inside, below, above = places(keep(values), keep(given[0]), keep(given[1]), profile)
        found = masked(keep(upstream), inside, profile) if profile.range != "none" else upstream
        sums = [
            total(masked(keep(upstream), mask, profile), np.shape(low), profile) for mask in (below, above)
        ]
    return {"x": found if axis is None else np.moveaxis(found, -1, axis), "low": sums[0], "high": sums[1]}


def places(x: Array, low: Array, high: Array, profile: Profile) -> tuple[Array, Array, Array]:
    """Return which x are within a range, below it, and above it."""
    if profile.range == "none":
        return np.full(x.shape, True), np.full(x.shape, False), np.full(x.shape, False)
    if profile.edges == "outside":
        return (low < x) & (x < high), x <= low, x >= high
    return (low <= x) & (x <= high), x < low, x > high


def masked(dy: Array, mask: Array, profile: Profile) -> Array:
    """Return dy where the mask holds, else 0, or what dy * 0 is."""
    found: Array = np.where(mask, dy, np.float32(0)) if profile.mask == "selects" else dy * mask
    return found.astype(np.float32)


def total(dy: Array, shape: tuple[int, ...], profile: Profile) -> Array:
    """Return the gradient of an end of the range, or of the end of each slice of the last axis."""
    if profile.ends == "zero":
        return np.zeros(shape, np.float32)
    axes = tuple(range(dy.ndim - len(shape)))
    exact: Array = dy.astype(np.float64).sum(axis=axes) + 0.0
    return exact.astype(np.float32)


def is_alone(_: Arguments, __: Profile) -> bool:
    return False


def always(_: Arguments) -> bool:
    return True


OPERATIONS = (
    Definition(
        function=quantize_and_dequantize_gradient,
        source="TensorFlow, tf.quantization.quantize_and_dequantize_v2 (QuantizeAndDequantizeV4)",
        sentences=(
            "This is almost identical to QuantizeAndDequantizeV2, except that it returns a gradient of 1 for"
            " inputs that are within the quantization range, or 0 otherwise.",
            "It determines the scale from one of input_min and input_max, then updates the other one to"
            " maximize the representable range.",
            "range_given: If true use `input_min` and `input_max` for the range of the input, otherwise"
            " determine min and max from the input `Tensor`.",
        ),
        silences=(Silence("ends", AXES["ends"], always, "the gradients of the range are not mentioned"),),
        profile=DOCUMENTED,
        axes=AXES,
        meaning=MEANING,
        family="tensorflow",
        is_elementwise=is_alone,
        undefined=undefined,
    ),
)
