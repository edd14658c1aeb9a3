"""Check: ask, judge, compare; the loop behind `python -m conformance check` and behind pytest."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from cases.case import Case, all_cases
from conformance.ask import AdapterMissing, Worker, probe
from conformance.changes import changes_in_words
from conformance.compare import Comparison, by_distance, compare, explain_changes
from conformance.identify import changed_axes
from conformance.ledger import Entry
from conformance.observation import OBSERVATIONS, Observation, read_all
from conformance.row import Finding, Group, Row, RowVerdict, deciding, judge_row
from conformance.survey import Progress, built_in_systems, survey

CLEAN, CHANGED, USAGE, HARNESS = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class Target:
    """What is asked: an adapter, its backend, the interpreter that runs it."""

    adapter: str
    backend: str | None
    python: str
    variables: dict[str, str]
    operations: frozenset[str]


@dataclass(frozen=True)
class Checked:
    """One backend, asked and judged, beside its nearest committed observation."""

    observation: Observation
    verdicts: tuple[RowVerdict, ...]
    comparison: Comparison | None
    changes: tuple[str, ...]

    @property
    def is_unseen(self) -> bool:
        """Whether no observation of this version is committed, so that it is held to its nearest one."""
        return self.comparison is not None and self.comparison.before.version != self.comparison.after.version

    @property
    def unpredicted(self) -> list[Finding]:
        """What neither definition nor ledger predicts.

        Of an unseen version a row whose questions its nearest one answered, all of them, is left to the
        comparison; with a question that is new, one profile must predict the old answers and the new.
        """
        judged = [(v.row, g) for v in self.verdicts for g in v.groups if g.unpredicted]
        return [
            f
            for row, group in judged
            if not self.is_left_to_comparison(row, group)
            for f in group.unpredicted
        ]

    def is_left_to_comparison(self, row: Row, group: Group) -> bool:
        """Whether a version that nobody committed was asked here only what its nearest one has answered."""
        if self.comparison is None or not self.is_unseen:
            return False
        asked = (q for q in row.questions if q.door in group.doors and q.answer.outcome != "unsupported")
        return all((q.case.id, q.door) in self.comparison.answered_before for q in asked)

    @property
    def status(self) -> int:
        """An unseen version is red for what changed only; a seen one for unexplained answers too."""
        moved = self.comparison is not None and not self.comparison.is_clean
        return CHANGED if self.unpredicted or moved else CLEAN


def targets(adapter: str, backend: str | None, python: str = sys.executable) -> list[Target]:
    """Return one target per backend of an adapter.

    Raises:
        AdapterMissing: the framework is not installed where the worker runs.
        ValueError: the adapter has no such backend.
    """
    hello = probe(adapter, python)
    backends: dict[str, dict[str, str]] = hello["backends"]
    if backend is not None and backend not in backends:
        raise ValueError(f"backend must be one of {', '.join(backends)}, got {backend}")
    offers = {name: frozenset(hello["operations"]) for name in backends} | {
        name: frozenset(offered) for name, offered in hello.get("offers", {}).items()
    }
    return [Target(adapter, name, python, variables, offers[name]) for name, variables in backends.items()
            if backend in (None, name)]  # fmt: skip


def available(python: str = sys.executable) -> tuple[list[str], dict[str, str]]:
    """Return the built-in systems that can be asked here, and for the others what is missing."""
    here, missing = [], {}
    for name in built_in_systems():
        try:
            probe(name, python)
            here.append(name)
        except AdapterMissing as error:
            missing[name] = error.missing or str(error)
    return here, missing


def select(operation: str | None, case: str | None) -> list[Case]:
    """Return the cases to ask; ValueError when none has that name."""
    chosen = [c for c in all_cases().values() if operation in (None, c.operation) and case in (None, c.id)]
    if not chosen:
        known = {c.operation for c in all_cases().values()}
        if operation is not None and operation not in known:
            raise ValueError(f"an operation must be one of {', '.join(sorted(known))}, got {operation}")
        raise ValueError(f"a case{f' of {operation}' if operation else ''} must exist, got {case}")
    return chosen


def observe(target: Target, cases: list[Case], timeout: float, progress: Progress | None) -> Observation:
    """Ask one target all its questions."""
    with Worker(target.adapter, target.backend, target.python, timeout, variables=target.variables) as worker:
        return survey(worker, cases, progress)


def check(observation: Observation, ledger: list[Entry], committed: list[Observation] | None = None,
          partial: bool = False) -> Checked:  # fmt: skip
    """Judge an observation, and compare it with the nearest of the committed ones."""
    if committed is None:
        committed = read_all(OBSERVATIONS / observation.header.system)
    known, own = by_distance(observation.header, committed), observation.header.version
    versions = list(dict.fromkeys(o.header.version for o in known))
    is_ledgered = any(e.system == observation.header.system and e.covers_version(own) for e in ledger)
    if is_ledgered or own in versions or not known:
        versions = [own]
    verdicts = tuple(judge_as(row, versions, ledger) for row in observation.rows())
    if not known:
        return Checked(observation, verdicts, None, ())
    reference = known[0]
    comparison = compare(reference, observation, partial)
    words = explain_changes(reference, comparison.changed, ledger)
    return Checked(observation, verdicts, comparison, tuple(words))


def judge_as(row: Row, versions: list[str], ledger: list[Entry]) -> RowVerdict:
    """Judge a row by the ledger of the first version; of another one, if that predicts every answer."""
    as_each = (judge_row(replace(row, version=version), ledger) for version in versions)
    first = next(as_each)
    return next((verdict for verdict in as_each if not verdict.is_red), first) if first.is_red else first


def report_lines(checked: Checked, limit: int = 5, with_known: bool = False) -> Iterator[str]:
    """Say in words what was found, the worst first; `with_known` shows the known divergences too."""
    version = checked.observation.header.version
    for verdict in sorted(checked.verdicts, key=lambda v: not v.is_red):
        row = verdict.row
        judged = "" if checked.comparison is None or row.version == version else f" as {row.version}"
        yield f"{row.system} {version} {row.backend} {row.operation}{judged}: {in_one_line(verdict)}"
        yield from _red_lines(verdict, limit)
        if with_known:
            yield from _known_lines(verdict)
    if checked.comparison is None:
        yield "no observation of this system is committed: judged by the definition and the ledger alone"
        return
    yield str(checked.comparison)
    yield from (f"  {sentence}" for sentence in checked.changes)
    yield from (f"  {change}" for change in checked.comparison.changed[:limit])


def _known_lines(verdict: RowVerdict) -> Iterator[str]:
    for group in verdict.groups:
        for finding in group.findings:
            names = ", ".join(e.name for e in deciding(group, finding.question))
            yield f"  {finding.question.door}: {finding.difference} [{names}]"


def in_one_line(verdict: RowVerdict) -> str:
    """Return a row's status with the axes on which it leaves the definition."""
    if verdict.status == "unsupported":
        return "unsupported"
    if verdict.is_red:
        count = sum(len(group.unpredicted) for group in verdict.groups)
        return f"RED: {count} answers that neither the definition nor the ledger predicts"
    names = dict.fromkeys(e.name for g in verdict.groups for e in g.entries if g.findings)
    found = sum(len(group.findings) for group in verdict.groups)
    return "agrees" if verdict.status == "agree" else f"{found} known divergences ({', '.join(names)})"


