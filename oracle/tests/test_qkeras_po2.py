"""Both oracles agree on the power-of-two quantizers and their gradients, under every choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import DEFINITIONS, compute, single_changes
from oracle.exact import qkeras_po2 as exact
from oracle.formats import Array
from oracle.quantized_po2 import quantized_po2
from oracle.tests.qkeras_points import SPECIAL, same

OPERATIONS = ("quantized_po2", "quantized_relu_po2")
SETTINGS: list[dict[str, Any]] = [
    {"bits": 4},
    {"bits": 8, "log2_rounding": "floor"},
    {"bits": 5, "quadratic_approximation": True},
    {"bits": 4, "quadratic_approximation": True, "log2_rounding": "floor", "max_value": 5.0},
    {"bits": 5, "max_value": 3.0},
    {"bits": 3, "max_value": 0.75},
]
SLOPES = [{"negative_slope": 0.25, "bits": 3}, {"negative_slope": 2.0, "bits": 5, "max_value": 2.5}]


def points() -> Array:
    """Powers of two, 1.5 and sqrt(2) times them and 2.5, with neighbours; both signs; special values."""
    exponents = [*range(-5, 6), 10, 13, 26, -29]
    middle = np.float32([m * 2.0**k for k in exponents for m in (1.0, 1.25, 1.5)])
    below, above = (np.nextafter(middle, np.float32(end)) for end in (0, np.inf))
    near = np.float32([m * 2.0**k for k in range(-2, 2) for m in (1.41, 1.4142, 1.4143, 1.42)])
    return np.concatenate([middle, below, above, near, -near, -middle[:8], np.float32(SPECIAL)])


def profiles(operation: str) -> list[Any]:
    changes = [pytest.param(operation, p, id=f"{operation}-{a}-{c}") for a, c, p in single_changes(operation)]
    return [pytest.param(operation, DEFINITIONS[operation].profile, id=operation), *changes]


@pytest.mark.parametrize(("operation", "profile"), [p for o in OPERATIONS for p in profiles(o)])
def test_both_oracles_agree(operation: str, profile: Any) -> None:
    x = points()[:: 1 if profile == DEFINITIONS[operation].profile else 7]
    for settings in [*SETTINGS, *(SLOPES if "relu" in operation else [])]:
        found = compute(operation, {"x": x, **settings}, profile)["value"]
        function = getattr(exact, operation)
        same(x, found, [function(v, choices=vars(profile), **settings) for v in x.tolist()], settings)


@pytest.mark.parametrize(("operation", "profile"), [p for o in OPERATIONS for p in profiles(f"{o}_gradient")])
def test_both_gradients_agree(operation: str, profile: Any) -> None:
    x = points()[::5]
    dy = np.float32(0.3) * np.arange(1, x.size + 1, dtype=np.float32)
    for settings in [*SETTINGS, *(SLOPES if "relu" in operation else [])]:
        found = compute(operation, {"x": x, "dy": dy, **settings}, profile)["x"]
        function, pairs = getattr(exact, operation), zip(x.tolist(), dy.tolist(), strict=True)
        same(x, found, [function(v, g, choices=vars(profile), **settings) for v, g in pairs], settings)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_both_oracles_agree_on_every_case(operation: str) -> None:
    profile = DEFINITIONS[operation].profile
    for case in cases_of(operation):
        settings = {k: v for k, v in case.arguments.items() if k != "x"}
        x = np.asarray(case.arguments["x"])
        if not np.isnan(x).any() and settings.get("max_value") != 0:
            function = getattr(exact, operation)
            wanted = [function(v, choices=vars(profile), **settings) for v in x.reshape(-1).tolist()]
            same(x, compute(operation, case.arguments, profile)["value"], wanted, case.id)


def test_every_power_of_two_is_itself() -> None:
    x = np.float32([2.0**k for k in range(-64, 64)])
    for mode in ("rnd", "floor"):
        assert quantized_po2(x, 8, log2_rounding=mode).tolist() == x.tolist()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"bits": 4, "max_value": -1.0}, "max_value must be >= 0, got -1.0"),
        ({"bits": 4, "log2_rounding": "ceil"}, "log2_rounding must be rnd or floor, got ceil"),
        ({"bits": 2}, "bits must leave 1 to 7 for the exponent, got 0"),
    ],
)
def test_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as refusal:
        quantized_po2(np.float32([1.0]), **settings)
    assert says in str(refusal.value)
