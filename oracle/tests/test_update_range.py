"""Both oracles update a range alike, under every choice; and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import DEFINITIONS, is_undefined, single_changes
from oracle.exact import tfmot as exact
from oracle.update_range import AXES, METHODS, update_range

PROFILES = [("definition", "", DEFINITIONS["update_range"].profile), *single_changes("update_range")]
BATCHES = [
    [1, 3],
    [-1, -3],
    [-0.3, 0.7],
    [0.1, 0.65],
    [1e-40, -2e-40],
    [0.0],
    [-0.0, 5],
    [2.9, -2.9],
    [-1, 2.5],
]
BATCHES += np.random.default_rng(7).normal(size=(60, 3)).astype(np.float32).tolist()


def test_the_exact_oracle_has_every_choice() -> None:
    assert dict(AXES["update_range"]) == exact.RANGE_CHOICES


@pytest.mark.parametrize("profile", [p for *_, p in PROFILES], ids=[f"{a}-{c}" for a, c, _ in PROFILES])
def test_both_oracles_agree(profile) -> None:
    for batch in BATCHES:
        x = np.array(batch, np.float32)
        for bits in (2, 4, 8):
            for symmetric, narrow_range in ((False, False), (True, False), (True, True)):
                for method in METHODS:
                    rest = (bits, symmetric, narrow_range, method)
                    low, high = np.float32(-0.7), np.float32(0.3)
                    found = update_range(x, low, high, *rest, profile)
                    wanted = exact.update_range(x.tolist(), float(low), float(high), *rest, vars(profile))
                    assert [float(v) for v in found.values()] == list(wanted), (batch, rest)


def test_both_oracles_agree_on_every_case() -> None:
    for case in cases_of("update_range"):
        if is_undefined("update_range", case.arguments):
            continue
        x, low, high, *rest = case.arguments.values()
        wanted = exact.update_range(x.tolist(), float(low), float(high), *rest)
        assert [float(v) for v in update_range(**case.arguments).values()] == list(wanted), case.id


@pytest.mark.parametrize(("bits", "method", "says"), [
    (1, "last", r"bits must lie in \[2, 16\], got 1"),
    (8, "first", "method must be one of last, all, moving_average, got first"),
])  # fmt: skip
def test_what_is_refused(bits, method, says) -> None:
    with pytest.raises(ValueError, match=says):
        update_range(np.float32([1]), np.float32(0), np.float32(1), bits, False, False, method)
