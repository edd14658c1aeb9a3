"""Cases of `dequantize`: every code of the small types, and the edges of the wide ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases import blocks
from cases.case import Case
from cases.points import INT2, INT4, INT8, INT16, INT32, UINT2, UINT4, UINT8, UINT16, singles
from cases.reals import brain, one, tenth


def every(codes: dict[str, int], dtype: type[np.integer[Any]], step: int = 1) -> Any:
    return np.arange(codes["qmin"], codes["qmax"] + 1, step, dtype=np.int64).astype(dtype)


def ask(
    code: Any, scale: Any, zero_point: int, codes: dict[str, int], dtype: str | None = None
) -> dict[str, Any]:
    named = {"dtype": dtype} if dtype else {}
    return {"code": code, "scale": scale, "zero_point": zero_point, **codes, **named}


def ask_channels(code: Any, axis: int, codes: dict[str, int] = INT8) -> dict[str, Any]:
    return {"code": code, "scale": singles([0.1, 0.07, 1.0, 1 / 3]),
            "zero_point": np.array([3, -5, 0, 7], np.int32), **codes, "axis": axis}  # fmt: skip


ALL8, ALLU8 = every(INT8, np.int8), every(UINT8, np.uint8)
ALL16, ALLU16 = every(INT16, np.int16), every(UINT16, np.uint16)
EDGES32 = np.array([-(2**31), -(2**31) + 1, -(2**24) - 1, -1, 0, 1, 2**24 + 1, 2**31 - 1], np.int32)
FEW = np.array([-3, -1, 0, 1, 2], np.int8)


def fill(shape: tuple[int, ...], kind: str, _: str) -> Any:
    """Codes of the whole type, in uneven steps."""
    codes = blocks.CODES[kind]
    count, width = int(np.prod(shape)), codes["qmax"] - codes["qmin"] + 1
    found = codes["qmin"] + np.arange(count) * (width // 5 * 2 + 1) % width
    return found.reshape(shape).astype(np.int32 if width > 256 else np.int16)


CASES = [
    Case("dequantize/every-int8", ask(ALL8, tenth, 3, INT8),
         "code*scale - zero_point*scale differs in the last bit at 38 % of the codes; ignoring the"
         " zero point at all of them"),
    Case("dequantize/every-uint8", ask(ALLU8, np.float32(0.07), 128, UINT8),
         "as every-int8, unsigned"),
    Case("dequantize/lowest-zero-point", ask(ALL8, np.float32(1 / 3), -128, INT8),
         "a difference that wraps in int8 gives negative values"),
    Case("dequantize/highest-zero-point", ask(ALLU8, np.float32(1 / 3), 255, UINT8),
         "a difference that wraps in uint8 gives positive values"),
    Case("dequantize/power-of-two-scale", ask(ALL8, np.float32(2**-7), 5, INT8),
         "every form is exact: only a lost zero point can differ"),
    Case("dequantize/at-the-zero-point", ask(FEW, tenth, 1, INT8),
         "the code of real 0 must give +0.0, exactly; ignoring the zero point gives 0.1"),
    Case("dequantize/subnormal-scale", ask(ALL8, np.float32(1e-40), 3, INT8),
         "a CPU that flushes subnormals gives 0 everywhere"),
    Case("dequantize/huge-scale", ask(ALL8, np.float32(2e37), 100, INT8),
         "code*scale - zero_point*scale overflows where the difference does not"),
    Case("dequantize/every-int16", ask(every(INT16, np.int16, 7), tenth, -5, INT16),
         "wide codes, exact"),
    Case("dequantize/every-uint16", ask(every(UINT16, np.uint16, 7), tenth, 65535, UINT16),
         "a difference that wraps in int16 gives positive values"),
    Case("dequantize/every-int4", ask(every(INT4, np.int8), tenth, 3, INT4), "all 16 codes"),
    Case("dequantize/every-uint4", ask(every(UINT4, np.uint8), tenth, 15, UINT4), "all 16 codes"),
    Case("dequantize/every-int2", ask(every(INT2, np.int8), tenth, 1, INT2), "all 4 codes"),
    Case("dequantize/every-uint2", ask(every(UINT2, np.uint8), tenth, 2, UINT2), "all 4 codes"),
    Case("dequantize/int32", ask(EDGES32, tenth, 0, INT32), "an int32 beyond 2^24 is rounded once"),
    Case("dequantize/int32-zero-point", ask(EDGES32, one, 3, INT32),
         "undefined: ONNX wants no zero point here; systems are compared"),
    Case("dequantize/uint32",
         ask(np.array([0, 3, 2**31, 2**32 - 1]), tenth, 3, {"qmin": 0, "qmax": 2**32 - 1}),
         "a difference computed in int32 wraps"),
    Case("dequantize/narrow-range", ask(ALL8[1:], tenth, 3, {"qmin": -127, "qmax": 127}),
         "must not depend on qmin and qmax"),
    Case("dequantize/every-int8-float16", ask(ALL8, np.float16(0.1), 3, INT8),
         "code*scale - zero_point*scale rounds to float16 twice"),
    Case("dequantize/int16-float16", ask(every(INT16, np.int16, 5), np.float16(0.1), 0, INT16),
         "the multiplication is in float16: a code beyond 2048 is rounded before it"),
    Case("dequantize/uint16-float16",
         ask(every(UINT16, np.uint16, 5), np.float16(2**-5), 0, UINT16),
         "in float16 codes from 65520 on are infinite before the multiplication"),
    Case("dequantize/every-int8-bfloat16", ask(ALL8, brain(0.1), 3, INT8),
         "code - zero_point fits bfloat16; the product is rounded once"),
    Case("dequantize/every-uint8-bfloat16", ask(ALLU8, brain(0.007), 250, UINT8),
         "as every-int8-bfloat16"),
    Case("dequantize/int16-bfloat16", ask(every(INT16, np.int16, 5), brain(0.1), 9, INT16),
         "a code beyond 256 is rounded before the multiplication"),
    Case("dequantize/scale-beyond-float32", ask(ALL8, np.float64(0.1), 3, INT8, "float32"),
         "a scale that is no float32: rounding it before the multiplication, or not"),
    Case("dequantize/every-int8-float64", ask(ALL8, np.float64(0.1), 3, INT8),
         "float64 throughout: a scale or a product rounded to float32 shows"),
    Case("dequantize/int32-float64", ask(EDGES32, np.float64(0.1), 0, INT32),
         "a code converted to float32 on the way loses its low bits"),
    Case("dequantize/int16-float16-zero-point",
         ask(every(INT16, np.int16, 5), np.float16(0.1), -32768, INT16),
         "codes and zero point converted to float16 before the subtraction lose their low bits"),
    Case("dequantize/empty", ask(np.zeros((0,), np.int8), tenth, 3, INT8),
         "an empty tensor gives one"),
    Case("dequantize/one-number", ask(np.array(7, np.int8), tenth, 3, INT8), "rank 0 is kept"),
    Case("dequantize/three-axes", ask(ALL8[:24].reshape(2, 3, 4), tenth, 3, INT8),
         "the shape is kept"),
    Case("dequantize/zero-point-above-the-range", ask(FEW, one, 128, INT8), "must be refused"),
    Case("dequantize/zero-point-below-the-range",
         ask(np.array([0, 1, 2], np.uint8), one, -1, UINT8), "must be refused"),
    Case("dequantize/empty-range", ask(FEW, one, 0, {"qmin": 127, "qmax": -128}),
         "must be refused"),
    Case("dequantize/channels", ask_channels(ALL8.reshape(4, 64), 0),
         "the scale or the zero point of the first channel for all moves most values of the others"),
    Case("dequantize/channels-of-the-last-axis", ask_channels(ALL8.reshape(64, 4), 1), "as channels"),
    Case("dequantize/channels-of-a-middle-axis", ask_channels(ALL8.reshape(8, 4, 8), 1), "as channels"),
    Case("dequantize/channels-of-a-negative-axis", ask_channels(ALL8.reshape(8, 8, 4), -1),
         "counted from the back, it is the last axis"),
    Case("dequantize/channels-unsigned",
         {**ask_channels(ALLU8.reshape(4, 64), 0, UINT8), "zero_point": np.array([0, 128, 255, 7], np.int32)},
         "a difference that wraps in uint8 gives positive values"),
    Case("dequantize/channels-int4", ask_channels(np.array([[-8, -1, 7]] * 4, np.int8), 0, INT4),
         "three codes for each of four channels"),
    Case("dequantize/channels-float16",
         {**ask_channels(ALL8.reshape(4, 64), 0), "scale": np.array([0.1, 0.07, 1.0, 1 / 3], np.float16)},
         "code*scale - zero_point*scale rounds to float16 twice"),
    Case("dequantize/scale-zero", ask(FEW, np.float32(0), 3, INT8),
         "undefined: systems are compared"),
    Case("dequantize/scale-nan", ask(FEW, np.float32(np.nan), 3, INT8),
         "undefined: systems are compared"),
    *blocks.cases("dequantize", "code", fill),
]  # fmt: skip
