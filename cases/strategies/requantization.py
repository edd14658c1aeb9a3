"""Questions about requantizing: multipliers near simple ratios and any, accumulators near their ties."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import floor
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cases.points import INT8, UINT8

Draw = st.DrawFn
SIMPLE = [0.1, 0.07, 0.013, 1 / 3, 0.00214854861, 0.9999999, 0.5, 0.25, 1.0]
RATIOS = [
    Fraction(n, d) for n, d in ((1, 2), (1, 6), (1, 10), (3, 2), (5, 64), (1, 1), (1, 1024), (7, 4), (1, 3))
]
ENDS = [-(2**31), 2**31 - 1, -(2**24) - 1, 2**24 + 1, 0]


@cache
def scales() -> SearchStrategy[tuple[float, float, float]]:
    """Input, weight and output scale: the multiplier is near a ratio of small numbers, or any below 4."""
    one = st.one_of(st.sampled_from(SIMPLE), st.floats(2**-10, 1))
    multipliers = st.one_of(st.sampled_from(RATIOS).map(float), st.floats(2**-20, 4))
    return st.tuples(one, one, multipliers).map(
        lambda t: (float(np.float32(t[0])), float(np.float32(t[1])), float(np.float32(t[0] * t[1] / t[2])))
    )


@st.composite
def requantize_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of requantize: one multiplier for a vector of accumulators."""
    a, b, c = draw(scales())
    codes = draw(st.sampled_from([INT8, UINT8]))
    zero_point = draw(st.sampled_from([codes["qmin"], 0, codes["qmax"], 3, 100]))
    steps = draw(st.lists(st.integers(-260, 260), min_size=1, max_size=12))
    near = [floor((k + Fraction(1, 2)) * Fraction(c) / (Fraction(a) * Fraction(b))) + draw(st.integers(0, 1))
            for k in steps]  # fmt: skip
    others = draw(st.lists(st.one_of(st.sampled_from(ENDS), st.integers(-(2**31), 2**31 - 1)), max_size=3))
    accumulators = np.clip([*near, *others], -(2**31), 2**31 - 1).astype(np.int32)
    return {"accumulator": accumulators, "input_scale": np.float32(a), "weight_scale": np.float32(b),
            "output_scale": np.float32(c), "output_zero_point": zero_point, **codes}  # fmt: skip


FEW, MANY = 2**11, 2**25 - 1
BIASES = [0.0, 1e-45, 1e-30, -1e-30, 3e9, -3e9, 1e12, 1e30, -3e38]


@st.composite
def float_bias_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of requantize_float_bias: biases that bring most accumulators near a tie."""
    one = st.one_of(st.sampled_from([*SIMPLE, 0.875, 3.0]), st.floats(2**-12, 4))
    codes = draw(st.sampled_from([UINT8, UINT8, INT8]))
    count = draw(st.integers(1, 40))
    a, c = np.float32(draw(one)), np.float32(draw(one))
    is_per_channel = draw(st.booleans())
    weights = np.array([draw(one) for _ in range(count if is_per_channel else 1)], np.float32)
    weight = weights if is_per_channel else weights[0]
    most = draw(st.sampled_from([FEW, 2**20, MANY]))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)  # hypothesis would draw mostly small numbers
    accumulators = random.integers(-most, most, count, endpoint=True)
    zero_point = draw(st.sampled_from([codes["qmin"], 0, codes["qmax"], 3, 100]))
    steps = random.integers(codes["qmin"] - zero_point - 3, codes["qmax"] - zero_point + 3, count) + 0.5
    bias = (steps * np.float64(c) - accumulators * (np.float64(a) * weight)).astype(np.float32)
    if draw(st.booleans()):
        is_odd = random.random(count) < 0.2
        bias = np.where(is_odd, np.float32(draw(st.sampled_from(BIASES))), bias)
    return {"accumulator": accumulators.astype(np.int32), "bias": bias, "input_scale": a,
            "weight_scale": weight, "output_scale": c, "output_zero_point": zero_point, **codes}  # fmt: skip


ARGUMENTS = {"requantize": requantize_arguments(), "requantize_float_bias": float_bias_arguments()}
