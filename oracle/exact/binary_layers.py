"""Binary layers in Python's integers and rationals, one product at a time, from the words of the sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from oracle.exact.numbers import FORMATS, NEAREST_OR_DIRECTED, round_to_format

Choices = Mapping[str, str]

CONV = {
    "extra": ("after", "before"),
    "zero_padding": ("exact", "ones", "one_side"),
    "activation": ("before", "after"),
    "transform": ("separate", "fused"),
}
CODES = {
    "extra": CONV["extra"],
    "zero_padding": ("exact", "ones"),
    "transform": ("exact", "fused"),
    "rounding": ("half_away", "half_even"),
    "overflow": ("saturates", "int32"),
}
BITS = {
    "extra": CONV["extra"],
    "zero_padding": ("exact", "ones"),
    "activation": ("before", "ignored"),
    "threshold": ("exact", "float32"),
    "comparison": ("strict", "inclusive"),
}
POOL = {"extra": CONV["extra"], "outside": ("ignored", "plus"), "combine": ("and", "or")}
BOUNDS = {"none": (None, None), "relu": (0, None), "relu6": (0, 6), "relu_n1_to_1": (-1, 1)}


class Window(NamedTuple):
    """What one window of one filter sums to."""

    inside: int
    outside: int  # what pixels of +1 outside of the image would add
    late: bool  # whether the one-sided rule subtracts that again
    size: int


def layout(size: int, taps: int, options: Mapping[str, Any], extra: str) -> tuple[int, int]:
    """Return how many windows there are, and where the first one begins."""
    reach = (taps - 1) * options["dilation"] + 1
    if options["padding"] == "valid":
        return (size - reach) // options["stride"] + 1, 0
    count = (size + options["stride"] - 1) // options["stride"]
    needed = max(0, (count - 1) * options["stride"] + reach - size)
    return count, -((needed + (extra == "before")) // 2)


def beyond(position: int, count: int, size: int, taps: int, options: Mapping[str, Any]) -> tuple[int, int]:
    """Return how far a window is taken to reach beyond the beginning and the end, below 0 for inside."""
    reach = (taps - 1) * options["dilation"] + 1
    total = (count - 1) * options["stride"] + reach - size
    half = total // 2 if total >= 0 else -(-total // 2)
    before = half - position * options["stride"]
    return before, reach - size - before


def is_one_sided(vertical: tuple[int, int], horizontal: tuple[int, int]) -> bool:
    """Tell whether a window is in one of the four corners that are thought of."""
    (top, bottom), (left, right) = vertical, horizontal
    if right <= 0 and top > 0 and bottom < 0:
        return True
    if left < 0 and right > 0 and bottom <= 0:
        return True
    if left > 0 and right < 0 and top <= 0:
        return True
    return left <= 0 and top < 0 and bottom > 0


def windows(image: Any, filters: Any, options: Mapping[str, Any], choices: Choices) -> list[Window]:
    """Return every window of one image (H, W, C) and filters (h, w, C, F), filter by filter innermost."""
    height, width, tall, wide = len(image), len(image[0]), len(filters), len(filters[0])
    channels, count = len(filters[0][0]), len(filters[0][0][0])
    rows, top = layout(height, tall, options, choices["extra"])
    columns, left = layout(width, wide, options, choices["extra"])
    found = []
    for row in range(rows):
        for column in range(columns):
            sides = (
                beyond(row, rows, height, tall, options),
                beyond(column, columns, width, wide, options),
            )
            for f in range(count):
                inside = outside = 0
                for i in range(tall):
                    for j in range(wide):
                        y = top + row * options["stride"] + i * options["dilation"]
                        z = left + column * options["stride"] + j * options["dilation"]
                        for c in range(channels):
                            w = -1 if filters[i][j][c][f] < 0 else 1
                            if 0 <= y < height and 0 <= z < width:
                                inside += w if not image[y][z][c] < 0 else -w
                            else:
                                outside += w
                found.append(Window(inside, outside, is_one_sided(*sides), tall * wide * channels))
    return found


def total_of(window: Window, pad_value: int, choices: Choices) -> int:
    """Return the sum with what the pixels outside add."""
    if pad_value or choices["zero_padding"] == "ones":
        return window.inside + window.outside
    if choices["zero_padding"] == "exact" or window.late:
        return window.inside
    return window.inside + window.outside


def clamp(value: Any, activation: str) -> Any:
    low, high = BOUNDS[activation]
    value = value if low is None else max(value, low)
    return value if high is None else min(value, high)


def single(value: Fraction) -> float:
    return round_to_format(value, FORMATS["float32"])


def affine(total: int, size: int, multiplier: float, bias: float, choices: Choices) -> float:
    """Return total * multiplier + bias as the transform rounds it."""
    if choices["transform"] == "separate":
        product = Fraction(single(total * Fraction(multiplier)))
        return single(product + Fraction(bias))
    wide = round_to_format(Fraction(bias) + size * Fraction(multiplier), FORMATS["float64"])
    product = Fraction(single((size - total) * -Fraction(multiplier)))
    return single(product + Fraction(single(Fraction(wide))))


def real_result(window: Window, given: Mapping[str, Any], multiplier: float, bias: float,
                choices: Choices) -> float:  # fmt: skip
    """Return one real result of a layer."""
    is_late = (
        not given["pad_value"] and choices["zero_padding"] == "one_side" and choices["transform"] == "fused"
    )
    total = window.inside + window.outside if is_late else total_of(window, given["pad_value"], choices)
    if choices["activation"] == "before":
        found = affine(clamp(total, given["activation"]), window.size, multiplier, bias, choices)
    else:
        found = clamp(affine(total, window.size, multiplier, bias, choices), given["activation"])
    if is_late and window.late:
        found = single(Fraction(found) + Fraction(single(window.outside * -Fraction(multiplier))))
    return found


def double(value: Fraction) -> Fraction:
    return Fraction(round_to_format(value, FORMATS["float64"]))


def code_result(window: Window, given: Mapping[str, Any], multiplier: float, bias: float,
                choices: Choices) -> int:  # fmt: skip
    """Return one int8 code of a layer."""
    total = clamp(total_of(window, given["pad_value"], choices), given["activation"])
    m, b, scale = Fraction(multiplier), Fraction(bias), Fraction(given["output_scale"])
    zero_point = given["output_zero_point"]
    real = (total * m + b) / scale + zero_point
    if choices["transform"] == "fused":
        factor = Fraction(single(double(-m / scale)))
        addend = double(double(double(b + window.size * m) / scale) + zero_point)
        product = Fraction(single((window.size - total) * factor))
        real = Fraction(single(product + Fraction(single(addend))))
    code = int(NEAREST_OR_DIRECTED[choices["rounding"]](real))
    if choices["overflow"] == "int32" and not -(2**31) <= code < 2**31:
        return -128
    return max(-128, min(127, code))


def bit_result(window: Window, given: Mapping[str, Any], f: int, choices: Choices) -> bool:
    """Tell whether one result of a layer is packed as -1."""
    total = total_of(window, given["pad_value"], choices)
    strict = choices["comparison"] == "strict"
    if given.get("threshold") is not None:
        count, threshold = Fraction(window.size - total, 2), given["threshold"][f]
        return count > threshold or (not strict and count == threshold)
    multiplier, bias = Fraction(given["multiplier"][f]), Fraction(given["bias"][f])
    if choices["threshold"] == "float32":
        return exceeds_threshold(total, window.size, multiplier, bias, given["activation"])
    if choices["activation"] == "before":
        total = clamp(total, given["activation"])
    real = total * multiplier + bias
    return real < 0 or (not strict and real == 0)


def exceeds_threshold(total: int, size: int, multiplier: Fraction, bias: Fraction, activation: str) -> bool:
    """Tell whether a sum is -1 by the converter's threshold, the filter of a negative multiplier turned."""
    if multiplier == 0:
        return bias < 0
    low, high = clamp(-size, activation), clamp(size, activation)
    if multiplier < 0:
        low, high, total = -high, -low, -total
    ends = [single(Fraction(single(end * abs(multiplier))) + bias) for end in (low, high)]
    if ends[0] < 0 and ends[1] < 0:
        return True
    if ends[0] >= 0 and ends[1] >= 0:
        return False
    middle = Fraction(single(Fraction(single(bias / abs(multiplier))) + size))
    return Fraction(size - total, 2) > (middle / 2).__floor__()


