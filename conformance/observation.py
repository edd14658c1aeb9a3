"""Observations: committed files of answers, never of verdicts.

A file is JSON Lines: a header (who answered), one line per case (its digest, the answer through each
door), a footer with the count. A door that answered what the plain one answered is written as the
name "plain"; long arrays are run-length encoded.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cases.case import Case, all_cases
from cases.wire import compact, decode, encode, expand
from conformance.answer import Answer
from conformance.judge import is_same
from conformance.row import Question, Row

OBSERVATIONS = Path(__file__).parent.parent / "reports" / "observations"
FORMAT = 1


class ObservationError(ValueError):
    """A file that is no whole observation; the message names file, rule and value."""


@dataclass(frozen=True, order=True)
class Header:
    """Who answered: the key of an observation, and the digest of the adapter that asked."""

    system: str
    version: str
    backend: str
    instruction_set: str
    adapter: str

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():  # they become folders and a file
            if not re.fullmatch(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]*", value):
                raise ValueError(f"{name} must be letters, digits and ._+-, got {value!r}")

    @property
    def path(self) -> Path:
        return Path(self.system) / self.version / f"{self.backend}.{self.instruction_set}.jsonl"

    def __str__(self) -> str:
        return f"{self.system} {self.version} {self.backend} on {self.instruction_set}"


@dataclass(frozen=True)
class Observation:
    """All answers of one backend of one version of one system on one instruction set."""

    header: Header
    questions: tuple[Question, ...]
    stale: tuple[str, ...] = ()  # cases that changed, or are gone, since they were asked

    def rows(self) -> list[Row]:
        """Return one row per operation, in the order of the cases."""
        by_operation: dict[str, list[Question]] = {}
        for question in self.questions:
            by_operation.setdefault(question.case.operation, []).append(question)
        h = self.header
        return [Row(h.system, h.version, h.backend, op, tuple(qs)) for op, qs in by_operation.items()]


def write(observation: Observation, folder: Path) -> Path:
    """Write an observation under its key, atomically: the same answers give the same bytes."""
    path = folder / observation.header.path
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        {"observation": FORMAT, **asdict(observation.header)},
        *case_lines(observation.questions),
    ]
    lines.append({"end": len(lines) - 1})
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)
    return path


def case_lines(questions: Iterable[Question]) -> Iterator[dict[str, Any]]:
    """Yield one line per case, doors in the order they were asked."""
    by_case: dict[str, list[Question]] = {}
    for question in questions:
        by_case.setdefault(question.case.id, []).append(question)
    for name in sorted(by_case):
        asked = by_case[name]
        plain = asked[0].answer
        answers: dict[str, Any] = {asked[0].door: encode_answer(plain)}
        for question in asked[1:]:
            same = question.answer.reason == plain.reason and is_same(question.answer, plain)
            answers[question.door] = asked[0].door if same else encode_answer(question.answer)
        yield {"case": name, "digest": asked[0].case.digest(), "answers": answers}


def encode_answer(answer: Answer) -> dict[str, Any]:
    if answer.value is None:
        return {"outcome": answer.outcome, "reason": answer.reason}
    return {"outcome": "value", "value": {n: compact(encode(v)) for n, v in answer.value.items()}}


def decode_answer(raw: Any) -> Answer:
    """Return a stored answer; ValueError when it is none."""
    if not isinstance(raw, dict) or "outcome" not in raw:
        raise ValueError(f"an answer must be an object with an outcome, got {str(raw)[:80]}")
    if raw["outcome"] != "value":
        return Answer(str(raw["outcome"]), reason=str(raw.get("reason", "")))
    return Answer("value", {name: decode(expand(v)) for name, v in raw["value"].items()})


def read(path: Path) -> Observation:
    """Read one observation.

    Raises:
        ObservationError: not one, cut short, or changed so that it cannot be understood.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        ends = [json.loads(line) for line in (*lines[:1], *lines[-1:])]
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ObservationError(f"{path}: an observation must be JSON Lines, got {error}") from error
    if not ends or not isinstance(ends[0], dict) or ends[0].get("observation") != FORMAT:
        raise ObservationError(f"{path}: an observation must begin with its header, got {str(ends[:1])[:80]}")
    if not isinstance(ends[1], dict) or ends[1].get("end") != len(lines) - 2:
        raise ObservationError(
            f"{path}: an observation must end with its count {max(len(lines) - 2, 0)}: cut short"
        )
    try:
        header = Header(**{k: str(v) for k, v in ends[0].items() if k != "observation"})
        return _assemble(header, lines[1:-1])
    except json.JSONDecodeError as error:
        raise ObservationError(f"{path}: an observation must be JSON Lines, got {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ObservationError(f"{path}: an observation must hold answers, got {error}") from error


def _assemble(header: Header, lines: list[str]) -> Observation:
    read = [_read_line(line) for line in lines]
    questions = [question for _, held in read for question in held or ()]
    return Observation(header, tuple(questions), tuple(name for name, held in read if held is None))


@cache
def _read_line(line: str) -> tuple[str, tuple[Question, ...] | None]:
    """Return a case's name and what was asked of it, None when it has changed since.

    Equal lines give the same objects: what versions answer alike is read and judged once.
    """
    raw = json.loads(line)
    case = all_cases().get(raw["case"])
    if case is None or case.digest() != raw["digest"]:
        return raw["case"], None
    return case.id, tuple(_questions_of(case, raw["answers"]))


def _questions_of(case: Case, answers: dict[str, Any]) -> list[Question]:
    decoded: dict[str, Answer] = {}
    for door, raw in answers.items():
        decoded[door] = decoded[raw] if isinstance(raw, str) else decode_answer(raw)
    return [Question(case, door, answer) for door, answer in decoded.items()]


def read_all(folder: Path = OBSERVATIONS) -> list[Observation]:
    """Read every observation under a folder, sorted by key."""
    return sorted((read(path) for path in folder.rglob("*.jsonl")), key=by_key)


def by_key(observation: Observation) -> tuple[str, tuple[int, ...], Header]:
    """Return what observations are sorted by: 2.8.4 comes before 2.13.0."""
    header = observation.header
    return header.system, version_key(header.version), header


def version_key(version: str) -> tuple[int, ...]:
    """Return a version as numbers, for distances and for order; what it runs on comes after its own."""
    own, _, host = version.partition("+")
    numbers = [[int(part) for part in re.findall(r"\d+", piece)[:4]] for piece in (own, host)]
    padding = [0] * (4 - len(numbers[0])) if numbers[1] else []
    return (*numbers[0], *padding, *numbers[1])
