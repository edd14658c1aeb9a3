"""Fakes, generated: deliberately wrong implementations prove that the harness notices.

Each choice on each axis of each operation is planted in a real worker process, which answers every
case with that one choice changed. `identify` must name exactly what was planted, or, where two
choices are the same function, only choices that are proven to be. Scales that are off by one ulp
must diverge, fit no profile, and be recognised as constants; the faithful fake is acquitted.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from cases.case import cases_of
from conformance.ask import Worker
from conformance.check import CLEAN, HARNESS, in_axes
from conformance.fake_adapter import FAITHFUL, ULPS
from conformance.identify import Identified, identify
from conformance.judge import DIVERGES, expected, judge, matches
from conformance.row import Question, Row, judge_row
from conformance.survey import ask_case
from oracle.definition import DEFINITIONS, single_changes
from oracle.specification import AnyProfile, Equivalence

CONVICTED, EQUIVALENTLY, CONSTANTS, ACQUITTED, MISSED = (
    "convicted", "equivalent", "constants", "acquitted", "missed",
)  # fmt: skip
ADAPTER = "conformance.fake_adapter"

Key = tuple[str, str, str]  # operation, axis, choice


EQUIVALENT: dict[Key, Equivalence] = {
    (operation, *planted): equivalence
    for operation, definition in DEFINITIONS.items()
    for equivalence in definition.equivalences
    for planted in equivalence.planted(definition.profile)
}


@dataclass(frozen=True)
class Conviction:
    """What became of one fake."""

    operation: str
    axis: str
    choice: str
    verdict: str
    profiles: tuple[str, ...]  # that predict every answer
    case: str  # the first that tells the fake from the definition
    proof: str = ""  # why the profiles are one function

    def __str__(self) -> str:
        told = f"; first told by {self.case}" if self.case else ""
        name = f"{self.axis} = {self.choice}" if self.choice else self.axis
        line = f"{self.operation} {name}: {self.verdict} as {' or '.join(self.profiles)}{told}"
        return f"{line}\n    {self.proof}" if self.proof else line


def convict() -> list[Conviction]:
    """Ask every fake every case, and return what the harness made of each."""
    with Worker(ADAPTER) as worker:
        return [
            convict_one(worker, operation, *fake) for operation in DEFINITIONS for fake in fakes_of(operation)
        ]


def fakes_of(operation: str) -> Iterator[tuple[str, str, AnyProfile | None]]:
    """Yield (axis, choice, profile): the faithful one, the axes, and faults that no profile has."""
    yield FAITHFUL, "", DEFINITIONS[operation].profile
    yield from single_changes(operation)
    for door in ULPS if DEFINITIONS[operation].takes_scale else ():
        axis, _, choice = door.partition("=")
        yield axis, choice, None


def convict_one(
    worker: Worker, operation: str, axis: str, choice: str, profile: AnyProfile | None
) -> Conviction:
    """Ask one fake every case of its operation, and look for what it computes."""
    door = f"{axis}={choice}" if choice else axis
    asked = [Question(case, door, ask_case(worker, case, door)) for case in cases_of(operation)]
    found, equivalence = identify(operation, asked), EQUIVALENT.get((operation, axis, choice))
    verdict = verdict_of(asked, found, profile, equivalence)
    names = tuple(in_axes(p, operation) for p in found.profiles)
    constants = (f"{in_axes(found.closest, operation)} with {found.constants}",)
    return Conviction(
        operation,
        axis,
        choice,
        verdict,
        constants if verdict == CONSTANTS else names,
        next((q.case.id for q in asked if not is_faithful(q)), ""),
        equivalence.proof if equivalence and verdict == EQUIVALENTLY else "",
    )


def verdict_of(
    asked: list[Question],
    found: Identified,
    profile: AnyProfile | None,
    equivalence: Equivalence | None,
) -> str:
    """Return the one word for a fake, given what was planted (None: no profile) and found."""
    diverges = any(judge(q.case, q.answer).kind == DIVERGES for q in asked)
    if profile is None:
        return CONSTANTS if diverges and found.constants and not found.profiles else MISSED
    operation = asked[0].case.operation
    if profile == DEFINITIONS[operation].profile:
        row = Row("fake", "1", "default", operation, tuple(asked))
        return ACQUITTED if judge_row(row, []).status == "agree" else MISSED
    if equivalence is None:
        return CONVICTED if found.profiles == (profile,) else MISSED
    alike = equivalence.alike(DEFINITIONS[operation].profile, profile)
    return EQUIVALENTLY if found.profiles and alike.issuperset(found.profiles) else MISSED


def is_faithful(question: Question) -> bool:
    """Whether an answer is the definition's own."""
    base = DEFINITIONS[question.case.operation].profile
    return matches(question.case, expected(question.case, base), question.answer)


def run_fakes(options: argparse.Namespace) -> int:
    """Print the table of all fakes; exit status 3, a broken harness, when one was missed."""
    found = convict()
    text = as_json(found) if options.json else "\n".join([*map(str, found), in_total(found)])
    if options.out:
        replace_file(options.out, f"{text}\n")
    else:
        print(text)
    return HARNESS if any(c.verdict == MISSED for c in found) else CLEAN


def as_json(found: list[Conviction]) -> str:
    """Return the table as the report reads it."""
    return json.dumps({"fakes": [asdict(c) for c in found]}, indent=2)


def in_total(found: list[Conviction]) -> str:
    """Return how many fakes there were, by verdict."""
    counts = Counter(c.verdict for c in found)
    return f"{len(found)} fakes: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.items())


def replace_file(path: Path, text: str) -> None:
    """Write a file, atomically; ValueError when its folder is none."""
    if not path.parent.is_dir():
        raise ValueError(f"a file must lie in a folder, got {path}")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)
