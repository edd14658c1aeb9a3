"""Questions about the bias: numbers around ties, products that float32 rounds, and the ends of int32."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from cases.case import Case
from cases.points import near_ties, neighbours, singles
from oracle.formats import Array

ENDS = [2.0**31 - 1, 2.0**31, -(2.0**31), -(2.0**31) - 256, 2.0**31 - 128, 3.0, -1.0]
SHORT = (51117 / 2**19, 103643 / 2**21)  # 255 and 127 times as much are float32 numbers
HALVES = [k + 0.5 for k in range(-6, 6)]
CHANNELS = (0.1, 0.013, 0.5, 0.00214854861, 1 / 3, 0.07, 1.0, 0.9999999)


def asked(name: str, x: Iterable[float], input_scale: float, weight_scale: Any, shows: str) -> Case:
    arguments = {"x": singles(x), "input_scale": np.float32(input_scale),
                 "weight_scale": np.asarray(weight_scale, np.float32)[()]}  # fmt: skip
    return Case(f"quantize_bias/{name}", arguments, shows)


def ties(input_scale: float, weight_scale: float, steps: Iterable[int]) -> Array:
    """Return the numbers around (k + 1/2) scales for each step k."""
    return near_ties(np.float64(np.float32(input_scale)) * np.float32(weight_scale), steps)


def of_channels(steps: tuple[int, ...]) -> tuple[list[float], list[float]]:
    """Return the numbers around ties of eight channels, and the scale of the weight of each."""
    pairs = [(float(x), w) for w in CHANNELS for x in ties(0.1, w, steps)]
    return [x for x, _ in pairs], [w for _, w in pairs]


OF_CHANNELS = of_channels((-1, 0, 1000))

CASES = [
    asked("ties", HALVES, 0.5, 2.0, "silent about ties: 0.5 is 0 or 1, -0.5 is 0 or -1"),
    asked("beside-ties", neighbours(singles(HALVES))[[0, 2, 3, 5, 30, 32, 33, 35]], 0.5, 2.0,
          "0.49999997 + 1/2 is 1 in float32; without a tie every nearest rounding gives the same"),
    asked("few-codes", ties(0.1, 0.013, range(-20, 20)), 0.1, 0.013,
          "multiplied by a float32 reciprocal, some cross their tie"),
    asked("thousands", ties(0.1, 0.07, range(4000, 4030)), 0.1, 0.07,
          "divided by the float32 product, or in float32, some cross their tie"),
    asked("millions", ties(1 / 3, 0.00214854861, range(3_000_000, 3_000_020)), 1 / 3, 0.00214854861,
          "the float32 product moves codes by up to 0.2"),
    asked("negative-millions", ties(0.7, 0.9999999, range(-2_000_020, -2_000_000)), 0.7, 0.9999999,
          "as millions"),
    asked("hundreds-of-millions", [1e7, -1.1e7, 12345678, 23456788], 0.1, 0.7,
          "the float32 product moves codes by tens"),
    asked("power-of-two", [1.0, -1.5, 0.375, 1e-3, 100.0, -12345.678], 2.0**-7, 2.0**-9,
          "any rounding but to nearest"),
    asked("zero-and-subnormal", [0.0, -0.0, 1e-45, -1e-45, 1e-40], 0.02, 0.003, "rounded down, -1e-45 is -1"),
    asked("small-scales", [1e-9, -3e-9, 2.5e-8], 1e-5, 1e-6, "codes are 100, -300, 2500"),
    asked("large-scales", [3e5, -7e5, 2.5e6], 300.0, 20.0, "codes are 50, -117, 417"),
    asked("just-below-a-tie", [30379014.0, 3.0], 0.526681125164032, 0.5837145447731018,
          "the quotient is 98815575.5 less 2e-12: a float64 quotient is the tie, and rounds up"),
    asked("just-above-a-tie", [29785024.0, -3.0], 0.7942385077476501, 0.7117885947227478,
          "the quotient is 52686092.5 and 1e-11: a float64 quotient is the tie, and rounds to even, down"),
    asked("just-below-a-tie-exact-product", [6692047 * 2.0**6, 1.0], 12345679 * 2.0**-24, 1.0,
          "float32 holds the product; the quotient is 582027991.5 less 4e-8: a float64 quotient is the tie"),
    asked("channels", OF_CHANNELS[0], 0.1, OF_CHANNELS[1], "each channel has its scale"),
    asked("channels-without-ties", [1.0, -2.0, 0.3, 1e-3], 0.05, [0.5, 0.25, 0.01, 0.003], "as channels"),
    asked("short-scales", ties(*SHORT, range(2_500_000, 2_500_010)), *SHORT,
          "scales of 16 and 17 bits, whose product has 33: the float32 product moves codes"),
    asked("short-scales-few-codes", ties(*SHORT, range(-20, 20)), *SHORT,
          "multiplied by a float32 reciprocal, some cross their tie"),
    asked("short-scales-channels", ties(*SHORT, (*range(-9, 10), 1_900_000)), SHORT[0], [SHORT[1]] * 60,
          "as short-scales, and as short-scales-few-codes"),
    asked("ties-channels", [0.5, -0.5, 1.5, -2.5, 1.0], 0.5, [2.0, 2.0, 2.0, 2.0, 4.0],
          "silent about ties: 0.5 is 0 or 1, 2.5 is 2 or 3; 1.0 is 0.5 codes of the last channel"),
    asked("ties-of-odd-scales", [24.5, 73.5, -122.5], 1.0, 49.0,
          "multiplied by a reciprocal, 24.5 is below the tie"),
    asked("ties-of-odd-scales-channels", [24.5, 73.5, 51.5, 160.5, -93.5], 1.0,
          [49.0, 49.0, 103.0, 107.0, 187.0], "multiplied by reciprocals of float64, 24.5 is below the tie"),
    asked("one-channel", [0.3003], 0.05, [0.01], "600.6 cut off is 600"),
    asked("one-number", [-0.3003], 0.05, 0.01, "-600.6 cut off is -600"),
    asked("above-30-bits", [1.5 * 2.0**30, -1.0, 100.0], 1.0, 1.0,
          "it fits; restricted to 30 bits, the weight's scale becomes 1.5 times what it was"),
    asked("above-30-bits-channels", [1.5 * 2.0**30, -1.0, -(2.0**30)], 1.0, [1.0, 0.5, 0.25],
          "as above-30-bits, for the first channel; the third lies beyond int32"),
    asked("30-bits", [2.0**30 - 64, 0.75], 1.0, 1.0, "0.75 cut off is 0"),
    asked("nearly-int32", [2.0**31 - 128, -7.0], 1.0, 1.0,
          "it fits, but not with a ten thousandth to spare: the weight's scale may be made larger"),
    asked("nearly-int32-channels", [2.0**31 - 128, -(2.0**31) + 128], 0.5, [2.0, 2.0], "as nearly-int32"),
    asked("ends-of-int32", ENDS, 1.0, 1.0, "converted as x86 does, 2^31 becomes -2^31"),
    asked("ends-of-int32-times-three", ENDS, 0.75, 0.5, "as ends-of-int32"),
    asked("beyond", [3e9, -1e10, 0.5, 1.0], 0.1, 0.5, "saturated, or all with a scale that is larger"),
    asked("beyond-channels", [1.0, -0.5, 3e9, 0.3, -1e10], 0.1, [0.5, 0.25, 1.0, 0.1, 0.5],
          "saturated, or the third and fifth with a scale that is larger"),
    asked("far-beyond", [1e30, -1e37, 1.0], 0.1, 0.5, "as ends-of-int32"),
    asked("below", [-3e9, 1.0], 0.1, 0.5, "the most negative alone lies beyond"),
]  # fmt: skip
