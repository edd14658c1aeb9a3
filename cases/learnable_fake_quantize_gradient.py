"""Cases of `learnable_fake_quantize_gradient`: at, inside and beyond the ends; sums that are exact."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.gradients import NARROW, at_ends
from cases.gradients import ask as ask_gradient
from cases.points import INT4, INT8, UINT8, singles
from cases.reals import one

QUARTER = np.float32(0.25)
INSIDE = singles([0.5, 1.5, 2.25, -3.75, 10.125, -100.5])
ENDS = singles([-129, -128.5, -128, -127.5, 126.5, 127, 127.5, 128])


def ask(x: Any, scale: Any, zero_point: Any, codes: dict[str, int], dy: Any = None, grad_factor: float = 1.0,
        **others: Any) -> dict[str, Any]:  # fmt: skip
    real = np.asarray(zero_point, np.float32)[()]
    return ask_gradient(x, scale, real, codes, dy, grad_factor=grad_factor, **others)


def one_value(
    slug: str, x: float, scale: float, zero_point: float, codes: dict[str, int], shows: str
) -> Case:
    """A sum of one term shows the order of its operations."""
    arguments = ask(singles([x]), np.float32(scale), zero_point, codes, singles([0.7]))
    return Case(f"learnable_fake_quantize_gradient/{slug}", arguments, shows)


def zero_point_of(value: float, slug: str, shows: str) -> Case:
    x = singles([0.25, -1.5, 300.0, 0.75, -300.0, 301.0, 2.5])
    return Case(f"learnable_fake_quantize_gradient/zero-point-{slug}", ask(x, one, value, INT8), shows)


CASES = [
    Case("learnable_fake_quantize_gradient/inside", ask(INSIDE, one, 0, INT8),
         "inside the range the zero point has no gradient, and the scale's is the rounding error"),
    Case("learnable_fake_quantize_gradient/inside-with-a-scale", ask(INSIDE * QUARTER, QUARTER, 5, INT8),
         "an error that is not divided by the scale is a quarter of it"),
    Case("learnable_fake_quantize_gradient/outside",
         ask(singles([200, -200, 1000, -1000, 130]), np.float32(0.5), 2, INT8),
         "outside the scale's is the end itself, and the zero point's is minus the scale"),
    Case("learnable_fake_quantize_gradient/lowest-code", ask(singles([-128.0, -127.75]), one, 0, INT8),
         "the lowest code counts as clipped: -128 for the scale; as inside it gives 0 and -1/4"),
    Case("learnable_fake_quantize_gradient/highest-code", ask(singles([127.0, 126.75]), one, 0, INT8),
         "the highest code counts as clipped: 127 for the scale; as inside it gives 0 and 1/4"),
    Case("learnable_fake_quantize_gradient/ends", ask(ENDS, one, 0, INT8),
         "127.5 rounds to 128: half even and half away part at -128.5"),
    Case("learnable_fake_quantize_gradient/ends-with-odd-zero-point", ask(ENDS - 1, one, 1, INT8),
         "rounding x + 1 instead of x moves the ties at both ends"),
    Case("learnable_fake_quantize_gradient/ends-of-an-odd-range", ask(singles([126.5, -127.5, 125.5]), one, 0,
                                                                     NARROW),
         "126.5 rounds to 126; half up gives 127, which is clipped"),
    Case("learnable_fake_quantize_gradient/one-sided",
         ask(singles([-3.0, -0.5, 0.5, 100.0, 255.5, 300.0]), one, 0, UINT8), "uint8 with zero point 0"),
    Case("learnable_fake_quantize_gradient/four-bits", ask(singles([-9, -8, 0.25, 3.5, 7, 8]), one, 0, INT4),
         "8 codes to the low side, 7 to the high one"),
    zero_point_of(-3, "of-minus-three", "truncated after adding 1/2 it is -2: one more for the highest code"),
    zero_point_of(3, "of-three", "an integer must stay what it is"),
    zero_point_of(0.5, "of-one-half", "half even gives 0, half away, half up and adding 1/2 give 1"),
    zero_point_of(-0.5, "of-minus-one-half", "half away gives -1, the others 0"),
    zero_point_of(1.75, "below-two", "truncation gives 1, the others 2"),
    zero_point_of(-2.75, "below-minus-two", "-3 is nearest; truncation, also after adding 1/2, gives -2"),
    zero_point_of(300, "beyond-the-range", "undefined: systems are compared"),
    Case("learnable_fake_quantize_gradient/grad-factor", ask(ENDS, one, 0, INT8, None, 0.125),
         "the gradient of x has no factor"),
    Case("learnable_fake_quantize_gradient/infinities", ask(singles([np.inf, -np.inf, 0.25]), one, 3, INT8),
         "+inf counts as the highest code; converted to int64 it is the lowest"),
    Case("learnable_fake_quantize_gradient/beyond-every-integer",
         ask(singles([1e20, -1e20, 2.0**63]), one, 3, INT8),
         "converted to int64 without a clip, 1e20 is the lowest integer: -131 instead of 124"),
    Case("learnable_fake_quantize_gradient/nan", ask(singles([np.nan]), one, 3, INT8, singles([2.0])),
         "silent: this says what a system chose"),
    Case("learnable_fake_quantize_gradient/gradients-that-are-no-numbers",
         ask(singles([500.0, 0.5]), one, 0, INT8, singles([-np.inf, 1.0])),
         "outside the range infinity times 0 is NaN; selected, 0"),
    one_value("one-value", -5.63, 0.83, 2, INT8, "the quotient, the product and the fused product differ"),
    one_value("another-value", 2.57, 0.28, 1, INT8, "as one-value"),
    one_value("a-third-value", -2.0, 0.35, -4, INT8, "as one-value, with a negative zero point"),
    one_value("reciprocal", -20.549999237060547, 0.1, 77, INT8,
              "divided by the scale it rounds to the lowest code, times 1 / scale to the one below"),
    one_value("fused-offset", -13.049999237060547, 0.1, 3, NARROW,
              "a fused addition of the zero point rounds to the lowest code, an addition to the one below"),
    one_value("fused-offset-above", 13.049999237060547, 0.1, -3, INT8, "as fused-offset, at the other end"),
    one_value("offset-below", -12.55000114440918, 0.1, -3, INT8,
              "x / scale - 3 is rounded to a tie, and passes; a fused addition is no tie"),
    one_value("offset-above", 15.450000762939453, 0.1, -28, INT8, "as offset-below, at the other end"),
    one_value("offset-before", -13.15000057220459, 0.1, 3, INT8,
              "adding the zero point before rounding makes a tie at the lowest code"),
    Case("learnable_fake_quantize_gradient/tie-rich-ends",
         ask(at_ends(np.float32(0.1), 3, NARROW), np.float32(0.1), 3, NARROW),
         "bounded: the sums of ordinary numbers; the gradients of x are exact"),
    Case("learnable_fake_quantize_gradient/empty", ask(np.zeros(0, np.float32), QUARTER, 3, INT8),
         "an empty sum is 0, and not the scale"),
    Case("learnable_fake_quantize_gradient/two-axes", ask(ENDS.reshape(2, 4), one, 0, INT8),
         "the shape of x is kept, and the sums are over all of it"),
    Case("learnable_fake_quantize_gradient/channels",
         ask(ENDS.reshape(2, 4), singles([1.0, 0.5]), singles([0, -3]), INT8, axis=0),
         "a sum over all channels gives one number for two scales"),
    Case("learnable_fake_quantize_gradient/channels-of-the-last-axis",
         ask(ENDS.reshape(2, 2, 2), singles([1.0, 0.5]), singles([1.5, 3]), INT8, None, 0.5, axis=2),
         "a sum over the wrong axes"),
]  # fmt: skip
