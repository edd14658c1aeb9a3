"""Both oracles pack and unpack alike, under every choice, on the cases and on every channel count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from oracle.bit_packing import pack_bits, unpack_bits
from oracle.definition import AXES, DEFINITIONS, single_changes
from oracle.exact import packing as exact

PLANTED = [
    (operation, profile)
    for operation in ("pack_bits", "unpack_bits")
    for profile in [DEFINITIONS[operation].profile, *(p for *_, p in single_changes(operation))]
]


def test_both_oracles_have_the_same_choices():
    assert {k: set(v) for k, v in AXES["pack_bits"].items()} == {k: set(v) for k, v in exact.PACK.items()}
    assert {k: set(v) for k, v in AXES["unpack_bits"].items()} == {k: set(v) for k, v in exact.UNPACK.items()}


@pytest.mark.parametrize(("operation", "profile"), PLANTED)
def test_both_oracles_agree_on_the_cases(operation: str, profile: Any) -> None:
    for case in cases_of(operation):
        wanted, found = answers(operation, dict(case.arguments), profile)
        assert wanted == found, case.id


def answers(operation: str, arguments: dict[str, Any], profile: Any) -> tuple[list[Any], list[Any]]:
    """Return what the exact oracle gives, and what the other one gives, as rows."""
    choices = vars(profile)
    if operation == "pack_bits":
        x, zero_point = arguments["x"], arguments.get("zero_point", 0)
        words = pack_bits(**arguments, profile=profile)["words"]
        return [exact_words(row, zero_point, choices) for row in rows(x)], rows(words)
    words, channels = arguments["code"], arguments["channels"]
    (found,) = unpack_bits(**arguments, profile=profile).values()
    signs = [exact.signs_of(row, channels, choices) for row in rows(words)]
    if "output_scale" not in arguments:
        return signs, rows(found)
    scale, zero_point = arguments["output_scale"], arguments["output_zero_point"]
    codes = [[exact.code_of(sign, scale, zero_point, choices) for sign in row] for row in signs]
    return codes, rows(found)


def exact_words(row: list[Any], zero_point: int, choices: dict[str, str]) -> list[int]:
    minus = [
        exact.is_minus(v, choices) if isinstance(v, float) else exact.is_minus_code(v, zero_point, choices)
        for v in row
    ]
    return exact.words_of(minus, choices)


def rows(array: Any) -> list[Any]:
    return np.asarray(array).reshape(-1, array.shape[-1]).tolist()


def test_unpacking_gives_back_what_was_packed():
    rng = np.random.default_rng(0)
    for channels in range(1, 98):
        x = rng.choice(np.float32([-1, 1]), (2, channels))
        words = pack_bits(x)["words"]
        assert words.shape == (2, -(-channels // 32))
        assert np.array_equal(unpack_bits(words, channels)["signs"], x)


def test_every_code_and_zero_point():
    codes = np.arange(-128, 128, dtype=np.int8)
    for zero_point in range(-130, 131):
        words = pack_bits(codes, zero_point=zero_point)["words"]
        below = unpack_bits(words, 256)["signs"] < 0
        assert below.tolist() == [code < zero_point for code in range(-128, 128)]


def test_every_scale_around_a_tie():
    ties = np.float32(2) / np.arange(1, 256, 2, dtype=np.float32)
    scales = np.concatenate([ties, np.nextafter(ties, np.float32(0)), np.nextafter(ties, np.float32(9))])
    for _, _, profile in [("", "", DEFINITIONS["unpack_bits"].profile), *single_changes("unpack_bits")]:
        for scale in scales.tolist():
            found = unpack_bits(np.int32([2]), 2, scale, 3, profile)["codes"].tolist()
            signs = exact.signs_of([2], 2, vars(profile))
            assert found == [exact.code_of(sign, scale, 3, vars(profile)) for sign in signs]


@pytest.mark.parametrize(
    ("refused", "says"),
    [
        (lambda: pack_bits(np.zeros(3)), "x must be float32 or int8, got float64"),
        (lambda: pack_bits(np.zeros((2, 0), np.float32)), "one channel or more"),
        (lambda: pack_bits(np.float32([1]), zero_point=2), "zero point of reals must be 0, got 2"),
        (lambda: unpack_bits(np.int64([1]), 3), "code must be int32, got int64"),
        (lambda: unpack_bits(np.int32([1]), 33), "33 channels need 2 words"),
        (lambda: unpack_bits(np.int32([1]), 0), "0 channels"),
        (lambda: unpack_bits(np.int32([1]), 3, 1e-40), "output_scale must be a normal number > 0, got 1e-40"),
    ],
)
def test_what_is_refused(refused: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        refused()
