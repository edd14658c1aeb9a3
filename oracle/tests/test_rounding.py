"""Every rounding mode, on a table written by hand."""

# numpy's stubs refuse np.float32([...]), which makes an array.
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, Format
from oracle.rounding import ROUND

# Columns. Two near ties: `below` is the last number under 1/2 (float32: 0.49999997), `above` the
# first over it. `odd` is the first odd number whose format has no halves (float32: 8388609).
COLUMNS = (
    "-odd", -2.5, -1.75, -1.5, -1.25, -1.0, "-above", -0.5, "-below", -0.25, -0.0,
    0.0, 0.25, "below", 0.5, "above", 1.0, 1.25, 1.5, 1.75, 2.5, "odd",
)  # fmt: skip
TABLE = {
    "half_even":
        ("-odd", -2, -2, -2, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, "odd"),
    "half_up":
        ("-odd", -2, -2, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, "odd"),
    "half_down":
        ("-odd", -3, -2, -2, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, "odd"),
    "half_away":
        ("-odd", -3, -2, -2, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, "odd"),
    "half_toward_zero":
        ("-odd", -2, -2, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, "odd"),
    "toward_zero":
        ("-odd", -2, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, "odd"),
    "floor":
        ("-odd", -3, -2, -2, -2, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, "odd"),
    "ceil":
        ("-odd", -2, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 3, "odd"),
    # The sum of t and one half is rounded: below + 1/2 is a tie that goes to 1, odd + 1/2 one that
    # goes to the even neighbour.
    "floor_plus_half":
        ("1-odd", -2, -2, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 3, "odd+1"),
    "truncate_plus_half":
        ("-odd-1", -3, -2, -2, -1, -1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 3, "odd+1"),
}  # fmt: skip


def named(entry: Any, target: Format) -> Any:
    """A table's number, or what its name stands for in a format."""
    odd = 2.0 ** (target.precision - 1) + 1
    below, above = 0.5 - 2.0 ** (-target.precision - 1), 0.5 + 2.0**-target.precision
    names = {
        "odd": odd, "-odd": -odd, "odd+1": odd + 1, "-odd-1": -odd - 1, "1-odd": 1 - odd,
        "below": below, "-below": -below, "above": above, "-above": -above,
    }  # fmt: skip
    return names.get(entry, entry) if isinstance(entry, str) else entry


def test_the_table_has_every_mode() -> None:
    assert list(TABLE) == list(ROUND)


@pytest.mark.parametrize("target", [FLOAT16, BFLOAT16, FLOAT32, FLOAT64], ids=lambda f: f.name)
@pytest.mark.parametrize("mode", TABLE)
def test_mode(mode: str, target: Format) -> None:
    passing = [-np.inf, np.inf, np.nan]
    t = np.array([named(entry, target) for entry in COLUMNS] + passing, target.carrier)
    expected = np.array([named(entry, target) for entry in TABLE[mode]] + passing, target.carrier)
    with np.errstate(invalid="ignore"):
        actual = ROUND[mode](t, target)
    assert actual.dtype == t.dtype
    np.testing.assert_array_equal(actual, expected, err_msg=f"{mode} in {target.name} of {t}")


def test_the_names_of_near_ties() -> None:
    assert named("below", FLOAT32) == np.nextafter(np.float32(0.5), np.float32(0))
    assert named("above", FLOAT32) == np.nextafter(np.float32(0.5), np.float32(1))
    assert named("below", FLOAT16) == np.nextafter(np.float16(0.5), np.float16(0))
    assert named("odd", FLOAT32) == 8388609


@pytest.mark.parametrize("mode", ["half_even", "half_away", "half_toward_zero", "toward_zero"])
def test_symmetric_modes_keep_the_sign_of_zero(mode: str) -> None:
    zeros = ROUND[mode](np.float32([-0.25, -0.0, 0.0, 0.25]), FLOAT32)
    assert np.signbit(zeros).tolist() == [True, True, False, False]


@pytest.mark.parametrize("mode", TABLE)
def test_float16_every_number_stays_within_one(mode: str) -> None:
    x = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    x = x[np.isfinite(x)]
    whole = ROUND[mode](x, FLOAT16)
    assert np.array_equal(np.trunc(whole), whole)
    away = np.abs(whole.astype(np.float64) - x)
    assert away.max() <= (0.5 if mode.startswith("half_") else 1)
    fixed = x[(np.trunc(x) == x) & (np.abs(x) <= 1024)]
    assert np.array_equal(ROUND[mode](fixed, FLOAT16), fixed)
