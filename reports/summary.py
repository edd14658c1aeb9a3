"""The summary: how many rows agree, diverge, are explained; per system."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.ledger import Entry
from conformance.observation import Observation, version_key
from conformance.row import RowVerdict, judge_row
from conformance.survey import built_in_systems, why_not_here

STATUSES = ("agree", "diverge", "unsupported", "error")


def judge_all(observations: Iterable[Observation], ledger: list[Entry]) -> list[RowVerdict]:
    """Judge every row of every observation."""
    return [judge_row(row, ledger) for observation in observations for row in observation.rows()]


def summarize(verdicts: Iterable[RowVerdict]) -> dict[str, Any]:
    """Return the summary as data: {"systems": {system: counts}}.

    A row is version x backend x operation, and in exactly one of agree, diverge, unsupported, error;
    explained + unexplained = diverge.
    """
    by_system: dict[str, list[RowVerdict]] = {}
    for verdict in verdicts:
        by_system.setdefault(verdict.row.system, []).append(verdict)
    names = sorted({*by_system, *built_in_systems()})
    return {"systems": {name: _count(name, by_system.get(name, [])) for name in names}}


def _count(system: str, verdicts: list[RowVerdict]) -> dict[str, Any]:
    if not verdicts:
        reason = why_not_here(system) or "no observation: its environment was not run"
        return {"observed": False, "reason": reason}
    diverging = [v for v in verdicts if v.status == "diverge"]
    explained = sum(v.is_explained for v in diverging)
    return {
        "observed": True,
        "versions": sorted({v.row.version for v in verdicts}, key=version_key),
        "operations": len({v.row.operation for v in verdicts}),
        "rows": len(verdicts),
        **{status: sum(v.status == status for v in verdicts) for status in STATUSES},
        "explained": explained,
        "unexplained": len(diverging) - explained,
    }


def in_lines(summary: dict[str, Any]) -> list[str]:
    """Return the summary as lines of text."""
    return [_line(name, counts) for name, counts in summary["systems"].items()]


def _line(name: str, counts: dict[str, Any]) -> str:
    if not counts["observed"]:
        return f"{name}: not observed: {counts['reason']}"
    return (
        f"{name} {', '.join(counts['versions'])}: {counts['rows']} rows, {counts['agree']} agree,"
        f" {counts['diverge']} diverge ({counts['explained']} explained, {counts['unexplained']} not),"
        f" {counts['unsupported']} unsupported, {counts['error']} errors"
    )
