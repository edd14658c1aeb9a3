"""QKeras quantized_hswish: the hard swish on the grid of a fixed-point number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.arithmetic import exact_sum
from oracle.formats import FLOAT64, Array, round_to_odd
from oracle.qkeras_steps import check_bits, reals
from oracle.rounding import ROUND
from oracle.specification import Arguments, Definition


@dataclass(frozen=True)
class Profile:
    """One way of computing quantized_hswish; the fields are in the order of the arithmetic."""

    curve: str = "exact"
    alpha: str = "divides"
    infinity: str = "saturates"
    rounding: str = "half_even"
    presentation: str = "value"


MEANING: dict[str, dict[str, str]] = {
    "curve": {
        "exact": "x * relu(x + shift) / bound is not rounded",
        "float32": "sum, product and quotient are rounded to float32",
        "reciprocal": "the sum, its product with float32(1 / bound), and that with x, are rounded to float32",
    },
    "alpha": {
        "divides": "the hard swish is divided by the step, of which alpha is a factor, and multiplied again",
        "multiplies": "a given alpha only multiplies the quantized value",
    },
    "infinity": {
        "saturates": "where x * relu(x + shift) overflows the last code is given",
        "nan": "there NaN is given: t + (round(t) - t) is computed",
    },
    "rounding": {name: (ROUND[name].__doc__ or "").splitlines()[0]
                 for name in ("half_even", "half_up", "half_away", "floor")},
    "presentation": {
        "value": "the quantized value",
        "difference": "h + (value - h) of the hard swish h in float32, each sum rounded",
    },
}  # fmt: skip
AXES = {"quantized_hswish": {axis: tuple(choices) for axis, choices in MEANING.items()}}
DEFINITION = Profile()


def quantized_hswish(
    x: Any,
    bits: int,
    integer: int = 0,
    symmetric: bool = False,
    alpha: float | None = None,
    relu_shift: int = 3,
    relu_upper_bound: int = 6,
    profile: Profile = DEFINITION,
) -> Array:
    """Return the hard swish of each value on a grid of 2^bits codes.

        h     = x * min(max(x + relu_shift, 0), relu_upper_bound) / relu_upper_bound
        step  = alpha * 2^(integer - bits + 1)
        value = clip(round_half_even(h / step), -2^(bits-1) + symmetric, 2^(bits-1) - 1) * step

    Args:
        x: real values; float32, any shape.
        bits: width of the code, sign included; in [2, 16].
        integer: bits to the left of the binary point, the sign not counted; in [0, bits - 1].
        symmetric: leaves the lowest code out.
        alpha: None, which is 1, or a number > 0.
        relu_shift, relu_upper_bound: whole numbers from 1 to 255.
        profile: the arithmetic; the default is the definition.

    Returns:
        float32, the shape of x: value.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, quantized_hswish: "Computes a quantized hard swish to a number of
        bits", "hswish(x) = x * ReluY(x + relu_shift) / Y, Y is relu_upper_bound", "integer: number of
        integer bits", "alpha: a tensor or None, the scaling factor per channel"; of the rest
        quantized_bits.
    Silent about: NaN, -infinity, which is multiplied by 0.
    """
    values = reals(x)
    check(bits, integer, alpha, (relu_shift, relu_upper_bound))
    low, high = -(2 ** (bits - 1)) + bool(symmetric), 2 ** (bits - 1) - 1
    unit = np.float32(2.0 ** (integer - bits + 1))
    factor = unit * np.float32(1.0 if alpha is None else alpha)
    divisor = float(factor if profile.alpha == "divides" else unit)
    with np.errstate(all="ignore"):
        single = in_float32(values, relu_shift, relu_upper_bound, profile.curve == "reciprocal")
        if profile.curve == "exact":
            t = exact_over(values, relu_shift, relu_upper_bound, divisor)
        else:
            t = single.astype(np.float64) / divisor
        code = np.clip(ROUND[profile.rounding](t, FLOAT64), low, high) + 0.0
        if profile.infinity == "nan":
            code = np.where(np.isfinite(single / unit), code, np.nan)
        value = code.astype(np.float32) * factor
        return np.asarray(value if profile.presentation == "value" else single + (value - single))


def check(bits: int, integer: int, alpha: float | None, curve: tuple[int, int]) -> None:
    """Raise ValueError for arguments outside the operation's domain."""
    check_bits(bits, 2)
    if not 0 <= integer < bits:
        raise ValueError(f"integer must lie in [0, {bits - 1}], got {integer}")
    if alpha is not None and not 0 < alpha < float("inf"):
        raise ValueError(f"alpha must be None or > 0, got {alpha}")
    for name, number in zip(("relu_shift", "relu_upper_bound"), curve, strict=True):
        if not 1 <= number <= 255 or number != int(number):
            raise ValueError(f"{name} must be a whole number from 1 to 255, got {number}")


def exact_over(x: Array, shift: int, bound: int, divisor: float) -> Array:
    """Return the hard swish over a divisor, on the right side of every tie.

    x^2 + shift * x is summed exactly and rounded to odd. One division by bound * divisor, which float64
    holds, moves no such number onto a tie: the next number to bound * divisor * tie is more than half an
    ulp of the tie away when it is divided.
    """
    wide = x.astype(np.float64)
    middle = round_to_odd(*exact_sum(wide * wide, wide * shift)) / (bound * divisor)
    return np.where(wide >= bound - shift, wide / divisor, np.where(wide <= -shift, 0.0, middle))


def in_float32(x: Array, shift: int, bound: int, is_reciprocal: bool) -> Array:
    """Return the hard swish, every operation rounded to float32."""
    last = np.float32(bound)
    relu = np.clip(x + np.float32(shift), np.float32(0), last)
    return np.asarray(x * (relu * (np.float32(1) / last)) if is_reciprocal else x * relu / last)


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    x = np.asarray(arguments["x"])
    return "QKeras does not say what NaN or -infinity gives" if (np.isnan(x) | (x == -np.inf)).any() else None


OPERATIONS = (
    Definition(
        function=quantized_hswish,
        source="QKeras 0.9.0, qkeras/quantizers.py, quantized_hswish",
        sentences=(
            "Computes a quantized hard swish to a number of bits.",
            "hswish(x) = x * ReluY(x + relu_shift) / Y, Y is relu_upper_bound",
        ),
        silences=(),
        profile=DEFINITION,
        axes=AXES["quantized_hswish"],
        meaning=MEANING,
        family="qkeras",
        undefined=undefined,
    ),
)
