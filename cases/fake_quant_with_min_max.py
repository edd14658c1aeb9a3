"""Cases of `fake_quant_with_min_max`: ranges whose zero point lies at a tie, values at ties and bounds."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import near_codes, near_ties, singles
from oracle.formats import Array

NAN, INFINITY = float("nan"), float("inf")
SPECIAL = singles([NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e-40, -1e-40, 3e38, -3e38])


def ask(x: Any, low: Any, high: Any, bits: int = 8, narrow_range: bool = False) -> dict[str, Any]:
    return {
        "x": np.asarray(x, np.float32),
        "low": np.asarray(low, np.float32),
        "high": np.asarray(high, np.float32),
        "bits": bits,
        "narrow_range": narrow_range,
    }


def around(low: float, high: float, bits: int = 8, narrow_range: bool = False) -> dict[str, Any]:
    """Ask for ties and values of the grid from both ends of the range and between, with neighbours."""
    return ask(spread(low, high, bits, narrow_range), low, high, bits, narrow_range)


def spread(low: float, high: float, bits: int, narrow_range: bool) -> Array:
    steps = 2**bits - 1 - narrow_range
    scale = (np.float32(high) - np.float32(low)) / np.float32(steps)
    first = round(float(np.float32(low)) / float(scale))
    some = sorted({*range(first - 1, first + 2), *range(-2, 3), *range(first + steps - 2, first + steps + 1),
                   *range(first, first + steps, steps // 5 or 1)})  # fmt: skip
    return np.concatenate([near_ties(scale, some), near_codes(scale, some[::3])])


CASES = [
    Case("fake_quant_with_min_max/default-range", around(-6, 6),
         "the zero point, 127.5, is a tie: -6 becomes -6.0235295 or -5.9764705"),
    Case("fake_quant_with_min_max/documented-example", ask([10.03, -10.23, 3], -5, 5, 16),
         "3 lies between two values: half even gives 2.9999237, not the documented 3.0000763"),
    Case("fake_quant_with_min_max/documented-example-8-bits",
         ask([1.2, -0.3, 0.7, 2.1, 0.5, -1.0], -0.5, 0.8),
         "counting from the low bound and adding it gives -0.30078426 or 0.8003922"),
    Case("fake_quant_with_min_max/unit-range", around(-1, 1),
         "in float32 -1 / scale is -127.49999, not -127.5: the zero point is 127; a scale computed with"
         " float32(1 / 255) makes it 128"),
    Case("fake_quant_with_min_max/unit-range-narrow", around(-1, 1, 8, True),
         "254 steps: -1 and 1 are values"),
    Case("fake_quant_with_min_max/three-quarters", around(-0.75, 0.75),
         "the zero point near 127.5 is 127, 128, or a tie, by how the scale is computed"),
    Case("fake_quant_with_min_max/zero-point-at-an-even-tie", ask([2.579, -0.6, 2.6, 0, 0.5], -0.5, 2.5, 4),
         "low / scale is -2.5: half even gives the range [-0.4, 2.6], half away [-0.6, 2.4]"),
    Case("fake_quant_with_min_max/zero-point-at-an-exact-tie", around(-2.5, 4.5, 3),
         "scale 1, low -2.5: half even begins at -2, half away at -3"),
    Case("fake_quant_with_min_max/zero-point-at-an-odd-tie", around(-3.5, 3.5, 3),
         "scale 1, low -3.5: half even and half away begin at -4"),
    Case("fake_quant_with_min_max/narrow-zero-point-at-a-tie", around(-2.5, 3.5, 3, True),
         "round(-2.5) is -2; but 1 - -2.5 is 3.5, and rounds to 4: the range begins at -3"),
    Case("fake_quant_with_min_max/narrow-zero-point-near-a-tie",
         around(float(np.float32(-0.49999997)), float(np.float32(5.5)), 3, True),
         "low rounds to 0; 1 + 0.49999997 rounds to 1.5 before it is rounded: the range begins at -1"),
    Case("fake_quant_with_min_max/ties-of-a-power-of-two", around(-8, 7, 4),
         "scale 1: half even, half up and half away differ; 0.49999997 + 0.5 is 1 in float32"),
    Case("fake_quant_with_min_max/from-zero", around(0, 1), "the codes' own rounding, without a zero point"),
    Case("fake_quant_with_min_max/up-to-zero", around(-1, 0),
         "0 must be 0.0: the low bound added to a fused product leaves 5.9e-08"),
    Case("fake_quant_with_min_max/positive-range", ask([-1, 0, 5, 12, 67.3, 111, 111.5, 123, 200], 12, 123),
         "0 < low: the range becomes [0, 111]; a scale computed with float32(1 / 255) gives 111.00001"),
    Case("fake_quant_with_min_max/negative-range", ask([-9, -5, -3, -2.9, -2, -0.3, -0.0, 0, 1], -5, -2),
         "high < 0: the range becomes [-3, 0]; counted from -3 and fused, 0 becomes 5.9e-08"),
    Case("fake_quant_with_min_max/narrow-positive-range", around(0.3, 0.7, 4, True), "14 steps up from 0"),
    Case("fake_quant_with_min_max/small-data",
         ask([0.09504107, 0.0748544, 0.09333218, 0.106306, 0.12734564], 0.0748544, 0.12734564),
         "all data lie above 0.052, the width: they all become 0.052491242"),
    Case("fake_quant_with_min_max/zero-is-a-value", ask([0, -0.0, 0.08, -7.0588], -25, 20),
         "counted from the low bound and fused, 0 becomes -3.9e-07"),
    Case("fake_quant_with_min_max/two-bits", around(-1, 1, 2), "three steps: the zero point, 1.5, is a tie"),
    Case("fake_quant_with_min_max/two-bits-narrow", around(-1, 1, 2, True), "two steps: ternary values"),
    Case("fake_quant_with_min_max/five-bits-narrow", around(-0.3, 1.1, 5, True), "30 steps, not 31"),
    Case("fake_quant_with_min_max/sixteen-bits", around(-0.7, 0.9, 16),
         "65,535 steps: a factor is not a quotient"),
    Case("fake_quant_with_min_max/sixteen-bits-narrow", around(-10, 10, 16, True), "65,534 steps"),
    Case("fake_quant_with_min_max/quotients-at-ties", around(-0.1, 0.7),
         "x / scale is a tie, x * (1 / scale) or x * (steps / width) lies beside it"),
    Case("fake_quant_with_min_max/tiny-width", around(-1e-30, 2e-30), "a floor under the scale would show"),
    Case("fake_quant_with_min_max/subnormal-scale", ask([1e-38, -1e-38, 2e-38, 1e-40, 5e-39], -1e-38, 2e-38),
         "the scale is subnormal: flushed it is 0, and every output NaN"),
    Case("fake_quant_with_min_max/subnormal-range", ask([0, 1, -1, 1e-40], -1e-40, 1e-40),
         "flushed, both bounds are 0"),
    Case("fake_quant_with_min_max/special-values", ask(SPECIAL, -6, 6),
         "infinities become the bounds, which a tie decides; NaN stays; no zero has a sign"),
    Case("fake_quant_with_min_max/special-values-from-zero", ask(SPECIAL, 0, 111),
         "the width times float32(1 / 255) gives another scale: infinity becomes 111.00001"),
    Case("fake_quant_with_min_max/wide", around(-1e37, 2e38, 4), "no intermediate but x may overflow"),
    Case("fake_quant_with_min_max/low-equals-high-zero", ask([0, 1, -1, NAN], 0, 0),
         "refused: min >= max; computed it is 0 / 0"),
    Case("fake_quant_with_min_max/low-equals-high", ask([0, 1, -1], 1, 1),
         "refused: min >= max; computed it is NaN"),
    Case("fake_quant_with_min_max/width-overflows", ask([0, 1, -1e38, 3e38], -3e38, 3e38),
         "undefined: the width is infinite in float32; systems are compared"),
    Case("fake_quant_with_min_max/channels",
         ask([[0.5, -0.3, 1.7], [-2, 9, 0.66], [2.6, -0.03, 0.4], [0, -0.0, -4]],
             [-0.5, -1, 0.4], [2.5, 0, 1.9], 4),
         "each column has its own range, scale and zero point"),
    Case("fake_quant_with_min_max/channels-narrow",
         ask([[0.5, -0.3], [-2, 9], [2.6, -0.03], [1e9, -1e9]], [-6, -25], [6, 20], 8, True),
         "each column has its own range; 254 steps"),
    Case("fake_quant_with_min_max/channel-without-a-range", ask([[0.5, -0.3], [-2, 9]], [-1, 0], [1, 0]),
         "refused: min >= max in one channel"),
]  # fmt: skip
