"""Cases of `choose_qparams`: ranges whose scale or zero point lies at a tie, at a bound, at an end."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import INT4, INT8, INT16, UINT8


def ask(low: float, high: float, codes: dict[str, int], scheme: str = "affine") -> dict[str, Any]:
    return {"x": np.array([low, high], np.float32), **codes, "scheme": scheme}


def averaged(before: tuple[float, float], now: tuple[float, float], averaging: float,
             codes: dict[str, int]) -> dict[str, Any]:  # fmt: skip
    return {**ask(*now, codes), "running": np.array(before, np.float32), "averaging": averaging}


CASES = [
    Case("choose_qparams/plain", ask(-1.0, 2.0, UINT8), "dividing by 256 gives another scale"),
    Case("choose_qparams/plain-signed", ask(-1.0, 2.0, INT8), "the zero point is -43, not 85"),
    Case("choose_qparams/positive-range", ask(1.0, 3.0, UINT8),
         "a range that is not widened to hold 0 gives scale 2/255 and clips the zero point"),
    Case("choose_qparams/negative-range", ask(-3.0, -1.0, INT8),
         "a range that is not widened to hold 0 gives scale 2/255"),
    Case("choose_qparams/zero-point-at-a-tie", ask(-0.5, 254.5, UINT8),
         "low / scale is -0.5: rounding the quotient gives 0, rounding half up 1, half even 0"),
    Case("choose_qparams/zero-point-at-an-odd-tie", ask(-1.5, 253.5, UINT8),
         "low / scale is -1.5: half even gives 2, truncation 1"),
    Case("choose_qparams/zero-point-at-a-signed-tie", ask(-0.5, 254.5, INT8),
         "round(qmin - low / scale) gives -128, qmin - round(low / scale) gives -128; half up -127"),
    Case("choose_qparams/zero-point-at-an-odd-signed-tie", ask(-127.5, 127.5, {"qmin": -127, "qmax": 128}),
         "qmin is odd: round(-127 + 127.5) is 0, -127 - round(-127.5) is 1"),
    Case("choose_qparams/zero-point-near-a-tie", ask(-0.75, 2.31, INT8),
         "low / scale is 62.5 but for the rounding of the scale: float64 throughout gives -65, a scale"
         " rounded to float32 before its use gives -66"),
    Case("choose_qparams/zero-point-from-the-other-bound", ask(-0.6, 0.76, INT8),
         "computed from low it is -15, from high -16"),
    Case("choose_qparams/zero-point-between-bounds", ask(-2.49, 2.49, INT16),
         "-0.5 from low rounds to 0; from high, with the rounded scale, to -1"),
    Case("choose_qparams/scale-of-float64", ask(-0.42, 1.62, UINT8),
         "float32(1.62) + float32(0.42) is rounded: in float64 another scale and another zero point"),
    Case("choose_qparams/odd-qmin", ask(-60.75, 66.25, {"qmin": -127, "qmax": 127}),
         "round(-127 + 121.5) is -6, -127 - round(-121.5) is -5"),
    Case("choose_qparams/quotient-rounds", ask(-0.1, 0.7, UINT8),
         "the scale in float64 is another number than in float32"),
    Case("choose_qparams/narrow", ask(-0.3, 1.1, {"qmin": -127, "qmax": 127}), "254 steps, not 255"),
    Case("choose_qparams/int4", ask(-0.7, 0.9, INT4), "15 steps"),
    Case("choose_qparams/int16", ask(-0.7, 0.9, INT16), "65,535 steps: the zero point needs the precision"),
    Case("choose_qparams/large-offset", ask(-1000.0, 0.001, INT16), "the zero point is at its bound"),
    Case("choose_qparams/small", ask(-1e-5, 2e-5, UINT8), "a floor under the scale shows: 6.1e-5"),
    Case("choose_qparams/tiny", ask(-1e-30, 2e-30, UINT8), "a floor under the scale shows: 2^-23"),
    Case("choose_qparams/subnormal", ask(-1e-40, 2e-40, INT8), "the scale is subnormal"),
    Case("choose_qparams/huge", ask(-3e38, 3e38, INT8), "high - low overflows float32"),
    Case("choose_qparams/one-value", ask(5.0, 5.0, UINT8), "the range must still hold 0"),
    Case("choose_qparams/symmetric", ask(-1.0, 2.0, INT8, "symmetric"), "127 steps give another scale"),
    Case("choose_qparams/symmetric-negative", ask(-3.0, 1.0, INT8, "symmetric"),
         "the larger magnitude is the negative one"),
    Case("choose_qparams/symmetric-unsigned", ask(-1.0, 2.0, UINT8, "symmetric"), "the zero point is 128"),
    Case("choose_qparams/symmetric-narrow", ask(-0.3, 1.1, {"qmin": -127, "qmax": 127}, "symmetric"),
         "254 steps, not 255"),
    Case("choose_qparams/symmetric-int4", ask(-0.7, 0.9, INT4, "symmetric"), "7.5 codes a side"),
    Case("choose_qparams/symmetric-tiny", ask(-1e-30, 2e-30, INT8, "symmetric"), "a floor shows"),
    Case("choose_qparams/symmetric-huge", ask(-3e38, 3e38, INT8, "symmetric"),
         "2 * max overflows float32; max / 127.5 does not"),
    Case("choose_qparams/symmetric-high", ask(-1.0, 3.0, UINT8, "symmetric"),
         "with one step more below 0, 3 is code 127 from the middle, and the scale 3/127"),
    Case("choose_qparams/symmetric-one-sided", ask(1.0, 3.0, INT8, "symmetric"),
         "a range on one side is made symmetric: not 3/255 with zero point -128"),
    Case("choose_qparams/reduced", ask(-1.0, 2.0, {"qmin": 0, "qmax": 127}), "7 of 8 bits: 127 steps"),
    Case("choose_qparams/reduced-signed", ask(-0.42, 1.62, {"qmin": -64, "qmax": 63}), "7 of 8 bits"),
    Case("choose_qparams/averaged", averaged((-1.0, 2.0), (-3.0, 1.0), 0.01, UINT8),
         "the range of x alone, or of both together, gives another scale"),
    Case("choose_qparams/averaged-half", averaged((-1.0, 2.0), (-3.0, 1.0), 0.5, INT8), "the middle of both"),
    Case("choose_qparams/averaged-rounds", averaged((-0.3, 1.7), (-0.9, 0.4), 0.3, UINT8),
         "old + c * (new - old) is another number than (1 - c) * old + c * new"),
    Case("choose_qparams/averaged-rounds-again", averaged((-1.1, 0.7), (-0.2, 2.3), 0.01, INT8),
         "as averaged-rounds"),
    Case("choose_qparams/averaged-all", averaged((-1.0, 2.0), (-3.0, 1.0), 1.0, UINT8),
         "a weight of 1 forgets what was before"),
    Case("choose_qparams/zeros", ask(0.0, 0.0, UINT8), "undefined: systems are compared"),
    Case("choose_qparams/nan", ask(float("nan"), 1.0, UINT8), "undefined: systems are compared"),
    Case("choose_qparams/infinity", ask(-1.0, float("inf"), UINT8), "undefined: systems are compared"),
]  # fmt: skip
