"""Both oracles of LSQ agree, under every choice; and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import DEFINITIONS, compute, is_undefined, make_profile, open_axes, single_changes
from oracle.exact import lsq as exact

OPERATIONS = ("lsq", "lsq_gradient", "lsq_initial_step", "lsq_export")
CODES = [(-128, 127), (0, 255), (-8, 7), (-2, 1), (-4, 4), (0, 3)]
STEPS = [0.25, 0.1, 0.07, 1 / 3, 1.9999999, 1e-30, 3e-9, 1e30]


def profiles(operation: str) -> list[Any]:
    """The definition, and every single change of it."""
    found = [("definition", "", DEFINITIONS[operation].profile), *single_changes(operation)]
    return [pytest.param(operation, p, id=f"{operation}-{axis}-{choice}") for axis, choice, p in found]


def vector(step: np.float32, low: int, high: int) -> np.ndarray:
    """Ties, codes and bounds, each with its neighbours; zeros; values far outside."""
    places = np.array([low - 1, low - 0.5, low, low + 0.5, -1, -0.5, -0.25, 0.25, 0.5, 1, 1.5, 2.5,
                       high - 0.5, high, high + 0.5, high + 1], np.float64)  # fmt: skip
    with np.errstate(all="ignore"):
        at = (places * step).astype(np.float32)
        near = [np.nextafter(at, np.float32(side)) for side in (-np.inf, np.inf)]
        far = np.array([0.0, -0.0, 1e-40, -1e-40, 3e38, -3e38, 1e20], np.float32)
    x = np.concatenate([at, *near, far])
    return x[np.isfinite(x)]


def exactly(operation: str, arguments: Any, choices: dict[str, str]) -> dict[str, Any]:
    """What the exact oracle gives, as the numpy oracle names it."""
    x, step = np.asarray(arguments["x"]), float(arguments.get("step", 0))
    xs, low, high = x.astype(np.float64).reshape(-1).tolist(), arguments["qmin"], arguments["qmax"]
    if operation == "lsq":
        return {"value": exact.lsq(xs, step, low, high, choices)}
    if operation == "lsq_gradient":
        is_weight = arguments.get("tensor", "weight") == "weight"
        dys = np.asarray(arguments["dy"]).astype(np.float64).reshape(-1).tolist()
        features = x.size if is_weight else x.size // x.shape[0]
        of_x, of_step = exact.lsq_gradient(xs, step, low, high, dys, features, is_weight, choices)
        return {"step": of_step} if of_x is None else {"x": of_x, "step": of_step}
    if operation == "lsq_initial_step":
        return {"step": exact.lsq_initial_step(xs, high, choices)}
    return dict(zip(("lowest", "highest"), exact.lsq_export(step, low, high, choices), strict=True))


def check(operation: str, arguments: Any, profile: Any) -> None:
    found = compute(operation, arguments, profile)
    wanted = exactly(operation, arguments, vars(profile))
    assert found.keys() == wanted.keys()
    for name, value in found.items():
        assert value.dtype == np.float32
        expected = np.asarray(wanted[name], np.float32).reshape(value.shape)
        same = (value == expected) & (np.signbit(value) == np.signbit(expected))
        wrong = np.flatnonzero(~(same | (np.isnan(value) & np.isnan(expected))))
        assert not wrong.size, (name, arguments, profile, value, expected, wrong)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_exact_oracle_has_every_choice(operation: str) -> None:
    assert dict(DEFINITIONS[operation].axes) == exact.CHOICES[operation]


@pytest.mark.parametrize(("operation", "profile"), [p for op in OPERATIONS for p in profiles(op)])
def test_both_oracles_agree_on_every_case(operation: str, profile: Any) -> None:
    for case in cases_of(operation):
        if not is_undefined(operation, case.arguments):
            check(operation, case.arguments, profile)


@pytest.mark.parametrize(("operation", "profile"), profiles("lsq") + profiles("lsq_gradient"))
def test_both_oracles_agree_at_ties_and_bounds(operation: str, profile: Any) -> None:
    draw = np.random.default_rng(3)
    for number, (low, high) in enumerate(CODES):
        step = np.float32(STEPS[number])
        x = vector(step, low, high)[number % 2 :: 2]
        arguments = {"x": x, "step": step, "qmin": low, "qmax": high}
        if operation == "lsq_gradient":
            dy = draw.choice(np.array([1, -1, 0.3, -0.7, 0], np.float32), x.size)
            arguments |= {"dy": dy, "tensor": "weight"}
        check(operation, arguments, profile)


def test_both_oracles_agree_under_the_profiles_of_frameworks() -> None:
    together = [
        {"step": "regained", "mask": "closed", "x_gradient": "chain", "step_gradient": "chain",
         "count": "elements"},
        {"range": "narrow_low", "mask": "closed", "step_gradient": "masked", "count": "elements",
         "factor": "terms", "zero": "product"},
        {"step": "epsilon", "scaling": "reciprocal", "mask": "code", "step_gradient": "fused",
         "overflow": "int64", "count": "elements", "factor": "terms", "zero": "product"},
    ]  # fmt: skip
    for choices in together:
        for case in cases_of("lsq_gradient"):
            if not is_undefined("lsq_gradient", case.arguments):
                check("lsq_gradient", case.arguments, make_profile("lsq_gradient", choices))


def test_the_definition_by_hand() -> None:
    x = np.array([-1000, -32, -0.2, 0, 0.3, 0.6, 31.75, 1000], np.float32)
    arguments = {"x": x, "step": np.float32(0.25), "qmin": -128, "qmax": 127}
    y = compute("lsq", arguments, DEFINITIONS["lsq"].profile)["value"]
    assert y.tolist() == [-32, -32, -0.25, 0, 0.25, 0.5, 31.75, 31.75]
    gradients = compute("lsq_gradient", arguments | {"dy": np.ones(8, np.float32)},
                        DEFINITIONS["lsq_gradient"].profile)  # fmt: skip
    assert gradients["x"].tolist() == [0, 0, 1, 1, 1, 1, 0, 0]  # both bounds are outside
    terms = -128 - 128 + (-1 + 0.8) + 0 + (1 - 1.2) + (2 - 2.4) + 127 + 127
    assert np.isclose(gradients["step"], terms / np.sqrt(8 * 127), rtol=1e-5)


def test_an_activation_counts_the_features_of_one_example() -> None:
    x = np.full((4, 4), 300, np.float32)
    arguments = {"x": x, "step": np.float32(1), "qmin": -2, "qmax": 1, "dy": np.ones_like(x)}
    of = {tensor: compute("lsq_gradient", arguments | {"tensor": tensor},
                          DEFINITIONS["lsq_gradient"].profile)["step"]
          for tensor in ("weight", "activation")}  # fmt: skip
    assert of == {"weight": 16 / 4, "activation": 16 / 2}


def test_a_tie_opens_the_rounding() -> None:
    arguments = {"x": np.float32([0.5, -0.2]), "step": np.float32(1), "qmin": -8, "qmax": 7}
    assert set(open_axes("lsq", arguments)) == {"rounding", "zero"}
    assert not open_axes("lsq", arguments | {"x": np.float32([0.4, 1.2])})
    assert not open_axes("lsq", arguments | {"x": np.float32([7.5])})  # clipped before it is rounded


@pytest.mark.parametrize(
    ("operation", "changes", "says"),
    [
        ("lsq", {"x": np.zeros(2)}, "x and step must be float32, got float64"),
        ("lsq", {"step": np.float32(0)}, "step must be one number, finite and > 0, got 0.0"),
        ("lsq", {"step": np.float32([1, 2])}, "step must be one number"),
        ("lsq", {"qmin": 1}, "codes must satisfy qmin <= 0 < qmax, got [1, 127]"),
        ("lsq_gradient", {"dy": np.zeros(3, np.float32)}, "dy must be float32 of shape (2,)"),
        ("lsq_gradient", {"tensor": "bias"}, "tensor must be one of weight, activation, got bias"),
        ("lsq_gradient", {"tensor": "activation"}, "an activation must have the shape (batch, features ...)"),
        ("lsq_initial_step", {"x": np.zeros(0, np.float32)}, "x must be float32 and not empty"),
        ("lsq_export", {"step": np.float32(-1)}, "step must be one number, finite and > 0, got -1.0"),
    ],
)
def test_refused(operation: str, changes: Any, says: str) -> None:
    arguments = {"x": np.zeros(2, np.float32), "step": np.float32(1), "qmin": -128, "qmax": 127}
    if operation == "lsq_gradient":
        arguments["dy"] = np.zeros(2, np.float32)
    if operation == "lsq_initial_step":
        del arguments["step"]
    with pytest.raises(ValueError) as refusal:
        compute(operation, arguments | changes, DEFINITIONS[operation].profile)
    assert says in str(refusal.value)
