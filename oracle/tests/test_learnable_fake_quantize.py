"""Both oracles compute fake quantization with a real zero point alike, under every choice, on every case."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.definition import DEFINITIONS, compute, is_undefined, single_changes
from oracle.exact import learnable_fake_quantize as exact
from oracle.learnable_fake_quantize import AXES

OPERATION = "learnable_fake_quantize"
PROFILES = [DEFINITIONS[OPERATION].profile, *(profile for *_, profile in single_changes(OPERATION))]


def test_the_exact_oracle_has_every_choice() -> None:
    assert AXES[OPERATION] == exact.CHOICES


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_both_oracles_agree_on_every_case(profile: Any) -> None:
    for case in cases_of(OPERATION):
        if is_undefined(OPERATION, case.arguments):
            continue
        a = dict(case.arguments)
        axis, x = a.get("axis"), a["x"]
        where = np.zeros(x.shape, int) if axis is None else np.indices(x.shape)[axis]
        scale, zero = (np.atleast_1d(a[name])[where].ravel().tolist() for name in ("scale", "zero_point"))
        rows = zip(x.ravel().tolist(), scale, zero, strict=True)
        wanted = [exact.learnable_fake_quantize(*row, a["qmin"], a["qmax"], vars(profile)) for row in rows]
        found = compute(OPERATION, a, profile)["value"].ravel()
        np.testing.assert_array_equal(found, np.array(wanted, np.float32), err_msg=case.id)
        is_number = ~np.isnan(found)
        assert (np.signbit(found) == np.signbit(np.array(wanted)))[is_number].all(), case.id
