"""Two binary convolutions, and a converted model's packed outputs, in integers and rationals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from oracle.exact.binary_layers import CONV, Choices, layout, total_of, windows
from oracle.exact.packing import PACK, is_minus, words_of

NETWORK = {
    "extra": CONV["extra"],
    "zero_padding": CONV["zero_padding"],
    "order": ("given", "swapped"),
    "outside": ("ignored", "zeros"),
    "multiplier": ("signed", "magnitude"),
    "zero": ("plus", "minus"),
}
PACKED = {axis: PACK[axis] for axis in ("zero", "polarity", "order", "padding")}
Image = list[list[list[Fraction]]]


def sign(value: Any, choices: Choices) -> int:
    """Return the sign; of 0 it is a choice."""
    if value == 0:
        return -1 if choices["zero"] == "minus" else 1
    return -1 if value < 0 else 1


def convolved(image: Any, filters: Any, options: Mapping[str, Any], choices: Choices) -> Image:
    """Return the sums of one image's windows, as rows of columns of filters."""
    count = len(filters[0][0][0])
    sums = [
        Fraction(total_of(one, options["pad_value"], choices))
        for one in windows(image, filters, options, choices)
    ]
    width, _ = layout(len(image[0]), len(filters[0]), options, choices["extra"])
    pixels = [sums[start : start + count] for start in range(0, len(sums), count)]
    return [pixels[start : start + width] for start in range(0, len(pixels), width)]


def normalized(image: Image, given: Mapping[str, Any], choices: Choices) -> Image:
    """Return multiplier times each value plus bias."""
    if given["multiplier"] is None:
        return image
    factors = [Fraction(m) for m in given["multiplier"]]
    if choices["multiplier"] == "magnitude":
        factors = [-m if m < 0 else m for m in factors]
    return [
        [
            [v * m + Fraction(b) for v, m, b in zip(pixel, factors, given["bias"], strict=True)]
            for pixel in row
        ]
        for row in image
    ]


def pooled(image: Image, padding: str, choices: Choices) -> Image:
    """Return the greatest of each two by two pixels."""
    options = {"stride": 2, "dilation": 1, "padding": padding}
    (rows, top), (columns, left) = (
        layout(n, 2, options, choices["extra"]) for n in (len(image), len(image[0]))
    )
    return [
        [
            greatest(image, (top + 2 * row, left + 2 * column), choices["outside"] == "zeros")
            for column in range(columns)
        ]
        for row in range(rows)
    ]


def greatest(image: Image, corner: tuple[int, int], zeros: bool) -> list[Fraction]:
    """Return the greatest value of each channel of a window; outside is nothing, or 0."""
    seen = []
    for y in (corner[0], corner[0] + 1):
        for x in (corner[1], corner[1] + 1):
            if 0 <= y < len(image) and 0 <= x < len(image[0]):
                seen.append(image[y][x])
            elif zeros:
                seen.append([Fraction(0)] * len(image[0][0]))
    return [max(values) for values in zip(*seen, strict=True)]


def network(images: Sequence[Any], given: Mapping[str, Any], choices: Choices) -> list[float]:
    """Return the sums of the second convolution of a batch, flattened."""
    pool = given["pool"]
    if choices["order"] == "swapped" and pool != "none":
        pool = "after" if pool == "before" else "before"
    found = []
    for image in images:
        values = convolved(image, given["weight"], given, choices)
        if pool == "before":
            values = pooled(values, given["padding"], choices)
        values = normalized(values, given, choices)
        if pool == "after":
            values = pooled(values, given["padding"], choices)
        signs = [[[sign(v, choices) for v in pixel] for pixel in row] for row in values]
        last = convolved(signs, given["second"], {**given, "stride": 1}, choices)
        found += [float(v) for row in last for pixel in row for v in pixel]
    return found


def outputs(images: Sequence[Any], filters: Any, asked: str, choices: Choices) -> dict[str, list[Any]]:
    """Return the packed signs of a batch and what a convolution sums of them, flattened."""
    found: dict[str, list[Any]] = {"signs": [], "result": []}
    for image in images:
        minus = [[[is_minus(value, choices) for value in pixel] for pixel in row] for row in image]
        found["signs"] += [word for row in minus for pixel in row for word in words_of(pixel, choices)]
        for sums in summed([[[-1 if m else 1 for m in pixel] for pixel in row] for row in minus], filters):
            packed = words_of([is_minus(float(one), choices) for one in sums], choices)
            found["result"] += [float(one) for one in sums] if asked == "real" else packed
    return {"result": found["result"]} if asked == "result" else found


def summed(signs: Any, filters: Any) -> list[list[Fraction]]:
    """Return, for each window, the sum of signs times weights of each filter."""
    tall, wide, count = len(filters), len(filters[0]), len(filters[0][0][0])
    return [
        [
            sum(
                (
                    signs[y + i][x + j][c] * Fraction(filters[i][j][c][f])
                    for i in range(tall)
                    for j in range(wide)
                    for c in range(len(filters[0][0]))
                ),
                Fraction(0),
            )
            for f in range(count)
        ]
        for y in range(len(signs) - tall + 1)
        for x in range(len(signs[0]) - wide + 1)
    ]
