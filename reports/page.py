"""The page: REPORT.md, for a person with one minute, and for one with a dispute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from cases.case import Case
from cases.siblings import OWN
from conformance.judge import UNDEFINED, judge, readable
from conformance.ledger import Entry
from conformance.observation import Observation
from conformance.row import Row, RowVerdict
from oracle.definition import DEFINITIONS, open_axes
from reports.fakes import fake_lines
from reports.story import difference_of, prevalence, sides, witness_of
from reports.summary import judge_all, summarize

README = Path(__file__).parent.parent / "README.md"
MARKS = ("<!-- summary -->", "<!-- /summary -->")
SIGNS = {"agree": "agrees", "unsupported": "—", "error": "**error**"}


def render(observations: list[Observation], ledger: list[Entry], folder: Path) -> list[Path]:
    """Write REPORT.md; return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    verdicts = judge_all(observations, ledger)
    path = folder / "REPORT.md"
    path.write_text("\n".join(page(verdicts, ledger)) + "\n", encoding="utf-8")
    return [path]


def put_into_readme(verdicts: list[RowVerdict]) -> None:
    """Replace the table between the README's two marks by the overview."""
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(MARKS[0], 1)
    after = rest.split(MARKS[1], 1)[1]
    table = "\n".join(overview(verdicts, in_short))
    README.write_text(f"{before}{MARKS[0]}\n{table}{MARKS[1]}{after}", encoding="utf-8")


def page(verdicts: list[RowVerdict], ledger: list[Entry]) -> Iterator[str]:
    """Yield the lines of the page."""
    yield "# Who computes what the definition says"
    yield ""
    yield (
        "Every number here comes from a framework that was really run; the answers are in"
        " `reports/observations/`, and `python -m reports render` writes this page from them. A row is"
        " one version of one backend. *agrees*: every answer, through every door, is the one the"
        " definition gives. Otherwise: the axes on which the arithmetic leaves the definition, each"
        " linked to its story below. **unexplained** rows come first and are counted."
    )
    yield ""
    yield from overview(verdicts, in_axes)
    yield from unexplained_lines(verdicts, ledger)
    for operation in DEFINITIONS:
        yield from operation_lines(operation, verdicts, ledger)
    yield from silence_lines(verdicts)
    yield from undefined_lines(verdicts)
    yield from fake_lines()


def overview(verdicts: list[RowVerdict], cell: Callable[[RowVerdict], str]) -> Iterator[str]:
    """The first screen: one row per backend, one column per operation, and the counts."""
    operations = list(DEFINITIONS)
    yield "| system | version | backend | " + " | ".join(f"`{op}`" for op in operations) + " |"
    yield "|---|---|---|" + "---|" * len(operations)
    by_backend: dict[tuple[str, str, str], dict[str, RowVerdict]] = {}
    for verdict in verdicts:
        row = verdict.row
        by_backend.setdefault((row.system, row.version, row.backend), {})[row.operation] = verdict
    for key, rows in by_backend.items():
        cells = [cell(rows[op]) if op in rows else "—" for op in operations]
        yield f"| {' | '.join(key)} | {' | '.join(cells)} |"
    yield ""
    for name, counts in summarize(verdicts)["systems"].items():
        if not counts["observed"]:
            yield f"- {name}: not observed ({counts['reason']})"
            continue
        share = f"{counts['unexplained']} of {counts['diverge']} diverging rows unexplained"
        yield f"- {name}: {counts['rows']} rows, {counts['agree']} agree, {share}, {counts['error']} errors"
    yield ""


def in_short(verdict: RowVerdict) -> str:
    """Return one cell of the README: agrees, agrees but for what, or how many stories there are."""
    if verdict.status in SIGNS or not verdict.is_explained:
        return in_axes(verdict)
    entries = dict.fromkeys(e for g in verdict.groups for e in g.entries if g.findings)
    scopes = dict.fromkeys(where(e) for e in entries)
    if all(scopes):
        return f"agrees, but for {', '.join(scopes)}"
    stories = "1 story" if len(entries) == 1 else f"{len(entries)} stories"
    return f"[differs](reports/REPORT.md#{verdict.row.operation}): {stories}"


