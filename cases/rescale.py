"""Questions about rescaling: every code of 8 bits, and the codes of 16 bits around every tie."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import numpy as np

from cases.case import Case
from cases.points import INT8, INT16, UINT8

EVERY = {"int8": np.arange(-128, 128, dtype=np.int8), "uint8": np.arange(256).astype(np.uint8)}
Grid = tuple[float, int]  # scale, zero point


def ask(source: Grid, target: Grid, codes: dict[str, int] = INT8, kind: str = "int8", code: Any = None
        ) -> dict[str, Any]:  # fmt: skip
    """Return the arguments; without codes, every code of an 8-bit type."""
    return {"code": EVERY[kind] if code is None else np.array(code, kind),
            "input_scale": np.float32(source[0]), "input_zero_point": source[1],
            "output_scale": np.float32(target[0]), "output_zero_point": target[1], **codes}  # fmt: skip


def ask_wide(source: Grid, target: Grid, codes: dict[str, int] = INT8) -> dict[str, Any]:
    """Return the arguments with the int16 codes around every tie, and both ends."""
    m = Fraction(float(np.float32(source[0]))) / Fraction(float(np.float32(target[0])))
    ties = [floor((k + Fraction(1, 2)) / m) + source[1] for k in range(-260, 260)]
    near = {tie + step for tie in ties for step in (0, 1)} | {-32768, -32767, 0, 1, 32766, 32767}
    return ask(source, target, codes, "int16", sorted(n for n in near if -32768 <= n < 32768))


CASES = [
    Case("rescale/half", ask((0.5, 0), (1.0, 0)), "every second code is a tie: half away, or up, differs"),
    Case("rescale/half-with-odd-zero-points", ask((0.5, 3), (1.0, -5)),
         "a zero point that is added before rounding makes other ties even"),
    Case("rescale/half-uint8", ask((0.5, 127), (1.0, 101), UINT8, "uint8"), "as half, 0 to 255"),
    Case("rescale/half-unsigned-to-signed", ask((0.5, 127), (1.0, 1), INT8, "uint8"), "as half"),
    Case("rescale/half-signed-to-unsigned", ask((0.5, -3), (1.0, 117), UINT8), "as half"),
    Case("rescale/three-halves", ask((1.5, 0), (1.0, 0)),
         "ties above 1: half away from zero gives -125 for -83, half to even -124"),
    Case("rescale/five-quarters", ask((1.25, -1), (1.0, 2)),
         "ties above 1 at every fourth code: half away from zero gives -121 for -99, half to even -120"),
    Case("rescale/quarter", ask((0.25, 0), (1.0, 0)),
         "1/4 of a 31-bit integer is shifted by one: rounded twice, 1/4 becomes 1"),
    Case("rescale/three-tenths", ask((0.3, 0), (1.0, 0)),
         "rounded twice, 0.3 becomes 0.6, 1, 0.5 and 1"),
    Case("rescale/three-tenths-uint8", ask((0.3, 128), (1.0, 100), UINT8, "uint8"), "as three-tenths"),
    Case("rescale/ordinary", ask((0.0235, 4), (0.0511, -11)),
         "ordinary scales: a multiplier of 8 bits makes -70 of -123, and not -69"),
    Case("rescale/ordinary-unsigned-to-signed", ask((0.0235, 4), (0.0511, -11), INT8, "uint8"),
         "as ordinary"),
    Case("rescale/above-one", ask((0.0511, -11), (0.0235, 4)),
         "m is 2.17: codes saturate; truncated, -68 gives -119, and not -120"),
    Case("rescale/just-below-one", ask((0.99999994, 0), (1.0, 0)), "no code moves; 255 / 256 moves half"),
    Case("rescale/ties-of-one-sixth", ask((0.5, 0), (3.0, 0)),
         "m has no binary digits to end with: rounded, it leaves every tie to one side"),
    Case("rescale/ties-of-one-tenth", ask((0.5, 0), (5.0, 0)), "as ties-of-one-sixth, to the other side"),
    Case("rescale/ties-of-one-fourteenth", ask((0.5, 0), (7.0, 0)), "as ties-of-one-sixth"),
    Case("rescale/ties-of-five-sixths", ask((2.5, 0), (3.0, 0)), "as ties-of-one-sixth, without a shift"),
    Case("rescale/ties-of-seven-tenths", ask((3.5, 0), (5.0, 0)), "as ties-of-five-sixths"),
    Case("rescale/ties-of-dequantized-tenths", ask((0.1, 0), (0.2, 0)),
         "m is 1/2: 0.1 * code rounded to float32 and divided by 0.2 is a tie all the same"),
    Case("rescale/dequantized-elevenths", ask((0.7, 0), (1.4000001, 0)),
         "m is just below 1/2: in float32 the quotient rounds to a tie"),
    Case("rescale/one-of-256", ask((1.0, -128), (256.0, 0)),
         "everything is a half at most, of which half away from zero makes 1"),
    Case("rescale/nearly-a-tie-of-256", ask((0.025195314, 0), (0.1, 0)),
         "256 * m is 64.500002, in float32 64.5"),
    Case("rescale/tiny", ask((2.0**-20, 0), (2.0**20, 5)),
         "m = 2^-40: the zero point, 5; rounded down, -1 gives 4"),
    Case("rescale/enormous", ask((2.0**20, 0), (2.0**-10, 5)),
         "m = 2^30: a difference shifted beyond int32 wraps to 0, or to the other sign"),
    Case("rescale/a-few-codes", ask((0.5, 0), (1.0, 0), code=[-5, -3, -1, 1, 3, 5, 7]),
         "no loop of 8 or 16 is filled: what is left over may be rounded in another way"),
    Case("rescale/nineteen-codes", ask((0.5, 0), (1.0, 0), code=range(-19, 19, 2)),
         "one loop of 16 and three codes left over: of these half away from zero gives 7 for 13, and not 6"),
    Case("rescale/one-code", ask((0.5, 0), (1.0, 0), code=[-1]),
         "a vector of one: half away from zero gives -1, half to even 0"),
    Case("rescale/empty", ask((0.5, 0), (1.0, 0), code=[]),
         "an empty tensor gives one: a kernel that takes one code gives that, or fails"),
    Case("rescale/matrix", ask((0.3, 3), (0.7, -4), code=np.arange(-60, 60, 5).reshape(4, 6)),
         "the shape is kept, and not flattened; rounded twice, -50 gives -26, and not -27"),
    Case("rescale/int16-to-int8", ask_wide((0.01, 0), (0.7, 5)),
         "wide codes, the codes around ties: with m in float32 -9275 gives -128, and not -127"),
    Case("rescale/int16-to-int8-ties", ask_wide((0.5, 0), (64.0, 0)),
         "m = 1/128: half away from zero gives -127 for -16192, half to even -126"),
    Case("rescale/int16-to-int16", ask_wide((0.25, 0), (0.5, 0), INT16),
         "ties, symmetric codes: half away from zero gives -259 for -517, half to even -258"),
    Case("rescale/int16-to-int16-above-one", ask_wide((0.7, 0), (0.3, 0), INT16),
         "m is 2.33: truncated, -111 gives -258, and not -259"),
    Case("rescale/int8-to-int16", ask((0.3, 0), (0.007, 0), INT16),
         "m is 42.9: clipped as int8, -128 gives -128, and not -5486"),
]  # fmt: skip