def codes(image: Sequence[Any], filters: Any, given: Mapping[str, Any], choices: Choices) -> list[int]:
    """Return the int8 codes of a batch of images, flattened."""
    count = len(given["bias"])
    return [
        code_result(window, given, given["multiplier"][i % count], given["bias"][i % count], choices)
        for one in image
        for i, window in enumerate(windows(one, filters, given, choices))
    ]


def bits(image: Sequence[Any], filters: Any, given: Mapping[str, Any], choices: Choices) -> list[list[bool]]:
    """Return, for each pixel of a batch of images, which filters' results are -1."""
    count = len(filters[0][0][0])
    found = [
        bit_result(window, given, i % count, choices)
        for one in image
        for i, window in enumerate(windows(one, filters, given, choices))
    ]
    return [found[start : start + count] for start in range(0, len(found), count)]


def pool(image: Any, tall: int, wide: int, options: Mapping[str, Any], choices: Choices) -> list[list[int]]:
    """Return the words of the windows of one image of words, (H, W, words)."""
    height, width, count = len(image), len(image[0]), len(image[0][0])
    rows, top = layout(height, tall, options, choices["extra"])
    columns, left = layout(width, wide, options, choices["extra"])
    found = []
    for row in range(rows):
        for column in range(columns):
            seen = [
                image[y][x] if 0 <= y < height and 0 <= x < width else None
                for y in range(top + row * options["stride"], top + row * options["stride"] + tall)
                for x in range(left + column * options["stride"], left + column * options["stride"] + wide)
            ]
            kept = [words or [0] * count for words in seen if words or choices["outside"] == "plus"]
            found.append([combined([words[i] for words in kept], choices["combine"]) for i in range(count)])
    return found


def combined(words: Sequence[int], how: str) -> int:
    """Return the word of the greatest, or the least, signs."""
    value = 0
    for bit in range(32):
        ones = [word >> bit & 1 for word in words]
        value += (all(ones) if how == "and" else any(ones)) << bit
    return value - (1 << 32) if value >> 31 else value


def results(image: Sequence[Any], filters: Any, given: Mapping[str, Any], choices: Choices) -> list[float]:
    """Return the real results of a batch of images, flattened."""
    return [
        real_result(window, given, given["multiplier"][i % count], given["bias"][i % count], choices)
        for one in image
        for count in [len(given["bias"])]
        for i, window in enumerate(windows(one, filters, given, choices))
    ]
