"""Packed bits in Python's own integers and rationals, channel by channel, from the words of the sources."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from oracle.exact.numbers import FORMATS, NEAREST_OR_DIRECTED, round_to_format

Choices = Mapping[str, str]

PACK = {
    "subnormals": ("kept", "flushed"),
    "zero_point": ("compared", "ignored"),
    "zero": ("plus", "minus", "sign_bit"),
    "nan": ("plus", "minus", "sign_bit"),
    "polarity": ("minus_is_one", "minus_is_zero"),
    "order": ("lowest_first", "highest_first", "bytes_highest_first"),
    "padding": ("zeros", "ones"),
}
UNPACK = {
    "order": PACK["order"],
    "polarity": PACK["polarity"],
    "quotient": ("exact", "float32"),
    "rounding": ("half_away", "half_even"),
    "overflow": ("saturates", "int32"),
}
LEAST = Fraction(1, 2**126)  # the smallest normal float32


def bit_of(channel: int, order: str) -> int:
    """Return which bit of its word a channel is."""
    place = channel % 32
    if order == "lowest_first":
        return place
    if order == "highest_first":
        return 31 - place
    byte, within = divmod(place, 8)
    return 8 * byte + (7 - within)


def is_minus(value: float, choices: Choices) -> bool:
    """Tell whether a real is packed as -1."""
    has_minus = math.copysign(1, value) < 0
    if math.isnan(value):
        return {"plus": False, "minus": True, "sign_bit": has_minus}[choices["nan"]]
    is_tiny = math.isfinite(value) and abs(Fraction(value)) < LEAST
    if value == 0 or (is_tiny and choices["subnormals"] == "flushed"):
        return {"plus": False, "minus": True, "sign_bit": has_minus}[choices["zero"]]
    return value < 0


def is_minus_code(code: int, zero_point: int, choices: Choices) -> bool:
    """Tell whether a code is packed as -1."""
    zero = zero_point if choices["zero_point"] == "compared" else 0
    return code <= zero if choices["zero"] == "minus" else code < zero


def words_of(minus: Sequence[bool], choices: Choices) -> list[int]:
    """Return the words of one row of channels, as int32."""
    words = []
    for start in range(0, len(minus), 32):
        word = 0
        for channel in range(start, start + 32):
            if channel >= len(minus):
                bit = choices["padding"] == "ones"
            else:
                bit = minus[channel] == (choices["polarity"] == "minus_is_one")
            word += bit * 2 ** bit_of(channel, choices["order"])
        words.append(word - 2**32 if word >= 2**31 else word)
    return words


def signs_of(words: Sequence[int], channels: int, choices: Choices) -> list[int]:
    """Return +1 or -1 for each channel of one row of words."""
    minus = 1 if choices["polarity"] == "minus_is_one" else 0
    bits = [words[c // 32] // 2 ** bit_of(c, choices["order"]) % 2 for c in range(channels)]
    return [-1 if bit == minus else 1 for bit in bits]


def code_of(sign: int, scale: float, zero_point: int, choices: Choices) -> int:
    """Return the int8 code of +1 or -1."""
    quotient = 1 / Fraction(scale)
    if choices["quotient"] == "float32":
        quotient = Fraction(round_to_format(quotient, FORMATS["float32"]))
    offset = int(NEAREST_OR_DIRECTED[choices["rounding"]](quotient))
    if choices["overflow"] == "int32" and offset > 2**31 - 1:
        total = in_bits(zero_point + sign * -(2**31), 32)
        return in_bits(min(total, 127) if sign > 0 else max(total, -128), 8)
    return max(-128, min(127, zero_point + sign * offset))


def in_bits(value: int, bits: int) -> int:
    """Return the signed number of so many bits that is congruent to a whole number."""
    rest = value % (1 << bits)
    return rest - (1 << bits) if rest >> (bits - 1) else rest
