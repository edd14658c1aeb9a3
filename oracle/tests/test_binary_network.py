"""Both oracles compute networks, and packed outputs, alike, under every choice, on every case."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.binary_layers import signs
from cases.case import cases_of
from cases.points import singles
from oracle.binary_conv2d import sums_of
from oracle.binary_max_pool import binary_max_pool
from oracle.binary_network import binary_network
from oracle.definition import AXES, DEFINITIONS, compute, single_changes
from oracle.exact import binary_network as exact
from oracle.packed_outputs import packed_outputs

DEFAULTS = {
    "multiplier": None,
    "stride": 1,
    "dilation": 1,
    "padding": "valid",
    "pad_value": 0,
    "pool": "none",
}
CHOICES = {"binary_network": exact.NETWORK, "packed_outputs": exact.PACKED}
PLANTED = [
    (operation, profile)
    for operation in CHOICES
    for profile in [DEFINITIONS[operation].profile, *(p for *_, p in single_changes(operation))]
]


@pytest.mark.parametrize("operation", CHOICES)
def test_both_oracles_have_the_same_choices(operation: str) -> None:
    ours = {axis: set(choices) for axis, choices in AXES[operation].items()}
    assert ours == {axis: set(choices) for axis, choices in CHOICES[operation].items()}


@pytest.mark.parametrize(("operation", "profile"), PLANTED, ids=str)
def test_both_oracles_agree_on_the_cases(operation: str, profile: Any) -> None:
    for case in cases_of(operation):
        found = compute(operation, case.arguments, profile)
        plain = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in case.arguments.items()}
        flat = {name: array.ravel().tolist() for name, array in found.items()}
        assert exactly(operation, {**DEFAULTS, **plain}, vars(profile)) == flat, case.id


def exactly(operation: str, given: dict[str, Any], choices: dict[str, str]) -> dict[str, list[Any]]:
    """Return what the exact oracle gives, flattened."""
    if operation == "binary_network":
        return {"y": exact.network(given["x"], given, choices)}
    return exact.outputs(given["x"], given["weight"], given["outputs"], choices)


def test_both_oracles_agree_on_small_images():
    for size, tall, pool in [(s, t, p) for s in (1, 2, 3, 4) for t in (1, 2, 3) for p in ("before", "after")]:
        given: dict[str, Any] = {
            "x": signs((1, size, 5, 2), size),
            "weight": signs((tall, 3, 2, 2), 7),
            "second": signs((3, tall, 2, 1), 8),
            "multiplier": singles([0.5, -1.0]),
            "bias": singles([1.0, -2.0]),
            "padding": "same",
            "pool": pool,
        }
        plain = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in given.items()}
        for profile in (
            DEFINITIONS["binary_network"].profile,
            *(p for *_, p in single_changes("binary_network")),
        ):
            found = binary_network(**given, profile=profile)["y"].ravel().tolist()
            assert found == exact.network(plain["x"], {**DEFAULTS, **plain}, vars(profile))


def test_both_sides_of_each_threshold_are_asked_and_the_threshold():
    given = next(c for c in cases_of("binary_network") if c.id == "binary_network/norm").arguments
    sums = sums_of(given["x"], given["weight"], 1, 1, "valid", "after").inside
    for multiplier, bias, of_one in zip(
        given["multiplier"], given["bias"], np.moveaxis(sums, 3, 0), strict=True
    ):
        found = np.unique(np.sign(of_one * multiplier + bias)).tolist()
        assert found == ([-1, 0, 1] if multiplier else [np.sign(bias)])


def weights(*values: float) -> Any:
    """Return a filter of one pixel."""
    return singles(values).reshape(1, 1, -1, 1)


def test_sums_that_float32_just_holds():
    for pair in ((2.0**24 - 1, 1.0), (2.0**127, 2.0**127 - 2.0**104), (1e-45, 3e-45), (0.0, 0.0)):
        found = packed_outputs(singles([-1, -1]).reshape(1, 1, 1, 2), weights(*pair), "real")["result"]
        assert found.item() == -float(np.float32(pair[0])) - float(np.float32(pair[1]))


X, WEIGHT = np.ones((1, 3, 3, 2), np.float32), np.ones((1, 1, 2, 1), np.float32)
SECOND = np.ones((1, 1, 1, 1), np.float32)
NAN, PLAIN = np.float32(np.nan), singles([1])


@pytest.mark.parametrize(
    ("refused", "says"),
    [
        (
            lambda: binary_network(X, WEIGHT, SECOND, pool="max"),
            "pool must be one of none, before, after, got max",
        ),
        (lambda: binary_network(X, WEIGHT, SECOND, singles([1])), "multiplier and bias must be given both"),
        (lambda: binary_network(X, WEIGHT, WEIGHT), "the channels of x must be the weight's, 2, got 1"),
        (lambda: binary_network(X, WEIGHT, SECOND, pad_value=2), "pad_value must be 0 or 1, got 2"),
        (lambda: packed_outputs(X, WEIGHT, "all"), "outputs must be one of result, both, real, got all"),
        (lambda: packed_outputs(X[0], WEIGHT), "x must be float32 of rank 4, got float32 of rank 3"),
        (lambda: packed_outputs(X, SECOND), "the channels of x must be the weight's, 1, got 2"),
        (lambda: binary_network(X, WEIGHT, SECOND, stride=0), "stride must be >= 1, got 0"),
        (lambda: binary_network(X, WEIGHT, SECOND, stride=-1), "stride must be >= 1, got -1"),
        (lambda: binary_network(X, WEIGHT, SECOND, dilation=0), "dilation must be >= 1, got 0"),
        (lambda: binary_network(X[:0], WEIGHT, SECOND, pool="after"), "x must have one element or more, got"),
        (
            lambda: binary_network(X, WEIGHT[..., :0], SECOND[:, :, :0]),
            "weight must have one element or more",
        ),
        (
            lambda: binary_network(X, WEIGHT[:0, :0], SECOND),
            "weight must have one element or more, got shape",
        ),
        (
            lambda: binary_network(X, WEIGHT, SECOND[..., :0]),
            "second must have one element or more, got shape",
        ),
        (lambda: binary_network(X * NAN, WEIGHT, SECOND), "x must be 0 or normal numbers, got nan"),
        (lambda: binary_network(X, WEIGHT * NAN, SECOND), "weight must be 0 or normal numbers, got nan"),
        (
            lambda: binary_network(X, WEIGHT, SECOND, singles([np.nan]), PLAIN),
            "multiplier must be 0 or normal",
        ),
        (
            lambda: binary_network(X, WEIGHT, SECOND, singles([np.inf]), PLAIN),
            "multiplier must be 0 or normal",
        ),
        (lambda: binary_network(X, WEIGHT, SECOND, PLAIN, singles([1e-40])), "bias must be 0 or normal"),
        (lambda: binary_max_pool(np.zeros((1, 2, 2, 1), np.int32), 0, 1), "a window must be >= 1, got 0"),
        (
            lambda: packed_outputs(X, weights(2.0**24, 1)),
            "float32 must hold a filter's sums, got steps of 1.0",
        ),
        (
            lambda: packed_outputs(X, weights(2.0**60, 1)),
            "float32 must hold a filter's sums, got steps of 1.0",
        ),
        (lambda: packed_outputs(X, weights(3e38, 3e38)), "float32 must hold a filter's sums, got steps of"),
        (
            lambda: packed_outputs(X, weights(2.0**127, 2.0**127)),
            "float32 must hold a filter's sums, got steps",
        ),
        (lambda: packed_outputs(X, WEIGHT * NAN), "weight must be finite, got nan"),
        (lambda: packed_outputs(X[:0], WEIGHT), "x must have one element or more, got shape"),
        (lambda: packed_outputs(X * np.float32(1e-40), WEIGHT), "x must be 0 or normal numbers, got"),
    ],
)
def test_what_is_refused(refused: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        refused()
