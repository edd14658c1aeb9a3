"""Questions about FakeQuantize: ranges of every kind, ties and bounds with their neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

Draw = st.DrawFn

LEVELS = [2, 3, 16, 17, 255, 256, 257]
ENDS = [-1.3, -1.0, -0.9935, -0.3, 0.0, 0.1, 0.7, 0.9935, 1.0, 2.7, 12.0]
SPECIAL = [np.nan, np.inf, -np.inf, 1e-40, 3e38, -3e38]


@st.composite
def ranges(draw: Draw) -> tuple[float, float]:
    """Two numbers that are not equal; the first is mostly the smaller one."""
    ends = st.one_of(st.sampled_from(ENDS), st.floats(-20, 20, width=32))
    low, high = draw(st.lists(ends, min_size=2, max_size=2, unique=True))
    return (low, high) if draw(st.integers(0, 7)) == 0 else (min(low, high), max(low, high))


@st.composite
def levels_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of fake_quantize_levels: one range for a vector of float32."""
    levels, (low, high), (out_low, out_high) = draw(st.sampled_from(LEVELS)), draw(ranges()), draw(ranges())
    if out_low == 0 > out_high:  # compilers store 0.0 for -0.0 here and there: the sign would be asked
        out_low, out_high = out_high, out_low
    at = st.integers(-2, 2 * levels).map(lambda k: low + k / 2 / (levels - 1) * (high - low))
    near = st.tuples(st.one_of(at, st.sampled_from([low, high])), st.integers(-1, 1))
    any_value = st.one_of(st.floats(-30, 30, width=32), st.sampled_from(SPECIAL))
    drawn = draw(st.lists(st.one_of(near, any_value.map(lambda v: (v, 0))), min_size=1, max_size=12))
    x = np.array([moved(value, ulps) for value, ulps in drawn], np.float32)
    names = ("input_low", "input_high", "output_low", "output_high")
    bounds = dict(zip(names, map(np.float32, (low, high, out_low, out_high)), strict=True))
    return {"x": x, **bounds, "levels": levels}


def moved(value: float, ulps: int) -> np.float32:
    """Return a float32, or its neighbour."""
    number = np.float32(value)
    return np.nextafter(number, np.float32(np.copysign(np.inf, ulps))) if ulps else number


ARGUMENTS = {"fake_quantize_levels": levels_arguments()}
