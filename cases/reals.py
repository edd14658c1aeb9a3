"""The questions about real inputs that quantize and fake_quantize share.

Each entry is (slug, arguments, what a wrong answer shows). What is said of codes holds for the
values of those codes too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from cases.points import (
    BFLOAT16_ALL,
    FLOAT16_ALL,
    INT2,
    INT4,
    INT8,
    INT16,
    INT32,
    UINT2,
    UINT4,
    UINT8,
    UINT16,
    near_codes,
    near_ties,
    neighbours,
    singles,
    ties_and_bounds,
)
from oracle.bfloat16 import Bfloat16
from oracle.formats import BFLOAT16, round_into

Question = tuple[str, dict[str, Any], str]

one = np.float32(1)
tenth = np.float32(0.1)


def ask(x: Any, scale: Any, zero_point: int, codes: dict[str, int]) -> dict[str, Any]:
    return {"x": x, "scale": scale, "zero_point": zero_point, **codes}


def at_ties(scale: Any, zero_point: int, codes: dict[str, int]) -> dict[str, Any]:
    points = ties_and_bounds(scale, zero_point, codes["qmin"], codes["qmax"])
    return ask(points, scale, zero_point, codes)


def brain(value: float) -> Bfloat16:
    return Bfloat16(round_into(np.asarray(value, np.float64), BFLOAT16))


def brain_near(scale: float, steps: Iterable[int]) -> Bfloat16:
    return Bfloat16(round_into(near_codes(brain(scale), steps), BFLOAT16))


HALF_BOUNDS = np.array([-np.inf, -16416, -16384, -16376, 0.75, 16376, 16384, 16416, np.inf], np.float16)
HALVES = singles([0.5, 1.5, 2.5, -0.5, -1.5, -2.5])
NEAR_HALF = singles([0.49999997, 0.5, 0.50000006, -0.49999997, -0.5, -0.50000006])
TWO_31 = neighbours(singles([2.0**31, -(2.0**31)]))
BEYOND = singles([3e9, -3e9, 2.0**32, 2.0**63, -(2.0**63), 1e20, -1e20, 3e38, -3e38])
HUGE = np.concatenate([TWO_31, BEYOND])
INFINITE = singles([np.inf, -np.inf, 1.0])
NANS = np.array([0x7FC00000, 0xFFC00000, 0x7FC12345, 0x3F800000], np.uint32).view(np.float32)

TIES: list[Question] = [
    ("tie-with-odd-zero-point", ask(HALVES, one, 1, INT8),
     "for 0.5, 1.5, 2.5: zero_point added before rounding gives 2, 2, 4; half away gives 2, 3, 4"),
    ("tie-with-negative-odd-zero-point", ask(HALVES, one, -3, INT8),
     "adding zero_point before rounding moves every tie to the other neighbour"),
    ("just-below-one-half", ask(NEAR_HALF, one, 0, INT8),
     "floor(x + 0.5) with a rounded sum gives 1 for 0.49999997; truncation gives 0 for 0.50000006"),
    ("ties-at-every-code", at_ties(one, 0, INT8),
     "half away, half up, half down, half toward zero and truncation each part from half even at"
     " every second tie; a clip one code short parts at the bound"),
    ("ties-at-every-unsigned-code", at_ties(one, 0, UINT8), "as ties-at-every-code, from 0 to 255"),
    ("ties-of-a-power-of-two-scale", at_ties(np.float32(2**-7), 5, INT8),
     "every tie is exact and the reciprocal too: only rounding, offset and clip can differ"),
    ("ties-at-the-lowest-zero-point", at_ties(one, -128, INT8),
     "an addition of the zero point that wraps gives the highest code"),
    ("ties-at-the-highest-zero-point", at_ties(one, 255, UINT8),
     "an addition of the zero point before rounding gives even codes where odd ones are right"),
]  # fmt: skip

SCALES: list[Question] = [
    ("quotient-just-below-a-tie",
     ask(singles([0.273939937]), np.float32(0.00214854861), 0, UINT8),
     "x / scale is 127.49999 and gives 127; x * (1 / scale) is 127.5 and gives 128"),
    ("tie-rich-scale", at_ties(tenth, 0, INT8),
     "x * (1 / scale) gives the other code at 32 points; float64 at a hundred"),
    ("tie-rich-scale-with-zero-point", at_ties(tenth, 3, INT8),
     "adding 3 before rounding moves ties; a fused multiply-add moves others"),
    ("tie-rich-scale-with-large-zero-point", at_ties(tenth, 100, INT8),
     "a sum with 100 before rounding loses bits: it makes ties that a fused addition does not"),
    ("reciprocal-of-a-third", at_ties(np.float32(1 / 3), -77, INT8),
     "the reciprocal of float32(1/3) is not 3: 104 points move"),
    ("all-ones-mantissa", at_ties(np.float32(1.9999999), 7, UINT8),
     "a scale just below a power of two: the reciprocal is off by half an ulp at once"),
    ("scale-beyond-float32", at_ties(np.float64(0.1), 0, INT8),
     "a scale that is no float32 must be rounded, or divided by in float64: the two part at ties"),
    ("scale-whose-reciprocal-rounds-twice", at_ties(np.float64(0.013), 3, INT8),
     "1/0.013 in float64 rounded to float32 is not 1/float32(0.013): 304 points tell them apart"),
    ("subnormal-scale",
     ask(near_codes(np.float32(1e-40), range(-4, 5)), np.float32(1e-40), 0, INT8),
     "a CPU that flushes subnormals divides by zero; 1 / scale overflows to infinity"),
    ("smallest-scale", ask(singles([0, 1e-45, -1e-45, 3e-45, 1e-38]), np.float32(1e-45), 3, INT8),
     "0 * (1 / scale) is 0 * inf, NaN"),
    ("huge-scale", ask(near_ties(np.float32(2e38), range(-2, 2)), np.float32(2e38), 0, INT8),
     "1 / scale is subnormal: flushed, every value gives the zero point"),
    ("bound-beyond-float32",
     ask(near_ties(np.float32(1e37), (-31, -9, 0, 9, 31)), np.float32(1e37), 9, INT8),
     "a clip in reals computes qmax * scale, which overflows; it must still saturate"),
]  # fmt: skip

EDGES: list[Question] = [
    ("near-2-to-31", ask(TWO_31, one, 0, INT8),
     "a conversion to int32 without a clip gives the lowest code for 2^31 and above"),
    ("near-2-to-31-lowest-zero-point", ask(TWO_31, one, -128, INT8),
     "INT_MIN plus a negative zero point wraps to the highest code for -2^31 and below"),
    ("near-2-to-31-zero-point", ask(TWO_31, one, 3, UINT8),
     "a conversion to int32 without a clip gives 0 for 2^31 and above"),
    ("beyond-every-integer", ask(HUGE, one, 3, INT8),
     "a conversion to int64 without a clip gives the lowest code for 2^63 and above"),
    ("beyond-every-integer-negative-zero-point", ask(HUGE, one, -128, INT8),
     "the lowest integer plus a negative zero point wraps to the highest code"),
    ("beyond-every-integer-small-scale", ask(HUGE * np.float32(0.013), np.float32(0.013), 0, UINT8),
     "as beyond-every-integer, the quotient rather than x being out of range"),
    ("infinities", ask(INFINITE, tenth, 0, INT8),
     "a conversion without a clip gives the lowest code for +inf"),
    ("infinities-lowest-zero-point", ask(INFINITE, tenth, -128, INT8),
     "INT_MIN plus a negative zero point wraps to the highest code for -inf"),
    ("nan", ask(NANS, one, 0, INT8), "the definition is silent: this says what a system chose"),
    ("nan-with-zero-point", ask(NANS, one, 3, INT8),
     "tells code 0 from the zero point, and both from the bounds"),
    ("nan-with-the-lowest-zero-point", ask(NANS, one, -128, INT8),
     "tells a NaN that became INT_MIN and wrapped from one that was clipped"),
    ("nan-unsigned", ask(NANS, one, 200, UINT8), "code 0 is the lowest code here"),
    ("signed-zeros", ask(singles([0.0, -0.0, 0.3, -0.3]), one, 0, INT8),
     "a zero that kept its sign gives -0.0"),
    ("subnormals",
     ask(singles([1e-40, -1e-40, 1e-45, 1.1754944e-38]), np.float32(1.5e-38), 0, INT8),
     "a CPU that flushes subnormals gives 0 for x whose quotient rounds to 1"),
    ("empty",
     ask(np.zeros((0,), np.float32), tenth, 3, INT8),
     "an empty tensor gives an empty tensor"),
    ("one-number",
     ask(np.array(0.25, np.float32), tenth, 3, INT8),
     "a tensor of rank 0 keeps its shape"),
    ("three-axes",
     ask(near_ties(tenth, range(8)).reshape(2, 3, 4), tenth, 3, INT8),
     "the shape is kept"),
]  # fmt: skip

TYPES: list[Question] = [
    ("narrow-range", at_ties(tenth, 0, {"qmin": -127, "qmax": 127}),
     "a system that ignores qmin and uses the whole type gives -128"),
    ("seven-bits", at_ties(tenth, 17, {"qmin": 0, "qmax": 127}),
     "a system that ignores qmax and uses the whole type gives up to 255"),
    ("int4", at_ties(tenth, 3, INT4), "a clip to int8 gives codes beyond 7"),
    ("uint4", at_ties(tenth, 15, UINT4), "a clip to uint8 gives codes beyond 15"),
    ("int2", at_ties(tenth, 1, INT2), "a clip to int4 gives codes beyond 1"),
    ("uint2", at_ties(tenth, 2, UINT2), "a clip to uint4 gives codes beyond 3"),
    ("int4-beyond-every-integer", ask(HUGE[:7], one, -8, INT4),
     "an odd number of 4-bit codes: the last one does not fill a byte, and may be converted alone"),
    ("uint4-beyond-every-integer", ask(HUGE[-7:], one, 3, UINT4),
     "as int4-beyond-every-integer: a last value converted to int32 gives 0 instead of 15"),
    ("int4-nan", ask(NANS[:3], one, -8, INT4), "tells a NaN in the last half byte from the others"),
    ("int2-beyond-every-integer", ask(HUGE[:7], one, -2, INT2),
     "three 2-bit codes that do not fill a byte"),
    ("uint2-beyond-every-integer", ask(HUGE[-7:], one, 1, UINT2), "as int2-beyond-every-integer"),
    ("int16-large-codes",
     ask(np.concatenate(
             [near_ties(tenth, range(k, k + 6)) for k in (-32771, -20003, 3, 20001, 32763)]),
         tenth, 3, INT16),
     "at codes of 15 bits float32 has 8 bits left below the point: the reciprocal moves far more"),
    ("uint16-large-codes",
     ask(np.concatenate([near_ties(np.float32(0.07), range(k, k + 6)) for k in (-3, 30001, 65533)]),
         np.float32(0.07), 1, UINT16),
     "as int16-large-codes, and a conversion through int16 wraps"),
    ("int16-bounds", ask(HUGE, one, -32768, INT16),
     "an addition of the lowest zero point that wraps gives the highest code"),
    ("uint16-bounds", ask(HUGE, one, 65535, UINT16), "a conversion through int16 wraps"),
    ("int32-large-codes",
     ask(neighbours(singles([2**24, 2**24 + 4, -(2**25), 2**30, -(2**30)])), one, 3, INT32),
     "beyond 2^24 a zero point added in float32 is lost"),
    ("int32-bounds",
     ask(HUGE, one, 3, INT32),
     "an addition that wraps gives the other end of int32"),
    ("int32-lowest-zero-point", ask(HUGE, one, -(2**31), INT32),
     "a sum in float32 loses the low bits of x; code - zero_point does not fit int32 and wraps"),
    ("int32-tie-rich-scale", ask(near_ties(tenth, range(-300, 300, 7)), tenth, 3, INT32),
     "tells before from fused addition where no clip interferes"),
    ("int32-odd-zero-point", ask(near_ties(one, range(-4, 5)), one, 2**24 + 1, INT32),
     "the zero point is no float32: added or subtracted there it loses its last bit"),
    ("int32-nan", ask(NANS, one, 3, INT32), "code 0, the zero point and INT_MIN differ"),
]  # fmt: skip

FORMATS: list[Question] = [
    ("every-float16", ask(FLOAT16_ALL, np.float16(0.1), 3, INT8),
     "all 65,536 inputs: a division in float32 instead of float16 moves thousands of codes"),
    ("every-float16-power-of-two", ask(FLOAT16_ALL, np.float16(2**-5), 0, UINT8),
     "all 65,536 inputs, no rounding in the division below overflow: infinity must saturate"),
    ("every-float16-small-scale", ask(FLOAT16_ALL, np.float16(3e-5), -128, INT8),
     "the scale is a subnormal float16 and the quotient overflows float16 early"),
    ("float16-wide-codes",
     ask(np.arange(-2000, 2000, 3, dtype=np.float16), np.float16(0.7), 9, INT16),
     "codes beyond 2048 are not all float16: adding the zero point in float16 loses them"),
    ("float16-bounds", ask(HALF_BOUNDS, np.float16(0.5), 0, INT16),
     "32767 is no float16: clipped in reals to 32768, code 32768 becomes -32768 as an int16"),
    ("every-bfloat16", ask(BFLOAT16_ALL, brain(0.1), 3, INT8),
     "all 65,536 inputs: a division in float32 instead of bfloat16 moves codes"),
    ("every-bfloat16-unsigned", ask(BFLOAT16_ALL, brain(0.007), 250, UINT8),
     "codes above 256 do not exist in bfloat16: sums with the zero point in bfloat16 lose bits"),
    ("bfloat16-bounds", ask(brain_near(0.006, range(-130, 131)), brain(0.006), 0, INT8),
     "127 * scale is no bfloat16: clipped to it in reals, every value beyond gives code 126"),
    ("float64",
     ask(ties_and_bounds(np.float64(0.1), 3, **INT8, dtype=np.float64), np.float64(0.1), 3, INT8),
     "a float64 computed in float32 loses its distance from a tie"),
    ("float32-with-float16-scale",
     ask(near_ties(np.float16(0.1), range(-20, 20)), np.float16(0.1), 3, INT8),
     "the dtype of the scale is the precision of the division: float32 gives other codes"),
    ("float16-with-float32-scale",
     ask(near_ties(np.float32(0.1), range(-20, 20), np.float16), np.float32(0.1), 3, INT8),
     "a float16 x divided by a float32 scale in float16 gives other codes"),
]  # fmt: skip

OUTSIDE: list[Question] = [
    ("zero-point-above-the-range",
     ask(HALVES, one, 128, INT8),
     "must be refused; not clipped or used"),
    ("zero-point-below-the-range",
     ask(HALVES, one, -1, UINT8),
     "must be refused; not clipped or used"),
    ("empty-range", ask(HALVES, one, 0, {"qmin": 127, "qmax": -128}), "must be refused"),
    ("scale-zero", ask(HALVES, np.float32(0), 3, INT8), "undefined: x / 0; systems are compared"),
    ("scale-negative", ask(HALVES, np.float32(-1), 3, INT8), "undefined: systems are compared"),
    ("scale-nan", ask(HALVES, np.float32(np.nan), 3, INT8), "undefined: systems are compared"),
    ("scale-infinite", ask(HALVES, np.float32(np.inf), 3, INT8), "undefined: systems are compared"),
]  # fmt: skip

THREE = {"scale": singles([0.1, 0.07, 1.0]), "zero_point": np.array([3, -5, 0], np.int32)}
WIDE = near_ties(tenth, range(-14, 14))  # 84 values


def ask_channels(x: Any, axis: int, codes: dict[str, int] = INT8, **others: Any) -> dict[str, Any]:
    return {"x": x, **THREE, **codes, **others, "axis": axis}


CHANNELS: list[Question] = [
    ("channels", ask_channels(WIDE.reshape(3, 28), 0),
     "the scale or the zero point of the first channel for all moves most values of the others"),
    ("channels-of-the-last-axis", ask_channels(WIDE.reshape(28, 3), 1), "as channels, values interleaved"),
    ("channels-of-a-middle-axis", ask_channels(WIDE.reshape(4, 3, 7), 1), "as channels, in blocks"),
    ("channels-of-a-negative-axis", ask_channels(WIDE.reshape(2, 14, 3), -1),
     "counted from the back, it is the last axis"),
    ("channels-unsigned",
     ask_channels(WIDE.reshape(3, 28), 0, UINT8, zero_point=np.array([0, 128, 255], np.int32)),
     "zero points at both ends of the type"),
    ("channels-beyond-every-integer",
     ask_channels(np.concatenate([TWO_31, BEYOND]).reshape(5, 3), 1, zero_point=np.array([3, -128, 0])),
     "a conversion without a clip gives the lowest code for 2^31, or 2^63, and above"),
    ("channels-with-infinities", ask_channels(np.stack([INFINITE] * 3), 0), "as infinities, in each channel"),
    ("channels-that-are-one", ask_channels(WIDE.reshape(1, 84), 0, scale=singles([0.1]),
                                           zero_point=np.array([3], np.int32)),
     "one scale in a vector is one scale"),
    ("channels-int4", ask_channels(HUGE[:9].reshape(3, 3), 0, INT4),
     "three codes for each of three channels: the last half byte may be converted alone"),
    ("channels-float16",
     ask_channels(WIDE.astype(np.float16).reshape(28, 3), 1, scale=np.array([0.1, 0.07, 1.0], np.float16)),
     "a division in float32 instead of float16 moves codes"),
]  # fmt: skip

QUESTIONS: list[Question] = TIES + SCALES + EDGES + TYPES + FORMATS + OUTSIDE + CHANNELS
