"""What a converted model gives once nothing unpacks its signs: words, beside a layer that reads the signs."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.binary_window import check_image, check_normal, span
from oracle.bit_packing import PACK_MEANING, PackProfile, is_minus, pack
from oracle.formats import Array
from oracle.specification import Arguments, Definition

OUTPUTS = ("result", "both", "real")
DEFINITION = PackProfile()
MEANING = {axis: PACK_MEANING[axis] for axis in ("zero", "polarity", "order", "padding")}


def filtered(image: Array, weight: Array) -> Array:
    """Return the sums of the windows of an image times a filter's weights; exact if float64 holds them."""
    rows, columns = (span(image.shape[1 + i], weight.shape[i], 1, 1, "valid", "after") for i in (0, 1))
    found: Array = np.zeros((len(image), rows.count, columns.count, weight.shape[3]))
    for i, ys in enumerate(rows.places().T):
        for j, xs in enumerate(columns.places().T):
            found += image[:, ys][:, :, xs] @ weight[i, j].astype(np.float64)
    return found


def check_sums(weight: Array) -> None:
    """Raise ValueError for filters whose sums float32 does not hold: they are whole multiples of a step."""
    sizes = np.abs(weight.reshape(-1, weight.shape[3]).astype(np.float64))
    if not np.isfinite(sizes).all():
        raise ValueError(f"weight must be finite, got {sizes.max()}")
    significand, exponent = np.frexp(sizes)
    whole = np.ldexp(significand, 24).astype(np.int64)
    last = np.ldexp((whole & -whole).astype(np.float64), exponent - 24)  # what the last bit stands for
    for size, step in zip(sizes.T, np.where(whole, last, np.inf).min(axis=0), strict=True):
        if (size / step).sum() > 2**24 or size.sum() > np.finfo(np.float32).max:
            raise ValueError(f"float32 must hold a filter's sums, got steps of {step} up to {size.sum()}")


def packed_outputs(
    x: Any, weight: Any, outputs: str = "both", profile: PackProfile = DEFINITION
) -> dict[str, Array]:
    """Return the signs of an image, packed, and what a convolution that reads these signs gives.

        sign   = -1 where x < 0, else 1
        result = sum over a window of sign * weight
        words  = the signs as pack_bits packs them

    Args:
        x: the image; float32, (N, H, W, C), each >= 1; 0 or normal numbers.
        weight: the filters; float32, (h, w, C, F), each >= 1, whose sums float32 holds, of any signs and in
            any order: of signs, times a scale for each filter, the converter makes a binary convolution, of
            others a real one.
        outputs: of the model; result: the result's signs; both: the signs of x, and the result's; real: the
            signs of x, and the result as it is.
        profile: the packing; the default is the definition.

    Returns:
        signs: int32, (N, H, W, ceil(C / 32)), of both and real;
        result: int32, (N, rows, columns, ceil(F / 32)), of result and both; float32, (N, rows, columns, F),
            of real.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Larq Compute Engine, mlir/python/util.py, strip_lcedequantize_ops: "Strip the LceDequantize ops to
        directly output bitpacked tf.int32 tensors"; larq/compute-engine#599 and SteSign, as in pack_bits.
    Silent about: NaN.
    """
    image, filters = np.asarray(x), np.asarray(weight)
    for name, value in (("x", image), ("weight", filters)):
        check_image(name, value)
    check_normal("x", image[~np.isnan(image)])
    check_sums(filters)
    if image.shape[3] != filters.shape[2]:
        raise ValueError(f"the channels of x must be the weight's, {filters.shape[2]}, got {image.shape[3]}")
    if outputs not in OUTPUTS:
        raise ValueError(f"outputs must be one of {', '.join(OUTPUTS)}, got {outputs}")
    minus = is_minus(image, 0, profile)
    result = filtered(np.where(minus, -1.0, 1.0), filters).astype(np.float32)
    found = {} if outputs == "result" else {"signs": pack(minus, profile)}
    return {**found, "result": result if outputs == "real" else pack(is_minus(result, 0, profile), profile)}


def has_nan(arguments: Arguments) -> str | None:
    """Return what is silent: NaN has no sign here."""
    return "NaN is neither x < 0 nor x >= 0" if np.isnan(np.asarray(arguments["x"])).any() else None


OPERATIONS = (
    Definition(
        function=packed_outputs,
        source="Larq Compute Engine 0.16.0, mlir/python/util.py, strip_lcedequantize_ops; "
        "core/bitpacking/bitpack.h; larq/compute-engine#599",
        sentences=(
            "Strip the LceDequantize ops to directly output bitpacked tf.int32 tensors.",
            "(x >> i) & 1 will give you the i-th bit of x. The bit value 0 represents +1.0 and the bit value "
            "1 represents -1.0.",
        ),
        silences=(),
        profile=DEFINITION,
        axes={axis: tuple(choices) for axis, choices in MEANING.items()},
        meaning=MEANING,
        family="packing",
        is_elementwise=lambda _, __: False,
        undefined=has_nan,
    ),
)
