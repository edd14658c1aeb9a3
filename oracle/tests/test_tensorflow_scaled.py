"""Both oracles compute TensorFlow's quantize_and_dequantize alike, under every choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import is_undefined, single_changes
from oracle.exact.quantize_and_dequantize import CHOICES, GRADIENT_CHOICES
from oracle.exact.quantize_and_dequantize import quantize_and_dequantize as exactly
from oracle.exact.quantize_and_dequantize import quantize_and_dequantize_gradient as gradient_exactly
from oracle.quantize_and_dequantize import AXES, Profile, quantize_and_dequantize, range_of
from oracle.quantize_and_dequantize_gradient import AXES as GRADIENT_AXES
from oracle.quantize_and_dequantize_gradient import Profile as GradientProfile
from oracle.quantize_and_dequantize_gradient import quantize_and_dequantize_gradient

EAGER = Profile("flushed", "factor", "given", "x", "propagates", "floor_plus_half", "signed", "multiply")
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
        wanted = np.array([exactly(*real, **a, choices=vars(profile)) for real in reals], np.float32)
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


# The gradient ----------------------------------------------------------------------------------

GRADIENTS = [("definition", "", GradientProfile()), *single_changes("quantize_and_dequantize_gradient"),
             ("eager", "", GradientProfile("flushed", "arguments"))]  # fmt: skip


def test_the_exact_gradient_has_every_choice() -> None:
    assert GRADIENT_CHOICES == GRADIENT_AXES


@pytest.mark.parametrize("profile", [p for *_, p in GRADIENTS], ids=[f"{a}-{c}" for a, c, _ in GRADIENTS])
def test_both_gradients_agree_on_every_case(profile: GradientProfile) -> None:
    for case in cases_of("quantize_and_dequantize_gradient"):
        a: dict[str, Any] = dict(case.arguments)
        if is_undefined(case.operation, a):
            continue
        found = quantize_and_dequantize_gradient(**a, profile=profile)
        axis, low, high, x, dy = (a.pop(name) for name in ("axis", "low", "high", "x", "dy"))
        del a["rounding"]
        slices = [(x, dy, low, high, *found.values())]
        if axis is not None:
            parts = [np.moveaxis(array, axis, 0) for array in (x, dy, found["x"])]
            slices = list(zip(*parts[:2], low, high, parts[2], found["low"], found["high"], strict=True))
        for one_x, one_dy, one_low, one_high, *got in slices:
            wanted = gradient_exactly(one_x.ravel().tolist(), float(one_low), float(one_high),
                                      dy=one_dy.ravel().tolist(), choices=vars(profile), **a)  # fmt: skip
            for name, value in zip(("x", "low", "high"), got, strict=True):
                assert same(np.ravel(value), np.float32(wanted[name])), (case.id, name, value, wanted[name])


def test_both_gradients_agree_around_the_ends_of_many_ranges() -> None:
    for k in range(60):
        low, high = np.float32(-(7 * k % 40) / 10), np.float32((11 * k % 37 + 1) / 10)
        signed, bits, narrow = bool(k % 3), 3 + k % 6, bool(k % 2)
        ends = np.float32([low, high, 0, -high, high * 1.01, low * 1.01])
        x = np.concatenate([ends, np.nextafter(ends, np.float32(9)), np.nextafter(ends, np.float32(-9))])
        dy = np.arange(1, x.size + 1, dtype=np.float32)
        for given in (True, False):
            found = quantize_and_dequantize_gradient(
                x, low, high, signed, bits, given, "half_even", narrow, None, dy
            )
            wanted = gradient_exactly(
                x.tolist(), float(low), float(high), signed, bits, given, narrow, dy.tolist()
            )
            assert same(found["x"], np.float32(wanted["x"])), (k, given)


def test_the_gradient_is_dy_where_the_forward_pass_moves() -> None:
    a = {"low": -10, "high": 5, "signed": True, "bits": 8, "range_given": True, "rounding": "half_even",
         "narrow_range": False, "axis": None}  # fmt: skip
    x = np.float32([-12, -10, 4, 7, 9.9, 9.93, 12])
    y = quantize_and_dequantize(x, **a)
    moves = quantize_and_dequantize(x + np.float32(0.1), **a) != quantize_and_dequantize(
        x - np.float32(0.1), **a
    )
    assert y.tolist()[2:4] == [3.984375, 7.03125]
    assert quantize_and_dequantize_gradient(x, **a, dy=np.ones_like(x))["x"].tolist() == [0, 1, 1, 1, 1, 0, 0]
    assert moves.tolist() == [False, True, True, True, True, True, False]


def test_a_gradient_of_another_shape_is_refused() -> None:
    base = dict(next(iter(cases_of("quantize_and_dequantize_gradient"))).arguments)
    with pytest.raises(ValueError, match=r"dy must have the shape of x, \(21,\), got \(2,\)"):
        quantize_and_dequantize_gradient(**{**base, "dy": np.float32([1, 2])})
