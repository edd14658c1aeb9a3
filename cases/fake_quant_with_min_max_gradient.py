"""Cases of `fake_quant_with_min_max_gradient`: x at the adjusted bounds, which are not those given."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.fake_quant_with_min_max import ask
from cases.points import neighbours, singles
from oracle.fake_quant_with_min_max_gradient import fake_quant_with_min_max_gradient as gradient
from oracle.formats import Array
from oracle.tensorflow_range import DOCUMENTED, adjust

NAN, INFINITY = float("nan"), float("inf")
OPERATION = gradient.__name__


def dyadic(shape: tuple[int, ...]) -> Array:
    """Return quarters, some negative, whose sums are exact in every order and seldom 0."""
    size = int(np.prod(shape))
    quarters = [((k * 7) % 23 - 5) / 4 or 0.75 for k in range(size)]
    return np.array(quarters, np.float32).reshape(shape)


def at_bounds(low: float, high: float, bits: int = 8, narrow_range: bool = False) -> dict[str, Any]:
    """Ask for both bounds, as given and as adjusted in two ways, with neighbours, and for values between."""
    given = singles([low, high])
    moved = [adjust(given[0], given[1], bits, narrow_range, profile) for profile in
             (DOCUMENTED, type(DOCUMENTED)(high_bound="product"))]  # fmt: skip
    ends = singles([*given, *(float(end) for range_ in moved for end in (range_.low, range_.high))])
    x = np.concatenate([neighbours(ends), singles([0.0, low / 2, high / 3, low * 2 - 1, high * 2 + 1])])
    return asked(x, low, high, bits, narrow_range)


def asked(x: Any, low: Any, high: Any, bits: int = 8, narrow_range: bool = False,
          dy: Any = None) -> dict[str, Any]:  # fmt: skip
    x = np.asarray(x, np.float32)
    upstream = dyadic(x.shape) if dy is None else np.asarray(dy, np.float32)
    return {**ask(x, low, high, bits, narrow_range), "dy": upstream}


CASES = [
    Case(f"{OPERATION}/{name}", arguments, shows)
    for name, arguments, shows in (
        ("default-range", at_bounds(-6, 6), "the adjusted range is not [-6, 6]"),
        ("unit-range", at_bounds(-1, 1), "the adjusted range is [-0.996, 1.004]"),
        ("unit-range-narrow", at_bounds(-1, 1, 8, True), "the bounds are values: inclusive at both"),
        ("tie", at_bounds(-2.5, 4.5, 3), "half even begins the range at -2, half away at -3"),
        ("narrow-tie", at_bounds(-2.5, 3.5, 3, True), "the bound rounds to -2, the zero point to 4: -3"),
        ("narrow-near-a-tie", at_bounds(-0.49999997, 5.5, 3, True),
         "the bound rounds to 0; 1 + 0.49999997 rounds to 1.5, and the zero point to 2: -1"),
        ("from-zero", at_bounds(0, 1), "x = 0 lies inside: its gradient is dy, that of low has none of it"),
        ("odd-range", at_bounds(-0.3, 1.1), "high + low' - low is not the product with the scale"),
        ("odd-range-16-bits", at_bounds(-0.7, 0.9, 16), "the high bound's last bits decide"),
        ("positive-range", at_bounds(12, 123), "[0, 111]; float32(1 / 255) ends it at 111.00001"),
        ("negative-range", at_bounds(-5, -2), "the range is [-3, 0]: -4 gives its gradient to low"),
        ("negative-dy", asked([-9, -1, 1, 9], -2, 2, 4, True, [-1, -2, -4, -8]),
         "outside -1 * 0 is -0.0; selected it is 0.0; the gradients of low and high are -1 and -8"),
        ("infinite-dy", asked([-9, -1, 1, 9], -2, 2, 4, True, [1, 2, INFINITY, 4]),
         "multiplied by 0 it is NaN, in both sums; selected it is not there"),
        ("special-x", asked([NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e-40], -1, 1, 4),
         "NaN is neither inside nor outside: multiplied, dy becomes a zero of its sign"),
        ("special-dy", asked([-3, 3, 0, 0.5], -1, 1, 4, False, [NAN, 1, NAN, 2]),
         "multiplied, NaN is in all sums"),
        ("ordinary-values", asked(np.linspace(-3, 3, 41), -1, 1, 4, False, np.linspace(-0.7, 1.9, 41)),
         "sums of rounded numbers: they may differ by what the order of the additions can make"),
        ("subnormal-dy", asked([-3, 3, 0], -1, 1, 4, False, [1e-40, -1e-40, 1e-40]), "flushed, all are 0"),
        ("subnormal-range", asked([-1, 0, 1, 1e-40], -1e-40, 1e-40), "flushed, both bounds are 0"),
        ("low-equals-high-zero", asked([-1, 0, 1], 0, 0), "refused: min >= max; computed it is NaN"),
        ("low-equals-high", asked([-1, 0, 1], 1, 1), "refused: min >= max; computed, no x is inside"),
        ("channels",
         asked([[0.5, -0.3, 1.7], [-2, 9, 0.66], [2.6, -0.03, 0.4], [0, -0.0, -4]],
               [-0.5, -1, 0.4], [2.5, 0, 1.9], 4),
         "each column has its own range and its own sums"),
        ("channels-narrow",
         asked([[0.5, -0.3], [-2, 9], [2.6, -0.03], [1e9, -1e9]], [-2.5, -25], [3.5, 20], 3, True),
         "each column has its own range and its own sums"),
    )
]  # fmt: skip
