"""The range of a tensor that LSQ quantized, as a trained model hands it on to a backend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.lsq import PAPER
from oracle.lsq_steps import RANGE, checked, is_not_finite, used_codes
from oracle.specification import Definition


@dataclass(frozen=True)
class Profile:
    """One way of stating the range."""

    range: str = "full"
    lowest: str = "qmin"


MEANING: dict[str, dict[str, str]] = {
    "range": RANGE,
    "lowest": {
        "qmin": "the range begins at qmin * step",
        "mirrored": "the range begins at -(qmax * step)",
    },
}


def lsq_export(x: Any, step: Any, qmin: int, qmax: int, profile: Profile = Profile()) -> dict[str, Array]:
    """Return the least and the greatest value that the trained quantizer can give.

        lowest, highest = qmin * step, qmax * step

    Args:
        x: the tensor that was quantized; float32, any shape. The range does not depend on it.
        step: the learned step size, real units per code; one float32, finite, > 0.
        qmin, qmax: first and last code, inclusive; qmin <= 0 < qmax (the paper's -Q_N and Q_P).
        profile: the arithmetic; the default is the definition.

    Returns:
        lowest, highest: float32, shape ().

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Esser et al. 2020, equations 1 and 2: "v_bar = round(clip(v/s, -Q_N, Q_P))", "v_hat = v_bar *
        s": v_hat runs from -Q_N * s to Q_P * s.
    Silent about: how a model is exported.
    """
    checked(x, step, qmin, qmax)
    low, high = used_codes(qmin, qmax, profile)
    with np.errstate(over="ignore"):
        lowest = -(high * step) if profile.lowest == "mirrored" else low * step
        return {"lowest": np.asarray(lowest + np.float32(0)), "highest": np.asarray(high * step)}


OPERATIONS = (
    Definition(
        function=lsq_export,
        family="lsq",
        source=f"{PAPER}, section 2",
        sentences=("v_bar = round(clip(v/s, -Q_N, Q_P)); v_hat = v_bar * s",),
        silences=(),
        profile=Profile(),
        axes={axis: tuple(choices) for axis, choices in MEANING.items()},
        meaning=MEANING,
        is_elementwise=lambda _, __: False,
        undefined=is_not_finite,
    ),
)
