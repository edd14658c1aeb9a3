"""Thresholds determine a staircase; what is none is noticed; differences are counted exactly."""

# numpy's stubs refuse np.float32([...]), which makes an array.
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle.affine import quantize
from oracle.affine_profile import Profile
from oracle.bfloat16 import Bfloat16
from oracle.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, Array, Format, round_into
from oracle.thresholds import (
    Difference,
    Quantizer,
    check_staircase,
    count_differences,
    find_thresholds,
    from_patterns,
    last_pattern,
    to_patterns,
)

FORMATS = pytest.mark.parametrize("target", [FLOAT16, BFLOAT16, FLOAT32], ids=lambda f: f.name)
SIXTEEN = pytest.mark.parametrize("target", [FLOAT16, BFLOAT16], ids=lambda f: f.name)
PROFILES = [
    Profile(),
    Profile(scaling="reciprocal"),
    Profile(scaling="reciprocal", offset="fused", rounding="floor"),
    Profile(rounding="floor_plus_half", clip="scaled"),
    Profile(overflow="int32"),
]


def quantizer(
    target: Format, profile: Profile = PROFILES[0], scale: float = 0.1, codes: Any = (3, -128, 127)
) -> Quantizer:
    """A function from the carrier to codes, as find_thresholds wants it."""
    step = round_into(np.array(scale), target)
    if target is BFLOAT16:
        return lambda x: quantize(Bfloat16(x), Bfloat16(step), *codes, profile=profile)
    return lambda x: quantize(x, step, *codes, profile=profile)


def every_pattern(target: Format) -> Array:
    last = last_pattern(target)
    return np.arange(-1 - last, last + 1)


def pattern(value: float, target: Format = FLOAT32) -> int:
    return int(to_patterns(np.array([value], target.carrier), target)[0])


@SIXTEEN
def test_patterns_are_in_the_order_of_the_values(target: Format) -> None:
    n = every_pattern(target)
    x = from_patterns(n, target)
    assert x.dtype == target.carrier
    assert np.array_equal(to_patterns(x, target), n)
    zero = int(np.flatnonzero(n == 0)[0])
    assert np.all(np.diff(x[:zero]) > 0)
    assert np.all(np.diff(x[zero:]) > 0)
    assert np.signbit(x[zero - 1 : zero + 1]).tolist() == [True, False]
    assert not x[zero - 1 : zero + 1].any()
    assert [x[0], x[-1]] == [-np.inf, np.inf]


def test_patterns_of_float32() -> None:
    x = np.float32([-np.inf, -1, -1e-45, -0.0, 0.0, 1e-45, 1, np.inf])
    n = [-0x7F800001, -0x3F800001, -2, -1, 0, 1, 0x3F800000, 0x7F800000]
    assert to_patterns(x, FLOAT32).tolist() == n
    assert from_patterns(np.array(n), FLOAT32).tobytes() == x.tobytes()


def test_patterns_keep_the_shape() -> None:
    for shape in ((), (0,), (2, 3)):
        assert from_patterns(np.zeros(shape, np.int64), BFLOAT16).shape == shape
        assert to_patterns(np.zeros(shape, np.float32), BFLOAT16).shape == shape


@SIXTEEN
@pytest.mark.parametrize("profile", PROFILES, ids=range(len(PROFILES)))
@pytest.mark.parametrize("scale", [1.0, 0.1, 2.0**-20, 300.0])
def test_thresholds_determine_every_code(target: Format, profile: Profile, scale: float) -> None:
    function = quantizer(target, profile, scale)
    n = every_pattern(target)
    codes = function(from_patterns(n, target))
    steps = np.append(0, np.flatnonzero(np.diff(codes)) + 1)
    expected = list(zip(n[steps].tolist(), codes[steps].tolist(), strict=True))
    assert find_thresholds(function, target) == expected


def test_thresholds_of_float32_by_hand() -> None:
    function = quantizer(FLOAT32, scale=1.0, codes=(0, -2, 1))
    after = np.nextafter(np.float32(0.5), np.float32(1))
    assert find_thresholds(function, FLOAT32) == [
        (pattern(-np.inf), -2),
        (pattern(-1.4999999), -1),  # -1.5 is a tie and goes to -2
        (pattern(-0.5), 0),
        (pattern(after), 1),
    ]


def test_a_step_between_the_zeros_is_found() -> None:
    def sign(x: Any) -> Any:
        return np.where(np.signbit(x), -1, 1)

    assert find_thresholds(sign, FLOAT32) == [(pattern(-np.inf), -1), (0, 1)]


def test_evaluations_are_few() -> None:
    seen = []

    def counted(x: Any) -> Any:
        seen.append(x.size)
        return quantizer(FLOAT32)(x)

    assert len(find_thresholds(counted, FLOAT32)) == 256
    assert sum(seen) < 12_000


@FORMATS
@pytest.mark.parametrize("profile", PROFILES[:4], ids=range(4))
def test_quantizers_are_staircases(target: Format, profile: Profile) -> None:
    function = quantizer(target, profile)
    assert check_staircase(function, find_thresholds(function, target), target) == []


def test_an_overflowing_conversion_is_not_monotone() -> None:
    function = quantizer(FLOAT32, Profile(overflow="int32"), scale=1.0)
    staircase = find_thresholds(function, FLOAT32)
    assert staircase[-1] == (pattern(2.0**31), -128)
    (violation,) = check_staircase(function, staircase, FLOAT32)
    assert (violation.rule, violation.x) == ("monotone", 2.0**31)
    assert str(violation).startswith("codes must not fall, got -128 after 127 at 2147483648.0")