def in_axes(verdict: RowVerdict) -> str:
    """Return one cell of the report: the axes, linked to their stories."""
    if verdict.status in SIGNS:
        return SIGNS[verdict.status]
    if not verdict.is_explained:
        return "**unexplained**"
    entries = dict.fromkeys(e for g in verdict.groups for e in g.entries if g.findings)
    links = [f"[{label(e)}](#{e.name})" for e in sorted(entries, key=lambda e: bool(where(e)))]
    return ("agrees, but: " if all(where(e) for e in entries) else "") + "; ".join(links)


def label(entry: Entry) -> str:
    """Return the axes of an entry, or how it fails, and where."""
    what = ", ".join(entry.profile) or entry.outcome
    return f"{where(entry)}: {what}" if where(entry) else what


def where(entry: Entry) -> str:
    """Return in a few words for which part of the questions an entry holds; nothing for all."""
    doors = [door for door in entry.doors if door != "*" and not door.startswith("!")]
    parts = ["/".join(names) for names in (doors, entry.dtypes, entry.codes) if names]
    return " ".join(parts) or (f"{len(entry.cases)} cases" if entry.outcome else "")


def unexplained_lines(verdicts: list[RowVerdict], ledger: list[Entry]) -> Iterator[str]:
    """What nobody has explained yet: the most valuable lines of the page, when there are any."""
    rows = [v for v in verdicts if v.status == "diverge" and not v.is_explained]
    yield "## Unexplained"
    yield ""
    if not rows:
        yield "Nothing: each divergence below is a profile that predicts every answer of its rows."
    for verdict in rows:
        yield f"- {verdict.row.name}"
        yield from (
            f"  - tried: {e.tried}" for e in ledger if e.verdict == "unexplained" and covers(e, verdict.row)
        )
        found = [f for g in verdict.groups for f in g.unpredicted]
        yield from (f"  - {f.question.case.id} through {f.question.door}: {f.difference}" for f in found[:5])
    yield ""


def covers(entry: Entry, row: Row) -> bool:
    return entry.covers(row.system, row.version, row.backend, row.operation)


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
    names = ", ".join(f"{r.system} {r.version} {r.backend}" for r in agreeing) or "nobody, on every case"
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
    found, others = difference_of(question, entry), sides(entry, question, verdicts)
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
    if found.output and found.x:
        yield (
            f"- **smallest input** of `{entry.witness}`{door}: {found.x}{parameters(question.case)}:"
            f" the definition gives {found.expected}, {entry.system} gives"
            f" {found.actual}; {found.count} of the case's {found.size} elements differ"
        )
    else:
        yield (
            f"- **witness** `{entry.witness}`{door}: the definition gives {found.expected},"
            f" {entry.system} gives {found.actual}"
        )
    if many := prevalence(entry):
        yield f"- **prevalence**: with the witness's scale and zero point, these axes alone change {many}"
    yield f"- **decided by**: “{entry.says}” — {entry.where}"
    yield f"- **checked**: {'; '.join(entry.checked)}"
    yield f"- **on the definition's side**: {', '.join(others.definition) or 'nobody else asked'}"
    if others.same:
        yield f"- **on the same side**: {', '.join(others.same)}"
    if others.other:
        yield f"- **gives another answer**: {', '.join(others.other)}"
    yield f"- **upstream**: {entry.upstream}"
    yield f"- **repeat**: `python -m conformance check --system {entry.system} --case {entry.witness}`"
    yield ""


def parameters(case: Case) -> str:
    """Return scale and zero point of a case, where it has them."""
    if "scale" not in case.arguments:
        return f" ({case.codes}, {case.arguments.get('scheme', '')})"
    return f", scale {readable(case.arguments['scale'], 0)}, zero_point {case.arguments['zero_point']}"


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


def silence_lines(verdicts: list[RowVerdict]) -> Iterator[str]:
    """Where the definition is silent: what each backend chose."""
    yield "## Where the definition is silent"
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


def choices_made(operation: str, axis: str, verdicts: list[RowVerdict]) -> dict[str, list[str]]:
    """Return choice -> who, over the groups that have a profile and were asked where the axis is open."""
    chosen: dict[str, list[str]] = {}
    for verdict in verdicts:
        row = verdict.row
        if row.operation != operation:
            continue
        for group in verdict.groups:
            asked = [q for q in row.questions if q.door in group.doors and q.answer.outcome == "value"]
            if group.profile is None or not any(
                axis in open_axes(operation, q.case.arguments) for q in asked
            ):
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
