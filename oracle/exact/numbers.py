"""Numbers of binary formats, and operations on them that are rounded once.

Every value of float16, bfloat16, float32 and float64 is exactly a Python float,
so values travel as Python floats beside the name of their format; every operation takes the exact
rational result and rounds it once, in `round_to_format`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Format:
    """A binary floating-point format with gradual underflow.

    `precision` counts the bits of the significand, the hidden one included; the smallest normal
    number is 2**min_exponent, the largest exponent 1 - min_exponent.
    """

    name: str
    precision: int
    min_exponent: int


FORMATS = {
    f.name: f
    for f in (  # narrowest first
        Format("float16", 11, -14),
        Format("bfloat16", 8, -126),
        Format("float32", 24, -126),
        Format("float64", 53, -1022),
    )
}


@dataclass(frozen=True)
class Real:
    """A number of a format, held exactly by a Python float; infinities, NaN and -0.0 included.

    Raises:
        ValueError: the format is unknown, or the value is not a number of it.
    """

    value: float
    format: str

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {self.format}")
        if not math.isfinite(self.value):
            return
        if round_to_format(Fraction(self.value), FORMATS[self.format]) != self.value:
            raise ValueError(f"value must be a {self.format}, got {self.value!r}")


def round_to_format(exact: Fraction, target: Format) -> float:
    """Return the number of a format nearest to a rational; ties to the even significand.

        y = round_half_even(exact / quantum) * quantum,
        quantum = 2**(max(floor(log2(|exact|)), min_exponent) - (precision - 1))

    Args:
        exact: any rational.
        target: the format; below 2**min_exponent the quantum stays (gradual underflow).

    Returns:
        a float: infinite from 2**(2 - min_exponent) on, a zero with the sign of exact.

    Source: IEEE 754-2019, 4.3.1, roundTiesToEven: "the floating-point number nearest to the
        infinitely precise result shall be delivered; if the two nearest [...] are equally near, the
        one with an even least significant digit shall be delivered".
    """
    numerator, denominator = abs(exact.numerator), exact.denominator
    if numerator == 0:
        return 0.0
    exponent = numerator.bit_length() - denominator.bit_length()  # floor(log2), or one more
    if numerator << max(-exponent, 0) < denominator << max(exponent, 0):
        exponent -= 1
    quantum = max(exponent, target.min_exponent) - (target.precision - 1)
    denominator <<= max(quantum, 0)
    whole, rest = divmod(numerator << max(-quantum, 0), denominator)
    if 2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1):
        whole += 1
    too_large = whole.bit_length() + quantum > 2 - target.min_exponent
    magnitude = math.inf if too_large else math.ldexp(whole, quantum)
    return -magnitude if exact.numerator < 0 else magnitude


def sign(value: float) -> float:
    """Return 1.0 or -1.0, also of zeros, infinities and NaN."""
    return math.copysign(1.0, value)


@dataclass(frozen=True)
class Arithmetic:
    """The operations of one format, each rounded once; flushed: subnormal numbers become zeros."""

    format: Format
    flushed: bool

    def result(self, exact: Fraction) -> float:
        value = round_to_format(exact, self.format)
        if self.flushed and abs(value) < math.ldexp(1.0, self.format.min_exponent):
            return math.copysign(0.0, value)
        return value

    def convert(self, value: float) -> float:
        """The value, rounded into the format."""
        if value == 0 or not math.isfinite(value):
            return value
        return self.result(Fraction(value))

    def whole(self, value: int) -> float:
        """The integer, rounded into the format."""
        return self.result(Fraction(value))

    def add(self, a: float, b: float) -> float:
        if not (math.isfinite(a) and math.isfinite(b)) or a == -b:
            return a + b  # infinities and NaN; the sign of an exact zero
        return self.result(Fraction(a) + Fraction(b))

    def multiply(self, a: float, b: float) -> float:
        if a == 0 or b == 0 or not (math.isfinite(a) and math.isfinite(b)):
            return a * b
        return self.result(Fraction(a) * Fraction(b))

    def divide(self, a: float, b: float) -> float:
        if b == 0:
            return math.nan if a == 0 or math.isnan(a) else sign(a) * sign(b) * math.inf
        if a == 0 or not (math.isfinite(a) and math.isfinite(b)):
            return a / b
        return self.result(Fraction(a) / Fraction(b))

    def fused(self, a: float, b: float, c: float) -> float:
        """a * b + c, rounded once."""
        if not (math.isfinite(a) and math.isfinite(b)):
            return a * b + c
        if not math.isfinite(c):
            return c
        exact = Fraction(a) * Fraction(b) + Fraction(c)
        if exact:
            return self.result(exact)
        return sign(a) * sign(b) * 0.0 + c if c == 0 else 0.0


HALF = Fraction(1, 2)


def symmetric(magnitude: Callable[[Fraction], int]) -> Callable[[Fraction], int]:
    """Return the rounding that treats a number and its negative alike."""
    return lambda t: magnitude(t) if t >= 0 else -magnitude(-t)


NEAREST_OR_DIRECTED: dict[str, Callable[[Fraction], int]] = {
    "half_even": round,  # Python rounds a Fraction half to even
    "half_up": lambda t: math.floor(t + HALF),
    "half_down": lambda t: math.ceil(t - HALF),
    "half_away": symmetric(lambda t: math.floor(t + HALF)),
    "half_toward_zero": symmetric(lambda t: math.ceil(t - HALF)),
    "toward_zero": math.trunc,
    "floor": math.floor,
    "ceil": math.ceil,
}


def round_to_whole(t: float, rounding: str, arithmetic: Arithmetic) -> float:
    """Return t rounded to a whole number; NaN and infinities pass."""
    if not math.isfinite(t):
        return t
    if rounding == "floor_plus_half":
        return float(math.floor(arithmetic.add(t, 0.5)))
    if rounding == "truncate_plus_half":
        return float(math.trunc(arithmetic.add(t, math.copysign(0.5, t))))
    return float(NEAREST_OR_DIRECTED[rounding](Fraction(t)))
