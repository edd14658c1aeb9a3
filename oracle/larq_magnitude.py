"""Larq's magnitude-aware sign: a sign times the mean magnitude of its channel, and its gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.affine import presented
from oracle.arithmetic import flush, round_result
from oracle.formats import Array, carried, format_of, round_into
from oracle.larq_derivative import SUBNORMALS
from oracle.larq_mask import MEANING as MASK_MEANING
from oracle.larq_mask import OUTSIDE, OUTSIDE_SILENCE, is_within, masked, never_elementwise
from oracle.larq_sign import SIGN_MEANING, SignProfile, choices_of, sign
from oracle.specification import AnyProfile, Arguments, Bound, Definition


@dataclass(frozen=True)
class MagnitudeProfile:
    """One way of scaling a sign; the fields are in the order of the arithmetic."""

    subnormals: str = "kept"
    reduction: str = "channel"
    mean: str = "divide"
    zero: str = "one"


@dataclass(frozen=True)
class MagnitudeGradientProfile:
    """One way of scaling a gradient and letting it through."""

    subnormals: str = "kept"
    reduction: str = "channel"
    mean: str = "divide"
    edge: str = "strict"
    outside: str = "zero"


SCALE_MEANING = {
    "subnormals": SUBNORMALS,
    "reduction": {
        "channel": "one scale for each index of the last axis",
        "tensor": "one scale for the tensor",
    },
    "mean": {
        "divide": "sum of |x| / n",
        "reciprocal": "sum of |x| * (1 / n), each operation rounded",
    },
}
MEANING = {**SCALE_MEANING, "zero": SIGN_MEANING["zero"]}
GRADIENT_MEANING = {
    **SCALE_MEANING,
    "edge": {choice: MASK_MEANING["edge"][choice] for choice in ("strict", "inclusive")},
    "outside": OUTSIDE,
}


def magnitude_aware_sign(
    x: Any, clip_value: float | None = 1.0, profile: MagnitudeProfile = MagnitudeProfile()
) -> Any:
    """Return the sign of each real times the mean magnitude of its channel.

        y = mean(|x| of the channel) * sign(x), sign(0) = 1; a channel is an index of the last axis

    Args:
        x: real values; float16, bfloat16 (a Bfloat16), float32 or float64, shape S, rank 1 at least.
        clip_value: of the gradient only; a number or None.
        profile: the arithmetic; the default is the definition.

    Returns:
        reals, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: larq.quantizers.MagnitudeAwareSign, "A scaled sign function computed according to Section
        3.3 in Zechun Liu et al"; Bi-Real Net (arXiv 1808.00278), "W_b = ||W_r||_1,1 / |W_r| Sign(W_r)".
    Silent about: nothing that is asked; the mean of a channel with a NaN is NaN.
    """
    target, flushed = format_of(x), profile.subnormals == "flushed"
    signs = sign(x, SignProfile(profile.subnormals, profile.zero))
    with np.errstate(all="ignore"):
        y = round_result(np.asarray(scale_of(x, profile) * signs), target, flushed)
    return presented(y, target)


def scale_of(x: Any, profile: AnyProfile) -> Array:
    """Return the mean magnitude of each channel, to be broadcast; the sum is rounded once."""
    values, target, flushed = carried(x), format_of(x), profile.subnormals == "flushed"
    if flushed:
        values = flush(values, target)

    def rounded(result: Any) -> Array:
        return round_result(round_into(np.asarray(result), target), target, flushed)

    axes = tuple(range(values.ndim - (profile.reduction == "channel")))
    total = rounded(np.abs(values.astype(np.float64)).sum(axis=axes, keepdims=True))
    count = round_into(np.asarray(float(count_of(values, profile))), target)
    if profile.mean == "reciprocal":
        return rounded(total * rounded(count.dtype.type(1) / count))
    return rounded(total / count)


def count_of(values: Array, profile: AnyProfile) -> int:
    """Return of how many values a mean is taken."""
    channels = values.shape[-1] if profile.reduction == "channel" else 1
    return values.size // max(channels, 1)


def magnitude_aware_sign_gradient(
    x: Any, clip_value: float | None, dy: Any, profile: MagnitudeGradientProfile = MagnitudeGradientProfile()
) -> dict[str, Any]:
    """Return the gradient of magnitude_aware_sign; the scale is a constant of the differentiation.

        dL/dx = mean(|x| of the channel) * dy where |x| < clip_value, else 0; no clipping if it is None

    Args:
        x: real values, no NaN; float16, bfloat16 (a Bfloat16), float32 or float64, shape S, rank 1 at
            least.
        clip_value: a number, rounded into the dtype of x, or None.
        dy: the gradient of y; dtype and shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: dL/dx, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Bi-Real Net (arXiv 1808.00278), section 3.3, "dW_b/dW_r = ||W_r||_1,1 / |W_r| * 1_{|W_r|<1}";
        larq.quantizers.MagnitudeAwareSign, "clip_value: Threshold for clipping gradients."
    Silent about: NaN; the sign of a gradient of 0 outside, and infinity times 0.
    """
    target, flushed = format_of(x), profile.subnormals == "flushed"
    given = flush(carried(dy), target) if flushed else carried(dy)
    with np.errstate(all="ignore"):
        inside = round_result(np.asarray(given * scale_of(x, profile)), target, flushed)
        is_inside = is_within(x, clip_value, profile)
        dx = np.where(is_inside, inside, masked(given, np.zeros_like(is_inside), profile))
    return {"x": presented(np.asarray(dx), target)}


def undefined_gradient(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    if np.isnan(carried(arguments["x"])).any():
        return "no definition says whether a NaN x is inside"
    return None


def mean_error(arguments: Arguments) -> Array:
    """Return how far a mean may lie from the correctly rounded one: 0 where every partial sum is exact."""
    values, target = carried(arguments["x"]).astype(np.float64), format_of(arguments["x"])
    magnitude = np.abs(values)
    axes = tuple(range(values.ndim - 1))
    with np.errstate(all="ignore"):
        total = magnitude.sum(axis=axes, keepdims=True)
        exact = total <= lowest_bit(magnitude).min(axis=axes, keepdims=True) * 2.0**target.precision
        count = count_of(values, MagnitudeProfile())
        size = np.where(exact, 0, (count + 2) * total / count * 2.0**-target.precision)
    return np.where(np.isfinite(size), size, 0) + np.zeros_like(values)


def lowest_bit(magnitude: Array) -> Array:
    """Return the value of the last set bit of each number; infinite for 0."""
    significand, exponent = np.frexp(np.where(np.isfinite(magnitude), magnitude, 0))
    whole = np.ldexp(significand, 53).astype(np.int64)
    bit: Array = np.ldexp((whole & -whole).astype(np.float64), exponent - 53)
    return np.where(whole == 0, np.inf, bit)


def value_error(arguments: Arguments, _: Mapping[str, Any]) -> Array:
    return mean_error(arguments)


def gradient_error(arguments: Arguments, _: Mapping[str, Any]) -> Array:
    with np.errstate(all="ignore"):
        size = 2 * mean_error(arguments) * np.abs(carried(arguments["dy"]).astype(np.float64))
    return np.where(np.isfinite(size), size, 0)


PROOF = (
    "n - 1 additions of numbers >= 0 in any order, each rounded, lie within (n - 1) 2^-p of their sum, p bits"
    " of precision; the division and the correct rounding add 2 (Higham, Accuracy and Stability, 4.2). Where"
    " the sum has at most p bits counted from the last set bit of any addend, every partial sum is exact"
)

OPERATIONS = (
    Definition(
        function=magnitude_aware_sign,
        source="larq.quantizers.MagnitudeAwareSign, docstring of 0.14.0; Bi-Real Net, arXiv 1808.00278",
        sentences=(
            "A scaled sign function computed according to Section 3.3",
            "W_b = ||W_r||_1,1 / |W_r| * Sign(W_r)",
        ),
        silences=(),
        profile=MagnitudeProfile(),
        axes=choices_of(MEANING),
        meaning=MEANING,
        is_elementwise=never_elementwise,
        bounds=(Bound("value", value_error, PROOF),),
        family="larq",
    ),
    Definition(
        function=magnitude_aware_sign_gradient,
        source="Bi-Real Net, arXiv 1808.00278, section 3.3; larq.quantizers.MagnitudeAwareSign",
        sentences=("dW_b/dW_r = ||W_r||_1,1 / |W_r| * 1_{|W_r| < 1}",),
        silences=(OUTSIDE_SILENCE,),
        profile=MagnitudeGradientProfile(),
        axes=choices_of(GRADIENT_MEANING),
        meaning=GRADIENT_MEANING,
        is_elementwise=never_elementwise,
        undefined=undefined_gradient,
        bounds=(Bound("x", gradient_error, PROOF),),
        family="larq",
    ),
)
