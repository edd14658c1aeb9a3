"""Questions about TensorFlow's quantizers: zero points at ties, values at ties, ends of the range."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from oracle.definition import is_undefined
from oracle.dequantize_range import dequantize_range
from oracle.fake_quant_with_min_max import fake_quant_with_min_max
from oracle.fake_quant_with_min_max_args_gradient import fake_quant_with_min_max_args_gradient
from oracle.fake_quant_with_min_max_gradient import fake_quant_with_min_max_gradient
from oracle.formats import Array
from oracle.quantize_and_dequantize import quantize_and_dequantize
from oracle.quantize_and_dequantize_gradient import quantize_and_dequantize_gradient
from oracle.quantize_range import MODES, TYPES, quantize_range

Draw = st.DrawFn
Range = tuple[float, float]
Point = tuple[int, str | float, int]  # a code, what of it or of the range, towards which neighbour

BITS = st.sampled_from([8, 2, 3, 4, 5, 7, 16])
SPECIAL = [0.0, -0.0, float("nan"), float("inf"), float("-inf"), 1e-45, -1e-40, 3e38, -3e38]
MAX_LENGTH = 12


@cache
def ranges(steps: int) -> SearchStrategy[Range]:
    """Ranges around 0, with the zero point at a tie, and above or below 0."""
    short = st.integers(1, 99).map(lambda k: k / 10)
    any_size = st.floats(2.0**-20, 2.0**20, width=32)
    at_a_tie = st.tuples(st.integers(0, steps - 1), st.integers(-6, 6)).map(
        lambda drawn: (-(drawn[0] + 0.5) * 2.0 ** drawn[1], (steps - drawn[0] - 0.5) * 2.0 ** drawn[1])
    )
    return st.one_of(
        st.tuples(short, short).map(lambda ends: (-ends[0], ends[1])),
        short.map(lambda end: (-end, end)),
        at_a_tie,
        st.tuples(any_size, any_size).map(lambda ends: (-ends[0], ends[1])),
        st.tuples(short, short).map(lambda ends: (ends[0], ends[0] + ends[1])),
        st.tuples(short, short).map(lambda ends: (-ends[0] - ends[1], -ends[0])),
    )


@st.composite
def asked(draw: Draw) -> dict[str, Any]:
    """Draw a range and reals at its ties, codes and ends."""
    bits, narrow_range = draw(BITS), draw(st.booleans())
    steps = 2**bits - 1 - narrow_range
    low, high = (np.float32(end) for end in draw(ranges(steps)))
    x = in_range(draw(vectors(steps)), float(low), float(high), steps)
    return {
        "x": x,
        "low": np.asarray(low),
        "high": np.asarray(high),
        "bits": bits,
        "narrow_range": narrow_range,
    }


@cache
def vectors(steps: int, with_nan: bool = True) -> SearchStrategy[list[Point]]:
    """Some of: ties and codes of a range, counted from its first, its ends, special values; neighbours."""
    special = [value for value in SPECIAL if with_nan or value == value]
    what: SearchStrategy[str | float] = st.sampled_from(["tie", "code", "low", "high", *special])
    points = st.tuples(st.integers(-2, steps + 2), what, st.sampled_from([0, -1, 1]))
    return st.lists(points, min_size=1, max_size=MAX_LENGTH)


def in_range(points: list[Point], low: float, high: float, steps: int) -> Array:
    """Return the float32 numbers that were drawn, in a range."""
    scale = (high - low) / steps
    first = round(low / scale) if low < 0 < high else 0 if low >= 0 else -steps
    reals = []
    for number, what, _ in points:
        code = first + number
        named = {"low": low, "high": high, "tie": (code + 0.5) * scale, "code": code * scale}
        reals.append(named[what] if isinstance(what, str) else what)
    x = np.array(reals, np.float32)
    towards = np.array([side for *_, side in points], np.float32)
    return np.where((towards != 0) & np.isfinite(x), np.nextafter(x, np.copysign(np.inf, towards)), x)


@st.composite
def asked_for_gradients(draw: Draw) -> dict[str, Any]:
    """Draw a range, reals, and gradients whose sums are exact in every order."""
    arguments = draw(asked())
    size = arguments["x"].size
    quarters = draw(st.lists(st.integers(-64, 64), min_size=size, max_size=size))
    return {**arguments, "dy": np.array(quarters, np.float32) / np.float32(4)}


@st.composite
def asked_scaled(draw: Draw) -> dict[str, Any]:
    """Draw a range that decides a factor, and reals at its ties, codes and ends."""
    bits, signed = draw(BITS), draw(st.booleans())
    last = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    ends = st.integers(1, 99).map(lambda k: np.float32(k / 10))
    low, high = -draw(ends), draw(ends)
    steps = st.integers(-last - 3, last + 3)
    near = st.tuples(steps, st.sampled_from([0, 0.5])).map(lambda drawn: (drawn[0] + drawn[1]) * high / last)
    reals = st.one_of(near, st.sampled_from([float(low), float(high), *SPECIAL]))
    return {
        "x": np.array(draw(st.lists(reals, min_size=1, max_size=MAX_LENGTH)), np.float32),
        "low": np.asarray(low),
        "high": np.asarray(high),
        "signed": signed,
        "bits": bits,
        "range_given": True,
        "rounding": draw(st.sampled_from(["half_even", "half_up"])),
        "narrow_range": draw(st.booleans()) and bits > 2,
        "axis": None,
    }


@st.composite
def asked_for_scaled_gradients(draw: Draw) -> dict[str, Any]:
    """Draw a range, given or that of the reals, and gradients whose sums are exact in every order."""
    arguments = draw(asked_scaled())
    size = arguments["x"].size
    quarters = draw(st.lists(st.integers(-64, 64), min_size=size, max_size=size))
    dy = np.array(quarters, np.float32) / np.float32(4)
    of_reals = {**arguments, "range_given": False}
    given = draw(st.booleans()) or is_undefined(quantize_and_dequantize.__name__, of_reals) is not None
    return {**arguments, "range_given": given, "dy": dy}


@st.composite
def asked_for_codes(draw: Draw) -> dict[str, Any]:
    """Draw a type, a mode and a range, and reals at its ties, codes and ends."""
    mode = draw(st.sampled_from(MODES))
    several = {"MIN_COMBINED": ["quint8", "qint8", "quint16"], "MIN_FIRST": [*TYPES][:-1], "SCALED": [*TYPES]}
    type = draw(st.sampled_from(several[mode]))
    first, last = TYPES[type]
    low, high = (np.float32(end) for end in draw(ranges(last - first)))
    points = draw(vectors(last - first, with_nan=False))
    return {
        "x": in_range(points, float(low), float(high), last - first),
        "low": np.asarray(low),
        "high": np.asarray(high),
        "type": type,
        "mode": mode,
        "rounding": draw(st.sampled_from(["half_away", "half_even"])) if mode == "SCALED" else "half_away",
    }


@st.composite
def asked_for_reals(draw: Draw) -> dict[str, Any]:
    """Draw a type, a mode, a range, and codes, the first and the last one among them."""
    arguments = draw(asked_for_codes())
    first, last = TYPES[arguments["type"]]
    code = np.array(draw(codes_of(first, last)), np.int64)
    return {"code": code, **{name: arguments[name] for name in ("low", "high", "type", "mode")}}


@cache
def codes_of(first: int, last: int) -> SearchStrategy[list[int]]:
    codes = st.one_of(st.sampled_from([first, first + 1, 0, last - 1, last]), st.integers(first, last))
    return st.lists(codes, min_size=1, max_size=MAX_LENGTH)


ARGUMENTS: dict[str, SearchStrategy[dict[str, Any]]] = {
    fake_quant_with_min_max.__name__: asked(),
    fake_quant_with_min_max_gradient.__name__: asked_for_gradients(),
    fake_quant_with_min_max_args_gradient.__name__: asked_for_gradients(),
    quantize_and_dequantize.__name__: asked_scaled(),
    quantize_and_dequantize_gradient.__name__: asked_for_scaled_gradients(),
    quantize_range.__name__: asked_for_codes(),
    dequantize_range.__name__: asked_for_reals(),
}
