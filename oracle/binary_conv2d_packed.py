"""The binary convolution with int8 codes, or packed signs, as its result."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np

from oracle.arithmetic import convert_x86
from oracle.binary_conv2d import MEANING, check_layer, clamped, padded, sums_of
from oracle.bit_packing import PackProfile, check_scale, pack
from oracle.formats import FLOAT32, Array
from oracle.rounding import ROUND
from oracle.specification import Arguments, Definition, Silence

KERNEL = "Larq Compute Engine 0.16.0, core/bconv2d/output_transform.h"


@dataclass(frozen=True)
class CodeProfile:
    """One way of computing int8 codes; the fields are in the order of the arithmetic."""

    extra: str = "after"
    zero_padding: str = "exact"
    transform: str = "exact"
    rounding: str = "half_away"
    overflow: str = "saturates"


@dataclass(frozen=True)
class BitProfile:
    """One way of computing packed signs."""

    extra: str = "after"
    zero_padding: str = "exact"
    activation: str = "before"
    threshold: str = "exact"
    comparison: str = "strict"


PADDED = {
    "extra": MEANING["extra"],
    "zero_padding": {k: MEANING["zero_padding"][k] for k in ("exact", "ones")},
}
CODE_MEANING = {
    **PADDED,
    "transform": {
        "exact": "(sum * multiplier + bias) / scale + zero_point is not rounded",
        "fused": "float32(2 n * float32(-multiplier / scale)) + float32((bias + K * multiplier) / scale + "
        "zero_point), rounded to float32; n products are -1",
    },
    "rounding": {"half_away": "ties away from the code 0", "half_even": "ties to even codes"},
    "overflow": {
        "saturates": "what does not fit becomes the first or last code",
        "int32": "beyond int32 lies its least number, and then the first code",
    },
}
BIT_MEANING = {
    **PADDED,
    "activation": {"before": "the sum is clamped", "ignored": "the sum is not clamped"},
    "threshold": {
        "exact": "clamp(sum) * multiplier + bias < 0 is decided without rounding",
        "float32": "n > floor(float32(float32(bias / |multiplier|) + K) / 2); n products are -1",
    },
    "comparison": {
        "strict": "-1 below 0, and above a threshold",
        "inclusive": "-1 at 0, and at a threshold, too",
    },
}


def binary_conv2d_int8(
    x: Any,
    weight: Any,
    multiplier: Any,
    bias: Any,
    output_scale: float,
    output_zero_point: int,
    stride: int = 1,
    dilation: int = 1,
    padding: str = "valid",
    pad_value: int = 0,
    activation: str = "none",
    profile: CodeProfile = CodeProfile(),
) -> dict[str, Array]:
    """Return the int8 codes of a binary convolution's results.

        code = clip(round((clamp(sum) * multiplier + bias) / output_scale + output_zero_point), -128, 127)

    Args:
        x, weight, multiplier, bias, stride, dilation, padding, pad_value, activation: as in binary_conv2d.
        output_scale: real units per code; a normal float32 > 0.
        output_zero_point: the code of real 0, in [-128, 127].
        profile: the arithmetic; the default is the definition.

    Returns:
        codes: int8, (N, rows, columns, F).

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Larq Compute Engine, core/bconv2d/output_transform.h: "Multiply by the reciprocal of the int8
        output scale, and add the int8 zero-point", "Round to an integer and clamp to the int8 range".
    Silent about: ties: "Handling of ties is allowed to be anything".
    """
    check_layer(weight, multiplier, bias, activation, pad_value)
    scale = check_scale(output_scale)
    sums = sums_of(x, weight, stride, dilation, padding, profile.extra)
    total = clamped(padded(sums, pad_value, profile), activation)
    if profile.transform == "fused":
        found = fused_codes(total, sums.size, multiplier, bias, (scale, output_zero_point), profile)
    else:
        found = nearest(total, multiplier, bias, (scale, output_zero_point), profile.rounding)
    if profile.overflow == "int32":
        found = np.asarray(convert_x86(found, -(2**31), 2**31 - 1), np.float64)
    return {"codes": np.clip(found, -128, 127).astype(np.int8)}


def nearest(sums: Array, multiplier: Array, bias: Array, grid: tuple[Any, int], rounding: str) -> Array:
    """Return the whole number nearest to (sums * multiplier + bias) / scale + zero_point."""
    scale, zero_point = float(grid[0]), grid[1]
    product = sums * multiplier.astype(np.float64)  # exact: 24 bits and a whole number of few
    wide = np.broadcast_to(bias.astype(np.float64), product.shape)
    low = np.floor((product + wide) / scale)
    near = low + zero_point + 0.5
    middle = (low + 0.5) * scale  # exact near a tie that int8 can show
    sides = [fsum(terms) for terms in zip(product.flat, wide.flat, (-middle).flat, strict=True)]
    side = np.sign(np.array(sides)).reshape(near.shape)
    return np.asarray(ROUND[rounding](near + side / 4, FLOAT32))


def fused_codes(sums: Array, size: int, multiplier: Array, bias: Array, grid: tuple[Any, int],
                profile: CodeProfile) -> Array:  # fmt: skip
    """Return the whole numbers that the kernel's arithmetic gives."""
    scale, zero_point = np.float64(grid[0]), grid[1]
    wide = multiplier.astype(np.float64)
    with np.errstate(over="ignore"):
        factor = (-wide / scale).astype(np.float32)
        moved = ((bias.astype(np.float64) + size * wide) / scale + zero_point).astype(np.float32)
        real = (size - sums).astype(np.float32) * factor + moved
    return np.asarray(ROUND[profile.rounding](real, FLOAT32), np.float64)


