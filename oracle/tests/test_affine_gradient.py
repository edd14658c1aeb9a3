"""Both oracles give the same gradients, under every choice, on every case; and what is refused."""

# numpy's stubs refuse np.float32([...]), which makes an array.
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from cases.gradients import NARROW, at_ends, gradients
from cases.points import INT8, UINT8
from oracle.affine_gradient_definition import is_dyadic
from oracle.affine_gradient_profile import AXES
from oracle.definition import DEFINITIONS, compute, is_undefined, single_changes
from oracle.exact.affine_gradient import (
    GRADIENT_CHOICES,
    fake_quantize_gradient,
    learnable_fake_quantize_gradient,
)

STRAIGHT, LEARNED = AXES
POINTS = [
    (np.float32(scale), zero_point, codes)
    for scale in (1.0, 0.1, 3e-39)
    for zero_point, codes in ((-3, INT8), (3, NARROW), (77, UINT8))
]


def profiles(operation: str) -> list[Any]:
    return [DEFINITIONS[operation].profile, *(profile for *_, profile in single_changes(operation))]


def test_the_exact_oracle_has_every_choice() -> None:
    assert {axis: set(choices) for axis, choices in AXES[LEARNED].items()} | {
        "mask": set(AXES[STRAIGHT]["mask"])
    } == {axis: set(choices) for axis, choices in GRADIENT_CHOICES.items()}


def exactly(operation: str, arguments: Any, profile: Any) -> dict[str, Any]:
    """Ask the exact oracle, channel by channel."""
    x, dy = np.asarray(arguments["x"]), np.asarray(arguments["dy"])
    axis = arguments.get("axis")
    index = np.indices(x.shape)[axis] if axis is not None else np.zeros(x.shape, np.int64)
    scales, zero_points = (np.atleast_1d(arguments[name]) for name in ("scale", "zero_point"))
    codes, choices = (arguments["qmin"], arguments["qmax"]), vars(profile)
    of_x, sums = np.empty(x.shape), np.empty((2, scales.size))
    for channel in range(scales.size):
        mine = index == channel
        scale, zero = float(scales[channel]), zero_points[channel]
        values, along = x[mine].tolist(), dy[mine].tolist()
        if operation == STRAIGHT:
            of_x[mine] = [fake_quantize_gradient(v, scale, int(zero), *codes, g, choices)
                          for v, g in zip(values, along, strict=True)]  # fmt: skip
            continue
        factor = float(np.float32(arguments["grad_factor"]))
        found = learnable_fake_quantize_gradient(values, scale, float(zero), *codes, factor, along, choices)
        of_x[mine], sums[0, channel], sums[1, channel] = found
    shape = () if axis is None else (scales.size,)
    learned = {"scale": sums[0].reshape(shape), "zero_point": sums[1].reshape(shape)}
    return {"x": of_x} if operation == STRAIGHT else {"x": of_x, **learned}


def assert_same(operation: str, arguments: Any, profile: Any, context: str) -> None:
    actual, expected = compute(operation, arguments, profile), exactly(operation, arguments, profile)
    assert actual.keys() == expected.keys()
    for name, value in actual.items():
        wanted = expected[name].astype(np.float32)
        assert value.dtype == np.float32, context
        assert value.shape == wanted.shape, context
        np.testing.assert_array_equal(value, wanted, err_msg=f"{name} {context} {profile}")
        is_number = ~np.isnan(value)
        assert (np.signbit(value) == np.signbit(wanted))[is_number].all(), (name, context, profile)


@pytest.mark.parametrize("operation", AXES)
def test_both_oracles_agree_on_every_case(operation: str) -> None:
    for case in cases_of(operation):
        if not is_undefined(operation, case.arguments):
            for profile in profiles(operation):
                assert_same(operation, case.arguments, profile, case.id)


@pytest.mark.parametrize("operation", AXES)
def test_both_oracles_agree_around_the_ends(operation: str) -> None:
    for scale, zero_point, codes in POINTS:
        x = np.append(at_ends(scale, zero_point, codes), np.float32([np.nan, np.inf, -np.inf, -0.0, 1e20]))
        arguments = {"x": x, "scale": scale, "zero_point": zero_point, **codes, "dy": gradients(x.size)}
        if operation == LEARNED:
            arguments |= {"zero_point": np.float32(zero_point), "grad_factor": 0.5}
        for profile in profiles(operation):
            assert_same(operation, arguments, profile, f"{scale} {zero_point} {codes}")


@pytest.mark.parametrize("zero_point", [0.5, 1.5, -0.5, -1.5, 2.75, -2.75, -3.0, 127.0, -128.0])
def test_both_oracles_round_a_zero_point_alike(zero_point: float) -> None:
    x = np.float32([0.25, 300, -300])
    for profile in profiles(LEARNED):
        arguments = {"x": x, "scale": np.float32(1), "zero_point": np.float32(zero_point), **INT8,
                     "grad_factor": 1.0, "dy": gradients(3)}  # fmt: skip
        assert_same(LEARNED, arguments, profile, str(zero_point))


def test_the_gradient_of_x_is_that_of_a_difference() -> None:
    """Inside the range x, outside a constant: the derivative of clamp(x_min, x_max, x), equation 14."""
    x = np.linspace(-20, 20, 97, dtype=np.float32)
    low, high = -131 * 0.1, 124 * 0.1

    def clamped(value: Any) -> Any:
        return np.clip(value.astype(np.float64), low, high)

    slope = (clamped(x + np.float32(2**-7)) - clamped(x - np.float32(2**-7))) / 2**-6
    found = compute(STRAIGHT, {"x": x, "scale": np.float32(0.1), "zero_point": 3, **INT8,
                               "dy": np.ones_like(x)}, DEFINITIONS[STRAIGHT].profile)["x"]  # fmt: skip
    away = np.minimum(abs(x - low), abs(x - high)) > 2**-7
    np.testing.assert_allclose(found[away], slope[away], atol=1e-3)


def test_sums_are_bounded_only_where_they_are_not_exact() -> None:
    inexact = [case.id.split("/")[1] for case in cases_of(LEARNED)
               if case.arguments["x"].size > 1 and not is_dyadic(case.arguments)]  # fmt: skip
    assert inexact == ["gradients-that-are-no-numbers", "tie-rich-ends"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"x": np.float64([1.0])}, "x must be float32, got float64"),
        ({"dy": np.float32([1.0, 2.0])}, "dy must have the shape of x, (1,), got (2,)"),
        ({"qmin": 7, "qmax": -8}, "qmin must be <= qmax, got [7, -8]"),
        ({"qmax": 1 << 20}, "codes must lie within 2^16 of 0"),
        ({"scale": np.float32(0)}, "scale must be finite and > 0, got 0.0"),
        ({"zero_point": 128}, "zero_point must lie in [-128, 127], got 128"),
        ({"axis": 1}, "axis must lie in [-1, 0], got 1"),
        (
            {"axis": 0, "scale": np.float32([1, 2])},
            "scale must have shape (1,), one for each channel, got (2,)",
        ),
    ],
)
def test_refused(changes: Any, says: str) -> None:
    given = {"x": np.float32([1.0]), "scale": np.float32(1), "zero_point": 0, **INT8,
             "dy": np.float32([1.0])} | changes  # fmt: skip
    with pytest.raises(ValueError) as refusal:
        compute(STRAIGHT, given, DEFINITIONS[STRAIGHT].profile)
    assert says in str(refusal.value)
