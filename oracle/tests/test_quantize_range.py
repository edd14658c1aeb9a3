"""Both oracles compute TensorFlow's quantize alike, under every choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import is_undefined, single_changes
from oracle.exact.quantize_range import CHOICES
from oracle.exact.quantize_range import quantize_range as exactly
from oracle.formats import Array
from oracle.quantize_range import AXES, PACKET, Profile, quantize_range

EAGER = Profile(subnormals="flushed", zero="included", factor="quotient", step="direct",
                rounding="floor_plus_half", cast="x86", nan="body")  # fmt: skip
PROFILES = [("definition", "", Profile()), *single_changes("quantize_range"), ("eager", "", EAGER)]
HALVES = np.arange(1 << 16, dtype=np.uint16)[::991].view(np.float16).astype(np.float32)


def test_the_exact_oracle_has_every_choice() -> None:
    assert CHOICES == AXES


@pytest.mark.parametrize("profile", [p for *_, p in PROFILES], ids=[f"{a}-{c}" for a, c, _ in PROFILES])
def test_both_oracles_agree_on_every_case(profile: Profile) -> None:
    for case in cases_of("quantize_range"):
        if not is_undefined(case.operation, case.arguments) and "refused" not in case.id:
            compare(dict(case.arguments), profile, [p for *_, p in PROFILES].index(profile) % 3)


@pytest.mark.parametrize("type", ["quint8", "qint8", "quint16"])
@pytest.mark.parametrize("mode", ["MIN_COMBINED", "MIN_FIRST", "SCALED"])
@pytest.mark.parametrize(("low", "high"), [(-1.3, 2.7), (0.4, 90.0)])
def test_both_oracles_agree_on_half_precision_numbers(type: str, mode: str, low: float, high: float) -> None:
    ends = {"low": np.asarray(low, np.float32), "high": np.asarray(high, np.float32)}
    compare({"x": HALVES, **ends, "type": type, "mode": mode, "rounding": "half_away"}, EAGER)


def compare(a: dict[str, Any], profile: Profile, start: int = 0) -> None:
    """Assert that both oracles give the same code for every third x, and the same range."""
    found = quantize_range(**a, profile=profile)
    x: Array = a.pop("x")
    low, high = float(a.pop("low")), float(a.pop("high"))
    body = x.size - x.size % PACKET
    for place in range(start % x.size, x.size, 3):
        value, code = float(x[place]), int(found["code"][place])
        wanted = exactly(value, low, high, **a, choices=vars(profile), in_body=place < body)
        got = (code, float(found["low"]), float(found["high"]))
        assert (got, np.signbit(got).tolist()) == (wanted, np.signbit(wanted).tolist()), (value, a, low, high)


def ask(x: list[float], low: float, high: float, type: str, mode: str) -> dict[str, Any]:
    return quantize_range(np.float32(x), np.float32(low), np.float32(high), type, mode, "half_away")


def test_the_documented_examples() -> None:
    assert ask([0, 1, 6], 0, 6, "quint8", "MIN_COMBINED")["code"].tolist() == [0, 43, 255]  # 255 / 6 = 42.5
    assert ask([0, 6], 0, 6, "qint8", "MIN_COMBINED")["code"].tolist() == [-128, 127]
    found = ask([-10, 9.921875], -10, 9, "qint8", "SCALED")
    assert found["code"].tolist() == [-128, 127]
    assert (float(found["low"]), float(found["high"])) == (-10, 9.921875)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"x": np.zeros(2)}, "x must be float32, got float64"),
        ({"type": "int8"}, "type must be one of quint8, .*, got int8"),
        ({"mode": "scaled"}, "mode must be one of MIN_COMBINED, MIN_FIRST, SCALED, got scaled"),
        ({"rounding": "half_up"}, "rounding must be one of half_away, half_even, got half_up"),
        ({"rounding": "half_even"}, "rounding must be half_away unless mode is SCALED, got half_even"),
        ({"low": np.float32(7)}, r"low must be at most high, got 7.0 and 6.0"),
    ],
)
def test_refused(changed: dict[str, Any], says: str) -> None:
    base = dict(next(iter(cases_of("quantize_range"))).arguments)
    with pytest.raises(ValueError, match=says):
        quantize_range(**{**base, **changed})
