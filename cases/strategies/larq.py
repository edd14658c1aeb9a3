"""Larq's quantizers: zeros, thresholds and clip values with their neighbours, sums that are exact."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cases.strategies.affine import from_format, held
from oracle.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, Array, Format

Draw = st.DrawFn
Points = tuple[float, ...]

MAX_LENGTH = 12
SPECIAL = [0.0, -0.0, float("nan"), float("inf"), float("-inf"), 1e-45, -1e-45, 1e-40, -1.1754942e-38, 3e38]
CLIPS: list[float | None] = [1.0, 0.5, 2.5, 0.0, None]


def near(points: Points, target: Format = FLOAT32) -> SearchStrategy[Array]:
    """One of some points, of either sign, or the next number on either side."""
    drawn = st.tuples(st.sampled_from(points), st.sampled_from([1, -1]), st.integers(-1, 1))
    return drawn.map(lambda p: from_format(p[0] * p[1], p[2], target))


@cache
def reals(points: Points, target: Format = FLOAT32) -> SearchStrategy[Array]:
    """Points with their neighbours, special values, and any."""
    special = st.sampled_from(SPECIAL).map(lambda value: from_format(value, 0, target))
    return st.one_of(near(points, target), special, st.floats(-4, 4).map(lambda v: from_format(v, 0, target)))


@cache
def vectors(element: SearchStrategy[Array], target: Format = FLOAT32) -> SearchStrategy[Array]:
    drawn = st.lists(element, min_size=1, max_size=MAX_LENGTH)
    return drawn.map(lambda values: np.array(values, target.carrier))


def dyadic(draw: Draw, shape: tuple[int, ...]) -> Array:
    """Draw eighths of either sign, which float32 adds exactly in every order."""
    size = int(np.prod(shape))
    eighths = draw(st.lists(st.integers(-64, 64), min_size=size, max_size=size))
    return (np.array(eighths, np.float32) / np.float32(8)).reshape(shape)


def gradients(draw: Draw, like: Array, wild: bool = True) -> Array:
    """Draw a gradient for each element."""
    numbers = [1.0, -2.0, 0.5, 3.0, -0.75, 0.0, 1e-40]
    some = [*numbers, -1e-45, float("inf"), float("nan"), 3e38] if wild else numbers
    drawn = draw(st.lists(st.sampled_from(some), min_size=like.size, max_size=like.size))
    return np.array(drawn, np.float32).reshape(like.shape)


@st.composite
def step_arguments(draw: Draw, /, **rest: Any) -> dict[str, Any]:
    """Draw the arguments of a sign or a step, in any dtype."""
    target = draw(st.sampled_from([FLOAT32, FLOAT32, FLOAT16, BFLOAT16, FLOAT64]))
    return {"x": held(draw(vectors(reals((0.0, 1.0, 1e-3), target), target)), target), **rest}


@st.composite
def mask_arguments(draw: Draw, /, **rest: Any) -> dict[str, Any]:
    """Draw the arguments of a clipped identity."""
    clip_value = draw(st.sampled_from(CLIPS))
    x = draw(vectors(reals((0.0, 1.0, clip_value or 0.0))))
    return {"x": x, **rest, "clip_value": clip_value, "dy": gradients(draw, x)}


@st.composite
def tern_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of ste_tern: a threshold, or weights that give one."""
    given = {
        "threshold_value": draw(st.sampled_from([0.05, 0.25, 0.5, 0.0, 3.0, 1.5e-38])),
        "clip_value": 1.0,
    }
    if draw(st.booleans()):
        x = draw(vectors(reals((given["threshold_value"], 1.0))))
        return {"x": x, "ternary_weight_networks": False, **given}
    x = dyadic(draw, (draw(st.integers(1, MAX_LENGTH)),))
    return {"x": x, "ternary_weight_networks": True, **given}


@st.composite
def approx_arguments(draw: Draw) -> dict[str, Any]:
    x = draw(vectors(reals((0.0, 1.0, 0.5))))
    return {"x": x, "dy": gradients(draw, x)}


@st.composite
def swish_arguments(draw: Draw) -> dict[str, Any]:
    """Draw products beta x on both sides of the root and of the overflow of cosh, none next to it."""
    beta = draw(st.sampled_from([1.0, 5.0, 2.0, 0.5]))
    sizes = st.one_of(st.floats(0, 8), st.floats(0, 87), st.floats(90, 300), st.just(2.3994), st.just(0.0))
    products = draw(st.lists(st.tuples(sizes, st.sampled_from([1, -1])), min_size=1, max_size=MAX_LENGTH))
    x = np.array([size * side / beta for size, side in products], np.float32)
    return {"x": x, "beta": beta, "dy": gradients(draw, x, wild=False)}


@st.composite
def magnitude_arguments(draw: Draw, is_gradient: bool = False) -> dict[str, Any]:
    """Draw weights of rank 1 to 3 whose channels have exact sums."""
    shape = draw(st.sampled_from([(4,), (3, 2), (7, 1), (5, 2), (1, 3), (2, 3, 2), (2, 5, 1)]))
    x, clip_value = dyadic(draw, shape), draw(st.sampled_from(CLIPS))
    if not is_gradient:
        return {"x": x, "clip_value": clip_value}
    return {"x": x, "clip_value": clip_value, "dy": gradients(draw, x)}


def middles(bits: int) -> Points:
    """Ties and levels of [0, 1]."""
    steps = 2**bits - 1
    return tuple(k / (2 * steps) for k in range(2 * steps + 1))


@st.composite
def dorefa_arguments(draw: Draw, is_gradient: bool = False) -> dict[str, Any]:
    """Draw activations near ties and ends, or weights of which one at least is not 0."""
    bits = draw(st.sampled_from([1, 2, 3, 4, 8]))
    if draw(st.booleans()):
        mode, x = "activations", draw(vectors(reals(middles(bits))))
    else:
        mode, x = (
            "weights",
            np.append(draw(vectors(weights())), np.float32(draw(st.sampled_from([0.5, -2.0])))),
        )
    given = {"x": x, "bits": bits, "mode": mode}
    return {**given, "dy": gradients(draw, x, wild=mode == "activations")} if is_gradient else given


@cache
def weights() -> SearchStrategy[Array]:
    drawn = st.one_of(st.floats(-3, 3), st.sampled_from([0.0, -0.0, 1e-40, 20.0, -20.0]))
    return drawn.map(lambda value: from_format(value, 0, FLOAT32))


ARGUMENTS: dict[str, SearchStrategy[dict[str, Any]]] = {
    "ste_sign": step_arguments(clip_value=1.0),
    "approx_sign": step_arguments(),
    "swish_sign": step_arguments(beta=5.0),
    "ste_heaviside": step_arguments(clip_value=1.0),
    "ste_tern": tern_arguments(),
    "magnitude_aware_sign": magnitude_arguments(),
    "dorefa": dorefa_arguments(),
    "ste_sign_gradient": mask_arguments(),
    "ste_heaviside_gradient": mask_arguments(),
    "ste_tern_gradient": mask_arguments(threshold_value=0.05, ternary_weight_networks=False),
    "approx_sign_gradient": approx_arguments(),
    "swish_sign_gradient": swish_arguments(),
    "magnitude_aware_sign_gradient": magnitude_arguments(is_gradient=True),
    "dorefa_gradient": dorefa_arguments(is_gradient=True),
}
