"""Questions about requantizing: accumulators on both sides of every tie, and multipliers that move them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np

from cases.case import Case
from cases.points import INT8, UINT8

EXTREMES = [-(2**31), -(2**31) + 1, -(2**30), -(2**24) - 1, -1, 0, 1, 2**24 + 1, 2**30, 2**31 - 128,
            2**31 - 1]  # fmt: skip
SUBNORMAL = [n << 22 for n in (-7, -2, -1, 1, 3, 9)]
Scales = tuple[Any, Any, Any]  # of the input, the weight, the output


def ask(scales: Scales, zero_point: int = 0, codes: dict[str, int] = INT8, accumulator: Any = None
        ) -> dict[str, Any]:  # fmt: skip
    """Return the arguments; without accumulators, those around every tie and beyond both ends."""
    a, b, c = (np.asarray(scale, np.float32)[()] for scale in scales)
    if accumulator is None:
        steps = range(codes["qmin"] - zero_point - 2, codes["qmax"] - zero_point + 2)
        accumulator = around_ties((a, b, c), steps)
    return {"accumulator": np.asarray(accumulator, np.int32), "input_scale": a, "weight_scale": b,
            "output_scale": c, "output_zero_point": zero_point, **codes}  # fmt: skip


def around_ties(scales: Scales, steps: Iterable[int]) -> list[int]:
    """Return the two or three accumulators around (k + 1/2) / m for each step k."""
    a, b, c = (Fraction(float(scale)) for scale in scales)
    ties = [(k + Fraction(1, 2)) * c / (a * b) for k in steps]
    near = {floor(t) + step for t in ties for step in (-1, 0, 1, 2) if abs(floor(t) + step - t) <= 1}
    return sorted(n for n in near if -(2**31) <= n < 2**31)


def nearly(ratio: Fraction, input_scale: float, weight_scale: float) -> Scales:
    """Return scales whose multiplier is a ratio but for the rounding of output_scale to float32."""
    a, b = float(np.float32(input_scale)), float(np.float32(weight_scale))
    return a, b, a * b / float(ratio)


def per_channel(codes: dict[str, int], zero_point: int) -> dict[str, Any]:
    """Return the accumulators around two ties of each of eight channels."""
    weights = [np.float32(w) for w in (0.1, 0.013, 0.5, 0.00214854861, 1 / 3, 0.07, 1.0, 0.9999999)]
    input_scale, output_scale = np.float32(0.1), np.float32(0.7)
    asked = [(w, n) for w in weights for n in around_ties((input_scale, w, output_scale), (-1, 0))]
    return ask((input_scale, [w for w, _ in asked], output_scale), zero_point, codes, [n for _, n in asked])


SEVEN_EIGHTHS = (1 / 3, 0.875, 0.5833333)  # m is just above 1/2

CASES = [
    Case("requantize/ties-of-one-half", ask((0.5, 0.25, 0.25)),
         "half away from zero gives 1 for an accumulator of 1, half to even gives 0"),
    Case("requantize/ties-of-one-half-uint8", ask((0.5, 0.25, 0.25), 0, UINT8),
         "as ties-of-one-half, 0 to 255"),
    Case("requantize/ties-with-odd-zero-point", ask((0.5, 0.25, 0.25), 3),
         "a zero point that is added before rounding makes other ties even"),
    Case("requantize/ties-with-odd-zero-point-uint8", ask((0.5, 0.25, 0.25), 31, UINT8),
         "as ties-with-odd-zero-point"),
    Case("requantize/ties-with-negative-zero-point", ask((0.5, 0.25, 0.25), -7),
         "as ties-with-odd-zero-point"),
    Case("requantize/ties-at-the-lowest-zero-point", ask((0.25, 0.25, 0.5), -128),
         "codes of a ReLU: half away from zero gives -127 for an accumulator of 4, half to even -128"),
    Case("requantize/ties-uint8-in-the-middle", ask((0.25, 0.25, 0.5), 128, UINT8),
         "codes of both signs: half away from zero gives 1 for an accumulator of -1012, half to even 2"),
    Case("requantize/relu", ask((0.25, 0.25, 0.5), 5, {"qmin": 5, "qmax": 127}),
         "a fused ReLU clips at the zero point, 5: half away from zero gives 6 for an accumulator of 4"),
    Case("requantize/ordinary", ask((0.0235, 0.0037, 0.0511), 4),
         "the accumulators around each tie: rounded twice, -76106 gives -126, and not -125"),
    Case("requantize/ordinary-uint8", ask((0.0235, 0.0037, 0.0511), 117, UINT8), "as ordinary"),
    Case("requantize/nearly-one-half", ask(nearly(Fraction(1, 2), 0.1, 0.07)),
         "m is not 1/2: rounded to it, odd accumulators are ties"),
    Case("requantize/nearly-one-half-uint8", ask(nearly(Fraction(1, 2), 0.1, 0.07), 128, UINT8),
         "as nearly-one-half"),
    Case("requantize/nearly-one-half-from-below", ask(nearly(Fraction(1, 2), 0.013, 1 / 3)),
         "as nearly-one-half"),
    Case("requantize/nearly-one-sixth", ask(nearly(Fraction(1, 6), 0.1, 0.07), 1),
         "a first rounding makes 2/4 of 1.99999, a second one 1 of that"),
    Case("requantize/nearly-one-sixth-uint8", ask(nearly(Fraction(1, 6), 0.1, 0.07), 200, UINT8),
         "as nearly-one-sixth"),
    Case("requantize/nearly-one-tenth", ask(nearly(Fraction(1, 10), 0.3, 0.9), -1), "as nearly-one-sixth"),
    Case("requantize/nearly-three-halves", ask(nearly(Fraction(3, 2), 0.0135, 0.7)),
         "m is above 1, and not 3/2: rounded to it in float32, it makes -124 of -83, and not -125"),
    Case("requantize/nearly-three-halves-uint8", ask(nearly(Fraction(3, 2), 0.0135, 0.7), 128, UINT8),
         "as nearly-three-halves: a product of scales rounded to float32 leaves the ties"),
    Case("requantize/nearly-5-over-64", ask(nearly(Fraction(5, 64), 0.006, 0.00214854861)),
         "as nearly-one-sixth"),
    Case("requantize/ties-of-one-sixth", ask((0.5, 1.0, 3.0)),
         "m has no binary digits to end with: rounded, it leaves every tie to one side"),
    Case("requantize/ties-of-one-sixth-uint8", ask((0.5, 1.0, 3.0), 7, UINT8), "as ties-of-one-sixth"),
    Case("requantize/ties-of-one-tenth", ask((0.5, 1.0, 5.0), 1), "as ties-of-one-sixth, to the other side"),
    Case("requantize/ties-of-one-fourteenth", ask((0.25, 2.0, 7.0), -2), "as ties-of-one-sixth"),
    Case("requantize/ties-of-one-ninety-eighth", ask((0.5, 1.0, 49.0)),
         "49 * m in float64 is just below one half, m being rounded first"),
    Case("requantize/weight-scale-of-seven-eighths", ask(SEVEN_EIGHTHS),
         "1 / float32(1 / 0.875) is one ulp below 0.875: a scale stored as its reciprocal"),
    Case("requantize/weight-scale-of-seven-eighths-uint8", ask(SEVEN_EIGHTHS, 0, UINT8),
         "as weight-scale-of-seven-eighths"),
    Case("requantize/just-below-one", ask((1.0, 0.99999994, 1.0)), "m is 1 - 2^-24: truncated, 1 gives 0"),
    Case("requantize/double-rounding-of-quarters", ask((0.5, 0.375, 1.0)),
         "of 3/16 twice-rounded products some become ties"),
    Case("requantize/many-bits", ask((2.0**-10, 2.0**-10, 1.0)),
         "accumulators of more than 24 bits rounded to float32 fall on ties"),
    Case("requantize/many-bits-uint8", ask((2.0**-9, 2.0**-9, 1.0), 31, UINT8), "as many-bits"),
    Case("requantize/many-bits-not-a-power", ask((1e-3, 1.1e-3, 1.3)), "as many-bits"),
    Case("requantize/31-bits", ask((2.0**-12, 2.0**-12, 1.0), 0, INT8),
         "accumulators of up to 31 bits: in float32 -2139095039 gives -128, and not -127"),
    Case("requantize/extremes", ask((2.0**-12, 2.0**-11, 1.0), 0, INT8, EXTREMES),
         "the ends of int32: rounded down, -2^24 - 1 gives -3, and not -2"),
    Case("requantize/extremes-times-one", ask((1.0, 1.0, 1.0), 5, INT8, EXTREMES),
         "the zero point added to the largest accumulator wraps to the lowest code"),
    Case("requantize/extremes-times-16", ask((4.0, 4.0, 1.0), -5, INT8, EXTREMES),
         "a product beyond int32 that wraps, or becomes INT32_MIN, gives a code of the other sign"),
    Case("requantize/extremes-times-three", ask((1.5, 2.0, 1.0), 0, UINT8, EXTREMES),
         "as extremes-times-16"),
    Case("requantize/tiny-multiplier", ask((2.0**-16, 2.0**-16, 1.0), 0, INT8, EXTREMES),
         "m = 2^-32: at most a half, of which half away from zero makes -1"),
    Case("requantize/tinier-multiplier", ask((2.0**-20, 2.0**-20, 1.0), 3, INT8, EXTREMES),
         "m = 2^-40: nothing; rounded down, -1 gives 2, and not the zero point"),
    Case("requantize/subnormal-product", ask((2.0**-100, 2.0**-48, 2.0**-125), 0, INT8, SUBNORMAL),
         "the product of the scales is a subnormal float32: flushed, every code is the zero point"),
    Case("requantize/per-channel", per_channel(INT8, 3),
         "each channel has its multiplier: that of the first makes -1, and not 2, of -270"),
    Case("requantize/per-channel-uint8", per_channel(UINT8, 128),
         "each channel has its multiplier: that of the first makes 124, and not 127, of -270"),
    Case("requantize/one-accumulator", ask((0.5, 0.5, 0.5), 0, INT8, [3]),
         "a vector of one: half toward zero gives 1, half to even 2"),
]  # fmt: skip
