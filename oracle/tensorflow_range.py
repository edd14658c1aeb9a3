"""The range of TensorFlow's fake quantizers: adjusting it so that 0 is a number of the grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.arithmetic import flush
from oracle.formats import FLOAT32, Array
from oracle.rounding import ROUND
from oracle.specification import Arguments

Keep = Callable[[Any], Array]


@dataclass(frozen=True)
class Profile:
    """One way of computing a TensorFlow fake quantizer; the fields are in the order of the arithmetic."""

    validation: str = "refuses"
    width: str = "bits"
    subnormals: str = "kept"
    scale: str = "divide"
    nudged: str = "bound"
    nudge_rounding: str = "half_even"
    high_bound: str = "sum"
    bounds: str = "adjusted"
    edges: str = "inside"
    mask: str = "multiplies"
    nan: str = "propagates"
    scaling: str = "divide"
    origin: str = "zero"
    shift: str = "difference"
    rounding: str = "half_up"


DOCUMENTED = Profile()


MEANING: dict[str, dict[str, str]] = {
    "validation": {
        "refuses": "low must be below high",
        "zeros": "nothing is refused; where low and high are both 0 each output is 0 and the gradient dy",
        "computes": "nothing is refused: the formulas are computed",
        "given": "low must be below high as given, before they are flushed; then a zero point 0 / 0 is 0",
    },
    "width": {
        "bits": "codes have as many bits as were asked for",
        "eight": "codes have 8 bits, whatever was asked for",
    },
    "subnormals": {
        "kept": "subnormal numbers are numbers",
        "flushed": "every subnormal argument and result becomes zero",
    },
    "scale": {
        "divide": "scale = (high - low) / steps",
        "reciprocal": "scale = (high - low) * float32(1 / steps)",
    },
    "nudged": {
        "bound": "the low bound is rounded to a multiple of the scale",
        "zero_point": "the zero point qmin - low / scale is rounded and clipped to [qmin, qmax]; both bounds"
        " follow from it",
        "multiplied": "as zero_point, with low * steps / (high - low) in the place of low / scale",
    },
    "nudge_rounding": {
        "half_even": ROUND["half_even"].__doc__ or "",
        "half_away": ROUND["half_away"].__doc__ or "",
    },
    "high_bound": {
        "sum": "the high bound moves with the low one: high + adjusted low - low",
        "product": "the high bound is its number of steps above 0 times the scale",
    },
    "bounds": {
        "adjusted": "x is compared with the adjusted bounds",
        "given": "x is compared with the bounds as they were given",
    },
    "edges": {
        "inside": "an x at a bound lies inside",
        "outside": "an x at a bound lies outside",
    },
    "mask": {
        "multiplies": "dy is multiplied by 1 or 0: outside -1 becomes -0.0, and infinity NaN",
        "selects": "dy is taken or 0",
    },
    "nan": {
        "propagates": "NaN stays NaN",
        "low": "NaN becomes the low bound",
    },
    "scaling": {
        "divide": "/ scale",
        "inverse": "* (steps / (high - low))",
        "reciprocal": "* (1 / scale)",
    },
    "origin": {
        "zero": "y = round(x / scale) * scale",
        "shifted": "y = round((x - low) / scale - zero_code) * scale",
        "low": "y = round((x - low) / scale) * scale + low",
        "low_fused": "as low, and each product and the sum that follows it are rounded once",
    },
    "shift": {
        "difference": "from the low bound, x - low is multiplied",
        "constant": "from the low bound, x is multiplied and a constant added, (x - low) * factor + 0.5 being"
        " x * factor + (0.5 - low * factor)",
    },
    "rounding": {
        name: (ROUND[name].__doc__ or "").splitlines()[0]
        for name in ("half_up", "half_away", "floor_plus_half", "half_even")
    },
}


# What is checked before the flush differs from what is checked after it only where something is flushed.
COMPANIONS = {("validation", "given"): {"subnormals": "flushed"}}


def contradiction(profile: Profile) -> str | None:
    """Return why no implementation can make these choices together, or None."""
    if profile.validation == "given" and profile.subnormals == "kept":
        return "what is given is all there is where subnormals are kept: validation must not be given"
    return None


@dataclass(frozen=True)
class Adjusted:
    """The adjusted range, in float32; arrays of the shape of the bounds."""

    low: Array
    high: Array
    scale: Array
    inverse: Array  # steps / (high - low)
    zero: Array  # the number of steps from low to 0


def keeper(profile: Profile) -> Keep:
    """Return what every argument and every result goes through: rounding to float32, and flushing."""

    def keep(value: Any) -> Array:
        single = np.asarray(value, np.float32)
        return flush(single, FLOAT32) if profile.subnormals == "flushed" else single

    return keep


def check_range(low: Any, high: Any, bits: int, profile: Profile) -> tuple[Array, Array]:
    """Return both bounds, or raise ValueError for what lies outside the operation's domain."""
    keep = keeper(profile)
    given = np.asarray(low, np.float32), np.asarray(high, np.float32)
    low, high = keep(low), keep(high)
    if not 2 <= bits <= 16:
        raise ValueError(f"bits must lie in [2, 16], got {bits}")
    checked = given if profile.validation == "given" else (low, high)
    if profile.validation in ("refuses", "given") and not np.all(checked[0] < checked[1]):
        raise ValueError(f"low must be < high, got [{low}, {high}]")
    return low, high


