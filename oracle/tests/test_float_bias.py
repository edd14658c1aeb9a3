"""Both oracles requantize with a float bias alike, under every choice and the engines' combinations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import single_changes
from oracle.exact import float_bias as exact
from oracle.float_bias_profile import AXES, Profile, contradiction
from oracle.requantize_float_bias import requantize_float_bias

ENGINES = [
    Profile(bias="accumulator_units", multiplier="float32", scaling="float32", overflow="int32"),
    Profile(bias="int32_reciprocal", sum="wraps", multiplier="float32_reciprocal", scaling="float32",
            overflow="int32"),
    Profile(scales="inverted", bias="dequantized", multiplier="float32", scaling="dequantized_reciprocal",
            offset="before"),
    Profile(bias="of_reciprocals", multiplier="float32_of_reciprocals", scaling="float32", offset="before"),
    Profile(bias="int32", sum="wraps", multiplier="float32", rounding="half_away", offset="before"),
]  # fmt: skip
PROFILES = [("definition", "", Profile()), *single_changes("requantize_float_bias"),
            *(("engine", str(n), p) for n, p in enumerate(ENGINES))]  # fmt: skip
SCALES = [0.1, 0.013, 0.07, 1 / 3, 0.00214854861, 0.25, 0.9999999, 1.0, 1.7, 0.875, 2.0**-12]


def test_the_exact_oracle_has_every_choice() -> None:
    assert dict(AXES) == exact.CHOICES


def wanted(arguments: dict[str, Any], profile: Profile) -> list[int]:
    count, is_per_channel = arguments["accumulator"].size, bool(np.ndim(arguments["weight_scale"]))
    each = [np.broadcast_to(arguments[n], count).astype(float).tolist()
            for n in ("bias", "input_scale", "weight_scale", "output_scale")]  # fmt: skip
    rest = (
        arguments["output_zero_point"],
        arguments["qmin"],
        arguments["qmax"],
        is_per_channel,
        vars(profile),
    )
    numbers = zip(arguments["accumulator"].tolist(), *each, strict=True)
    return [exact.requantize_float_bias(n, b, (x, w, y), *rest) for n, b, x, w, y in numbers]


@pytest.mark.parametrize("profile", [p for *_, p in PROFILES], ids=[f"{a}-{c}" for a, c, _ in PROFILES])
def test_both_oracles_agree(profile: Profile) -> None:
    for case in cases_of("requantize_float_bias"):
        few = {n: v[::5] if np.ndim(v) else v for n, v in case.arguments.items()}
        assert requantize_float_bias(**few, profile=profile).tolist() == wanted(few, profile), case.id


@pytest.mark.parametrize("profile", [Profile(), *ENGINES])
def test_both_oracles_agree_on_drawn_sums(profile: Profile) -> None:
    draw = np.random.default_rng(5)
    for turn in range(30):
        a, c = draw.choice(SCALES, 2).astype(np.float32)
        weight = draw.choice(SCALES, 20 if turn % 2 else None).astype(np.float32)[()]
        accumulators = draw.integers(-(2**25), 2**25, 20)
        steps = draw.integers(-130, 130, 20) + 0.5
        bias = (steps * np.float64(c) - accumulators * (np.float64(a) * weight)).astype(np.float32)
        arguments = {"accumulator": accumulators.astype(np.int32), "bias": bias, "input_scale": a,
                     "weight_scale": weight, "output_scale": c, "qmin": -128, "qmax": 127,
                     "output_zero_point": int(draw.integers(-128, 128))}  # fmt: skip
        found = requantize_float_bias(**arguments, profile=profile).tolist()
        assert found == wanted(arguments, profile), arguments


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"accumulator": np.zeros(2, np.int64)}, "accumulator must be a vector of int32, got int64"),
        ({"bias": np.zeros(2)}, "bias must be float32, one for each accumulator, got float64"),
        (
            {"bias": np.zeros(3, np.float32)},
            "bias must be float32, one for each accumulator, got .* \\(3,\\)",
        ),
        ({"bias": np.float32([0, np.inf])}, "bias must be finite, got"),
        ({"weight_scale": np.float32(2.0**-41)}, "weight_scale must be in \\[2\\^-40, 2\\^40\\], got"),
        ({"output_zero_point": 200}, "must be in order and of 16 bits, got -128, 200, 127"),
    ],
)
def test_what_is_refused(changed: dict[str, Any], says: str) -> None:
    arguments = {"accumulator": np.zeros(2, np.int32), "bias": np.zeros(2, np.float32), "qmin": -128,
                 "qmax": 127, "output_zero_point": 0,
                 **{f"{name}_scale": np.float32(1) for name in ("input", "weight", "output")}}  # fmt: skip
    with pytest.raises(ValueError, match=says):
        requantize_float_bias(**{**arguments, **changed})


@pytest.mark.parametrize(
    "choices",
    [
        {"scaling": "float32"}, {"multiplier": "float32"}, {"bias": "int32", "scaling": "float32"},
        {"bias": "of_reciprocals", "multiplier": "float32"}, {"sum": "wraps"},
        {"bias": "int32", "multiplier": "float32", "scaling": "dequantized"},
        {"bias": "dequantized", "multiplier": "float32_reciprocal", "scaling": "dequantized"},
    ],
)  # fmt: skip
def test_what_cannot_be_together(choices: dict[str, str]) -> None:
    profile, ones = Profile(**choices), [np.float32(1)] * 3
    assert contradiction(profile)
    with pytest.raises(ValueError, match="must|where"):
        requantize_float_bias(np.zeros(1, np.int32), np.zeros(1, np.float32), *ones, 0, 0, 255, profile)
