"""Both oracles pack and unpack codes alike, under every choice; unpacking undoes packing; what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.code_packing import PackProfile, UnpackProfile, pack_codes, unpack_codes
from oracle.definition import AXES, single_changes
from oracle.exact import code_packing as exact


def test_the_exact_oracle_has_every_choice() -> None:
    assert dict(AXES["pack_codes"]) == exact.PACK_CHOICES
    assert dict(AXES["unpack_codes"]) == exact.UNPACK_CHOICES


@pytest.mark.parametrize("profile", [PackProfile(), *(p for *_, p in single_changes("pack_codes"))])
def test_both_oracles_pack_alike(profile: PackProfile) -> None:
    for case in cases_of("pack_codes"):
        code, bits = case.arguments["code"], case.arguments["bits"]
        rows = code.reshape(-1, code.shape[-1]).tolist()
        assert pack_codes(code, bits, profile)["bytes"].tolist() == exact.pack(rows, bits, vars(profile)), (
            case.id
        )


@pytest.mark.parametrize("profile", [UnpackProfile(), *(p for *_, p in single_changes("unpack_codes"))])
def test_both_oracles_unpack_alike(profile: UnpackProfile) -> None:
    for case in cases_of("unpack_codes"):
        a = case.arguments
        wanted = exact.unpack(a["code"].tolist(), a["count"], a["bits"], a["is_signed"], vars(profile))
        assert unpack_codes(**a, profile=profile)["codes"].tolist() == wanted, case.id


def test_unpacking_undoes_packing() -> None:
    for case in cases_of("pack_codes"):
        code, bits = case.arguments["code"], case.arguments["bits"]
        stored = pack_codes(code, bits)["bytes"]
        found = unpack_codes(stored, code.size, bits, code.dtype == np.int8)["codes"]
        assert found.dtype == code.dtype and (found == code.reshape(-1)).all(), case.id


@pytest.mark.parametrize(
    ("code", "bits", "says"),
    [
        (np.int8([8]), 4, "code must lie in \\[-8, 7\\], got 8 to 8"),
        (np.uint8([4]), 2, "code must lie in \\[0, 3\\], got 4 to 4"),
        (np.int32([1]), 4, "code must be int8 or uint8, one or more, got int32 \\[1\\]"),
        (np.int8([]), 4, "code must be int8 or uint8, one or more, got int8 \\[0\\]"),
        (np.int8([1]), 3, "bits must be 2 or 4, got 3"),
    ],
)
def test_what_is_not_packed(code: Any, bits: int, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        pack_codes(code, bits)


@pytest.mark.parametrize(
    ("stored", "count", "bits", "says"),
    [
        (np.uint8([1, 2]), 2, 4, "2 codes need their bytes, uint8, got uint8 \\[2\\]"),
        (np.int8([1]), 2, 4, "got int8 \\[1\\]"),
        (np.uint8([]), 0, 4, "0 codes need"),
        (np.uint8([1]), 1, 8, "bits must be 2 or 4, got 8"),
    ],
)
def test_what_is_not_unpacked(stored: Any, count: int, bits: int, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        unpack_codes(stored, count, bits, True)
