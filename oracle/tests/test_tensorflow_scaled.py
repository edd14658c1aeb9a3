"""Both oracles compute TensorFlow's quantize_and_dequantize alike, under every choice."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import is_undefined, single_changes
from oracle.exact.quantize_and_dequantize import CHOICES
from oracle.exact.quantize_and_dequantize import quantize_and_dequantize as exactly
from oracle.quantize_and_dequantize import AXES, Profile, quantize_and_dequantize, range_of

EAGER = Profile("flushed", "factor", "given", "x", "propagates", "floor_plus_half", "multiply")
PROFILES = [("definition", "", Profile()), *single_changes("quantize_and_dequantize"),
            ("eager", "", EAGER)]  # fmt: skip


def test_the_exact_oracle_has_every_choice() -> None:
    assert CHOICES == AXES


@pytest.mark.parametrize("profile", [p for *_, p in PROFILES], ids=[f"{a}-{c}" for a, c, _ in PROFILES])
def test_both_oracles_agree_on_every_case(profile: Profile) -> None:
    for case in cases_of("quantize_and_dequantize"):
        a: dict[str, Any] = dict(case.arguments)
        if is_undefined(case.operation, a):
            continue
        axis = a.pop("axis")
        a["x"] = a["x"] if axis is not None else a["x"][thirds(profile, a["range_given"])]
        found = np.moveaxis(quantize_and_dequantize(**a, axis=axis, profile=profile), axis or 0, -1)
        x = np.moveaxis(a.pop("x"), axis or 0, -1)
        given = range_of(x, a.pop("low"), a.pop("high"), a["range_given"], axis)
        reals = zip(*(part.ravel().tolist() for part in np.broadcast_arrays(x, *given)), strict=True)
        wanted = np.array([exactly(*real, **a, choices=asdict(profile)) for real in reals], np.float32)
        assert same(found.ravel(), wanted), (case.id, found.ravel().tolist(), wanted.tolist())


def thirds(profile: Profile, range_given: bool) -> slice:
    """Return which elements are asked: another third for each profile, all where they are the range."""
    return slice([p for *_, p in PROFILES].index(profile) % 3, None, 3) if range_given else slice(None)


def same(a: Any, b: Any) -> bool:
    return bool(((a == b) & (np.signbit(a) == np.signbit(b)) | np.isnan(a) & np.isnan(b)).all())


def test_the_documented_ranges() -> None:
    def ends(low: float, high: float, signed: bool = True) -> list[float]:
        x = np.float32([-1e9, 1e9])
        found = quantize_and_dequantize(x, low, high, signed, 8, True, "half_even", False, None)
        return [round(float(v), 6) for v in found]

    assert ends(-10, 5) == [-10, 9.921875]
    assert ends(-10, 10) == [-10.07874, 10]
    assert ends(-10, 10, signed=False) == [0, 10]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"x": np.zeros(2)}, "x must be float32, got float64"),
        ({"rounding": "floor"}, "rounding must be one of half_even, half_up, got floor"),
        ({"bits": 0}, r"bits must lie in \[1, 24\], got 0"),
    ],
)
def test_refused(changed: dict[str, Any], says: str) -> None:
    base = dict(next(iter(cases_of("quantize_and_dequantize"))).arguments)
    with pytest.raises(ValueError, match=says):
        quantize_and_dequantize(**{**base, **changed})
