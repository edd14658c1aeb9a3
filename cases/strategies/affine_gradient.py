"""Questions about gradients of fake quantization: values at both ends of the range, exact and other sums."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cases.gradients import NARROW
from cases.points import INT4, INT8, INT16, UINT8
from cases.strategies.affine import TIE_RICH, in_format, values, zero_points
from oracle.formats import FLOAT32

RANGES = [INT8, UINT8, INT4, INT16, NARROW]
LENGTHS = st.integers(1, 8)


@cache
def scales() -> SearchStrategy[Any]:
    """Powers of two and tie-rich scales, far from the ends of the format: no product is subnormal."""
    drawn = st.one_of(
        st.sampled_from(TIE_RICH), st.integers(-8, 8).map(lambda k: 2.0**k), st.floats(1e-3, 1e3)
    )
    return drawn.map(np.float32)


@cache
def dyadic() -> SearchStrategy[float]:
    """Multiples of 1/8 that are no zero, whose sums are exact."""
    return st.sampled_from([k / 8 for k in range(-32, 33) if k])


@st.composite
def straight(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the arguments of fake_quantize_gradient."""
    codes, scale, size = draw(st.sampled_from(RANGES)), draw(scales()), draw(LENGTHS)
    zero_point = draw(zero_points(codes))
    drawn = st.lists(values(zero_point, codes, FLOAT32), min_size=size, max_size=size)
    x = in_format(draw(drawn), float(scale), FLOAT32)
    dy = np.array(draw(st.lists(dyadic(), min_size=size, max_size=size)), np.float32)
    return {"x": x, "scale": scale, "zero_point": zero_point, **codes, "dy": dy}


@st.composite
def forward(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the arguments of learnable_fake_quantize: whole zero points, and such between two codes."""
    given = draw(straight())
    low, high = given["qmin"], given["qmax"]
    near = given["zero_point"] + draw(st.sampled_from([0.0, 0.0, 0.5, -0.5, 0.25, -0.75]))
    given["zero_point"] = np.float32(min(max(near, low), high))
    return {name: value for name, value in given.items() if name != "dy"}


@st.composite
def learned(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the arguments of learnable_fake_quantize_gradient."""
    given = draw(forward())
    size = given["x"].size
    dy = np.array(draw(st.lists(dyadic(), min_size=size, max_size=size)), np.float32)
    return {**given, "grad_factor": draw(st.sampled_from([1.0, 0.5, 0.125])), "dy": dy}


ARGUMENTS: dict[str, SearchStrategy[dict[str, Any]]] = {
    "fake_quantize_gradient": straight(),
    "learnable_fake_quantize": forward(),
    "learnable_fake_quantize_gradient": learned(),
}
