"""Binary layers: windows larger than their image, odd paddings, and factors that float32 rounds."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cases.binary_layers import signs

Draw = st.DrawFn

FACTORS = st.one_of(
    st.sampled_from([1.0, -1.0, 0.5, 0.1, -0.3, 0.0, 3.0]), st.integers(-999, 999).map(lambda n: n / 777)
)
ADDENDS = st.one_of(
    st.sampled_from([0.0, 1e-6, -1e-6, 0.05, -7.0]), st.integers(-999, 999).map(lambda n: n / 99)
)
CHANNELS = st.sampled_from([1, 2, 3, 4, 8, 31, 32, 33, 34, 64, 66])


def singles(draw: Draw, element: SearchStrategy[float], count: int) -> Any:
    return np.array([draw(element) for _ in range(count)], np.float32)


def windowed(draw: Draw) -> dict[str, Any]:
    """Draw an image, filters and how they meet."""
    stride, dilation = draw(st.integers(1, 3)), draw(st.sampled_from([1, 1, 2]))
    padding = draw(st.sampled_from(["valid", "same"]))
    window = draw(st.tuples(st.integers(1, 4), st.integers(1, 3)))
    least = [(taps - 1) * dilation + 1 if padding == "valid" else 1 for taps in window]
    height, width = (draw(st.integers(low, low + 5)) for low in least)
    channels, filters = draw(CHANNELS), draw(st.sampled_from([1, 2, 3, 4, 5, 9]))
    seed = draw(st.integers(0, 99))
    return {
        "x": signs((draw(st.sampled_from([1, 1, 2])), height, width, channels), seed),
        "weight": signs((*window, channels, filters), seed + 1),
        "stride": stride,
        "dilation": dilation,
        "padding": padding,
        "pad_value": draw(st.integers(0, 1)) if padding == "same" else 0,
    }


@st.composite
def convolution_arguments(draw: Draw) -> dict[str, Any]:
    """Draw a layer with real results."""
    given = windowed(draw)
    filters = given["weight"].shape[3]
    return {
        **given,
        "multiplier": singles(draw, FACTORS, filters),
        "bias": singles(draw, ADDENDS, filters),
        "activation": draw(st.sampled_from(["none", "none", "relu", "relu6", "relu_n1_to_1"])),
    }


ARGUMENTS: dict[str, SearchStrategy[dict[str, Any]]] = {"binary_conv2d": convolution_arguments()}
