"""Codes of 4 and 2 bits, of any count and shape."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

Draw = st.DrawFn
SHAPES = st.one_of(
    st.tuples(st.integers(1, 33)),
    st.tuples(st.integers(1, 4), st.integers(1, 9)),
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 5)),
)


@st.composite
def pack_arguments(draw: Draw) -> dict[str, Any]:
    """Draw codes of any shape."""
    shape, bits, is_signed = draw(SHAPES), draw(st.sampled_from([2, 4])), draw(st.booleans())
    low = -(2 ** (bits - 1)) if is_signed else 0
    count = int(np.prod(shape))
    drawn = draw(st.lists(st.integers(low, low + 2**bits - 1), min_size=count, max_size=count))
    return {"code": np.array(drawn, np.int8 if is_signed else np.uint8).reshape(shape), "bits": bits}


@st.composite
def unpack_arguments(draw: Draw) -> dict[str, Any]:
    """Draw bytes, and how many codes they hold."""
    bits, count = draw(st.sampled_from([2, 4])), draw(st.integers(1, 33))
    stored = draw(st.binary(min_size=-(-count * bits // 8), max_size=-(-count * bits // 8)))
    return {
        "code": np.frombuffer(stored, np.uint8).copy(),
        "count": count,
        "bits": bits,
        "is_signed": draw(st.booleans()),
    }


ARGUMENTS = {"pack_codes": pack_arguments(), "unpack_codes": unpack_arguments()}