def _red_lines(verdict: RowVerdict, limit: int) -> Iterator[str]:
    for group in verdict.groups:
        if not group.unpredicted:
            continue
        yield f"  doors {', '.join(group.doors)}"
        values = [f for f in group.unpredicted if f.question.answer.outcome == "value"]
        wrong = [(f.profile, f.question) for f in values]
        words = changes_in_words(verdict.row.operation, wrong) if wrong else []
        yield from (f"    {sentence}" for sentence in words)
        for finding in group.unpredicted[:limit]:
            yield f"    {finding.question.case.id} through {finding.question.door}: {finding.difference}"
        if len(group.unpredicted) > limit:
            yield f"    … and {len(group.unpredicted) - limit} more"


def describe_search(found: Any, operation: str) -> str:
    """Return what identification found, in words."""
    if not found.asked:
        return "no answer to identify"
    if found.profiles:
        return " or ".join(sorted({in_axes(p, operation) for p in found.profiles})[:3])
    if found.constants:
        arithmetic = in_axes(found.constants.profile, operation)
        return f"arithmetic known, constants not: {arithmetic} with {found.constants} predicts every answer"
    return (
        f"no profile of {found.tried} tried predicts every answer; the closest,"
        f" {in_axes(found.closest, operation)}, predicts {found.predicted} of {found.asked}"
    )


def in_axes(profile: Any, operation: str) -> str:
    """Return a profile as the axes on which it leaves the definition."""
    axes = changed_axes(profile, operation)
    return ", ".join(f"{a} = {c}" for a, c in axes.items()) or "the definition"
