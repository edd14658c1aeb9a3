"""Both oracles rescale alike, under every choice and the engines' combinations; what is refused."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import single_changes
from oracle.exact import rescale as exact
from oracle.rescale import rescale
from oracle.rescale_profile import AXES, Profile, contradiction

FIXED = {"multiplier": "float64", "fixed_point": "31_bits", "overflow": "wraps"}
ENGINES = [
    Profile(**FIXED, scaling="doubling_high", rounding="half_away"),
    Profile(**FIXED, scaling="doubling_high", rounding="half_up"),
    Profile(**FIXED, rounding="half_up"),
    Profile(multiplier="float32", fixed_point="8_bits", rounding="half_up"),
    Profile(multiplier="float32", fixed_point="8_bits", rounding="half_up", overflow="int16"),
    Profile(multiplier="float32", scaling="dequantized", overflow="int32"),
    Profile(multiplier="float32", scaling="dequantized_reciprocal"),
]
PROFILES = [("definition", "", Profile()), *single_changes("rescale"),
            *(("engine", str(n), p) for n, p in enumerate(ENGINES))]  # fmt: skip


def wanted(arguments: dict[str, Any], profile: Profile) -> list[int]:
    grids = tuple((float(arguments[f"{n}_scale"]), arguments[f"{n}_zero_point"]) for n in ("input", "output"))
    rest = arguments["qmin"], arguments["qmax"], vars(profile)
    return [exact.rescale(code, grids, *rest) for code in arguments["code"].reshape(-1).tolist()]  # type: ignore[arg-type]


def test_the_exact_oracle_has_every_choice() -> None:
    assert dict(AXES) == exact.CHOICES


@pytest.mark.parametrize("profile", [p for *_, p in PROFILES], ids=[f"{a}-{c}" for a, c, _ in PROFILES])
def test_both_oracles_agree(profile: Profile) -> None:
    for case in cases_of("rescale"):
        arguments = {**case.arguments}
        codes = arguments["code"].reshape(-1)[:: 2 if profile == Profile() else 13]
        # The exact oracle knows one code at a time: what a loop leaves over is a vector of one.
        pieces = [codes] if profile.tail == "alike" else np.array_split(codes, codes.size or 1)
        parts = [rescale(**{**arguments, "code": piece}, profile=profile) for piece in pieces]
        assert np.concatenate(parts).tolist() == wanted({**arguments, "code": codes}, profile), case.id


@pytest.mark.parametrize("profile", [p for *_, p in PROFILES], ids=[f"{a}-{c}" for a, c, _ in PROFILES])
def test_both_oracles_agree_on_quotients_beyond_float32(profile: Profile) -> None:
    for scales in product((1e-45, 1e-38, 1.0, 1e38, 3.4e38), repeat=2):
        grids = {"input_scale": np.float32(scales[0]), "output_scale": np.float32(scales[1])}
        for code in np.int8([-128, 3, 4, 127]).reshape(4, 1):
            arguments = {"code": code, "input_zero_point": 3, "output_zero_point": -5, "qmin": -128,
                         "qmax": 127, **grids}  # fmt: skip
            found = outcome(lambda given=arguments: rescale(**given, profile=profile).tolist())
            assert found == outcome(wanted, arguments, profile), (scales, code)


def outcome(function: Any, *arguments: Any) -> Any:
    """Return what a function gives, or that it refuses."""
    try:
        return function(*arguments)
    except ValueError as refusal:
        assert "the multiplier of an integer must be finite" in str(refusal)
        return "refused"


@pytest.mark.parametrize("fixed_point", ["none", "8_bits"])
def test_an_infinite_multiplier(fixed_point: str) -> None:
    scales, profile = (np.float32(3e38), np.float32(1e-38)), Profile("float32", fixed_point)
    assert rescale(np.zeros(0, np.int8), scales[0], 0, scales[1], 0, -128, 127, profile).tolist() == []
    with pytest.raises(ValueError, match="the multiplier of an integer must be finite, got inf"):
        rescale(np.int8([1]), scales[0], 0, scales[1], 0, -128, 127, profile)


def test_what_a_loop_leaves_over() -> None:
    codes = np.full(19, -1, np.int8)
    profile = Profile(multiplier="float64", fixed_point="31_bits", rounding="half_up", tail="half_away")
    found = rescale(codes, np.float32(0.5), 0, np.float32(1), 0, -128, 127, profile=profile)
    assert found.tolist() == [0] * 16 + [-1] * 3


@pytest.mark.parametrize("ratio", [127.9, 128.0, 128.01, 200.3, 256.5, 300.7, 511.99, 123456.0, 2.0**60])
def test_an_8_bit_multiplier_that_wraps(ratio: float) -> None:
    profile = Profile(multiplier="float32", fixed_point="8_bits", rounding="half_up", overflow="int16")
    arguments = {"code": np.arange(-9, 9, dtype=np.int8), "input_scale": np.float32(ratio),
                 "input_zero_point": 3, "output_scale": np.float32(1), "output_zero_point": -5,
                 "qmin": -128, "qmax": 127}  # fmt: skip
    assert rescale(**arguments, profile=profile).tolist() == wanted(arguments, profile)


@pytest.mark.parametrize("rounding", AXES["rounding"])
@pytest.mark.parametrize("multiplier", ["float32", "float64"])
def test_an_8_bit_product_wraps_however_large_it_is(multiplier: str, rounding: str) -> None:
    profile = Profile(multiplier=multiplier, fixed_point="8_bits", rounding=rounding, overflow="wraps")
    for scale, unit in (
        (2.0**38 + 2.0**15, 1.0),
        (2.0**30 + 2.0**7, 3.0),
        (1e38, 0.7),
        (2.5e9, 1.0),
        (1.1, 7.0),
    ):
        arguments = {"code": np.int16([32767, -32768, 32765, 1, 0, -3]), "input_scale": np.float32(scale),
                     "input_zero_point": 0, "output_scale": np.float32(unit), "output_zero_point": -5,
                     "qmin": -128, "qmax": 127}  # fmt: skip
        assert rescale(**arguments, profile=profile).tolist() == wanted(arguments, profile), (scale, unit)


def test_what_an_8_bit_product_is_beyond_2_to_the_52() -> None:
    profile = Profile(multiplier="float32", fixed_point="8_bits", overflow="wraps")
    scales = np.float32(2.0**38 + 2.0**15), np.float32(1)
    found = rescale(np.int16([32767]), scales[0], 0, scales[1], 0, -128, 127, profile=profile)
    assert found.tolist() == [127]  # 32767 * 2^15 = 2^30 - 2^15: what 2^38 adds is a multiple of 2^32


def test_a_ratio_above_128_changes_its_sign() -> None:
    profile = Profile(multiplier="float32", fixed_point="8_bits", overflow="int16")
    found = rescale(np.int8([-1, 0, 1]), np.float32(200), 0, np.float32(1), 0, -128, 127, profile=profile)
    assert found.tolist() == [56, 0, -56]  # 200 * 256 - 2^16 = -56 * 256


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"code": np.zeros(2, np.int64)}, "code must be int8, uint8 or int16, got int64"),
        ({"input_scale": np.float64(1)}, "input_scale must be one float32, got float64"),
        ({"output_scale": np.ones(2, np.float32)}, "output_scale must be one float32"),
        ({"output_scale": np.float32(0)}, "output_scale must be finite and > 0, got 0.0"),
        ({"input_zero_point": 128}, "input_zero_point must be of int8, got 128"),
        ({"output_zero_point": 200}, "must be in order and of 16 bits, got -128, 200, 127"),
    ],
)
def test_what_is_refused(changed: dict[str, Any], says: str) -> None:
    scales = {f"{name}_scale": np.float32(1) for name in ("input", "output")}
    arguments = {"code": np.zeros(2, np.int8), "qmin": -128, "qmax": 127, "input_zero_point": 0,
                 "output_zero_point": 0, **scales}  # fmt: skip
    with pytest.raises(ValueError, match=says):
        rescale(**{**arguments, **changed})


@pytest.mark.parametrize(
    "choices",
    [
        {"fixed_point": "31_bits"}, {"fixed_point": "8_bits"},
        {"scaling": "dequantized", "multiplier": "float64"},
        {"scaling": "dequantized_reciprocal", "multiplier": "float64"},
        {"fixed_point": "8_bits", "multiplier": "float32", "overflow": "int32"},
        {"overflow": "int16"},
        {"scaling": "doubling_high", "multiplier": "float64"},
        {"multiplier": "float32", "fixed_point": "31_bits"},
    ],
)  # fmt: skip
def test_what_cannot_be_together(choices: dict[str, str]) -> None:
    profile = Profile(**choices)
    assert contradiction(profile)
    with pytest.raises(ValueError, match="must"):
        rescale(np.zeros(1, np.int8), np.float32(1), 0, np.float32(1), 0, -128, 127, profile=profile)
