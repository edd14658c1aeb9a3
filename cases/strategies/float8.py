"""Questions about the small floating-point types: ties with their neighbours, both ends, any value."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from oracle.float8 import TYPES, magnitudes

Draw = st.DrawFn

SCALES = [1.0, 0.1, 0.07, 3.0, 2.0**-9, 2.0**9, 1e-39]
SPECIAL = [0.0, np.inf, -np.inf, 1e-45, -1e-45, 3e38, -3e38]


@st.composite
def real_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of quantize_float8; NaN only where the type has one."""
    name, scale = draw(st.sampled_from(list(TYPES))), np.float32(draw(st.sampled_from(SCALES)))
    small, numbers = TYPES[name], magnitudes(name)
    at = st.integers(0, small.last).map(lambda k: float((numbers[k] + numbers[k + 1]) / 2) * float(scale))
    near = st.tuples(at, st.integers(-1, 1), st.sampled_from([1, -1]))
    special = [*SPECIAL, *([np.nan] if small.special != "none" else [])]
    anything = st.one_of(st.sampled_from(special), st.floats(-600, 600, width=32))
    drawn = draw(st.lists(st.one_of(near, anything.map(lambda v: (v, 0, 1))), min_size=1, max_size=12))
    with np.errstate(over="ignore"):
        x = np.array([moved(value, ulps) * sign for value, ulps, sign in drawn], np.float32)
    saturate = draw(st.booleans()) or not name.startswith("float8")
    return {"x": x, "scale": scale, "type": name, "saturate": saturate}


def moved(value: float, ulps: int) -> np.float32:
    """Return a float32, or its neighbour."""
    number = np.float32(value)
    return np.nextafter(number, np.float32(np.copysign(np.inf, ulps))) if ulps else number


@st.composite
def code_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of dequantize_float8."""
    name, scale = draw(st.sampled_from(list(TYPES))), draw(st.sampled_from(SCALES))
    codes = draw(st.lists(st.integers(0, 2 * TYPES[name].sign - 1), min_size=1, max_size=12))
    kind = draw(st.sampled_from([np.float32, np.float16])) if scale > 1e-3 else np.float32
    return {"code": np.array(codes, np.uint8), "scale": kind(scale), "type": name}


ARGUMENTS = {"quantize_float8": real_arguments(), "dequantize_float8": code_arguments()}
