"""The ranges of tfmot's quantizers, from the words of oracle/update_range.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from oracle.exact.numbers import FORMATS, Arithmetic

RANGE_CHOICES: dict[str, tuple[str, ...]] = {
    "subnormals": ("kept", "flushed"),
    "negative": ("one_more", "equal"),
    "quotient": ("divided", "reciprocal"),
    "limits": ("of_the_batch", "in_turn"),
    "held": ("zero", "range"),
    "average": ("subtraction", "sum"),
}


def update_range(x: Sequence[float], low: float, high: float, bits: int, symmetric: bool,
                 narrow_range: bool, method: str, choices: Mapping[str, str] | None = None,
                 ) -> tuple[float, float]:  # fmt: skip
    """Return the range after one batch of float32 numbers, as tfmot documents it.

        symmetric: [-m * 2^(bits-1), m * (2^(bits-1) - 1)] for the smallest step m that holds the batch;
        then the last batch's range, that of all batches, or old - (old - new) * float32(1 - 0.999)

    Args:
        x: finite float32 numbers, at least one.
        low, high: the range before.
        bits, symmetric, narrow_range, method: as in oracle/update_range.py.
        choices: axis -> choice, where it is not the first of RANGE_CHOICES.

    Returns:
        (low, high).

    Source: as oracle/update_range.py.
    """
    chosen = {axis: names[0] for axis, names in RANGE_CHOICES.items()} | dict(choices or {})
    f = Arithmetic(FORMATS["float32"], chosen["subnormals"] == "flushed")
    values = [f.convert(value) for value in x]
    first, last = min(values), max(values)
    if symmetric:
        codes = 2 ** (bits - 1)  # below 0
        one_magnitude = narrow_range or chosen["negative"] == "equal"
        part = f.result(Fraction(-1 if one_magnitude else Fraction(1 - codes, codes)))
        inverse = f.result(1 / Fraction(part))
        is_divided = chosen["quotient"] == "divided"
        lower = min(first, f.divide(last, part) if is_divided else f.multiply(last, inverse))
        upper = max(
            last, f.multiply(lower if chosen["limits"] == "in_turn" and method == "all" else first, part)
        )
        first, last = lower, upper
    elif chosen["held"] == "zero":
        first, last = min(first, 0.0), max(last, 0.0)
    old = f.convert(low), f.convert(high)
    if method == "last":
        return first, last
    if method == "all":
        return min(old[0], first, 0.0), max(old[1], last, 0.0)
    return average(old[0], first, f, chosen["average"]), average(old[1], last, f, chosen["average"])


def average(old: float, new: float, f: Arithmetic, how: str) -> float:
    """Return the moving average with a decay of 0.999."""
    decay = Fraction(0.999)  # the float64 that the text's 0.999 is
    rest, kept = f.result(Fraction(1 - 0.999)), f.result(decay)
    if how == "sum":
        return f.add(f.multiply(old, kept), f.multiply(new, rest))
    return f.add(old, -f.multiply(f.add(old, -new), rest))
