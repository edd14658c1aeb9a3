"""Both oracles agree on binary and ternary and their gradients, under every choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.binary import binary
from oracle.definition import DEFINITIONS, compute, is_undefined, single_changes
from oracle.exact import qkeras_signs as exact
from oracle.formats import Array
from oracle.ternary import ternary
from oracle.tests.qkeras_points import SPECIAL, same

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "binary": [{}, {"alpha": 0.7}, {"alpha": 2.0, "use_01": True}],
    "ternary": [{}, {"alpha": 0.7}, {"alpha": 2.0, "threshold": 0.25}, {"threshold": 0.0, "alpha": 1.0}],
}
AUTO: list[dict[str, Any]] = [{"alpha": "auto"}, {"alpha": "auto_po2"}]
POINTS = np.float32([0.25, -0.25, 0.33, -0.33, 0.33000004, 1.0, -2.0, *SPECIAL])


def profiles(operation: str) -> list[Any]:
    changes = [pytest.param(operation, p, id=f"{operation}-{a}-{c}") for a, c, p in single_changes(operation)]
    return [pytest.param(operation, DEFINITIONS[operation].profile, id=operation), *changes]


@pytest.mark.parametrize(("operation", "profile"), [*profiles("binary"), *profiles("ternary")])
def test_both_oracles_agree(operation: str, profile: Any) -> None:
    function = getattr(exact, operation)
    for settings in SETTINGS[operation]:
        found = compute(operation, {"x": POINTS, **settings}, profile)["value"]
        same(POINTS, found, function(POINTS.tolist(), vars(profile), **settings), settings)
    for settings in AUTO:
        x = (np.random.default_rng(3).integers(1, 64, (16, 3)) / 16 * [1, -1, 2.0**-24]).astype(np.float32)
        found = compute(operation, {"x": x, **settings}, profile)["value"]
        same(x, found, by_channel(function, x, profile, settings), settings)


def by_channel(function: Any, x: Array, profile: Any, settings: dict[str, Any]) -> Any:
    """Return what the exact oracle gives channel by channel, or for the tensor."""
    if profile.sums == "tensor":
        return function(x.reshape(-1).tolist(), vars(profile), **settings)
    channels = [function(x[..., c].reshape(-1).tolist(), vars(profile), **settings)
                for c in range(x.shape[-1])]  # fmt: skip
    return np.stack(channels, axis=-1)


@pytest.mark.parametrize("operation", ["binary", "ternary"])
def test_both_oracles_agree_on_every_case(operation: str) -> None:
    profile, function = DEFINITIONS[operation].profile, getattr(exact, operation)
    for case in cases_of(operation):
        if is_undefined(operation, case.arguments) is None:
            x, settings = case.arguments["x"], {k: v for k, v in case.arguments.items() if k != "x"}
            is_one = "auto" in str(settings.get("alpha")) and x.ndim == 1
            wanted = (
                [function([v], vars(profile), **settings)[0] for v in x.tolist()] if is_one
                else by_channel(function, x, profile, settings)
            )  # fmt: skip
            same(x, compute(operation, case.arguments, profile)["value"], wanted, case.id)


@pytest.mark.parametrize(
    ("operation", "profile"), [*profiles("binary_gradient"), *profiles("ternary_gradient")]
)
def test_both_gradients_agree(operation: str, profile: Any) -> None:
    x = np.concatenate([POINTS, np.linspace(-8, 8, 33, dtype=np.float32)])
    dy = np.float32(0.3) * np.arange(1, x.size + 1, dtype=np.float32)
    for settings in ({}, {"alpha": 0.5}):
        found = compute(operation, {"x": x, "dy": dy, **settings}, profile)["x"]
        pairs = zip(x.tolist(), dy.tolist(), strict=True)
        wanted = [exact.through_tanh(v, g, settings.get("alpha"), vars(profile)) for v, g in pairs]
        close = np.abs(found - np.float32(wanted)) <= np.spacing(np.float32(wanted))  # cosh^2 in float64
        assert close.all()


def test_a_vector_is_made_of_channels() -> None:
    x = np.float32([1.0, -2.0, 0.5])
    assert binary(x, "auto").tolist() == x.tolist()


@pytest.mark.parametrize(
    ("function", "settings", "says"),
    [
        (binary, {"alpha": "best"}, "alpha must be None, a number, auto or auto_po2, got best"),
        (binary, {"alpha": -1.0}, "alpha must be > 0, got -1.0"),
        (ternary, {"threshold": -1.0}, "threshold must be None or >= 0, got -1.0"),
        (ternary, {"alpha": "auto", "threshold": 0.5}, "threshold must be None with alpha auto, got 0.5"),
        (ternary, {"number_of_unrolls": 0}, "number_of_unrolls must be >= 1, got 0"),
    ],
)
def test_refused(function: Any, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as refusal:
        function(np.float32([1.0]), **settings)
    assert says in str(refusal.value)
