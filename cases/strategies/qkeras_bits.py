"""Questions about QKeras's quantized_bits: ties and bounds of a given grid, and small tensors without one."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from oracle.definition import is_undefined
from oracle.formats import Array

Draw = st.DrawFn
SPECIAL = [0.0, -0.0, float("inf"), float("-inf"), 1e-45, -1e-40, 1e8, -1e8, 3e38, -3e38]


@cache
def widths() -> SearchStrategy[dict[str, Any]]:
    """The settings that make a grid."""
    return st.fixed_dictionaries(
        {"bits": st.integers(1, 12)},
        optional={
            "integer": st.integers(0, 8),
            "symmetric": st.booleans(),
            "keep_negative": st.booleans(),
            "qnoise_factor": st.sampled_from([0.0, 0.25, 0.5, 1.0]),
            "use_ste": st.booleans(),
        },
    )


@cache
def near_grid(step: float, last: int) -> SearchStrategy[np.float32]:
    """Halves and wholes of a step, with their neighbours; special values; any."""

    def beside(half: int, side: int) -> np.float32:
        point = np.float32(half / 2 * step)
        return np.nextafter(point, np.float32(side * np.inf)) if side else point

    halves = st.integers(-2 * last - 6, 2 * last + 6)
    return st.one_of(
        st.builds(beside, halves, st.integers(-1, 1)),
        st.sampled_from(SPECIAL).map(np.float32),
        st.floats(-4, 4, width=32).map(np.float32),
        st.floats(width=32, allow_nan=False).map(np.float32),
    )


@st.composite
def given_alpha(draw: Draw) -> dict[str, Any]:
    """Draw a vector and a quantizer whose alpha is given."""
    settings = draw(widths())
    alpha = draw(st.sampled_from([None, None, 1.0, 2.0, 0.5, 0.3, 1.7]))
    magnitude = settings["bits"] - bool(settings.get("keep_negative", True))
    settings["integer"] = min(settings.get("integer", 0), magnitude)
    step = 2.0 ** (settings.get("integer", 0) - magnitude)
    x = draw(st.lists(near_grid(step, 2 ** min(magnitude, 6)), min_size=1, max_size=16))
    return {"x": np.array(x, np.float32), **settings, **({} if alpha is None else {"alpha": alpha})}


@cache
def tensors() -> SearchStrategy[Array]:
    """Tensors of two or three axes with at most 12 finite, ordinary numbers."""
    shapes = st.sampled_from([(1, 1), (2, 1), (3, 2), (5, 1), (2, 2, 2), (3, 1, 2)])
    sizes = st.sampled_from([0.01, 1.0, 1.0, 30.0])

    def make(shape: tuple[int, ...], size: float, seed: int, digits: int) -> Array:
        drawn = np.random.default_rng(seed).normal(size=shape) * size
        return np.round(drawn, digits).astype(np.float32)

    return st.builds(make, shapes, sizes, st.integers(0, 2**32 - 1), st.integers(3, 9))


@st.composite
def determined_alpha(draw: Draw) -> dict[str, Any]:
    """Draw a tensor and a quantizer that determines alpha."""
    settings = draw(widths())
    settings["bits"] = max(settings["bits"], 2)
    settings["integer"] = min(settings.get("integer", 0), settings["bits"] - 1)
    return {"x": draw(tensors()), **settings, "alpha": draw(st.sampled_from(["auto", "auto_po2"]))}


@st.composite
def with_upstream(draw: Draw) -> dict[str, Any]:
    """Draw a quantizer, and the gradient that reaches it."""
    settings = draw(BITS)
    size = settings["x"].size
    dy = draw(st.lists(st.floats(-100, 100, width=32), min_size=size, max_size=size))
    return {**settings, "dy": np.array(dy, np.float32).reshape(settings["x"].shape)}


@st.composite
def shares(draw: Draw) -> dict[str, Any]:
    """Draw sixteenths of a step, so that both ends of a support are drawn in practice."""
    settings = draw(st.fixed_dictionaries(
        {"bits": st.integers(2, 8)},
        optional={"integer": st.integers(0, 1), "symmetric": st.booleans(), "keep_negative": st.booleans()},
    ))  # fmt: skip
    step = 2.0 ** (settings.get("integer", 0) - settings["bits"] + settings.get("keep_negative", True))
    sixteenths = draw(st.lists(st.integers(-300, 300), min_size=1, max_size=8))
    return {"x": np.array(sixteenths, np.float32) / 16 * np.float32(step), "draws": 4096, **settings}


def is_decided(arguments: dict[str, Any]) -> bool:
    """Whether the definition says what a quantizer gives: no empty channel, no tie between powers."""
    return is_undefined("quantized_bits", arguments) is None


BITS = st.one_of(given_alpha(), determined_alpha().filter(is_decided))
ARGUMENTS: dict[str, SearchStrategy[dict[str, Any]]] = {
    "quantized_bits": BITS,
    "quantized_bits_gradient": with_upstream(),
    "quantized_bits_stochastic": shares(),
}
