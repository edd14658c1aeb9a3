"""Larq's ternary quantizer: +1, 0 or -1, by a threshold that is given or taken from the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.affine import presented
from oracle.arithmetic import round_result
from oracle.formats import Array, Format, carried, format_of, round_into
from oracle.larq_sign import NUMBERS, SUBNORMALS, choices_of, compared, has_minus_zero, has_nan, is_float32
from oracle.specification import AnyProfile, Arguments, Definition, Silence

FACTOR = 0.7


@dataclass(frozen=True)
class TernProfile:
    """One way of making three values; the fields are in the order of the arithmetic."""

    subnormals: str = "kept"
    threshold: str = "quotient_first"
    edge: str = "zero"
    nan: str = "nan"
    zero_sign: str = "positive"


MEANING = {
    "subnormals": {**SUBNORMALS, "flushed": "subnormal numbers, also x - threshold, count as zeros"},
    "threshold": {
        "quotient_first": "(0.7 / n) * sum of |x|, each operation rounded",
        "product_first": "(0.7 * sum of |x|) / n, each operation rounded",
        "mean_first": "0.7 * (sum of |x| / n), each operation rounded",
        "reciprocal_first": "(0.7 * (1 / n)) * sum of |x|, each operation rounded",
    },
    "edge": {
        "zero": "a magnitude equal to the threshold gives 0",
        "one": "a magnitude equal to the threshold, and above 0, gives 1 or -1",
    },
    "nan": {"nan": "NaN gives NaN", "zero": "NaN gives 0"},
    "zero_sign": {
        "positive": "a result of 0 is 0.0",
        "kept": "-0.0 gives -0.0, where the given threshold is 0",
        "flushed": "a zero keeps the sign of x, where the given threshold is 0 or flushed to it",
    },
}


def ste_tern(
    x: Any,
    threshold_value: float = 0.05,
    ternary_weight_networks: bool = False,
    clip_value: float | None = 1.0,
    profile: TernProfile = TernProfile(),
) -> Any:
    """Return 1, 0 or -1 for each real.

        y = 1 where x > threshold, -1 where x < -threshold, else 0
        threshold = threshold_value, or with ternary_weight_networks (0.7 / n) * sum(|x|)

    Args:
        x: real values; float16, bfloat16 (a Bfloat16), float32 or float64, shape S.
        threshold_value: a number >= 0; it is rounded into the dtype of x.
        ternary_weight_networks: whether the threshold is taken from x, all n elements of it.
        clip_value: of the gradient only; a number or None.
        profile: the arithmetic; the default is the definition.

    Returns:
        1, 0 or -1, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: larq.quantizers.SteTern, "+1 for x > D, 0 for |x| < D, -1 for x < -D", "D = 0.7/n sum
        |W_i|"; at |x| = D: Ternary Weight Networks (arXiv 1605.04711), equation 3, "0 if |W_i| <= D".
    Silent about: NaN; the sign of a result of 0.
    """
    values, target = compared(x, profile), format_of(x)
    flushed = profile.subnormals == "flushed"
    with np.errstate(all="ignore"):
        if ternary_weight_networks:
            threshold = find_threshold(carried(x), target, profile)
        else:
            threshold = round_result(round_into(np.asarray(threshold_value, np.float64), target), target,
                                     flushed)  # fmt: skip
        above = round_result(np.asarray(values - threshold), target, flushed)
        below = round_result(np.asarray(values + threshold), target, flushed)
    if profile.edge == "one":
        is_one, is_minus_one = (above >= 0) & (below > 0), (below <= 0) & (above < 0)
    else:
        is_one, is_minus_one = above > 0, below < 0
    zero: Any = 0.0
    if profile.zero_sign != "positive" and not ternary_weight_networks:
        compared_with = threshold if profile.zero_sign == "flushed" else threshold_value
        zero = np.where((values == 0) & (compared_with == 0), values, 0.0)
    tern = np.select([np.isnan(values), is_one, is_minus_one], [NUMBERS[profile.nan], 1.0, -1.0], zero)
    return presented(np.asarray(tern, values.dtype), target)


def find_threshold(values: Array, target: Format, profile: TernProfile) -> Array:
    """Return the threshold of Ternary Weight Networks, each operation rounded into a format.

    The sum is taken in float64 and rounded once.
    """
    flushed = profile.subnormals == "flushed"

    def rounded(result: Any) -> Array:
        return round_result(round_into(np.asarray(result), target), target, flushed)

    total = rounded(np.abs(values.astype(np.float64)).sum())
    factor, count = (round_into(np.asarray(v, np.float64), target) for v in (FACTOR, values.size))
    if profile.threshold == "quotient_first":
        return rounded(rounded(factor / count) * total)
    if profile.threshold == "mean_first":
        return rounded(factor * rounded(total / count))
    if profile.threshold == "reciprocal_first":
        return rounded(rounded(factor * rounded(count.dtype.type(1) / count)) * total)
    return rounded(rounded(factor * total) / count)


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    values = carried(arguments["x"])
    if arguments["ternary_weight_networks"]:
        if not values.size or not np.isfinite(values).all():
            return "no definition says what the mean of an empty tensor, of NaN or of infinity is"
    elif not 0 <= arguments["threshold_value"] < np.inf:
        return f"no definition says what a threshold of {arguments['threshold_value']} means"
    return None


def contradiction(profile: TernProfile) -> str | None:
    """Return why no implementation can make these choices together, or None."""
    if profile.zero_sign == "flushed" and profile.subnormals == "kept":
        return "nothing is flushed where subnormals are kept: zero_sign must not be flushed"
    return None


def is_elementwise(arguments: Arguments, _: AnyProfile) -> bool:
    return not arguments["ternary_weight_networks"]


def is_staircase(arguments: Arguments) -> bool:
    return is_float32(arguments) and not arguments["ternary_weight_networks"]


OPERATIONS = (
    Definition(
        function=ste_tern,
        source="larq.quantizers.SteTern, docstring of 0.14.0; Ternary Weight Networks, arXiv 1605.04711",
        sentences=(
            "q(x) = +1 for x > D, 0 for |x| < D, -1 for x < -D",
            "D = (0.7 / n) sum over i = 1..n of |W_i|",
            "at the threshold, equation 3 of the paper: +1 if W_i > D, 0 if |W_i| <= D, -1 if W_i < -D",
        ),
        silences=(
            Silence("nan", tuple(MEANING["nan"]), has_nan, "NaN is in none of the three cases"),
            Silence("zero_sign", ("positive", "kept"), has_minus_zero,
                    "a zero without a sign is written"),
        ),
        profile=TernProfile(),
        axes=choices_of(MEANING),
        meaning=MEANING,
        contradiction=contradiction,
        companions={("zero_sign", "flushed"): {"subnormals": "flushed"}},
        mends=({"subnormals": "flushed"},),
        is_elementwise=is_elementwise,
        is_staircase=is_staircase,
        undefined=undefined,
        family="larq",
    ),
)  # fmt: skip
