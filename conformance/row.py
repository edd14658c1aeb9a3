"""Explain one row: is there a profile, the definition's or a ledgered one, that predicts every answer?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property

from cases.case import Case
from conformance.answer import Answer
from conformance.judge import (
    DIVERGES,
    SHORT,
    Difference,
    expected,
    expected_in_pieces,
    find_difference,
    is_elementwise,
    is_given_by,
    is_same,
    judge,
    matches,
    may_be_given_by,
)  # fmt: skip
from conformance.ledger import Entry, is_of
from oracle.definition import (
    DEFINITIONS,
    contradiction,
    permitted,
)
from oracle.specification import AnyProfile

Comparison = Callable[[AnyProfile, Case, Answer], bool]
FAILURES = ("error", "crash", "timeout")


@dataclass(frozen=True)
class Question:
    """One case put through one door, and the answer."""

    case: Case
    door: str
    answer: Answer


@dataclass(frozen=True)
class Row:
    """Everything one version of one backend of one system answered about one operation."""

    system: str
    version: str
    backend: str
    operation: str
    questions: tuple[Question, ...]

    @property
    def name(self) -> str:
        return f"{self.system} {self.version} {self.backend} {self.operation}"


@dataclass(frozen=True)
class Finding:
    """One answer that the definition does not permit, and the entry that predicts it, if any."""

    question: Question
    profile: AnyProfile  # that was expected of it
    known: bool

    @cached_property
    def difference(self) -> Difference:
        """Where the answer leaves what was expected."""
        case = self.question.case
        return find_difference(case, expected(case, self.profile), self.question.answer)


@dataclass(frozen=True)
class Group:
    """The doors that share a set of ledger entries, and hence must share one profile."""

    doors: tuple[str, ...]
    entries: tuple[Entry, ...]
    profile: AnyProfile | None  # the one that predicts every answer
    findings: tuple[Finding, ...]
    unpredicted: tuple[Finding, ...]

    @property
    def is_explained(self) -> bool:
        return not self.unpredicted and not any(e.verdict == "unexplained" for e in self.entries)


@dataclass(frozen=True)
class RowVerdict:
    """A row, judged: in exactly one of agree, diverge, unsupported, error."""

    row: Row
    status: str
    groups: tuple[Group, ...]

    @property
    def is_explained(self) -> bool:
        return all(group.is_explained for group in self.groups)

    @property
    def is_red(self) -> bool:
        return any(group.unpredicted for group in self.groups)


def judge_row(row: Row, ledger: Iterable[Entry]) -> RowVerdict:
    """Judge a row: group its doors by the entries that cover them, and look for each group's profile."""
    entries = [e for e in ledger if e.covers(row.system, row.version, row.backend, row.operation)]
    asked = [q for q in row.questions if q.answer.outcome != "unsupported"]
    if not asked:
        return RowVerdict(row, "unsupported", ())
    by_cover: dict[tuple[Entry, ...], list[Question]] = {}
    for question in asked:
        cover = tuple(e for e in entries if e.covers_door(question.door))
        by_cover.setdefault(cover, []).append(question)
    groups = tuple(judge_group(row.operation, cover, questions) for cover, questions in by_cover.items())
    return RowVerdict(row, status_of(groups), groups)


def status_of(groups: tuple[Group, ...]) -> str:
    """Return the one word for a row."""
    found = [finding for group in groups for finding in (*group.findings, *group.unpredicted)]
    if any(f.question.answer.outcome in FAILURES for f in found):
        return "error"
    return "diverge" if found else "agree"


def judge_group(operation: str, entries: tuple[Entry, ...], questions: list[Question]) -> Group:
    """Find the profile that predicts every answer of the group, and list what leaves the definition."""
    doors = tuple(dict.fromkeys(q.door for q in questions))
    profile = find_profile(operation, entries, questions)
    findings = [find(q, known=True) for q in questions if judge(q.case, q.answer).kind == DIVERGES]
    unpredicted = [find(q, known=False) for q in sibling_differences(questions)]
    if profile is None:
        best = closest_profile(operation, entries, questions)
        wrong = [q for q in questions if not is_predicted(q, best, entries)]
        unpredicted += [find(q, known=False, profile=effective(best, q.case, entries)) for q in wrong]
        findings = [f for f in findings if all(f.question is not q for q in wrong)]
    if any(e.verdict == "unexplained" for e in entries):
        findings, unpredicted = findings + unpredicted, []
    return Group(doors, entries, profile, tuple(findings), tuple(unpredicted))


