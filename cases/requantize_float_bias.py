"""Questions about a bias that stays a float: sums on both sides of every tie, biases that do not fit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from cases.case import Case
from cases.points import INT8, UINT8, neighbours, singles

Scales = tuple[Any, Any, Any]  # of the input, the weight, the output
WEIGHTS = (0.1, 0.013, 0.5, 0.00214854861, 1 / 3, 0.07, 1.0, 0.9999999)
SMALL, LARGE, LONG = (0, 3, -7, 100), (0, 54321, -300001, 2**20 + 1), (2**24 + 1, 2**24 - 1, -(2**24) - 3)
POWERS, ORDINARY, COARSE = (0.5, 0.25, 0.25), (0.0235, 0.0037, 0.0511), (0.9, 0.7, 0.3)
SIXTH, WIDE, TINY = (0.1, 0.07, 0.042), (0.5, 0.25, 64.0), (2.0**-10, 2.0**-10, 16.0)
CHANNELS = (0.1, [w for w in WEIGHTS for _ in range(12)], 0.7)
OF_CHANNELS = (-2, -1, 0, 7) * len(WEIGHTS)
BEYOND = (3e9, -3e9, 2.0**31, -(2.0**31) - 256, 2.0**31 - 128)
FAR = (1e12, -1e12, 1e30, -1e30, 3e38, -3e38)
VANISHING = (1e-30, -1e-30, 1e-45, -1e-45, 0.0, -0.0, 2e-9, -2e-9)


def ask(scales: Scales, bias: Iterable[float], accumulator: Iterable[int], zero_point: int = 0,
        codes: dict[str, int] = UINT8) -> dict[str, Any]:  # fmt: skip
    """Return the arguments; accumulators are repeated until each bias has one."""
    biases = singles(bias)
    a, b, c = (np.asarray(scale, np.float32)[()] for scale in scales)
    return {"accumulator": np.resize(np.array(list(accumulator), np.int32), biases.shape), "bias": biases,
            "input_scale": a, "weight_scale": b, "output_scale": c, "output_zero_point": zero_point,
            **codes}  # fmt: skip


def ties(scales: Scales, accumulator: Iterable[int], zero_point: int = 0, codes: dict[str, int] = UINT8,
         steps: Iterable[int] | None = None) -> dict[str, Any]:  # fmt: skip
    """Return the arguments: for each k the bias that makes k + 1/2 of an accumulator, with neighbours."""
    steps = range(codes["qmin"] - zero_point - 2, codes["qmax"] - zero_point + 2) if steps is None else steps
    k = np.array(list(steps))
    n = np.resize(np.array(list(accumulator)), k.shape)
    a, b, c = (np.asarray(scale, np.float32).astype(np.float64) for scale in scales)
    points = (k + 0.5) * c - n * (a * (b[::3] if b.ndim else b))
    return ask(scales, neighbours(singles(points)), n.repeat(3), zero_point, codes)


def units(scales: Scales, of_accumulator: Iterable[float]) -> list[float]:
    """Return biases that are given in units of the accumulator."""
    a, b, _ = scales
    return [n * a * b for n in of_accumulator]


def asked(name: str, arguments: dict[str, Any], shows: str) -> Case:
    return Case(f"requantize_float_bias/{name}", arguments, shows)


CASES = [
    asked("ties", ties(POWERS, SMALL), "half away from zero gives 1 for a sum of 1/2, half to even gives 0"),
    asked("ties-with-odd-zero-point", ties(POWERS, SMALL, 31),
          "a zero point that is added before rounding makes other ties even"),
    asked("ties-int8", ties(POWERS, SMALL, -7, INT8), "as ties-with-odd-zero-point"),
    asked("ordinary", ties(ORDINARY, LARGE, 117),
          "a bias that is rounded to units of the accumulator, or in float32, crosses some ties"),
    asked("ordinary-int8", ties(ORDINARY, LARGE, 4, INT8), "as ordinary"),
    asked("fractional-codes", ties(COARSE, SMALL, 100),
          "a unit of the accumulator is two codes: a bias rounded to it is off by up to one"),
    asked("fractional-codes-int8", ties(COARSE, SMALL, 5, INT8), "as fractional-codes"),
    asked("alone", ties((1 / 3, 0.07, 0.013), [0], 128),
          "a unit of the accumulator is 1.8 codes: -1.6575001 rounded to it gives 1, and not 0"),
    asked("none", ask(SIXTH, [0.0] * 400, range(-200, 200), 100),
          "m is nearly 1/6: rounded to it, every sixth accumulator is a tie"),
    asked("none-of-one-half", ask((0.07, 0.1, 0.014), [0.0] * 500, range(-250, 250), 128),
          "the float32 quotient of the scales is 1/2, their product times a reciprocal one ulp below it"),
    asked("none-of-ties", ask(POWERS, [0.0] * 200, range(-50, 150), 31), "as ties-with-odd-zero-point"),
    asked("vanishing", ask(POWERS, VANISHING, [1, 1, 3, 3, 5, 5, 7, 7], 31),
          "beside the accumulator float32 loses the bias, which decides what would be a tie"),
    asked("vanishing-int8", ask(POWERS, VANISHING, [-5], 0, INT8), "as vanishing"),
    asked("cancelling", ties((0.1, 0.013, 0.07), (*LONG, 9999999), 90),
          "sum and bias are large and nearly cancel: float32 loses codes"),
    asked("larger-than-the-sum", ties((0.01, 0.001, 30.0), (5, -3, 77), 128),
          "the bias is 58,440 times, or more, what the products add up to: added in float32, -3825.0007 and"
          " 77 give 0, and not 1"),
    asked("many-bits", ties((2.0**-9, 2.0**-9, 1.0), LONG, 31),
          "float32 loses the last bit of the accumulator"),
    asked("input-scale-of-seven-eighths", ask((0.875, 1 / 3, 0.5833333), [0.0] * 300, range(-20, 280)),
          "1 / float32(1 / 0.875) is one ulp below 0.875: a scale stored as its reciprocal"),
    asked("weight-scale-of-seven-eighths", ties((1 / 3, 0.875, 0.5833333), SMALL, 3),
          "as input-scale-of-seven-eighths"),
    asked("beyond", ask(WIDE, units(WIDE, BEYOND * 7), [0, 5, -5, 1000, -1000, 129, -129], 7),
          "a bias saturated to the last int32 wraps to the first when one is added: the lowest code"),
    asked("beyond-int8", ask(WIDE, units(WIDE, BEYOND * 3), [0, 5, -5], 7, INT8), "as beyond"),
    asked("beyond-in-range", ask(TINY, units(TINY, BEYOND * 3), [0, -200, 200], 100),
          "a bias of 1.4 * 2^31 units is 179 codes; saturated, 128"),
    asked("beyond-above-one", ask(COARSE, units(COARSE, (1.5e9, -1.5e9, *BEYOND) * 3), [0, -200, 200], 100),
          "m is above 2: a sum that int32 holds lies beyond it when it is scaled"),
    asked("far-beyond", ask(SIXTH, FAR * 5, [0, 1, -1, 5, 7], 9),
          "converted to int32 the x86 way, what lies above it becomes the lowest code"),
    asked("far-beyond-int8", ask(SIXTH, FAR * 5, [0, 1, -1, 5, 7], -9, INT8), "as far-beyond"),
    asked("channels", ties(CHANNELS, SMALL, 128, UINT8, OF_CHANNELS),
          "each channel has its multiplier: that of the first makes 128, and not 127, of 3 and -0.3539"),
    asked("channels-int8", ties(CHANNELS, LARGE, 3, INT8, OF_CHANNELS),
          "each channel has its multiplier: that of the first makes 127, and not 2, of 54321 and -70.96731"),
    asked("channels-beyond", ask((0.1, (0.5, 0.25, 1.0, 0.1, 0.5), 0.3), (3e9, -3e9, 3e38, 0.3, -3e38),
                                 [3, -4, 5, 6, 7], 77), "as far-beyond"),
    asked("one", ask((0.1, 0.013, 0.07), [0.3003], [17], 5),
          "a vector of one: truncated it is 9, and not 10"),
]  # fmt: skip
