"""Both oracles quantize a bias alike, under every choice and the tools' combinations; what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import single_changes
from oracle.exact import bias as exact
from oracle.quantize_bias import AXES, Profile, contradiction, quantize_bias

TOOLS = [
    Profile(product="float32", quotient="float64", overflow="weight_grows"),
    Profile(product="float32", quotient="float64"),
    Profile("float32", "reciprocal", "half_away", "weight_grows_to_30_bits"),
    Profile(product="float32", quotient="reciprocal", overflow="int32"),
]
PROFILES = [("definition", "", Profile()), *single_changes("quantize_bias"),
            *(("tool", str(n), p) for n, p in enumerate(TOOLS))]  # fmt: skip
SCALES = [0.1, 0.013, 0.07, 1 / 3, 0.00214854861, 0.25, 0.9999999, 1.0, 1.7, 2.0**-12]


def test_the_exact_oracle_has_every_choice() -> None:
    assert dict(AXES) == exact.CHOICES


def both(arguments: dict[str, Any], profile: Profile) -> tuple[Any, Any]:
    found = quantize_bias(**arguments, profile=profile)
    weights = arguments["weight_scale"].tolist()
    wanted = exact.quantize_bias(
        arguments["x"].tolist(), float(arguments["input_scale"]), weights, vars(profile)
    )
    return (found["codes"].tolist(), np.atleast_1d(found["scale"]).tolist()), wanted


@pytest.mark.parametrize("profile", [p for *_, p in PROFILES], ids=[f"{a}-{c}" for a, c, _ in PROFILES])
def test_both_oracles_agree(profile: Profile) -> None:
    for case in cases_of("quantize_bias"):
        found, wanted = both(dict(case.arguments), profile)
        assert found == wanted, case.id


@pytest.mark.parametrize("profile", [Profile(), *TOOLS])
def test_both_oracles_agree_on_drawn_scales(profile: Profile) -> None:
    draw = np.random.default_rng(5)
    for _ in range(20):
        a, b = draw.choice(SCALES, 2).astype(np.float32)
        x = (draw.uniform(-1, 1, 12) * 10.0 ** draw.integers(-3, 10)).astype(np.float32)
        several = draw.choice(SCALES, 12).astype(np.float32)
        for weight in (b, several):
            found, wanted = both({"x": x, "input_scale": a, "weight_scale": weight}, profile)
            assert found == wanted, (x, a, weight)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"x": np.zeros(2)}, "x must be a vector of float32, got float64"),
        ({"x": np.zeros((1, 2), np.float32)}, "x must be a vector of float32, got float32 \\(1, 2\\)"),
        ({"x": np.float32([np.inf, 0])}, "x must be below 2\\^126, got"),
        ({"input_scale": np.float64(1)}, "input_scale must be a float32, .*, got float64"),
        (
            {"weight_scale": np.ones(3, np.float32)},
            "weight_scale must be a float32, .*, got float32 \\(3,\\)",
        ),
        ({"input_scale": np.float32(0)}, "input_scale must be finite and > 0, got 0.0"),
        ({"input_scale": np.float32(1e-39)}, "the product of the scales must be a normal float32, got"),
    ],
)
def test_what_is_refused(changed: dict[str, Any], says: str) -> None:
    arguments = {"x": np.zeros(2, np.float32), "input_scale": np.float32(1), "weight_scale": np.float32(1)}
    with pytest.raises(ValueError, match=says):
        quantize_bias(**{**arguments, **changed})


@pytest.mark.parametrize(
    "choices",
    [{"quotient": "float32"}, {"quotient": "reciprocal"}],
)
def test_what_cannot_be_together(choices: dict[str, str]) -> None:
    profile = Profile(**choices)
    assert contradiction(profile)
    with pytest.raises(ValueError, match="must be"):
        quantize_bias(np.zeros(1, np.float32), np.float32(1), np.float32(1), profile)
