"""The bias of a layer as int32 codes, and the scale that belongs to them: the definition and its variants."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from oracle.arithmetic import INT32_MAX, INT32_MIN, convert_x86, saturate
from oracle.formats import FLOAT32, FLOAT64, Array
from oracle.rounding import ROUND
from oracle.specification import Arguments, Definition, Silence

NEAREST = ("half_even", "half_away", "half_up", "half_toward_zero")
ROUNDINGS = (*NEAREST, "toward_zero", "floor")
GROWS = ("weight_grows", "weight_grows_to_30_bits")
NEAR = 2.0**-51  # a float64 quotient is as near as this to the real one, relative
SPARE = 1.0001
CODES = 2.0**32 - 2  # between -(2^31 - 1) and 2^31 - 1
HALF_OF_INT32 = INT32_MAX / 2
LARGEST = np.float32(2.0**126)


@dataclass(frozen=True)
class Profile:
    """One way of quantizing a bias; the fields are in the order of the arithmetic."""

    product: str = "real"
    quotient: str = "real"
    rounding: str = "half_even"
    overflow: str = "saturates"


MEANING: dict[str, dict[str, str]] = {
    "product": {
        "real": "input_scale * weight_scale is not rounded",
        "float32": "input_scale * weight_scale is rounded to float32",
    },
    "quotient": {
        "real": "t = x / scale, a real number",
        "float64": "t = x / scale, rounded to float64",
        "float32": "t = x / scale, rounded to float32",
        "reciprocal": "t = x * (1 / scale), each rounded to float32",
    },
    "rounding": {name: (ROUND[name].__doc__ or "").splitlines()[0] for name in ROUNDINGS},
    "overflow": {
        "saturates": "what lies beyond int32 becomes its first or last number",
        "int32": "what lies beyond int32 becomes INT32_MIN, the x86 way",
        "weight_grows": "the weight's scale is made larger, so that the largest bias leaves int32 a ten"
        " thousandth; in float64 for one scale, in float32 for a scale of each channel",
        "weight_grows_to_30_bits": "the weight's scale is made larger where a code would be 2^30 - 1/2 or"
        " more: that is then the largest bias, in float64",
    },
}  # fmt: skip
IN_REAL_NUMBERS = Profile()
AXES = {axis: tuple(choices) for axis, choices in MEANING.items()}
COMPANIONS = {
    ("quotient", "float32"): {"product": "float32"},
    ("quotient", "reciprocal"): {"product": "float32"},
}
MENDS = ({"product": "float32"}, {"product": "real"})


def contradiction(profile: Profile) -> str | None:
    """Return why no implementation can make these choices together, or None."""
    if profile.quotient not in ("real", "float64") and profile.product != "float32":
        return "a quotient in float32, or by a reciprocal, is by a float32: product must be float32"
    return None


def quantize_bias(x: Any, input_scale: Any, weight_scale: Any, profile: Profile = IN_REAL_NUMBERS
                  ) -> dict[str, Array]:  # fmt: skip
    """Return the int32 codes of a layer's bias, and their scale.

        codes = clip(round_half_even(x / (input_scale * weight_scale)), -2^31, 2^31 - 1)
        scale = input_scale * weight_scale, as float32

    in real numbers: one rounding each. The zero point is 0.

    Args:
        x: the bias; float32, below 2^126, shape (n,), n >= 1: a number for each channel.
        input_scale: units per code of the layer's input; float32 > 0.
        weight_scale: units per code of its weights; float32 > 0, one number or shape (n,): per channel.
            Its product with input_scale is a normal float32.
        profile: the arithmetic; the default is the definition.

    Returns:
        codes: int32, shape (n,).
        scale: units per code; float32, shape of weight_scale.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: TensorFlow Lite 8-bit quantization specification, CONV_2D, Input 2 (Bias): "data_type : int32,
        range : [int32_min, int32_max], granularity : per-axis (dim = 0), restriction : (scale, zero_point)
        = (input0_scale * input1_scale[...], 0)"; ONNX QLinearConv, operator set 10: "Bias must be quantized
        using scale = x_scale * w_scale and zero_point = 0".
    Silent about: ties, and a bias that lies beyond int32.
    """
    values, scales = check_arguments(np.asarray(x), np.asarray(input_scale), np.asarray(weight_scale))
    if wrong := contradiction(profile):
        raise ValueError(f"{wrong}, got {profile}")
    with np.errstate(over="ignore", under="ignore"):
        divisor = scale_of(values, scales, profile)
        whole = rounded(values, divisor, profile)
    to_int32 = convert_x86 if profile.overflow == "int32" else saturate
    codes = to_int32(whole, INT32_MIN, INT32_MAX)
    return {"codes": codes.astype(np.int32), "scale": divisor.astype(np.float32)}


def check_arguments(x: Array, *scales: Array) -> tuple[Array, tuple[Array, ...]]:
    """Return bias and scales, or raise ValueError for what lies outside the domain."""
    if x.dtype != np.float32 or x.ndim != 1 or not x.size:
        raise ValueError(f"x must be a vector of float32, got {x.dtype} {x.shape}")
    if not (np.abs(x) < LARGEST).all():
        raise ValueError(f"x must be below 2^126, got {x}")
    for name, scale in zip(("input", "weight"), scales, strict=True):
        if scale.dtype != np.float32 or scale.shape not in ((), x.shape)[: 1 + (name == "weight")]:
            raise ValueError(
                f"{name}_scale must be a float32, or one for each channel of the weight,"
                f" got {scale.dtype} {scale.shape}"
            )
        if not (np.isfinite(scale) & (scale > 0)).all():
            raise ValueError(f"{name}_scale must be finite and > 0, got {scale}")
    with np.errstate(over="ignore", under="ignore"):
        product = scales[0] * scales[1]
    if not (np.isfinite(product) & (product >= FLOAT32.smallest_normal)).all():
        raise ValueError(f"the product of the scales must be a normal float32, got {product}")
    return x, scales


def scale_of(x: Array, scales: tuple[Array, ...], profile: Profile) -> Array:
    """Return what the bias is divided by: float64, for a product of two float32 is one."""
    input_scale, weight_scale = scales
    wide = input_scale.astype(np.float64)
    if profile.overflow == "weight_grows":
        weight_scale = weight_scale * grown(x, wide * weight_scale)
        weight_scale = np.asarray(weight_scale, np.float64).astype(np.float32)
    product = np.asarray(wide * weight_scale.astype(np.float64))
    if profile.overflow == "weight_grows_to_30_bits":
        largest = np.abs(x.astype(np.float64))
        least = (largest if product.ndim else largest.max(initial=0)) / HALF_OF_INT32
        product = np.maximum(product, least)
    return product.astype(np.float32).astype(np.float64) if profile.product == "float32" else product


def grown(x: Array, product: Array) -> Array:
    """Return how many times larger the weight's scale must be: 1 where the bias fits."""
    if product.ndim:
        least = np.float32(SPARE) * (np.float32(2) * np.abs(x)) / np.float64(CODES)
    else:
        least = SPARE * (2 * np.abs(x.astype(np.float64)).max(initial=0)) / CODES
    return np.asarray(np.where(product < least, least / product, 1.0))


