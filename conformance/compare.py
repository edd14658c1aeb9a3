"""Compare what was observed now with what was observed before: the gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

from conformance.answer import Answer
from conformance.changes import changes_in_words
from conformance.judge import Difference, find_difference, in_words, is_same
from conformance.ledger import Entry
from conformance.observation import Header, Observation, version_key
from conformance.row import Group, Question, RowVerdict, effective, judge_row
from oracle.specification import AnyProfile

INSTRUCTION_SETS = ("x86_64", "x86_64-avx2", "x86_64-avx512", "x86_64-avx512-vnni")
LINE = 80  # characters of an answer that is words


@dataclass(frozen=True)
class Change:
    """One answer that is not what it was."""

    before: Question
    after: Question

    @property
    def difference(self) -> Difference:
        return find_difference(self.after.case, self.before.answer, self.after.answer, exact=True)

    def __str__(self) -> str:
        case, door = self.after.case, self.after.door
        through = "" if door == "plain" else f" through {door}"
        found = self.difference
        if found.count and found.output:
            words = f"{found.x}: {found.expected} -> {found.actual} ({found.count} of {found.size})"
        else:
            words = f"{_in_short(self.before.answer)} -> {_in_short(self.after.answer)}"
        return f"{case.id}{through}: {words}"


def _in_short(answer: Answer) -> str:
    """Return an answer without its arrays, and of a long reason the beginning."""
    words = in_words(answer)
    return words if len(words) <= LINE else f"{words[: LINE - 1]}…"


@dataclass(frozen=True)
class Comparison:
    """An observation beside an earlier one: what stayed, what changed, what is new, what is missing."""

    before: Header
    after: Header
    same: int
    changed: tuple[Change, ...]
    lost: tuple[Change, ...]  # answered then, unsupported now
    new: int
    missing: tuple[str, ...]  # a case, or a door, that is no longer there
    answered_before: frozenset[tuple[str, str]] = frozenset()  # (case, door)

    @property
    def is_clean(self) -> bool:
        return not self.changed and not self.lost and not self.missing

    def __str__(self) -> str:
        first = f" (first: {self.changed[0]})" if self.changed else ""
        lost = f", {len(self.lost)} no longer supported (first: {self.lost[0]})" if self.lost else ""
        gone = f", {len(self.missing)} no longer asked (first: {self.missing[0]})" if self.missing else ""
        return (
            f"{self.after.system} {self.after.backend} {self.after.version}: {self.same} answers as in"
            f" {self.before.version}, {len(self.changed)} changed{first}, {self.new} new{lost}{gone}"
        )


def compare(before: Observation, after: Observation, partial: bool = False) -> Comparison:
    """Compare answer by answer; with `partial` a question that was not asked now is not missing."""
    old = {(q.case.id, q.door): q for q in before.questions}
    now = {(q.case.id, q.door): q for q in after.questions}
    pairs = [(old[key], now[key]) for key in now if key in old]
    differing = [Change(a, b) for a, b in pairs if not is_same(a.answer, b.answer)]
    gained = [c for c in differing if c.before.answer.outcome == "unsupported"]
    lost = tuple(c for c in differing if c.after.answer.outcome == "unsupported")
    changed = tuple(c for c in differing if c not in gained and c not in lost)
    missing = () if partial else tuple(f"{case} {door}" for case, door in old if (case, door) not in now)
    new = sum(key not in old for key in now) + len(gained)
    same = len(pairs) - len(differing)
    answered = frozenset(key for key, q in old.items() if q.answer.outcome != "unsupported")
    return Comparison(before.header, after.header, same, changed, lost, new, missing, answered)


def explain_changes(before: Observation, changed: Iterable[Change], ledger: Iterable[Entry]) -> list[str]:
    """Say in words what became of the arithmetic: a sentence per operation that changed, or per type."""
    by_operation: dict[str, list[Change]] = {}
    for change in changed:
        by_operation.setdefault(change.after.case.operation, []).append(change)
    rows = {row.operation: row for row in before.rows() if row.operation in by_operation}
    entries = list(ledger)
    return [
        sentence
        for operation, found in by_operation.items()
        for sentence in _explain_operation(found, judge_row(rows[operation], entries))
    ]


def _explain_operation(changed: list[Change], before: RowVerdict) -> list[str]:
    """Name the change of axes that makes what predicted the old answers predict the new ones."""
    operation = before.row.operation
    outcomes = Counter((c.before.answer.outcome, c.after.answer.outcome) for c in changed)
    values = [c for c in changed if c.before.answer.outcome == c.after.answer.outcome == "value"]
    defined = [c for c in values if not c.after.case.undefined]
    failed = [f"{n} {a} -> {b}" for (a, b), n in outcomes.items() if (a, b) != ("value", "value")]
    said = [f"{operation}: {', '.join(failed)}"] if failed else []
    if not defined:
        return said + ([f"{operation}: outside every definition's domain only"] if values else [])
    groups = {door: group for group in before.groups for door in group.doors}
    known = [(groups[c.before.door], c) for c in defined]
    if any(group.profile is None for group, _ in known):
        return [*said, f"{operation}: no profile predicts the answers of {before.row.version}"]
    answers = [(_predicting(group, c.before), c.after) for group, c in known]
    return said + changes_in_words(operation, answers)


def _predicting(group: Group, question: Question) -> AnyProfile:
    assert group.profile is not None
    return effective(group.profile, question.case, group.entries)


def nearest(header: Header, observations: Iterable[Observation]) -> Observation | None:
    """Return the observation of the same backend that is nearest by version, then by instruction set."""
    return next(iter(by_distance(header, observations)), None)


def by_distance(header: Header, observations: Iterable[Observation]) -> list[Observation]:
    """Return the observations of the same backend, the nearest first."""
    same = [o for o in observations if (o.header.system, o.header.backend) == (header.system, header.backend)]
    return sorted(same, key=lambda o: _distance(header, o.header))


def _distance(wanted: Header, other: Header) -> tuple[object, ...]:
    a, b = (version_key(h.version) for h in (wanted, other))
    apart = tuple(abs(x - y) for x, y in zip_longest(a, b, fillvalue=0))
    return (wanted.version != other.version, apart, _apart(wanted, other), other.instruction_set)


def _apart(wanted: Header, other: Header) -> int:
    names = [h.instruction_set for h in (wanted, other)]
    if names[0] == names[1]:
        return 0
    if all(name in INSTRUCTION_SETS for name in names):
        return abs(INSTRUCTION_SETS.index(names[0]) - INSTRUCTION_SETS.index(names[1]))
    return len(INSTRUCTION_SETS)
