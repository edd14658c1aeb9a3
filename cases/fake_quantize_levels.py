"""Cases of `fake_quantize_levels`: ties, both bounds, the numbers of levels that compilers know."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case

Range = tuple[Any, ...]  # two bounds
BEYOND = (-1e4, 1e4)


def ask(x: Any, ends: Range, outputs: Range, levels: int, dtype: Any = np.float32) -> dict[str, Any]:
    low, high, out_low, out_high = (np.asarray(v, dtype)[()] for v in (*ends, *outputs))
    return {"x": np.asarray(x, dtype), "input_low": low, "input_high": high, "output_low": out_low,
            "output_high": out_high, "levels": levels}  # fmt: skip


def around(values: Any, dtype: Any = np.float32) -> np.ndarray[Any, Any]:
    """Each value with both of its neighbours."""
    middle = np.asarray(values, dtype)
    return np.stack([np.nextafter(middle, dtype(-np.inf)), middle, np.nextafter(middle, dtype(np.inf))], -1)


def ties(ends: Range, levels: int, count: int, dtype: Any = np.float32) -> np.ndarray[Any, Any]:
    """Some values half way between two levels, the bounds, the neighbours of all, and values beyond."""
    low, high = ends
    at = np.unique(np.linspace(0, levels - 2, count).round())
    middle = np.concatenate([low + (at + 0.5) / (levels - 1) * (high - low), [low, high]])
    return np.concatenate([around(middle, dtype).reshape(-1), np.array(BEYOND, dtype)])


def at_ties(ends: Range, outputs: Range, levels: int, count: int = 5) -> dict[str, Any]:
    return ask(ties(ends, levels, count), ends, outputs, levels)


SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, -1e-40, 3e38, -3e38, 0.5]
MANY = around(np.linspace(0, 1, 65)).reshape(-1)  # 0.5 and its neighbours in the middle
CHANNELS = np.linspace(-1.1, 1.1, 12).reshape(1, 3, 2, 2)


def channels(*values: float) -> np.ndarray[Any, Any]:
    return np.array(values).reshape(1, -1, 1, 1)


WIDE = (channels(-1, -0.5, -2), channels(1, 0.7, 0.3))
OUTPUTS = (channels(0, -1, -0.2), channels(1, 3, 0.1))

CASES = [
    Case("fake_quantize_levels/ties-on-integers", at_ties((0, 16), (0, 16), 17, 16),
         "half up gives 1 for 0.5, half even 0; truncation gives 0 for 0.9999999"),
    Case("fake_quantize_levels/ties-below-zero", at_ties((-8, 8), (-8, 8), 17, 16),
         "the level, not the value, is rounded: -7.5 is level 0.5 and gives -8"),
    Case("fake_quantize_levels/other-output", at_ties((-1, 1), (2, 10), 17),
         "the output range is not the input range"),
    Case("fake_quantize_levels/quotient-and-factor", at_ties((-1.3, 2.7), (-1.3, 2.7), 257, 12),
         "x * (256 / 4) - shift crosses ties that (x + 1.3) / 4 * 256 does not"),
    Case("fake_quantize_levels/fused", at_ties((0.1, 0.9), (-3.3, 1.7), 258, 12),
         "a fused multiply-add rounds once where two operations round twice"),
    Case("fake_quantize_levels/shift", at_ties((0.37, 5.1), (-0.2, 0.9), 20, 12),
         "the shift as product with the factor, or as quotient"),
    Case("fake_quantize_levels/three-levels", at_ties((-1, 1), (-1, 1), 3), "ternary: ties at -0.5 and 0.5"),
    Case("fake_quantize_levels/two-levels", at_ties((0, 1), (0, 1), 2), "one tie, at 0.5"),
    Case("fake_quantize_levels/two-levels-of-any-value", at_ties((-0.3, 0.9), (-2.1, 5.3), 2),
         "the tie is at 0.3, the values are -2.1 and 5.3"),
    Case("fake_quantize_levels/two-levels-near-the-tie",
         ask(around([-2.54]).reshape(-1), (-2.83, -2.25), (0, 3), 2),
         "half way between -2.83 and -2.25 the roundings of a factor and of a shift show"),
    Case("fake_quantize_levels/binarization", ask(MANY, (0.5, 0.5), (0, 1), 2),
         "x > 0.5 gives 1; 0.5 itself gives 0; the width of the range is 0"),
    Case("fake_quantize_levels/binarization-downwards", ask(MANY, (0.5, 0.5), (1, 0), 2),
         "x > 0.5 gives 0"),
    Case("fake_quantize_levels/binarization-to-other-values", ask([0.4, 0.5, 0.6], (0.5, 0.5), (-3, 5), 2),
         "dividing by the width of the range gives NaN"),
    Case("fake_quantize_levels/binarization-of-an-image",
         ask(np.linspace(0, 1, 128).reshape(1, 8, 4, 4), (0.5, 0.5), (0, 1), 2),
         "rank 4: eight channels of sixteen values; packing them into bits, and unpacking more, kills"),
    Case("fake_quantize_levels/equal-bounds", ask([0.4, 0.5, 0.6], (0.5, 0.5), (-1, 1), 17),
         "dividing by the width of the range gives NaN; the comparisons give -1, -1, 1"),
    Case("fake_quantize_levels/equal-bounds-of-256-levels", ask([0.4, 0.5, 0.6], (0.5, 0.5), (-1, 1), 256),
         "as equal-bounds"),
    Case("fake_quantize_levels/decreasing-input", at_ties((1, -1), (0, 1), 17),
         "clipping to [1, -1] gives one value for all; the text takes min and max of the bounds"),
    Case("fake_quantize_levels/decreasing-input-of-256-levels", at_ties((0.7, -1.3), (-1, 0.7), 256),
         "as decreasing-input, and the output range is rebuilt or not"),
    Case("fake_quantize_levels/decreasing-output", at_ties((0, 1), (3, -1), 17),
         "x <= input_low gives output_low, which is the larger"),
    Case("fake_quantize_levels/decreasing-output-of-256-levels", at_ties((0, 1), (1, -0.3), 256),
         "as decreasing-output"),
    Case("fake_quantize_levels/int8-nearly-symmetric", at_ties((-1, 0.9935), (-1, 0.9935), 256),
         "without a zero point the values are multiples of 1.9935 / 255: -1.00066 lies below output_low"),
    Case("fake_quantize_levels/int8-asymmetric", at_ties((-1, 1), (-1, 1), 256),
         "0 is between two levels; a range rebuilt from integers ends at 1.0000001"),
    Case("fake_quantize_levels/int8-symmetric", at_ties((-1.28, 1.27), (-1.28, 1.27), 256),
         "0 is a level, and must give 0 but for rounding"),
    Case("fake_quantize_levels/narrow-symmetric", at_ties((-0.7, 0.7), (-0.7, 0.7), 255),
         "254 steps: 0 is a level"),
    Case("fake_quantize_levels/narrow-asymmetric", at_ties((-0.7, 1.9), (-0.7, 1.9), 255),
         "254 steps, not 255"),
    Case("fake_quantize_levels/uint8", at_ties((0, 2.55), (0, 2.55), 256), "255 steps"),
    Case("fake_quantize_levels/uint8-away-from-zero", at_ties((0.3, 2.55), (0.3, 2.55), 256),
         "the zero point of such a range lies outside the codes"),
    Case("fake_quantize_levels/uint8-from-a-tiny-value", at_ties((0, 1), (5e-7, 1), 256),
         "output_low below 1e-6 taken for 0 gives 0 for x = 0"),
    Case("fake_quantize_levels/int4", at_ties((-0.8, 0.7), (-0.8, 0.7), 16, 15), "15 steps"),
    Case("fake_quantize_levels/int4-asymmetric", at_ties((-0.4, 0.7), (-0.4, 0.7), 16, 15), "15 steps"),
    Case("fake_quantize_levels/uint4", at_ties((0, 1.1), (0, 1.1), 16, 15), "15 steps"),
    Case("fake_quantize_levels/fifteen-levels", at_ties((-0.7, 0.7), (-0.7, 0.7), 15, 14),
         "14 steps: 0 is a level"),
    Case("fake_quantize_levels/tiny-output", at_ties((-1, 1), (-1e-33, 2e-33), 256),
         "a step that must be at least 1e-32 gives values a thousand times too large"),
    Case("fake_quantize_levels/65536-levels", at_ties((-1, 2), (0, 1), 65536), "65535 steps"),
    Case("fake_quantize_levels/65536-levels-of-one-range", at_ties((-1.3, 2.7), (-1.3, 2.7), 65536),
         "an implementation that leaves the operation out does not even clip: 10000 gives 10000"),
    Case("fake_quantize_levels/special-values", ask(SPECIAL, (-1, 1), (-1, 1), 17),
         "NaN is not mentioned; infinities are clipped; -0.0 and subnormals are in the middle"),
    Case("fake_quantize_levels/special-values-of-256-levels", ask(SPECIAL, (0, 1), (0, 2), 256),
         "as special-values"),
    Case("fake_quantize_levels/minus-zero", ask([np.inf, -np.inf, 0.0, 1e-45, 0.5], (0, 1), (-0.0, 1), 17),
         "output_low is -0.0, and level * step + -0.0 is +0.0"),
    Case("fake_quantize_levels/subnormal-range", ask([-1, 0, 1e-39, 2e-39, 3e-39, 1], (0, 3e-39), (0, 1), 4),
         "levels - 1 divided by the width overflows"),
    Case("fake_quantize_levels/per-channel", ask(CHANNELS, WIDE, OUTPUTS, 17), "each channel has its ranges"),
    Case("fake_quantize_levels/per-channel-256", ask(CHANNELS, WIDE, OUTPUTS, 256), "as per-channel"),
    Case("fake_quantize_levels/per-channel-nearly-symmetric",
         ask(CHANNELS, WIDE, (channels(-1, -0.5, -2), channels(0.992, 0.497, 1.984)), 256),
         "each channel as int8-nearly-symmetric"),
    Case("fake_quantize_levels/output-high-per-channel", ask(CHANNELS, (-1, 1), (0, OUTPUTS[1]), 17),
         "output_low serves all channels"),
    Case("fake_quantize_levels/output-high-per-channel-256", ask(CHANNELS, (-1, 1), (0, OUTPUTS[1]), 256),
         "taking the first channel's output_high for all gives 1 where 3 and 0.1 are asked for"),
    Case("fake_quantize_levels/per-row", ask(CHANNELS.reshape(3, 4), tuple(v.reshape(3, 1) for v in WIDE),
                                             tuple(v.reshape(3, 1) for v in OUTPUTS), 18),
         "the first axis has the ranges"),
    Case("fake_quantize_levels/last-axis", ask(CHANNELS.reshape(2, 2, 3), tuple(v.reshape(3) for v in WIDE),
                                               tuple(v.reshape(3) for v in OUTPUTS), 19),
         "the last axis has the ranges"),
    Case("fake_quantize_levels/float16", ask(ties((-1.3, 2.7), 257, 9, np.float16), (-1.3, 2.7), (-1, 2), 257,
                                             np.float16),
         "in float16 every operation is rounded; in float32 only the result is"),
    Case("fake_quantize_levels/float16-uint8",
         ask(ties((0, 2.55), 256, 9, np.float16), (0, 2.55), (0, 1), 256, np.float16),
         "as float16, with the number of levels of an integer"),
    Case("fake_quantize_levels/float64", ask(ties((-1.3, 2.7), 257, 9, np.float64), (-1.3, 2.7), (-1, 2), 257,
                                             np.float64),
         "x rounded to float32 crosses ties"),
    Case("fake_quantize_levels/one-number", ask(-0.9375, (-1, 1), (-1, 1), 17), "rank 0 is kept"),
    Case("fake_quantize_levels/empty", ask([], (-1, 1), (-1, 1), 17), "an empty tensor gives one"),
    Case("fake_quantize_levels/one-level", ask([0.1, 0.9], (0, 1), (0, 1), 1),
         "one level is refused; 0 / 0 gives NaN"),
]  # fmt: skip
