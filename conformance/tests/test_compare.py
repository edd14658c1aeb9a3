"""The gate: what stayed, what changed, what is new, what is missing, and in words what it means."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cases.case import cases_of
from conformance.answer import Answer
from conformance.check import check
from conformance.compare import compare, explain_changes, nearest
from conformance.judge import expected, matches
from conformance.ledger import Entry
from conformance.observation import Header, Observation, version_key
from conformance.row import Question
from oracle.definition import make_profile

HEADER = Header("some", "1.0", "only", "x86_64-avx2", "adapter")
TIES = "quantize/ties-at-every-code"


def observed(choices=None, version="1.0", operation="quantize", door="plain", count=None):
    profile = make_profile(operation, choices or {})
    cases = cases_of(operation)[:count]
    questions = tuple(Question(case, door, expected(case, profile)) for case in cases)
    return Observation(replace(HEADER, version=version), questions)


def known(choices):
    """Return the entry that predicts every answer of a profile."""
    return Entry(
        "known", "", "quantize", "some", ("1.0",), ("*",), ("*",), choices, TIES, "by-design", "", "", (), ""
    )


def test_nothing_changed():
    found = compare(observed(), observed(version="1.1"))
    count = len(cases_of("quantize"))
    assert found.is_clean
    assert str(found) == f"some only 1.1: {count} answers as in 1.0, 0 changed, 0 new"


def test_what_changed_is_said_with_its_first_input():
    found = compare(observed(count=4), observed({"rounding": "half_away"}, "1.1", count=4))
    assert not found.is_clean
    assert (found.same, len(found.changed), found.new, found.missing) == (0, 4, 0, ())
    first = "quantize/tie-with-odd-zero-point: 0.5 (0x3f000000): 1 -> 2 (4 of 6)"
    assert str(found.changed[0]) == first
    assert str(found) == f"some only 1.1: 0 answers as in 1.0, 4 changed (first: {first}), 0 new"


def test_a_change_within_the_bound_of_a_sum_is_shown_bit_by_bit():
    case = next(c for c in cases_of("dorefa_gradient") if c.id == "dorefa_gradient/weights-large")
    before = expected(case, make_profile("dorefa_gradient", {}))
    moved = {name: np.nextafter(value, np.float32(9)) for name, value in before.value.items()}
    assert matches(case, before, Answer("value", moved)), (
        "the bound must permit an ulp, or nothing is shown here"
    )
    a, b = (
        Observation(HEADER, (Question(case, "plain", answer),)) for answer in (before, Answer("value", moved))
    )
    [change] = compare(a, b).changed
    assert " -> " in str(change) and "a value" not in str(change)


def test_new_questions_are_no_change():
    found = compare(observed(count=3), observed(count=5))
    assert (found.same, found.new, found.is_clean) == (3, 2, True)


def test_missing_questions_are_one_unless_only_a_part_was_asked():
    found = compare(observed(count=5), observed(count=3))
    assert not found.is_clean
    assert len(found.missing) == 2
    assert found.missing[0] == f"{cases_of('quantize')[3].id} plain"
    assert str(found).endswith(
        "0 changed, 0 new, 2 no longer asked (first: quantize/ties-at-every-code plain)"
    )
    assert compare(observed(count=5), observed(count=3), partial=True).is_clean


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            Answer("refused", reason="no"),
            Answer("error", reason="KeyError"),
            "refused: no -> error: KeyError",
        ),
        (None, Answer("crash", reason="killed by SIGSEGV"), "a value -> crash"),
        (Answer("timeout"), None, "timeout -> a value"),
    ],
)
def test_another_outcome_is_a_change(before, after, words):
    def with_first(answer):
        one = observed(count=1)
        return replace(one, questions=tuple(replace(q, answer=answer or q.answer) for q in one.questions))

    found = compare(with_first(before), with_first(after))
    assert str(found.changed[0]) == f"quantize/tie-with-odd-zero-point: {words}"


def test_another_reason_is_no_change():
    one = observed(count=1)
    say = [
        replace(one, questions=(replace(one.questions[0], answer=Answer("refused", reason=r)),)) for r in "ab"
    ]
    assert compare(*say).is_clean


def test_a_change_through_another_door_names_it():
    found = compare(observed(door="real", count=1), observed({"rounding": "floor"}, door="real", count=1))
    assert str(found.changed[0]).startswith("quantize/tie-with-odd-zero-point through real: ")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {"rounding": "half_away"}, "rounding: half_even -> half_away"),
        ({"rounding": "half_away"}, {}, "rounding: half_away -> half_even"),
        (
            {"offset": "before"},
            {"offset": "before", "range": "narrow_low"},
            "range: full -> narrow_low",
        ),
        (
            {"rounding": "half_up"},
            {"offset": "before"},
            "offset: after -> before; rounding: half_up -> half_even",
        ),
    ],
    ids=str,
)
def test_a_change_in_words(before, after, words):
    pair = observed(before), observed(after, "1.1")
    changed = compare(*pair).changed
    assert explain_changes(pair[0], changed, [known(before)]) == [f"quantize: {words}"]


def test_a_change_of_one_type_says_so():
    pair = observed(), observed(version="1.1")
    wrong = make_profile("quantize", {"rounding": "floor"})
    now = [
        replace(q, answer=expected(q.case, wrong)) if q.case.codes == "int8" else q
        for q in pair[1].questions
    ]  # fmt: skip
    after = replace(pair[1], questions=tuple(now))
    assert explain_changes(pair[0], compare(pair[0], after).changed, []) == [
        "quantize: rounding: half_even -> floor"
    ]


def test_each_type_may_change_in_its_own_way():
    before = observed()
    way = {"int8": "floor", "uint8": "half_away"}
    now = [
        replace(
            q,
            answer=expected(
                q.case, make_profile("quantize", {"rounding": way.get(q.case.codes, "half_even")})
            ),
        )
        for q in before.questions
        if q.case.dtype == "float32"
    ]
    after = replace(before, questions=tuple(now))
    said = explain_changes(before, compare(before, after, partial=True).changed, [])
    assert set(said) == {
        "quantize (float32, int8): rounding: half_even -> floor",
        "quantize (float32, uint8): rounding: half_even -> half_away",
    }


def test_old_answers_that_nothing_predicts_are_no_start():
    before, after = observed({"rounding": "floor"}), observed(version="1.1")
    assert explain_changes(before, compare(before, after).changed, []) == [
        "quantize: no profile predicts the answers of 1.0"
    ]


def test_a_change_that_no_profile_explains():
    before, after = observed(count=3), observed(count=3)
    wrong = replace(
        after.questions[0],
        answer=Answer("value", {"value": after.questions[1].answer.value["value"]}),
    )
    after = replace(after, questions=(wrong, *after.questions[1:]))
    case = after.questions[0].case
    assert explain_changes(before, compare(before, after).changed, []) == [
        f"quantize ({case.dtype}, {case.codes}): no change of at most 2 axes predicts the answers"
    ]


def test_outside_the_domain_there_is_nothing_to_explain():
    """Of what no definition speaks, no profile can be expected to predict anything."""
    pair = [observed(), observed({"rounding": "floor"}, version="1.1")]
    for at, code in enumerate((3, 4)):
        answers = {"value": np.full(6, code, np.int8)}
        now = [
            replace(q, answer=Answer("value", answers)) if q.case.id == "quantize/scale-negative" else q
            for q in pair[at].questions
        ]
        pair[at] = replace(pair[at], questions=tuple(now))
    changed = compare(*pair).changed
    assert explain_changes(pair[0], changed, []) == ["quantize: rounding: half_even -> floor"]
    undefined = [c for c in changed if c.after.case.undefined]
    assert explain_changes(pair[0], undefined, []) == ["quantize: outside every definition's domain only"]


def test_only_operations_that_changed_are_explained():
    before, after = observed(), observed({"rounding": "floor"})
    both = [
        replace(o, questions=(*o.questions, *observed(operation="dequantize").questions))
        for o in (before, after)
    ]
    assert explain_changes(both[0], compare(*both).changed, []) == ["quantize: rounding: half_even -> floor"]


def at(version="1.0", backend="only", instruction_set="x86_64-avx2", system="some"):
    return Observation(Header(system, version, backend, instruction_set, "adapter"), ())


@pytest.mark.parametrize(
    ("wanted", "others", "found"),
    [
        (at("2.9.1"), [at("2.9.0"), at("2.13.0"), at("1.13.1")], "2.9.0"),
        (at("2.10.0"), [at("2.9.0"), at("2.13.0")], "2.9.0"),
        (at("2.9.1"), [at("2.9.1"), at("2.9.0")], "2.9.1"),
        (at("2.0"), [at("1.9"), at("2.0.1")], "2.0.1"),
        (
            at("0.9.0+tf2.16.1"),
            [at("0.9.0+tf2.15.1"), at("0.9.0+tf2.8.4"), at("0.9.1+tf2.16.1")],
            "0.9.0+tf2.15.1",
        ),
        (at("0.9.0"), [at("0.8.0"), at("0.9.0+tf2.21.0")], "0.9.0+tf2.21.0"),
        (at("2.0"), [at("2.0", backend="other"), at("2.0", system="other")], None),
        (at("2.0"), [], None),
    ],
)
def test_the_nearest_version(wanted, others, found):
    nearby = nearest(wanted.header, others)
    assert (nearby and nearby.header.version) == found


@pytest.mark.parametrize(
    ("wanted", "others", "found"),
    [
        ("x86_64-avx2", ["x86_64-avx512-vnni", "x86_64-avx2"], "x86_64-avx2"),
        ("x86_64-avx2", ["x86_64-avx512-vnni", "x86_64-avx512"], "x86_64-avx512"),
        ("x86_64-avx512-vnni", ["aarch64", "x86_64"], "x86_64"),
        ("aarch64", ["x86_64-avx2"], "x86_64-avx2"),
    ],
)
def test_the_nearest_instruction_set(wanted, others, found):
    near = nearest(at(instruction_set=wanted).header, [at(instruction_set=name) for name in others])
    assert near.header.instruction_set == found


def test_the_version_counts_more_than_the_instruction_set():
    near = nearest(at("1.0").header, [at("1.1"), at("1.0", instruction_set="aarch64")])
    assert near.header.instruction_set == "aarch64"


@pytest.mark.parametrize(
    ("version", "key"),
    [
        ("2.13.0", (2, 13, 0)),
        ("1.0.dev20240101", (1, 0, 20240101)),
        ("2.1.0+cpu", (2, 1, 0)),
        ("0.9+tf2.15.1", (0, 9, 0, 0, 2, 15, 1)),
        ("unknown", ()),
    ],
)
def test_versions_are_numbers(version, key):
    assert version_key(version) == key


def test_a_version_never_seen_is_judged_as_the_one_that_predicts_it():
    committed = [observed(version="1.0"), observed({"rounding": "floor"}, version="3.0")]
    ledger = [replace(known({"rounding": "floor"}), versions=("3.0",))]
    [verdict] = check(observed({"rounding": "floor"}, version="1.5"), ledger, committed).verdicts
    assert (verdict.row.version, verdict.status, verdict.is_red) == ("3.0", "diverge", False)
    [verdict] = check(observed({"rounding": "ceil"}, version="1.5"), ledger, committed).verdicts
    assert (verdict.row.version, verdict.is_red) == ("1.0", True)
    [verdict] = check(observed({"rounding": "floor"}, version="1.0"), ledger, committed).verdicts
    assert (verdict.row.version, verdict.is_red) == ("1.0", True)


def answering(version, *chosen):
    """Return what a version answers: (case, choices) each; the rounding of ties is left open."""
    profiles = [(case, make_profile("quantize_bias", choices)) for case, choices in chosen]
    questions = tuple(Question(case, "plain", expected(case, profile)) for case, profile in profiles)
    return Observation(replace(HEADER, version=version), questions)


def test_an_unseen_version_that_answers_more_must_have_one_profile_for_old_and_new():
    ties = [case for case in cases_of("quantize_bias") if case.open_axes]
    even, away = {"rounding": "half_even"}, {"rounding": "half_away"}
    before = answering("1.0", (ties[0], even))
    likewise = answering("1.1", (ties[0], even), *((case, even) for case in ties[1:]))
    otherwise = answering("1.1", (ties[0], even), *((case, away) for case in ties[1:]))
    assert check(likewise, [], [before]).status == 0
    found = check(otherwise, [], [before])
    assert not found.comparison.changed, "every old answer is as it was"
    assert found.unpredicted and found.status == 1


def test_a_changed_answer_of_an_unseen_version_is_told_once_by_the_comparison():
    before, after = observed(count=3), observed({"rounding": "half_away"}, "1.1", count=3)
    found = check(after, [], [before])
    assert found.comparison.changed and not found.unpredicted and found.status == 1


def test_a_version_that_the_ledger_names_is_judged_as_itself():
    before, after = observed(), observed({"rounding": "half_away"}, "2.0")
    entry = replace(known({"rounding": "half_away"}), versions=("2.0",))
    [verdict] = check(after, [entry], [before]).verdicts
    assert (verdict.row.version, verdict.is_red) == ("2.0", False)