def adjust(low: Array, high: Array, bits: int, narrow_range: bool, profile: Profile) -> Adjusted:
    """Return the range moved so that 0 is a multiple of the scale away from both bounds.

    steps = 2^bits - 1, one less with narrow_range;  scale = (high - low) / steps
    0 < low:          low' = 0,                             high' = high - low
    high < 0:         low' = low - high,                    high' = 0
    low <= 0 <= high: low' = scale * round(low / scale),    high' = high + low' - low
    """
    keep, rounding = keeper(profile), ROUND[profile.nudge_rounding]
    qmin, qmax = np.float32(narrow_range), np.float32(2**bits - 1)
    steps, width = qmax - qmin, keep(high - low)
    scale = keep(width / steps) if profile.scale == "divide" else keep(width * keep(np.float32(1) / steps))
    inverse = keep(steps / width)
    if profile.nudged == "bound":
        below = counted(rounding(keep(low / scale), FLOAT32), profile)
        below = np.where(low > 0, np.float32(0), np.where(high < 0, -steps, below))
        zero = -below
        bottom = np.where(high < 0, -width, np.where(low > 0, np.float32(0), keep(scale * below)))
    else:
        multiplied = profile.nudged == "multiplied"
        in_steps = keep(keep(low * steps) / width) if multiplied else keep(low / scale)
        exact = counted(rounding(keep(qmin - in_steps), FLOAT32), profile)
        zero = np.clip(exact, qmin, qmax) - qmin
        bottom = keep(-zero * scale)
    if profile.nudged == "bound" and profile.high_bound == "sum":
        top = keep(keep(high + bottom) - low)
        top = np.where(low > 0, width, np.where(high < 0, np.float32(0), top))
    else:
        top = keep((steps - zero) * scale)
    return Adjusted(bottom, top, scale, inverse, zero)


def counted(steps: Array, profile: Profile) -> Array:
    """Return a number of steps; that of a range that was flushed, 0 / 0, becomes 0 as an integer."""
    return np.where(np.isnan(steps), np.float32(0), steps) if profile.validation == "given" else steps


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    low, high = (np.asarray(arguments[name], np.float32) for name in ("low", "high"))
    if not np.all(low < high) or not 2 <= arguments["bits"] <= 16:
        return None  # refused
    with np.errstate(over="ignore", under="ignore"):
        scale = (high - low) / np.float32(2 ** arguments["bits"] - 1 - arguments["narrow_range"])
    if not np.all(np.isfinite(scale)) or not np.all(scale):
        return "no text says what a range is whose scale, in float32, is 0 or infinite"
    return None


def is_one_range(arguments: Arguments, _: Profile) -> bool:
    """Whether one range holds for all elements, so that each can be asked alone."""
    return np.ndim(arguments["low"]) == 0
