"""DoReFa-Net's quantizers of activations and of weights, and their gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.affine import presented
from oracle.arithmetic import flush, fused_multiply_add, round_result
from oracle.formats import FLOAT32, Array, carried, format_of, round_into
from oracle.larq_derivative import SUBNORMALS
from oracle.larq_mask import MEANING as MASK_MEANING
from oracle.larq_mask import NAN_SILENCE, OUTSIDE_SILENCE, masked, never_elementwise
from oracle.larq_sign import NUMBERS, STEP_MEANING, choices_of, compared, has_minus_zero, has_nan
from oracle.rounding import ROUND
from oracle.specification import AnyProfile, Arguments, Bound, Definition, Silence

MODES = ("activations", "weights")
LANES = 8  # float32 numbers in an AVX register


@dataclass(frozen=True)
class DorefaProfile:
    """One way of quantizing to 2^bits levels of [0, 1]; the fields are in the order of the arithmetic."""

    subnormals: str = "kept"
    limit: str = "own"
    rounding: str = "half_even"
    step: str = "divide"
    difference: str = "rounded"
    nan: str = "nan"
    zero_sign: str = "positive"


@dataclass(frozen=True)
class DorefaGradientProfile:
    """One way of letting the gradient through."""

    subnormals: str = "kept"
    slope: str = "tanh"
    edge: str = "inclusive"
    nan: str = "masked"
    outside: str = "zero"


MEANING = {
    "subnormals": SUBNORMALS,
    "limit": {
        "own": "activations are clipped to [0, 1], weights go through tanh",
        "none": "activations are not clipped, weights do not go through tanh",
    },
    "rounding": {name: (ROUND[name].__doc__ or "").splitlines()[0]
                 for name in ("half_even", "half_up", "half_down", "floor")},
    "step": {
        "divide": "the level is divided by n = 2^bits - 1",
        "reciprocal": "the level is multiplied by 1 / n, rounded",
    },
    "difference": {
        "rounded": "weights: 2 y - 1, y being the rounded level",
        "fused": "weights: level * (2 / n) - 1, rounded once; 2 / n is rounded before",
    },
    "nan": STEP_MEANING["nan"],
    "zero_sign": {
        "positive": "a result of 0 is 0.0",
        "kept": "-0.0 gives -0.0",
        "kept_in_tail": "-0.0 gives -0.0 in the last n modulo 8 elements",
    },
}  # fmt: skip
GRADIENT_MEANING = {
    "subnormals": SUBNORMALS,
    "slope": {
        "tanh": "weights: the slope of tanh, over the maximum",
        "identity": "weights: the gradient passes unchanged",
    },
    **{axis: MASK_MEANING[axis] for axis in ("edge", "nan", "outside")},
}


def dorefa(x: Any, bits: int, mode: str, profile: DorefaProfile = DorefaProfile()) -> Any:
    """Return the nearest of 2^bits levels: of [0, 1] for activations, of [-1, 1] for weights.

        activations: y = quantize(clip(x, 0, 1))
        weights:     y = 2 quantize(tanh(x) / (2 max |tanh(x)|) + 1/2) - 1
        quantize(r) = round(n r) / n, n = 2^bits - 1; each operation is rounded

    Args:
        x: real values, shape S; float32, or for activations float16, bfloat16 (a Bfloat16), float64 too.
        bits: width of the code, >= 1.
        mode: activations or weights.
        profile: the arithmetic; the default is the definition.

    Returns:
        reals, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: DoReFa-Net (arXiv 1606.06160), equations 5 and 9, "r_o = 1/(2^k - 1) round((2^k - 1) r_i)";
        larq.quantizers.DoReFa, "i/n for (2i-1)/2n < x < (2i+1)/2n", "n = 2^k_bit - 1".
    Silent about: ties; NaN; the sign of a result of 0; weights that are all 0.
    """
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, got {mode}")
    if bits < 1:
        raise ValueError(f"bits must be >= 1, got {bits}")
    values = compared(x, profile)
    is_weights = mode == "weights"
    with np.errstate(all="ignore"):
        unit = normalized(x, profile) if is_weights else values
        if profile.limit == "own":
            unit = np.clip(unit, 0, 1)
        if is_weights and profile.difference == "fused":
            y = fused_weights(unit, bits, profile, format_of(x))
        else:
            y = quantize_unit(unit, bits, profile, format_of(x))
            if is_weights:
                y = round_result(y * y.dtype.type(2) - y.dtype.type(1), format_of(x), False)
        y = np.where(np.isnan(values), values.dtype.type(NUMBERS[profile.nan]), y)
    if profile.zero_sign != "positive" and not is_weights:
        y = np.where((values == 0) & is_kept(values, profile), np.copysign(y, values), y)
    return presented(np.asarray(y), format_of(x))


def is_kept(values: Array, profile: AnyProfile) -> Array:
    """Tell where a zero keeps its minus: everywhere, or in what is left after whole groups of 8."""
    first = values.size - values.size % LANES if profile.zero_sign == "kept_in_tail" else 0
    kept: Array = (np.arange(values.size) >= first).reshape(values.shape)
    return kept


def quantize_unit(unit: Array, bits: int, profile: AnyProfile, target: Any) -> Array:
    """Return the level of each real in [0, 1], as a real."""
    steps = round_into(np.asarray(2.0**bits - 1), target)
    level = level_of(unit, steps, profile, target)
    is_product = profile.step == "reciprocal"
    y = level * round_result(1 / steps, target, False) if is_product else level / steps
    return round_result(np.asarray(y), target, profile.subnormals == "flushed") + 0  # without a minus


def level_of(unit: Array, steps: Array, profile: AnyProfile, target: Any) -> Array:
    """Return the level of each real in [0, 1], as a whole number."""
    flushed = profile.subnormals == "flushed"
    return ROUND[profile.rounding](round_result(np.asarray(unit * steps), target, flushed), target)


def fused_weights(unit: Array, bits: int, profile: AnyProfile, target: Any) -> Array:
    """Return level * (2 / n) - 1, rounded once."""
    steps = round_into(np.asarray(2.0**bits - 1), target)
    level = level_of(unit, steps, profile, target)
    factor = round_result(target.carrier(2) / steps, target, False)
    return fused_multiply_add(level, factor, -np.ones_like(level), target)


def normalized(x: Any, profile: AnyProfile) -> Array:
    """Return tanh(x) / (2 max |tanh(x)|) + 1/2, each operation rounded; 0 / 0 counts as 0."""
    target, flushed = format_of(x), profile.subnormals == "flushed"
    limited = compared(x, profile)
    if profile.limit == "own":
        limited = round_into(np.tanh(limited.astype(np.float64)), target)
    half = limited.dtype.type(0.5)
    divisor = limited.dtype.type(2) * np.abs(limited[~np.isnan(limited)]).max(initial=0)
    quotient = limited / divisor if divisor else limited * 0
    return round_result(round_result(quotient, target, flushed) + half, target, False)


def dorefa_gradient(
    x: Any, bits: int, mode: str, dy: Any, profile: DorefaGradientProfile = DorefaGradientProfile()
) -> dict[str, Any]:
    """Return the straight-through gradient of dorefa.

        activations: dL/dx = dy where 0 <= x <= 1, else 0
        weights:     dL/dx = dy (1 - tanh(x)^2) / max |tanh(x)|, rounded once

    Args:
        x: real values, shape S; float32, or for activations float16, bfloat16 (a Bfloat16), float64 too.
        bits: width of the code, >= 1; it plays no part.
        mode: activations or weights.
        dy: the gradient of y; dtype and shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: dL/dx, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: larq.quantizers.DoReFa, "1 for 0 <= x <= 1, 0 else"; DoReFa-Net (arXiv 1606.06160), section
        2.3: the quantizer passes gradients unchanged.
    Silent about: NaN; the sign of a gradient of 0; whether the maximum is a constant of the
        differentiation (it is one here).
    """
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, got {mode}")
    target, flushed = format_of(x), profile.subnormals == "flushed"
    values, given = compared(x, profile), carried(dy)
    if mode == "weights":
        given = flush(given, target) if flushed else given
        with np.errstate(all="ignore"):
            slope = np.ones(values.shape) if profile.slope == "identity" else weight_slope(values)
            dx = slope * given.astype(np.float64)
            dx = round_result(round_into(dx, target), target, flushed)
        return {"x": presented(dx, target)}
    is_strict = profile.edge == "strict"
    inside = (values > 0) & (values < 1) if is_strict else (values >= 0) & (values <= 1)
    inside = inside | (np.isnan(values) & (profile.nan == "passed"))
    return {"x": presented(masked(given, inside, profile), target)}


def weight_slope(values: Array) -> Array:
    """Return (1 - tanh(x)^2) / max |tanh(x)|, in float64; 0 where there is no maximum."""
    reals = values.astype(np.float64)
    with np.errstate(over="ignore"):
        slope = 1 / np.cosh(reals) ** 2
    largest = np.abs(np.tanh(reals)).max(initial=0)
    return slope / largest if largest else slope * 0


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    values = carried(arguments["x"])
    if arguments["mode"] == "weights" and (np.isnan(values).any() or not values.any()):
        return "the maximum of |tanh(x)| must be a number above 0; none is, or one is NaN"
    return None


def has_tie(arguments: Arguments) -> bool:
    """Whether n r lies in the middle of two levels, computed or near enough for one to say so."""
    with np.errstate(all="ignore"):
        distance = tie_distance(arguments)
    return bool((distance <= 2.0 ** (4 - format_of(arguments["x"]).precision)).any())


def tie_distance(arguments: Arguments) -> Array:
    """Return how far each real in [0, 1] lies from the middle of two levels; in float64, of reals."""
    values, steps = carried(arguments["x"]).astype(np.float64), 2.0 ** arguments["bits"] - 1
    if arguments["mode"] == "weights":
        limited = np.tanh(values)
        values = limited / (2 * np.abs(limited).max(initial=0)) + 0.5
    level = np.clip(values, 0, 1) * steps
    distance: Array = np.abs(level - np.floor(level) - 0.5) / steps
    return distance


def value_error(arguments: Arguments, _: Mapping[str, Any]) -> Array:
    """Return one step where the error of tanh may change the level, else 0."""
    values = carried(arguments["x"])
    if arguments["mode"] != "weights":
        return np.zeros(values.shape)
    with np.errstate(all="ignore"):
        near = (tie_distance(arguments) <= 2.0**-20) & (values != 0)
    return np.where(near, 2 / (2.0 ** arguments["bits"] - 1) * (1 + 2.0**-20), 0)


def gradient_error(arguments: Arguments, _: Mapping[str, Any]) -> Array:
    """Return how far a float32 evaluation of the weights' gradient may lie from its value."""
    values, dy = (carried(arguments[name]).astype(np.float64) for name in ("x", "dy"))
    if arguments["mode"] != "weights":
        return np.zeros(values.shape)
    largest = np.abs(np.tanh(values)).max(initial=0)
    with np.errstate(all="ignore"):
        size = np.abs(dy) / largest * 2.0**-19
    return np.where(np.isfinite(size), size, 0)


