"""Both oracles agree on quantized_hswish and its gradient, under every choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from cases.points import singles
from cases.quantized_hswish import ties
from oracle.definition import DEFINITIONS, compute, single_changes
from oracle.exact import qkeras_hswish as exact
from oracle.tests.qkeras_points import around, same

NAME = "quantized_hswish"
BASE = DEFINITIONS[NAME].profile
PROFILES = [pytest.param(BASE, id="definition"),
            *(pytest.param(p, id=f"{a}-{c}") for a, c, p in single_changes(NAME))]  # fmt: skip
GRADIENT = DEFINITIONS[f"{NAME}_gradient"].profile
GRADIENTS = [pytest.param(GRADIENT, id="definition"),
             *(pytest.param(p, id=f"{a}-{c}") for a, c, p in single_changes(f"{NAME}_gradient"))]  # fmt: skip
SETTINGS: list[dict[str, Any]] = [
    {"bits": 7},
    {"bits": 5, "integer": 2, "symmetric": True, "relu_shift": 2, "relu_upper_bound": 5},
    {"bits": 6, "integer": 1, "alpha": 0.3},
]


def exactly(x: Any, settings: dict[str, Any], profile: Any) -> list[float]:
    return [exact.quantized_hswish(v, choices=vars(profile), **settings) for v in x.reshape(-1).tolist()]


@pytest.mark.parametrize("profile", PROFILES)
def test_both_oracles_agree(profile: Any) -> None:
    for settings in SETTINGS:
        x = np.concatenate([around(0.25, 16)[::3], ties(3, *range(-7, 8, 2)), ties(5, *range(-31, 32, 6))])
        x = x[x != -np.inf]
        found = compute(NAME, {"x": x, **settings}, profile)["value"]
        same(x, found, exactly(x, settings, profile), settings)


def test_both_oracles_agree_on_every_case() -> None:
    for case in cases_of(NAME):
        if not case.undefined:
            settings = {name: value for name, value in case.arguments.items() if name != "x"}
            x = case.arguments["x"]
            same(x, compute(NAME, case.arguments, BASE)["value"], exactly(x, settings, BASE), case.id)


def exact_gradient(x: Any, dy: Any, settings: dict[str, Any], profile: Any) -> list[float]:
    pairs = zip(x.reshape(-1).tolist(), dy.reshape(-1).tolist(), strict=True)
    return [exact.quantized_hswish_gradient(v, g, choices=vars(profile), **settings) for v, g in pairs]


@pytest.mark.parametrize("profile", GRADIENTS)
def test_both_gradients_agree(profile: Any) -> None:
    for settings in SETTINGS:
        x = np.concatenate([around(0.25, 16)[::3], ties(5, *range(-31, 32, 6))])
        x = x[x != -np.inf]
        dy = ((-1.0) ** np.arange(x.size) * np.float32(0.3) * np.arange(1, x.size + 1)).astype(np.float32)
        found = compute(f"{NAME}_gradient", {"x": x, "dy": dy, **settings}, profile)["x"]
        same(x, found, exact_gradient(x, dy, settings, profile), settings)


@pytest.mark.parametrize("profile", GRADIENTS)
def test_both_gradients_agree_on_every_case(profile: Any) -> None:
    for case in cases_of(f"{NAME}_gradient"):
        if not case.undefined:
            settings = {name: value for name, value in case.arguments.items() if name not in ("x", "dy")}
            x, dy = case.arguments["x"], case.arguments["dy"]
            found = compute(case.operation, case.arguments, profile)["x"]
            same(x, found, exact_gradient(x, dy, settings, profile), case.id)


def test_products_next_to_a_tie() -> None:
    """dy * 3 / 4 of an odd dy of 24 bits is half way between two float32: a tiny x decides the side."""
    x = singles([1e-12, -1e-12, 1e-40, -1e-40, 0.0])
    settings = {"bits": 8, "relu_upper_bound": 4}
    for odd in (8388609, 9000003, 11184809):
        dy = np.full_like(x, odd)
        found = compute(f"{NAME}_gradient", {"x": x, "dy": dy, **settings}, GRADIENT)["x"]
        same(x, found, exact_gradient(x, dy, settings, GRADIENT), odd)
        assert found[0] == found[2] == np.nextafter(found[1], np.float32(np.inf)), "above, and below"


def test_slopes_by_hand() -> None:
    x = np.float32([-4, -2, -1.5, 0, 1, 2, 4])
    found = compute(f"{NAME}_gradient", {"x": x, "dy": np.full_like(x, 6), "bits": 8}, GRADIENT)["x"]
    assert found.tolist() == [0, -1, 0, 3, 5, 7, 6]


def test_the_ends_of_the_parabola() -> None:
    found = compute(NAME, {"x": np.float32([-9, -3, -1.5, 0, 3, 3.5]), "bits": 10, "integer": 2}, BASE)[
        "value"
    ]
    assert found.tolist() == [0, 0, -0.375, 0, 3, 3.5]


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"bits": 1}, "bits must be in [2, 16], got 1"),
     ({"bits": 4, "integer": -1}, "integer must lie in [0, 3], got -1"),
     ({"bits": 4, "alpha": 0.0}, "alpha must be None or > 0, got 0.0"),
     ({"bits": 4, "relu_shift": 0}, "relu_shift must be a whole number from 1 to 255, got 0")],
)  # fmt: skip
def test_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as refusal:
        compute(NAME, {"x": np.float32([1.0]), **settings}, BASE)
    assert says in str(refusal.value)
