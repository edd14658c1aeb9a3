"""Both oracles agree on quantized_ulaw and its gradient, under every choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import DEFINITIONS, compute, single_changes
from oracle.exact import qkeras_ulaw as exact
from oracle.tests.qkeras_points import around, same

NAME = "quantized_ulaw"
BASE = DEFINITIONS[NAME].profile
PROFILES = [pytest.param(BASE, id="definition"),
            *(pytest.param(p, id=f"{a}-{c}") for a, c, p in single_changes(NAME))]  # fmt: skip
GRADIENT = DEFINITIONS[f"{NAME}_gradient"].profile
GRADIENTS = [pytest.param(GRADIENT, id="definition"),
             *(pytest.param(p, id=f"{a}-{c}") for a, c, p in single_changes(f"{NAME}_gradient"))]  # fmt: skip
SETTINGS: list[dict[str, Any]] = [{"bits": 4}, {"bits": 6, "integer": 1, "symmetric": True, "u": 15.0}]


def exactly(x: Any, settings: dict[str, Any], profile: Any) -> list[float]:
    return [exact.quantized_ulaw(v, choices=vars(profile), **settings) for v in x.reshape(-1).tolist()]


@pytest.mark.parametrize("profile", PROFILES)
def test_both_oracles_agree(profile: Any) -> None:
    for settings in SETTINGS:
        x = around(
            2.0 ** (settings.get("integer", 0) + 1 - settings["bits"]), 2 ** (settings["bits"] - 1) + 2
        )
        x = x[::5]
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
    return [exact.quantized_ulaw_gradient(v, g, choices=vars(profile), **settings) for v, g in pairs]


@pytest.mark.parametrize("profile", GRADIENTS)
def test_both_gradients_agree(profile: Any) -> None:
    for settings in SETTINGS:
        reach = 2 ** (settings["bits"] - 1) + 2
        x = around(2.0 ** (settings.get("integer", 0) + 1 - settings["bits"]), reach)[::5]
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


def test_gradient_is_the_difference_quotient_of_the_law() -> None:
    """Of 16 bits: what a step of x adds to the law, over the step."""
    x, h = np.linspace(-0.95, 0.95, 39), 2.0**-16
    given = {"x": x.astype(np.float32), "dy": np.ones(x.size, np.float32), "bits": 16}
    found = compute(f"{NAME}_gradient", given, GRADIENT)["x"]
    law = [np.sign(t) * np.log(1 + 255 * abs(t)) / np.log(256) for t in (x + h, x - h)]
    quotient = (law[0] - law[1]) / (2 * h)
    assert (np.abs(found / quotient - 1)[np.abs(x) > 0.01] < 1e-3).all()


def test_thresholds_of_the_law() -> None:
    """The code grows where the law says: at (256^((k + 1/2) / 8) - 1) / 255."""
    for k in range(7):
        threshold = np.float32((256 ** ((k + 0.5) / 8) - 1) / 255)
        x = np.float32([threshold - np.spacing(threshold) * 2, threshold + np.spacing(threshold) * 2])
        assert (compute(NAME, {"x": x, "bits": 4}, BASE)["value"] * 8).tolist() == [k, k + 1]


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"bits": 1}, "bits must be in [2, 16], got 1"),
     ({"bits": 4, "integer": 4}, "integer must lie in [0, 3], got 4"),
     ({"bits": 4, "u": 0.0}, "u must be > 0, got 0.0")],
)  # fmt: skip
def test_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as refusal:
        compute(NAME, {"x": np.float32([1.0]), **settings}, BASE)
    assert says in str(refusal.value)
