"""Cases of the gradients of LSQ.

Sums are exact in every order: at most two dy differ from 0, or all terms are dyadic and g is 1/2^k. One
dense case of ordinary numbers is compared within the bound that the definition proves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import INT2, INT4, INT8, UINT2, UINT4, UINT8, near_ties, singles
from oracle.formats import Array

NAN = float("nan")
PLACES = [-1000, -128.5, -128.25, -128, -127.75, -127.25, -127, -3.25, -0.75, -0.25, 0, 0.25, 0.75, 126.75,
          127, 127.25, 127.75, 1000]  # fmt: skip
INT2_PLACES = [-9, -2.25, -2, -1.75, -1.25, -1, -0.75, -0.25, 0, 0.25, 0.75, 0.875, 1, 1.25, 2, 9]


def ask(x: Any, step: float, codes: dict[str, int], dy: Any, tensor: str = "weight") -> dict[str, Any]:
    """Return the arguments of one question; one dy is for all."""
    values = np.asarray(x, np.float32)
    of_all = np.broadcast_to(np.asarray(dy, np.float32), values.shape).copy()
    return {"x": values, "step": np.float32(step), **codes, "dy": of_all, "tensor": tensor}


def only(size: int, *places: tuple[int, float]) -> Array:
    """Return a dy that is 0 but at a few places."""
    dy = np.zeros(size, np.float32)
    for place, value in places:
        dy[place] = value
    return dy


def at(x: float, dy: float = 1.0) -> tuple[list[float], Array]:
    """Return eight values, of which the fourth alone has a gradient."""
    return [0.3, -0.4, 1.2, x, 0, 2.1, -1.7, 0.6], only(8, (3, dy))


def alone(name: str, x: float, step: float, codes: dict[str, int], shows: str, dy: float = 1.0) -> Case:
    """Return a case whose sum has one term."""
    values, upstream = at(x, dy)
    return Case(f"lsq_gradient/{name}", ask(values, step, codes, upstream), shows)


MANY = ask(np.sin(np.arange(24)) * 40, 0.3, INT8, np.cos(np.arange(24)))
QUOTIENTS = near_ties(np.float32(0.07), range(-4, 4))
BATCH = [[-9, -0.75, 0.25, 0.75], [1, 0.875, -2, 9], [-1.25, 0.25, 2, -0.25], [9, 9, 9, -0.75]]

CASES = [
    Case("lsq_gradient/everywhere", ask(singles(PLACES) / 4, 0.25, INT8, 1),
         "x: 0 at both bounds and at -127.25 .. -127 a narrow range differs; rounding 127.25 gives a code"),
    Case("lsq_gradient/everywhere-int2", ask(singles(INT2_PLACES) / 4, 0.25, INT2, 1),
         "g is 1/4 and every sum exact: terms at the bounds, in and outside of them"),
    Case("lsq_gradient/everywhere-negative", ask(singles(INT2_PLACES) / 4, 0.25, INT2, -2),
         "outside the gradient of x is 0, whose sign is open"),
    alone("at-the-last-code", 31.75, 0.25, INT8, "127 g; an inclusive bound gives 0 and passes dy"),
    alone("at-the-first-code", -32.0, 0.25, INT8, "-128 g; an inclusive bound gives 0 and passes dy"),
    alone("at-minus-127", -31.75, 0.25, INT8, "inside: 0; of a narrow range it is the first code: -127 g"),
    alone("just-above-the-last-code", 31.8125, 0.25, INT8, "127 g; a mask of the rounded code gives -g/4"),
    alone("just-below-the-first-code", -32.0625, 0.25, INT8, "-128 g; a mask of the code gives g/4"),
    alone("just-inside", 31.6875, 0.25, INT8, "the rest, g/4: not 127 g"),
    alone("below", -50.0, 0.25, INT8, "-128 g; a narrow range gives -127 g"),
    alone("above", 50.0, 0.25, INT8, "127 g, not scaled: 127"),
    alone("negative-upstream", 50.0, 0.25, INT8, "-254 g; the zeros of x keep their sign or not", dy=-2.0),
    alone("tie", 0.375, 0.25, INT8, "the rest is +1/2 or -1/2: which is open; toward zero gives the other"),
    alone("tie-of-an-even-code", 0.625, 0.25, INT8, "2.5: -1/2 to even, +1/2 away from zero; which is open"),
    alone("negative-tie", -0.625, 0.25, INT8, "-2.5: +1/2 to even, -1/2 away from zero; which is open"),
    alone("inside", 0.16, 0.1, INT8, "round(1.6) - 1.6 in float32; by the chain rule 2 - 1.6000001", dy=0.3),
    alone("inside-with-a-third", 1.1, 1 / 3, INT8, "code * step - x is rounded otherwise", dy=0.7),
    alone("inside-uint8", 66.6, 0.7, UINT8, "95 - 95.142857", dy=0.9),
    alone("inside-int4", -0.31, 0.07, INT4, "-4 + 4.428571: floor gives the other side", dy=1.3),
    Case("lsq_gradient/quotients-near-ties", ask(QUOTIENTS, 0.07, INT8, only(24, (8, 1), (15, -0.5))),
         "x * (1 / step) crosses ties: the sign of the rest changes"),
    Case("lsq_gradient/two-terms", ask([0.16, 50, 0.31, -7], 0.1, INT8, only(4, (0, 0.3), (2, 0.9))),
         "the sum is scaled, or each term: an ulp"),
    Case("lsq_gradient/two-terms-int4", ask([0.16, 5, 0.31, -7], 0.3, INT4, only(4, (0, 0.3), (2, 1.3))),
         "the sum is scaled, or each term: an ulp"),
    Case("lsq_gradient/unsigned", ask([-1, -0.25, 0, 0.25, 2.75, 3, 3.25, 9], 1, UINT2, 1),
         "0 is the first code: nothing is learned there; 3 is the last"),
    Case("lsq_gradient/unsigned-uint4", ask([-3, 7.25, 15, 20], 1, UINT4, only(4, (1, 1), (3, 1))),
         "15 g - g/4, g = 1 / sqrt(60)"),
    Case("lsq_gradient/activation", ask(BATCH, 1, INT2, 1, "activation"),
         "g counts the 4 features of an example: 1/2; counting all 16 elements gives 1/4"),
    Case("lsq_gradient/activation-unsigned", ask(np.abs(BATCH), 1, UINT2, 1, "activation"),
         "g counts the 4 features of an example"),
    Case("lsq_gradient/activation-int8",
         ask([[0.16, 50], [3, 4], [-60, 1]], 0.1, INT8, [[0.3, 0], [0, 0], [1, 0]], "activation"),
         "g is 1 / sqrt(2 * 127), or 1 / sqrt(6 * 127)"),
    Case("lsq_gradient/activation-one-example", ask([[-9, -0.75, 0.25, 9]], 1, INT2, 1, "activation"),
         "features and elements are as many; unscaled gives twice as much"),
    Case("lsq_gradient/step-that-its-gradient-scale-moves",
         ask([0.16, -3.3, -0.14, 0.9, 0.07, 2.6, 9, 90], 0.1, INT2, only(8, (2, 1), (4, 0.3))),
         "the step is 1 ulp from 0.1: another quotient, another rest"),
    alone("inside-int8-moved-step", 1.234, 0.123, INT8, "an ulp from 0.123 where g = 1 / sqrt(8 * 127)"),
    Case("lsq_gradient/chain-rule-rounds", ask([0.1, 0.2, 0.35, 1.7], 0.07, INT8, [0.3, 0.7, 1.1, 0.9]),
         "(dy * step) / step is an ulp from dy"),
    Case("lsq_gradient/outlier", ask([3e38, 0.3, 0.6, -1], 1e-3, INT8, only(4, (0, 1))),
         "127 g; x / step overflows float32: 0 * (inf - inf) gives NaN, a conversion to int64 -128 g"),
    Case("lsq_gradient/large", ask([1e20, 0.3, 0.6, -1], 1, INT8, only(4, (0, 1))),
         "127 g; x / step is beyond int64: a conversion gives -128 g"),
    Case("lsq_gradient/tiny-step", ask([1.1e-9, 3e-8, 1e-3, -2e-9], 1e-9, INT8, only(4, (0, 1), (2, 1))),
         "a step of at least 2^-23 gives another rest"),
    Case("lsq_gradient/many", MANY, "ordinary numbers, in any order of the sum: inside the proven bound"),
    Case("lsq_gradient/nan", ask([NAN, 0.25], 1, INT8, 1), "undefined: doors are compared"),
]  # fmt: skip
