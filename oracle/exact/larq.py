"""Larq's quantizers in rationals and 50 digits, from the words of its documentation and the papers.

Values are Python floats of one format; each function takes the choices that leave the definition.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

from oracle.exact.numbers import FORMATS, Arithmetic, round_to_whole

Choices = Mapping[str, str]
Reals = Sequence[float]

SIGN = {
    "subnormals": ("kept", "flushed"),
    "zero": ("one", "zero", "minus_one", "sign_bit"),
    "nan": ("nan", "one", "minus_one"),
}
STEP = {
    "subnormals": ("kept", "flushed"),
    "zero": ("zero", "one"),
    "nan": ("nan", "zero", "one"),
    "zero_sign": ("positive", "kept"),
}
TERN = {
    "subnormals": ("kept", "flushed"),
    "threshold": ("quotient_first", "product_first", "mean_first", "reciprocal_first"),
    "edge": ("zero", "one"),
    "nan": ("nan", "zero"),
    "zero_sign": ("positive", "kept", "flushed"),
}
MASK = {
    "subnormals": ("kept", "flushed"),
    "bound": ("clip_value", "one"),
    "edge": ("inclusive", "strict"),
    "nan": ("masked", "passed"),
    "outside": ("zero", "product"),
}
APPROX = {
    "subnormals": ("kept", "flushed"),
    "height": ("two", "one"),
    "product": ("slope_first", "doubled_first"),
    "nan": ("masked", "nan"),
    "outside": ("zero", "product"),
}
SWISH = {"subnormals": ("kept", "flushed"), "factor": ("beta", "none"), "cosh": ("exact", "overflows")}
SCALE = {
    "subnormals": ("kept", "flushed"),
    "reduction": ("channel", "tensor"),
    "mean": ("divide", "reciprocal"),
}
DOREFA = {
    "subnormals": ("kept", "flushed"),
    "limit": ("own", "none"),
    "rounding": ("half_even", "half_up", "half_down", "floor"),
    "step": ("divide", "reciprocal"),
    "difference": ("rounded", "fused"),
    "nan": ("nan", "zero", "one"),
    "zero_sign": ("positive", "kept", "kept_in_tail"),
}
CHOICES = {
    "ste_sign": SIGN,
    "approx_sign": SIGN,
    "swish_sign": SIGN,
    "ste_heaviside": STEP,
    "ste_tern": TERN,
    "magnitude_aware_sign": {**SCALE, "zero": SIGN["zero"]},
    "dorefa": DOREFA,
    "ste_sign_gradient": MASK,
    "ste_heaviside_gradient": MASK,
    "ste_tern_gradient": MASK,
    "approx_sign_gradient": APPROX,
    "swish_sign_gradient": SWISH,
    "magnitude_aware_sign_gradient": {**SCALE, "edge": ("strict", "inclusive"), "outside": MASK["outside"]},
    "dorefa_gradient": {
        "subnormals": ("kept", "flushed"),
        "slope": ("tanh", "identity"),
        **{axis: MASK[axis] for axis in ("edge", "nan", "outside")},
    },
}
NUMBER = {"nan": math.nan, "zero": 0.0, "one": 1.0, "minus_one": -1.0}


def arithmetic(dtype: str, choices: Choices) -> Arithmetic:
    return Arithmetic(FORMATS[dtype], choices["subnormals"] == "flushed")


def sign(x: float, dtype: str, choices: Choices) -> float:
    """-1 below zero, 1 from zero on."""
    value = arithmetic(dtype, choices).convert(x)
    if math.isnan(value):
        return NUMBER[choices["nan"]]
    if value:
        return 1.0 if value > 0 else -1.0
    if choices["zero"] == "sign_bit":
        return math.copysign(1.0, value)
    return NUMBER[choices["zero"]]


def heaviside(x: float, dtype: str, choices: Choices) -> float:
    """1 above zero, else 0."""
    value = arithmetic(dtype, choices).convert(x)
    if math.isnan(value):
        return NUMBER[choices["nan"]]
    if value == 0 and choices["zero"] == "one":
        return 1.0
    if value == 0 and choices["zero_sign"] == "kept":
        return value
    return 1.0 if value > 0 else 0.0


def tern(x: float, threshold: float, dtype: str, choices: Choices, is_given: bool = True) -> float:
    """1 above the threshold, -1 below its negative, else 0; the threshold is a number of the format."""
    a = arithmetic(dtype, choices)
    value = a.convert(x)
    if math.isnan(value):
        return NUMBER[choices["nan"]]
    bound = a.convert(threshold)
    above, below = a.add(value, -bound), a.add(value, bound)
    if above > 0 or (above == 0 and below > 0 and choices["edge"] == "one"):
        return 1.0
    if below < 0 or (below == 0 and above < 0 and choices["edge"] == "one"):
        return -1.0
    of = {"kept": threshold, "flushed": bound}
    is_kept = is_given and value == 0 and of.get(choices["zero_sign"], 1.0) == 0
    return value if is_kept else 0.0


def threshold_of(values: Reals, dtype: str, choices: Choices) -> float:
    """0.7 / n times the sum of the magnitudes."""
    a = arithmetic(dtype, choices)
    total = a.result(sum((abs(Fraction(v)) for v in values), Fraction(0)))
    factor, count = a.result(Fraction(7, 10)), a.whole(len(values))
    if choices["threshold"] == "quotient_first":
        return a.multiply(a.divide(factor, count), total)
    if choices["threshold"] == "mean_first":
        return a.multiply(factor, a.divide(total, count))
    if choices["threshold"] == "reciprocal_first":
        return a.multiply(a.multiply(factor, a.divide(1.0, count)), total)
    return a.divide(a.multiply(factor, total), count)


def outside(dy: float, choices: Choices) -> float:
    return dy * 0.0 if choices["outside"] == "product" else 0.0


def mask(x: float, low: float | None, high: float, dy: float, dtype: str, choices: Choices) -> float:
    """dy between the bounds (low None: by magnitude), else 0."""
    value = arithmetic(dtype, choices).convert(x)
    if math.isnan(value):
        return dy if choices["nan"] == "passed" else outside(dy, choices)
    inner, start = (abs(value), -math.inf) if low is None else (value, low)
    if choices["edge"] == "strict":
        return dy if start < inner < high else outside(dy, choices)
    return dy if start <= inner <= high else outside(dy, choices)


def approx_gradient(x: float, dy: float, dtype: str, choices: Choices) -> float:
    """(2 - 2|x|) dy up to 1, else 0."""
    a = arithmetic(dtype, choices)
    value, given = abs(a.convert(x)), a.convert(dy)
    if math.isnan(value):
        return math.nan if choices["nan"] == "nan" else outside(given, choices)
    if value > 1:
        return outside(given, choices)
    peak, height = 1.0 if choices["height"] == "one" else 2.0, a.add(1.0, -value)
    if choices["product"] == "doubled_first":
        return a.multiply(height, a.multiply(peak, given))
    return a.multiply(peak * height, given)


def digits(value: float) -> int:
    """How many digits leave 50 after the cancellation of a number so small."""
    return 60 + max(0, -Decimal(value).adjusted()) if value else 60


def tanh(x: float) -> Decimal:
    """The hyperbolic tangent, to 50 digits."""
    if math.isinf(x):
        return Decimal(1).copy_sign(Decimal(x))
    with localcontext() as context:
        context.prec = digits(x)
        grown = (2 * Decimal(abs(x))).exp() if abs(x) < 200 else Decimal("1e200")
        return ((grown - 1) / (grown + 1)).copy_sign(Decimal(x))


def swish_gradient(x: float, beta: float, dy: float, dtype: str, choices: Choices) -> float:
    """dy beta (2 - u tanh(u/2)) / (1 + cosh u), u = beta x."""
    a = arithmetic(dtype, choices)
    given, factor = a.convert(dy), a.result(Fraction(beta))
    value = a.convert(x)
    with localcontext() as context:
        context.prec = 60
        u = Decimal(factor) * Decimal(max(-1e4, min(value, 1e4)))  # beyond, every result is 0
        cosh = (u.exp() + (-u).exp()) / 2
        shape = 2 - u * ((u.exp() - 1) / (u.exp() + 1))
        if not given or not math.isfinite(given):
            return given if shape > 0 else -given
        peak = Decimal(1 if choices["factor"] == "none" else factor)
        exact = Fraction(Decimal(given) * peak * shape / (1 + cosh))
        largest = (2 - Fraction(2) ** (1 - a.format.precision)) * Fraction(2) ** (1 - a.format.min_exponent)
    if choices["cosh"] == "overflows" and cosh > Decimal(largest.numerator) / largest.denominator:
        exact = Fraction(0)
    return a.result(exact) if exact else math.copysign(0.0, given * (1 if shape > 0 else -1))


def mean(values: Reals, dtype: str, choices: Choices) -> float:
    """The mean magnitude."""
    a = arithmetic(dtype, choices)
    given = [abs(a.convert(v)) for v in values]
    total = (
        sum(given) if not all(map(math.isfinite, given)) else a.result(sum(map(Fraction, given), Fraction(0)))
    )
    count = a.whole(len(given))
    return (
        a.multiply(total, a.divide(1.0, count)) if choices["mean"] == "reciprocal" else a.divide(total, count)
    )


def magnitude(x: float, scale: float, dtype: str, choices: Choices) -> float:
    """The sign of x times a scale; a NaN in a channel has made its scale NaN."""
    return scale * sign(x, dtype, {**choices, "nan": "nan"})


def magnitude_gradient(x: float, scale: float, clip: float, dy: float, dtype: str, choices: Choices) -> float:
    """dy times a scale below the clip value, else 0."""
    a = arithmetic(dtype, choices)
    value, given = abs(a.convert(x)), a.convert(dy)
    if value < clip or (value == clip and choices["edge"] == "inclusive"):
        return a.multiply(given, scale)
    return outside(given, choices)


def level(unit: float, bits: int, dtype: str, choices: Choices) -> float:
    """round(n r) / n."""
    a = arithmetic(dtype, choices)
    steps = a.whole(2**bits - 1)
    whole = whole_level(unit, steps, a, choices)
    if choices["step"] == "reciprocal":
        return a.multiply(whole, a.divide(1.0, steps)) + 0.0
    return a.divide(whole, steps) + 0.0


def whole_level(unit: float, steps: float, a: Arithmetic, choices: Choices) -> float:
    """round(n r)."""
    return round_to_whole(a.multiply(unit, steps), choices["rounding"], a)


def dorefa_activation(x: float, bits: int, dtype: str, choices: Choices, is_tail: bool = True) -> float:
    """The nearest level of [0, 1]; is_tail: the element follows the last whole group of 8."""
    value = arithmetic(dtype, choices).convert(x)
    if math.isnan(value):
        return NUMBER[choices["nan"]]
    if value == 0 and (
        choices["zero_sign"] == "kept" or (choices["zero_sign"] == "kept_in_tail" and is_tail)
    ):
        return value
    return level(value if choices["limit"] == "none" else min(max(value, 0.0), 1.0), bits, dtype, choices)


def dorefa_weights(values: Reals, bits: int, dtype: str, choices: Choices) -> list[float]:
    """2 quantize(tanh(w) / (2 max) + 1/2) - 1."""
    a = arithmetic(dtype, choices)
    limited = [a.convert(v) for v in values]
    if choices["limit"] == "own":
        limited = [a.result(Fraction(tanh(v))) if v else v for v in limited]
    divisor = 2 * max(map(abs, limited))
    units = [a.add(a.divide(t, divisor) if divisor else 0.0, 0.5) for t in limited]
    if choices["difference"] == "rounded":
        return [a.add(2 * level(unit, bits, dtype, choices), -1.0) for unit in units]
    steps = a.whole(2**bits - 1)
    return [a.fused(whole_level(unit, steps, a, choices), a.divide(2.0, steps), -1.0) for unit in units]


def dorefa_weights_gradient(values: Reals, dy: Reals, dtype: str, choices: Choices) -> list[float]:
    """dy (1 - tanh(w)^2) / max |tanh|."""
    a = arithmetic(dtype, choices)
    if choices["slope"] == "identity":
        return [a.convert(d) for d in dy]
    limited = [tanh(v) for v in map(a.convert, values)]
    largest = max(map(abs, limited))
    found = []
    for t, given in zip(limited, map(a.convert, dy), strict=True):
        with localcontext() as context:
            context.prec = 120
            slope = (1 - t * t) / largest if largest else Decimal(0)
        if not math.isfinite(given) or not given or not slope:
            found.append(given * float(slope))
        else:
            found.append(a.result(Fraction(slope) * Fraction(given)))
    return found