@pytest.mark.parametrize("dip", [2.0**31, 1.0, 2.0**-126, 3.4028235e38])
def test_a_dip_of_one_pattern_is_noticed_next_to_a_power_of_two(dip: float) -> None:
    plain = quantizer(FLOAT32)

    def function(x: Any) -> Any:
        return np.where(x == np.float32(dip), 77, plain(x))

    staircase = find_thresholds(plain, FLOAT32)
    (violation,) = check_staircase(function, staircase, FLOAT32)
    assert (violation.rule, violation.pattern, violation.actual) == (
        "piecewise constant", pattern(dip), 77)  # fmt: skip
    assert "between its thresholds, got 77" in str(violation)


def test_a_dip_can_be_given_to_the_search() -> None:
    def function(x: Any) -> Any:
        return np.where(x == np.float32(1.7), 77, quantizer(FLOAT32)(x))

    plain = find_thresholds(quantizer(FLOAT32), FLOAT32)
    dip = pattern(1.7)
    found = find_thresholds(function, FLOAT32, starts=np.float32([1.7]))
    assert set(found) - set(plain) == {(dip, 77), (dip + 1, 20)}


@pytest.mark.parametrize("shift", [-1, 1])
def test_a_moved_threshold_is_noticed(shift: int) -> None:
    function = quantizer(FLOAT32)
    staircase = find_thresholds(function, FLOAT32)
    first, code = staircase[100]
    staircase[100] = (first + shift, code)
    (violation,) = check_staircase(function, staircase, FLOAT32)
    assert violation.pattern == first + min(shift, 0)


def test_same_seed_same_patterns() -> None:
    function = quantizer(FLOAT32, scale=0.3)
    staircase = find_thresholds(quantizer(FLOAT32), FLOAT32)
    a, b = (check_staircase(function, staircase, FLOAT32, 100, seed=5) for _ in range(2))
    assert a == b != []


@SIXTEEN
@pytest.mark.parametrize("scale", [0.1, 1 / 3, 5.5])
def test_differences_are_counted_exactly(target: Format, scale: float) -> None:
    n = every_pattern(target)
    x = from_patterns(n, target)
    functions = [quantizer(target, profile, scale) for profile in PROFILES]
    codes = [function(x) for function in functions]
    found = [find_thresholds(function, target) for function in functions]
    for i in range(len(functions)):
        for j in range(len(functions)):
            differ = n[codes[i] != codes[j]]
            result = count_differences(found[i], found[j], target)
            assert result.count == differ.size
            if differ.size:
                magnitude = np.where(differ >= 0, differ, -1 - differ)
                nearest = differ[magnitude == magnitude.min()].max()
                assert result.witness == nearest


def test_differences_of_float32_against_the_patterns_around_each_step() -> None:
    functions = [quantizer(FLOAT32), quantizer(FLOAT32, Profile(scaling="reciprocal"))]
    a, b = (find_thresholds(function, FLOAT32) for function in functions)
    around = np.array([n for n, _ in a[1:]])[:, np.newaxis] + np.arange(-500, 500)
    around = np.unique(around)
    x = from_patterns(around, FLOAT32)
    differ = around[functions[0](x) != functions[1](x)]
    result = count_differences(a, b)
    assert result.count == differ.size > 0
    assert result.witness in differ


def test_differences_by_hand() -> None:
    low, high = pattern(-np.inf), pattern(np.inf)
    zero, one = [(low, 0)], [(low, 1)]
    assert count_differences(zero, zero) == Difference(0, None)
    assert count_differences(zero, one) == Difference(4_278_190_082, 0)  # 2^32 - 16,777,214 NaN
    assert count_differences(zero, [(low, 0), (10, 1), (13, 0)]) == Difference(3, 10)
    assert count_differences(zero, [(low, 0), (-13, 1), (-10, 0)]) == Difference(3, -11)
    assert count_differences(zero, [(low, 0), (-3, 1), (3, 0)]) == Difference(6, 0)
    assert count_differences(zero, [(low, 0), (-3, 1), (0, 0), (2, 1)]).witness == -1
    assert count_differences(zero, [(low, 0), (high, 1)]) == Difference(1, high)
    assert count_differences([(low, 0), (5, 0)], zero) == Difference(0, None)  # a step to itself


def test_refusals() -> None:
    low = pattern(-np.inf)
    with pytest.raises(ValueError, match="format must be one of float16, .*, got float64"):
        find_thresholds(quantizer(FLOAT32), FLOAT64)
    with pytest.raises(ValueError, match="probes must be >= 2, got 1"):
        find_thresholds(quantizer(FLOAT32), FLOAT32, probes=1)
    with pytest.raises(ValueError, match="function must return one integer code .*got float32"):
        find_thresholds(lambda x: x, FLOAT32)
    with pytest.raises(ValueError, match="one integer code per value"):
        find_thresholds(lambda _: np.array([1]), FLOAT32)
    with pytest.raises(ValueError, match="staircase must begin at -inf, .*, got \\[0\\]"):
        count_differences([(0, 1)], [(low, 1)])
    with pytest.raises(ValueError, match="staircase must begin at -inf, .*, got \\[\\]"):
        count_differences([], [(low, 1)])
    with pytest.raises(ValueError, match="staircase must be sorted"):
        count_differences([(low, 1), (7, 2), (7, 3)], [(low, 1)])
