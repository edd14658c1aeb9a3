"""The version view: told from answers and profiles, whole, and red where a current version is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cases.case import cases_of
from conformance.answer import Answer
from conformance.judge import expected
from conformance.ledger import Entry, load_ledger
from conformance.observation import Header, Observation
from conformance.row import Question, RowVerdict, judge_row
from oracle.definition import make_profile
from reports.cells import columns_of, in_axes
from reports.difference import differences
from reports.versions import step_lines, steps_of, version_lines, with_beside

PROFILE = {"rounding": "half_away"}


def entry(*versions: str) -> Entry:
    one = next(e for e in load_ledger() if e.operation == "quantize" and e.profile)
    return replace(
        one, name="some-half-away", system="some", versions=versions, backends=("*",), doors=("*",),
        profile=PROFILE, dtypes=(), codes=(), outcome="", cases=(), witness="quantize/ties-at-every-code",
    )  # fmt: skip


def observed(version: str, profile: dict[str, str] | None = None, backend: str = "only",
             system: str = "some") -> Observation:  # fmt: skip
    made = make_profile("quantize", profile or {})
    questions = [Question(case, "plain", expected(case, made)) for case in cases_of("quantize")[:6]]
    return Observation(Header(system, version, backend, "x86_64-avx2", "adapter"), tuple(questions))


def judged(*observations: Observation, versions: tuple[str, ...] = ()) -> list[RowVerdict]:
    ledger = [entry(*versions)] if versions else []
    return [judge_row(row, ledger) for o in observations for row in o.rows()]


def lines(verdicts: list[RowVerdict]) -> list[str]:
    (steps,) = steps_of(verdicts, "some").values()
    return list(step_lines(steps))


def test_a_change_is_told_by_the_profiles_with_its_story() -> None:
    found = lines(judged(observed("1.9", PROFILE), observed("1.10"), versions=("1.9",)))
    assert found[0] == "- `quantize`, only:"
    assert found[1].startswith("  - 6 of 6 answers: **rounding**: half_away → half_even; first: quantize/")
    assert found[1].endswith("([some-half-away](affine.md#some-half-away))")


def test_what_did_not_change_is_one_line() -> None:
    pair = [observed(v, backend=b) for v in ("1.0", "1.1") for b in ("fast", "slow")]
    assert lines(judged(*pair)) == ["- **nothing changed**, 12 answers: `quantize` (fast, slow)"]


def test_what_only_one_version_answers_is_counted() -> None:
    before, after = observed("1.0"), observed("1.1")
    lacking = [replace(q, answer=Answer("unsupported", reason="no")) for q in after.questions[:2]]
    after = replace(after, questions=(*lacking, *after.questions[2:]))
    assert lines(judged(before, after))[1] == (
        "  - 2 answers fewer: the later version does not support these questions"
    )
    back = judged(replace(after, header=before.header), replace(before, header=after.header))
    assert lines(back)[1].startswith("  - 2 answers more")


def test_another_outcome_is_told_as_such() -> None:
    before, after = observed("1.0"), observed("1.1")
    crash = replace(after.questions[0], answer=Answer("crash", reason="killed by SIGSEGV"))
    after = replace(after, questions=(crash, *after.questions[1:]))
    assert "1 of 6 answers: value → crash; first: " in lines(judged(before, after))[1]


def test_neighbours_are_by_number_and_by_host_first() -> None:
    assert list(steps_of(judged(*map(observed, ("1.10", "1.9"))), "some")) == [("1.9", "1.10")]
    hosted = ("0.14+tf2.18.1", "0.13+tf2.15.1", "0.14+tf2.8.4", "0.13+tf2.8.4")
    assert list(steps_of(judged(*map(observed, hosted)), "some")) == [
        ("0.13+tf2.8.4", "0.14+tf2.8.4"), ("0.14+tf2.8.4", "0.13+tf2.15.1"),
        ("0.13+tf2.15.1", "0.14+tf2.18.1"),
    ]  # fmt: skip


def test_columns_of_versions_that_are_alike_are_one() -> None:
    verdicts = judged(observed("1.0"), observed("1.1"), observed("1.2", PROFILE), versions=("1.2",))
    assert list(columns_of(verdicts, in_axes)) == ["some 1.0, 1.1 only", "some 1.2 only"]


def test_an_environment_that_was_not_run_is_said() -> None:
    page = "\n".join(version_lines(judged(observed("1.12.1", system="torch"))))
    assert "| torch112 | torch 1.12.1 | observed |" in page
    assert "| torch | torch 2.13.0 | **not observed**: torch |" in page


def torch(version: str) -> Observation:
    return observed(version, backend="eager", system="torch")


def test_a_run_is_joined_with_what_only_the_label_asks() -> None:
    old, new = torch("1.12.1"), torch("2.13.0")
    assert with_beside([new], [old, new]) == [old, new]
    assert with_beside([old], [old, new]) == [old], "a current version must be in the run itself"
    again = replace(old, header=replace(old.header, adapter="another"))
    assert with_beside([new, again], [old, new]) == [again, new], "what the run asked stands"


@pytest.mark.parametrize(
    ("run", "lacking"),
    [
        (("2.13.0",), []),
        (("1.12.1", "2.13.0"), []),
        (("1.12.1",), ["torch 2.13.0 eager: observed before, not now"]),
        (("2.9.1",), []),  # asked in its place
    ],
)
def test_only_a_current_version_is_missed(run: tuple[str, ...], lacking: list[str]) -> None:
    committed = [torch("1.12.1"), torch("2.13.0")]
    assert differences(committed, [torch(version) for version in run], []) == lacking
