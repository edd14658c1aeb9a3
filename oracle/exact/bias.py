"""Quantizing a bias in integers and ratios, from the words of oracle/quantize_bias.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from oracle.exact.numbers import FORMATS, NEAREST_OR_DIRECTED, Arithmetic

CHOICES: dict[str, tuple[str, ...]] = {
    "product": ("real", "float32"),
    "quotient": ("real", "float64", "float32", "reciprocal"),
    "rounding": ("half_even", "half_away", "half_up", "half_toward_zero", "toward_zero", "floor"),
    "overflow": ("saturates", "int32", "weight_grows", "weight_grows_to_30_bits"),
}
DEFINITION = {axis: names[0] for axis, names in CHOICES.items()}
SINGLE, DOUBLE = Arithmetic(FORMATS["float32"], False), Arithmetic(FORMATS["float64"], False)
LOWEST, HIGHEST = -(2**31), 2**31 - 1
LARGEST_OF_30_BITS = Fraction(HIGHEST, 2)


def quantize_bias(bias: Sequence[float], input_scale: float, weight_scale: float | Sequence[float],
                  choices: Mapping[str, str] | None = None) -> tuple[list[int], list[float]]:  # fmt: skip
    """Return clip(round(bias / (input_scale * weight_scale))), and the scale of each channel.

    Args:
        bias: numbers of float32.
        input_scale: a number of float32.
        weight_scale: a number of float32, or one for each channel.
        choices: axis -> choice, where it is not the first of CHOICES.

    Source: ONNX QLinearConv, "Bias must be quantized using scale = x_scale * w_scale and zero_point = 0".
    """
    chosen = DEFINITION | dict(choices or {})
    if isinstance(weight_scale, float):
        scales = [scale_for(max(map(abs, bias)), input_scale, weight_scale, chosen, DOUBLE)]
        each = scales * len(bias)
    else:
        each = scales = [scale_for(abs(b), input_scale, w, chosen, SINGLE)
                         for b, w in zip(bias, weight_scale, strict=True)]  # fmt: skip
    codes = [code_of(b, scale, chosen) for b, scale in zip(bias, each, strict=True)]
    return codes, [SINGLE.result(scale) for scale in scales]


def scale_for(largest: float, input_scale: float, weight_scale: float, chosen: Mapping[str, str],
              f: Arithmetic) -> Fraction:  # fmt: skip
    """Return what a bias is divided by, when the largest of its tensor or channel is known."""
    product = Fraction(input_scale) * Fraction(weight_scale)
    if chosen["overflow"] == "weight_grows":
        doubled = f.multiply(f.convert(1.0001), f.multiply(2.0, largest))
        least = Fraction(DOUBLE.result(Fraction(doubled) / (HIGHEST - LOWEST - 1)))
        if product < least:
            ratio = DOUBLE.result(least / product)
            product = Fraction(input_scale) * Fraction(SINGLE.convert(DOUBLE.multiply(weight_scale, ratio)))
    if chosen["overflow"] == "weight_grows_to_30_bits":
        product = max(product, Fraction(DOUBLE.result(Fraction(largest) / LARGEST_OF_30_BITS)))
    return product if chosen["product"] == "real" else Fraction(SINGLE.result(product))


def code_of(bias: float, scale: Fraction, chosen: Mapping[str, str]) -> int:
    """Return the code of one number."""
    how = chosen["quotient"]
    t = Fraction(bias) / scale
    if how == "reciprocal":
        t = Fraction(SINGLE.multiply(bias, SINGLE.divide(1.0, float(scale))))
    elif how != "real":
        t = Fraction((DOUBLE if how == "float64" else SINGLE).result(t))
    whole = NEAREST_OR_DIRECTED[chosen["rounding"]](t)
    if LOWEST <= whole <= HIGHEST:
        return whole
    return LOWEST if whole < 0 or chosen["overflow"] == "int32" else HIGHEST
