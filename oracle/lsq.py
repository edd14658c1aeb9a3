"""LSQ, Learned Step Size Quantization (arXiv 1902.08153): the forward pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.lsq_steps import (
    INT64,
    NEAREST,
    RANGE,
    ROUNDING,
    SCALING,
    STEP,
    checked,
    has_tie,
    is_not_finite,
    rounded,
    scaled,
    used_codes,
    used_step,
)  # fmt: skip
from oracle.specification import Arguments, Definition, Silence

PAPER = "Esser et al., Learned Step Size Quantization, ICLR 2020, arXiv 1902.08153"


@dataclass(frozen=True)
class Profile:
    """One way of computing the forward pass; the fields are in the order of the arithmetic."""

    range: str = "full"
    step: str = "given"
    scaling: str = "divide"
    rounding: str = "half_even"
    overflow: str = "saturates"
    zero: str = "positive"


MEANING: dict[str, dict[str, str]] = {
    "range": RANGE,
    "step": STEP,
    "scaling": SCALING,
    "rounding": ROUNDING,
    "overflow": {
        "saturates": "what lies outside is clipped, however large",
        "int64": "codes pass through int64, whose lowest stands for what does not fit",
    },
    "zero": {
        "positive": "a code of 0 becomes +0",
        "kept": "a zero has the sign of x, unless it was clipped to 0",
    },
}


def lsq(x: Any, step: Any, qmin: int, qmax: int, profile: Profile = Profile()) -> Array:
    """Return the quantized representation of each value, at the scale of x.

        y = round(clip(x / step, qmin, qmax)) * step

    Args:
        x: real values; float32, shape S.
        step: step size, real units per code; one float32, finite, > 0.
        qmin, qmax: first and last code, inclusive; qmin <= 0 < qmax (the paper's -Q_N and Q_P).
        profile: the arithmetic; the default is the definition.

    Returns:
        reals, float32, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Esser et al. 2020, equations 1 and 2: "v_bar = round(clip(v/s, -Q_N, Q_P))", "v_hat = v_bar *
        s", where the bracket "rounds z to the nearest integer".
    Silent about: ties; the sign of zero; NaN and infinity.
    """
    values = checked(x, step, qmin, qmax)
    low, high = used_codes(qmin, qmax, profile)
    with np.errstate(all="ignore"):
        size = used_step(step, values.size, qmax, profile)
        t = scaled(values, size, profile)
        codes = rounded(np.clip(t, low, high), profile)
        if profile.overflow == "int64":
            codes = np.where(t >= INT64, low, codes)
        y = codes * size
    negative = np.signbit(t) & (t >= low) & (profile.zero == "kept")
    return np.where(codes == 0, np.where(negative, np.float32(-0.0), np.float32(0)), y)


def gives_zero(arguments: Arguments) -> bool:
    """Whether a negative value, or -0, may become a zero."""
    x = np.asarray(arguments["x"])
    return bool(np.any(np.signbit(x) & (np.abs(x) < np.float32(arguments["step"]))))


def is_elementwise(_: Arguments, profile: Profile) -> bool:
    return profile.step != "regained"  # whose g counts the elements


OPERATIONS = (
    Definition(
        function=lsq,
        family="lsq",
        source=f"{PAPER}, section 2",
        sentences=(
            "v_bar = round(clip(v/s, -Q_N, Q_P)); v_hat = v_bar * s",
            "clip(z, r1, r2) returns z with values below r1 set to r1 and values above r2 set to r2, and"
            " [the bracket] rounds z to the nearest integer",
            "for unsigned data (activations) Q_N = 0 and Q_P = 2^b - 1 and for signed data (weights) Q_N ="
            " 2^(b-1) and Q_P = 2^(b-1) - 1",
        ),
        silences=(
            Silence("rounding", NEAREST, has_tie, "The paper rounds 'to the nearest integer': not which"
                    " one, where two are equally near."),
            Silence("zero", ("positive", "kept"), gives_zero, "Reals have one zero: the paper says"
                    " nothing about its sign."),
        ),
        profile=Profile(),
        axes={axis: tuple(choices) for axis, choices in MEANING.items()},
        meaning=MEANING,
        is_elementwise=is_elementwise,
        undefined=is_not_finite,
        is_staircase=lambda _: True,
    ),
)  # fmt: skip
