"""Codes of 4 and of 2 bits: two or four in one byte, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.specification import Arguments, Definition, Silence

WIDTHS = (2, 4)


@dataclass(frozen=True)
class PackProfile:
    """One way of packing codes; the fields are in the order of the arithmetic."""

    rows: str = "together"
    padding: str = "zeros"
    order: str = "lowest_first"


@dataclass(frozen=True)
class UnpackProfile:
    """One way of unpacking codes."""

    order: str = "lowest_first"
    sign: str = "extended"


ORDER = {
    "lowest_first": "the first code of a byte lies in its lowest bits",
    "highest_first": "the first code of a byte lies in its highest bits",
    "strided": "a row of n codes is cut into k = 8 / bits parts: byte j holds the codes j, j + n / k, …, the"
    " first in its lowest bits",
}
PACK_MEANING = {
    "rows": {
        "together": "a row begins right after the last, also within a byte",
        "apart": "each row, along the last axis, begins a byte",
    },
    "padding": {"zeros": "bits without a code are 0", "ones": "bits without a code are 1"},
    "order": ORDER,
}
UNPACK_MEANING = {
    "order": ORDER,
    "sign": {
        "extended": "of signed codes the highest bit is the sign",
        "ignored": "signed codes are read as if they were not",
        "offset": "signed codes are stored as what they are above the lowest",
    },
}


def pack_codes(code: Any, bits: int, profile: PackProfile = PackProfile()) -> dict[str, Array]:
    """Return the bytes that hold codes of few bits.

        bytes[j] = the sum of (code[k j + i] mod 2^bits) * 2^(bits i) for i = 0 … k - 1, k = 8 / bits

    of the codes in row-major order; where there is no further code, bits are 0.

    Args:
        code: signed codes, int8, or unsigned ones, uint8; in the range of `bits`; any shape, one or more.
        bits: 2 or 4.
        profile: the arithmetic; the default is the definition.

    Returns:
        bytes: uint8, shape (ceil(n * bits / 8),) of n codes.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: ONNX, onnx.proto, TensorProto: "uint4 and int4 values must be packed to 4bitx2, the first element
        is stored in the 4 LSB and the second element is stored in the 4 MSB. uint2 and int2 values must be
        packed to 2bitx4, with elements packed from LSB to MSB in a single byte as: x0 | (x1 << 2) | (x2 << 4)
        | (x3 << 6)".
    Silent about: the bits without a code.
    """
    values = np.asarray(code)
    check_codes(values, bits)
    count = 8 // bits
    rows = values.reshape(-1, values.shape[-1]) if profile.rows == "apart" else values.reshape(1, -1)
    whole = -(-rows.shape[-1] // count)
    padded = np.full((len(rows), whole * count), -1 if profile.padding == "ones" else 0, np.int64)
    padded[:, : rows.shape[-1]] = rows
    digits = padded & (2**bits - 1)
    if profile.order == "strided":
        digits = digits.reshape(-1, count, whole).swapaxes(1, 2)
    fields = digits.reshape(-1, count) << places(bits, profile.order)
    return {"bytes": fields.sum(axis=-1).astype(np.uint8)}


def unpack_codes(
    code: Any, count: int, bits: int, is_signed: bool, profile: UnpackProfile = UnpackProfile()
) -> dict[str, Array]:
    """Return the codes of few bits that bytes hold.

        codes[k j + i] = (code[j] // 2^(bits i)) mod 2^bits for i = 0 … k - 1, k = 8 / bits

    less 2^bits where that is 2^(bits - 1) or more and the codes are signed.

    Args:
        code: the bytes; uint8, shape (ceil(count * bits / 8),).
        count: how many codes they hold, >= 1.
        bits: 2 or 4.
        is_signed: whether the codes are signed, in two's complement.
        profile: the arithmetic; the default is the definition.

    Returns:
        codes: int8 where they are signed, else uint8; shape (count,).

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: as pack_codes; its int4 and int2 are numbers in two's complement.
    """
    stored = np.asarray(code)
    check_bits(bits)
    if stored.dtype != np.uint8 or stored.shape != (-(-count * bits // 8),) or count < 1:
        raise ValueError(f"{count} codes need their bytes, uint8, got {stored.dtype} {list(stored.shape)}")
    fields = stored[:, None].astype(np.int64) >> places(bits, profile.order) & (2**bits - 1)
    values = (fields.T if profile.order == "strided" else fields).reshape(-1)[:count]
    half = 2 ** (bits - 1)
    if is_signed and profile.sign == "extended":
        values = values - 2 * half * (values >= half)
    if is_signed and profile.sign == "offset":
        values = values - half
    return {"codes": values.astype(np.int8 if is_signed else np.uint8)}


def places(bits: int, order: str) -> Array:
    """Return the lowest bit of each code of a byte."""
    low = np.arange(0, 8, bits)
    return low[::-1] if order == "highest_first" else low


def check_bits(bits: int) -> None:
    """Raise ValueError for a width that no byte holds several codes of, or none that is named here."""
    if bits not in WIDTHS:
        raise ValueError(f"bits must be 2 or 4, got {bits}")


def check_codes(values: Array, bits: int) -> None:
    """Raise ValueError for codes that are none of so many bits."""
    check_bits(bits)
    if values.dtype not in (np.int8, np.uint8) or not values.size or not values.ndim:
        raise ValueError(f"code must be int8 or uint8, one or more, got {values.dtype} {list(values.shape)}")
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if values.dtype == np.int8 else (0, 2**bits - 1)
    if values.min() < low or values.max() > high:
        raise ValueError(f"code must lie in [{low}, {high}], got {values.min()} to {values.max()}")


def has_padding(arguments: Arguments) -> bool:
    return bool(np.size(arguments["code"]) * arguments["bits"] % 8)


def choices_of(meaning: dict[str, dict[str, str]]) -> dict[str, tuple[str, ...]]:
    return {axis: tuple(choices) for axis, choices in meaning.items()}


def never_elementwise(_: Arguments, __: Any) -> bool:
    return False


_SOURCE = "ONNX, onnx.proto, TensorProto, int32_data and raw_data"
_SENTENCES = (
    "uint4 and int4 values must be packed to 4bitx2, the first element is stored in the 4 LSB and the"
    " second element is stored in the 4 MSB.",
    "uint2 and int2 values must be packed to 2bitx4, with elements packed from LSB to MSB in a single byte"
    " as: x0 | (x1 << 2) | (x2 << 4) | (x3 << 6)",
)
OPERATIONS = (
    Definition(
        function=pack_codes,
        source=_SOURCE,
        sentences=_SENTENCES,
        silences=(
            Silence(
                "padding", ("zeros", "ones"), has_padding, "the text says nothing about bits without a code"
            ),
        ),
        profile=PackProfile(),
        axes=choices_of(PACK_MEANING),
        meaning=PACK_MEANING,
        family="packing",
        is_elementwise=never_elementwise,
    ),
    Definition(
        function=unpack_codes,
        source=_SOURCE,
        sentences=_SENTENCES,
        silences=(),
        profile=UnpackProfile(),
        axes=choices_of(UNPACK_MEANING),
        meaning=UNPACK_MEANING,
        family="packing",
        is_elementwise=never_elementwise,
    ),
)
