"""Points for quantizers that compare with zero, a threshold or a clip value, and the cases they share."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import neighbours, singles
from oracle.bfloat16 import Bfloat16
from oracle.formats import Array

SMALLEST = float(np.finfo(np.float32).smallest_normal)
SUBNORMALS = singles([1e-45, -1e-45, 1e-40, -1e-40, 1.1754942e-38, -1.1754942e-38])
PLAIN = singles([0.3, -0.3, 0.0, 2.0, -2.0, 1e-3, -1e-3, 3e38, -3e38])
NAN, INFINITY = float("nan"), float("inf")


def matrix(rows: list[list[float]]) -> Array:
    """Rows of float32."""
    return np.array(rows, np.float32)


def column(values: list[float]) -> Array:
    """One channel of float32."""
    return singles(values).reshape(-1, 1)


def float16(values: Any) -> Array:
    return np.array(values, np.float16)


def brain(values: list[float]) -> Bfloat16:
    """Numbers of bfloat16, cut from float32."""
    bits = np.array(values, np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
    return Bfloat16(bits.view(np.float32))


def float64(values: list[float]) -> Array:
    return np.array(values, np.float64)


def ranks() -> dict[str, Array]:
    """One tensor of each rank from 2 to 4: signs in no order that another layout would repeat."""
    values = singles([1, -2, 3, -4, -5, 6, 0, -8, 9, -1, -3, 2, 5, -7, 4, 8, -6, -9, 1, 1, -1, 2, -2, 0])
    shapes = {"rank-2": (4, 6), "rank-3": (2, 3, 4), "rank-4": (1, 2, 3, 4)}
    return {name: values.reshape(shape) for name, shape in shapes.items()}


def step_cases(operation: str, rest: dict[str, Any], at_zero: str) -> list[Case]:
    """Return the cases that every quantizer with a step at zero is asked."""

    def ask(name: str, x: Any, shows: str) -> Case:
        return Case(f"{operation}/{name}", {"x": x, **rest}, shows)

    tiny = "a kernel that flushes subnormal numbers takes them for zeros"
    return [
        ask("plain", PLAIN, "the other sign, or 0 below 1"),
        ask("zeros", singles([0.0, -0.0]), at_zero),
        ask("one", singles([-0.0]), "one element alone"),
        ask("smallest-normal", neighbours(singles([SMALLEST, -SMALLEST])), tiny),
        ask("subnormal", SUBNORMALS, tiny),
        ask("infinity", singles([INFINITY, -INFINITY, 0.0]), "infinity times 0 is NaN"),
        ask("nan", singles([NAN, 1.0, -1.0]), "silent: NaN, 1 or another number"),
        ask("float16", float16([0.0, -0.0, 6e-8, -6e-8, 3e-5, 1.0, -1.0, 65504.0, -65504.0]),
            "6e-8 is subnormal in float16, and normal in the float32 that it may be computed in"),
        ask("bfloat16", brain([0.0, -0.0, 1e-40, -1e-40, 1.0, -1.0]), tiny),
        ask("float64", float64([0.0, -0.0, 5e-324, -5e-324, 1e-310, 1e-300, -1e-300, 1.0, -1.0]),
            "through float32, 1e-300 is 0"),
        *(ask(name, x, "another layout of the axes") for name, x in ranks().items()),
    ]  # fmt: skip


def mask_cases(operation: str, rest: dict[str, Any]) -> list[Case]:
    """Return the cases that every clipped identity is asked."""

    def ask(name: str, x: Any, clip_value: float | None, dy: Any, shows: str) -> Case:
        arguments = {"x": x, **rest, "clip_value": clip_value, "dy": dy}
        return Case(f"{operation}/{name}", arguments, shows)

    def rising(x: Any) -> Array:
        return np.arange(1, np.size(x) + 1).astype(np.asarray(x).dtype).reshape(np.shape(x))

    at_one, at_half = neighbours(singles([1, -1])), neighbours(singles([0.5, -0.5]))
    tiny = singles([0.0, -0.0, 1e-45, -1e-45, SMALLEST, -SMALLEST])
    wild = singles([-1.0, INFINITY, -INFINITY, NAN, -1e-45])
    zero = "a strict mask gives 0; a flushed x is not above it"
    return [
        ask("bound", at_one, 1.0, rising(at_one), "a strict mask gives 0 at 1 and -1"),
        ask("half", at_half, 0.5, rising(at_half), "a mask that ignores clip_value passes all"),
        ask("wide", singles([1.0, 2.0, 2.5, -2.5, 3.0]), 2.5, singles([1, 2, 3, 4, 5]),
            "a mask at 1 gives 0 at 2"),
        ask("zero-clip", tiny, 0.0, rising(tiny), zero),
        ask("no-clip", singles([0.5, -3.0, 3e38, INFINITY, 0.0]), None, singles([1, -2, 3, -4, 5]),
            "a mask at 1 gives 0"),
        ask("wild-gradient-inside", singles([1.0] * 5), 1.0, wild, "dy * 1 must stay dy, subnormal too"),
        ask("wild-gradient-outside", singles([2.0] * 5), 1.0, wild,
            "silent: a multiplied mask gives -0.0, and NaN for infinity"),
        ask("infinity", singles([INFINITY, -INFINITY, 0.5]), 1.0, singles([1, -2, 3]), "infinity is outside"),
        ask("nan", singles([NAN, 0.5, 2.0]), 1.0, singles([1, 2, 3]), "silent: NaN may be inside or outside"),
        ask("float16", float16([1.0, 1.001, 0.5, 6e-8]), 1.0, float16([1, 2, 3, 6e-8]),
            "the dtype of the gradient is another one"),
        ask("float16-zero-clip", float16([0.0, 6e-8, -6e-8]), 0.0, float16([1, 2, 3]), zero),
        *(ask(name, x / 4, 1.0, rising(x), "another layout of the axes") for name, x in ranks().items()),
    ]  # fmt: skip
