"""The stochastic quantizers' supports and probabilities, against the words, in Python's own numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from oracle.bernoulli import bernoulli
from oracle.definition import DEFINITIONS, compute, single_changes
from oracle.exact.qkeras import presented
from oracle.stochastic_binary import stochastic_binary

X = [-0.6, -0.3, -0.1, 0.0, 0.05, 0.2, 0.5, -20.0, 20.0, 1e8]
PROFILES = [
    pytest.param(operation, profile, id=f"{operation}-{axis}-{choice}")
    for operation in ("stochastic_binary", "bernoulli")
    for axis, choice, profile in [("definition", "", DEFINITIONS[operation].profile),
                                  *single_changes(operation)]
]  # fmt: skip


def wanted(operation: str, x: float, heat: float, is_real: bool, alpha: float, profile: Any) -> Any:
    """Return lowest, highest and the expected count of 1000 draws of one element."""
    if profile.settings == "of_config":
        heat, is_real = 6.0, True
    t = x * (1 if profile.probability == "unscaled" else heat)
    p = 1 / (1 + math.exp(-t)) if is_real and abs(t) < 700 else min(max(t / 2 + 0.5, 0.0), 1.0)
    p = 0.5 if profile.probability == "even" else p
    ends = (-alpha if operation == "stochastic_binary" else 0.0, alpha)
    unless_one = profile.presentation == "difference_unless_one" and alpha == 1
    choices = {"presentation": "value" if unless_one else profile.presentation}
    low, high = (presented(x, end, choices) for end in ends)
    low, high = (high if p > 1 - 1e-15 else low), (low if p < 1e-15 else high)
    return low, high, 1000 if low == high else round(p * 1000)


@pytest.mark.parametrize(("operation", "profile"), PROFILES)
def test_support_and_expected_count(operation: str, profile: Any) -> None:
    x = np.float32(X)
    for heat, is_real, alpha in ((6.0, True, 1.0), (2.0, True, 0.5), (6.0, False, 1.0)):
        settings = {"temperature": heat, "use_real_sigmoid": is_real, "alpha": alpha}
        found = compute(operation, {"x": x, "draws": 1000, **settings}, profile)
        each = [wanted(operation, v, heat, is_real, alpha, profile) for v in x.tolist()]
        for name, column in zip(("lowest", "highest", "count"), zip(*each, strict=True), strict=True):
            assert found[name].tolist() == list(column), (name, settings)


def test_outside_training_it_is_the_sign() -> None:
    found = stochastic_binary(np.float32([-2.0, -0.1, 0.1]), 10, training=False)
    assert found["lowest"].tolist() == found["highest"].tolist() == [-1.0, -1.0, 1.0]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"draws": 0}, "draws must be > 0, got 0"),
        ({"draws": 9, "alpha": "auto"}, "alpha must be None or a number > 0, got auto"),
        ({"draws": 9, "temperature": 0.0}, "temperature must be > 0, got 0.0"),
    ],
)
def test_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as refusal:
        bernoulli(np.float32([0.5]), **settings)
    assert says in str(refusal.value)
