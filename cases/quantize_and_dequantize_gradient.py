"""Cases of `quantize_and_dequantize_gradient`: x at the range given, and at the one that the codes hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.fake_quant_with_min_max_gradient import dyadic
from cases.points import neighbours, singles
from cases.quantize_and_dequantize import ask

NAN, INFINITY = float("nan"), float("inf")
OPERATION = "quantize_and_dequantize_gradient"


def asked(x: Any, low: Any = 0.0, high: Any = 0.0, bits: int = 8, *options: str, dy: Any = None,
          **named: Any) -> dict[str, Any]:  # fmt: skip
    arguments = ask(x, low, high, bits, *options, **named)
    upstream = dyadic(arguments["x"].shape) if dy is None else np.asarray(dy, np.float32)
    return {**arguments, "dy": upstream}


def at(*ends: float) -> Any:
    """Return numbers, each with its neighbours."""
    return neighbours(singles(list(ends)))


CASES = [
    Case(f"{OPERATION}/{name}", arguments, shows)
    for name, arguments, shows in (
        ("documented-low-side", asked(at(-10, 5, 127 / 12.8, 0, 7, -11, 12), -10, 5),
         "the codes reach 9.921875: 7 is quantized, not clipped"),
        ("documented-high-side", asked(at(-10, 10, -10.07874, -10.03, 1), -10, 10),
         "the codes begin at -10.07874"),
        ("documented-unsigned", asked(at(-10, -5, 0, 5, 10, 11), -10, 10, signed=False),
         "the codes begin at 0: -5 is clipped"),
        ("narrow", asked(at(-10, 10, 11, 3), -10, 10, narrow_range=True),
         "the range given is that of the codes"),
        ("half-up", asked([-17, -16, 0.5, 14, 15, 15.875, 16], -16, 14, 8, "half_up"),
         "-16 decides: up to 15.875"),
        ("four-bits", asked([-0.9, -0.8, -0.5, 0.7, 0.75, 0.8, 1], -0.8, 0.3, 4), "the codes reach 0.7"),
        ("own-range", asked([-10, -3.3, 0.04, 2.55, 7.1], given=False),
         "low and high are not the range: no x lies outside its own"),
        ("own-range-others", asked([-10, -3.3, 0.04, 2.55, 7.1], -1, 3, given=False),
         "low and high are not the range, whatever they are"),
        ("own-range-unsigned", asked([-3.3, -0.0, 0.04, 2.55, 7.1], signed=False, given=False),
         "the codes begin at 0"),
        ("signs", asked([-9, -1, 1, 9], -2, 2, narrow_range=True, dy=[-1, -2, -4, -8]),
         "outside -1 * 0 is -0.0; selected it is 0.0"),
        ("infinite-dy", asked([-9, -1, 1, 9], -2, 2, 4, narrow_range=True, dy=[-INFINITY, 2, INFINITY, 4]),
         "multiplied by 0 it is NaN; selected it is 0"),
        ("special-x", asked([NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e-40], -1, 1, 4, dy=[-1, -2, 3, 4, 5, 6]),
         "NaN is not within the range"),
        ("special-dy", asked([-3, 3, 0, 0.5], -1, 1, 4, dy=[NAN, 1, NAN, 2]), "multiplied by 0 NaN is NaN"),
        ("subnormal-dy", asked([-3, 3, 0, 0.5], -1, 1, 4, dy=[1e-40, -1e-40, 1e-40, -1e-40]),
         "flushed, all are 0"),
        ("subnormal-x", asked([-1e-40, -1e-30, 1e-40, 0.5, 2], 0, 1, signed=False), "flushed, -1e-40 is 0.0"),
        ("channels", asked([[0.5, -0.3, 1.7], [-2, 9, 0.66], [2.6, -0.03, 0.4], [0, -0.0, -4]],
                           [-0.5, -1, -0.4], [2.5, 0, 1.9], 4, axis=1), "each column has its own range"),
        ("rows-own-range", asked([[0.5, -0.3, 1.7], [-2, 9, 0.66]], [0, 0], [0, 0], 5, given=False, axis=0),
         "each row has its own range, which is not low and high"),
        ("no-range", asked([0.0, 1.0, -1.0], 0, 0), "undefined: neither side decides; systems are compared"),
    )
]  # fmt: skip
