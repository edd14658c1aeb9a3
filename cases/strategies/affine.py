"""Questions about affine quantizers: ties, bounds and the edges of formats are built, not hoped for.

x and scale have one dtype; where they differ, or a parameter lies outside its domain, cases ask.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, Literal

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cases.points import INT2, INT4, INT8, INT16, INT32, UINT2, UINT4, UINT8, UINT16
from oracle.bfloat16 import Bfloat16
from oracle.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, Array, Format, round_into
from oracle.thresholds import from_patterns, last_pattern, to_patterns

Draw = st.DrawFn
Codes = dict[str, int]

MAX_LENGTH = 16
RANGES = [INT8, UINT8, INT4, UINT4, INT2, UINT2, INT16, UINT16, INT32,
          {"qmin": -127, "qmax": 127}, {"qmin": 0, "qmax": 127}]  # fmt: skip
DTYPES = [FLOAT32, FLOAT16, BFLOAT16, FLOAT64]
TIE_RICH = [0.1, 0.07, 0.7, 0.013, 1 / 3, 0.00214854861, 1.9999999, 0.006]
LARGE = [2.0**31, -(2.0**31), 2.0**32, 2.0**63, -(2.0**63)]
SPECIAL = [0.0, -0.0, float("nan"), float("inf"), float("-inf"), 1e-45, -1e-45, 1e-40, 3e38, -3e38]

Value = tuple[float, float, int]  # steps of a scale, a real, how many values of the format to go on from it


# hypothesis checks a strategy anew each time that it is made: what depends on little is made once.
@cache
def scales(target: Format) -> SearchStrategy[Array]:
    """Powers of two, tie-rich ones, any, and those at both ends of the format."""
    tiny, huge = target.smallest_normal, float(from_format(np.inf, -1, target)[()])
    drawn = st.one_of(
        st.sampled_from(TIE_RICH),
        st.integers(-12, 12).map(lambda k: 2.0**k),
        st.floats(1e-3, 1e3),
        st.floats(1 / 64, 64).map(lambda k: tiny * k),
        st.floats(1 / 256, 1 / 2).map(lambda k: huge * k),
    )
    return drawn.map(lambda scale: from_format(scale, 0, target))


def zero_points(codes: Codes) -> SearchStrategy[int]:
    """Both bounds, zero and odd numbers on either side of it where they are codes, and any code."""
    return codes_between(codes["qmin"], codes["qmax"])


@cache
def codes_between(low: int, high: int) -> SearchStrategy[int]:
    special = [low, high, *(z for z in (0, 1, -3, 5, 100, -77) if low <= z <= high)]
    return st.one_of(st.sampled_from(special), st.integers(low, high))


def values(zero_point: int, codes: Codes, target: Format) -> SearchStrategy[Value]:
    """Ties and codes with their neighbours, bounds, large and special values, and any."""
    return values_between(codes["qmin"] - zero_point, codes["qmax"] - zero_point, target)


@lru_cache(maxsize=1 << 10)
def values_between(low: int, high: int, target: Format) -> SearchStrategy[Value]:
    near = st.integers(-1, 1)
    anywhere = st.integers(max(low - 3, -(2**24)), min(high + 3, 2**24))
    at_bounds = st.sampled_from([low - 1, low, high, high + 1])
    steps = st.one_of(anywhere, st.integers(-3, 3), at_bounds)
    width: Literal[16, 32, 64] = 64 if target is FLOAT64 else 16 if target is FLOAT16 else 32
    return st.one_of(
        st.builds(lambda k, ulps: (k + 0.5, 0.0, ulps), steps, near),
        st.builds(lambda k, ulps: (float(k), 0.0, ulps), steps, near),
        st.builds(lambda k, ulps: (k, 0.0, ulps), st.sampled_from(LARGE), near),
        st.sampled_from(SPECIAL).map(lambda value: (0.0, value, 0)),
        st.floats(width=width).map(lambda value: (0.0, value, 0)),
    )


def in_format(drawn: list[Value], scale: float, target: Format) -> Array:
    """Return the drawn values as numbers of a format."""
    numbers = [(steps * scale if steps else value, ulps) for steps, value, ulps in drawn]
    return np.array([from_format(value, ulps, target) for value, ulps in numbers], target.carrier)


def from_format(value: float, ulps: int, target: Format) -> Array:
    """Return a number rounded into a format, and so many values further; NaN stays NaN."""
    with np.errstate(all="ignore"):
        rounded = round_into(np.asarray(value, np.float64), target)
        if np.isnan(rounded) or ulps == 0:
            return rounded
        if target is FLOAT64:
            return np.asarray(np.nextafter(rounded, np.copysign(np.inf, ulps)))
        last = last_pattern(target)
        return from_patterns(np.clip(to_patterns(rounded, target) + ulps, -1 - last, last), target)


def held(array: Array, target: Format) -> Any:
    """Return reals as cases hold them: bfloat16 in its wrapper, one number as a numpy scalar."""
    if target is BFLOAT16:
        return Bfloat16(np.asarray(array))
    return array if array.ndim else array[()]


@st.composite
def real_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of quantize and fake_quantize."""
    target, codes = draw(st.sampled_from(DTYPES)), draw(st.sampled_from(RANGES))
    scale, zero_point = draw(scales(target)), draw(zero_points(codes))
    drawn = st.lists(values(zero_point, codes, target), min_size=1, max_size=MAX_LENGTH)
    x = in_format(draw(drawn), float(scale), target)
    return {"x": held(x, target), "scale": held(scale, target), "zero_point": zero_point, **codes}


@st.composite
def code_arguments(draw: Draw) -> dict[str, Any]:
    """Draw the arguments of dequantize; int32 has no zero point."""
    target, codes = draw(st.sampled_from(DTYPES)), draw(st.sampled_from(RANGES))
    low, high = codes["qmin"], codes["qmax"]
    zero_point = 0 if codes == INT32 else draw(zero_points(codes))
    drawn = st.lists(zero_points(codes), min_size=1, max_size=MAX_LENGTH)
    code = np.array(draw(drawn), np.result_type(np.min_scalar_type(low), np.min_scalar_type(high)))
    scale = held(draw(scales(target)), target)
    return {"code": code, "scale": scale, "zero_point": zero_point, **codes}


ARGUMENTS: dict[str, SearchStrategy[dict[str, Any]]] = {
    "quantize": real_arguments(),
    "dequantize": code_arguments(),
    "fake_quantize": real_arguments(),
}
