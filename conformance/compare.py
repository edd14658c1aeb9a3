"""Compare what was observed now with what was observed before: the gate."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.identify import changed_axes, identify
from conformance.judge import Difference, find_difference, in_words, is_same
from conformance.observation import Header, Observation
from conformance.row import Question
from oracle.definition import DEFINITIONS
from oracle.specification import AnyProfile

INSTRUCTION_SETS = ("x86_64", "x86_64-avx2", "x86_64-avx512", "x86_64-avx512-vnni")


@dataclass(frozen=True)
class Change:
    """One answer that is not what it was."""

    before: Question
    after: Question

    @property
    def difference(self) -> Difference:
        return find_difference(self.after.case, self.before.answer, self.after.answer)

    def __str__(self) -> str:
        case, door = self.after.case, self.after.door
        through = "" if door == "plain" else f" through {door}"
        found = self.difference
        if found.count and found.output:
            words = f"{found.x}: {found.expected} -> {found.actual} ({found.count} of {found.size})"
        else:
            words = f"{in_words(self.before.answer)} -> {in_words(self.after.answer)}"
        return f"{case.id}{through}: {words}"


@dataclass(frozen=True)
class Comparison:
    """An observation beside an earlier one: what stayed, what changed, what is new, what is missing."""

    before: Header
    after: Header
    same: int
    changed: tuple[Change, ...]
    new: int
    missing: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        return not self.changed and not self.missing

    def __str__(self) -> str:
        first = f" (first: {self.changed[0]})" if self.changed else ""
        gone = f", {len(self.missing)} no longer asked" if self.missing else ""
        return (
            f"{self.after.system} {self.after.backend} {self.after.version}: {self.same} answers as in"
            f" {self.before.version}, {len(self.changed)} changed{first}, {self.new} new{gone}"
        )


def compare(before: Observation, after: Observation, partial: bool = False) -> Comparison:
    """Compare answer by answer; with `partial` a question that was not asked now is not missing."""
    old = {(q.case.id, q.door): q for q in before.questions}
    now = {(q.case.id, q.door): q for q in after.questions}
    pairs = [(old[key], now[key]) for key in now if key in old]
    changed = tuple(Change(a, b) for a, b in pairs if not is_same(a.answer, b.answer))
    missing = () if partial else tuple(f"{case} {door}" for case, door in old if (case, door) not in now)
    new = sum(key not in old for key in now)
    return Comparison(before.header, after.header, len(pairs) - len(changed), changed, new, missing)


def explain_changes(before: Observation, after: Observation, changed: Iterable[Change]) -> list[str]:
    """Say in words what became of the arithmetic: one sentence per operation that changed."""
    operations = dict.fromkeys(change.after.case.operation for change in changed)
    return [sentence for op in operations for sentence in _explain_operation(op, before, after)]


def _explain_operation(operation: str, before: Observation, after: Observation) -> list[str]:
    profiles = [_identify_plain(operation, observation) for observation in (before, after)]
    if profiles[0] is None or profiles[1] is None:
        return [f"{operation}: no single profile predicts every answer; see the first differences"]
    old, new = (changed_axes(p, operation) for p in profiles)
    axes = [a for a in {**old, **new} if old.get(a) != new.get(a)]
    base = DEFINITIONS[operation].profile
    words = [f"{a}: {old.get(a, getattr(base, a))} -> {new.get(a, getattr(base, a))}" for a in axes]
    return [f"{operation}: {'; '.join(words) or 'the same profile'}"]


def _identify_plain(operation: str, observation: Observation) -> AnyProfile | None:
    asked = [
        q for q in observation.questions
        if q.case.operation == operation and q.door == "plain" and q.answer.outcome != "unsupported"
    ]  # fmt: skip
    found = identify(operation, asked)
    return found.profiles[0] if found.profiles else None


def version_key(version: str) -> tuple[int, ...]:
    """Return a version as numbers, for distances."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:4])


def nearest(header: Header, observations: Iterable[Observation]) -> Observation | None:
    """Return the observation of the same backend that is nearest by version, then by instruction set."""
    same = [o for o in observations if (o.header.system, o.header.backend) == (header.system, header.backend)]
    return min(same, key=lambda o: _distance(header, o.header), default=None)


def _distance(wanted: Header, other: Header) -> tuple[object, ...]:
    a, b = ((*version_key(h.version), 0, 0, 0, 0) for h in (wanted, other))
    apart = tuple(abs(x - y) for x, y in zip(a[:4], b[:4], strict=True))
    return (wanted.version != other.version, apart, _apart(wanted, other), other.instruction_set)


def _apart(wanted: Header, other: Header) -> int:
    names = [h.instruction_set for h in (wanted, other)]
    if names[0] == names[1]:
        return 0
    if all(name in INSTRUCTION_SETS for name in names):
        return abs(INSTRUCTION_SETS.index(names[0]) - INSTRUCTION_SETS.index(names[1]))
    return len(INSTRUCTION_SETS)
