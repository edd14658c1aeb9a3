"""Both oracles agree on what QKeras's stochastic quantizers draw, under every choice."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from cases.case import Case, cases_of
from oracle.definition import DEFINITIONS, compute, single_changes
from oracle.exact import qkeras_draws as exact
from oracle.exact import qkeras_rounded_draws as rounded
from oracle.stochastic_ternary import chances
from oracle.ternary import iterate

SIGNS = {"bernoulli": exact.bernoulli, "stochastic_binary": exact.stochastic_binary}
ROUNDED = {
    "quantized_relu_stochastic": rounded.quantized_relu_stochastic,
    "quantized_po2_stochastic": rounded.quantized_po2_stochastic,
    "quantized_relu_po2_stochastic": rounded.quantized_relu_po2_stochastic,
}
FIELDS = ("lowest", "highest", "count")


def profiles(*operations: str) -> list[Any]:
    return [
        pytest.param(operation, profile, id=f"{operation}-{axis}-{choice}")
        for operation in operations
        for axis, choice, profile in [("definition", "", DEFINITIONS[operation].profile),
                                      *single_changes(operation)]
    ]  # fmt: skip


def settings_of(case: Case) -> dict[str, Any]:
    return {name: value for name, value in case.arguments.items() if name not in ("x", "draws", "training")}


@pytest.mark.parametrize(("operation", "profile"), profiles("bernoulli", "stochastic_binary"))
def test_signs(operation: str, profile: Any) -> None:
    for case in cases_of(operation):
        found, given = compute(operation, case.arguments, profile), dict(case.arguments)
        x, draws = given.pop("x").tolist(), given.pop("draws")
        wanted = [SIGNS[operation](v, draws, vars(profile), **given) for v in x]
        for name, column in zip(FIELDS, zip(*wanted, strict=True), strict=True):
            assert found[name].tolist() == list(column), (case.id, name)


@pytest.mark.parametrize(("operation", "profile"), profiles(*ROUNDED))
def test_rounded(operation: str, profile: Any) -> None:
    more = np.random.default_rng(9).normal(0, 3, 40).astype(np.float32)
    for case in cases_of(operation):
        given = {**case.arguments, "x": np.concatenate([case.arguments["x"], more])}
        found, x, draws = compute(operation, given, profile), given.pop("x"), given.pop("draws")
        wanted = [ROUNDED[operation](v, draws, vars(profile), **given) for v in x.tolist()]
        for name, column in zip(FIELDS, zip(*wanted, strict=True), strict=True):
            differs = np.flatnonzero(found[name] != np.array(column))
            assert not differs.size, (case.id, name, x[differs[:3]], found[name][differs[:3]])


@pytest.mark.parametrize(("operation", "profile"), profiles("stochastic_ternary"))
def test_ternary(operation: str, profile: Any) -> None:
    for case in cases_of(operation):
        if not case.arguments.get("training", True):
            continue
        found, x = compute(operation, case.arguments, profile), case.arguments["x"]
        for i, channel in enumerate(x.T.tolist()):
            given = settings_of(case)
            wanted = exact.stochastic_ternary(channel, case.arguments["draws"], vars(profile), **given)
            for name, column in zip((*FIELDS, "zeros"), zip(*wanted, strict=True), strict=True):
                assert found[name][:, i].tolist() == list(column), (case.id, name)


def test_no_probability_of_a_case_is_between() -> None:
    base = DEFINITIONS["stochastic_ternary"].profile
    asked = [c for c in cases_of("stochastic_ternary") if c.arguments.get("training", True)]
    for case, profile in product(asked, (base, replace(base, epsilon="added"))):
        given = {"temperature": 8.0, "use_real_sigmoid": True, "number_of_unrolls": 5, **case.arguments}
        scale, _ = iterate(given["x"], given["alpha"], given["number_of_unrolls"], profile)
        above, below = chances(given["x"], scale, given["temperature"], given["use_real_sigmoid"], profile)
        for p in (above, below, 1 - above - below):
            assert ((p < 1e-7) | (p > 0.008)).all(), case.id


def test_outside_training_it_is_ternary() -> None:
    x = np.float32([[-1.0], [0.125], [1.0], [0.75]])
    given = {"x": x, "draws": 9, "alpha": "auto_po2", "training": False}
    found = compute("stochastic_ternary", given, DEFINITIONS["stochastic_ternary"].profile)
    assert found["lowest"].tolist() == found["highest"].tolist() == [[-1.0], [0.0], [1.0], [1.0]]
    assert found["zeros"].tolist() == [[0], [9], [0], [0]]


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"draws": 0, "alpha": "auto"}, "draws must be > 0, got 0"),
     ({"draws": 9, "alpha": "1"}, "alpha must be auto or auto_po2, got 1"),
     ({"draws": 9, "alpha": "auto", "temperature": 0.0}, "temperature must be > 0, got 0.0")],
)  # fmt: skip
def test_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as refusal:
        compute("stochastic_ternary", {"x": np.float32([[0.5], [1.0]]), **settings},
                DEFINITIONS["stochastic_ternary"].profile)  # fmt: skip
    assert says in str(refusal.value)


@pytest.mark.parametrize("operation", [name for name in ROUNDED if "po2" in name])
def test_the_mean_of_the_powers_is_x(operation: str) -> None:
    x = np.float32([1.25, 3.0, 0.3125, 5.5])
    for is_even in (False, True):
        given = {"x": x, "draws": 2**20, "bits": 6, "quadratic_approximation": is_even}
        found = compute(operation, given, DEFINITIONS[operation].profile)
        share = found["count"] / 2**20
        assert np.allclose(found["lowest"] * (1 - share) + found["highest"] * share, x, rtol=1e-5)
