"""Both oracles give the same values, under every choice, on ties and on every case; what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import DEFINITIONS, is_undefined, single_changes
from oracle.exact import openvino as exact
from oracle.fake_quantize_levels import AXES, Profile, fake_quantize_levels

NAMES = ("input_low", "input_high", "output_low", "output_high")
SETS = [
    ((-1.3, 2.7, -1.3, 2.7), 256), ((0.1, 0.9, -3.3, 1.7), 255), ((-5, -1, 2, 7.3), 65536), ((0, 1, 0, 1), 2),
    ((-1, 0.9935, -1, 0.9935), 256), ((-0.8, 0.7, -0.8, 0.7), 16), ((1, -1, 3, -1), 17), ((0, 9, -4, 5), 10),
    ((-1, 1, -1e-33, 2e-33), 256), ((0.5, 0.5, 0, 1), 4), ((-1, 1, -1, 1), 65536), ((-2, 2, 5e-7, 1), 256),
]  # fmt: skip
KERNEL = {"bounds": "clipped_high_first", "scaling": "fused", "shift": "quotient", "output": "fused"}
SEPARATE = {"bounds": "clipped", "scaling": "factor", "shift": "product", "output": "factor"}
MERGED = {**KERNEL, "bounds": "level_clipped", "output": "merged", "removed": "16_bit"}
USED_FOR = ((KERNEL, "every_range"), (SEPARATE, "increasing"), (MERGED, "not_decreasing"))
TOGETHER = [Profile(**{**kernel, "output_range": "integers", "used_for": used}) for kernel, used in USED_FOR]
PROFILES = [("definition", "", Profile()), *single_changes("fake_quantize_levels"),
            *(("together", str(n), p) for n, p in enumerate(TOGETHER))]  # fmt: skip


def test_the_exact_oracle_has_every_choice() -> None:
    assert dict(AXES) == exact.LEVELS_CHOICES


def vector(bounds: tuple[float, ...], levels: int) -> np.ndarray[Any, Any]:
    """Ties, levels and bounds with their neighbours, special and ordinary values."""
    low, high = bounds[:2]
    at = np.unique(np.linspace(-1, levels, 6).round())
    near = np.concatenate([low + (at + half) / (levels - 1) * (high - low) for half in (0, 0.5)])
    middle = np.concatenate([near, bounds[:2]]).astype(np.float32)
    draw = np.random.default_rng(levels).uniform(-6, 6, 6).astype(np.float32)
    special = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-40], np.float32)
    return np.concatenate(
        [middle, np.nextafter(middle, np.float32(9)), np.nextafter(middle, -np.float32(9)), draw, special]
    )


def assert_same(found: np.ndarray[Any, Any], wanted: list[float], about: object) -> None:
    expected = np.array(wanted).reshape(found.shape)
    np.testing.assert_array_equal(found, expected, err_msg=str(about))
    known = ~np.isnan(expected)
    assert (np.signbit(found) == np.signbit(expected))[known].all(), about


@pytest.mark.parametrize("profile", [p for *_, p in PROFILES], ids=[f"{a}-{c}" for a, c, _ in PROFILES])
def test_both_oracles_agree(profile: Profile) -> None:
    for bounds, levels in SETS:
        numbers = [np.float32(bound) for bound in bounds]
        x = vector(bounds, levels)[:: 1 if profile == Profile() else 3]
        found = fake_quantize_levels(x, *numbers, levels, profile)
        single = tuple(float(n) for n in numbers)
        wanted = [
            exact.fake_quantize_levels(v, single, levels, "float32", vars(profile))
            for v in x.astype(float).tolist()
        ]
        assert_same(found, wanted, (bounds, levels, profile))


@pytest.mark.parametrize("profile", [Profile(), *TOGETHER], ids=["definition", "0", "1", "2"])
def test_both_oracles_agree_on_every_case(profile: Profile) -> None:
    for case in cases_of("fake_quantize_levels")[:: 1 if profile == Profile() else 3]:
        arguments, x = case.arguments, case.arguments["x"]
        is_one = DEFINITIONS[case.operation].is_elementwise(arguments, profile)
        chosen = profile if is_one else replace(profile, output_range="given")
        if is_undefined(case.operation, arguments) or arguments["levels"] < 2:
            continue
        bounds = [np.broadcast_to(arguments[name], x.shape).reshape(-1).astype(float) for name in NAMES]
        each = zip(*(bound.tolist() for bound in bounds), strict=True)
        wanted = [
            exact.fake_quantize_levels(v, own, arguments["levels"], x.dtype.name, vars(chosen))
            for v, own in zip(x.reshape(-1).astype(float).tolist(), each, strict=True)
        ]
        assert_same(fake_quantize_levels(**arguments, profile=chosen), wanted, case.id)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"levels": 1}, "levels must be >= 2, got 1"),
        ({"x": np.array([1, 2])}, "x must be float16, float32 or float64, got int64"),
        ({"input_low": np.float64(0)}, "bounds must have the dtype of x, got float64"),
        ({"output_high": np.zeros(5, np.float32)}, "bounds must broadcast to the shape of x, got (5,)"),
    ],
)
def test_refused(arguments: dict[str, Any], says: str) -> None:
    whole = {"x": np.zeros((2, 1), np.float32), **dict.fromkeys(NAMES, np.float32(0)), "levels": 4}
    with pytest.raises(ValueError) as refusal:
        fake_quantize_levels(**whole | arguments)
    assert says in str(refusal.value)


def test_a_range_of_infinity_is_undefined() -> None:
    ends = dict.fromkeys(NAMES, np.float32(1)) | {"input_low": np.float32(-np.inf)}
    assert is_undefined("fake_quantize_levels", {"x": np.zeros(1, np.float32), **ends, "levels": 4})
