"""Signs as bits: 32 channels in one int32 word, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.arithmetic import flush
from oracle.formats import FLOAT32, Array, carried
from oracle.rounding import ROUND
from oracle.specification import Arguments, Definition, Silence

WIDTH = 32


@dataclass(frozen=True)
class PackProfile:
    """One way of packing signs; the fields are in the order of the arithmetic."""

    subnormals: str = "kept"
    zero_point: str = "compared"
    zero: str = "plus"
    nan: str = "plus"
    polarity: str = "minus_is_one"
    order: str = "lowest_first"
    padding: str = "zeros"


@dataclass(frozen=True)
class UnpackProfile:
    """One way of unpacking signs."""

    order: str = "lowest_first"
    polarity: str = "minus_is_one"
    quotient: str = "exact"
    rounding: str = "half_away"
    overflow: str = "saturates"


POLARITY = {
    "minus_is_one": "bit 1 stands for -1, bit 0 for +1",
    "minus_is_zero": "bit 0 stands for -1, bit 1 for +1",
}
ORDER = {
    "lowest_first": "channel i of a word is bit i, counted from the lowest",
    "highest_first": "channel i of a word is bit 31 - i",
    "bytes_highest_first": "channel i of a word lies in byte i / 8, the first of a byte in its highest bit",
}
PACK_MEANING = {
    "subnormals": {
        "kept": "subnormal numbers are numbers",
        "flushed": "a subnormal number counts as a zero of its sign",
    },
    "zero_point": {
        "compared": "a code below the zero point is negative",
        "ignored": "a code below 0 is negative",
    },
    "zero": {
        "plus": "both zeros are +1",
        "minus": "both zeros are -1",
        "sign_bit": "0.0 is +1, -0.0 is -1",
    },
    "nan": {"plus": "NaN is +1", "minus": "NaN is -1", "sign_bit": "NaN is what its sign bit says"},
    "polarity": POLARITY,
    "order": ORDER,
    "padding": {"zeros": "bits without a channel are 0", "ones": "bits without a channel are 1"},
}
UNPACK_MEANING = {
    "order": ORDER,
    "polarity": POLARITY,
    "quotient": {"exact": "1 / scale is not rounded", "float32": "1 / scale is rounded to float32"},
    "rounding": {"half_away": "ties away from zero", "half_even": "ties to even"},
    "overflow": {
        "saturates": "what does not fit becomes the first or last code",
        "int32": "a quotient beyond int32 becomes its least number, and the sums wrap",
    },
}


def places(order: str) -> Array:
    """Return the bit of each of the 32 channels of a word."""
    channels = np.arange(WIDTH)
    if order == "bytes_highest_first":
        return channels // 8 * 8 + 7 - channels % 8
    return WIDTH - 1 - channels if order == "highest_first" else channels


def is_minus(x: Any, zero_point: int, profile: PackProfile) -> Array:
    """Tell which values are packed as -1."""
    if x.dtype == np.int8:
        values = x.astype(np.int64) - (zero_point if profile.zero_point == "compared" else 0)
        return np.asarray(values <= 0 if profile.zero == "minus" else values < 0)
    values = flush(x, FLOAT32) if profile.subnormals == "flushed" else x
    choices = {"plus": np.False_, "minus": np.True_, "sign_bit": np.signbit(values)}
    at_nan = np.where(np.isnan(values), choices[profile.nan], values < 0)
    return np.where(values == 0, choices[profile.zero], at_nan)


def pack(minus: Array, profile: Any) -> Array:
    """Return the words of signs, packed along the last axis."""
    bits = minus if profile.polarity == "minus_is_one" else ~minus
    *outer, channels = bits.shape
    padded = np.full((*outer, -(-channels // WIDTH) * WIDTH), profile.padding == "ones")
    padded[..., :channels] = bits
    ones = padded.reshape(*outer, -1, WIDTH).astype(np.uint32) << places(profile.order).astype(np.uint32)
    return np.ascontiguousarray(ones.sum(axis=-1, dtype=np.uint32)).view(np.int32)


def unpack(words: Array, channels: int, profile: Any) -> Array:
    """Tell which channels are -1."""
    shifted = words.view(np.uint32)[..., None] >> places(profile.order).astype(np.uint32)
    bits = (shifted & np.uint32(1)).reshape(*words.shape[:-1], -1)[..., :channels].astype(bool)
    return np.asarray(bits if profile.polarity == "minus_is_one" else ~bits)


def pack_bits(x: Any, zero_point: int = 0, profile: PackProfile = PackProfile()) -> dict[str, Array]:
    """Return the signs of values, 32 channels of the last axis in one word.

        bit i of words[..., j] = 1 where x[..., 32 j + i] < 0, else 0; of codes, where code < zero_point

    Args:
        x: real values, float32, or codes, int8; shape (..., C), C >= 1.
        zero_point: the code of real 0, an int32; 0 for real values.
        profile: the arithmetic; the default is the definition.

    Returns:
        words: int32, shape (..., ceil(C / 32)); bits without a channel are 0.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Larq Compute Engine, lce_ops.td, Quantize: "Converts floating point, integer, or boolean
        tensors to binarized bitpacked tensors"; larq/compute-engine#599: "(x >> i) & 1 will give you the
        i-th bit of x", "The bit value 0 represents +1.0 and the bit value 1 represents -1.0";
        larq/compute-engine#132: "Bitpacks (-infty, 0) to 1 and [0, infty) to 0"; bitpacking/utils.h,
        "along its last dimension"; bitpack.h, "any padding bits, if applicable, still must be zero"; larq
        SteSign, "q(x) = -1 for x < 0, 1 for x >= 0".
    Silent about: NaN.
    """
    values = np.asarray(x)
    if values.dtype not in (np.float32, np.int8):
        raise ValueError(f"x must be float32 or int8, got {values.dtype.name}")
    if not values.ndim or not values.shape[-1]:
        raise ValueError(f"x must have one channel or more, got shape {list(values.shape)}")
    if values.dtype == np.float32 and zero_point != 0:
        raise ValueError(f"the zero point of reals must be 0, got {zero_point}")
    return {"words": pack(is_minus(values, int(zero_point), profile), profile)}


def unpack_bits(
    code: Any,
    channels: int,
    output_scale: float | None = None,
    output_zero_point: int = 0,
    profile: UnpackProfile = UnpackProfile(),
) -> dict[str, Array]:
    """Return +1 and -1 for the bits of words, as reals or as int8 codes.

        sign = -1 where bit i of code[..., j] is 1, else 1, of channel 32 j + i
        code = clip(round(sign / output_scale) + output_zero_point, -128, 127)

    Args:
        code: words of packed bits; int32, shape (..., ceil(channels / 32)).
        channels: how many bits stand for a channel; >= 1.
        output_scale: real units per code of the result, a normal float32 > 0; None: the result is real.
        output_zero_point: the code of real 0, in [-128, 127].
        profile: the arithmetic; the default is the definition.

    Returns:
        signs: float32, shape (..., channels); or
        codes: int8, shape (..., channels).

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Larq Compute Engine, lce_ops.td, Dequantize: "Converts binarized bitpacked tensors to floating
        point, integer, or boolean tensors"; larq/compute-engine#599, as in pack_bits; TensorFlow Lite 8-bit
        quantization specification: "real_value = (int8_value - zero_point) * scale".
    Silent about: ties.
    """
    words = np.asarray(code)
    check_words(words, channels)
    minus = unpack(np.ascontiguousarray(words), channels, profile)
    if output_scale is None:
        return {"signs": np.where(minus, np.float32(-1), np.float32(1))}
    plus_code, minus_code = codes_of_signs(check_scale(output_scale), output_zero_point, profile)
    return {"codes": np.where(minus, np.int8(minus_code), np.int8(plus_code))}


def check_words(words: Array, channels: int) -> None:
    """Raise ValueError for words that do not hold so many channels."""
    if words.dtype != np.int32:
        raise ValueError(f"code must be int32, got {words.dtype.name}")
    if not words.ndim or channels < 1 or words.shape[-1] != -(-channels // WIDTH):
        raise ValueError(f"{channels} channels need {-(-channels // WIDTH)} words, got {list(words.shape)}")


def check_scale(scale: Any) -> np.float32:
    """Return a scale; ValueError for one that is no normal positive number."""
    value = np.float32(scale)
    if not FLOAT32.smallest_normal <= float(value) < np.inf:
        raise ValueError(f"output_scale must be a normal number > 0, got {scale}")
    return value


def codes_of_signs(scale: np.float32, zero_point: int, profile: UnpackProfile) -> tuple[int, int]:
    """Return the codes of +1 and of -1."""
    # 1 / scale lies 2^-25 or further from a tie that it is not: below 2^26 float64 keeps the side.
    quotient = np.float32(1) / scale if profile.quotient == "float32" else 1 / np.float64(scale)
    offset = int(ROUND[profile.rounding](np.asarray(quotient, np.float64), FLOAT32))
    if profile.overflow == "saturates" or offset < 2**31:
        return min(127, zero_point + offset), max(-128, zero_point - offset)
    plus = wrapped(min(127, wrapped(zero_point - 2**31, 32)), 8)
    return plus, wrapped(max(-128, wrapped(zero_point + 2**31, 32)), 8)


def wrapped(value: int, bits: int) -> int:
    """Return the number of so many bits, in two's complement, that a whole number wraps to."""
    half = 1 << (bits - 1)
    return (value + half) % (2 * half) - half


