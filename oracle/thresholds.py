"""Thresholds: the whole function of a scalar quantizer, from a few thousand evaluations.

A quantizer of one value is a staircase over the bit patterns in order. Its pattern number `n` is

    n = bits               for a clear sign bit: +0.0 is 0, the smallest positive number 1
    n = -1 - magnitude     for a set sign bit:   -0.0 is -1, the smallest negative number -2

so n grows with the value, -0.0 and +0.0 are neighbours, and both infinities take part; NaN does
not. A staircase is a sorted list of (first pattern number, code); its first step begins at -inf.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from oracle.formats import BFLOAT16, FLOAT16, FLOAT32, Array, Format

Quantizer = Callable[[Array], Array]
Staircase = list[tuple[int, int]]

_BITS: dict[Format, type[np.unsignedinteger[Any]]] = {  # of the carrier
    FLOAT16: np.uint16, BFLOAT16: np.uint32, FLOAT32: np.uint32,
}  # fmt: skip
PROBES = 4096  # evenly spaced patterns that start the search: 8 per power of two in float32


@dataclass(frozen=True)
class Violation:
    """An input on which a function is not the staircase that its thresholds say."""

    rule: str  # "piecewise constant" or "monotone"
    pattern: int
    x: float
    expected: int
    actual: int

    def __str__(self) -> str:
        at = f"at {self.x!r} (pattern {self.pattern})"
        if self.rule == "monotone":
            return f"codes must not fall, got {self.actual} after {self.expected} {at}"
        return f"code must be {self.expected} between its thresholds, got {self.actual} {at}"


@dataclass(frozen=True)
class Difference:
    """On how many inputs two staircases differ, and the one of smallest magnitude."""

    count: int
    witness: int | None  # a pattern number; None where count is 0


def last_pattern(target: Format) -> int:
    """Return the number of +inf; that of -inf is -1 - last_pattern."""
    _known(target)
    return ((1 - target.min_exponent) * 2 + 1) << (target.precision - 1)


def _known(target: Format) -> None:
    if target not in _BITS:
        names = ", ".join(f.name for f in _BITS)
        raise ValueError(f"format must be one of {names}, got {target.name}")


def from_patterns(patterns: Array, target: Format) -> Array:
    """Return the values with these pattern numbers, in the carrier of the format.

        bits = n if n >= 0 else sign bit + (-1 - n)

    Args:
        patterns: int64, each in [-1 - last_pattern, last_pattern], shape S.
        target: float16, bfloat16 or float32.

    Returns:
        the carrier's dtype (bfloat16: float32 with 16 zero low bits), shape S.

    Source: IEEE 754-2019, 5.10, "If x < y, totalOrder(x, y) is true", "totalOrder(-0, +0) is true".
    """
    _known(target)
    width = 1 + (target.precision - 1) + (2 - 2 * target.min_exponent).bit_length()
    numbers = np.asarray(patterns, np.int64)
    bits = np.where(numbers >= 0, numbers, (1 << (width - 1)) - 1 - numbers)
    spare = np.dtype(target.carrier).itemsize * 8 - width
    values: Array = (bits << spare).astype(_BITS[target]).view(target.carrier)
    return values


def to_patterns(values: Array, target: Format) -> Array:
    """Return the pattern number of each value; the inverse of from_patterns.

    Args:
        values: the carrier's dtype, no NaN, shape S.
        target: float16, bfloat16 or float32.

    Returns:
        int64, shape S.
    """
    _known(target)
    held = np.asarray(values, target.carrier)
    spare = 16 if target is BFLOAT16 else 0
    bits = held.view(_BITS[target]).astype(np.int64) >> spare
    top = 1 << (held.dtype.itemsize * 8 - spare - 1)
    numbers: Array = np.where(bits < top, bits, top - 1 - bits)
    return numbers


def find_thresholds(function: Quantizer, target: Format, probes: int = PROBES,
                    starts: Array | None = None) -> Staircase:  # fmt: skip
    """Return every step of a staircase, by splitting each interval whose ends have different codes.

        steps = [(n, code(n)) where code(n) != code(n - 1)], n from -inf to +inf

    All intervals are split at once: about as many rounds as the format has bits.

    Args:
        function: from values in the carrier of the format, one dimension, to integer codes.
        target: float16, bfloat16 or float32.
        probes: how many evenly spaced patterns start the search, >= 2. A step that falls back
            between two of them is not seen; check_staircase looks for such.
        starts: values that start the search too, in the carrier; no NaN.

    Returns:
        sorted (first pattern number, code); the first one begins at -inf.

    Raises:
        ValueError: the format is another one, probes is below 2, or function breaks its line above.

    Source: bisection; each interval keeps the invariant that its ends have different codes.
    """
    if probes < 2:
        raise ValueError(f"probes must be >= 2, got {probes}")
    last = last_pattern(target)
    ends = np.unique(np.concatenate([
        np.linspace(-1 - last, last, min(probes, 2 * last + 2)).astype(np.int64),
        to_patterns(np.asarray([] if starts is None else starts, target.carrier), target),
    ]))  # fmt: skip
    codes = codes_at(function, ends, target)
    low, high, low_code, high_code = ends[:-1], ends[1:], codes[:-1], codes[1:]
    found = [(int(ends[0]), int(codes[0]))]
    while True:
        differ = low_code != high_code
        low, high, low_code, high_code = (a[differ] for a in (low, high, low_code, high_code))
        single = high - low == 1
        found += zip(high[single].tolist(), high_code[single].tolist(), strict=True)
        low, high, low_code, high_code = (a[~single] for a in (low, high, low_code, high_code))
        if not low.size:
            return sorted(found)
        middle = (low + high) >> 1
        code = codes_at(function, middle, target)
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
        low_code, high_code = np.concatenate([low_code, code]), np.concatenate([code, high_code])


def codes_at(function: Quantizer, patterns: Array, target: Format) -> Array:
    """Return the int64 codes of the values with these pattern numbers."""
    codes = np.asarray(function(from_patterns(patterns, target)))
    if codes.dtype.kind not in "iu" or codes.shape != patterns.shape:
        raise ValueError(
            f"function must return one integer code per value, {patterns.shape}, "
            f"got {codes.dtype.name} {codes.shape}"
        )
    return codes.astype(np.int64)


def expected_codes(staircase: Staircase, patterns: Array) -> Array:
    """Return the code that a staircase gives to each pattern number; int64, shape of patterns."""
    first, code = np.array(staircase, np.int64).T
    expected: Array = code[np.searchsorted(first, patterns, side="right") - 1]
    return expected


def check_staircase(function: Quantizer, staircase: Staircase, target: Format, count: int = 1 << 16,
                    seed: int = 0) -> list[Violation]:  # fmt: skip
    """Return where a function is not monotone, or not constant between its thresholds.

    Evaluated are: the two patterns on either side of each threshold; every power of two with its
    neighbours, which includes the large magnitudes where integer conversions overflow; one random
    pattern in each step; random patterns. Not a proof, as only a sweep is one.

    Args:
        function: from values in the carrier of the format to integer codes.
        staircase: what find_thresholds returned for it.
        target: float16, bfloat16 or float32.
        count: how many random patterns, >= 0.
        seed: of the random patterns; same seed, same patterns.

    Returns:
        the violations, smallest magnitude first; empty for a monotone staircase.

    Raises:
        ValueError: the format is another one.
    """
    patterns = patterns_to_check(staircase, target, count, np.random.default_rng(seed))
    expected, actual = expected_codes(staircase, patterns), codes_at(function, patterns, target)
    wrong = expected != actual
    columns = (patterns[wrong].tolist(), expected[wrong].tolist(), actual[wrong].tolist())
    rows = [("piecewise constant", *row) for row in zip(*columns, strict=True)]
    for (_, before), (pattern, code) in pairwise(staircase):
        if code < before:
            rows.append(("monotone", pattern, before, code))
    rows.sort(key=lambda row: magnitude_rank(row[1]))
    return [
        Violation(rule, n, float(from_patterns(np.array([n]), target)[0]), before, code)
        for rule, n, before, code in rows
    ]


def patterns_to_check(staircase: Staircase, target: Format, count: int,
                      random: np.random.Generator) -> Array:  # fmt: skip
    """Return the pattern numbers that check_staircase evaluates, sorted, each once."""
    last = last_pattern(target)
    first = np.array([n for n, _ in staircase], np.int64)
    end = np.append(first[1:], last + 1)
    powers = np.arange(0, last + 1, 1 << (target.precision - 1))
    powers = np.concatenate([powers, -1 - powers])
    near = np.concatenate([group + step for group in (first, powers) for step in (-2, -1, 0, 1)])
    patterns = np.concatenate([
        near,
        random.integers(first, end),
        random.integers(-1 - last, last + 1, count),
    ])  # fmt: skip
    kept: Array = np.unique(patterns[(patterns >= -1 - last) & (patterns <= last)])
    return kept


def magnitude_rank(pattern: int) -> tuple[int, int]:
    """Return a sort key: by magnitude, the positive one first."""
    return (pattern, 0) if pattern >= 0 else (-1 - pattern, 1)


def count_differences(a: Staircase, b: Staircase, target: Format = FLOAT32) -> Difference:
    """Return on how many inputs two staircases differ, exactly, and the smallest of them.

        count = sum of the lengths of the intervals of pattern numbers on which the codes differ

    Both infinities and both zeros count; the NaN patterns do not (float32: 4,278,190,082 patterns
    are numbers, 16,777,214 are NaN, and what a function does with those is the caller's to count).

    Args:
        a, b: sorted (first pattern number, code), beginning at -inf, of the same format.
        target: that format: float16, bfloat16 or float32.

    Returns:
        the count, and the pattern number of the differing input of smallest magnitude (the positive
        one of two), None where there is none.

    Raises:
        ValueError: the format is another one, or a staircase breaks its line above.
    """
    last = last_pattern(target)
    for staircase in (a, b):
        _check_sorted(staircase, last)
    starts = np.unique([n for n, _ in (*a, *b)])
    ends = np.append(starts[1:], last + 1)
    differ = expected_codes(a, starts) != expected_codes(b, starts)
    starts, ends = starts[differ], ends[differ]
    nearest = np.where(starts >= 0, starts, np.where(ends > 0, 0, ends - 1))
    witness = min(nearest.tolist(), key=magnitude_rank, default=None)
    return Difference(int((ends - starts).sum()), witness)


def _check_sorted(staircase: Staircase, last: int) -> None:
    first = [n for n, _ in staircase]
    if not first or first[0] != -1 - last:
        raise ValueError(f"staircase must begin at -inf, pattern {-1 - last}, got {first[:1]}")
    if any(n >= m for n, m in zip(first, [*first[1:], last + 1], strict=True)):
        raise ValueError(f"staircase must be sorted, each pattern once, up to {last}, got {first}")
