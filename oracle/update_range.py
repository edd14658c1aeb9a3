"""The range that a training step of tfmot's quantizers leaves in min_var and max_var."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.arithmetic import round_result
from oracle.formats import FLOAT32, Array
from oracle.specification import Arguments, Definition

Keep = Callable[[Any], Array]
Outer = Callable[[Any, Any], Any]

METHODS = ("last", "all", "moving_average")
DECAY = 0.999  # of MovingAverageQuantizer; nothing changes it


@dataclass(frozen=True)
class Profile:
    """One way of updating a range; the fields are in the order of the arithmetic."""

    subnormals: str = "kept"
    negative: str = "one_more"
    quotient: str = "divided"
    limits: str = "of_the_batch"
    held: str = "zero"
    average: str = "subtraction"


MEANING: dict[str, dict[str, str]] = {
    "subnormals": {
        "kept": "subnormal numbers are numbers",
        "flushed": "every subnormal argument and result becomes zero",
    },
    "negative": {
        "one_more": "unless the range is narrow, the lower limit is one step longer: two's complement",
        "equal": "symmetric limits have one magnitude",
    },
    "quotient": {
        "divided": "the largest value is divided by the ratio of the limits",
        "reciprocal": "it is multiplied by 1 / ratio, rounded to float32",
    },
    "limits": {
        "of_the_batch": "both symmetric limits follow from the smallest and the largest value",
        "in_turn": "with the method all, the upper one follows from the lower one, which has been rounded",
    },
    "held": {
        "zero": "the range is widened to hold 0",
        "range": "the range is taken as it is",
    },
    "average": {
        "subtraction": "variable - (variable - value) * (1 - decay)",
        "sum": "variable * decay + value * (1 - decay)",
    },
}
AXES = {"update_range": {axis: tuple(choices) for axis, choices in MEANING.items()}}


def update_range(
    x: Any, low: Any, high: Any, bits: int, symmetric: bool, narrow_range: bool, method: str,
    profile: Profile = Profile(),
) -> dict[str, Array]:  # fmt: skip
    """Return the range after one batch.

        first, last = min(x), max(x)
        symmetric:       first, last = min(first, last / ratio), max(last, first * ratio)
                         ratio = -1 with narrow_range, else -(2^(bits-1) - 1) / 2^(bits-1)
        otherwise:       first, last = min(first, 0), max(last, 0)
        last:            low, high = first, last
        all:             low, high = min(low, first), max(high, last)
        moving_average:  low -= (low - first) * (1 - 0.999), and high likewise

    Args:
        x: the batch; float32, any shape, not empty, no NaN.
        low, high: min_var and max_var before it; float32, shape ().
        bits: width of the codes, in [2, 16].
        symmetric: whether 0 is the middle of the range.
        narrow_range: whether the lowest code is left out.
        method: last (LastValueQuantizer), all (AllValuesQuantizer) or moving_average
            (MovingAverageQuantizer).
        profile: the arithmetic; the default is the definition.

    Returns:
        low, high: float32, shape ().

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: tensorflow_model_optimization 0.8.1, "Quantize tensor based on range the last batch of
        values", "based on min/max of tensor values across all batches", "based on a moving average of
        values across batches"; "In two's complement notation, the negative range is slightly larger
        than the positive range"; "TFLite requires that 0.0 is always in the [min; max] range";
        assign_moving_average, "variable -= (1 - decay) * (variable - value)".
    Silent about: NaN.
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method}")
    if not 2 <= bits <= 16:
        raise ValueError(f"bits must lie in [2, 16], got {bits}")
    flushed = profile.subnormals == "flushed"

    def keep(value: Any) -> Array:
        return round_result(np.asarray(value, np.float32), FLOAT32, flushed)

    with np.errstate(all="ignore"):
        values = keep(x)
        first, last = values.min(), values.max()
        if symmetric:
            in_turn = profile.limits == "in_turn" and method == "all"
            ratio = ratio_of(bits, narrow_range, profile)
            inverse = np.float32(1) / ratio
            quotient = keep(last * inverse if profile.quotient == "reciprocal" else last / ratio)
            first, last = symmetric_limits(first, last, (quotient, ratio), keep, in_turn)
        elif profile.held == "zero":
            first, last = lower(first, np.float32(0)), upper(last, np.float32(0))
        ends = [(keep(low), first, lower), (keep(high), last, upper)]
        updated = [update(method, *end, profile, keep) for end in ends]
    return {name: np.asarray(end, np.float32) for name, end in zip(("low", "high"), updated, strict=True)}


def ratio_of(bits: int, narrow_range: bool, profile: Profile) -> Any:
    """Return the upper limit divided by the lower one; exact in float32."""
    if narrow_range or profile.negative == "equal":
        return np.float32(-1)
    half = 2 ** (bits - 1)
    return np.float32(-(half - 1) / half)


def lower(a: Any, b: Any) -> Any:
    """Return the smaller; the first of two zeros."""
    return b if b < a else a


def upper(a: Any, b: Any) -> Any:
    """Return the larger; the first of two zeros."""
    return b if b > a else a


def symmetric_limits(first: Any, last: Any, opposite: tuple[Any, Any], keep: Keep,
                     in_turn: bool) -> tuple[Any, Any]:  # fmt: skip
    """Return the smallest symmetric limits that hold both ends, given last / ratio and the ratio."""
    quotient, ratio = opposite
    below = lower(first, quotient)
    return below, upper(last, keep((below if in_turn else first) * ratio))


def update(method: str, old: Any, new: Any, outer: Outer, profile: Profile, keep: Keep) -> Any:
    """Return one end of the range after the batch."""
    if method == "last":
        return new
    if method == "all":
        return outer(outer(old, new), np.float32(0))
    rest, decay = np.float32(1 - DECAY), np.float32(DECAY)
    if profile.average == "sum":
        return keep(keep(old * decay) + keep(new * rest))
    return keep(old - keep(keep(old - new) * rest))


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    values = np.asarray(arguments["x"])
    if not values.size or np.isnan(values).any():
        return "no text says what the range of NaN, or of nothing, is"
    return None


def is_elementwise(_: Arguments, __: Profile) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=update_range,
        source="tensorflow_model_optimization 0.8.1, LastValueQuantizer, AllValuesQuantizer and"
        " MovingAverageQuantizer",
        sentences=(
            "Quantize tensor based on range the last batch of values.",
            "Quantize tensor based on min/max of tensor values across all batches.",
            "Quantize tensor based on a moving average of values across batches.",
            "In two's complement notation, the negative range is slightly larger than the positive range.",
            "TFLite requires that 0.0 is always in the [min; max] range.",
            "variable -= (1 - decay) * (variable - value)",
        ),
        silences=(),
        profile=Profile(),
        axes=AXES["update_range"],
        meaning=MEANING,
        family="tfmot",
        is_elementwise=is_elementwise,
        undefined=undefined,
    ),
)
