"""Questions about FakeQuantize: ranges of every kind, ties and bounds with their neighbours."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Draw = st.DrawFn
Value = tuple[int | None, float, int]  # half steps from the low end, or a real, and a neighbour

LEVELS = [2, 3, 16, 17, 255, 256, 257]
ENDS = [-1.3, -1.0, -0.9935, -0.3, 0.0, 0.1, 0.7, 0.9935, 1.0, 2.7, 12.0]
PAIRS = st.lists(st.one_of(st.sampled_from(ENDS), st.floats(-20, 20, width=32)), min_size=2, max_size=2,
                 unique=True)  # fmt: skip
SPECIAL = [np.nan, np.inf, -np.inf, 1e-40, 3e38, -3e38]


@cache
def vectors(levels: int) -> SearchStrategy[list[Value]]:
    """Ties and codes of a range and its ends, with their neighbours; special values; any."""
    halves = st.one_of(st.integers(-2, 2 * levels), st.sampled_from([0, 2 * levels - 2]))
    near = st.builds(lambda half, ulps: (half, 0.0, ulps), halves, st.integers(-1, 1))
    others = st.one_of(st.floats(-30, 30, width=32), st.sampled_from(SPECIAL))
    return st.lists(st.one_of(near, others.map(lambda value: (None, value, 0))), min_size=1, max_size=12)


@st.composite
def ranges(draw: Draw) -> tuple[float, float]:
    """Two numbers that are not equal; the first is mostly the smaller one."""
    low, high = draw(PAIRS)
    return (low, high) if draw(st.integers(0, 7)) == 0 else (min(low, high), max(low, high))


@st.composite
def levels_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of fake_quantize_levels: one range for a vector of float32."""
    levels, (low, high), (out_low, out_high) = draw(st.sampled_from(LEVELS)), draw(ranges()), draw(ranges())
    if out_low == 0 > out_high:  # compilers store 0.0 for -0.0 here and there: the sign would be asked
        out_low, out_high = out_high, out_low
    ends = {0: low, 2 * levels - 2: high}
    places = [(value if half is None else ends.get(half, low + half / 2 / (levels - 1) * (high - low)), ulps)
              for half, value, ulps in draw(vectors(levels))]  # fmt: skip
    x = np.array([moved(value, ulps) for value, ulps in places], np.float32)
    names = ("input_low", "input_high", "output_low", "output_high")
    bounds = dict(zip(names, map(np.float32, (low, high, out_low, out_high)), strict=True))
    return {"x": x, **bounds, "levels": levels}


def moved(value: float, ulps: int) -> np.float32:
    """Return a float32, or its neighbour."""
    number = np.float32(value)
    return np.nextafter(number, np.float32(np.copysign(np.inf, ulps))) if ulps else number


ARGUMENTS = {"fake_quantize_levels": levels_arguments()}
