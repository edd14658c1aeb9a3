"""QKeras's power-of-two quantizers, one float32 number at a time."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from functools import cache

from oracle.exact.qkeras import CONTEXT, Choices, F, flushed, presented, rectified, single, two_to

Settings = tuple[int, float | None, bool, str]  # bits of the exponent, max_value, is_even, log2_rounding


def exponents(bits: int, max_value: float | None, is_even: bool, log2_rounding: str) -> tuple[int, int]:
    """Return the lowest and the highest exponent that bits without a sign of the value give."""
    signed = max_value is None or max_value > 1
    reach = 2 ** (bits - 1 if signed else bits)
    return -reach, (reach - 1) // 2 * 2 if is_even else reach - 1


def floor_log2(x: Fraction) -> int:
    """Return the largest k with 2^k <= x."""
    k = x.numerator.bit_length() - x.denominator.bit_length()
    return k if two_to(k) <= x else k - 1


def exponent_of(magnitude: float, settings: Settings, choices: Choices) -> int | None:
    """Return the exponent of one magnitude; None where nothing is below max_value."""
    bits, max_value, is_even, mode = settings
    lowest, highest = exponents(bits, max_value, is_even, mode)
    if magnitude == 0 or (choices["tiny"] == "epsilon" and magnitude < single(Fraction(1, 10**7))):
        return lowest
    if max_value == 0:
        return None
    if max_value is not None and choices["maximum"] == "argument":
        magnitude = min(magnitude, single(max_value))
    factor = 2 if is_even else 1
    if math.isinf(magnitude):
        found = 10**6
    elif choices["logarithm"] == "float32":
        found = factor * whole_logarithm(magnitude, is_even, mode)
    else:
        found = factor * nearest_exponent(Fraction(magnitude), factor, mode, choices["closest"])
    reach = factor if choices["exponents"] == "doubled" else 1
    found = min(max(found, reach * lowest), reach * highest)
    if max_value is not None and choices["maximum"] == "result":
        found = min(found, floor_log2(Fraction(single(max_value))) // factor * factor)
    return found


def nearest_exponent(x: Fraction, factor: int, mode: str, closest: str) -> int:
    """Return k such that 2^(factor * k) is nearest to x, in the logarithm or in value, or below x."""
    k = floor_log2(x) // factor
    low, high = two_to(factor * k), two_to(factor * (k + 1))
    if mode == "floor":
        return k
    if closest == "value":
        return k + (x - low >= high - x)
    square, middle = x * x, low * high
    return k + (square > middle or (square == middle and k % 2 == 1))


@cache
def whole_logarithm(magnitude: float, is_even: bool, mode: str) -> int:
    """Return round(ln(x) / ln(2)) or its floor, every step rounded to float32."""
    exact = Decimal(magnitude)
    if is_even:
        exact = Decimal(single(Fraction(CONTEXT.sqrt(exact))))
    natural = single(Fraction(CONTEXT.ln(exact)))
    t = Fraction(F.divide(natural, single(Fraction(CONTEXT.ln(Decimal(2))))))
    return math.floor(t) if mode == "floor" else round(t)


def quantized_po2(
    x: float, bits: int, choices: Choices, max_value: float | None = None,
    quadratic_approximation: bool = False, log2_rounding: str = "rnd",
) -> float:  # fmt: skip
    """Return the sign of a number times the closest power of two; see oracle/quantized_po2.py."""
    x = flushed(x, choices)
    if choices["settings"] == "of_string":
        max_value, log2_rounding = None if max_value is None else math.trunc(max_value), "rnd"
    e = exponent_of(abs(x), (bits - 1, max_value, quadratic_approximation, log2_rounding), choices)
    of_zero = {"positive": False, "negative": True, "signed": math.copysign(1, x) < 0}
    negative = of_zero[choices["zero"]] if x == 0 else x < 0
    return presented(x, power(e, -1 if negative else 1, choices), choices)


def power(e: int | None, sign: int, choices: Choices) -> float:
    """Return a signed power of two, flushed where the choices say so."""
    return math.nan if e is None else flushed(sign * float(two_to(e)), choices)


def quantized_relu_po2(
    x: float, bits: int, choices: Choices, max_value: float | None = None, negative_slope: float = 0.0,
    quadratic_approximation: bool = False, log2_rounding: str = "rnd",
) -> float:  # fmt: skip
    """Return the power of two closest to a rectified number; see oracle/quantized_relu_po2.py."""
    x, slope = flushed(x, choices), negative_slope
    if choices["settings"] == "of_string":
        log2_rounding = "rnd"
        if max_value is None:
            max_value, slope = slope or None, 0.0
        else:
            max_value = math.trunc(max_value)
    settings = (bits, max_value, quadratic_approximation, log2_rounding)
    is_below = x < 0 and slope != 0
    magnitude = F.multiply(-x, slope) if is_below else max(x, 0.0)
    value = power(exponent_of(magnitude, settings, choices), -1 if is_below else 1, choices)
    limit = None if max_value is None else Fraction(single(max_value))
    return presented(rectified(x, slope, limit), value, choices)


def quantized_po2_gradient(
    x: float, dy: float, bits: int, choices: Choices, max_value: float | None = None,
    quadratic_approximation: bool = False, log2_rounding: str = "rnd",
) -> float:  # fmt: skip
    """Return dy, or 0 beyond the largest power of two where the choices stop it."""
    highest = exponents(bits - 1, max_value, quadratic_approximation, log2_rounding)[1]
    last = min(2.0**highest, math.inf if max_value is None else single(max_value))
    return 0.0 if choices["outside"] == "stops" and abs(x) > last else dy


def quantized_relu_po2_gradient(
    x: float, dy: float, bits: int, choices: Choices, max_value: float | None = None,
    negative_slope: float = 0.0, quadratic_approximation: bool = False, log2_rounding: str = "rnd",
) -> float:  # fmt: skip
    """Return the gradient that passes the rectifier, bounded by max_value."""
    x, slope = flushed(x, choices), negative_slope
    if choices["settings"] == "of_string":
        if max_value is None:
            max_value, slope = slope or None, 0.0
        else:
            max_value = math.trunc(max_value)
    limit = math.inf if max_value is None else single(max_value)
    if x > limit or (choices["edge"] == "strict" and x == limit):
        return 0.0
    is_up = x > 0 or (x == 0 and choices["zero"] == "positive")
    return F.multiply(dy, 1.0 if is_up else slope) + 0.0
