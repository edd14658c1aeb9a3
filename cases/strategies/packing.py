"""Packed bits: any channel count, signs of both zeros and of tiny numbers, codes at their zero point."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Draw = st.DrawFn

COUNTS = st.one_of(st.integers(1, 9), st.sampled_from([15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 97]))
OUTER = st.sampled_from([(), (), (1,), (3,), (2, 2), (1, 2, 1)])
REALS = st.one_of(
    st.sampled_from([1.0, -1.0, 0.0, -0.0, 1e-45, -1e-45, -1e-40, float("inf"), float("-inf"), float("nan")]),
    st.sampled_from([1.1754944e-38, -1.1754944e-38, -1.1754942e-38]),
    st.floats(-4, 4, width=32),
)
SCALES = [
    1.0,
    0.5,
    2.0,
    0.4,
    2 / 3,
    2 / 5,
    2 / 7,
    2 / 9,
    2 / 255,
    1 / 127,
    1 / 128,
    3.0,
    1e-3,
    1e-9,
    1e-10,
    1e30,
]
ZERO_POINTS = st.one_of(st.sampled_from([-128, -127, -1, 0, 1, 126, 127]), st.integers(-128, 127))


@st.composite
def pack_arguments(draw: Draw) -> dict[str, Any]:
    """Draw reals of any sign, or codes around a zero point."""
    shape = (*draw(OUTER), draw(COUNTS))
    size = int(np.prod(shape))
    if draw(st.booleans()):
        return {"x": np.array(many(draw, REALS, size), np.float32).reshape(shape)}
    zero_point = draw(st.one_of(ZERO_POINTS, st.sampled_from([-129, 128, 1000])))
    near = st.integers(zero_point - 2, zero_point + 2).map(lambda code: min(max(code, -128), 127))
    drawn = many(draw, st.one_of(near, st.integers(-128, 127)), size)
    return {"x": np.array(drawn, np.int8).reshape(shape), "zero_point": zero_point}


def many(draw: Draw, element: SearchStrategy[Any], size: int) -> list[Any]:
    """Draw a few elements, and repeat them in turn: long rows are cheap."""
    few = draw(st.lists(element, min_size=1, max_size=min(size, 11)))
    return [few[i % len(few)] for i in range(size)]


@st.composite
def unpack_arguments(draw: Draw) -> dict[str, Any]:
    """Draw words, and a scale where the result is codes."""
    channels = draw(COUNTS)
    shape = (*draw(OUTER), -(-channels // 32))
    drawn = many(draw, st.integers(-(2**31), 2**31 - 1), int(np.prod(shape)))
    given: dict[str, Any] = {"code": np.array(drawn, np.int32).reshape(shape), "channels": channels}
    if draw(st.booleans()):
        return given
    scale = float(np.float32(draw(st.one_of(st.sampled_from(SCALES), st.floats(0.004, 4)))))
    return {**given, "output_scale": scale, "output_zero_point": draw(ZERO_POINTS)}


ARGUMENTS: dict[str, SearchStrategy[dict[str, Any]]] = {
    "pack_bits": pack_arguments(),
    "unpack_bits": unpack_arguments(),
}
