"""The page of one family: each operation's definition, who agrees, and the story of each divergence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cases.case import Case
from cases.siblings import OWN
from conformance.judge import DIVERGES, judge, readable
from conformance.ledger import Entry
from conformance.row import RowVerdict
from oracle.definition import DEFINITIONS
from oracle.formats import carried
from reports.story import difference_of, prevalence, shown_of, sides, witness_of

FIRST = ("affine", "onnx types", "openvino", "lsq", "tensorflow", "tfmot", "qkeras", "larq")


def families() -> list[str]:
    """Return the families that have an operation, in the order in which they are shown."""
    found = dict.fromkeys(definition.family for definition in DEFINITIONS.values())
    return sorted(found, key=lambda family: FIRST.index(family) if family in FIRST else len(FIRST))


def operations_of(family: str) -> list[str]:
    """Return the operations of a family."""
    return [name for name, definition in DEFINITIONS.items() if definition.family == family]


def family_lines(family: str, verdicts: list[RowVerdict], ledger: list[Entry]) -> Iterator[str]:
    """Yield the lines of one family's page."""
    yield f"# {family}: definitions and divergences"
    yield ""
    yield "Written by `python -m reports render`; the overview is [REPORT.md](../REPORT.md)."
    yield ""
    for operation in operations_of(family):
        yield from operation_lines(operation, verdicts, ledger)


def operation_lines(operation: str, verdicts: list[RowVerdict], ledger: list[Entry]) -> Iterator[str]:
    """An operation: its definition, who agrees, and the story of each divergence."""
    definition = DEFINITIONS[operation]
    yield f"## {operation}"
    yield ""
    yield f"Definition: {definition.source}."
    yield ""
    for sentence in definition.sentences:
        yield f"> {sentence}"
        yield ">"
    yield ""
    agreeing = [v.row for v in verdicts if v.row.operation == operation and v.status == "agree"]
    versions: dict[tuple[str, str], list[str]] = {}
    for row in agreeing:
        versions.setdefault((row.system, row.backend), []).append(row.version)
    agree = (f"{system} {', '.join(of)} {backend}" for (system, backend), of in versions.items())
    names = "; ".join(agree) or "nobody, on every case"
    yield f"Agrees: {names}."
    yield ""
    for entry in ledger:
        if entry.operation == operation:
            yield from story_lines(entry, verdicts)


def story_lines(entry: Entry, verdicts: list[RowVerdict]) -> Iterator[str]:
    """One divergence: axes, smallest input, sentence, others, command."""
    question = witness_of(entry, verdicts)
    if question is None:
        return
    found = difference_of(question, entry)
    others = sides(entry, question, verdicts, shown_of(entry, question.case, found))
    definition = DEFINITIONS[entry.operation]
    yield f'### <a id="{entry.name}"></a>{entry.name}'
    yield ""
    yield entry.story
    yield ""
    yield f"- **verdict**: {entry.verdict}; {entry.system} {', '.join(entry.versions)}, {scope(entry)}"
    for axis, choice in entry.profile.items():
        base = getattr(definition.profile, axis)
        yield f"- **{axis}** = {choice} (definition: {base}): {definition.meaning[axis][choice]}"
    if entry.outcome:
        yield f"- **outcome**: {entry.outcome}, on {', '.join(f'`{c}`' for c in entry.cases)}"
    door = "" if question.door == "plain" else f" through the door *{question.door}*"
    diverges = judge(question.case, question.answer).kind == DIVERGES
    gives = "the definition gives" if diverges else "the text is silent here, and its default choice gives"
    of = "" if found.output == "value" else f"{found.output} = "
    if found.output and found.x:
        yield (
            f"- **smallest input** of `{entry.witness}`{door}: {found.x}{parameters(question.case)}:"
            f" {gives} {of}{found.expected}, {entry.system} gives"
            f" {found.actual}; {found.count} of the case's {found.size} elements differ"
        )
    else:
        yield (
            f"- **witness** `{entry.witness}`{door}: {gives} {found.expected},"
            f" {entry.system} gives {found.actual}"
        )
    if many := prevalence(entry):
        yield f"- **prevalence**: with the witness's parameters, these axes alone change {many}"
    yield f"- **decided by**: “{entry.says}” — {entry.where}"
    yield f"- **checked**: {'; '.join(entry.checked)}"
    yield f"- **on the definition's side**: {', '.join(others.definition) or others.nobody}"
    if others.same:
        yield f"- **on the same side**: {', '.join(others.same)}"
    if others.other:
        yield f"- **gives another answer**: {', '.join(others.other)}"
    yield f"- **upstream**: {entry.upstream}"
    yield f"- **repeat**: `python -m conformance reproduce {entry.name}`, or"
    yield f"  `python -m conformance check --system {entry.system} --case {entry.witness}`"
    yield ""


def parameters(case: Case) -> str:
    """Return the arguments of a case besides its vector, in words."""
    words = [f"{name} {in_short(value)}" for name, value in case.arguments.items()
             if name not in (case.vector, "dy", "qmin", "qmax")]  # fmt: skip
    if "qmin" in case.arguments:
        words.append(case.codes)
    return "".join(f", {word}" for word in words)


def in_short(value: Any) -> str:
    """Return one argument: a number in decimal and hex, an array by its shape."""
    if value is None or isinstance(value, (str, bool, int)) or type(value) is float:
        return str(value)
    shape = carried(value).shape
    return readable(value, 0) if carried(value).size == 1 else f"of shape {list(shape)}"


def scope(entry: Entry) -> str:
    """Return where an entry holds, in words."""
    parts = ["every backend" if entry.backends == ("*",) else f"backend {', '.join(entry.backends)}"]
    left_out = [d[1:] for d in entry.doors if d.startswith("!")]
    named = [d for d in entry.doors if d != "*" and not d.startswith("!")]
    if named:
        parts.append(f"through {', '.join(f'{d} ({OWN[d]})' if d in OWN else d for d in named)}")
    elif left_out:
        parts.append(f"every door but {', '.join(left_out)}")
    if entry.dtypes:
        parts.append(f"dtype {', '.join(entry.dtypes)}")
    if entry.codes:
        parts.append(f"codes {', '.join(entry.codes)}")
    return "; ".join(parts)
