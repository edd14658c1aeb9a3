"""The gradient and the stochastic form of quantized_bits, beside rationals; what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import Case, cases_of
from oracle.definition import single_changes
from oracle.exact import qkeras_bits as exact
from oracle.quantized_bits_gradient import AXES as GRADIENT_AXES
from oracle.quantized_bits_gradient import Profile, quantized_bits_gradient
from oracle.quantized_bits_stochastic import AXES as STOCHASTIC_AXES
from oracle.quantized_bits_stochastic import Profile as Draws
from oracle.quantized_bits_stochastic import quantized_bits_stochastic, six_sigma

GRADIENTS = [Profile(), *(p for *_, p in single_changes("quantized_bits_gradient"))]
STOCHASTIC = [Draws(), *(p for *_, p in single_changes("quantized_bits_stochastic"))]


def test_the_exact_oracle_has_every_choice() -> None:
    assert GRADIENT_AXES["quantized_bits_gradient"] == exact.GRADIENT_CHOICES
    assert STOCHASTIC_AXES["quantized_bits_stochastic"] == exact.STOCHASTIC_CHOICES


@pytest.mark.parametrize("case", cases_of("quantized_bits_gradient"), ids=lambda case: case.id.split("/")[1])
def test_both_oracles_have_one_gradient(case: Case) -> None:
    for profile in GRADIENTS:
        found = quantized_bits_gradient(**case.arguments, profile=profile)["x"]
        rest = {name: value for name, value in case.arguments.items() if name not in ("x", "dy")}
        pairs = zip(case.arguments["x"].reshape(-1), case.arguments["dy"].reshape(-1), strict=True)
        wanted = [exact.gradient(float(x), float(dy), rest, vars(profile)) for x, dy in pairs]
        assert found.dtype == np.float32
        assert found.reshape(-1).tolist() == wanted, (case.id, profile)


@pytest.mark.parametrize(
    "case", cases_of("quantized_bits_stochastic"), ids=lambda case: case.id.split("/")[1]
)
def test_both_oracles_have_one_support(case: Case) -> None:
    for profile in STOCHASTIC:
        found = quantized_bits_stochastic(**case.arguments, profile=profile)
        rest = {name: v for name, v in case.arguments.items() if name not in ("x", "draws")}
        draws = case.arguments["draws"]
        x = case.arguments["x"].astype(float).tolist()
        wanted = [exact.stochastic(v, max(map(abs, x)), draws, rest, vars(profile)) for v in x]
        flat = zip(*(found[name].tolist() for name in ("lowest", "highest", "count")), strict=True)
        assert list(flat) == wanted, (case.id, profile)


def test_the_slope_is_that_of_the_weighted_sum() -> None:
    x, dy = np.float32([0.3, 5.0]), np.float32([1.0, 2.0])
    assert quantized_bits_gradient(x, dy)["x"].tolist() == [1.0, 2.0]
    assert quantized_bits_gradient(x, dy, use_ste=False)["x"].tolist() == [0.0, 0.0]
    assert quantized_bits_gradient(x, dy, qnoise_factor=0.25, use_ste=False)["x"].tolist() == [0.75, 1.5]


def test_a_count_may_be_six_sigma_off() -> None:
    arguments = {"x": np.float32([0.5625, 0.5]), "draws": 4096, "bits": 4}
    size = six_sigma(arguments, quantized_bits_stochastic(**arguments))
    assert size.tolist() == [6 * 32 + 1, 0]


@pytest.mark.parametrize(
    ("function", "arguments", "says"),
    [
        (
            quantized_bits_gradient,
            {"dy": np.float32([1])},
            "dy must be float32 of shape (2,), got float32 (1,)",
        ),
        (quantized_bits_gradient, {"dy": np.float32([1, 2]), "bits": 0}, "bits must be >= 1, got 0"),
        (
            quantized_bits_stochastic,
            {"draws": 1, "alpha": "auto_po2"},
            "alpha must be auto when it is a word",
        ),
        (quantized_bits_stochastic, {"draws": 0}, "draws must be > 0, got 0"),
    ],
)
def test_refused(function: Any, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as refusal:
        function(np.float32([0.5, -0.3]), **arguments)
    assert says in str(refusal.value)
