"""Questions about a bias: scales near simple numbers and any, numbers near ties, and beyond int32."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

Draw = st.DrawFn
ONE = st.one_of(
    st.sampled_from([0.1, 0.07, 0.013, 1 / 3, 0.00214854861, 0.9999999, 0.5, 2.0**-12, 1.0]),
    st.floats(2**-12, 2),
)
STEPS = st.one_of(
    st.integers(-300, 300), st.integers(-(2**24), 2**24), st.integers(-(2**29), 2**29),
    st.integers(-(2**33), 2**33),
)  # fmt: skip


@st.composite
def bias_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of quantize_bias: each number lies near a code or a tie of its scale."""
    count = draw(st.integers(1, 9))
    input_scale = np.float32(draw(ONE))
    channels = count if draw(st.booleans()) else 1
    weights = np.array([draw(ONE) for _ in range(channels)], np.float32)
    halves = np.array([draw(STEPS) for _ in range(count)], np.float64) / 2
    x = (halves * np.float64(input_scale) * weights).astype(np.float32)
    towards = [draw(st.sampled_from([-np.inf, None, np.inf])) for _ in range(count)]
    x = np.array(
        [v if to is None else np.nextafter(v, np.float32(to)) for v, to in zip(x, towards, strict=True)]
    )
    weight_scale = weights if channels == count and draw(st.booleans()) else weights[0]
    return {"x": x, "input_scale": input_scale, "weight_scale": weight_scale}


ARGUMENTS = {"quantize_bias": bias_arguments()}
