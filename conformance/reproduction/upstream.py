"""The text of an upstream report: everything that a maintainer needs, and nothing that must be believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.judge import readable
from conformance.ledger import Entry
from conformance.observation import Header
from conformance.reproduction.literals import is_array
from conformance.reproduction.script import together
from conformance.reproduction.witness import Witness
from conformance.story import Side, prevalence
from oracle.definition import DEFINITIONS
from oracle.formats import carried

SHOWN = 8  # elements of an array


def write_report(witness: Witness, others: Side, script: str, header: Header | None) -> str:
    """Return the text of an upstream report, in Markdown."""
    return "\n".join(lines(witness, others, script, header)) + "\n"


def lines(witness: Witness, others: Side, script: str, header: Header | None) -> Iterator[str]:
    entry, row = witness.entry, witness.row
    definition = DEFINITIONS[row.operation]
    how = ", ".join(entry.profile) or entry.outcome
    yield f"# {row.system}: {row.operation} leaves its definition ({how})"
    yield ""
    yield entry.story
    yield ""
    yield f"- **Versions**: {row.system} {', '.join(entry.versions)}, backend {row.backend}"
    yield f"- **Platform**: {header.instruction_set if header else 'as the observation says'}, CPU"
    yield f"- **Asked through**: {witness.question.door}"
    yield ""
    yield "## What decides it"
    yield ""
    yield f"> {entry.says}"
    yield ""
    yield f"{entry.where}. The definition that the numbers are compared with: {definition.source}:"
    yield ""
    yield from (f"> {sentence}" for sentence in definition.sentences)
    yield ""
    yield "## The smallest input that shows it"
    yield ""
    for name, value in witness.case.arguments.items():
        yield f"- `{name}` = {tell(value)}"
    yield f"- expected ({witness.against}): {tell_answer(witness, witness.expected)}"
    yield f"- {row.system} {row.version} gives: {tell_answer(witness, witness.actual)}"
    if not witness.is_stored:
        yield "  (as the profile below predicts it; it predicts every stored answer)"
    yield ""
    if entry.profile:
        yield "## The arithmetic"
        yield ""
        yield from axis_lines(entry)
        yield ""
    if many := prevalence(entry):
        yield f"With this scale and zero point, these axes alone change {many}."
        yield ""
    yield from side_lines(witness, others)
    yield ""
    yield "## Script"
    yield ""
    yield "It needs numpy and the framework, and exits with status 1 while the divergence lives."
    yield ""
    yield "```python"
    yield script.rstrip("\n")
    yield "```"


def axis_lines(entry: Entry) -> Iterator[str]:
    """The definition's choice beside the framework's, axis by axis."""
    definition = DEFINITIONS[entry.operation]
    yield "| axis | the definition | the framework |"
    yield "|---|---|---|"
    for axis, choice in entry.profile.items():
        base = getattr(definition.profile, axis)
        meaning = definition.meaning.get(axis, {})
        said = [f"{c}: {meaning[c]}" if c in meaning else str(c) for c in (base, choice)]
        yield f"| {axis} | {' | '.join(text.replace('|', chr(92) + '|') for text in said)} |"


def side_lines(witness: Witness, others: Side) -> Iterator[str]:
    """Who else gives which answer, and why the mistake is not ours."""
    yield "## Who agrees"
    yield ""
    yield f"- with {witness.against}: {', '.join(together(others.definition)) or others.nobody}"
    yield f"- with {witness.row.system}: {', '.join(together(others.same)) or 'nobody'}"
    if others.other:
        yield f"- another answer: {', '.join(together(others.other))}"
    yield f"- checked: {'; '.join(witness.entry.checked)}"
    yield f"- upstream: {witness.entry.upstream}"


def tell(value: Any) -> str:
    """Return an argument in decimal and in hex."""
    if not is_array(value):
        return repr(value)
    size = int(carried(value).size)
    shown = ", ".join(readable(value, i) for i in range(min(size, SHOWN)))
    more = f", … ({size} elements)" if size > SHOWN else ""
    return f"{shown}{more}"


def tell_answer(witness: Witness, answer: Any) -> str:
    if answer.value is None:
        return f"{answer.outcome}: {answer.reason}"
    if witness.output not in answer.value:
        return f"no output `{witness.output}`"
    name = "" if witness.output == "value" else f"`{witness.output}` = "
    return name + tell(answer.value[witness.output])
