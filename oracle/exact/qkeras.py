"""QKeras's quantizers, one float32 number at a time, from the words of their definitions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Context
from fractions import Fraction

from oracle.exact.numbers import FORMATS, NEAREST_OR_DIRECTED, Arithmetic, round_to_format

Choices = Mapping[str, str]
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
    elif math.isinf(x) or overflows(x, n, integer, choices):
        if choices["presentation"] != "value":
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


def overflows(x: float, n: int, integer: int, choices: Choices) -> bool:
    """Return whether x * 2^n does, which is divided by 2^integer only then; or their one product."""
    exponent = n if choices["presentation"] == "difference" else n - integer
    return choices["presentation"] != "value" and math.isinf(F.multiply(x, 2.0**exponent))


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