def has_nan(arguments: Arguments) -> bool:
    values = carried(arguments["x"])
    return bool(values.dtype.kind == "f" and np.isnan(values).any())


def is_tie(arguments: Arguments) -> bool:
    """Whether 1 / scale may lie between two codes: only 1 / 2 does."""
    return bool(arguments.get("output_scale") == 2)


def choices_of(meaning: dict[str, dict[str, str]]) -> dict[str, tuple[str, ...]]:
    return {axis: tuple(choices) for axis, choices in meaning.items()}


def never_elementwise(_: Arguments, __: Any) -> bool:
    return False


_BITS = (
    "(x >> i) & 1 will give you the i-th bit of x. The bit value 0 represents +1.0 and the bit value 1 "
    "represents -1.0."
)

OPERATIONS = (
    Definition(
        function=pack_bits,
        source="Larq Compute Engine 0.16.0, core/bitpacking/bitpack.h and utils.h; larq/compute-engine#132, "
        "larq/compute-engine#599",
        sentences=(
            "Converts floating point, integer, or boolean tensors to binarized bitpacked tensors.",
            _BITS,
            "Pack the tensor along the last dimension.",
            "Bitpacks (-infty, 0) to 1 and [0, infty) to 0.",
        ),
        silences=(Silence("nan", tuple(PACK_MEANING["nan"]), has_nan, "NaN is neither x < 0 nor x >= 0"),),
        profile=PackProfile(),
        axes=choices_of(PACK_MEANING),
        meaning=PACK_MEANING,
        family="packing",
        is_elementwise=never_elementwise,
    ),
    Definition(
        function=unpack_bits,
        source="Larq Compute Engine 0.16.0, core/bitpacking/bitpack.h; larq/compute-engine#599; TensorFlow "
        "Lite 8-bit quantization specification",
        sentences=(
            "Converts binarized bitpacked tensors to floating point, integer, or boolean tensors.",
            _BITS,
            "real_value = (int8_value - zero_point) * scale",
        ),
        silences=(
            Silence(
                "rounding", tuple(UNPACK_MEANING["rounding"]), is_tie, "the text names no rounding of ties"
            ),
        ),
        profile=UnpackProfile(),
        axes=choices_of(UNPACK_MEANING),
        meaning=UNPACK_MEANING,
        family="packing",
        is_elementwise=never_elementwise,
    ),
)
