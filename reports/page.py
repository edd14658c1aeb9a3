"""The report: REPORT.md for a person with one minute; a page per family for one with a dispute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from conformance.ledger import Entry
from conformance.row import Row, RowVerdict
from reports.cells import NOT_OFFERED, columns_of, in_axes, kind_of
from reports.claims import claims_in_a_table
from reports.fakes import fake_lines, fakes_in_one_line
from reports.family import families, family_lines, operations_of
from reports.picture import draw
from reports.silences import silence_lines, silences_in_one_line
from reports.summary import STATUSES, summarize
from reports.versions import PAGE, version_lines, versions_in_a_table

README = Path(__file__).parent.parent / "README.md"
PICTURE = "overview.svg"
MARKS = ("<!-- summary -->", "<!-- /summary -->")

Pages = dict[str, str]


def render(verdicts: list[RowVerdict], ledger: list[Entry], folder: Path) -> list[Path]:
    """Write REPORT.md, its picture, and the pages of the families; return what was written."""
    written = []
    for name, text in pages(verdicts, ledger).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    for old in set((folder / "stories").glob("*.md")) - set(written):
        old.unlink()
    try:
        draw(verdicts, folder / PICTURE)
        written.append(folder / PICTURE)
    except ModuleNotFoundError as missing:
        print(f"{PICTURE} not drawn: module {missing.name} is missing, the environment report has it")
    return written


def pages(verdicts: list[RowVerdict], ledger: list[Entry]) -> Pages:
    """Return every page by its name."""
    texts: dict[str, Iterator[str]] = {"REPORT.md": page(verdicts, ledger)}
    for family in families():
        texts[f"stories/{family.replace(' ', '-')}.md"] = family_lines(family, verdicts, ledger)
    texts["stories/silences.md"] = silence_lines(verdicts)
    texts["stories/fakes.md"] = fake_lines()
    texts[PAGE] = version_lines(verdicts)
    return {name: "\n".join(lines).rstrip("\n") + "\n" for name, lines in texts.items()}


def put_into_readme(verdicts: list[RowVerdict]) -> None:
    """Replace the table between the README's two marks by the summary."""
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(MARKS[0], 1)
    after = rest.split(MARKS[1], 1)[1]
    table = "\n".join(summary_lines(verdicts))
    README.write_text(f"{before}{MARKS[0]}\n{table}{MARKS[1]}{after}", encoding="utf-8")


def page(verdicts: list[RowVerdict], ledger: list[Entry]) -> Iterator[str]:
    """Yield the lines of the report."""
    yield "# Who computes what the definition says"
    yield ""
    yield (
        "Every number here comes from a framework that was really run; the answers are in"
        " `reports/observations/`, and `python -m reports render` writes these pages from them. A row is"
        " one version of one backend. *agrees*: every answer, through every door, is the one the"
        " definition gives. Otherwise: the axes on which the arithmetic leaves the definition, each"
        " linked to its story. **unexplained** rows come first and are counted."
    )
    yield ""
    yield "![Who agrees, backend by backend](overview.svg)"
    yield ""
    yield from summary_lines(verdicts)
    yield from unexplained_lines(verdicts, ledger)
    for family in families():
        yield f"## {family}"
        yield ""
        yield from family_table(family, verdicts, in_axes)
    yield from silences_in_one_line()
    yield from versions_in_a_table(verdicts)
    yield from claims_in_a_table()
    yield "## Does the harness notice?"
    yield ""
    yield from fakes_in_one_line()


def summary_lines(verdicts: list[RowVerdict]) -> Iterator[str]:
    """Yield the counts: one line per system."""
    columns = ("operations", "rows", *STATUSES, "explained", "unexplained")
    yield "| system | versions | backends | " + " | ".join(columns) + " |"
    yield "|---|---|---|" + "--:|" * len(columns)
    for name, counts in summarize(verdicts)["systems"].items():
        if not counts["observed"]:
            yield f"| {name} | not observed: {counts['reason']} |" + " |" * (len(columns) + 1)
            continue
        backends = dict.fromkeys(v.row.backend for v in verdicts if v.row.system == name)
        cells = [", ".join(counts["versions"]), ", ".join(backends), *(str(counts[c]) for c in columns)]
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""


def family_table(family: str, verdicts: list[RowVerdict], cell: Callable[[RowVerdict], str]) -> Iterator[str]:
    """Yield a table: one line per operation of the family, one column per backend that has some of it."""
    operations = operations_of(family)
    offered = [v for v in verdicts if v.row.operation in operations and kind_of(v) != NOT_OFFERED]
    columns = columns_of(offered, cell)
    yield "| operation | " + " | ".join(columns) + " |"
    yield "|---|" + "---|" * len(columns)
    for operation in operations:
        found = [column.get(operation) for column in columns.values()]
        cells = [cell(verdict) if verdict else "—" for verdict in found]
        link = f"[`{operation}`](stories/{family.replace(' ', '-')}.md#{operation})"
        yield f"| {link} | {' | '.join(cells)} |"
    yield ""


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
