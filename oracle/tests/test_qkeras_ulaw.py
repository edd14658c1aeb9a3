"""Both oracles agree on quantized_ulaw, under every choice."""

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
