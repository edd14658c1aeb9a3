"""Questions about tfmot's ranges: batches on both sides of 0 or on one, of every size.

No zeros of both signs in one batch, and no subnormals that become such: which of two zeros is the
smaller no text says, and a reduction's tree decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from oracle.update_range import METHODS

SINGLE = st.one_of(
    st.floats(-1024, 1024, width=32, allow_subnormal=False).map(lambda value: value + 0.0),
    st.integers(-99, 99).map(lambda k: k / 10),
    st.sampled_from([0.0, 3e38, -3e38]),
)


@st.composite
def batches(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a batch and the range before it."""
    low, high = sorted(draw(st.tuples(st.floats(-8, 0, width=32), st.floats(0, 8, width=32))))
    return {
        "x": np.array(draw(st.lists(SINGLE, min_size=1, max_size=6)), np.float32),
        "low": np.float32(low),
        "high": np.float32(high),
        "bits": draw(st.sampled_from([8, 2, 3, 4, 5, 7, 16])),
        "symmetric": draw(st.booleans()),
        "narrow_range": draw(st.booleans()),
        "method": draw(st.sampled_from(METHODS)),
    }


ARGUMENTS: dict[str, SearchStrategy[dict[str, Any]]] = {"update_range": batches()}
