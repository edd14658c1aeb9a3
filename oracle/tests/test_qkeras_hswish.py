"""Both oracles agree on quantized_hswish, under every choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from cases.quantized_hswish import ties
from oracle.definition import DEFINITIONS, compute, single_changes
from oracle.exact import qkeras_hswish as exact
from oracle.tests.qkeras_points import around, same

NAME = "quantized_hswish"
BASE = DEFINITIONS[NAME].profile
PROFILES = [pytest.param(BASE, id="definition"),
            *(pytest.param(p, id=f"{a}-{c}") for a, c, p in single_changes(NAME))]  # fmt: skip
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
