"""Both oracles agree on quantized_relu and its gradient, under every choice; and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle.definition import DEFINITIONS, is_undefined, single_changes
from oracle.exact import qkeras as exact
from oracle.formats import Array
from oracle.quantized_relu import quantized_relu, quantized_relu_gradient
from oracle.tests.qkeras_points import around, same

SETTINGS: list[dict[str, Any]] = [
    {"bits": 4, "integer": 0},
    {"bits": 3, "integer": 1, "negative_slope": 0.25},
    {"bits": 8, "integer": 2, "negative_slope": 1.0},
    {"bits": 4, "integer": 1, "relu_upper_bound": 1.4, "is_quantized_clip": False},
    {"bits": 4, "integer": 0, "is_quantized_clip": False},
    {"bits": 4, "integer": 0, "relu_upper_bound": 0.3},
]
SIGMOID = [{"bits": 4, "integer": 0, "use_sigmoid": 1}, {"bits": 2, "integer": 1, "use_sigmoid": 1}]


def points(settings: dict[str, Any], operation: str, profile: Any) -> Array:
    """All points for the definition, every seventh for a choice."""
    step = 1 if profile == DEFINITIONS[operation].profile else 7
    return around(2.0 ** (settings["integer"] - settings["bits"]), 8)[::step]


def profiles(operation: str) -> list[Any]:
    changes = [pytest.param(p, id=f"{a}-{c}") for a, c, p in single_changes(operation)]
    return [pytest.param(DEFINITIONS[operation].profile, id="definition"), *changes]


@pytest.mark.parametrize("profile", profiles("quantized_relu"))
def test_both_oracles_agree(profile: Any) -> None:
    for settings in [*SETTINGS, *SIGMOID]:
        x = points(settings, "quantized_relu", profile)
        assert is_undefined("quantized_relu", {"x": x, **settings}) is None
        found = quantized_relu(x, **settings, profile=profile)
        wanted = [exact.quantized_relu(v, choices=vars(profile), **settings) for v in x.tolist()]
        same(x, found, wanted, settings)


@pytest.mark.parametrize("profile", profiles("quantized_relu_gradient"))
def test_both_gradients_agree(profile: Any) -> None:
    for settings in SETTINGS:
        x = points(settings, "quantized_relu_gradient", profile)
        dy = np.float32(0.3) * np.arange(1, x.size + 1, dtype=np.float32)
        found = quantized_relu_gradient(x, dy, **settings, profile=profile)["x"]
        wanted = [
            exact.quantized_relu_gradient(v, g, choices=vars(profile), **settings)
            for v, g in zip(x.tolist(), dy.tolist(), strict=True)
        ]
        same(x, found, wanted, settings)


def test_every_value_is_a_code() -> None:
    x = np.linspace(-3, 3, 1001, dtype=np.float32)
    assert np.unique(quantized_relu(x, 4, 0)).tolist() == [k / 16 for k in range(16)]
    assert np.unique(quantized_relu(x, 4, 1, 0, 0.5)).tolist() == [k / 4 for k in range(-4, 8)]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"bits": 1, "integer": 0}, "bits must be in [2, 16], got 1"),
        ({"bits": 4, "integer": -1}, "integer must be >= 0, got -1"),
        ({"bits": 4, "integer": 0, "negative_slope": 0.3}, "negative_slope must be 0 or a power of two"),
        ({"bits": 4, "integer": 0, "negative_slope": 0.0625}, "that leaves a code, got 0.0625"),
    ],
)
def test_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as refusal:
        quantized_relu(np.float32([1.0]), **settings)
    assert says in str(refusal.value)


def test_the_dtype_is_float32() -> None:
    with pytest.raises(ValueError, match="x must be float32, got float64"):
        quantized_relu(np.array([1.0]), 4, 0)
