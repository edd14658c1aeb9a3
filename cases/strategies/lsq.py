"""Questions about LSQ: ties, codes and bounds are built, with their neighbours.

The gradient of the step size is a sum: at most two dy differ from 0, so that every order gives the same.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cases.points import INT2, INT4, INT8, UINT2, UINT4, UINT8
from oracle.formats import Array

Draw = st.DrawFn
Value = tuple[float, float, int]  # steps, a real, towards which neighbour

MAX_LENGTH = 16
RANGES = [INT8, UINT8, INT4, UINT4, INT2, UINT2]
SIMPLE = [0.25, 0.1, 0.07, 0.7, 0.123, 1 / 3, 1.9999999, 0.006]
SPECIAL = [0.0, -0.0, 1e-45, -1e-45, 1e-40, 1e30, -1e30, 3e38, -3e38]


@cache
def steps() -> SearchStrategy[np.float32]:
    """Powers of two, simple decimals, any of a size that occurs, and tiny ones."""
    drawn = st.one_of(
        st.sampled_from(SIMPLE),
        st.integers(-12, 6).map(lambda k: 2.0**k),
        st.floats(1e-4, 100),
        st.floats(1e-9, 1e-6),
    )
    return drawn.map(np.float32)


@cache
def vectors(low: int, high: int) -> SearchStrategy[list[Value]]:
    """Ties and codes with their neighbours, bounds, values far outside, zeros, and any."""
    halves = st.one_of(st.integers(2 * low - 4, 2 * high + 4), st.integers(-6, 6),
                       st.sampled_from([2 * low - 1, 2 * low, 2 * high, 2 * high + 1]))  # fmt: skip
    near = st.builds(lambda half, side: (half / 2, 0.0, side), halves, st.integers(-1, 1))
    others = st.one_of(st.sampled_from(SPECIAL), st.floats(-1e4, 1e4)).map(lambda value: (0.0, value, 0))
    return st.lists(st.one_of(near, others), min_size=1, max_size=MAX_LENGTH)


def in_steps(drawn: list[Value], step: float) -> Array:
    """Return the float32 numbers nearest to the drawn values, or their neighbours below or above."""
    x = np.array([count * step if count else value for count, value, _ in drawn], np.float32)
    sides = np.array([side for *_, side in drawn], np.float32)
    return np.where(sides != 0, np.nextafter(x, np.copysign(np.float32(np.inf), sides)), x)


@st.composite
def forward_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of lsq."""
    step, codes = draw(steps()), draw(st.sampled_from(RANGES))
    drawn = draw(vectors(codes["qmin"], codes["qmax"]))
    return {"x": in_steps(drawn, float(step)), "step": step, **codes}


@st.composite
def gradient_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of lsq_gradient; an activation is a batch of up to four examples."""
    arguments = draw(forward_arguments())
    x, tensor = arguments["x"], draw(st.sampled_from(["weight", "activation"]))
    dy = np.zeros(x.size, np.float32)
    places = st.tuples(st.integers(0, x.size - 1), st.floats(-4, 4, width=16))
    for place, value in draw(st.lists(places, min_size=1, max_size=2)):
        dy[place] = value
    if tensor == "activation":
        batch = max(n for n in (1, 2, 3, 4) if x.size % n == 0)
        x, dy = x.reshape(batch, -1), dy.reshape(batch, -1)
    return {**arguments, "x": x, "dy": dy, "tensor": tensor}


@st.composite
def tensor_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of lsq_initial_step: multiples of 2^-6, whose sums are exact."""
    units = draw(st.lists(st.integers(-(2**12), 2**12), min_size=1, max_size=MAX_LENGTH))
    return {"x": np.array(units, np.float32) / np.float32(64), **draw(st.sampled_from(RANGES))}


@st.composite
def range_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of lsq_export."""
    return {"x": np.array([1, -2, 3], np.float32), "step": draw(steps()), **draw(st.sampled_from(RANGES))}


ARGUMENTS: dict[str, SearchStrategy[dict[str, Any]]] = {
    "lsq": forward_arguments(),
    "lsq_gradient": gradient_arguments(),
    "lsq_initial_step": tensor_arguments(),
    "lsq_export": range_arguments(),
}
