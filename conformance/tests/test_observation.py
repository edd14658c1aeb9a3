"""Observations: the same bytes again, nothing half written, nothing half understood."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import numpy as np
import pytest

from cases.case import all_cases
from cases.points import singles
from conformance.answer import Answer
from conformance.judge import expected, is_same, judge
from conformance.observation import (
    Header,
    Observation,
    ObservationError,
    decode_answer,
    read,
    read_all,
    write,
)
from conformance.row import Question, judge_row
from oracle.definition import DEFINITIONS

HEADER = Header("some", "1.0", "only", "x86_64-avx2", "0123abcd")
NAMES = [
    "quantize/ties-at-every-code",
    "quantize/every-float16",
    "quantize/every-bfloat16",
    "fake_quantize/nan",
    "fake_quantize/signed-zeros",
    "dequantize/every-int8-bfloat16",
    "quantize/empty",
    "fake_quantize/one-number",
    "quantize/empty-range",
]


def asked(name, door="plain", answer=None):
    case = all_cases()[name]
    return Question(case, door, answer or expected(case, DEFINITIONS[case.operation].profile))


def observation(*more):
    crashed = Answer("crash", reason="killed by SIGSEGV")
    questions = [asked(name, door) for name in NAMES for door in ("plain", "twice")]
    return Observation(HEADER, (*questions, asked("quantize/nan", "plain", crashed), *more))


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def rewrite(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def message(path):
    with pytest.raises(ObservationError) as caught:
        read(path)
    return str(caught.value).removeprefix(f"{path}: ")


def test_a_round_trip_gives_the_same_bytes(tmp_path):
    path = write(observation(), tmp_path)
    assert path == tmp_path / "some" / "1.0" / "only.x86_64-avx2.jsonl"
    again = read(path)
    assert again.header == HEADER
    assert again.stale == ()
    first = path.read_bytes()
    assert write(again, tmp_path).read_bytes() == first
    assert write(observation(), tmp_path).read_bytes() == first


def test_a_round_trip_keeps_every_answer(tmp_path):
    before = observation()
    kept = {(q.case.id, q.door): q.answer for q in read(write(before, tmp_path)).questions}
    assert len(kept) == len(before.questions)
    for question in before.questions:
        answer = kept[question.case.id, question.door]
        assert is_same(answer, question.answer)
        assert answer.reason == question.answer.reason


def test_a_door_that_answers_like_the_plain_one_is_its_name(tmp_path):
    other = asked(NAMES[0], "strided", Answer("value", {"value": np.array([1])}))
    lines = lines_of(write(observation(other), tmp_path))
    answers = next(line for line in lines if line.get("case") == NAMES[0])["answers"]
    assert answers["twice"] == "plain"
    assert answers["strided"]["outcome"] == "value"


def test_hostile_bits_survive(tmp_path):
    bits = np.array([0x7FC12345, 0xFFC00001, 0x80000000, 0x00000001, 0x7F800001], np.uint32)
    name = "fake_quantize/signed-zeros"
    hostile = Answer("value", {"value": bits.view(np.float32)})
    reason = Answer("error", reason='<b>"quoted"</b> — \u2028 \\ line')
    stored = Observation(HEADER, (asked(name, "plain", hostile), asked(name, "twice", reason)))
    kept = read(write(stored, tmp_path)).questions
    assert kept[0].answer.value["value"].view(np.uint32).tolist() == bits.tolist()
    assert kept[1].answer.reason == reason.reason


def test_rows_are_one_per_operation():
    rows = observation().rows()
    assert [row.operation for row in rows] == ["quantize", "fake_quantize", "dequantize"]
    assert rows[0].name == "some 1.0 only quantize"
    assert sum(len(row.questions) for row in rows) == len(observation().questions)


def test_writing_leaves_nothing_else_behind(tmp_path):
    path = write(observation(), tmp_path)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = write(observation(), tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        write(observation(asked("quantize/int4")), tmp_path)
    assert path.read_bytes() == before
    assert read(path).questions


def broken(*_):
    raise OSError("disk full")


def test_a_file_cut_short_is_refused(tmp_path):
    path = write(observation(), tmp_path)
    lines = lines_of(path)
    text = message(rewrite(path, lines[:-1]))
    assert text == f"an observation must end with its count {len(lines) - 3}: cut short"
    assert "must end with its count" in message(rewrite(path, [*lines[:3], lines[-1]]))
    assert "must end with its count" in message(rewrite(path, lines[:1]))


def test_a_file_cut_in_mid_line_is_refused(tmp_path):
    path = write(observation(), tmp_path)
    path.write_bytes(path.read_bytes()[:-4])
    assert message(path).startswith("an observation must be JSON Lines, got ")


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "an observation must begin with its header, got []"),
        (b"[]\n", "an observation must begin with its header, got [[]]"),
        (
            b'{"observation": 2}\n',
            "an observation must begin with its header, got [{'observation': 2}]",
        ),
        (b"%PDF-1.7\n", "an observation must be JSON Lines, got "),
        (b"\xff\xfe\n", "an observation must be JSON Lines, got "),
        (b'{"observation": 1}\n{"end": 0}\n', "an observation must hold answers, got "),
        (
            b'{"observation": 1, "colour": "red"}\n{"end": 0}\n',
            "an observation must hold answers, got ",
        ),
    ],
)
def test_a_foreign_file_is_refused(tmp_path, data, rule):
    path = tmp_path / "foreign.jsonl"
    path.write_bytes(data)
    assert message(path).startswith(rule)


def test_a_missing_file_is_refused(tmp_path):
    assert message(tmp_path / "none.jsonl").startswith("an observation must be JSON Lines, got ")


@pytest.mark.parametrize(
    "answers",
    [
        [],
        {"plain": {"value": {}}},
        {"plain": {"outcome": "fine"}},
        {"plain": {"outcome": "value"}},
        {
            "plain": {
                "outcome": "value",
                "value": {"value": {"dtype": "int8", "shape": [2], "hex": "00"}},
            }
        },
        {
            "plain": {
                "outcome": "value",
                "value": {"value": {"dtype": "int8", "shape": [10**12], "runs": [["00", 10**12]]}},
            }
        },
        {
            "plain": {
                "outcome": "value",
                "value": {"value": {"dtype": "object", "shape": [], "hex": ""}},
            }
        },
        {"plain": {"outcome": "value", "value": [1]}},
        {"plain": 7},
        {"plain": "elsewhere"},
    ],
    ids=lambda answers: json.dumps(answers)[:60],
)
def test_an_answer_that_is_none_is_refused(tmp_path, answers):
    path = write(Observation(HEADER, (asked("quantize/nan"),)), tmp_path)
    lines = lines_of(path)
    lines[1]["answers"] = answers
    assert message(rewrite(path, lines)).startswith("an observation must hold answers, got ")


def test_a_line_that_is_no_object_is_refused(tmp_path):
    path = write(Observation(HEADER, (asked("quantize/nan"),)), tmp_path)
    header, _, footer = lines_of(path)
    for line in (None, 7, [], {"case": "quantize/nan"}, {"case": [], "digest": "", "answers": {}}):
        assert message(rewrite(path, [header, line, footer])).startswith("an observation must hold answers")


def test_a_case_that_changed_is_stale(tmp_path):
    path = write(observation(), tmp_path)
    lines = lines_of(path)
    lines[1]["digest"] = "0" * 16
    lines[2]["case"] = "quantize/gone"
    found = read(rewrite(path, lines))
    assert sorted(found.stale) == sorted([lines[1]["case"], "quantize/gone"])
    assert all(q.case.id not in found.stale for q in found.questions)


def test_one_changed_byte_of_an_answer_changes_the_verdict(tmp_path):
    name = "fake_quantize/signed-zeros"
    path = write(Observation(HEADER, (asked(name),)), tmp_path)
    lines = lines_of(path)
    array = lines[1]["answers"]["plain"]["value"]["value"]
    for place in range(0, len(array["hex"]), 2):
        byte = int(array["hex"][place : place + 2], 16) ^ 0x80
        changed = {**array, "hex": f"{array['hex'][:place]}{byte:02x}{array['hex'][place + 2 :]}"}
        line = {**lines[1], "answers": {"plain": {"outcome": "value", "value": {"value": changed}}}}
        question = read(rewrite(path, [lines[0], line, lines[2]])).questions[0]
        assert judge(question.case, question.answer).kind == "diverges"


def test_answers_are_judged_again_after_reading(tmp_path):
    rows = read(write(Observation(HEADER, (asked(NAMES[0]), asked(NAMES[1]))), tmp_path)).rows()
    assert judge_row(rows[0], []).status == "agree"
    wrong = asked(NAMES[0], "plain", Answer("value", {"value": np.zeros(3, np.int8)}))
    rows = read(write(Observation(HEADER, (wrong,)), tmp_path)).rows()
    assert judge_row(rows[0], []).is_red


def test_all_files_of_a_folder_are_read_in_order(tmp_path):
    for version in ("2.0", "1.0"):
        write(replace(observation(), header=replace(HEADER, version=version)), tmp_path)
    assert [o.header.version for o in read_all(tmp_path)] == ["1.0", "2.0"]
    assert read_all(tmp_path / "none") == []


def test_a_reason_is_kept_as_it_is():
    assert decode_answer({"outcome": "refused", "reason": "no"}).reason == "no"
    assert str(HEADER) == "some 1.0 only on x86_64-avx2"
    assert is_same(
        Answer("value", {"value": singles([np.nan])}), Answer("value", {"value": singles([np.nan])})
    )
