"""Where no definition decides: silences, and arguments outside every domain; answers without a verdict."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge import UNDEFINED, judge, readable
from conformance.row import RowVerdict
from oracle.definition import DEFINITIONS


def silences_in_one_line() -> Iterator[str]:
    """Yield where the tables are."""
    yield "## Where nothing decides"
    yield ""
    yield (
        "What each backend chose where a text is silent, or is asked outside its domain:"
        " [silences](stories/silences.md)."
    )
    yield ""


def silence_lines(verdicts: list[RowVerdict]) -> Iterator[str]:
    """Yield the page: where the definition is silent, and what lies outside every domain."""
    yield "# Where the definition is silent"
    yield ""
    yield "No answer is wrong here; the systems are compared with each other (`spec-gap`)."
    yield ""
    yield "| operation | silent about | why | chosen |"
    yield "|---|---|---|---|"
    for operation, definition in DEFINITIONS.items():
        for silence in definition.silences:
            chosen = choices_made(operation, silence.axis, verdicts)
            if len(chosen) > 1:
                said = "; ".join(f"*{c}*: {', '.join(who)}" for c, who in chosen.items())
                yield f"| `{operation}` | {silence.axis} | {silence.says} | {said} |"
    yield ""
    yield from undefined_lines(verdicts)


def choices_made(operation: str, axis: str, verdicts: list[RowVerdict]) -> dict[str, list[str]]:
    """Return choice -> who, over the groups that have a profile and were asked where the axis is open."""
    chosen: dict[str, list[str]] = {}
    for verdict in verdicts:
        row = verdict.row
        if row.operation != operation:
            continue
        for group in verdict.groups:
            asked = [q for q in row.questions if q.door in group.doors and q.answer.outcome == "value"]
            if group.profile is None or not any(axis in q.case.open_axes for q in asked):
                continue
            pinned = [e.profile[axis] for e in group.entries if axis in e.profile]
            name = f"{row.system} {row.backend}" + ("" if "plain" in group.doors else f" {group.doors[0]}")
            for choice in dict.fromkeys(pinned or [getattr(group.profile, axis)]):
                if name not in chosen.setdefault(choice, []):
                    chosen[choice].append(name)
    return chosen


def undefined_lines(verdicts: list[RowVerdict]) -> Iterator[str]:
    """Outside every definition's domain: what each backend does, without a verdict."""
    yield "## Outside the domain"
    yield ""
    yield (
        "Arguments that no definition decides (a scale of 0, an int32 zero point): answers, without a"
        " verdict."
    )
    yield ""
    yield "| case | answers to the first input |"
    yield "|---|---|"
    found: dict[str, dict[str, list[str]]] = {}
    for verdict in verdicts:
        row = verdict.row
        for question in row.questions:
            if question.door == "plain" and judge(question.case, question.answer).kind == UNDEFINED:
                answer = question.answer
                said = (
                    answer.outcome if answer.value is None else readable(next(iter(answer.value.values())), 0)
                )
                name = f"{row.system} {row.backend}"
                found.setdefault(question.case.id, {}).setdefault(said, []).append(name)
    for case, answers in sorted(found.items()):
        told = "; ".join(f"{said}: {', '.join(dict.fromkeys(who))}" for said, who in sorted(answers.items()))
        yield f"| `{case}` | {told} |"
    yield ""
