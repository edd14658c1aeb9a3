"""Both oracles compute TensorFlow's dequantize alike, under every choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import is_undefined, single_changes
from oracle.dequantize_range import AXES, Profile, dequantize_range
from oracle.exact.dequantize_range import CHOICES
from oracle.exact.dequantize_range import dequantize_range as exactly

EAGER = Profile("flushed", "through_int32", "quotient", "direct", "rounded", "distributed")
PROFILES = [("definition", "", Profile()), *single_changes("dequantize_range"), ("eager", "", EAGER)]


def test_the_exact_oracle_has_every_choice() -> None:
    assert CHOICES == AXES


@pytest.mark.parametrize("profile", [p for *_, p in PROFILES], ids=[f"{a}-{c}" for a, c, _ in PROFILES])
def test_both_oracles_agree_on_every_case(profile: Profile) -> None:
    for case in cases_of("dequantize_range"):
        if not is_undefined(case.operation, case.arguments):
            compare(dict(case.arguments), profile)


@pytest.mark.parametrize("type", ["quint8", "qint8"])
@pytest.mark.parametrize("mode", ["MIN_COMBINED", "MIN_FIRST", "SCALED"])
def test_both_oracles_agree_on_many_codes(type: str, mode: str) -> None:
    codes = np.arange(0, 256, 3) - (128 if type == "qint8" else 0)
    ends = {"low": np.asarray(-1.3, np.float32), "high": np.asarray(2.7, np.float32)}
    compare({"code": codes, **ends, "type": type, "mode": mode}, EAGER)


def compare(a: dict[str, Any], profile: Profile) -> None:
    """Assert that both oracles give the same real for each code, zeros with their signs."""
    found = dequantize_range(**a, profile=profile)
    codes, low, high = a.pop("code"), float(a.pop("low")), float(a.pop("high"))
    wanted = np.array([exactly(c, low, high, **a, choices=vars(profile)) for c in codes.tolist()])
    assert found.tolist() == wanted.tolist(), (a, low, high)
    assert (np.signbit(found) == np.signbit(wanted)).all(), (a, low, high)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"type": "int8"}, "type must be one of quint8, .*, got int8"),
        ({"mode": "scaled"}, "mode must be one of MIN_COMBINED, MIN_FIRST, SCALED, got scaled"),
        ({"code": np.array([0, 256])}, r"code must be whole numbers in \[0, 255\], got 256"),
    ],
)
def test_refused(changed: dict[str, Any], says: str) -> None:
    base = dict(next(iter(cases_of("dequantize_range"))).arguments)
    with pytest.raises(ValueError, match=says):
        dequantize_range(**{**base, **changed})
