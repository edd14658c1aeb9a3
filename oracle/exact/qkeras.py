"""QKeras's quantizers, one float32 number at a time, from the words of their definitions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache

from oracle.exact.numbers import FORMATS, NEAREST_OR_DIRECTED, Arithmetic, round_to_format

Choices = Mapping[str, str]
Settings = tuple[int, float | None, bool, str]  # bits of the exponent, max_value, is_even, log2_rounding
CONTEXT = Context(prec=50)
F = Arithmetic(FORMATS["float32"], flushed=False)
HALF = Fraction(1, 2)
SMALLEST_NORMAL = 2.0**-126


def two_to(exponent: int) -> Fraction:
    """Return a power of two."""
    return Fraction(2) ** exponent


def clamp(value: Fraction, low: Fraction, high: Fraction) -> Fraction:
    return min(max(value, low), high)


def single(value: float | Fraction) -> float:
    """Return the float32 nearest to a number."""
    exact = Fraction(value) if isinstance(value, Fraction) or math.isfinite(value) else None
    return float(value) if exact is None else round_to_format(exact, FORMATS["float32"])


def flushed(x: float, choices: Choices) -> float:
    """Return x, or zero for a subnormal where the choices flush it."""
    is_small = abs(x) < SMALLEST_NORMAL and choices.get("subnormals") == "flushed"
    return math.copysign(0.0, x) if is_small else x


def presented(x: float, quantized: float, choices: Choices) -> float:
    """Return the quantized value, or x + (quantized - x) with both sums rounded."""
    if choices["presentation"] == "value":
        return quantized + 0.0
    return F.add(x, F.add(quantized, -x))


def hard_sigmoid(x: float, choices: Choices) -> Fraction:
    """Return clip(x / 2 + 1 / 2, 0, 1)."""
    if math.isinf(x):
        return Fraction(int(x > 0))
    t = Fraction(x) / 2 + HALF
    if choices["normalization"] == "float32":
        t = Fraction(F.add(F.multiply(x, 0.5), 0.5))
    return clamp(t, Fraction(0), Fraction(1))


def quantized_relu(
    x: float, bits: int, integer: int, choices: Choices, use_sigmoid: int = 0, negative_slope: float = 0.0,
    relu_upper_bound: float | None = None, is_quantized_clip: bool = True,
) -> float:  # fmt: skip
    """Return the rectified number on the grid; see oracle/quantized_relu.py for the words."""
    slope, bound, clip, use = negative_slope, relu_upper_bound, is_quantized_clip, bool(use_sigmoid)
    if choices["settings"] != "given":
        clip = True
    if choices["settings"] == "of_string":
        bound = None
        use, slope = (True, slope) if use else (slope != 0, 0.0)
    n = bits - 1 if slope else bits
    step, last = two_to(integer - n), 2**n - 1
    lowest = -Fraction(slope) * 2**n
    limit = Fraction(last) * step if clip else None if bound is None else Fraction(single(bound))
    real = rectified(x, slope, limit)
    if use:
        code = sigmoid_code(x, integer, n, choices)
    elif math.isinf(x) or math.isinf(F.multiply(x, float(2**n))) and choices["presentation"] == "difference":
        if choices["presentation"] == "difference":
            code = None
        else:
            code = Fraction(last) if x > 0 and (clip or bound is None) else None
            if x < 0:
                code = lowest if slope else Fraction(0)
            elif code is None and limit is not None:
                bounded = choices["bound"] == "real"
                code = Fraction(NEAREST_OR_DIRECTED[choices["rounding"]](limit / step) if bounded else last)
    else:
        unclipped = rectified(x, slope, None if clip or choices["bound"] == "quantized" else limit)
        code = Fraction(NEAREST_OR_DIRECTED[choices["rounding"]](Fraction(unclipped) / step))
    value = math.nan if code is None else float(clamp(code, lowest, Fraction(last)) * step)
    if choices["bound"] == "quantized" and not clip and bound:
        value = value if value <= single(bound) else single(bound)
    return presented(real, value, choices)


def rectified(x: float, slope: float, limit: Fraction | None) -> float:
    """Return x above zero, slope * x below, at most the limit."""
    if limit is not None and x > limit:
        return float(limit)
    return x if x > 0 else F.multiply(x, slope) if slope else 0.0


def sigmoid_code(x: float, integer: int, n: int, choices: Choices) -> Fraction:
    """Return the code of 2 * sigmoid(x / 2^integer) - 1, at full or half the resolution."""
    t = x if math.isinf(x) else F.divide(x, float(2**integer))
    centred = 2 * hard_sigmoid(t, choices) - 1
    half = choices["resolution"] == "half"
    code = NEAREST_OR_DIRECTED[choices["rounding"]](centred * 2**n / (2 if half else 1))
    return Fraction(code * (2 if half else 1))


def quantized_relu_gradient(
    x: float, dy: float, bits: int, integer: int, choices: Choices, negative_slope: float = 0.0,
    relu_upper_bound: float | None = None, is_quantized_clip: bool = True,
) -> float:  # fmt: skip
    """Return the gradient that passes the rectifier: 0 above its bound, 1 above 0, the slope below."""
    x, slope, bound, clip = flushed(x, choices), negative_slope, relu_upper_bound, is_quantized_clip
    if choices["settings"] != "given":
        clip = True
    if choices["settings"] == "of_string":
        slope, bound = 0.0, None
    n = bits - 1 if slope else bits
    last = Fraction(2**n - 1) * two_to(integer - n)
    limit = float(last) if clip else math.inf if bound is None else single(bound)
    above = x > limit or (choices["edge"] == "strict" and x == limit)
    if choices["mask"] == "code" and clip:
        above = x > 0 and (math.isinf(x) or round(Fraction(x) / two_to(integer - n)) > 2**n - 1)
    if above:
        return 0.0
    is_up = x > 0 or (x == 0 and choices["zero"] == "positive")
    return F.multiply(dy, 1.0 if is_up else slope) + 0.0


def exponents(
    bits: int, max_value: float | None, is_even: bool, log2_rounding: str
) -> tuple[int, int]:
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
    negative = x < 0 or x == 0 and {
        "positive": False, "negative": True, "signed": math.copysign(1, x) < 0,
    }[choices["zero"]]  # fmt: skip
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


def nearest_power(scale: float) -> float:
    """Return the power of two nearest to a number in the logarithm."""
    return float(two_to(nearest_exponent(Fraction(scale), 1, "rnd", "logarithm")))


def fitted(alpha: str, x: Sequence[float], q: Sequence[float], choices: Choices) -> float:
    """Return sum(x * q) / sum(q * q), or the power of two nearest to it."""
    products = sum((Fraction(a) * Fraction(b) for a, b in zip(x, q, strict=True)), Fraction(0)) / len(x)
    squares = sum((Fraction(b) ** 2 for b in q), Fraction(0)) / len(x)
    epsilon = single(Fraction(1, 10**7))
    if choices["epsilon"] == "added":
        scale = F.divide(single(products), F.add(single(squares), epsilon))
        return nearest_power(F.add(scale, epsilon)) if alpha == "auto_po2" else scale
    scale = single(products / squares)
    return nearest_power(scale) if alpha == "auto_po2" else scale


def binary(
    x: Sequence[float], choices: Choices, alpha: float | str | None = None, use_01: bool = False
) -> list[float]:
    """Return the signs of one channel, times its scale; see oracle/binary.py."""
    x = [flushed(v, choices) for v in x]
    of_zero = {"positive": lambda v: 1, "negative": lambda v: -1, "signed": lambda v: math.copysign(1, v)}
    q = [float(of_zero[choices["zero"]](v)) if v == 0 else math.copysign(1.0, v) for v in x]
    q = [(v + 1) / 2 for v in q] if use_01 else q
    scale = fitted(alpha, x, q, choices) if isinstance(alpha, str) else single(alpha or 1.0)
    values = [F.multiply(scale, v) for v in q]
    return values if alpha is None else [presented(a, b, choices) for a, b in zip(x, values, strict=True)]


def ternary(
    x: Sequence[float], choices: Choices, alpha: float | str | None = None, threshold: float | None = None,
    number_of_unrolls: int = 5,
) -> list[float]:  # fmt: skip
    """Return -1, 0 or 1 for each number of one channel, times its scale; see oracle/ternary.py."""
    if isinstance(alpha, str):
        scale = F.divide(F.multiply(2.0, max(map(abs, x))), 3.0)
        scale = nearest_power(scale) if alpha == "auto_po2" else scale
        for _ in range(number_of_unrolls):
            q = [thrown(v, F.divide(scale, 2.0), choices["auto_edge"]) for v in x]
            scale = fitted(alpha, x, q, choices)
    else:
        limit = single(Fraction(33, 100) if threshold is None else threshold)
        scale, q = single(alpha or 1.0), [thrown(v, limit, choices["edge"]) for v in x]
    values = [F.multiply(scale, v) + 0.0 for v in q]
    return values if alpha is None else [presented(a, b, choices) for a, b in zip(x, values, strict=True)]


def thrown(x: float, limit: float, edge: str) -> float:
    """Return the sign of a number outside the dead band, and 0 inside."""
    is_outside = abs(x) > limit or (abs(x) == limit and edge == "inclusive")
    return math.copysign(1.0, x) if is_outside and x else 0.0


def through_tanh(x: float, dy: float, alpha: float | str | None, choices: Choices) -> float:
    """Return dy, or dy * (1 - tanh(x)^2) without alpha, or 0 beyond 1."""
    if choices["outside"] == "stops" and abs(x) > 1:
        return 0.0
    if choices["surrogate"] == "identity" or alpha is not None:
        return dy
    if abs(x) > 100:
        return 0.0
    power = CONTEXT.exp(CONTEXT.multiply(Decimal(2), Decimal(x)))
    root = Fraction(CONTEXT.divide(CONTEXT.subtract(power, Decimal(1)), CONTEXT.add(power, Decimal(1))))
    return single(Fraction(dy) * (1 - root * root))


def curve(x: float, is_tanh: bool, is_real: bool, choices: Choices) -> Fraction:
    """Return tanh or the sigmoid, or the straight line that stands for it."""
    if not is_real:
        line = hard_sigmoid(x, choices)
        return 2 * line - 1 if is_tanh else line
    if abs(x) > 100:
        return Fraction(int(x > 0)) if not is_tanh else Fraction(1 if x > 0 else -1)
    power = CONTEXT.exp(Decimal(-2 * x if is_tanh else -x))
    sigmoid = Fraction(CONTEXT.divide(Decimal(1), CONTEXT.add(Decimal(1), power)))
    return 2 * sigmoid - 1 if is_tanh else sigmoid


def curve_settings(name: str, symmetric: bool, is_real: bool, choices: Choices) -> tuple[bool, bool]:
    """Return symmetric and is_real, or how they are read from the text."""
    if choices["settings"] == "given":
        return symmetric, is_real
    written = [True for given in (symmetric, is_real) if given]
    if name == "quantized_tanh":  # reads use_stochastic_rounding, symmetric, use_real_tanh
        return len(written) == 2, False
    return len(written) >= 1, len(written) == 2


def quantized_curve(name: str, x: float, bits: int, choices: Choices, symmetric: bool = False,
                    is_real: bool = False) -> float:  # fmt: skip
    """Return quantized_tanh or quantized_sigmoid of one number; see the words there."""
    symmetric, is_real = curve_settings(name, symmetric, is_real, choices)
    code, low, high, steps = curve_code(name, x, bits, choices, symmetric, is_real)
    return float(Fraction(min(max(code, low), high), steps))


def curve_code(
    name: str, x: float, bits: int, choices: Choices, symmetric: bool, is_real: bool
) -> tuple[int, int, int, int]:
    """Return the unclipped code, the lowest, the highest, and how many codes make 1."""
    is_tanh = name == "quantized_tanh"
    steps = 2 ** (bits - 1) if is_tanh else 2**bits
    whole = NEAREST_OR_DIRECTED[choices["rounding"]]
    code = whole(curve(x, is_tanh, is_real, choices) * steps)
    return code, (-steps if is_tanh else 0) + symmetric, steps - 1, steps


def quantized_curve_gradient(name: str, x: float, dy: float, bits: int, choices: Choices,
                             symmetric: bool = False, is_real: bool = False) -> float:  # fmt: skip
    """Return dy times the slope of the curve, 0 where the code is clipped."""
    is_tanh = name == "quantized_tanh"
    symmetric, is_real = curve_settings(name, symmetric, is_real, choices)
    code, low, high, _ = curve_code(name, x, bits, choices, symmetric, is_real)
    if choices["mask"] == "code" and not low <= code <= high:
        return 0.0
    if is_real:
        y = curve(x, is_tanh, True, choices)
        return single(Fraction(dy) * (1 - y * y if is_tanh else y * (1 - y)))
    inside = abs(x) < 1 or (abs(x) == 1 and choices["edge"] == "inclusive")
    return F.multiply(dy, 1.0 if is_tanh else 0.5) if inside else 0.0
