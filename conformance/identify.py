"""Identify: which profile of an operation predicts every answer? Brute force, nearest first.

All profiles within two changes of the definition are tried; beyond that, the best few are changed
further, one axis at a time (a beam), until one predicts every answer or nothing improves. When no
profile fits, scales within 4 ulp of the given ones are tried: arithmetic known, constants not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cases.case import Case
from conformance.judge import expected, matches, sample
from conformance.row import Question, distinct
from oracle.bfloat16 import Bfloat16
from oracle.definition import AXES, DEFINITIONS, contradiction, difference, is_undefined
from oracle.formats import BFLOAT16, carried, format_of
from oracle.specification import AnyProfile

NEAR = 2  # changes up to which every profile is tried
BEAM = 12
DEPTH = 7
ULPS = (1, -1, 2, -2, 3, -3, 4, -4)  # how far a constant may be from its nominal value


@dataclass(frozen=True)
class Constants:
    """Arithmetic that predicts every answer, if the scale is so many ulps above the given one."""

    profile: AnyProfile
    ulps: int

    def __str__(self) -> str:
        side = "above" if self.ulps > 0 else "below"
        return f"a scale {abs(self.ulps)} ulp {side} the given one"


@dataclass(frozen=True)
class Identified:
    """What a search found: the profiles that predict every answer, equally near the definition."""

    profiles: tuple[AnyProfile, ...]
    tried: int
    closest: AnyProfile  # the profile that predicts most answers, when none predicts all
    predicted: int
    asked: int
    constants: Constants | None = None  # when no profile predicts all


def identify(operation: str, questions: Iterable[Question]) -> Identified:
    """Search the profiles of an operation for those that predict every answer."""
    base = DEFINITIONS[operation].profile
    whole = [q for q in distinct(questions) if is_in_domain(q)]
    # What the definition does not predict comes first: most profiles fail there at once.
    thin = sorted(map(thinned, whole), key=lambda q: matches(q.case, expected(q.case, base), q.answer))
    front, tried = [base], {base: 0}
    for depth in range(NEAR + 1):
        front = expand(operation, front, tried) if depth else front
        if found := predicting(front, thin, whole):
            return Identified(found, len(tried), found[0], len(whole), len(whole))
    if constants := identify_constants([base], thin, whole):
        return Identified((), len(tried), base, score(base, thin), len(whole), constants)
    return search_further(operation, front, tried, (thin, whole))


def search_further(
    operation: str,
    front: list[AnyProfile],
    tried: dict[AnyProfile, int],
    questions: tuple[list[Question], list[Question]],
) -> Identified:
    """Change the best few profiles, one axis at a time, as long as it helps."""
    thin, whole = questions
    tried.update({profile: score(profile, few_for(profile, thin, whole)) for profile in tried})
    for _ in range(NEAR, DEPTH):
        beam = sorted(front, key=lambda p: -tried[p])[:BEAM]
        front = expand(operation, beam, tried)
        if found := predicting(front, thin, whole):
            return Identified(found, len(tried), found[0], len(whole), len(whole))
        tried.update({profile: score(profile, few_for(profile, thin, whole)) for profile in front})
        if not front or max(tried[p] for p in front) < tried[beam[0]]:
            break
    base = DEFINITIONS[operation].profile
    closest = max(tried, key=lambda p: (tried[p], -len(difference(base, p))))
    constants = identify_constants([closest], thin, whole)
    return Identified((), len(tried), closest, tried[closest], len(whole), constants)


def expand(operation: str, front: list[AnyProfile], tried: dict[AnyProfile, int]) -> list[AnyProfile]:
    """Return the profiles one change away from a front that were not tried yet, and note them."""
    near = dict.fromkeys(q for p in front for q in changes(operation, p))
    fresh = [profile for profile in near if profile not in tried]
    tried.update(dict.fromkeys(fresh, 0))
    return fresh


def predicting(
    front: list[AnyProfile], thin: list[Question], whole: list[Question]
) -> tuple[AnyProfile, ...]:
    """Return the profiles that predict every answer; those that leave the definition on fewest axes."""
    few = ((p, few_for(p, thin, whole)) for p in front)
    found = [p for p, asked in few if predicts_all(p, asked) and predicts_all(p, whole)]
    bases = [DEFINITIONS[q.case.operation].profile for q in whole[:1]]  # without a question, all are as near
    axes = {p: sum(len(difference(base, p)) for base in bases) for p in found}
    return tuple(p for p in found if axes[p] == min(axes.values()))


def few_for(profile: AnyProfile, thin: list[Question], whole: list[Question]) -> list[Question]:
    """Return the samples of long vectors; what looks at the places of elements needs all of them."""
    definitions = ((DEFINITIONS[q.case.operation], q.case.arguments) for q in whole)
    looks = any(d.is_elementwise(a, d.profile) > d.is_elementwise(a, profile) for d, a in definitions)
    return whole if looks else thin


def identify_constants(
    profiles: Iterable[AnyProfile], thin: list[Question], whole: list[Question]
) -> Constants | None:
    """Return the first of a few profiles, and the nearest scale, that predict every answer."""
    if not all("scale" in q.case.arguments for q in thin):
        return None
    for profile in dict.fromkeys(profiles):
        for ulps in ULPS:
            if all(predicts_all(profile, with_scale(few, ulps)) for few in (thin, whole)):
                return Constants(profile, ulps)
    return None


def with_scale(questions: list[Question], ulps: int) -> Iterator[Question]:
    """Yield the same questions about another scale, with the same answers."""
    for q in questions:
        arguments = {**q.case.arguments, "scale": move(q.case.arguments["scale"], ulps)}
        yield Question(Case(q.case.id, arguments, q.case.shows), q.door, q.answer)


def move(value: Any, ulps: int) -> Any:
    """Return reals, each so many ulps of its own dtype above what it is."""
    values, brain = carried(value), format_of(value) is BFLOAT16
    with np.errstate(all="ignore"):
        if brain:  # finite, and no zero: the patterns of a float32 without its 16 low bits
            moved = values.view(np.int32) + np.int32(ulps << 16)
            return Bfloat16(np.asarray(moved, np.int32).view(np.float32))
        for _ in range(abs(ulps)):
            values = np.nextafter(values, values.dtype.type(np.inf if ulps > 0 else -np.inf))
    return values


def is_in_domain(question: Question) -> bool:
    """Whether a profile says anything: no failure, no refusal of what the definition computes."""
    if is_undefined(question.case.operation, question.case.arguments):
        return False
    refused = expected(question.case, DEFINITIONS[question.case.operation].profile).outcome == "refused"
    return question.answer.outcome == "value" or (question.answer.outcome == "refused" and refused)


def score(profile: AnyProfile, questions: list[Question]) -> int:
    """Count the answers that a profile predicts."""
    return sum(matches(q.case, expected(q.case, profile), q.answer) for q in questions)


def predicts_all(profile: AnyProfile, questions: Iterable[Question]) -> bool:
    return all(matches(q.case, expected(q.case, profile), q.answer) for q in questions)


def changes(operation: str, profile: AnyProfile) -> Iterator[AnyProfile]:
    """Yield the profiles one choice away; a choice that needs another brings it along."""
    for axis, choices in AXES[operation].items():
        for choice in choices:
            changed = replace(profile, **{axis: choice})
            if changed == profile:
                continue
            if contradiction(operation, changed) is None:
                yield changed
                continue
            for other in DEFINITIONS[operation].mends:
                mended = replace(changed, **{a: c for a, c in other.items() if a != axis})
                if mended != changed and contradiction(operation, mended) is None:
                    yield mended


def thinned(question: Question) -> Question:
    """Return the question about a sample of a long vector, with the answer to match."""
    case, answer = sample(question.case, question.answer)
    return question if case is question.case else Question(case, question.door, answer)


def changed_axes(profile: AnyProfile, operation: str) -> dict[str, str]:
    """Return where a profile leaves the definition of its operation."""
    pairs = difference(DEFINITIONS[operation].profile, profile)
    return {axis: pair[1] for axis, pair in pairs.items()}
