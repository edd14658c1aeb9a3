"""Quantization to the 8-, 6- and 4-bit floating-point types of ONNX, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from oracle.bfloat16 import Bfloat16
from oracle.formats import (
    BFLOAT16,
    FLOAT32,
    FORMATS,
    Array,
    Format,
    carried,
    format_of,
    round_into,
)
from oracle.specification import Arguments, Definition, Silence


@dataclass(frozen=True)
class Small:
    """A floating-point type of at most 8 bits: sign, exponent, mantissa.

    `special` says what the codes without a number are: "ieee" (infinities and NaN at the highest
    exponent), "fn" (one NaN of each sign, all ones), "fnuz" (one NaN, in place of -0), "none".
    """

    exponent: int  # bits
    mantissa: int  # bits
    bias: int
    special: str

    @property
    def sign(self) -> int:
        """The code of the sign bit."""
        return 1 << (self.exponent + self.mantissa)

    @property
    def last(self) -> int:
        """The code of the largest finite number."""
        ones = self.sign - 1
        return {"ieee": ones - (1 << self.mantissa), "fn": ones - 1}.get(self.special, ones)


TYPES = {
    "float8e4m3fn": Small(4, 3, 7, "fn"),
    "float8e4m3fnuz": Small(4, 3, 8, "fnuz"),
    "float8e5m2": Small(5, 2, 15, "ieee"),
    "float8e5m2fnuz": Small(5, 2, 16, "fnuz"),
    "float6e2m3": Small(2, 3, 1, "none"),
    "float6e3m2": Small(3, 2, 3, "none"),
    "float4e2m1": Small(2, 1, 1, "none"),
}


HOLES = {"float8e4m3fn": (480, 496, 0x7E), "float8e5m2": (61440, 65536, 0x7F)}


@dataclass(frozen=True)
class Profile:
    """One way of converting; the fields are in the order of the arithmetic."""

    precision: str = "scale"
    scaling: str = "divide"
    zero_point: str = "left_out"
    rounding: str = "half_even"
    subnormals: str = "kept"
    overflow: str = "table"
    nan: str = "all_ones"
    special: str = "special"
    minus_zero: str = "kept"


MEANING: dict[str, dict[str, str]] = {
    "precision": {
        "scale": "the division is computed in the dtype of the scale",
        "float32": "the division is computed in float32",
    },
    "scaling": {
        "divide": "t = x / scale",
        "reciprocal": "t = x * (1 / scale), the reciprocal rounded to the precision",
    },
    "zero_point": {
        "left_out": "nothing is added: -0.0 is converted to the code of -0",
        "added": "the zero point, +0.0, is added: -0.0 becomes +0.0",
    },
    "rounding": {
        "half_even": "to the nearest number of the type; ties to the even code",
        "half_away": "to the nearest; ties away from zero",
        "toward_zero": "to the nearest that is not larger in magnitude",
    },
    "subnormals": {
        "kept": "codes with exponent 0 are subnormal numbers",
        "flushed": "codes with exponent 0 are zeros",
    },
    "overflow": {
        "table": "what rounds beyond the largest number saturates, or else becomes infinite, or NaN",
        "hole": "as the table; but without saturation, in magnitude, float8e4m3fn gives 448 in [480, 496),"
        " and float8e5m2 gives NaN in [61440, 65536)",
        "saturates": "it always saturates, infinities too",
        "never_saturates": "it becomes infinite, or NaN",
    },
    "nan": {
        "all_ones": "NaN of float8e5m2 is 0x7F",
        "quiet": "NaN of float8e5m2 is 0x7E",
    },
    "special": {
        "special": "codes of NaN and of infinities are those",
        "numbers": "they are decoded as numbers: the next larger ones, and -0",
    },
    "minus_zero": {
        "kept": "the code of -0 is -0.0",
        "dropped": "it is +0.0",
    },
}
_QUANTIZE = ("precision", "scaling", "zero_point", "rounding", "subnormals", "overflow", "nan")
_DEQUANTIZE = ("subnormals", "special", "minus_zero")
AXES = {
    "quantize_float8": {axis: tuple(MEANING[axis]) for axis in _QUANTIZE},
    "dequantize_float8": {axis: tuple(MEANING[axis]) for axis in _DEQUANTIZE},
}


@cache
def magnitudes(name: str) -> Array:
    """Return the numbers of all positive codes in order, as if no code were special, and one more."""
    small = TYPES[name]
    codes = np.arange(small.sign + 1)
    exponent, mantissa = codes >> small.mantissa, codes & ((1 << small.mantissa) - 1)
    hidden = np.where(exponent > 0, 1 << small.mantissa, 0)
    power = np.maximum(exponent, 1) - small.bias - small.mantissa
    numbers: Array = np.ldexp((hidden + mantissa).astype(np.float64), power)
    return numbers


def quantize_float8(
    x: Any, scale: Any, type: str, saturate: bool = True, profile: Profile = Profile()
) -> Array:
    """Return the code of the number of a small floating-point type that is nearest to x / scale.

        code = convert(x / scale), ties to the even code; in magnitude, beyond the largest number:
        saturate: the largest number; else NaN, or infinity where the type has it (float8e5m2)

    Args:
        x: real values; float16, bfloat16 or float32, shape S.
        scale: dtype of x, one number, finite, > 0.
        type: a name in TYPES.
        saturate: whether what lies beyond the largest number becomes that; types without NaN always do.
        profile: the arithmetic; the default is the definition.

    Returns:
        uint8 codes, shape S: the bits of the type, right-aligned.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: ONNX QuantizeLinear-25, "The quantization formula is `y = saturate((x / y_scale) +
        y_zero_point)`", "The type of `y_scale` determines the precision of the division"; ONNX Cast-25,
        tables of the conversion to float 8: "[x] means the value rounded to the target mantissa width".
    Silent about: which code is NaN, in float8e5m2; NaN in the types that have none; whether adding a
        zero point of +0.0 makes +0.0 of -0.0 (here it does not: the tables keep -0).
    """
    check_arguments(scale, type)
    target = FLOAT32 if profile.precision == "float32" else format_of(scale)
    with np.errstate(all="ignore"):
        values = round_into(carried(x), target)
        divisor = round_into(np.asarray(carried(scale)), target)
        if profile.scaling == "reciprocal":
            factor = round_into(np.asarray(target.carrier(1) / divisor), target)
            quotient = round_into(np.asarray(values * factor), target)
        else:
            quotient = round_into(np.asarray(values / divisor), target)
        if profile.zero_point == "added":
            quotient = quotient + target.carrier(0)
    return convert(quotient.astype(np.float64), type, bool(saturate), profile)


def convert(values: Array, name: str, saturate: bool, profile: Profile) -> Array:
    """Return the codes of float64 values."""
    small, size = TYPES[name], np.abs(values)
    code = nearest(size, magnitudes(name)[: small.last + 2], profile.rounding)
    if profile.subnormals == "flushed":
        code = np.where(code < 1 << small.mantissa, 0, code)
    beyond, is_nan = code > small.last, np.isnan(values)
    saturates = {"saturates": True, "never_saturates": False}.get(profile.overflow, saturate)
    saturates |= small.special == "none"
    nan = code_of_nan(small, profile)
    out = small.last if saturates else small.last + 1 if small.special == "ieee" else nan
    code = np.where(beyond, out, code)
    if profile.overflow == "hole" and not saturate and name in HOLES:
        low, high, filling = HOLES[name]
        code = np.where((size >= low) & (size < high), filling, code)
    code = np.where(is_nan, nan, code)
    has_sign = np.signbit(values)
    if small.special == "fnuz":
        has_sign &= (code != 0) & (code != nan)
    return np.where(has_sign, code | small.sign, code).astype(np.uint8)


def nearest(size: Array, numbers: Array, rounding: str) -> Array:
    """Return the index of the nearest of the numbers; the last of them stands for all beyond."""
    if rounding == "toward_zero":
        return np.clip(np.searchsorted(numbers, size, side="right") - 1, 0, len(numbers) - 1)
    middles = (numbers[1:] + numbers[:-1]) / 2
    index = np.searchsorted(middles, size, side="right" if rounding == "half_away" else "left")
    if rounding == "half_even":
        is_tie = size == middles[np.minimum(index, len(middles) - 1)]
        index = np.where(is_tie & (index % 2 == 1), index + 1, index)
    return index


def code_of_nan(small: Small, profile: Profile) -> int:
    """Return the code of NaN, without a sign that the type gives it."""
    if small.special == "fnuz":
        return small.sign
    quiet = small.special == "ieee" and profile.nan == "quiet"
    return small.sign - (2 if quiet else 1)


def dequantize_float8(code: Any, scale: Any, type: str, profile: Profile = Profile()) -> Any:
    """Return the real value of each code of a small floating-point type.

        y = number(code) * scale

    Args:
        code: the bits of the type, right-aligned; unsigned integers, shape S.
        scale: one number, finite, > 0; float16, bfloat16 or float32.
        type: a name in TYPES.
        profile: the arithmetic; the default is the definition.

    Returns:
        y: dtype of the scale, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: ONNX DequantizeLinear-25, "The dequantization formula is `y = (x - x_zero_point) * x_scale`.",
        "The output type also determines the precision of the multiplication operation."
    """
    check_arguments(scale, type)
    small, codes = TYPES[type], np.asarray(code).astype(np.int64)
    if codes.size and codes.max() >= 2 * small.sign:
        raise ValueError(f"code must have {small.exponent + small.mantissa + 1} bits, got {codes.max()}")
    target, numbers = format_of(scale), decode(codes, small, type, profile)
    with np.errstate(all="ignore"):
        exact = numbers * np.asarray(carried(scale)).astype(np.float64)  # at most 4 bits times 24
        return held(round_into(np.asarray(exact), target), target)


def decode(codes: Array, small: Small, name: str, profile: Profile) -> Array:
    """Return the numbers of codes, as float64."""
    positive = codes & (small.sign - 1)
    numbers = magnitudes(name)[positive]
    if profile.subnormals == "flushed":
        numbers = np.where(positive < 1 << small.mantissa, 0.0, numbers)
    if profile.special == "special" and small.special in ("ieee", "fn"):
        is_infinite = (positive == small.last + 1) & (small.special == "ieee")
        numbers = np.where(positive > small.last, np.where(is_infinite, np.inf, np.nan), numbers)
    numbers = np.where(codes & small.sign, -numbers, numbers)
    if profile.special == "special" and small.special == "fnuz":
        numbers = np.where(codes == small.sign, np.nan, numbers)
    return np.where(numbers == 0, 0.0, numbers) if profile.minus_zero == "dropped" else numbers


def held(values: Array, target: Format) -> Any:
    return Bfloat16(values) if target is BFLOAT16 else values


def check_arguments(scale: Any, name: str) -> None:
    """Raise ValueError for what lies outside the domain of both operations."""
    if name not in TYPES:
        raise ValueError(f"type must be one of {', '.join(TYPES)}, got {name}")
    value = float(np.asarray(carried(scale)).reshape(-1)[0])
    if format_of(scale) is FORMATS["float64"] or np.asarray(carried(scale)).ndim:
        raise ValueError("scale must be one float16, bfloat16 or float32, got another")
    if not np.isfinite(value) or value <= 0:
        raise ValueError(f"scale must be finite and > 0, got {value}")


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    has_nan = "x" in arguments and np.isnan(carried(arguments["x"])).any()
    if has_nan and TYPES[arguments["type"]].special == "none":
        return "ONNX does not say what NaN becomes in a type that has none"
    return None


def has_open_nan(arguments: Arguments) -> bool:
    """Whether a NaN may come out in a type with several codes for it."""
    return bool(TYPES[arguments["type"]].special == "ieee" and np.isnan(carried(arguments["x"])).any())


OPERATIONS = (
    Definition(
        function=quantize_float8,
        family="onnx types",
        source="ONNX QuantizeLinear, operator set 25, and the tables of Cast",
        sentences=(
            "The quantization formula is `y = saturate((x / y_scale) + y_zero_point)`.",
            "saturate: The parameter defines how the conversion behaves if an input value is out of range of"
            " the destination type.",
            "Cast: `[x]` means the value rounded to the target mantissa width.",
        ),
        silences=(Silence("nan", AXES["quantize_float8"]["nan"], has_open_nan,
                          "the tables say NaN; float8e5m2 has three codes of it"),),
        profile=Profile(),
        axes=AXES["quantize_float8"],
        meaning=MEANING,
        undefined=undefined,
    ),
    Definition(
        function=dequantize_float8,
        family="onnx types",
        source="ONNX DequantizeLinear, operator set 25",
        sentences=(
            "The dequantization formula is `y = (x - x_zero_point) * x_scale`.",
            "The output type also determines the precision of the multiplication operation.",
        ),
        silences=(),
        profile=Profile(),
        axes=AXES["dequantize_float8"],
        meaning=MEANING,
    ),
)  # fmt: skip
