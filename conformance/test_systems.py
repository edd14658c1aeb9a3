"""Ask every system every question: systems x cases, the siblings, and a search for more.

A ledgered divergence is an xfail with its axes; one that is gone, or another one, fails: the row's
profile no longer predicts every answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from cases.case import Case, all_cases
from cases.strategies import cases as drawn_cases
from conformance.ask import Worker
from conformance.check import Checked, Target, check, observe
from conformance.judge import expected, find_difference, matches
from conformance.ledger import load_ledger
from conformance.observation import write
from conformance.row import Group, effective
from conformance.survey import ask_case, built_in_systems, show_progress
from oracle.definition import is_undefined

RUN = Path(__file__).parent.parent / "reports" / "run"
EXAMPLES = 400
EXAMPLES_SLOW = 40  # of a backend that traces or compiles each question


@cache
def checked(target: Target) -> Checked:
    """Ask a target once and judge its answers; those of a built-in system are kept for the report."""
    observation = observe(target, list(all_cases().values()), 120.0, show_progress)
    if target.adapter in built_in_systems():
        write(observation, RUN)
    return check(observation, load_ledger())


@pytest.fixture(scope="session")
def worker(asked: Target) -> Iterator[Worker]:
    with Worker(asked.adapter, asked.backend, asked.python, variables=asked.variables) as started:
        yield started


def test_case(asked: Target, case: Case) -> None:
    result = checked(asked)
    questions = [q for q in result.observation.questions if q.case is case]
    answered = [q for q in questions if q.answer.outcome != "unsupported"]
    groups = groups_of(result, case.operation)
    if not questions:
        assert not groups, "a backend that answers an operation must be asked each of its cases"
        pytest.skip("this backend does not offer the operation")
    if not answered:
        pytest.skip(questions[0].answer.reason)
    wrong = [f for f in result.unpredicted if f.question.case is case]
    assert not wrong, "\n".join(f"{f.question.door}: {f.difference} [{repeat(asked, case)}]" for f in wrong)
    known = [(g, f) for g in groups for f in g.findings if f.question.case is case]
    if known:
        names = dict.fromkeys(e.name for g, _ in known for e in g.entries if e.is_about(case))
        pytest.xfail(f"{', '.join(names)}: {known[0][1].difference}")


def groups_of(result: Checked, operation: str) -> list[Group]:
    return [g for v in result.verdicts if v.row.operation == operation for g in v.groups]


def repeat(target: Target, case: Case) -> str:
    """Return the command that repeats one case."""
    flag = "--adapter" if target.adapter.endswith(".py") else "--system"
    return f"python -m conformance check {flag} {target.adapter} --backend {target.backend} --case {case.id}"


def test_answers_are_those_committed(asked: Target) -> None:
    comparison = checked(asked).comparison
    if comparison is None:
        pytest.skip("no observation of this system is committed")
    assert comparison.is_clean, "\n".join([str(comparison), *checked(asked).changes])


def test_search_finds_nothing_new(asked: Target, worker: Worker, operation: str) -> None:
    """Every drawn question is answered as the row's profile predicts: searched, never under xfail."""
    groups = groups_of(checked(asked), operation)
    group = next((g for g in groups if "plain" in g.doors), None)
    if group is None:
        pytest.skip("the adapter answers through other doors only" if groups else "every case is unsupported")
    unexplained = [e.name for e in group.entries if e.verdict == "unexplained"]
    if group.profile is None and unexplained:
        pytest.skip(f"nothing predicts the answers: {', '.join(unexplained)}")
    if group.profile is None and checked(asked).is_unseen:
        pytest.skip("no committed version's ledger predicts this version: nothing to hold a search to")
    assert group.profile is not None, "test_case says why"

    examples = EXAMPLES_SLOW if worker.hello.get("slow") else EXAMPLES

    @settings(max_examples=examples, derandomize=True, deadline=None, database=None,
              phases=[Phase.generate, Phase.shrink],
              suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
    @given(drawn_cases(operation))
    def search(case: Case) -> None:
        assert_predicted(worker, group, case)

    search()


def assert_predicted(worker: Worker, group: Group, case: Case) -> None:
    if is_undefined(case.operation, case.arguments):
        return
    answer = ask_case(worker, case)
    if answer.outcome == "unsupported":
        return
    assert group.profile is not None
    wanted = expected(case, effective(group.profile, case, group.entries))
    assert matches(case, wanted, answer), f"{find_difference(case, wanted, answer)} [{dict(case.arguments)}]"
