"""Questions about QKeras's quantizers: the settings of the cases, with ties, bounds and special values.

Every vector is drawn from a pool made for its settings. Not in a pool, because a kernel's last bit would
decide: a logarithm near a half, and a real tanh or sigmoid near a tie. Vectors have at most 7 elements:
TensorFlow's kernel for 8 at once rounds some logarithms otherwise. Sums are of multiples of 1/16.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cases.case import cases_of
from cases.points import neighbours, singles
from oracle.definition import is_undefined
from oracle.formats import Array

Settings = dict[str, Any]
Drawn = SearchStrategy[Any]
MAX_LENGTH = 7
SPECIAL = singles([0.0, -0.0, np.inf, -np.inf, 1e-45, -1e-45, 1e-40, -1e-40, 1e-8, 1e9, -1e9, 16777217.0,
                   3e38, -3e38])  # fmt: skip


def ordinary(size: float) -> Array:
    """Return some numbers of a size, always the same ones."""
    return np.random.default_rng(11).normal(0, size, 60).astype(np.float32)


def on_a_grid(step: float, reach: int) -> Array:
    """Return ties and codes with their neighbours, special values and ordinary ones."""
    halves = np.unique(np.linspace(-2 * reach, 2 * reach, 65).round()) * step / 2
    return np.concatenate([neighbours(halves.astype(np.float32)), SPECIAL, ordinary(reach * step / 2)])


def of_relu(settings: Settings) -> Array:
    bits, integer = settings["bits"], settings["integer"]
    return on_a_grid(2.0 ** (integer - bits), 2 ** (bits + 1))


def of_po2(_: Settings) -> Array:
    """Return numbers around 1, 1.25, 1.5 and 1.75 times powers of two: none near the square root of two."""
    parts = [part * 2.0**k for k in range(-40, 40) for part in (1.0, 1.25, 1.5, 1.75, -1.0, -1.5)]
    return np.concatenate([neighbours(singles(parts)), SPECIAL])


def of_curve(settings: Settings) -> Array:
    bits = settings["bits"]
    if settings.get("use_real_tanh") or settings.get("use_real_sigmoid"):
        x = np.concatenate([ordinary(2.0), ordinary(0.3)])
        t = np.tanh(x.astype(np.float64) * (1 if "use_real_tanh" in settings else 0.5)) * 2 ** (bits - 1)
        return np.asarray(x[np.abs(t % 1 - 0.5) > 0.01])
    return on_a_grid(2.0**-bits, 2 ** (bits + 1))


def of_sign(settings: Settings) -> Array:
    if isinstance(settings.get("alpha"), str):
        return singles(-k / 16 if k % 3 == 0 else k / 16 for k in range(1, 64))
    limit = settings.get("threshold")
    return on_a_grid(2 * (0.33 if limit is None else limit), 1)


def vectors(settings: Settings, pool: Array) -> Drawn:
    """Return vectors of numbers of the pool, or two channels of them for a scale that is computed."""
    numbers = st.integers(0, pool.size - 1)
    if not isinstance(settings.get("alpha"), str):
        return st.lists(numbers, min_size=1, max_size=MAX_LENGTH).map(lambda v: pool[v])
    rows = st.sampled_from([4, 8]).flatmap(lambda n: st.lists(numbers, min_size=n, max_size=n))
    return rows.map(lambda v: pool[v].reshape(-1, 2)).filter(has_clear_scales)


def has_clear_scales(x: Array) -> bool:
    """Whether no mean of some magnitudes of a channel is near the square root of two times a power of two."""
    sizes = [np.sort(np.abs(c[m])) for c in x.T for m in (c > 0, c < 0, c != 0) if m.any()]
    means = [s[-k:].mean() for s in sizes for k in range(1, s.size + 1)]
    starts = [2 * np.abs(c).max() / 3 for c in x.T]
    return bool((np.abs(np.log2([*means, *starts]) % 1 - 0.5) > 1e-3).all())


def arguments(operation: str, points: Callable[[Settings], Array]) -> Drawn:
    """Return the settings of some case, with x drawn for them, and dy where the case has one."""
    asked = [c.arguments for c in cases_of(operation) if is_undefined(operation, c.arguments) is None]
    drawn = []
    for given in asked:
        settings = {name: value for name, value in given.items() if name not in ("x", "dy")}
        drawn.append(vectors(settings, points(settings)).map(completing("dy" in given, settings)))
    return st.one_of(drawn).filter(lambda a: is_undefined(operation, a) is None)


def completing(is_gradient: bool, settings: Settings) -> Callable[[Array], Settings]:
    """Return what puts x, a gradient of its shape where there is one, and settings together."""

    def complete(x: Array) -> Settings:
        dy = (np.arange(1, x.size + 1, dtype=np.float32) * np.float32(0.7)).reshape(x.shape)
        return {"x": x, **({"dy": dy} if is_gradient else {}), **settings}

    return complete


def of_draws(_: Settings) -> Array:
    """Return numbers whose upper value is drawn with a probability between 0.01 and 0.99, or for certain."""
    return np.concatenate([np.linspace(-0.6, 0.6, 40, dtype=np.float32), singles([40.0, -60.0, 1e8, -3e9])])


POINTS = {
    "quantized_relu": of_relu,
    "quantized_po2": of_po2,
    "quantized_relu_po2": of_po2,
    "binary": of_sign,
    "ternary": of_sign,
    "quantized_tanh": of_curve,
    "quantized_sigmoid": of_curve,
}
ARGUMENTS: dict[str, Drawn] = {
    operation: arguments(operation, points)
    for name, points in POINTS.items()
    for operation in (name, f"{name}_gradient")
} | {operation: arguments(operation, of_draws) for operation in ("stochastic_binary", "bernoulli")}
