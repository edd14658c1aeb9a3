"""Both oracles requantize alike, under every choice and the engines' combinations; what is refused."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import single_changes
from oracle.exact import requantization as exact
from oracle.requantization_profile import AXES, Profile, contradiction
from oracle.requantize import requantize

FIXED = {"multiplier": "float64", "fixed_point": "31_bits"}
HIGH = {"scaling": "doubling_high", "rounding": "half_away", "fixed_point": "31_bits"}
ENGINES = [
    Profile(**FIXED, rounding="half_up"), Profile(**FIXED, rounding="half_away", overflow="wraps"),
    Profile(**HIGH, multiplier="float64", overflow="wraps"), Profile(**HIGH, multiplier="float32_product"),
    Profile(multiplier="float32", scaling="float32", overflow="int32"),
    Profile(multiplier="float64", scaling="float64", rounding="half_away", overflow="int32"),
    Profile(multiplier="float32", scaling="float32", offset="before", rounding="half_away"),
    Profile(multiplier="float32_of_reciprocals", scaling="float32", offset="before"),
]  # fmt: skip
PROFILES = [("definition", "", Profile()), *single_changes("requantize"),
            *(("engine", str(n), p) for n, p in enumerate(ENGINES))]  # fmt: skip
SCALES = [0.1, 0.013, 0.07, 1 / 3, 0.00214854861, 0.25, 0.9999999, 1.0, 1.7, 2.0**-12]


def test_the_exact_oracle_has_every_choice() -> None:
    assert dict(AXES) == exact.CHOICES


def wanted(arguments: dict[str, Any], profile: Profile) -> list[int]:
    accumulators = arguments["accumulator"].tolist()
    each = [np.broadcast_to(arguments[n], len(accumulators)).astype(float).tolist()
            for n in ("input_scale", "weight_scale", "output_scale")]  # fmt: skip
    rest = (arguments["output_zero_point"], arguments["qmin"], arguments["qmax"], vars(profile))
    return [exact.requantize(n, scales, *rest) for n, *scales in zip(accumulators, *each, strict=True)]


@pytest.mark.parametrize("profile", [p for *_, p in PROFILES], ids=[f"{a}-{c}" for a, c, _ in PROFILES])
def test_both_oracles_agree(profile: Profile) -> None:
    for case in cases_of("requantize"):
        few = {**case.arguments, "accumulator": case.arguments["accumulator"][::7]}
        if np.ndim(few["weight_scale"]):
            few["weight_scale"] = few["weight_scale"][::7]
        assert in_pieces(few, profile) == wanted(few, profile), case.id


def in_pieces(arguments: dict[str, Any], profile: Profile) -> list[int]:
    """The exact oracle knows one accumulator at a time: what a loop leaves over is a vector of one."""
    if profile.tail == "alike":
        return requantize(**arguments, profile=profile).tolist()
    size = arguments["accumulator"].size
    many = {n: np.resize(arguments[n], size) for n in ("accumulator", "weight_scale")}
    each = ({**arguments, **{n: value[i : i + 1] for n, value in many.items()}} for i in range(size))
    return [code for one in each for code in requantize(**one, profile=profile).tolist()]


def test_what_a_loop_leaves_over() -> None:
    ones, profile = [np.float32(1)] * 3, Profile(overflow="wraps", tail="saturates")
    found = requantize(np.full(11, 2**31 - 1, np.int32), *ones, 1, -128, 127, profile)
    assert found.tolist() == [-128] * 8 + [127] * 3


@pytest.mark.parametrize("profile", [Profile(), *ENGINES])
def test_both_oracles_agree_on_drawn_multipliers(profile: Profile) -> None:
    draw = np.random.default_rng(5)
    for _ in range(30):
        a, b, c = draw.choice(SCALES, 3).astype(np.float32)
        spread = min(200 * c / (a * b), 2.0**31 - 1)
        arguments = {"accumulator": draw.uniform(-spread, spread, 20).astype(np.int32), "input_scale": a,
                     "weight_scale": b, "output_scale": c, "output_zero_point": int(draw.integers(-128, 128)),
                     "qmin": -128, "qmax": 127}  # fmt: skip
        assert requantize(**arguments, profile=profile).tolist() == wanted(arguments, profile), arguments


EXTREMES = [1e-45, 1e-38, 1e-20, 1.0, 1e20, 3.4e38]  # products and reciprocals that no float32 holds
HUGE = np.array([0, 1, -1, 12345, -(2**31), 2**31 - 1], np.int32)
WRAPPED = np.array([1717986917, -1717986917, 1717986919, 2**31 - 1, -(2**31), 3, -3, 13], np.int32)


def outcome(function: Any, *arguments: Any) -> Any:
    """Return what a function gives, or that it refuses."""
    try:
        return function(*arguments)
    except ValueError as refusal:
        assert "the multiplier of an integer must be finite" in str(refusal)
        return "refused"


def some_profiles(count: int) -> list[Profile]:
    """Draw profiles with several choices at once, the same ones in each run."""
    draw, found = np.random.default_rng(7), []
    while len(found) < count:
        profile = Profile(**{axis: str(draw.choice(choices)) for axis, choices in AXES.items()})
        found += [profile] if contradiction(profile) is None else []
    return found


@pytest.mark.parametrize("profile", [*(p for *_, p in PROFILES), *some_profiles(40)])
def test_both_oracles_agree_on_products_beyond_float32(profile: Profile) -> None:
    for scales in product(EXTREMES, repeat=3):
        a, b, c = (np.float32(scale) for scale in scales)
        arguments = {"accumulator": HUGE, "input_scale": a, "weight_scale": b, "output_scale": c,
                     "output_zero_point": 3, "qmin": -128, "qmax": 127}  # fmt: skip
        found = outcome(in_pieces, arguments, profile)
        assert found == outcome(wanted, arguments, profile), (scales, profile)


@pytest.mark.parametrize("rounding", AXES["rounding"])
@pytest.mark.parametrize("offset", AXES["offset"])
def test_what_wraps_is_rounded_before(rounding: str, offset: str) -> None:
    profile = Profile(rounding=rounding, offset=offset, overflow="wraps")
    for scales in (
        (2.5, 1.0, 1.0),
        (1.25, 1.0, 1.0),
        (2.0**40 + 2.0**17, 2.0**-20, 2.0**-10),
        (0.3, 1e20, 3.0),
    ):
        a, b, c = (np.float32(scale) for scale in scales)
        arguments = {"accumulator": WRAPPED, "input_scale": a, "weight_scale": b, "output_scale": c,
                     "output_zero_point": 5, "qmin": -128, "qmax": 127}  # fmt: skip
        assert requantize(**arguments, profile=profile).tolist() == wanted(arguments, profile), scales


def test_what_wraps_is_rounded_by_its_own_sign() -> None:
    arguments = np.int32([1717986917]), np.float32(2.5), np.float32(1), np.float32(1), 0, -128, 127
    for rounding, code in (("half_away", -3), ("toward_zero", -4), ("half_toward_zero", -4), ("floor", -4)):
        assert requantize(*arguments, Profile(rounding=rounding, overflow="wraps")).tolist() == [code]


def test_an_infinite_multiplier() -> None:
    arguments = np.int32([1, -1, 0]), np.float32(1e30), np.float32(1e30), np.float32(1), 0, -128, 127
    dequantized = Profile(multiplier="float32", scaling="dequantized")
    assert requantize(*arguments, dequantized).tolist() == [127, -128, -128]  # 0 * infinity is NaN
    assert requantize(*arguments).tolist() == [127, -128, 0]  # no real number is infinite
    with pytest.raises(ValueError, match="the multiplier of an integer must be finite, got inf"):
        requantize(*arguments, Profile(multiplier="float32"))


@pytest.mark.parametrize(
    "profile", [Profile(multiplier="float32"), Profile(**HIGH, multiplier="float32"), *ENGINES]
)
def test_an_infinite_multiplier_of_no_accumulator(profile: Profile) -> None:
    scales = np.float32(1e30), np.float32(1e30), np.float32(1)
    assert requantize(np.zeros(0, np.int32), *scales, 0, -128, 127, profile).tolist() == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"accumulator": np.zeros(2, np.int64)}, "accumulator must be a vector of int32, got int64"),
        (
            {"accumulator": np.zeros((1, 2), np.int32)},
            "must be a vector of int32, got int32 \\(1, 2\\)",
        ),
        ({"input_scale": np.float64(1)}, "input_scale must be float32, got float64"),
        ({"output_scale": np.ones(2, np.float32)}, "output_scale must be one number"),
        (
            {"weight_scale": np.ones(3, np.float32)},
            "weight_scale must be one number, or one for each channel",
        ),
        ({"output_scale": np.float32(0)}, "output_scale must be finite and > 0, got 0.0"),
        ({"output_zero_point": 200}, "must be in order and of 16 bits, got -128, 200, 127"),
        ({"qmax": 2**16, "qmin": 0}, "must be in order and of 16 bits, got 0, 0, 65536"),
    ],
)
def test_what_is_refused(changed: dict[str, Any], says: str) -> None:
    arguments = {"accumulator": np.zeros(2, np.int32), "output_zero_point": 0, "qmin": -128, "qmax": 127,
                 **{f"{name}_scale": np.float32(1) for name in ("input", "weight", "output")}}  # fmt: skip
    with pytest.raises(ValueError, match=says):
        requantize(**{**arguments, **changed})


@pytest.mark.parametrize(
    "choices",
    [
        {"fixed_point": "31_bits"}, {"scaling": "dequantized", "multiplier": "float64"},
        {"scaling": "float32", "multiplier": "float32", "fixed_point": "31_bits"},
        {"scaling": "doubling_high", "multiplier": "float64"},
        {**HIGH, "multiplier": "float64", "offset": "before"}, {"tail": "saturates"},
    ],
)  # fmt: skip
def test_what_cannot_be_together(choices: dict[str, str]) -> None:
    profile = Profile(**choices)
    assert contradiction(profile)
    with pytest.raises(ValueError, match="must"):
        requantize(np.zeros(1, np.int32), *[np.float32(1)] * 3, 0, -128, 127, profile)
