"""Rows: groups of doors share one profile; the ledger explains all of them, or the row is red."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cases.case import all_cases, cases_of
from conformance.answer import Answer
from conformance.judge import expected
from conformance.ledger import Entry, load_ledger
from conformance.row import (
    Group,
    Question,
    Row,
    audit,
    deciding,
    distinct,
    effective,
    judge_row,
    overrides,
)
from oracle.definition import DEFINITIONS, make_profile

TIES = "quantize/ties-at-every-code"
NAN = "quantize/nan-with-zero-point"
HALF_AWAY = {"rounding": "half_away"}
FEW = [
    TIES,
    NAN,
    "quantize/scale-zero",
    "quantize/every-float16",
    "quantize/int4",
    "quantize/empty",
]


def questions(choices=None, door="plain", names=FEW):
    """What a faithful implementation of a profile answers; with nothing else asked."""
    cases = [all_cases()[name] for name in names]
    base = DEFINITIONS[cases[0].operation].profile
    profile = replace(base, **(choices or {}))
    return [Question(case, door, expected(case, profile)) for case in cases]


def row(*asked, operation="quantize", version="1.0", backend="only"):
    return Row("some", version, backend, operation, tuple(q for qs in asked for q in qs))


def entry(name="story", **changes):
    told = {
        "story": "",
        "operation": "quantize",
        "system": "some",
        "versions": ("1.0",),
        "backends": ("*",),
        "doors": ("*",),
        "profile": HALF_AWAY,
        "witness": TIES,
        "verdict": "by-design",
        "says": "",
        "where": "",
        "checked": ("a", "b"),
        "upstream": "",
    }
    return Entry(name=name, **{**told, **changes})


def with_answer(asked, name, answer):
    return [replace(q, answer=answer) if q.case.id == name else q for q in asked]


def test_the_definition_agrees():
    verdict = judge_row(row(questions()), [])
    assert (verdict.status, verdict.is_explained, verdict.is_red) == ("agree", True, False)
    assert verdict.groups[0].profile == DEFINITIONS["quantize"].profile


@pytest.mark.parametrize("operation", DEFINITIONS)
def test_the_definition_agrees_on_every_case(operation):
    asked = questions(names=[case.id for case in cases_of(operation)])
    assert judge_row(row(asked, operation=operation), []).status == "agree"


def test_nothing_answered_is_unsupported():
    asked = [replace(q, answer=Answer("unsupported", reason="no")) for q in questions()]
    verdict = judge_row(row(asked), [])
    assert (verdict.status, verdict.groups, verdict.is_red) == ("unsupported", (), False)
    assert judge_row(row(asked[:1], questions(names=FEW[1:])), []).status == "agree"


def test_a_divergence_without_an_entry_is_red():
    verdict = judge_row(row(questions(HALF_AWAY)), [])
    assert (verdict.status, verdict.is_red, verdict.is_explained) == ("diverge", True, False)
    assert {f.question.case.id for f in verdict.groups[0].unpredicted} >= {TIES, "quantize/int4"}
    assert not any(f.known for f in verdict.groups[0].unpredicted)


def test_an_entry_that_predicts_every_answer_explains():
    verdict = judge_row(row(questions(HALF_AWAY)), [entry()])
    assert (verdict.status, verdict.is_red, verdict.is_explained) == ("diverge", False, True)
    assert all(f.known for f in verdict.groups[0].findings)


def test_an_entry_that_is_almost_right_is_red():
    verdict = judge_row(row(questions({"rounding": "half_up"})), [entry()])
    assert verdict.is_red
    found = [f for f in verdict.groups[0].unpredicted if f.question.case.id == TIES]
    assert str(found[0].difference).startswith("-0.5 (0xbf000000): expected -1, got 0 ")


def test_an_entry_whose_divergence_is_gone_is_red():
    assert judge_row(row(questions()), [entry()]).is_red


def test_an_entry_of_another_row_is_not_used():
    for changes in (
        {"system": "other"},
        {"versions": ("2.0",)},
        {"backends": ("other",)},
        {"operation": "dequantize"},
    ):
        assert judge_row(row(questions(HALF_AWAY)), [entry(**changes)]).is_red


def test_doors_are_grouped_by_the_entries_that_cover_them():
    asked = row(questions(), questions(HALF_AWAY, "real"), questions(door="twice"))
    verdict = judge_row(asked, [entry(doors=("real",))])
    assert [g.doors for g in verdict.groups] == [("plain", "twice"), ("real",)]
    assert (verdict.status, verdict.is_explained) == ("diverge", True)
    assert judge_row(asked, [entry(doors=("*", "!plain", "!twice"))]).is_explained
    assert judge_row(asked, [entry()]).is_red


@pytest.mark.parametrize("choice", ["lowest", "highest", "code_zero", "zero_point"])
def test_any_choice_conforms_where_the_text_is_silent(choice):
    verdict = judge_row(row(questions({"nan": choice})), [])
    assert verdict.status == "agree"
    assert verdict.groups[0].profile.nan == choice


def test_one_implementation_stays_with_one_choice():
    names = [NAN, "quantize/nan-with-the-lowest-zero-point"]
    mixed = questions({"nan": "highest"}, names=names[:1]) + questions({"nan": "zero_point"}, names=names[1:])
    assert judge_row(row(mixed), []).is_red
    assert not judge_row(row(questions({"nan": "highest"}, names=names)), []).is_red


def test_doors_of_one_group_share_the_choice():
    doors = row(questions({"nan": "highest"}), questions({"nan": "zero_point"}, "twice"))
    assert judge_row(doors, []).is_red


def test_doors_must_agree_where_nothing_is_defined():
    other = Answer("value", {"value": all_cases()["quantize/scale-zero"].arguments["x"]})
    doors = [*questions(), *with_answer(questions(door="twice"), "quantize/scale-zero", other)]
    verdict = judge_row(row(doors), [])
    assert verdict.is_red
    assert [f.question.door for f in verdict.groups[0].unpredicted] == ["twice"]
    both = [
        *with_answer(questions(), "quantize/scale-zero", other),
        *with_answer(questions(door="twice"), "quantize/scale-zero", other),
    ]
    assert judge_row(row(both), []).status == "agree"


def mixed_dtypes():
    return questions(names=[n for n in FEW if "float16" not in n]) + questions(
        HALF_AWAY, names=["quantize/every-float16-power-of-two", "quantize/every-float16"]
    )


def test_an_entry_about_a_dtype_holds_for_that_dtype_only():
    verdict = judge_row(row(mixed_dtypes()), [entry(dtypes=("float16",), witness="quantize/every-float16")])
    assert (verdict.status, verdict.is_red) == ("diverge", False)
    assert judge_row(row(mixed_dtypes()), [entry()]).is_red


def test_an_entry_about_an_integer_type_holds_for_that_type_only():
    asked = [*questions(names=FEW[:4]), *questions(HALF_AWAY, names=["quantize/int4"])]
    assert not judge_row(row(asked), [entry(codes=("int4",))]).is_red
    assert judge_row(row(asked), [entry(codes=("int8",))]).is_red


def test_a_narrower_entry_wins():
    narrow, wide = entry("narrow", codes=("int4",), profile={"rounding": "floor"}), entry("wide")
    case = all_cases()["quantize/int4"]
    assert overrides((narrow, wide), case) == overrides((wide, narrow), case) == {"rounding": "floor"}
    assert overrides((narrow, wide), all_cases()[TIES]) == HALF_AWAY
    floor = make_profile("quantize", {"rounding": "floor"})
    assert effective(DEFINITIONS["quantize"].profile, case, (narrow, wide)) == floor


def test_two_entries_make_one_profile():
    asked = row(questions({**HALF_AWAY, "range": "narrow_low"}))
    two = [entry("one"), entry("two", profile={"range": "narrow_low"})]
    assert judge_row(asked, two).is_explained
    assert judge_row(asked, two[:1]).is_red


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("refused", "diverge"), ("error", "error"), ("crash", "error"), ("timeout", "error")],
)
def test_a_failure_is_predicted_by_its_outcome(outcome, status):
    asked = with_answer(questions(), TIES, Answer(outcome, reason="it failed"))
    failing = entry(profile={}, outcome=outcome, cases=(TIES,))
    verdict = judge_row(row(asked), [failing])
    assert (verdict.status, verdict.is_red) == (status, False)
    assert judge_row(row(asked), []).status == status
    assert judge_row(row(asked), []).is_red
    other = entry(profile={}, outcome="refused" if outcome != "refused" else "error", cases=(TIES,))
    assert judge_row(row(asked), [other]).is_red, "a failure of another kind"
    assert judge_row(row(questions()), [failing]).is_red, "the failure has gone"


def test_an_unexplained_divergence_is_green_but_counted():
    wrong = questions({"rounding": "half_up", "nan": "highest", "range": "narrow_high"})
    open_story = entry(profile={}, verdict="unexplained", tried="2,000 profiles")
    verdict = judge_row(row(wrong), [open_story])
    assert (verdict.status, verdict.is_red, verdict.is_explained) == ("diverge", False, False)
    assert TIES in {f.question.case.id for f in verdict.groups[0].findings}


def test_the_same_answer_is_asked_about_once():
    twice = [*questions(), *questions(door="twice")]
    assert len(distinct(twice)) == len(FEW)
    assert len(distinct([*twice, *questions(HALF_AWAY, "real")])) > len(FEW)
    sizes = [q.case.arguments["x"].size for q in distinct(twice)]
    assert sizes == sorted(sizes)


# The audit --------------------------------------------------------------------------------


def rows(*found):
    return {f"{r.name} {n}": r for n, r in enumerate(found)}


def test_a_needed_entry_has_no_problem():
    assert audit([entry()], rows(row(questions(HALF_AWAY)))) == []


def test_an_entry_that_explains_nothing_is_a_problem():
    found = audit([entry()], rows(row(questions())))
    assert found == [
        "story: must explain a divergence, got none in some 1.0 only quantize:"
        " the divergence has gone, or never was; take the entry or the door out"
    ]


def test_an_entry_that_another_one_makes_needless_is_a_problem():
    found = audit([entry("a"), entry("b")], rows(row(questions(HALF_AWAY))))
    assert [problem.split(":")[0] for problem in found] == ["a", "b"]


def test_a_door_that_needs_no_entry_is_a_problem():
    asked = row(questions(), questions(HALF_AWAY, "real"))
    found = audit([entry(doors=("real", "plain"))], rows(asked))
    assert len(found) == 1
    assert "got none in some 1.0 only quantize through door plain" in found[0]


def test_a_version_that_was_not_observed_is_a_problem():
    found = audit([entry(versions=("1.0", "2.0"))], rows(row(questions(HALF_AWAY))))
    assert found == ["story: versions must be observed, got 2.0: run it, or take it out"]


def test_a_backend_that_was_not_observed_is_a_problem():
    found = audit([entry(backends=("only", "other"))], rows(row(questions(HALF_AWAY))))
    assert found == ["story: backends must be observed, got other for 1.0"]


def test_a_witness_that_does_not_diverge_is_a_problem():
    found = audit([entry(witness="quantize/empty")], rows(row(questions(HALF_AWAY))))
    assert found == [
        "story: the witness must diverge, got agreement on quantize/empty in some 1.0 only quantize"
    ]


def test_an_unexplained_entry_is_needed_while_something_diverges():
    open_story = entry(profile={}, verdict="unexplained", tried="2,000 profiles")
    assert audit([open_story], rows(row(questions({"rounding": "half_up"})))) == []
    assert len(audit([open_story], rows(row(questions())))) == 1


def test_an_answer_is_decided_by_the_entries_without_which_nothing_predicts_it() -> None:
    """The reciprocal does not decide a tie; the sum before the rounding does."""
    entries = [
        e for e in load_ledger() if e.name in ("torch-quantize-reciprocal", "torch-quantize-offset-fused")
    ]
    case = all_cases()["quantize/tie-with-odd-zero-point"]
    profile = DEFINITIONS["quantize"].profile
    answer = expected(case, effective(profile, case, tuple(entries)))
    question = Question(case, "plain", answer)
    group = Group(("plain",), tuple(entries), profile, (), ())
    assert [e.name for e in deciding(group, question)] == ["torch-quantize-offset-fused"]
