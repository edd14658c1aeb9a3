"""The version view: what changed between which two neighbouring versions, in words, and what did not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from conformance.compare import Change
from conformance.interpreters import environments, is_beside
from conformance.judge import is_same
from conformance.ledger import Entry
from conformance.observation import Observation, by_key, version_key
from conformance.row import Group, Question, RowVerdict, deciding, effective
from oracle.definition import DEFINITIONS, difference

PAGE = "stories/versions.md"
SHOWN = 5  # kinds of change of one operation, the most frequent first


def with_beside(run: list[Observation], committed: Iterable[Observation]) -> list[Observation]:
    """Return a run, with what is committed of versions that plain `tox` never asks, nor this run did."""
    asked = {(o.header.system, o.header.version) for o in run}
    beside = [
        o for o in committed
        if is_beside(o.header.system, o.header.version) and (o.header.system, o.header.version) not in asked
    ]  # fmt: skip
    return sorted([*run, *beside], key=by_key)


@dataclass(frozen=True)
class Step:
    """One operation of one backend, in two neighbouring versions: question by question."""

    before: RowVerdict
    after: RowVerdict

    @property
    def operation(self) -> str:
        return self.after.row.operation

    @cached_property
    def pairs(self) -> list[Change]:
        """Every question that both versions answered."""
        old = {(q.case.id, q.door): q for q in answered(self.before)}
        return [Change(old[key], q) for q in answered(self.after) if (key := (q.case.id, q.door)) in old]

    @cached_property
    def changed(self) -> list[Change]:
        return [pair for pair in self.pairs if not is_same(pair.before.answer, pair.after.answer)]

    @property
    def gained(self) -> int:
        return len(answered(self.after)) - len(self.pairs)

    @property
    def lost(self) -> int:
        return len(answered(self.before)) - len(self.pairs)

    @property
    def is_same(self) -> bool:
        return not (self.changed or self.gained or self.lost)


def answered(verdict: RowVerdict) -> list[Question]:
    return [q for q in verdict.row.questions if q.answer.outcome != "unsupported"]


def steps_of(verdicts: Iterable[RowVerdict], system: str) -> dict[tuple[str, str], list[Step]]:
    """Return (version, next version) → a step for each operation of each backend that has it in both."""
    mine = {(v.row.version, v.row.backend, v.row.operation): v for v in verdicts if v.row.system == system}
    versions = sorted({version for version, _, _ in mine}, key=by_host)
    return {
        (old, new): [
            Step(mine[old, backend, operation], verdict)
            for (version, backend, operation), verdict in mine.items()
            if version == new and (old, backend, operation) in mine
        ]
        for old, new in pairwise(versions)
    }  # fmt: skip


def by_host(version: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return what neighbours are sorted by: the kernels are the host's, so its version comes first."""
    own, _, host = version.partition("+")
    return version_key(host), version_key(own)


def in_words(step: Step, change: Change) -> str:
    """Say what became of the arithmetic behind one answer: the axes of the two profiles that predict them."""
    outcomes = [pair.answer.outcome for pair in (change.before, change.after)]
    if outcomes != ["value", "value"]:
        return f"{outcomes[0]} → {outcomes[1]}" if outcomes[0] != outcomes[1] else f"another {outcomes[0]}"
    if change.after.case.undefined:
        return "outside every definition's domain"
    profiles = [profile_of(v, q) for v, q in ((step.before, change.before), (step.after, change.after))]
    if None in profiles:
        return "unexplained"
    axes = difference(*profiles)
    if not axes:
        return "within the bound of a sum" if DEFINITIONS[step.operation].bounds else "not by its profile"
    return "; ".join(f"**{axis}**: {old} → {new}" for axis, (old, new) in axes.items())


def profile_of(verdict: RowVerdict, question: Question):  # type: ignore[no-untyped-def]
    """Return the profile that predicts an answer, None where none does."""
    group = group_of(verdict, question)
    return effective(group.profile, question.case, group.entries) if group.profile is not None else None


def group_of(verdict: RowVerdict, question: Question) -> Group:
    return next(group for group in verdict.groups if question.door in group.doors)


def stories(step: Step, change: Change) -> list[Entry]:
    """Return the entries that explain one of the two answers and not the other; else those of both."""
    sides = [
        deciding(group_of(verdict, question), question)
        for verdict, question in ((step.before, change.before), (step.after, change.after))
    ]
    both = dict.fromkeys([*sides[0], *sides[1]])
    return [e for e in both if (e in sides[0]) != (e in sides[1])] or list(both)


