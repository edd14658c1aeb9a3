"""What is committed cannot be bent unnoticed: each kind of tampering is red, and says what to do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.ledger import load_ledger
from conformance.observation import OBSERVATIONS, ObservationError, read
from conformance.row import audit_entry, judge_row

LEDGER = {entry.name: entry for entry in load_ledger()}
EAGER = next(OBSERVATIONS.glob("torch/2.13.0/eager.*.jsonl"))
ROWS = {row.operation: row for row in read(EAGER).rows()}
# That each of the others is needed too, test_committed holds; this one deletes, and sees red.
QUICK = [
    e.name
    for e in LEDGER.values()
    if e.system == "torch"
    and "eager" in e.backends
    and e.operation in ("quantize", "choose_qparams")
    and "2.13.0" in e.versions
]
FUSED = LEDGER["torch-quantize-offset-fused"]


def tampered(tmp_path: Path, case: str, old: str, new: str) -> Path:
    """Return a copy of an observation with one text replaced in the line of one case."""
    lines = EAGER.read_text(encoding="utf-8").splitlines()
    number = next(i for i, line in enumerate(lines) if json.loads(line).get("case") == case)
    assert old in lines[number]
    lines[number] = lines[number].replace(old, new, 1)
    path = tmp_path / EAGER.name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_one_byte_of_an_answer(tmp_path: Path) -> None:
    path = tampered(tmp_path, "quantize/tie-with-odd-zero-point", '"hex":"02', '"hex":"07')
    row = next(row for row in read(path).rows() if row.operation == "quantize")
    verdict = judge_row(row, LEDGER.values())
    assert verdict.is_red
    found = [str(f.difference) for g in verdict.groups for f in g.unpredicted]
    assert any("got 7" in text for text in found), found


def test_the_digest_of_a_case(tmp_path: Path) -> None:
    digest = json.loads(EAGER.read_text(encoding="utf-8").splitlines()[5])
    path = tampered(tmp_path, digest["case"], digest["digest"], "0" * 16)
    assert read(path).stale == (digest["case"],)


def test_an_observation_cut_short(tmp_path: Path) -> None:
    path = tmp_path / EAGER.name
    path.write_text("\n".join(EAGER.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")
    with pytest.raises(ObservationError, match="must end with its count"):
        read(path)


@pytest.mark.parametrize("name", QUICK)
def test_a_ledger_entry_deleted(name: str) -> None:
    left = [entry for entry in LEDGER.values() if entry.name != name]
    assert judge_row(ROWS[LEDGER[name].operation], left).is_red


def test_an_entry_for_what_does_not_diverge() -> None:
    made_up = replace(FUSED, name="made-up", operation="dequantize", codes=(), doors=("*",),
                      profile={"dequantize": "fused"}, witness="dequantize/every-int8")  # fmt: skip
    problems = audit_entry(made_up, [*LEDGER.values(), made_up], list(ROWS.values()))
    assert any("must explain a divergence, got none" in p and "take the entry" in p for p in problems)


def test_versions_widened_to_one_that_was_not_run() -> None:
    wide = replace(FUSED, versions=(*FUSED.versions, "9.9.9"))
    problems = audit_entry(wide, list(LEDGER.values()), list(ROWS.values()))
    assert [p for p in problems if "versions must be observed, got 9.9.9: run it, or take it out" in p]


def test_a_backend_that_was_not_run() -> None:
    wide = replace(FUSED, backends=(*FUSED.backends, "cuda"))
    problems = audit_entry(wide, list(LEDGER.values()), list(ROWS.values()))
    assert [p for p in problems if "backends must be observed, got cuda" in p]


def test_a_profile_that_does_not_predict() -> None:
    wrong = [replace(e, profile={"offset": "before", "nan": "highest"}) if e is FUSED else e
             for e in LEDGER.values()]  # fmt: skip
    assert judge_row(ROWS["quantize"], wrong).is_red
