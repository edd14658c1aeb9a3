"""Both oracles agree on qnoise_factor and use_ste, under every choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import DEFINITIONS, compute, single_changes
from oracle.exact import qkeras_noise as exact
from oracle.tests.qkeras_points import same

NAMES = ("quantizer_noise", "quantizer_noise_gradient")
PROFILES = [
    pytest.param(name, profile, id=f"{name}-{axis}-{choice}")
    for name in NAMES
    for axis, choice, profile in [("definition", "", DEFINITIONS[name].profile), *single_changes(name)]
]


@pytest.mark.parametrize(("name", "profile"), PROFILES)
def test_both_oracles_agree(name: str, profile: Any) -> None:
    more = np.random.default_rng(7).normal(0, 2, 60).astype(np.float32)
    for case in cases_of(name):
        given = {**case.arguments, "x": np.append(case.arguments["x"].reshape(-1), more)}
        if "dy" in given:
            given["dy"] = np.append(given["dy"], more[::-1])
        (found,) = compute(name, given, profile).values()
        vectors = [given.pop(vector).tolist() for vector in ("x", "dy") if vector in given]
        wanted = [
            getattr(exact, name)(*numbers, vars(profile), **given) for numbers in zip(*vectors, strict=True)
        ]
        same(case.arguments["x"], found, wanted, case.id)


def test_refused() -> None:
    for settings, says in (
        ({"quantizer": "binary", "qnoise_factor": 0.5}, "quantizer must be one of"),
        ({"quantizer": "quantized_po2", "qnoise_factor": 2.0}, "qnoise_factor must lie in [0, 1], got 2.0"),
    ):
        with pytest.raises(ValueError) as refusal:
            compute("quantizer_noise", {"x": np.float32([1.0]), "bits": 4, **settings},
                    DEFINITIONS["quantizer_noise"].profile)  # fmt: skip
        assert says in str(refusal.value)