VALUE_PROOF = (
    "TensorFlow's float32 tanh lies within 6 ulp: measured on 3 million values, 5.9 (eager) and 4.6 (XLA),"
    " not proven. From there: half the quotient of two such is off by 6 of 2^-23 at most, three roundings"
    " add 1: below 2^-20. Only a value nearer to a tie than that may take the other level. tanh(0) is exact"
)
GRADIENT_PROOF = (
    "With tanh within 6 ulp (measured, see the value), t^2 is off by at most 12 t^2 of 2^-23, the square and"
    " the difference round by 1, the divisor and four roundings cost 8 (1 - t^2): together at most 13 of"
    " 2^-23 dy / max |tanh(x)|; 16 are allowed"
)


def is_elementwise(arguments: Arguments, profile: AnyProfile) -> bool:
    is_positional = getattr(profile, "zero_sign", "positive") == "kept_in_tail"
    return arguments["mode"] == "activations" and not is_positional


def is_staircase(arguments: Arguments) -> bool:
    return arguments["mode"] == "activations" and format_of(arguments["x"]) is FLOAT32


OPERATIONS = (
    Definition(
        function=dorefa,
        source="DoReFa-Net, arXiv 1606.06160; larq.quantizers.DoReFa, docstring of 0.14.0",
        sentences=(
            "r_o = 1/(2^k - 1) round((2^k - 1) r_i)",
            "q(w) = 2 quantize_k(w_norm(w_lim(w)) / 2 + 1/2) - 1",
            "w_lim(w) = tanh(w), w_norm(w) = w / max(|w|)",
        ),
        silences=(
            Silence("rounding", ("half_even", "half_up", "half_down"), has_tie,
                    "a level is given to either side of (2i+1)/2n, none to it"),
            Silence("nan", choices_of(MEANING)["nan"], has_nan, "NaN is in none of the cases"),
            Silence("zero_sign", choices_of(MEANING)["zero_sign"], has_minus_zero,
                    "a zero without a sign is written"),
        ),
        profile=DorefaProfile(),
        axes=choices_of(MEANING),
        meaning=MEANING,
        is_elementwise=is_elementwise,
        is_staircase=is_staircase,
        undefined=undefined,
        bounds=(Bound("value", value_error, VALUE_PROOF),),
        family="larq",
    ),
    Definition(
        function=dorefa_gradient,
        source="DoReFa-Net, arXiv 1606.06160, section 2.3; larq.quantizers.DoReFa, docstring of 0.14.0",
        sentences=("dq/dx = 1 for 0 <= x <= 1, 0 else",),
        silences=(NAN_SILENCE, OUTSIDE_SILENCE),
        profile=DorefaGradientProfile(),
        axes=choices_of(GRADIENT_MEANING),
        meaning=GRADIENT_MEANING,
        is_elementwise=never_elementwise,
        undefined=undefined,
        bounds=(Bound("x", gradient_error, GRADIENT_PROOF),),
        family="larq",
    ),
)  # fmt: skip
