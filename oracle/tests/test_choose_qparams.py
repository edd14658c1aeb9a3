"""Both oracles choose the same scale and zero point, under every choice; and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle.choose_qparams import AXES, Profile, choose_qparams
from oracle.definition import DEFINITIONS, single_changes
from oracle.exact import choose_qparams as exact

RANGES = [
    (-1.0, 2.0), (1.0, 3.0), (-3.0, -1.0), (-0.5, 254.5), (-1.5, 253.5), (-60.75, 66.25),
    (-0.75, 2.31), (-0.6, 0.76), (-2.49, 2.49), (-0.42, 1.62), (0.0, 1e-45), (-1e-40, 2e-40),
    (-1e-30, 2e-30), (-1e-5, 2e-5), (-3e38, 3e38), (5.0, 5.0), (-0.1, 0.0), (0.0, 0.1),
]  # fmt: skip
CODES = [(-128, 127), (0, 255), (-127, 127), (-8, 7), (-32768, 32767), (0, 65535)]
PROFILES = [("definition", "", Profile()), *single_changes("choose_qparams")]


def test_the_exact_oracle_has_every_choice() -> None:
    assert dict(AXES["choose_qparams"]) == exact.QPARAMS_CHOICES


def numbers(x: Any, qmin: int, qmax: int, scheme: str, profile: Profile, *before: Any) -> tuple[float, ...]:
    return tuple(float(v) for v in choose_qparams(x, qmin, qmax, scheme, *before, profile=profile).values())


@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
@pytest.mark.parametrize("profile", [p for *_, p in PROFILES], ids=[f"{a}-{c}" for a, c, _ in PROFILES])
def test_both_oracles_agree(profile: Profile, scheme: str) -> None:
    for low, high in [*RANGES, *drawn_ranges(40)]:
        x = np.array([low, high], np.float32)
        for codes in CODES:
            arguments = (*codes, scheme)
            found = outcome(numbers, x, *arguments, profile)
            expected = outcome(exact.choose_qparams, x.astype(np.float64).tolist(), *arguments, vars(profile))
            assert found == expected, (low, high, codes, scheme, profile)


@pytest.mark.parametrize("profile", [p for *_, p in PROFILES], ids=[f"{a}-{c}" for a, c, _ in PROFILES])
def test_both_oracles_average_alike(profile: Profile) -> None:
    for (low, high), before in zip(drawn_ranges(30), [*RANGES[:6], *drawn_ranges(24)], strict=True):
        running, x = np.array(before, np.float32), np.array([low, high], np.float32)
        for averaging in (0.01, 0.5, 1.0, 0.0):
            found = outcome(numbers, x, -128, 127, "affine", profile, running, averaging)
            expected = outcome(exact.choose_qparams, x.tolist(), -128, 127, "affine", vars(profile),
                               running.tolist(), averaging)  # fmt: skip
            assert found == expected, (low, high, before, averaging, profile)


def outcome(function: Any, *arguments: Any) -> Any:
    """Return what a function gives, or that it refuses."""
    try:
        return function(*arguments)
    except ValueError:
        return "refused"


def drawn_ranges(count: int) -> list[tuple[float, float]]:
    """Ranges with few digits, which come near ties, and ranges that end at half a step."""
    draw = np.random.default_rng(7)
    short = [tuple(np.round(draw.uniform(-3, 3, 2), 2)) for _ in range(count // 2)]
    steps = [(-(k + 0.5) / 32, (255 - k - 0.5) / 32) for k in draw.integers(0, 255, count // 2)]
    return [(float(min(r)), float(max(r))) for r in (*short, *steps) if any(r)]


def test_the_choice_depends_on_the_range_alone() -> None:
    x = np.linspace(-1.3, 0.7, 101, dtype=np.float32)
    whole, ends = (choose_qparams(v, -128, 127) for v in (x, x[[0, -1]]))
    assert all(whole[name] == ends[name] for name in ("scale", "zero_point"))
    assert whole["scale"].dtype == np.float32
    assert whole["zero_point"].dtype == np.int64


@pytest.mark.parametrize(
    ("x", "codes", "scheme", "says"),
    [
        ([0.0, 0.0], (0, 255), "affine", "x must be finite, not empty and not all zero"),
        ([], (0, 255), "affine", "x must be finite, not empty and not all zero"),
        ([1.0, np.nan], (0, 255), "affine", "x must be finite, not empty and not all zero"),
        ([1.0], (5, 5), "affine", "qmin must be < qmax, got [5, 5]"),
        ([1.0], (0, 255), "both", "scheme must be one of affine, symmetric, got both"),
    ],
)
def test_refused(x: list[float], codes: tuple[int, int], scheme: str, says: str) -> None:
    with pytest.raises(ValueError) as refusal:
        choose_qparams(np.array(x, np.float32), *codes, scheme)
    assert says in str(refusal.value)


def test_it_is_found_and_not_elementwise() -> None:
    definition = DEFINITIONS["choose_qparams"]
    assert not definition.is_elementwise({}, definition.profile)
    assert not definition.takes_scale
