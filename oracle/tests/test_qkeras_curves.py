"""Both oracles agree on quantized_tanh and quantized_sigmoid and their gradients, under every choice."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import DEFINITIONS, compute, single_changes
from oracle.exact import qkeras_curves as exact
from oracle.tests.qkeras_points import around, same

OPERATIONS = ("quantized_tanh", "quantized_sigmoid")
SETTINGS = [(4, False), (6, True)]


def profiles(operation: str, suffix: str = "") -> list[Any]:
    name = operation + suffix
    changes = [pytest.param(operation, p, id=f"{name}-{a}-{c}") for a, c, p in single_changes(name)]
    return [pytest.param(operation, DEFINITIONS[name].profile, id=name), *changes]


def arguments(operation: str, bits: int, symmetric: bool, is_real: bool) -> dict[str, Any]:
    return {"bits": bits, "symmetric": symmetric, operation.replace("quantized", "use_real"): is_real}


@pytest.mark.parametrize(("operation", "profile"), [p for o in OPERATIONS for p in profiles(o)])
def test_both_oracles_agree(operation: str, profile: Any) -> None:
    for bits, symmetric in SETTINGS:
        for is_real, x in ((False, around(2.0 ** (1 - bits), 2 ** (bits - 1) + 2)), (True, around(0.3, 9))):
            x = x[::7]
            found = compute(operation, {"x": x, **arguments(operation, bits, symmetric, is_real)}, profile)
            wanted = [
                exact.quantized_curve(operation, v, bits, vars(profile), symmetric, is_real)
                for v in x.tolist()
            ]
            same(x, found["value"], wanted, (bits, symmetric, is_real))


@pytest.mark.parametrize(("operation", "profile"), [p for o in OPERATIONS for p in profiles(o, "_gradient")])
def test_both_gradients_agree(operation: str, profile: Any) -> None:
    x = around(0.125, 9)[::5]
    dy = np.float32(0.3) * np.arange(1, x.size + 1, dtype=np.float32)
    for bits, symmetric in SETTINGS:
        for is_real in (False, True):
            given = {"x": x, "dy": dy, **arguments(operation, bits, symmetric, is_real)}
            found = compute(f"{operation}_gradient", given, profile)["x"]
            wanted = np.float32([
                exact.quantized_curve_gradient(operation, v, g, bits, vars(profile), symmetric, is_real)
                for v, g in zip(x.tolist(), dy.tolist(), strict=True)
            ])  # fmt: skip
            # cosh in float64 may round otherwise than fifty digits do.
            assert (np.abs(found - wanted) <= np.spacing(np.abs(wanted)) * is_real).all()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_real_curves_are_asked_far_from_ties(operation: str) -> None:
    asked = [c.arguments for c in cases_of(operation) if "real" in c.id]
    for given in asked:
        name, steps = operation, 2 ** (given["bits"] - (operation == "quantized_tanh"))
        for x in given["x"].tolist():
            choices = vars(DEFINITIONS[name].profile)
            t = exact.curve(x, name == "quantized_tanh", True, choices) * steps
            assert abs(t % 1 - Fraction(1, 2)) > 1e-3


@pytest.mark.parametrize("operation", OPERATIONS)
def test_refused(operation: str) -> None:
    with pytest.raises(ValueError, match=r"bits must be in \[2, 16\], got 1"):
        compute(operation, {"x": np.float32([1.0]), "bits": 1}, DEFINITIONS[operation].profile)