def rounded(x: Array, divisor: Array, profile: Profile) -> Array:
    """Return round(x / divisor): whole numbers in float64."""
    round_ = ROUND[profile.rounding]
    if profile.quotient == "reciprocal":
        t = x * (np.float32(1) / divisor.astype(np.float32))
        return np.asarray(round_(t, FLOAT32), np.float64)
    if profile.quotient == "float32":
        return np.asarray(round_(x / divisor.astype(np.float32), FLOAT32), np.float64)
    t = x.astype(np.float64) / divisor
    whole = round_(t, FLOAT64)
    if profile.quotient == "real":
        divisors = np.broadcast_to(divisor, x.shape)
        for i in np.flatnonzero(is_near_a_bound(t)):
            whole[i] = round_exactly(float(x[i]), float(divisors[i]), profile.rounding)
    return whole


def is_near_a_bound(t: Array) -> Array:
    """Tell where rounding t may differ from rounding the real quotient: beside a tie or a whole number."""
    halves = 2 * t
    near = np.abs(halves - np.rint(halves)) <= 2 * NEAR * np.abs(t)
    return np.asarray(near & (np.abs(t) < 2.0**33) & (t != 0))


def round_exactly(x: float, divisor: float, rounding: str) -> float:
    """Return the real quotient's rounding: its sign against the half beside it decides."""
    t = Fraction(x) / Fraction(divisor)
    half = Fraction(round(2 * t), 2)  # exact in float64, below 2^33
    beside = np.float64(half) + np.float64(0.125 if t > half else -0.125 if t < half else 0)
    return float(ROUND[rounding](np.asarray(beside), FLOAT64))


def products(arguments: Arguments) -> list[tuple[Fraction, Fraction]]:
    """Return each bias and its scale, as ratios."""
    input_scale = Fraction(float(arguments["input_scale"]))
    weights = np.broadcast_to(arguments["weight_scale"], np.shape(arguments["x"]))
    return [(Fraction(float(x)), input_scale * Fraction(float(w)))
            for x, w in zip(np.asarray(arguments["x"]), weights, strict=True)]  # fmt: skip


def has_tie(arguments: Arguments) -> bool:
    return any((2 * x / scale) % 2 == 1 for x, scale in products(arguments))


def has_overflow(arguments: Arguments) -> bool:
    return any(not INT32_MIN <= round(x / scale) <= INT32_MAX for x, scale in products(arguments))


def never_elementwise(_: Arguments, __: Any) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=quantize_bias,
        family="requantization",
        source="TensorFlow Lite 8-bit quantization specification, CONV_2D; ONNX QLinearConv, operator set 10",
        sentences=(
            "Input 2 (Bias): data_type : int32, range : [int32_min, int32_max], granularity : per-axis"
            " (dim = 0), restriction : (scale, zero_point) = (input0_scale * input1_scale[...], 0)",
            "Bias must be quantized using scale = x_scale * w_scale and zero_point = 0",
        ),
        silences=(
            Silence("rounding", NEAREST, has_tie, "the texts name no rounding of ties"),
            Silence(
                "overflow",
                ("saturates", *GROWS),
                has_overflow,
                "the texts tie the scale to the weight's, and say nothing about a bias beyond int32: it may"
                " saturate, or the weight be given another scale",
            ),
        ),
        profile=IN_REAL_NUMBERS,
        axes=AXES,
        meaning=MEANING,
        is_elementwise=never_elementwise,
        contradiction=contradiction,
        companions=COMPANIONS,
        mends=MENDS,
    ),
)
