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
        if not is_number_of(self.value, FORMATS[self.format]):
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
    return round_ratio(exact.numerator, exact.denominator, target)


def round_ratio(signed: int, denominator: int, target: Format) -> float:
    """Return round_to_format of signed / denominator, which need not be in lowest terms; a quick Fraction."""
    numerator = abs(signed)
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
    return -magnitude if signed < 0 else magnitude


def is_number_of(value: float, target: Format) -> bool:
    """Whether a finite float is a number of a format: odd * 2**k, odd short enough and k in its range."""
    numerator, denominator = value.as_integer_ratio()
    zeros = (numerator & -numerator).bit_length()  # of the odd part's last bit, from 1
    return (
        abs(numerator).bit_length() - zeros < target.precision
        and denominator.bit_length() <= target.precision - target.min_exponent
        and abs(numerator).bit_length() - denominator.bit_length() <= 1 - target.min_exponent
    )


def sign(value: float) -> float:
    """Return 1.0 or -1.0, also of zeros, infinities and NaN."""
    return math.copysign(1.0, value)


@dataclass(frozen=True)
class Arithmetic:
    """The operations of one format, each rounded once; flushed: subnormal numbers become zeros."""

    format: Format
    flushed: bool

    def result(self, exact: Fraction) -> float:
        return self.ratio(exact.numerator, exact.denominator)

    def ratio(self, numerator: int, denominator: int) -> float:
        value = round_ratio(numerator, denominator, self.format)
        if self.flushed and abs(value) < math.ldexp(1.0, self.format.min_exponent):
            return math.copysign(0.0, value)
        return value

    def convert(self, value: float) -> float:
        """The value, rounded into the format."""
        if value == 0 or not math.isfinite(value):
            return value
        if not self.flushed and is_number_of(value, self.format):
            return value
        return self.ratio(*value.as_integer_ratio())

    def whole(self, value: int) -> float:
        """The integer, rounded into the format."""
        return self.ratio(value, 1)

    def add(self, a: float, b: float) -> float:
        if not (math.isfinite(a) and math.isfinite(b)) or a == -b:
            return a + b  # infinities and NaN; the sign of an exact zero
        (m, d), (n, e) = a.as_integer_ratio(), b.as_integer_ratio()
        return self.ratio(m * e + n * d, d * e)

    def multiply(self, a: float, b: float) -> float:
        if a == 0 or b == 0 or not (math.isfinite(a) and math.isfinite(b)):
            return a * b
        (m, d), (n, e) = a.as_integer_ratio(), b.as_integer_ratio()
        return self.ratio(m * n, d * e)

    def divide(self, a: float, b: float) -> float:
        if b == 0:
            return math.nan if a == 0 or math.isnan(a) else sign(a) * sign(b) * math.inf
        if a == 0 or not (math.isfinite(a) and math.isfinite(b)):
            return a / b
        (m, d), (n, e) = a.as_integer_ratio(), abs(b).as_integer_ratio()
        return self.ratio(m * e if b > 0 else -m * e, d * n)

    def fused(self, a: float, b: float, c: float) -> float:
        """a * b + c, rounded once."""
        if not (math.isfinite(a) and math.isfinite(b)):
            return a * b + c
        if not math.isfinite(c):
            return c
        (m, d), (n, e), (k, f) = (v.as_integer_ratio() for v in (a, b, c))
        if exact := m * n * f + k * d * e:
            return self.ratio(exact, d * e * f)
        return sign(a) * sign(b) * 0.0 + c if c == 0 else 0.0


HALF = Fraction(1, 2)


Rounding = Callable[[float | Fraction], int]


def symmetric(magnitude: Rounding) -> Rounding:
    """Return the rounding that treats a number and its negative alike."""
    return lambda t: magnitude(t) if t >= 0 else -magnitude(-t)


NEAREST_OR_DIRECTED: dict[str, Rounding] = {
    "half_even": round,  # Python rounds a float, and a Fraction, half to even
    "half_up": lambda t: math.floor(Fraction(t) + HALF),
    "half_down": lambda t: math.ceil(Fraction(t) - HALF),
    "half_away": symmetric(lambda t: math.floor(Fraction(t) + HALF)),
    "half_toward_zero": symmetric(lambda t: math.ceil(Fraction(t) - HALF)),
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
    return float(NEAREST_OR_DIRECTED[rounding](t))
