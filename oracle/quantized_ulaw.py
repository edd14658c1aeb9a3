"""QKeras quantized_ulaw: the u-law on the grid of a fixed-point number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.qkeras_profile import DEFINITION, MEANING, Profile, axes
from oracle.qkeras_steps import check_bits, hard_sigmoid, reals, whole
from oracle.specification import Arguments, Bound, Definition

# Which way ties go shows nowhere: the law of no float32 is half way between two codes. It would be
# where (1 + u t)^(2 m) = (1 + u)^(2 k + 1); then 1 + u is b^(2 m), b rational, and the denominator of
# t = (b^(2 k + 1) - 1) / (b^(2 m) - 1) keeps an odd factor of b^m + 1.
AXES = {"quantized_ulaw": axes("normalization", "resolution", "order", rounding=("half_even", "floor"))}


def quantized_ulaw(
    x: Any,
    bits: int,
    integer: int = 0,
    symmetric: bool = False,
    u: float = 255.0,
    profile: Profile = DEFINITION,
) -> Array:
    """Return the u-law of each value on a grid of 2^bits codes.

        t     = clip(x / 2^integer, -1, 1)
        law   = sign(t) * ln(1 + u * |t|) / ln(1 + u)
        value = clip(round_half_even(law * m), -m + symmetric, m - 1) / m * 2^integer,  m = 2^(bits-1)

    Args:
        x: real values; float32, any shape.
        bits: width of the code, sign included; in [2, 16].
        integer: bits to the left of the binary point, the sign not counted; in [0, bits - 1].
        symmetric: leaves the lowest code out.
        u: how much the law bends; > 0.
        profile: the arithmetic; the default is the definition.

    Returns:
        float32, the shape of x: value.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, quantizers.py, quantized_ulaw: "Computes a u-law quantization", "performs ulaw +
        quantization to bits in the range -1.0 to 1.0", "symmetric: if true, we will have the same number
        of values for positive and negative numbers", "u: parameter of u-law"; the law: ITU-T G.191,
        F(x) = sgn(x) ln(1 + u|x|) / ln(1 + u) for |x| <= 1; tf.round: "Rounds half to even".
    Silent about: NaN.
    """
    check(bits, integer, u)
    values, m = reals(x), 2.0 ** (bits - 1)
    low, high = -m + bool(symmetric), m - 1
    with np.errstate(all="ignore"):
        t = normalized(values / np.float32(2.0**integer), profile)
        if profile.order == "law_first":
            found = np.clip(rounded(law(t, u), m, profile), low, high) / m
        else:
            found = np.clip(law_in_float32(rounded(t, m, profile) / m, u), low / m, high / m)
    return np.asarray(found * 2.0**integer + 0.0, np.float32)


def law(t: Array, u: float) -> Array:
    """Return the u-law of numbers in [-1, 1]."""
    return np.asarray(np.sign(t) * np.log1p(u * np.abs(t)) / np.log1p(u))


def check(bits: int, integer: int, u: float) -> None:
    """Raise ValueError for arguments outside the operation's domain."""
    check_bits(bits, 2)
    if not 0 <= integer < bits:
        raise ValueError(f"integer must lie in [0, {bits - 1}], got {integer}")
    if not 0 < u < float("inf"):
        raise ValueError(f"u must be > 0, got {u}")


def normalized(t: Array, profile: Profile) -> Array:
    """Return t in [-1, 1] as float64, or what x / 2 + 1 / 2 in float32 leaves of it."""
    if profile.normalization == "exact":
        return np.clip(t.astype(np.float64), -1.0, 1.0)
    return 2 * hard_sigmoid(t, profile) - 1


def rounded(t: Array, m: float, profile: Profile) -> Array:
    """Return the codes of numbers in [-1, 1], at full resolution, or every second one."""
    if profile.resolution == "half":
        return 2 * whole(m / 2 + t * (m / 2), profile) - m
    return whole(t * m, profile)


def law_in_float32(t: Array, u: float) -> Array:
    """Return the u-law of codes, each step of it rounded to float32."""
    inner = np.float32(1) + np.float32(u) * np.abs(t).astype(np.float32)
    natural = np.log(inner.astype(np.float64)).astype(np.float32)
    whole_range = np.float32(np.log(np.float64(np.float32(1 + u))))
    return np.asarray((np.sign(t).astype(np.float32) * natural) / whole_range, np.float64)


def error_of_logarithm(arguments: Arguments, wanted: Mapping[str, Any]) -> Any:
    """Return how far a value may lie from the expected one; 0 for a code."""
    value = np.asarray(wanted["value"], np.float64)
    codes = value * 2.0 ** (arguments["bits"] - 1 - arguments.get("integer", 0))
    return np.where(codes == np.rint(codes), 0.0, np.abs(value) * 2.0**-20)


LOGARITHM_BOUND = Bound(
    "value",
    error_of_logarithm,
    "The definition gives codes, and they are exact. Rounded first, values are quotients of two logarithms in"
    " float32, which two kernels for one and for eight numbers at once give differently: Eigen's plog,"
    " which TensorFlow's log calls, was measured on 1 + u * k / 2^n for n up to 15 and u = 1, 15, 100, 255:"
    " at most 3.1 ulp from the true one. Two of them, and the quotient's half ulp, are less than 2^-20 of"
    " the value; the multiplication with 2^integer is exact.",
)


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    return "QKeras says nothing about NaN" if np.isnan(np.asarray(arguments["x"])).any() else None


OPERATIONS = (
    Definition(
        function=quantized_ulaw,
        source="QKeras 0.9.0, qkeras/quantizers.py, quantized_ulaw",
        sentences=(
            "Function that performs ulaw + quantization to bits in the range -1.0 to 1.0.",
            "symmetric: if true, we will have the same number of values for positive and negative numbers.",
        ),
        silences=(),
        profile=DEFINITION,
        axes=AXES["quantized_ulaw"],
        meaning=MEANING,
        family="qkeras",
        undefined=undefined,
        bounds=(LOGARITHM_BOUND,),
    ),
)
