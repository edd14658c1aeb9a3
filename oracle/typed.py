"""Numbers as people type them, and as the calculator shows them."""

from __future__ import annotations

from fractions import Fraction
from math import frexp
from typing import Any

import numpy as np

from oracle.affine import presented
from oracle.exact.numbers import FORMATS as EXACT_FORMATS
from oracle.exact.numbers import round_to_format
from oracle.formats import Format, carried


def number(text: str, target: Format) -> Any:
    """Return the number of a format nearest to a decimal, or the one with these bits.

    Raises:
        ValueError: the text is no number, or the bits are too many.
    """
    if text.startswith("0x"):
        return number_of_bits(text, target)
    try:
        near = np.float64(text)
        if near == 0 or not np.isfinite(near):  # beyond float64 is beyond every format
            return presented(np.asarray(target.carrier(near)), target)
        value = round_to_format(Fraction(text), EXACT_FORMATS[target.name])
    except ValueError:
        raise ValueError(f"a value must be a number, got {text}") from None
    return presented(np.asarray(target.carrier(value)), target)


def number_of_bits(text: str, target: Format) -> Any:
    """Return the number with these bits, in hex."""
    size = target.carrier().itemsize
    try:
        bits = int(text, 16) << (16 if target.name == "bfloat16" else 0)
    except ValueError:
        raise ValueError(f"bits must be hex digits, got {text}") from None
    if bits >> 8 * size:
        raise ValueError(f"bits must fit {target.name}, got {text}")
    return presented(np.array([bits], f"u{size}").view(target.carrier).reshape(()), target)


def shown(value: Any) -> float | str:
    """Return a real as JSON can hold it: NaN and infinities as text."""
    real = float(carried(value)[()])
    return real if np.isfinite(real) else str(real)


def power_of_two(value: Any) -> str:
    """Return " = 2^k" for a real that is a power of two, and not 1; else nothing."""
    if not isinstance(value, float) or value <= 0 or not np.isfinite(value) or frexp(value)[0] != 0.5:
        return ""
    return f" = 2^{frexp(value)[1] - 1}" if value != 1 else ""