def binary_conv2d_bits(
    x: Any,
    weight: Any,
    multiplier: Any = None,
    bias: Any = None,
    threshold: Any = None,
    stride: int = 1,
    dilation: int = 1,
    padding: str = "valid",
    pad_value: int = 0,
    activation: str = "none",
    profile: BitProfile = BitProfile(),
) -> dict[str, Array]:
    """Return the signs of a binary convolution's results, packed as by pack_bits.

        bit = 1 where clamp(sum) * multiplier + bias < 0; or where n > threshold, n = (K - sum) / 2

    Args:
        x, weight, stride, dilation, padding, pad_value, activation: as in binary_conv2d; K is the number of
            products of a window, n counts those that are -1.
        multiplier, bias: as in binary_conv2d; or None, with a threshold.
        threshold: one int32 for each filter; or None.
        profile: the arithmetic; the default is the definition.

    Returns:
        words: int32, (N, rows, columns, ceil(F / 32)).

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Larq Compute Engine, mlir/transforms/optimize.cc: "We want to write a 1-bit if and only if y < 0",
        "write a 1-bit if and only if x > tau".
    Silent about: nothing.
    """
    count = np.shape(weight)[-1]
    if (threshold is None) == (multiplier is None):
        raise ValueError("either multiplier or threshold must be given, got both or none")
    if threshold is None:
        check_layer(weight, multiplier, bias, activation, pad_value)
    else:
        check_layer(weight, np.ones(count, np.float32), np.ones(count, np.float32), activation, pad_value)
        check_threshold(threshold, count)
    sums = sums_of(x, weight, stride, dilation, padding, profile.extra)
    total = padded(sums, pad_value, profile)
    if threshold is not None:
        minus = above(sums.size - total, 2 * np.asarray(threshold, np.int64), profile)
    elif profile.threshold == "float32":
        minus = by_thresholds(total, sums.size, multiplier, bias, activation)
    else:
        held = clamped(total, activation) if profile.activation == "before" else total
        minus = above(-bias.astype(np.float64), held * multiplier.astype(np.float64), profile)
    return {"words": pack(minus, PackProfile())}


def check_threshold(threshold: Any, count: int) -> None:
    if np.asarray(threshold).dtype != np.int32 or np.shape(threshold) != (count,):
        raise ValueError(f"threshold must be one int32 for each filter, got {list(np.shape(threshold))}")


def above(values: Array, bounds: Array, profile: BitProfile) -> Array:
    return np.asarray(values > bounds if profile.comparison == "strict" else values >= bounds)


def by_thresholds(sums: Array, size: int, multiplier: Array, bias: Array, activation: str) -> Array:
    """Tell which sums the converter's thresholds, in float32, make -1."""
    steepness = np.abs(multiplier)
    low, high = clamped(np.array([-size, size]), activation)
    first, last = (np.where(multiplier > 0, a, -b).astype(np.float32) for a, b in ((low, high), (high, low)))
    start, end = first * steepness + bias, last * steepness + bias
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        bound = np.floor((bias / steepness + np.float32(size)).astype(np.float64) / 2)
    bound = np.where((start < 0) & (end < 0), -np.inf, bound)
    bound = np.where((start >= 0) & (end >= 0), np.inf, bound)
    bound = np.where(multiplier == 0, np.where(bias < 0, -np.inf, np.inf), bound)
    minus = np.where(multiplier < 0, size + sums, size - sums) / 2
    return np.asarray(minus > bound)


def may_tie(arguments: Arguments) -> bool:
    """Whether some result lies just between two codes."""
    given = {key: value for key, value in arguments.items() if key != "profile"}
    even, away = (
        binary_conv2d_int8(**given, profile=CodeProfile(rounding=r))["codes"]
        for r in ("half_even", "half_away")
    )
    return bool((even != away).any())


def choices_of(meaning: dict[str, dict[str, str]]) -> dict[str, tuple[str, ...]]:
    return {axis: tuple(choices) for axis, choices in meaning.items()}


def never_elementwise(_: Arguments, __: Any) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=binary_conv2d_int8,
        source=KERNEL,
        sentences=(
            "Multiply by the reciprocal of the int8 output scale, and add the int8 zero-point.",
            "Round to an integer and clamp to the int8 range.",
        ),
        silences=(
            Silence("rounding", tuple(CODE_MEANING["rounding"]), may_tie,
                    "Handling of ties is allowed to be anything"),
        ),
        profile=CodeProfile(),
        axes=choices_of(CODE_MEANING),
        meaning=CODE_MEANING,
        family="binary layers",
        is_elementwise=never_elementwise,
    ),
    Definition(
        function=binary_conv2d_bits,
        source="Larq Compute Engine 0.16.0, mlir/transforms/optimize.cc; core/bconv2d/output_transform.h",
        sentences=(
            "We want to write a 1-bit if and only if y < 0.",
            "We can therefore use a threshold tau := floor(0.5 * (beta / gamma + a)), and write a 1-bit if "
            "and only if x > tau.",
        ),
        silences=(),
        profile=BitProfile(),
        axes=choices_of(BIT_MEANING),
        meaning=BIT_MEANING,
        family="binary layers",
        is_elementwise=never_elementwise,
    ),
)  # fmt: skip
