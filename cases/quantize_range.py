"""Cases of `quantize_range`: ranges without 0, ties of the three modes, narrow ranges, both ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import neighbours, singles
from oracle.formats import Array

NAN, INFINITY = float("nan"), float("inf")
OPERATION = "quantize_range"
TIES = [-0.5, 0.5, 1.5, 2.5, -1.5, 3.5, 126.5, 127.5, -127.5, 254.5]
BEYOND = [INFINITY, -INFINITY, 3e38, -3e38]


def ask(x: Any, low: float, high: float, type: str, mode: str, rounding: str = "half_away") -> dict[str, Any]:
    return {
        "x": np.array(x, np.float32),
        "low": np.asarray(low, np.float32),
        "high": np.asarray(high, np.float32),
        "type": type,
        "mode": mode,
        "rounding": rounding,
    }


def combined(x: Any, low: float, high: float, type: str = "quint8") -> dict[str, Any]:
    return ask(x, low, high, type, "MIN_COMBINED")


def first(x: Any, low: float, high: float, type: str = "quint8") -> dict[str, Any]:
    return ask(x, low, high, type, "MIN_FIRST")


def scaled(
    x: Any, low: float, high: float, type: str = "qint8", rounding: str = "half_away"
) -> dict[str, Any]:
    return ask(x, low, high, type, "SCALED", rounding)


def between(low: float, high: float, steps: int = 255) -> Array:
    """Return ties of a grid over a range with their neighbours, both ends, and what lies beyond."""
    some = np.array([-1.5, -0.5, 0.5, 1.5, steps // 3 + 0.5, steps // 2 + 0.5, steps - 0.5, steps + 0.5])
    ties = neighbours((low + some * ((high - low) / steps)).astype(np.float32))
    return np.concatenate([ties, singles([low, high, 0, low - 1, high + 1])])


def around(step: float, last: int = 127) -> Array:
    """Return ties of a grid around 0 with their neighbours, and what lies beyond."""
    some = np.array([-last - 1.5, -last - 0.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, last // 2 + 0.5, last + 0.5])
    return np.concatenate([neighbours((some * step).astype(np.float32)), singles([0, 1e9, -1e9])])


CASES = [
    Case(f"{OPERATION}/{name}", arguments, shows)
    for name, arguments, shows in (
        ("combined-documented", combined([0, 1, 3, 5.99, 6, 7, -1], 0, 6),
         "\"multiply each value by 255/6\": 42.5"),
        ("combined-documented-signed", combined([0, 1, 3, 5.99, 6, 7, -1], 0, 6, "qint8"),
         "3 is code 127.5 - 128 = -0.5, which goes away from zero to -1; unsigned it is 128"),
        ("combined-ties", combined([*TIES, 0.49999997, 1.4999999, *BEYOND], 0, 255),
         "0.49999997 is code 0; with 0.5 added, and the sum rounded, it is 1"),
        ("combined-ties-signed", combined([*TIES, *BEYOND], -128, 127, "qint8"), "ties go away from 0"),
        ("combined-odd", combined(between(-0.7, 1.1), -0.7, 1.1), "the quotient 255 / 1.8 is rounded or not"),
        ("combined-odd-signed", combined(between(-0.3, 0.4), -0.3, 0.4, "qint8"), "the same, signed"),
        ("combined-without-zero", combined([0, 1, 1.5, 2, 2.5, 3, 4], 1, 3),
         "1 is code 0 and 3 is 255; with 0 in the range, 1 is 85 and the returned range is [0, 3]"),
        ("combined-below-zero", combined([-4, -3, -2.5, -2, -1, 0], -3, -1, "qint8"),
         "-1 is code 127; with 0 in the range it is 42"),
        ("combined-quint16", combined(between(-1, 2, 65535), -1, 2, "quint16"), "ties at 2^-16 of the range"),
        ("combined-qint16", combined([-1, 0, 0.5, 2], -1, 2, "qint16"), "undefined: half is for qint8 only"),
        ("combined-point", combined([-1, 0, 0.004, 0.005, 0.01, 1], 0, 0), "the range becomes [0, 0.01]"),
        ("combined-narrow", combined([0, 0.0005, 0.001, 0.005, 0.01], 0, 0.001), "[0, 0.01] also here"),
        ("combined-narrow-around-zero", combined([-0.002, 0, 0.003, 0.008], -0.002, 0.003, "qint8"),
         "the high end moves: [-0.002, 0.008]"),
        ("combined-equal-ends", combined([4.99, 5, 5.005, 5.01, 6], 5, 5),
         "the range becomes [5, 5.01]; with 0 in it, it is [0, 5]"),
        ("first-documented", first([0, 1, 3, 5.99, 6, 7, -1], 0, 6), "0 has a code of its own"),
        ("first-signed", first([0, 1, 3, 5.99, 6, 7, -1], 0, 6, "qint8"), "3 is 128 - 128 = 0"),
        ("first-ties", first([*TIES, 0.49999997, 1.4999999, *BEYOND], 0, 255), "ties go away from 0"),
        ("first-around-zero", first([-1, -0.5, 0, 0.5, 1.5, 2], -1, 2),
         "-0.5 is round(-42.5) + 85 = 42; subtracted first it is round(42.5) = 43"),
        ("first-odd", first(between(-0.7, 1.1), -0.7, 1.1), "low's multiple is rounded"),
        ("first-odd-signed", first(around(0.9 / 255), -0.35, 0.55, "qint8"), "ties of a rounded scale"),
        ("first-quint16", first(around(3 / 65535, 65535), -1, 2, "quint16"), "ties at 2^-16 of the range"),
        ("first-qint16", first([-1, -0.3, 0, 0.7, 1.9, 2, 3], -1, 2, "qint16"), "0 is code -10923"),
        ("first-without-zero", first([0, 1, 1.5, 2, 2.5, 3, 4], 1, 3), "1 is code 0; with 0 in the range 85"),
        ("first-narrow", first([0, 0.0005, 0.001, 0.005, 0.01], 0, 0.001, "qint8"), "the range is [0, 0.01]"),
        ("scaled-documented", scaled([*around(10 / 128), -10, 9, 9.921875], -10, 9),
         "the factor is 12.8 and the range [-10, 9.921875]"),
        ("scaled-high-side", scaled(around(10 / 127), -10, 10), "12.7: the range begins at -10.07874"),
        ("scaled-even", scaled([*TIES, *BEYOND], -128, 127, rounding="half_even"), "ties go to even codes"),
        ("scaled-away", scaled([*TIES, 0.49999997, *BEYOND], -128, 127), "ties go away from 0"),
        ("scaled-unsigned", scaled([*around(9 / 255), 0.3], -10, 9, "quint8"), "the range is [0, 9]"),
        ("scaled-without-zero", scaled(around(3 / 127), 1, 3), "the range is [-3.023622, 3] all the same"),
        ("scaled-qint16", scaled(around(0.9 / 32767, 32767), -0.7, 0.9, "qint16", "half_even"), "ties"),
        ("scaled-narrow", scaled([-0.01, 0, 0.0005, 0.001, 0.01], 0, 0.001), "high becomes 0.01"),
        ("scaled-no-side", scaled([-3, -1, 0, 1e-37, 3e-37, 1], -3, -1, "quint8"),
         "by the text: the factor is the largest float32, the range [0, 7.49e-37], and all above is 255"),
        ("scaled-no-side-subnormal", scaled([1e-38, 5e-39], -3, -1, "quint8"), "flushed, both are 0"),
        ("scaled-qint32", scaled([-2, -1, 0, 0.3, 0.99, 1, 2], -1, 1, "qint32"),
         "1 is 2^31 and must become 2^31 - 1; converted as it is, it is the lowest code"),
        ("refused-order", combined([0, 1], 2, 1), "refused: low > high"),
        ("refused-even", ask([0.5], 0, 255, "quint8", "MIN_FIRST", "half_even"),
         "refused: half_even is for SCALED"),
        ("nan-combined", combined([NAN, 0, NAN, 1, 2, NAN, 0.5, 3, NAN, 1], -4, 6, "qint8"),
         "not said; but its code may not depend on the place of the NaN"),
        ("nan-first", first([NAN, 0, NAN, 1, 2, NAN, 0.5, 3, NAN, 1], -4, 6, "qint8"), "not said"),
        ("nan-scaled", scaled([NAN, 0, NAN, 1, 2, NAN, 0.5, 3, NAN, 1], -4, 6), "not said"),
        ("nan-unsigned", scaled([NAN, 0, 1, NAN], -4, 6, "quint8"), "not said"),
        ("infinite-range", combined([0, 1], 0, INFINITY), "undefined; systems are compared"),
    )
]  # fmt: skip