def changed_lines(step: Step) -> Iterator[str]:
    """Yield one sentence per kind of change, with its first input and its stories."""
    kinds: dict[str, list[Change]] = {}
    for change in step.changed:
        kinds.setdefault(in_words(step, change), []).append(change)
    told = sorted(kinds.items(), key=lambda kind: -len(kind[1]))
    for words, changes in told[:SHOWN]:
        page = DEFINITIONS[step.operation].family.replace(" ", "-")
        links = ", ".join(f"[{e.name}]({page}.md#{e.name})" for e in stories(step, changes[0]))
        yield (
            f"{len(changes)} of {len(step.pairs)} answers: {words}; first: {changes[0]}"
            + (f" ({links})" if links else "")
        )
    if left := [len(changes) for _, changes in told[SHOWN:]]:
        yield f"{sum(left)} more answers, of {len(left)} kinds"
    if step.gained:
        yield f"{step.gained} answers more: the earlier version does not support these questions"
    if step.lost:
        yield f"{step.lost} answers fewer: the later version does not support these questions"


def merged(steps: Iterable[Step]) -> dict[tuple[str, tuple[str, ...]], list[str]]:
    """Return (operation, sentences) → the backends of which they are true; no sentence: nothing changed."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for step in steps:
        key = (step.operation, tuple(changed_lines(step)))
        found.setdefault(key, []).append(step.after.row.backend)
    return found


def version_lines(verdicts: list[RowVerdict]) -> Iterator[str]:
    """Yield the page: what was observed, and system by system what changed."""
    yield "# Versions: what changed between which two"
    yield ""
    yield (
        "Two versions stand side by side where they are neighbours among those observed: what an answer was"
        " and what it is, and the axes on which the two profiles differ that predict them. Rows in which no"
        " answer changed are one line. `tox -m versions` observes all of them."
    )
    yield ""
    yield from environment_table(verdicts)
    for system in dict.fromkeys(v.row.system for v in verdicts):
        for (old, new), steps in steps_of(verdicts, system).items():
            yield f"## {system}: {old} → {new}"
            yield ""
            yield from step_lines(steps)
            yield ""


def step_lines(steps: list[Step]) -> Iterator[str]:
    """Yield what changed, operation by operation; and in one line what did not."""
    same: dict[str, list[str]] = {}
    for (operation, sentences), backends in merged(steps).items():
        if sentences:
            yield f"- `{operation}`, {', '.join(backends)}:"
            yield from (f"  - {sentence}" for sentence in sentences)
        else:
            same.setdefault(", ".join(backends), []).append(f"`{operation}`")
    told = "; ".join(f"{', '.join(operations)} ({backends})" for backends, operations in same.items())
    count = sum(len(step.pairs) for step in steps if step.is_same)
    if told:
        yield f"- **nothing changed**, {count} answers: {told}"
    if not steps:
        yield "- no backend has an operation in both"


def environment_table(verdicts: list[RowVerdict]) -> Iterator[str]:
    """Yield which environment asks which versions, and whether they were observed."""
    seen = {(v.row.system, v.row.version) for v in verdicts}
    yield "| environment | asks | |"
    yield "|---|---|---|"
    for environment in environments():
        asks = {system: environment.version(system) for system in environment.systems}
        lacking = [s for s, version in asks.items() if (s, version) not in seen]
        told = ", ".join(f"{system} {version}" for system, version in asks.items())
        state = f"**not observed**: {', '.join(lacking)}" if lacking else "observed"
        yield f"| {environment.name} | {told} | {state} |"
    yield ""


def versions_in_a_table(verdicts: list[RowVerdict]) -> Iterator[str]:
    """Yield the section of the report: one line per pair of neighbouring versions."""
    yield "## Versions"
    yield ""
    yield f"What changed between neighbouring versions, in words: [versions]({PAGE})."
    yield ""
    yield "| system | from | to | as before | changed | only later | only earlier | what changed |"
    yield "|---|---|---|--:|--:|--:|--:|---|"
    for system in dict.fromkeys(v.row.system for v in verdicts):
        for (old, new), steps in steps_of(verdicts, system).items():
            changed = sum(len(step.changed) for step in steps)
            counts = (
                sum(len(step.pairs) for step in steps) - changed, changed,
                sum(step.gained for step in steps), sum(step.lost for step in steps),
            )  # fmt: skip
            names = dict.fromkeys(f"`{step.operation}`" for step in steps if step.changed)
            cells = [system, old, new, *map(str, counts), ", ".join(names) or "none"]
            yield f"| {' | '.join(cells)} |"
    yield ""
