"""QKeras's quantized_tanh and quantized_sigmoid, one float32 number at a time."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from oracle.exact.numbers import NEAREST_OR_DIRECTED
from oracle.exact.qkeras import CONTEXT, Choices, F, hard_sigmoid, single


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