def find(question: Question, known: bool, profile: AnyProfile = None) -> Finding:
    return Finding(question, profile or DEFINITIONS[question.case.operation].profile, known)


def sibling_differences(questions: list[Question]) -> list[Question]:
    """Return the answers outside every definition's domain that differ from the first door's."""
    first: dict[str, Question] = {}
    undefined = [q for q in questions if q.case.undefined]
    return [q for q in undefined if not is_same(first.setdefault(q.case.id, q).answer, q.answer)]


def overrides(entries: tuple[Entry, ...], case: Case) -> dict[str, str]:
    """Return what the entries together change for one case; an entry about a dtype or type wins."""
    mine = sorted((e for e in entries if e.covers_case(case)), key=lambda e: bool(e.dtypes or e.codes))
    return {axis: choice for entry in mine for axis, choice in entry.profile.items()}


def effective(profile: AnyProfile, case: Case, entries: tuple[Entry, ...]) -> AnyProfile:
    """Return the profile that holds for one case: open axes where they are open, the ledger's always."""
    chosen = {axis: getattr(profile, axis) for axis in case.open_axes}
    return replace(DEFINITIONS[case.operation].profile, **{**chosen, **overrides(entries, case)})


def is_predicted(
    question: Question, profile: AnyProfile, entries: tuple[Entry, ...], is_given: Comparison = is_given_by
) -> bool:
    """Whether the group's profile, or an entry's outcome, predicts an answer."""
    if question.case.undefined:
        return True
    for entry in entries:
        if entry.outcome and question.case.id in entry.cases:
            return question.answer.outcome == entry.outcome
    wanted = effective(profile, question.case, entries)
    if contradiction(question.case.operation, wanted) is not None:
        return False
    case, door = question.case, question.door
    if door.startswith("lengths-") and not is_elementwise(case, wanted):
        pieces = expected_in_pieces(case, wanted, int(door.removeprefix("lengths-")))
        return matches(case, pieces, question.answer)
    return is_given(wanted, case, question.answer)


def deciding(group: Group, question: Question) -> list[Entry]:
    """Return the entries without which an answer is not predicted; all that are about it, if none is."""
    about = [e for e in group.entries if e.is_about(question.case)]
    if group.profile is None:
        return about
    needed = []
    for entry in about:
        left = tuple(other for other in group.entries if other is not entry)
        without = effective(group.profile, question.case, left)
        # Without it the other entries may contradict each other: then it is their condition, not the cause.
        if contradiction(question.case.operation, without) is None:
            needed += [] if is_predicted(question, group.profile, left) else [entry]
    return needed or about


def candidates(operation: str, questions: Iterable[Question]) -> list[AnyProfile]:
    """Return every profile that the definition leaves possible for some of the questions."""
    axes: dict[str, tuple[str, ...]] = {}
    for question in questions:
        axes.update(question.case.open_axes)
    return list(permitted(operation, axes))


def distinct(questions: Iterable[Question]) -> list[Question]:
    """Return the questions without those whose case and answer are there already, small ones first."""
    kept: dict[str, dict[tuple[str, bytes], Question]] = {}
    for question in questions:
        answer = question.answer
        kept.setdefault(question.case.id, {}).setdefault((answer.outcome, answer.digest), question)
    flat = [question for seen in kept.values() for question in seen.values()]
    return sorted(flat, key=lambda q: q.case.size)


def find_profile(operation: str, entries: tuple[Entry, ...], questions: list[Question]) -> AnyProfile | None:
    """Return the first profile that predicts every answer, or None; samples of long ones tell most apart."""
    left, asked = candidates(operation, questions), distinct(questions)
    for question in asked:
        left = predicting(question, left, entries)
        if not left:
            return None
    long = [question for question in asked if question.case.size > SHORT]
    return next((p for p in left if all(is_predicted(q, p, entries) for q in long)), None)


