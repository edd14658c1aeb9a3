"""Binary layers in Python's integers and rationals, one product at a time, from the words of the sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from oracle.exact.numbers import FORMATS, round_to_format

Choices = Mapping[str, str]

CONV = {
    "extra": ("after", "before"),
    "zero_padding": ("exact", "ones", "one_side"),
    "activation": ("before", "after"),
    "transform": ("separate", "fused"),
}
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


def results(image: Sequence[Any], filters: Any, given: Mapping[str, Any], choices: Choices) -> list[float]:
    """Return the real results of a batch of images, flattened."""
    return [
        real_result(window, given, given["multiplier"][i % count], given["bias"][i % count], choices)
        for one in image
        for count in [len(given["bias"])]
        for i, window in enumerate(windows(one, filters, given, choices))
    ]
