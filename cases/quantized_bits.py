"""Cases of `quantized_bits`: ties, bounds, ranges beyond them, and tensors whose alpha is determined."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from cases.case import Case
from cases.points import near_ties, singles

INF, NAN = float("inf"), float("nan")


def ask(x: Any, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), **settings}


def ties(step: float, codes: Iterable[int], **settings: Any) -> dict[str, Any]:
    """Ask both sides of the tie above each code."""
    return ask(near_ties(np.float32(step), codes), **settings)


def column(*values: float, **settings: Any) -> dict[str, Any]:
    """Ask one channel."""
    return ask(singles(values)[:, None], **settings)


KERNEL = singles([0.31, -0.77, 1.13, -0.052, 0.49, 0.27, -1.9, 0.003, 0.61, -0.34, 0.083, 0.7]).reshape(6, 2)
LARGE = [1e5, -1e5, 131072.5, 1e6, 16777216.0, -16777216.0, 1e8, -1e8, 1e30]
HALVES = [7.5, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, -0.49999997, 7.0]

CASES = [
    Case("quantized_bits/first-thread", ask([0.3], bits=8, integer=0),
         "code 38 at step 2^-7; with a bit for the sign left of the point 2^-6, without a sign 2^-8"),
    Case("quantized_bits/ties", ties(1 / 8, range(-10, 9), bits=4, integer=0),
         "half away, half up and truncation give other codes at the ties; -9 and 8 are clipped"),
    Case("quantized_bits/integer-of-bits-minus-one", ties(1.0, [-129, -128, -2, -1, 0, 1, 126, 127],
                                                          bits=8, integer=7),
         "integers from -128 to 127; integer = 8 gives even ones only"),
    Case("quantized_bits/one-integer-bit", ties(1 / 4, range(-10, 9), bits=4, integer=1),
         "a sign that counts as an integer bit gives a step of 1/8"),
    Case("quantized_bits/negative-integer", ties(2.0**-6, range(-10, 9), bits=4, integer=-3),
         "refused; computed with, a step of 2^-6"),
    Case("quantized_bits/beyond-the-bits", ties(8.0, [-10, -9, -2, 0, 7, 8], bits=4, integer=6),
         "undefined: systems are compared; more integer bits than bits"),
    Case("quantized_bits/symmetric", ties(1 / 8, range(-10, 9), bits=4, symmetric=True),
         "-1 is no value: the lowest code is -7"),
    Case("quantized_bits/unsigned", ties(1 / 16, range(-3, 18), bits=4, keep_negative=False),
         "a step of 1/8 keeps a bit for a sign that is not there"),
    Case("quantized_bits/unsigned-symmetric", ties(1 / 16, [-3, -1, 0, 14, 15], bits=4, keep_negative=False,
                                                   symmetric=True),
         "without negative codes symmetric drops none"),
    Case("quantized_bits/one-bit", ask([0.3, -0.3, 5.0, -5.0, 0.0, -0.0, 0.5, -0.5], bits=1),
         "-1 and 1; a fixed-point bit gives -1 and 0, tf.sign three values"),
    Case("quantized_bits/one-unsigned-bit", ask([0.3, -0.3, 5.0, 0.25, 0.2500001, 0.75], bits=1,
                                                keep_negative=False),
         "0 and 0.5"),
    Case("quantized_bits/two-bits", ties(0.5, range(-4, 3), bits=2), "-1, -0.5, 0, 0.5"),
    Case("quantized_bits/sixteen-bits", ties(2.0**-15, [-32769, -32768, -2, 0, 1, 32766, 32767], bits=16),
         "32,767 steps a side"),
    Case("quantized_bits/twenty-four-bits", ties(2.0**-20, [-3, 0, 1, 12345, 123456], bits=24, integer=3),
         "codes that fill a float32"),
    Case("quantized_bits/thirty-two-bits", ask([0.3, 1.0, -1.0, 2.0, 0.99999994, 3 * 2.0**-32], bits=32),
         "the last code is no float32: it rounds up to 2^31"),
    Case("quantized_bits/large", ask(LARGE, bits=8), "x + (value - x) leaves the grid: 1e8 gives 0"),
    Case("quantized_bits/large-without-ste", ask(LARGE, bits=8, use_ste=False),
         "use_ste changes the value where x + (value - x) is computed"),
    Case("quantized_bits/overflow", ask([3e38, -3e38], bits=8), "x * 128 overflows: NaN, not the bound"),
    Case("quantized_bits/overflow-of-a-product", ask([3e38, -3e38, 1e30], bits=8, integer=7, use_ste=False),
         "x * 128 overflows before it is divided by 128; x * 1 does not"),
    Case("quantized_bits/infinity", ask([INF, -INF], bits=8), "inf - inf is NaN: no saturation"),
    Case("quantized_bits/infinity-without-ste", ask([INF, -INF, 0.3], bits=1, use_ste=False),
         "0 * x is added where qnoise_factor is 1: NaN"),
    Case("quantized_bits/unsigned-without-ste", ask([-0.3, -5.0, -0.01, 0.3], bits=4, keep_negative=False,
                                                    use_ste=False),
         "clipped at False * -16, which is -0.0"),
    Case("quantized_bits/unsigned-eight-at-a-time",
         ask([-0.01, -0.0, 0.0, 0.01, -0.3, 0.3, 5.0, -0.001, -0.01, -0.0, -0.3], bits=4, keep_negative=False,
             use_ste=False),
         "of +0.0 and -0.0 a kernel's maximum for eight at a time is -0.0, that for one +0.0"),
    Case("quantized_bits/nan", ask([NAN], bits=8), "undefined: systems are compared"),
    Case("quantized_bits/signs-of-zero", ask([0.0, -0.0, 0.001, -0.001, 1e-45, -1e-45], bits=8),
         "a code has no -0"),
    Case("quantized_bits/subnormal-noise", ask([1e-39, -1e-39, 3e-39], bits=8, qnoise_factor=0.5),
         "half of a subnormal is flushed to 0"),
    Case("quantized_bits/alpha-of-one", ties(1 / 8, [-9, -1, 0, 1, 7], bits=4, alpha=1.0), "as None"),
    Case("quantized_bits/alpha-of-two", ties(1 / 4, [-9, -1, 0, 1, 7], bits=4, alpha=2.0),
         "multiplied only, 0.25 gives 0.5: the grid is stretched, but not what is put on it"),
    Case("quantized_bits/alpha-of-a-half", ties(1 / 16, [-9, -1, 0, 1, 7], bits=4, alpha=0.5),
         "multiplied only, 0.25 gives 0.125"),
    Case("quantized_bits/alpha-no-power-of-two", ties(0.3 / 8, range(-10, 9), bits=4, alpha=0.3),
         "a value of 24 significant bits: x + (value - x) rounds"),
    Case("quantized_bits/alpha-with-one-bit", ask([0.3, -5.0], bits=1, alpha=0.3),
         "-0.3 and 0.3; x + (value - x) rounds"),
    Case("quantized_bits/alpha-per-channel", ask(KERNEL, bits=4, alpha=singles([0.5, 2.0])),
         "one step for each column"),
    Case("quantized_bits/alpha-in-a-list-of-one", ask([[0.3], [-0.7]], bits=4, alpha=singles([0.5])),
         "an array of one number"),
    Case("quantized_bits/noise", ask([0.3, -0.7, 1.9, 0.01, 33.3], bits=4, qnoise_factor=0.5),
         "half of x and half of its value; ignored, the value alone"),
    Case("quantized_bits/noise-without-ste", ask([0.3, -0.7, 1.9, 0.01, 33.3], bits=4, qnoise_factor=0.25,
                                                 use_ste=False),
         "(1 - q) * x + q * value, each product rounded"),
    Case("quantized_bits/no-noise", ask([0.3, -0.7, 1.9, 33.3], bits=4, qnoise_factor=0.0), "x itself"),
    Case("quantized_bits/weight", ask(KERNEL, bits=4),
         "alpha = None is 1; a layer that makes auto_po2 of it gives other values, and no -1"),
    Case("quantized_bits/weight-of-rank-three", ask(KERNEL.reshape(2, 3, 2), bits=4, alpha=1.0),
         "as rank two"),
    Case("quantized_bits/weight-of-rank-four", ask(KERNEL.reshape(1, 2, 3, 2), bits=4, symmetric=True,
                                                   alpha=1.0),
         "as rank two"),
    Case("quantized_bits/weight-with-alpha", ask(KERNEL, bits=6, alpha=0.5),
         "multiplied only, half of each weight; saved and quantized again, a quarter"),
    Case("quantized_bits/auto", ask(KERNEL, bits=4, alpha="auto"),
         "max / 7 for each column; max / 7.5, or one step for all, gives other values"),
    Case("quantized_bits/auto-ties", column(*HALVES, bits=4, alpha="auto"),
         "step 15/14: no tie; what lies just below one"),
    Case("quantized_bits/auto-exact-ties", column(7.0, *HALVES[1:], bits=4, integer=2, alpha="auto"),
         "step 1: half away gives 1, 2, 3, half even 0, 2, 2; 0.49999997 + 0.5 rounds to 1"),
    Case("quantized_bits/auto-of-rank-one", ask([0.3, -1.2, 0.5, 0.02], bits=4, alpha="auto"),
         "one step for the vector, or one for each element: both are read"),
    Case("quantized_bits/auto-of-rank-three", ask(KERNEL.reshape(3, 2, 2), bits=4, alpha="auto"),
         "the last axis"),
    Case("quantized_bits/auto-of-rank-four", ask(KERNEL.reshape(1, 3, 2, 2), bits=8, integer=1, alpha="auto"),
         "integer changes alpha, and not the values"),
    Case("quantized_bits/auto-scale-axis", ask(KERNEL[:3], bits=4, alpha="auto", scale_axis=0),
         "one step for each row; lost on the way, one for each column"),
    Case("quantized_bits/auto-unsigned", ask(KERNEL, bits=4, keep_negative=False, alpha="auto"),
         "negative values are kept where codes are taken for signed ones"),
    Case("quantized_bits/auto-without-ste", ask(KERNEL, bits=4, alpha="auto", use_ste=False),
         "x + (value - x) rounds; -0.0 for small negative x"),
    Case("quantized_bits/auto-zeros-without-ste", column(-0.0, 0.5, -0.3, 0.0, -0.01, bits=4, alpha="auto",
                                                         qnoise_factor=0.5, use_ste=False),
         "the sign of -0.0 is 0; that of -0.01 is -1"),
    Case("quantized_bits/auto-subnormal-quotient", column(1.0, 3e-38, -0.5, bits=6, integer=3, alpha="auto",
                                                          qnoise_factor=0.0),
         "3e-38 / 8 is subnormal, and flushed"),
    Case("quantized_bits/auto-noise", ask(KERNEL, bits=4, alpha="auto", qnoise_factor=0.5), "half and half"),
    Case("quantized_bits/auto-po2", ask(KERNEL, bits=4, alpha="auto_po2"),
         "a search that starts from the maximum keeps too small a step"),
    Case("quantized_bits/auto-po2-two-bits", column(-0.75, 1.69, bits=2, alpha="auto_po2"),
         "step 1 leaves an error of 0.54, step 2 one of 0.66"),
    Case("quantized_bits/auto-po2-outlier", column(0.47, -1.03, 0.46, 0.44, 0.45, bits=3, alpha="auto_po2"),
         "the outlier is clipped where the others are better served"),
    Case("quantized_bits/auto-po2-eight-bits", column(-0.22, 1.78, 0.3, 0.001, alpha="auto_po2"),
         "1.78 is clipped at step 2^-6"),
    Case("quantized_bits/auto-po2-integer", ask(KERNEL, bits=6, integer=3, alpha="auto_po2"),
         "integer changes alpha; 1e-7 is added to another number"),
    Case("quantized_bits/auto-po2-small-integer",
         column(0.001, -0.0003, bits=11, integer=2, alpha="auto_po2"),
         "1e-7 added to a step of x / 4, not of x"),
    Case("quantized_bits/auto-po2-tiny", column(3.1e-7, -1.3e-6, 7.7e-7, bits=8, alpha="auto_po2"),
         "1e-7 in a logarithm keeps the step at 2^-23"),
    Case("quantized_bits/auto-po2-smaller", column(3.1e-12, -1.3e-11, 7.7e-12, bits=8, alpha="auto_po2"),
         "at 2^-23 every code is 0"),
    Case("quantized_bits/auto-po2-scale-axis", ask(KERNEL.T, bits=4, alpha="auto_po2", scale_axis=0),
         "one step for each row"),
    Case("quantized_bits/auto-po2-unsigned", ask(KERNEL, bits=4, keep_negative=False, alpha="auto_po2"),
         "negative values are kept where codes are taken for signed ones"),
    Case("quantized_bits/auto-po2-of-rank-one", ask([0.31, -1.17, 0.66, 0.021], bits=4, alpha="auto_po2"),
         "one power for the vector, or one for each element: both are read"),
    Case("quantized_bits/auto-po2-of-rank-four", ask(KERNEL.reshape(1, 2, 3, 2), bits=8, alpha="auto_po2"),
         "as rank two"),
    Case("quantized_bits/auto-zeros", column(0.0, 0.0, alpha="auto"), "undefined: systems are compared"),
    Case("quantized_bits/auto-po2-zeros", column(0.0, 0.0, alpha="auto_po2"),
         "undefined: systems are compared"),
    Case("quantized_bits/auto-one-bit", column(0.5, -0.3, bits=1, alpha="auto"),
         "undefined: systems are compared; max / 0 gives NaN"),
    Case("quantized_bits/auto-negative-axis", ask(KERNEL, bits=4, alpha="auto", scale_axis=-1),
         "undefined: systems are compared"),
    Case("quantized_bits/no-bits", ask([0.3, -0.3], bits=0, keep_negative=False),
         "refused; computed with, the sign: 0 and 1"),
]  # fmt: skip