def predicting(
    question: Question, profiles: list[AnyProfile], entries: tuple[Entry, ...]
) -> list[AnyProfile]:
    """Return the profiles that may predict an answer; those alike on its open axes are tried once."""
    axes = question.case.open_axes
    alike: dict[tuple[str, ...], list[AnyProfile]] = {}
    for profile in profiles:
        alike.setdefault(tuple(getattr(profile, axis) for axis in axes), []).append(profile)
    tried = ((group, is_predicted(question, group[0], entries, may_be_given_by)) for group in alike.values())
    return [profile for group, is_possible in tried if is_possible for profile in group]


def closest_profile(operation: str, entries: tuple[Entry, ...], questions: list[Question]) -> AnyProfile:
    """Return the possible profile that predicts most answers."""
    few = distinct(questions)
    return max(
        candidates(operation, questions),
        key=lambda profile: sum(is_predicted(q, profile, entries) for q in few),
    )


def audit(ledger: list[Entry], rows: Mapping[str, Row]) -> list[str]:
    """Return what is wrong with the ledger, given everything that was observed; empty: nothing."""
    return [problem for entry in ledger for problem in audit_entry(entry, ledger, list(rows.values()))]


def audit_entry(entry: Entry, ledger: list[Entry], rows: list[Row]) -> list[str]:
    """An entry must be needed wherever it claims to hold: remove it, and some answer is unpredicted."""
    problems, others = [], [e for e in ledger if e.name != entry.name]
    for version in entry.versions:
        covered = [
            r
            for r in rows
            if entry.covers(r.system, r.version, r.backend, r.operation) and is_of(r.version, version)
        ]
        if not covered:
            problems.append(f"{entry.name}: versions must be observed, got {version}: run it, or take it out")
        seen = {row.backend for row in covered}
        for backend in set(entry.backends) - {"*"} - seen:
            problems.append(f"{entry.name}: backends must be observed, got {backend} for {version}")
        problems += [problem for row in covered for problem in audit_row(entry, others, row)]
    return problems


def audit_row(entry: Entry, others: list[Entry], row: Row) -> list[str]:
    """Check one entry against one row that it covers."""
    of_entry = [q for q in row.questions if entry.covers_door(q.door) and q.answer.outcome != "unsupported"]
    problems = []
    for door in (d for d in entry.doors if not d.startswith("!")):
        mine = [q for q in of_entry if door in ("*", q.door)]
        if not mine or not is_needed(entry, others, row, mine):
            through = "" if door == "*" else f" through door {door}"
            problems.append(
                f"{entry.name}: must explain a divergence, got none in {row.name}{through}:"
                " the divergence has gone, or never was; take the entry or the door out"
            )
    witness = [q for q in of_entry if q.case.id == entry.witness]
    if not any(is_witness(q, row) for q in witness) and not problems:
        problems.append(
            f"{entry.name}: the witness must diverge, got agreement on {entry.witness} in {row.name}"
        )
    return problems


def is_witness(question: Question, row: Row) -> bool:
    """Whether an answer leaves the definition, or what the same system answers through its plain door."""
    plain = [q for q in row.questions if (q.case.id, q.door) == (question.case.id, "plain")]
    return judge(question.case, question.answer).kind == DIVERGES or any(
        not is_same(q.answer, question.answer) for q in plain
    )


def is_needed(entry: Entry, others: list[Entry], row: Row, questions: list[Question]) -> bool:
    """Whether some answer is unpredicted once the entry is taken out."""
    if entry.verdict == "unexplained":
        return any(judge(q.case, q.answer).kind == DIVERGES for q in questions)
    left = [e for e in others if e.covers(row.system, row.version, row.backend, row.operation)]

    @cache
    def cover(door: str) -> tuple[Entry, ...]:
        return tuple(e for e in left if e.covers_door(door))

    def would_share(door: str) -> list[Question]:
        """The door, with those it would share a profile with and that this entry does not cover."""
        rest = (q for q in row.questions if q.door == door or not entry.covers_door(q.door))
        return [q for q in rest if q.answer.outcome != "unsupported" and cover(q.door) == cover(door)]

    doors = dict.fromkeys(q.door for q in questions)
    return any(find_profile(row.operation, cover(d), would_share(d)) is None for d in doors)
