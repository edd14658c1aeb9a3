"""QKeras's quantizers with stochastic rounding: what can be drawn of one number, and how often."""

from __future__ import annotations

import math
from fractions import Fraction

from oracle.exact.qkeras import HALF, Choices, F, clamp, single, two_to
from oracle.exact.qkeras_draws import Drawn
from oracle.exact.qkeras_po2 import floor_log2, nearest_exponent

EPSILON = single(Fraction(1, 10**7))
ROOT = Fraction(1, 10**25)  # how fine a root is found


def quantized_relu_stochastic(x: float, draws: int, choices: Choices, bits: int, integer: int,
                              negative_slope: float = 0.0, training: bool = True) -> Drawn:  # fmt: skip
    """Return what is drawn of one number; see oracle/quantized_relu_stochastic.py for the words."""
    slope, is_drawn = negative_slope, training or choices["inference"] == "stochastic"
    if choices["settings"] == "of_string" and slope == 0:
        slope, is_drawn = 1.0, False
    n = bits - 1 if slope else bits
    scale = two_to(integer - n)
    t = Fraction(x) * (1 if x > 0 else Fraction(slope)) / scale
    parts = 2 if choices["step"] == "half" else 1
    below, above = math.floor(t * parts), math.ceil(t * parts)
    share = t * parts - below
    if not is_drawn:
        below = above = round(t) * parts
    elif choices["proportion"] != "fraction":
        share = HALF if choices["proportion"] == "even" else 1 - share
    low, high = -Fraction(slope) * 2**n, Fraction(2**n - 1)
    ends = [float(clamp(Fraction(code, parts), low, high) * scale) for code in (below, above)]
    return ends[0], ends[1], draws if ends[0] == ends[1] else round(share * draws)


def quantized_po2_stochastic(
    x: float, draws: int, choices: Choices, bits: int, max_value: float | None = None,
    quadratic_approximation: bool = False, training: bool = True,
) -> Drawn:  # fmt: skip
    """Return what is drawn of one number; see oracle/quantized_po2_stochastic.py for the words."""
    below, above, share = two_powers(abs(x), bits - 1, max_value, quadratic_approximation, training, choices)
    sign = -1 if x < 0 else 1
    return in_order(x, sign * below, sign * above, share, draws, choices)


def quantized_relu_po2_stochastic(
    x: float, draws: int, choices: Choices, bits: int, max_value: float | None = None,
    negative_slope: float = 0.0, quadratic_approximation: bool = False, training: bool = True,
) -> Drawn:  # fmt: skip
    """Return what is drawn of one number; see oracle/quantized_po2_stochastic.py for the words."""
    slope = negative_slope
    if choices["settings"] == "of_string" and slope == 0:
        slope, training = 1.0, False
    real = x if x > 0 else x * slope
    below, above, share = two_powers(abs(real), bits, max_value, quadratic_approximation, training, choices)
    sign = -1 if real < 0 else 1
    shown = real if max_value is None else min(real, float(max_value))
    return in_order(shown, sign * below, sign * above, share, draws, choices)


def two_powers(
    size: float, exponent_bits: int, max_value: float | None, is_even: bool, training: bool, choices: Choices
) -> tuple[Fraction, Fraction, Fraction]:
    """Return the two powers beside a magnitude, clipped, and the probability of the higher one."""
    bits = exponent_bits - (max_value is None or max_value > 1)
    lowest, highest, step = -(2**bits), 2**bits - 1, 2 if is_even else 1
    highest -= highest % step
    exact = Fraction(size)
    reach = step if choices["exponents"] == "doubled" else 1
    highest *= reach
    if max_value is not None:
        top = floor_log2(Fraction(max_value))
        if choices["maximum"] == "result":
            highest = min(highest, top - top % step)
        else:
            exact = min(exact, Fraction(max_value))
    if exact == 0 or (choices["tiny"] == "epsilon" and size < EPSILON):
        return two_to(lowest), two_to(lowest), Fraction(1)
    if training or choices["inference"] == "stochastic":
        low = floor_log2(exact)
        low -= low % step
        high, share = low + step, chance(exact / two_to(low), step, choices)
    else:
        low = high = step * nearest_exponent(exact, step, "rnd", "logarithm")
        share = Fraction(1)
    ends = [two_to(min(max(k, reach * lowest), highest)) for k in (low, high)]
    return ends[0], ends[1], share


def chance(t: Fraction, step: int, choices: Choices) -> Fraction:
    """Return how often the higher power is drawn, t being the magnitude over the lower one."""
    if choices["proportion"] == "even":
        return HALF
    if choices["proportion"] == "root" and step == 2:
        return Fraction(math.isqrt(int(t / ROOT**2))) * ROOT - 1
    return (t - 1) / Fraction(2**step - 1)


def in_order(
    real: float, below: Fraction, above: Fraction, share: Fraction, draws: int, choices: Choices
) -> Drawn:
    """Return both values as they are shown, the lower first, and how often the higher one is expected."""
    values = [(shown(real, end, choices), p) for end, p in ((below, 1 - share), (above, share)) if p > 0]
    lowest, highest = min(values), max(values)
    return lowest[0], highest[0], draws if lowest[0] == highest[0] else round(highest[1] * draws)


def shown(real: float, end: Fraction, choices: Choices) -> float:
    """Return a power, or x + (power - x), both sums rounded."""
    value = float(end)
    return value if choices["presentation"] == "value" else F.add(real, F.add(value, -real))
