"""One cell of a table: how a row of one backend stands to the definition, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conformance.ledger import Entry
from conformance.row import FAILURES, RowVerdict
from oracle.definition import DEFINITIONS

SIGNS = {"agree": "agrees", "unsupported": "—"}
MANY = 4  # integer types that are named one by one
AGREES, PARTLY, DIFFERS, UNEXPLAINED, ERROR, NOT_OFFERED = (
    "agrees", "agrees, but for some arguments", "differs, explained", "differs, unexplained",
    "fails", "not offered",
)  # fmt: skip


Column = dict[str, RowVerdict]  # by operation


def columns_of(verdicts: Iterable[RowVerdict], cell: Callable[[RowVerdict], str]) -> dict[str, Column]:
    """Return the columns of a table by name: one for each backend, and for versions whose cells differ."""
    by_backend: dict[tuple[str, str], dict[str, Column]] = {}
    for verdict in verdicts:
        row = verdict.row
        versions = by_backend.setdefault((row.system, row.backend), {})
        versions.setdefault(row.version, {})[row.operation] = verdict
    found: dict[str, Column] = {}
    for (system, backend), versions in by_backend.items():
        alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for version, column in versions.items():
            alike.setdefault(tuple((name, cell(v)) for name, v in column.items()), []).append(version)
        for names in alike.values():
            found[f"{system} {', '.join(names)} {backend}".removesuffix(" default")] = versions[names[-1]]
    return found


def kind_of(verdict: RowVerdict) -> str:
    """Return the one of six kinds that a row is of."""
    if verdict.status in ("agree", "unsupported", "error"):
        return {"agree": AGREES, "unsupported": NOT_OFFERED, "error": ERROR}[verdict.status]
    if not verdict.is_explained:
        return UNEXPLAINED
    return PARTLY if all(where(entry) for entry in entries_of(verdict)) else DIFFERS


def entries_of(verdict: RowVerdict) -> list[Entry]:
    """Return the ledger entries that a row needs: failures first, then those that hold for all of it."""
    entries = dict.fromkeys(e for g in verdict.groups for e in g.entries if g.findings)
    return sorted(entries, key=lambda e: (e.outcome not in FAILURES, bool(where(e))))


def in_axes(verdict: RowVerdict) -> str:
    """Return one cell of the report: the axes, linked to their stories."""
    if verdict.status in SIGNS:
        return SIGNS[verdict.status]
    failed = "**error**: " if verdict.status == "error" else ""
    if not verdict.is_explained:
        return f"{failed}**unexplained**"
    links = [f"[{label(e)}]({page_of(e.operation)}#{e.name})" for e in entries_of(verdict)]
    return (failed or ("agrees, but: " if kind_of(verdict) == PARTLY else "")) + "; ".join(links)


def page_of(operation: str) -> str:
    """Return the page of an operation's family, from the report."""
    return f"stories/{DEFINITIONS[operation].family.replace(' ', '-')}.md"


def label(entry: Entry) -> str:
    """Return the axes of an entry, or how it fails, and where."""
    what = ", ".join(entry.profile) or entry.outcome
    return f"{where(entry)}: {what}" if where(entry) else what


def where(entry: Entry) -> str:
    """Return in a few words for which part of the questions an entry holds; nothing for all."""
    doors = [door for door in entry.doors if door != "*" and not door.startswith("!")]
    codes = entry.codes if len(entry.codes) <= MANY else (f"{len(entry.codes)} sorts of codes",)
    parts = ["/".join(names) for names in (doors, entry.dtypes, codes) if names]
    count = len(entry.cases)
    return " ".join(parts) or (f"{count} case{'s' * (count > 1)}" if entry.outcome else "")
