"""Identify: which profile of an operation predicts every answer? Brute force, nearest first.

All profiles within two changes of the definition are tried; beyond that, the best few are changed
further, one axis at a time (a beam), until one predicts every answer or nothing improves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from cases.case import Case
from conformance.answer import Answer
from conformance.judge import expected, is_same
from conformance.row import Question, distinct
from oracle.bfloat16 import Bfloat16
from oracle.definition import DEFINITIONS, is_undefined
from oracle.formats import carried
from oracle.profile import AXES, Profile, contradiction, difference

BEAM = 12
DEPTH = 7
SAMPLE = 400  # elements: longer vectors are thinned while searching, and used whole to confirm


@dataclass(frozen=True)
class Identified:
    """What a search found: the profiles that predict every answer, all equally near the definition."""

    profiles: tuple[Profile, ...]
    tried: int
    closest: Profile  # the profile that predicts most answers, when none predicts all
    predicted: int
    asked: int


def identify(operation: str, questions: Iterable[Question]) -> Identified:
    """Search the profiles of an operation for those that predict every answer."""
    whole = [q for q in distinct(questions) if is_in_domain(q)]
    thin = [thinned(q) for q in whole]
    tried: dict[Profile, int] = {}
    base = DEFINITIONS[operation].profile
    front = [base]
    score(base, thin, tried)
    for depth in range(DEPTH + 1):
        found = tuple(p for p in front if tried[p] == len(thin) and predicts_all(p, whole))
        if found:
            return Identified(found, len(tried), found[0], len(whole), len(whole))
        wide = front if depth < 2 else sorted(front, key=lambda p: -tried[p])[:BEAM]
        front = [p for p in dict.fromkeys(q for f in wide for q in changes(operation, f)) if p not in tried]
        for profile in front:
            score(profile, thin, tried)
        if depth >= 2 and (not front or max(tried[p] for p in front) < max(tried[p] for p in wide)):
            break
    closest = max(tried, key=lambda p: (tried[p], -len(difference(base, p))))
    return Identified((), len(tried), closest, tried[closest], len(whole))


def is_in_domain(question: Question) -> bool:
    """Whether a profile can say anything: no failure, no refusal of what the definition computes."""
    if is_undefined(question.case.arguments):
        return False
    refused = expected(question.case, DEFINITIONS[question.case.operation].profile).outcome == "refused"
    return question.answer.outcome == "value" or (question.answer.outcome == "refused" and refused)


def score(profile: Profile, questions: list[Question], tried: dict[Profile, int]) -> None:
    """Count the answers that a profile predicts."""
    tried[profile] = sum(is_same(expected(q.case, profile), q.answer) for q in questions)


def predicts_all(profile: Profile, questions: list[Question]) -> bool:
    return all(is_same(expected(q.case, profile), q.answer) for q in questions)


def changes(operation: str, profile: Profile) -> Iterator[Profile]:
    """Yield the profiles one choice away; a choice that needs another brings it along."""
    for axis, choices in AXES[operation].items():
        for choice in choices:
            changed = replace(profile, **{axis: choice})
            if changed == profile:
                continue
            if contradiction(changed) is None:
                yield changed
                continue
            for other in ({"scaling": "reciprocal"}, {"scaling": "reciprocal64"},
                          {"overflow": "int32"}, {"overflow": "int64"}, {"overflow": "int32_below"},
                          {"offset": "after"}, {"nan": "lowest"}):  # fmt: skip
                mended = replace(changed, **{a: c for a, c in other.items() if a != axis})
                if mended != changed and contradiction(mended) is None:
                    yield mended


def thinned(question: Question) -> Question:
    """Return the question about every n-th element of a long vector, with the answer to match."""
    answer, values = question.answer, carried(question.case.arguments[question.case.vector])
    step = values.size // SAMPLE + 1
    if step == 1 or answer.value is None or any(
        carried(v).shape != values.shape for v in answer.value.values()
    ):
        return question
    few = Answer("value", {name: pick(value, step) for name, value in answer.value.items()})
    return Question(thin_case(question.case, step), question.door, few)


@lru_cache(maxsize=1 << 10)
def thin_case(case: Case, step: int) -> Case:
    """Return the case with every step-th element of its vector; the same object for the same case."""
    few = {**case.arguments, case.vector: pick(case.arguments[case.vector], step)}
    return Case(case.id, few, case.shows)


def pick(value: Any, step: int) -> Any:
    """Return every step-th element of an array or a Bfloat16, flattened."""
    few = carried(value).reshape(-1)[::step].copy()
    return Bfloat16(few) if isinstance(value, Bfloat16) else few


def changed_axes(profile: Profile, operation: str) -> dict[str, str]:
    """Return where a profile leaves the definition of its operation."""
    pairs = difference(DEFINITIONS[operation].profile, profile)
    return {axis: pair[1] for axis, pair in pairs.items()}
