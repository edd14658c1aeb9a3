"""The harness notices: every choice, planted in a real worker, is named or proven equal."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from cases.case import cases_of
from cases.points import BFLOAT16_ALL, FLOAT16_ALL, INT4, INT8, INT16, UINT8, UINT16
from conformance import fakes
from conformance.__main__ import main
from conformance.fake_adapter import DOORS
from conformance.fakes import (
    ACQUITTED,
    CONSTANTS,
    CONVICTED,
    EQUIVALENT,
    EQUIVALENTLY,
    MISSED,
    Conviction,
    convict,
)
from conformance.judge import expected, is_same
from oracle.bfloat16 import Bfloat16
from oracle.definition import DEFINITIONS, compute, single_changes
from oracle.formats import BFLOAT16, carried, round_into

PLANTED = [
    (operation, axis, choice) for operation in DEFINITIONS for axis, choice, _ in single_changes(operation)
]
SCALED = [operation for operation, definition in DEFINITIONS.items() if definition.takes_scale]


@cache
def convicted() -> dict[tuple[str, str, str], Conviction]:
    return {(c.operation, c.axis, c.choice): c for c in convict()}


@pytest.mark.parametrize("key", PLANTED, ids=" ".join)
def test_a_planted_choice_is_named_or_proven_equal(key):
    found = convicted()[key]
    assert found.verdict == (EQUIVALENTLY if key in EQUIVALENT else CONVICTED), str(found)
    assert bool(found.proof) == (key in EQUIVALENT)


def test_nothing_is_missing_and_nothing_is_left_over():
    ulps = {("scale", "one-ulp-above"), ("scale", "one-ulp-below")}
    others = {op: {("faithful", ""), *(ulps if op in SCALED else ())} for op in DEFINITIONS}
    wanted = {*PLANTED, *((op, *other) for op in DEFINITIONS for other in others[op])}
    assert set(convicted()) == wanted
    assert set(EQUIVALENT) <= set(PLANTED)
    assert {(op, *door.partition("=")[::2]) for op in DOORS for door in DOORS[op]} == wanted


@pytest.mark.parametrize("operation", DEFINITIONS)
def test_the_faithful_fake_is_acquitted(operation):
    found = convicted()[operation, "faithful", ""]
    assert (found.verdict, found.profiles, found.case) == (ACQUITTED, ("the definition",), "")


@pytest.mark.parametrize("operation", SCALED)
@pytest.mark.parametrize("side", ["above", "below"])
def test_a_scale_one_ulp_off_is_no_profile_but_constants(operation, side):
    found = convicted()[operation, "scale", f"one-ulp-{side}"]
    assert found.verdict == CONSTANTS
    assert found.profiles == (f"the definition with a scale 1 ulp {side} the given one",)
    assert found.case


# Equivalences: all 65,536 inputs of float16 and bfloat16, and all codes of 16 bits --------------

SCALES = (0.1, 2.0**-5, 0.006, 1.99, 3e-5, 300.0)
RANGES = ((0, INT8), (-128, INT8), (3, INT8), (250, UINT8), (7, INT4), (9, INT16), (4097, INT16))


def brain(value):
    return Bfloat16(round_into(np.asarray(value, np.float64), BFLOAT16))


def questions(operation):
    """Every input of a 16-bit format, or every code of 16 bits, over a grid of parameters."""
    if operation == "dequantize":
        for scale in (make(s) for make in (np.float16, np.float32, brain) for s in SCALES):
            for zero_point, codes, dtype in ((9, INT16, np.int16), (65535, UINT16, np.uint16)):
                code = np.arange(codes["qmin"], codes["qmax"] + 1).astype(dtype)
                yield {"code": code, "scale": scale, "zero_point": zero_point, **codes}
        return
    for make, x in ((np.float16, FLOAT16_ALL), (brain, BFLOAT16_ALL)):
        for n, (zero_point, codes) in enumerate(RANGES):
            for scale in (SCALES[n % len(SCALES)], SCALES[(n + 1) % len(SCALES)]):
                yield {"x": x, "scale": make(scale), "zero_point": zero_point, **codes}


def with_choice(operation, choice):
    return replace(DEFINITIONS[operation].profile, **dict([choice]))


CLAIMS = [
    pytest.param(e, op, id=f"{op}-{e.choices[-1][0]}-{e.choices[-1][1]}")
    for op in ("quantize", "dequantize", "fake_quantize")
    for e in DEFINITIONS[op].equivalences
]


@pytest.mark.parametrize(("equivalence", "operation"), CLAIMS)
def test_an_equivalence_holds_on_every_16_bit_input(equivalence, operation):
    first, *others = (with_choice(operation, choice) for choice in equivalence.choices)
    for arguments in questions(operation):
        wanted = compute(operation, arguments, first)["value"]
        for other in others:
            actual = compute(operation, arguments, other)["value"]
            assert carried(wanted).tobytes() == carried(actual).tobytes()


@pytest.mark.parametrize(("equivalence", "operation"), CLAIMS)
def test_an_equivalence_ends_where_it_says(equivalence, operation):
    if not equivalence.unless:
        pytest.skip("the choices are one function under every other axis that keeps integers")
    base = replace(DEFINITIONS[operation].profile, **dict(equivalence.unless))
    a, b = (replace(base, **dict([choice])) for choice in equivalence.choices)
    told = [c.id for c in cases_of(operation) if not is_same(expected(c, a), expected(c, b))]
    assert told


def test_reciprocals_of_every_float32_scale_round_as_if_once():
    """All significands, in a binade of normal quotients and in the two of subnormal ones."""
    for exponent in (0, 126, 127):
        significands = np.arange(1 << 23, dtype=np.uint32)
        scale = (significands | np.uint32((127 + exponent) << 23)).view(np.float32)
        once = np.float32(1) / scale
        twice = (1 / scale.astype(np.float64)).astype(np.float32)
        assert np.array_equal(once.view(np.uint32), twice.view(np.uint32))


@pytest.mark.parametrize("values", [FLOAT16_ALL, BFLOAT16_ALL], ids=["float16", "bfloat16"])
def test_reciprocals_of_every_16_bit_scale_round_as_if_once(values):
    scale = carried(values)
    with np.errstate(all="ignore"):
        wide = 1 / scale.astype(np.float64)
        once = scale.dtype.type(1) / scale
        if isinstance(values, Bfloat16):
            once, twice = round_into(once, BFLOAT16), round_into(wide, BFLOAT16)
        else:
            twice = wide.astype(np.float16)
    assert np.array_equal(once, twice, equal_nan=True)


# The door ---------------------------------------------------------------------------------

FOUND = [
    Conviction("quantize", "rounding", "floor", CONVICTED, ("rounding = floor",), "quantize/some"),
    Conviction("quantize", "faithful", "", ACQUITTED, ("the definition",), ""),
    Conviction("quantize", "a", "b", EQUIVALENTLY, ("a = b", "a = c"), "quantize/other", "A proof."),
]


def test_the_door_prints_a_table(monkeypatch, capsys):
    monkeypatch.setattr(fakes, "convict", lambda: FOUND)
    assert main(["fakes"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "quantize rounding = floor: convicted as rounding = floor; first told by quantize/some",
        "quantize faithful: acquitted as the definition",
        "quantize a = b: equivalent as a = b or a = c; first told by quantize/other",
        "    A proof.",
        "3 fakes: 1 convicted, 1 acquitted, 1 equivalent",
    ]


def test_the_door_writes_json(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(fakes, "convict", lambda: FOUND)
    assert main(["fakes", "--json", "--out", str(tmp_path / "fakes.json")]) == 0
    assert capsys.readouterr().out == ""
    written = json.loads((tmp_path / "fakes.json").read_text())["fakes"]
    assert [fake["verdict"] for fake in written] == [CONVICTED, ACQUITTED, EQUIVALENTLY]
    assert [path.name for path in tmp_path.iterdir()] == ["fakes.json"]


def test_a_missed_fake_is_a_broken_harness(monkeypatch, capsys):
    missed = Conviction("quantize", "rounding", "floor", MISSED, (), "")
    monkeypatch.setattr(fakes, "convict", lambda: [missed])
    assert main(["fakes"]) == 3
    assert "1 missed" in capsys.readouterr().out


def test_a_file_needs_a_folder(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(fakes, "convict", lambda: FOUND)
    assert main(["fakes", "--out", str(tmp_path / "none" / "file")]) == 2
    assert "a file must lie in a folder, got" in capsys.readouterr().err


def test_the_report_has_this_table() -> None:
    committed = Path(__file__).parent.parent.parent / "reports" / "fakes.json"
    assert committed.read_text(encoding="utf-8") == f"{fakes.as_json(list(convicted().values()))}\n", (
        "run python -m conformance fakes --json --out reports/fakes.json, then python -m reports render"
    )
