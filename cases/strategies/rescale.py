"""Questions about rescaling: ratios of small numbers and any, every 8-bit type."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from cases.points import INT8, INT16, UINT8

Draw = st.DrawFn
TYPES = [("int8", INT8, INT8), ("uint8", UINT8, UINT8), ("uint8", UINT8, INT8), ("int8", INT8, UINT8),
         ("int16", INT16, INT8)]  # fmt: skip
SIMPLE = [0.1, 0.07, 0.013, 1 / 3, 0.00214854861, 0.9999999, 0.5, 0.25, 1.0]
RATIOS = [
    Fraction(n, d) for n, d in ((1, 2), (1, 6), (1, 10), (3, 2), (5, 64), (1, 1), (3, 10), (7, 4), (1, 3))
]


@st.composite
def rescale_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of rescale: a ratio of scales, and codes of the whole type."""
    kind, source, target = draw(st.sampled_from(TYPES))
    scale = np.float32(draw(st.one_of(st.sampled_from(SIMPLE), st.floats(2**-10, 1))))
    ratio = draw(st.one_of(st.sampled_from(RATIOS).map(float), st.floats(2**-10, 64)))
    low, high = source["qmin"], source["qmax"]
    codes = draw(st.lists(st.one_of(st.integers(-20, 20), st.integers(low, high)), min_size=1, max_size=36))
    zero_point = draw(st.sampled_from([low, 0, 3, high]))
    return {"code": np.clip(codes, low, high).astype(kind), "input_scale": scale,
            "input_zero_point": zero_point, "output_scale": np.float32(scale / ratio),
            "output_zero_point": draw(st.sampled_from([target["qmin"], 0, 5, target["qmax"]])),
            **target}  # fmt: skip


ARGUMENTS = {"rescale": rescale_arguments()}
