"""QKeras's stochastic quantizers: what can be drawn of one number, or of one channel, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from oracle.exact.qkeras import CONTEXT, HALF, Choices, F, clamp, presented, single
from oracle.exact.qkeras_signs import fitted, nearest_power, thrown

NEVER = Fraction(1, 10**15)  # of one number
RARE = Fraction(1, 10**6)  # of a channel
EPSILON = Fraction(single(Fraction(1, 10**7)))

Drawn = tuple[float, float, int]  # lowest, highest, how often the highest is expected


def sigmoid(t: Fraction, is_real: bool) -> Fraction:
    """Return 1 / (1 + exp(-t)), or clip(t / 2 + 1 / 2, 0, 1)."""
    if not is_real:
        return clamp(t / 2 + HALF, Fraction(0), Fraction(1))
    if abs(t) > 1000:
        return Fraction(int(t > 0))
    power = CONTEXT.exp(CONTEXT.divide(Decimal(-t.numerator), Decimal(t.denominator)))
    return Fraction(CONTEXT.divide(Decimal(1), CONTEXT.add(Decimal(1), power)))


def drawn(x: float, ends: tuple[float, float], p: Fraction, draws: int, choices: Choices) -> Drawn:
    """Return what is drawn when the upper end has the probability p."""
    low, high = (presented(x, end, choices) for end in ends)
    lowest, highest = high if p > 1 - NEVER else low, low if p < NEVER else high
    return lowest, highest, draws if lowest == highest else round(p * draws)


def chance(x: float, temperature: float, is_real: bool, choices: Choices) -> Fraction:
    """Return the probability of the upper end."""
    heat = 1 if choices["probability"] == "unscaled" else Fraction(temperature)
    return HALF if choices["probability"] == "even" else sigmoid(heat * Fraction(x), is_real)


def bernoulli(x: float, draws: int, choices: Choices, alpha: float | None = None, temperature: float = 6.0,
              use_real_sigmoid: bool = True) -> Drawn:  # fmt: skip
    """Return what is drawn of one number: alpha or 0; see oracle/bernoulli.py for the words."""
    if choices["settings"] == "of_config":
        temperature, use_real_sigmoid = 6.0, True
    size = single(alpha or 1.0)
    if choices["presentation"] == "difference_unless_one":
        choices = {**choices, "presentation": "value" if size == 1 else "difference"}
    p = chance(x, temperature, use_real_sigmoid, choices)
    return drawn(x, (0.0, size), p, draws, choices)


def stochastic_binary(x: float, draws: int, choices: Choices, alpha: float | None = None,
                      temperature: float = 6.0, use_real_sigmoid: bool = True,
                      training: bool = True) -> Drawn:  # fmt: skip
    """Return what is drawn of one number: alpha or -alpha; see oracle/stochastic_binary.py for the words."""
    size = single(alpha or 1.0)
    if training:
        p = chance(x, temperature, use_real_sigmoid, choices)
        return drawn(x, (-size, size), p, draws, choices)
    value = size if x >= 0 else -size
    value = value if alpha is None else presented(x, value, choices)
    return value, value, draws


def stochastic_ternary(
    x: Sequence[float], draws: int, choices: Choices, alpha: str, temperature: float = 8.0,
    use_real_sigmoid: bool = True, number_of_unrolls: int = 5,
) -> list[tuple[float, float, int, int]]:  # fmt: skip
    """Return lowest, highest, and the draws equal to the highest and to 0, of each number of a channel."""
    scale = F.divide(F.multiply(2.0, max(map(abs, x))), 3.0)
    scale = nearest_power(scale) if alpha == "auto_po2" else scale
    for _ in range(number_of_unrolls):
        q = [thrown(v, F.divide(scale, 2.0), choices["auto_edge"]) for v in x]
        scale = fitted(alpha, x, q, choices)
    heat = 1 if choices["probability"] == "unscaled" else Fraction(temperature)
    heat = heat / (deviation(x) + (EPSILON if choices["epsilon"] == "added" else 0))
    found = []
    for v in x:
        p0, p1 = (
            sigmoid(heat * (Fraction(v) + side * Fraction(scale) / 2), use_real_sigmoid) for side in (-1, 1)
        )
        chances = {scale: p0 * p1, 0.0: 1 - p0 * p1 - (1 - p0) * (1 - p1), -scale: (1 - p0) * (1 - p1)}
        seen = [value for value, p in chances.items() if p > RARE]
        values = [presented(v, value, choices) for value in (seen[0], seen[-1])]
        zeros = chances[0.0] if 0.0 in seen else Fraction(0)
        found.append((values[1], values[0], round(chances[seen[0]] * draws), round(zeros * draws)))
    return found


def deviation(x: Sequence[float]) -> Fraction:
    """Return the standard deviation of all of x, with 50 digits."""
    mean = sum(map(Fraction, x), Fraction(0)) / len(x)
    variance = sum(((Fraction(v) - mean) ** 2 for v in x), Fraction(0)) / len(x)
    return Fraction(CONTEXT.sqrt(CONTEXT.divide(Decimal(variance.numerator), Decimal(variance.denominator))))
