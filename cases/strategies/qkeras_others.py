"""Questions about QKeras's quantizers with a curve of their own: settings of the cases, their ties."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from cases.case import cases_of
from cases.points import neighbours, singles
from cases.strategies.qkeras import Drawn, Settings, arguments, on_a_grid, ordinary
from oracle.formats import Array


def of_ulaw(settings: Settings) -> Array:
    """Return ties of the line that is rounded, and of the law."""
    bits, integer, u = settings["bits"], settings.get("integer", 0), settings.get("u", 255.0)
    halves = (np.arange(min(2 ** (bits - 1), 64)) + 0.5) / 2 ** (bits - 1)
    law = (np.expm1(halves * np.log1p(u)) / u * 2**integer).astype(np.float32)
    return np.concatenate([on_a_grid(2.0 ** (integer - bits + 2), 2 ** (bits - 2) + 1), neighbours(law),
                           neighbours(-law)])  # fmt: skip


def of_hswish(settings: Settings) -> Array:
    """Return numbers whose hard swish is a tie, or next to one; numbers beyond the parabola."""
    shift, bound = settings.get("relu_shift", 3), settings.get("relu_upper_bound", 6)
    step = 2.0 ** (settings.get("integer", 0) - settings["bits"] + 1)
    halves = (np.arange(-min(2 ** (settings["bits"] - 1), 64), 64) + 0.5) * step
    roots = shift**2 + 4 * bound * halves
    right = (-shift + np.sqrt(roots[roots >= 0])) / 2
    ties = np.concatenate([right, -shift - right, halves[halves > bound - shift]]).astype(np.float32)
    special = singles([0.0, -0.0, np.inf, 1e-45, -1e-45, 1e-40, 1e9, -1e9, 16777217.0, 3e38, -3e38])
    return np.concatenate([neighbours(ties), special, ordinary(shift)])


@st.composite
def channels(draw: st.DrawFn) -> Settings:
    """Draw the settings of some case, its rows in another order, other signs and another size.

    Its probabilities stay as far from 0 and 1 as they are: no statistics of a channel change but in size.
    """
    cases = [c.arguments for c in cases_of("stochastic_ternary") if c.arguments.get("training", True)]
    given = draw(st.sampled_from([c for c in cases if np.abs(c["x"]).max() > 0.01]))
    order = draw(st.permutations(range(len(given["x"]))))
    size = draw(st.sampled_from([0.25, 0.5, 1.0, -1.0, 2.0, -4.0]))
    return {**given, "x": given["x"][order] * np.float32(size)}


@st.composite
def rounded(draw: st.DrawFn, operation: str) -> Settings:
    """Draw the settings of some case, with sixteenths between two codes or two powers: no rare draws."""
    given = draw(st.sampled_from([c.arguments for c in cases_of(operation)]))
    parts = draw(st.lists(st.integers(-60, 60), min_size=1, max_size=7))
    if "relu_s" in operation:
        n = given["bits"] - bool(given.get("negative_slope", 0))
        scale = 2.0 ** (given["integer"] - n) / given.get("negative_slope", 1) / 16
        return {**given, "x": singles(p * scale for p in parts)}
    powers = draw(st.lists(st.integers(-12, 12), min_size=len(parts), max_size=len(parts)))
    return {**given, "x": singles(p / 16 * 2.0**k for p, k in zip(parts, powers, strict=True))}


@st.composite
def with_noise(draw: st.DrawFn, operation: str) -> Settings:
    """Draw the settings of some case, and numbers that no quantizer rounds on an edge: odd ninety-sixths."""
    given = draw(st.sampled_from([c.arguments for c in cases_of(operation)]))
    x = singles(
        k / 96
        for k in draw(st.lists(st.integers(-150, 150).map(lambda k: 2 * k + 1), min_size=1, max_size=7))
    )
    dy = {"dy": np.arange(1, x.size + 1, dtype=np.float32) * np.float32(0.7)} if "dy" in given else {}
    return {**given, "x": x, **dy}


POINTS: dict[str, Any] = {"quantized_ulaw": of_ulaw, "quantized_hswish": of_hswish}
NOISY = ("quantizer_noise", "quantizer_noise_gradient")
ROUNDED = ("quantized_relu_stochastic", "quantized_po2_stochastic", "quantized_relu_po2_stochastic")
ARGUMENTS: dict[str, Drawn] = {
    operation: arguments(operation, points)
    for name, points in POINTS.items()
    for operation in (name, f"{name}_gradient")
} | {
    "stochastic_ternary": channels(),
    **{name: rounded(name) for name in ROUNDED},
    **{name: with_noise(name) for name in NOISY},
}
