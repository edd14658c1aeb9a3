"""LSQ in rationals, from the words of the paper and of the choices in oracle/lsq*.py."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from fractions import Fraction

from oracle.exact.numbers import FORMATS, Arithmetic, round_to_format, round_to_whole

SINGLE = Arithmetic(FORMATS["float32"], flushed=False)
DIGITS = Context(prec=50)

_SHARED: dict[str, tuple[str, ...]] = {
    "range": ("full", "narrow_low"),
    "step": ("given", "regained", "epsilon"),
    "scaling": ("divide", "reciprocal"),
    "rounding": ("half_even", "half_away", "half_up", "half_down", "half_toward_zero", "toward_zero",
                 "floor"),
}  # fmt: skip
CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "lsq": {**_SHARED, "overflow": ("saturates", "int64"), "zero": ("positive", "kept")},
    "lsq_gradient": {
        **_SHARED,
        "mask": ("open", "closed", "code"),
        "x_gradient": ("masked", "chain"),
        "zero": ("positive", "product"),
        "weight_gradient": ("given", "lost"),
        "step_gradient": ("formula", "masked", "chain", "fused"),
        "overflow": ("saturates", "int64"),
        "count": ("features", "elements", "one"),
        "factor": ("sum", "terms"),
    },
    "lsq_initial_step": {
        "statistic": ("mean_absolute", "largest", "constant"),
        "divisor": ("root", "qmax"),
    },
    "lsq_export": {"range": ("full", "narrow_low"), "lowest": ("qmin", "mirrored")},
}  # fmt: skip
Choices = Mapping[str, str]


def chosen(operation: str, choices: Choices | None) -> dict[str, str]:
    """Return a choice for every axis: the given ones, else the first."""
    return {axis: names[0] for axis, names in CHOICES[operation].items()} | dict(choices or {})


def root(number: int) -> Fraction:
    """Return the square root of a whole number, to 50 digits."""
    return Fraction(Decimal(number).sqrt(DIGITS))


def gradient_scale(count: int, qmax: int) -> float:
    """Return 1 / sqrt(count * qmax), as a float32."""
    return round_to_format(1 / root(count * qmax), FORMATS["float32"])


def step_in_use(step: float, count: int, qmax: int, how: Choices) -> float:
    """Return the step size that the arithmetic works with."""
    if how["step"] == "epsilon":
        return max(step, 2.0**-23)
    if how["step"] == "given":
        return step
    part = SINGLE.multiply(step, gradient_scale(count, qmax))
    return SINGLE.add(SINGLE.add(step, -part), part)


def in_steps(x: float, step: float, how: Choices) -> float:
    """Return x in units of the step size."""
    if how["scaling"] == "reciprocal":
        return SINGLE.multiply(x, SINGLE.divide(1.0, step))
    return SINGLE.divide(x, step)


def bounds(qmin: int, qmax: int, how: Choices) -> tuple[int, int]:
    """Return the first and the last code."""
    return (qmin + 1 if how["range"] == "narrow_low" and qmin < 0 else qmin), qmax


def code_of(t: float, codes: tuple[int, int], how: Choices) -> int:
    """Return the code of a value in units of the step size: clipped, then rounded."""
    clipped = min(max(t, codes[0]), codes[1])
    return int(round_to_whole(clipped, how["rounding"], SINGLE))


def lsq(xs: Sequence[float], step: float, qmin: int, qmax: int,
        choices: Choices | None = None) -> list[float]:  # fmt: skip
    """Return the quantized representation of each float32 number.

        y = round(clip(x / step, qmin, qmax)) * step

    Args:
        xs: finite float32 numbers.
        step: a float32 number, finite, > 0.
        qmin, qmax: first and last code; qmin <= 0 < qmax.
        choices: axis -> choice, where it is not the first of CHOICES["lsq"].

    Source: arXiv 1902.08153, equations 1 and 2: "v_bar = round(clip(v/s, -Q_N, Q_P))", "v_hat = v_bar * s".
    """
    how = chosen("lsq", choices)
    size, codes = step_in_use(step, len(xs), qmax, how), bounds(qmin, qmax, how)

    def value(x: float) -> float:
        t = in_steps(x, size, how)
        code = codes[0] if how["overflow"] == "int64" and t >= 2.0**63 else code_of(t, codes, how)
        if code == 0:  # a value that was clipped to 0 is +0
            return math.copysign(0.0, t) if how["zero"] == "kept" and t >= codes[0] else 0.0
        return SINGLE.multiply(float(code), size)

    return [value(x) for x in xs]


def lsq_gradient(xs: Sequence[float], step: float, qmin: int, qmax: int, dys: Sequence[float], features: int,
                 is_weight: bool,
                 choices: Choices | None = None) -> tuple[list[float] | None, float]:  # fmt: skip
    """Return the gradients of the float32 numbers, None where they are lost, and of the step size.

        step = g * sum(dy * c), c = round(x / step) - x / step inside, qmin below, qmax above

    Args:
        xs, dys: finite float32 numbers, as many of one as of the other.
        step: a float32 number, finite, > 0.
        qmin, qmax: first and last code; qmin <= 0 < qmax.
        features: how many of the numbers are one example's; of weights, all.
        is_weight: whether they are weights.
        choices: axis -> choice, where it is not the first of CHOICES["lsq_gradient"].

    Source: arXiv 1902.08153, equations 3 and 5, and section 2.2.
    """
    how = chosen("lsq_gradient", choices)
    size, codes = step_in_use(step, len(xs), qmax, how), bounds(qmin, qmax, how)
    count = {"features": features, "elements": len(xs)}.get(how["count"], 0)
    factor = gradient_scale(count, qmax) if count else 1.0
    pairs = list(zip(xs, dys, strict=True))
    sums = 2 if how["step_gradient"] == "chain" else 1
    totals = [0.0] * sums
    for x, dy in pairs:
        terms = terms_of(x, dy, size, codes, how)
        for place, term in enumerate(terms):
            scaled = SINGLE.multiply(term, factor) if how["factor"] == "terms" else term
            totals[place] = SINGLE.add(totals[place], scaled)
    total = totals[0] if sums == 1 else SINGLE.add(*totals)
    total = total if how["factor"] == "terms" else SINGLE.multiply(total, factor)
    if how["weight_gradient"] == "lost" and is_weight:
        return None, total
    return [of_x(x, dy, size, codes, how) for x, dy in pairs], total


def is_inside(t: float, codes: tuple[int, int], how: Choices) -> bool:
    """Whether a small change of x changes its quantized value, as the choice says."""
    if how["mask"] == "open":
        return codes[0] < t < codes[1]
    compared = round_to_whole(t, how["rounding"], SINGLE) if how["mask"] == "code" else t
    return codes[0] <= compared <= codes[1]


def of_x(x: float, dy: float, step: float, codes: tuple[int, int], how: Choices) -> float:
    """Return the gradient of one number."""
    inside = is_inside(in_steps(x, step, how), codes, how)
    if how["x_gradient"] == "chain":
        return SINGLE.divide(SINGLE.multiply(dy, step) if inside else 0.0, step)
    if inside:
        return dy
    return math.copysign(0.0, dy) if how["zero"] == "product" else 0.0


def terms_of(x: float, dy: float, step: float, codes: tuple[int, int], how: Choices) -> list[float]:
    """Return what one number adds to the gradient of the step size."""
    t = in_steps(x, step, how)
    inside = is_inside(t, codes, how)
    whole = round_to_whole(t, how["rounding"], SINGLE)
    is_wrapped = how["overflow"] == "int64" and t >= 2.0**63  # an int64 holds the lowest instead
    beyond = float(codes[0] if t <= codes[0] or is_wrapped else codes[1])
    if how["step_gradient"] == "chain":
        through = SINGLE.multiply(dy, step) if inside else 0.0
        slope = SINGLE.divide(t, step)
        return [SINGLE.multiply(dy, float(code_of(t, codes, how))), SINGLE.multiply(-through, slope)]
    if how["step_gradient"] == "fused":
        if not inside:
            return [SINGLE.multiply(dy, beyond)]
        rest = SINGLE.fused(whole, step, -x)
        return [SINGLE.multiply(SINGLE.multiply(dy, rest), SINGLE.divide(1.0, step))]
    if how["step_gradient"] == "masked" and math.isinf(t):
        return [math.nan]  # 0 * (infinity - infinity) is added
    return [SINGLE.multiply(dy, SINGLE.add(whole, -t) if inside else beyond)]


def lsq_initial_step(xs: Sequence[float], qmax: int, choices: Choices | None = None) -> float:
    """Return the step size before training, a float32 number.

        step = 2 * mean(|x|) / sqrt(qmax)

    Source: arXiv 1902.08153, section 2.1: "initialized to 2<|v|>/sqrt(Q_P)".
    """
    how = chosen("lsq_initial_step", choices)
    if how["statistic"] == "constant":
        return round_to_format(Fraction(1, 100), FORMATS["float32"])
    total = 0.0
    for x in xs:
        total = SINGLE.add(total, abs(x))
    mean = max(map(abs, xs)) if how["statistic"] == "largest" else SINGLE.divide(total, float(len(xs)))
    divisor = Fraction(qmax) if how["divisor"] == "qmax" else root(qmax)
    return SINGLE.divide(SINGLE.multiply(mean, 2.0), round_to_format(divisor, FORMATS["float32"]))


def lsq_export(step: float, qmin: int, qmax: int, choices: Choices | None = None) -> tuple[float, float]:
    """Return the least and the greatest value that the quantizer gives.

    Source: arXiv 1902.08153, equations 1 and 2: v_hat runs from -Q_N * s to Q_P * s.
    """
    how = chosen("lsq_export", choices)
    low, high = bounds(qmin, qmax, how)
    highest = SINGLE.multiply(float(high), step)
    return (-highest if how["lowest"] == "mirrored" else SINGLE.multiply(float(low), step)), highest
