"""Change: which fewest axes, chosen otherwise, make profiles that were expected predict what was answered?

Every way of changing one axis is tried, then every way of changing two. It is quick, for most ways fail
on the first answers; `identify` searches further, and from the definition.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations, product

from conformance.identify import thinned
from conformance.judge import expected, matches
from conformance.row import Question
from oracle.definition import AXES, contradiction
from oracle.specification import AnyProfile

COUNT = 2
WAYS = 3  # that are named, of equally many axes

Answers = Sequence[tuple[AnyProfile, Question]]


def changes_in_words(operation: str, answers: Answers) -> list[str]:
    """Say which change of axes predicts answers with values: of all together, or of each kind of input.

    Args:
        operation: of every question.
        answers: each with the profile that was expected of it.
    """
    if found := in_axes(operation, answers):
        return [f"{operation}: {found}"]
    kinds: dict[tuple[str, str], list[tuple[AnyProfile, Question]]] = {}
    for profile, question in answers:
        kinds.setdefault((question.case.dtype, question.case.codes), []).append((profile, question))
    none = f"no change of at most {COUNT} axes predicts the answers"
    return [
        f"{operation} ({', '.join(filter(None, kind))}): {in_axes(operation, of_kind) or none}"
        for kind, of_kind in kinds.items()
    ]


def in_axes(operation: str, answers: Answers) -> str:
    """Return the nearest ways of changing axes, in words; nothing when there is none."""
    first = answers[0][0]
    return " or ".join(
        "; ".join(f"{axis}: {getattr(first, axis)} -> {choice}" for axis, choice in way.items())
        for way in nearest_changes(operation, answers)[:WAYS]
    )


def nearest_changes(operation: str, answers: Answers, count: int = COUNT) -> list[dict[str, str]]:
    """Return the fewest changes of axes, at most `count`, that make wrong profiles predict their answers.

    Args:
        operation: of every question.
        answers: each with the profile that was expected of it; they may differ by dtype and integer type.
        count: how many axes may change.

    Returns:
        axis → choice, for each way of changing equally many axes; empty when none is enough.
    """
    small = sorted(((p, thinned(q)) for p, q in answers), key=lambda pair: pair[1].case.size)
    for changed in range(1, count + 1):
        ways = (
            dict(zip(axes, choices, strict=True))
            for axes in combinations(AXES[operation], changed)
            for choices in product(*(AXES[operation][axis] for axis in axes))
        )
        found = [way for way in ways if predicts_with(way, small) and predicts_with(way, answers)]
        if found:
            return found
    return []


def predicts_with(way: dict[str, str], answers: Iterable[tuple[AnyProfile, Question]]) -> bool:
    """Whether profiles, changed in one way, predict their answers."""
    for profile, question in answers:
        changed = replace(profile, **way)
        if contradiction(question.case.operation, changed) is not None:
            return False
        if not matches(question.case, expected(question.case, changed), question.answer):
            return False
    return True
