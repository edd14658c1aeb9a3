"""Binary layers: windows larger than their image, odd paddings, and factors that float32 rounds."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cases.binary_layers import signs
from cases.binary_network import CASES as NETWORKS
from cases.case import Case
from cases.packed_outputs import CASES as PACKED

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


@st.composite
def code_arguments(draw: Draw) -> dict[str, Any]:
    """Draw a layer with int8 codes, whose ties and saturation are not rare."""
    given = draw(convolution_arguments())
    scale = draw(st.one_of(st.sampled_from([1.0, 0.5, 0.1, 0.2, 0.25, 1e-8, 3.0]), st.floats(0.01, 2)))
    zero_point = draw(st.one_of(st.sampled_from([0, -128, 127]), st.integers(-128, 127)))
    return {**given, "output_scale": float(np.float32(scale)), "output_zero_point": zero_point}


@st.composite
def bit_arguments(draw: Draw) -> dict[str, Any]:
    """Draw a layer with thresholds, near half of a window's products."""
    given = windowed(draw)
    size = given["weight"][..., 0].size
    near = st.one_of(
        st.integers(size // 2 - 2, size // 2 + 2), st.sampled_from([-1, 0, size, 2**31 - 1, -(2**31)])
    )
    count = draw(st.sampled_from([1, 3, 4, 5, 31, 32, 33, 50]))
    thresholds = [draw(near) for _ in range(min(count, 7))]
    return {
        **given,
        "pad_value": int(given["padding"] == "same"),  # one kernel that may pad with zeros here crashes
        "weight": signs((*given["weight"].shape[:3], count), draw(st.integers(0, 99))),
        "threshold": np.array([thresholds[i % len(thresholds)] for i in range(count)], np.int32),
    }


@st.composite
def pool_arguments(draw: Draw) -> dict[str, Any]:
    """Draw an image of words, most bits of which are 1."""
    height, width = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    padding = draw(st.sampled_from(["valid", "same"]))
    least = (height, width) if padding == "valid" else (1, 1)
    rows, columns = (draw(st.integers(low, low + 4)) for low in least)
    shape = (draw(st.integers(1, 2)), rows, columns, draw(st.integers(1, 3)))
    seed = draw(st.integers(0, 2**31 - 1))
    code = np.random.default_rng(seed).integers(-(2**31), 2**31, (2, *shape)).astype(np.int32)
    stride = draw(st.integers(1, 3))
    return {"code": code[0] | code[1], "height": height, "width": width, "stride": stride, "padding": padding}


VALUES = st.sampled_from([1.0, -1.0, 0.0, -0.0, 3.5, -1e-30, 1e-30, -1e30])


def with_image(case: Case, seed: int, values: list[float]) -> dict[str, Any]:
    """Return a case's arguments with another image: a system that converts models has kept this one."""
    x = case.arguments["x"]
    chosen = np.random.default_rng(seed).integers(0, len(values), x.shape)
    return {**case.arguments, "x": np.array(values, np.float32)[chosen]}


def kept_models(cases: list[Case]) -> SearchStrategy[dict[str, Any]]:
    """Draw an image for the model of a case."""
    values = st.lists(VALUES, min_size=1, max_size=5)
    return st.builds(with_image, st.sampled_from(cases), st.integers(0, 2**31 - 1), values)


LOADED = [case for case in PACKED if case.id != "packed_outputs/real-real"]

ARGUMENTS: dict[str, SearchStrategy[dict[str, Any]]] = {
    "binary_conv2d": convolution_arguments(),
    "binary_conv2d_int8": code_arguments(),
    "binary_conv2d_bits": bit_arguments(),
    "binary_max_pool": pool_arguments(),
    "binary_network": kept_models(NETWORKS),
    "packed_outputs": kept_models(LOADED),  # the other one loses an input when it is stripped
}
