"""Both oracles quantize alike, under every choice and on every case; and what is refused, or open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import DEFINITIONS, single_changes
from oracle.exact import qkeras_bits as exact
from oracle.formats import Array
from oracle.quantized_bits import Settings, quantized_bits
from oracle.quantized_bits_definition import undefined
from oracle.quantized_bits_profile import AXES, Profile

PROFILES = [("definition", "", Profile()), *single_changes("quantized_bits")]
NAMES = [f"{axis}-{choice}" for axis, choice, _ in PROFILES]
QKERAS = Profile(no_bits="sign", channels="mixed", levels="signed", search="iterated", alpha="multiplies",
                 auto_rounding="half_away_added", infinity="nan", zero="kept", presentation="difference",
                 subnormals="flushed")  # fmt: skip
SETTINGS: list[dict[str, Any]] = [
    {}, {"bits": 4, "integer": 2}, {"bits": 4, "symmetric": True}, {"bits": 3, "keep_negative": False},
    {"bits": 1}, {"bits": 2, "integer": 3}, {"alpha": 0.3}, {"bits": 5, "alpha": 2.0, "qnoise_factor": 0.5},
    {"qnoise_factor": 0.25, "use_ste": False}, {"qnoise_factor": 0.0}, {"bits": 12, "integer": 5},
]  # fmt: skip
AUTO: list[dict[str, Any]] = [
    {"bits": bits, "alpha": alpha, "keep_negative": signed, "use_ste": ste, "scale_axis": axis}
    for bits, alpha, signed, ste, axis in [
        (4, "auto", True, True, None), (4, "auto_po2", True, True, None), (3, "auto", False, False, None),
        (3, "auto_po2", False, True, None), (8, "auto", True, False, 0), (4, "auto_po2", True, False, 0),
    ]
]  # fmt: skip


def ask_exact(arguments: Mapping[str, Any], profile: Profile) -> dict[str, list[float]]:
    """Return what the exact oracle answers to the arguments of a case."""
    x = np.asarray(arguments["x"])
    settings = {name: value for name, value in arguments.items() if name != "x"}
    if settings.get("alpha") is not None and not isinstance(settings["alpha"], str):
        alpha = np.broadcast_to(np.float32(settings["alpha"]), x.shape)
        settings["alpha"] = tuple(alpha.reshape(-1).astype(float).tolist())
    flat = x.reshape(-1).astype(float).tolist()
    value, alphas = exact.quantized_bits(flat, x.shape, exact.Question(**settings), vars(profile))
    return {"value": value} | ({} if alphas is None else {"alpha": alphas})


def assert_same(arguments: Mapping[str, Any], profile: Profile) -> None:
    try:
        found = quantized_bits(**arguments, profile=profile)
    except ValueError:
        with pytest.raises(ValueError):
            ask_exact(arguments, profile)
        return
    expected = ask_exact(arguments, profile)
    assert expected.keys() == found.keys()
    for name, array in found.items():
        assert array.dtype == np.float32
        wanted = np.array(expected[name], np.float32)
        flat = array.reshape(-1)
        same = (wanted == flat) & (np.signbit(wanted) == np.signbit(flat)) | np.isnan(wanted) & np.isnan(flat)
        assert same.all(), (name, wanted[~same], flat[~same], arguments, profile)


def near_thresholds(settings: Mapping[str, Any]) -> Array:
    """Both sides of every tie, every bound, and what lies far beyond."""
    given = Settings(**settings)
    step = 2.0 ** (given.integer - given.magnitude_bits) * (given.alpha or 1.0)
    count = min(2 ** (given.bits + 1) + 4, 20)
    halves = (np.arange(-count, count + 1) / 2 * step).astype(np.float32)
    far = np.float32([1e5, -1e5, 3e7, 1e30, -3e38, np.inf, -np.inf, 0.0, -0.0, 1e-45, -1e-40, 0.3, -0.7])
    sides = [np.nextafter(halves, np.float32(side)) for side in (np.inf, -np.inf)]
    return np.concatenate([halves, *sides, far])


def drawn_tensors() -> list[Array]:
    """Tensors of one to four axes, with ties of short steps, outliers, tiny and equal values."""
    draw = np.random.default_rng(11)
    normal = draw.normal(size=(5, 3)).astype(np.float32)
    outlier = normal * np.float32([1, 0.01, 1e-6])
    outlier[2] *= 30
    ties = (draw.integers(-15, 16, (8, 2)) / 2).astype(np.float32) + np.float32([[7.5, 0.75]] + [[0, 0]] * 7)
    return [outlier, ties, normal[:4, 0].copy(), normal[:4].reshape(1, 2, 2, 3)]


def test_the_exact_oracle_has_every_choice() -> None:
    assert dict(AXES["quantized_bits"]) == exact.CHOICES
    assert [f.name for f in fields(Profile)] == list(exact.CHOICES)


@pytest.mark.parametrize("profile", [*(p for *_, p in PROFILES), QKERAS], ids=[*NAMES, "qkeras"])
def test_both_oracles_agree(profile: Profile) -> None:
    for settings in SETTINGS if profile.default_alpha == "one" else ():
        assert_same({"x": near_thresholds(settings), **settings}, profile)
    for settings in [*AUTO, {"alpha": None}]:
        for x in drawn_tensors():
            assert_same({"x": x, **settings}, profile)


@pytest.mark.parametrize("case", cases_of("quantized_bits"), ids=lambda case: case.id.split("/")[1])
def test_both_oracles_agree_on_every_case(case: Any) -> None:
    if np.isnan(case.arguments["x"]).any():
        return
    for profile in (Profile(), QKERAS, replace(QKERAS, negative_integer="computed")):
        assert_same(case.arguments, profile)


def test_the_first_thread() -> None:
    found = quantized_bits(np.float32([0.3]), bits=8, integer=0)["value"]
    assert found.tolist() == [0.296875] == [38 * 2.0**-7]


def test_the_values_are_the_grid() -> None:
    x = np.linspace(-3, 3, 10001, dtype=np.float32)
    for settings, low, high in (({}, -8, 7), ({"symmetric": True}, -7, 7), ({"keep_negative": False}, 0, 15)):
        unit = 2.0 ** (1 - 4 + bool(settings.get("keep_negative", True)))
        found = np.unique(quantized_bits(x, bits=4, integer=1, **settings)["value"])
        assert (found / unit).tolist() == list(range(low, high + 1))


def test_no_power_of_two_is_better() -> None:
    for x in drawn_tensors()[:2]:
        found = quantized_bits(x, bits=4, alpha="auto_po2")
        error = np.sum((found["value"] - x).astype(np.float64) ** 2, axis=0)
        for k in range(-12, 13):
            alpha = found["alpha"] * np.float32(2.0**k)
            other = quantized_bits(x, bits=4, symmetric=True, alpha=alpha)["value"]
            assert (np.sum((other - x).astype(np.float64) ** 2, axis=0) >= error * (1 - 1e-9)).all()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"bits": 0}, "bits must be >= 1, got 0"),
        ({"integer": -1}, "integer must be >= 0, got -1"),
        ({"qnoise_factor": 1.5}, "qnoise_factor must lie in [0, 1], got 1.5"),
        ({"alpha": "best"}, "alpha must be one of auto, auto_po2 when it is a word, got best"),
        ({"scale_axis": 1, "alpha": "auto"}, "scale_axis must be an axis of (2,), got 1"),
        ({"x": np.float64([1.0])}, "x must be float32, got float64"),
    ],
)
def test_refused(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as refusal:
        quantized_bits(**{"x": np.float32([0.5, -0.3]), **arguments})
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("x", "settings", "says"),
    [
        ([np.nan], {}, "NaN"),
        ([0.5], {"alpha": -1.0}, "a negative one"),
        ([0.5], {"bits": 4, "integer": 4}, "more integer bits than bits"),
        ([[np.inf]], {"alpha": "auto"}, "infinity"),
        ([[0.5]], {"alpha": "auto", "bits": 1}, "one bit"),
        ([[0.3], [0.4]], {"alpha": "auto", "scale_axis": -1}, "negative scale_axis"),
        ([[0.0, 0.5]], {"alpha": "auto"}, "nothing but 0"),
        ([[-0.5]], {"alpha": "auto", "keep_negative": False}, "nothing but 0"),
        ([[0.5]], {"alpha": "auto_po2"}, "as good"),
    ],
)
def test_undefined(x: Any, settings: dict[str, Any], says: str) -> None:
    assert says in str(undefined({"x": np.float32(x), **settings}))


def test_it_is_elementwise_where_alpha_is_given() -> None:
    is_elementwise = DEFINITIONS["quantized_bits"].is_elementwise
    for alpha, expected in ((None, True), (0.5, True), ("auto", False), (np.float32([1, 2]), False)):
        assert is_elementwise({"x": np.float32([1, 2]), "alpha": alpha}, Profile()) is expected
    assert not is_elementwise({"x": np.float32([1])}, Profile(default_alpha="auto_po2"))
