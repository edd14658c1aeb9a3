"""The small floating-point types of ONNX, one number at a time, from the words of oracle/float8.py.

A type is written as its bits: sign, exponent, mantissa; its numbers are rationals.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from fractions import Fraction
from functools import cache

from oracle.exact.numbers import FORMATS, Arithmetic

# name: (exponent bits, mantissa bits, bias, codes without a number)
TYPES = {
    "float8e4m3fn": (4, 3, 7, {0x7F: "nan", 0xFF: "nan"}),
    "float8e4m3fnuz": (4, 3, 8, {0x80: "nan"}),
    "float8e5m2": (5, 2, 15, {s | c: k for s in (0, 0x80) for c, k in
                              ((0x7C, "inf"), (0x7D, "nan"), (0x7E, "nan"), (0x7F, "nan"))}),
    "float8e5m2fnuz": (5, 2, 16, {0x80: "nan"}),
    "float6e2m3": (2, 3, 1, {}),
    "float6e3m2": (3, 2, 3, {}),
    "float4e2m1": (2, 1, 1, {}),
}  # fmt: skip
FLOAT8_CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "quantize_float8": {
        "precision": ("scale", "float32"),
        "scaling": ("divide", "reciprocal"),
        "zero_point": ("left_out", "added"),
        "rounding": ("half_even", "half_away", "toward_zero"),
        "subnormals": ("kept", "flushed"),
        "overflow": ("table", "hole", "saturates", "never_saturates"),
        "nan": ("all_ones", "quiet"),
    },
    "dequantize_float8": {
        "subnormals": ("kept", "flushed"),
        "special": ("special", "numbers"),
        "minus_zero": ("kept", "dropped"),
    },
}


def choose(operation: str, choices: Mapping[str, str] | None) -> dict[str, str]:
    chosen = {axis: names[0] for axis, names in FLOAT8_CHOICES[operation].items()}
    return chosen | {axis: choice for axis, choice in (choices or {}).items() if axis in chosen}


def number(code: int, name: str) -> Fraction:
    """Return the number of a code's bits, special or not, without its sign."""
    exponent_bits, mantissa_bits, bias, _ = TYPES[name]
    mantissa = code % 2**mantissa_bits
    exponent = code // 2**mantissa_bits % 2**exponent_bits
    hidden = 0 if exponent == 0 else 1
    return (hidden + Fraction(mantissa, 2**mantissa_bits)) * power(max(exponent, 1) - bias)


def power(exponent: int) -> Fraction:
    return Fraction(2**exponent) if exponent >= 0 else Fraction(1, 2**-exponent)


def finite_codes(name: str) -> list[int]:
    """Return the positive codes that are numbers."""
    exponent_bits, mantissa_bits, _, special = TYPES[name]
    return [code for code in range(2 ** (exponent_bits + mantissa_bits)) if code not in special]


def quantize_float8(x: float, scale: float, format: str, name: str, saturate: bool,
                    choices: Mapping[str, str] | None = None) -> int:  # fmt: skip
    """Return the code of the number nearest to x / scale.

    Args:
        x, scale: numbers of the format; scale finite, > 0.
        format: float16, bfloat16 or float32.
        name: a type in TYPES.
        saturate: whether what rounds beyond the largest number becomes that.
        choices: axis -> choice, where it is not the first of FLOAT8_CHOICES.

    Source: ONNX Cast-25, "[x] means the value rounded to the target mantissa width", [x] > FLT_MAX.
    """
    chosen = choose("quantize_float8", choices)
    f = Arithmetic(FORMATS["float32" if chosen["precision"] == "float32" else format], False)
    t = f.divide(x, scale) if chosen["scaling"] == "divide" else f.multiply(x, f.divide(1.0, scale))
    if chosen["zero_point"] == "added":
        t = t + 0.0
    sign = 1 << sum(TYPES[name][:2])
    has_one_zero = name.endswith("fnuz")
    negative = math.copysign(1.0, t) < 0
    if math.isnan(t):
        return sign if has_one_zero else code_of_nan(name, chosen) + (sign if negative else 0)
    code = magnitude(abs(t), name, saturate, chosen)
    if not negative or (has_one_zero and code in (0, sign)):
        return code
    return code + sign


def code_of_nan(name: str, chosen: Mapping[str, str]) -> int:
    """Return the code of a positive NaN, of a type that has a sign for it."""
    return 0x7E if name == "float8e5m2" and chosen["nan"] == "quiet" else 0x7F


def magnitude(size: float, name: str, saturate: bool, chosen: Mapping[str, str]) -> int:
    """Return the code of a number that is not negative; the sign bit alone is the NaN of fnuz types."""
    special = TYPES[name][3]
    last, sign = len(ladder(name)) - 2, 1 << sum(TYPES[name][:2])
    saturates = {"saturates": True, "never_saturates": False}.get(chosen["overflow"], saturate) or not special
    beyond = last if saturates else code_of_nan(name, chosen)
    if not saturates and name == "float8e5m2":
        beyond = 0x7C
    if not saturates and name.endswith("fnuz"):
        beyond = sign
    if math.isinf(size):
        return beyond
    exact = Fraction(size)
    if chosen["overflow"] == "hole" and not saturate:
        if name == "float8e4m3fn" and 480 <= exact < 496:
            return last
        if name == "float8e5m2" and 61440 <= exact < 65536:
            return 0x7F
    code = nearest_code(exact, name, chosen["rounding"])
    if code > last:
        return beyond
    is_subnormal = code < 2 ** TYPES[name][1]
    return 0 if is_subnormal and chosen["subnormals"] == "flushed" else code


def nearest_code(exact: Fraction, name: str, rounding: str) -> int:
    """Return the code that a number is rounded to; one after the last stands for everything beyond."""
    numbers = ladder(name)
    below = bisect_right(numbers, exact) - 1
    if below == len(numbers) - 1 or rounding == "toward_zero":
        return below
    low, high = numbers[below], numbers[below + 1]
    if exact - low == high - exact:
        return below + 1 if rounding == "half_away" or below % 2 == 1 else below
    return below if exact - low < high - exact else below + 1


@cache
def ladder(name: str) -> list[Fraction]:
    """Return the positive numbers of a type in order of their codes, and the next at the same width."""
    numbers = [number(code, name) for code in finite_codes(name)]
    return [*numbers, 2 * numbers[-1] - numbers[-2]]


def dequantize_float8(code: int, scale: float, format: str, name: str,
                      choices: Mapping[str, str] | None = None) -> float:  # fmt: skip
    """Return number(code) * scale, rounded once to the format of the scale."""
    chosen = choose("dequantize_float8", choices)
    exponent_bits, mantissa_bits, _, special = TYPES[name]
    negative = code >= 2 ** (exponent_bits + mantissa_bits)
    if chosen["special"] == "special" and code in special:
        decoded = math.inf if special[code] == "inf" else math.nan
    else:
        exact = number(code, name)
        is_flushed = chosen["subnormals"] == "flushed" and exact < number(2**mantissa_bits, name)
        decoded = 0.0 if is_flushed else float(exact)
    if negative:
        decoded = -decoded
    if decoded == 0 and chosen["minus_zero"] == "dropped":
        decoded = 0.0
    return Arithmetic(FORMATS[format], False).multiply(decoded, scale)
