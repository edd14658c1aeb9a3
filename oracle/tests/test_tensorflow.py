"""Both oracles compute TensorFlow's quantizers alike, under every choice; and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import DEFINITIONS, is_undefined, single_changes
from oracle.exact import tensorflow as exact
from oracle.fake_quant_with_min_max import AXES, fake_quant_with_min_max
from oracle.fake_quant_with_min_max_args_gradient import fake_quant_with_min_max_args_gradient
from oracle.fake_quant_with_min_max_gradient import AXES as GRADIENT_AXES
from oracle.fake_quant_with_min_max_gradient import bound_of_sum, fake_quant_with_min_max_gradient
from oracle.tensorflow_range import Profile

EAGER = Profile(validation="zeros", subnormals="flushed", nudged="zero_point", nudge_rounding="half_away",
                origin="shifted", rounding="floor_plus_half")  # fmt: skip
XLA = Profile(validation="computes", subnormals="flushed", scale="reciprocal", nudged="zero_point",
              nudge_rounding="half_away", scaling="reciprocal", origin="low_fused",
              rounding="floor_plus_half")  # fmt: skip
RANGES = [
    (-6.0, 6.0, 8, False), (-1.0, 1.0, 8, False), (-1.0, 1.0, 8, True), (0.0, 1.0, 4, False),
    (-0.5, 2.5, 4, False), (12.0, 123.0, 8, False), (-5.0, -2.0, 3, True), (-0.75, 0.75, 2, False),
    (-2.5, 4.5, 3, True), (-1e-38, 3e-38, 8, False), (0.0, 0.0, 8, False), (1.0, 1.0, 8, False),
    (-3e38, 3e38, 8, False), (-5.0, 5.0, 16, False), (-127.5, 127.5, 8, False),
]  # fmt: skip
PROFILES = [("definition", "", Profile()), *single_changes("fake_quant_with_min_max"),
            ("eager", "", EAGER), ("xla", "", XLA)]  # fmt: skip
PROFILES_IN_ORDER = [profile for *_, profile in PROFILES]  # each asks another third of the points


def points(low: float, high: float, bits: int) -> list[float]:
    """Reals on both sides of some ties and of both bounds, and special ones."""
    step = np.float32((high - low) / 2**bits)
    near = np.array([-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.3], np.float32) * step
    ends = np.array([low, high, low * 1.01, high * 1.01], np.float32)
    both = np.concatenate([near, ends])
    around = np.concatenate([both, np.nextafter(both, np.float32(9e9)), np.nextafter(both, np.float32(-9e9))])
    return [*around.tolist(), 0.0, -0.0, 1e-40, float("nan"), float("inf"), float("-inf")]


def same(a: Any, b: Any) -> bool:
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    return bool(((a == b) & (np.signbit(a) == np.signbit(b)) | np.isnan(a) & np.isnan(b)).all())


def outcome(function: Any, *arguments: Any) -> Any:
    """Return what a function gives, or that it refuses."""
    try:
        return function(*arguments)
    except ValueError:
        return "refused"


def test_the_exact_oracle_has_every_choice() -> None:
    assert exact.FAKE_QUANT_CHOICES == AXES
    assert exact.GRADIENT_CHOICES == GRADIENT_AXES


@pytest.mark.parametrize("profile", [p for *_, p in PROFILES], ids=[f"{a}-{c}" for a, c, _ in PROFILES])
def test_both_oracles_agree(profile: Profile) -> None:
    for low, high, bits, narrow in RANGES:
        low, high = float(np.float32(low)), float(np.float32(high))
        x = points(low, high, bits)[PROFILES_IN_ORDER.index(profile) % 3 :: 3]
        found = outcome(fake_quant_with_min_max, np.array(x, np.float32), low, high, bits, narrow, profile)
        wanted = outcome(
            lambda *rest, x=x: [exact.fake_quant_with_min_max(v, *rest) for v in x],
            low, high, bits, narrow, vars(profile),
        )  # fmt: skip
        refused = isinstance(found, str) or isinstance(wanted, str)
        assert found == wanted if refused else same(found, wanted), (low, high, bits, narrow)


def test_both_oracles_agree_on_every_case() -> None:
    for case in cases_of("fake_quant_with_min_max"):
        a = dict(case.arguments)
        if is_undefined(case.operation, a):
            continue
        x, low, high = (np.asarray(a[name], np.float32) for name in ("x", "low", "high"))
        found = outcome(fake_quant_with_min_max, x, low, high, a["bits"], a["narrow_range"])
        rows = zip(*(part.ravel().tolist() for part in np.broadcast_arrays(x, low, high)), strict=True)
        rest = (a["bits"], a["narrow_range"])
        wanted = outcome(
            lambda rows=rows, rest=rest: [exact.fake_quant_with_min_max(*row, *rest) for row in rows]
        )
        refused = isinstance(found, str) or isinstance(wanted, str)
        assert found == wanted if refused else same(found.ravel(), wanted), case.id


def test_the_documented_examples() -> None:
    x = np.array([10.03, -10.23, 3], np.float32)
    y = fake_quant_with_min_max(x, -5.0, 5.0, 16, False)
    assert [f"{v:.8g}" for v in y] == ["4.9999237", "-5.0000763", "3.0000763"]
    x = np.array([1.2, -0.3, 0.7, 2.1, 0.5, -1.0], np.float32)
    y = fake_quant_with_min_max(x, np.float32(-0.5), np.float32(0.8), 8, False)
    shown = ["0.8003921", "-0.3007843", "0.6984313", "0.8003921", "0.4996078", "-0.4996078"]
    assert [f"{v:.7f}" for v in y] == shown


def test_each_index_of_the_last_axis_has_its_own_range() -> None:
    x = np.linspace(-3, 3, 12, dtype=np.float32).reshape(4, 3)
    low, high = np.array([-1, -2, 0.5], np.float32), np.array([1, 0.5, 3], np.float32)
    whole = fake_quant_with_min_max(x, low, high, 4, True)
    parts = [fake_quant_with_min_max(x[:, i], low[i], high[i], 4, True) for i in range(3)]
    assert same(whole, np.stack(parts, axis=1))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((0.0, 1.0, 17, False), "bits must lie in [2, 16], got 17"),
        ((0.0, 1.0, 1, False), "bits must lie in [2, 16], got 1"),
        ((1.0, 1.0, 8, False), "low must be < high, got [1.0, 1.0]"),
        ((float("nan"), 1.0, 8, False), "low must be < high"),
    ],
)
def test_refused(arguments: Any, says: str) -> None:
    with pytest.raises(ValueError) as refusal:
        fake_quant_with_min_max(np.float32([0.5]), *arguments)
    assert says in str(refusal.value)
    with pytest.raises(ValueError):
        exact.fake_quant_with_min_max(0.5, *arguments)


def test_one_range_is_asked_in_pieces_and_several_are_not() -> None:
    definition = DEFINITIONS["fake_quant_with_min_max"]
    assert definition.is_elementwise({"low": np.float32(0)}, definition.profile)
    assert not definition.is_elementwise({"low": np.zeros(2, np.float32)}, definition.profile)


GRADIENTS = [("definition", "", Profile()), *single_changes("fake_quant_with_min_max_gradient")]


@pytest.mark.parametrize("profile", [p for *_, p in GRADIENTS], ids=[f"{a}-{c}" for a, c, _ in GRADIENTS])
def test_both_oracles_agree_on_the_gradient_of_every_case(profile: Profile) -> None:
    for case in cases_of("fake_quant_with_min_max_gradient"):
        a = dict(case.arguments)
        if np.ndim(a["low"]):
            continue
        found = outcome(lambda a=a: fake_quant_with_min_max_gradient(**a, profile=profile))
        plain = {name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in a.items()}
        wanted = outcome(lambda a=plain: exact.fake_quant_with_min_max_gradient(**a, choices=vars(profile)))
        if isinstance(found, str) or isinstance(wanted, str):
            assert found == wanted, case.id
            continue
        assert all(same(found[name].ravel(), wanted[name]) for name in ("x", "low", "high")), case.id


@pytest.mark.parametrize("profile", [p for *_, p in GRADIENTS], ids=[f"{a}-{c}" for a, c, _ in GRADIENTS])
def test_the_gradient_of_a_range_in_the_operation_is_that_of_x_alone(profile: Profile) -> None:
    for case in cases_of("fake_quant_with_min_max_args_gradient"):
        a = dict(case.arguments)
        found = outcome(lambda a=a: fake_quant_with_min_max_args_gradient(**a, profile=profile))
        plain = {name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in a.items()}
        wanted = outcome(lambda a=plain: exact.fake_quant_with_min_max_gradient(**a, choices=vars(profile)))
        if isinstance(found, str) or isinstance(wanted, str):
            assert found == wanted, case.id
            continue
        assert list(found) == ["x"] and same(found["x"].ravel(), wanted["x"]), case.id


def test_each_channel_has_its_own_gradients() -> None:
    x = np.linspace(-3, 3, 12, dtype=np.float32).reshape(4, 3)
    low, high = np.array([-1, -2, 0.5], np.float32), np.array([1, 0.5, 3], np.float32)
    whole = fake_quant_with_min_max_gradient(x, low, high, 4, True, x)
    for i in range(3):
        part = fake_quant_with_min_max_gradient(x[:, i], low[i], high[i], 4, True, x[:, i])
        assert same(whole["x"][:, i], part["x"])
        assert same([whole["low"][i], whole["high"][i]], [part["low"], part["high"]])


def test_only_inexact_sums_have_a_bound() -> None:
    exactly = [case.id for case in cases_of("fake_quant_with_min_max_gradient")
               if bound_of_sum(case.arguments, {}) == 0]  # fmt: skip
    assert len(exactly) > 15
    assert "fake_quant_with_min_max_gradient/ordinary-values" not in exactly
    with pytest.raises(ValueError, match="dy must have the shape of x"):
        fake_quant_with_min_max_gradient(np.zeros(3, np.float32), -1, 1, 8, False, np.zeros(2, np.float32))
