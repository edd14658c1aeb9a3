"""Every committed observation, judged again: what `tox -e unit` holds of all environments."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from conformance.ledger import Entry, load_ledger
from conformance.observation import OBSERVATIONS, Observation, read, read_all, write
from conformance.row import FAILURES, Row, RowVerdict, audit_entry, judge_row
from conformance.survey import adapter_digest
from reports.cells import ERROR, in_axes, kind_of, label, page_of
from reports.page import PICTURE, pages, summary_lines
from reports.picture import digest, kinds_of

ROOT = Path(__file__).parent.parent.parent
PATHS = sorted(OBSERVATIONS.rglob("*.jsonl"))
LEDGER = load_ledger()


@cache
def observed() -> list[Observation]:
    return read_all()


@cache
def rows() -> list[Row]:
    return [row for observation in observed() for row in observation.rows()]


@cache
def verdicts() -> list[RowVerdict]:
    return [judge_row(row, LEDGER) for row in rows()]


def test_something_is_committed() -> None:
    assert len(PATHS) >= 5, "run tox, then python -m reports accept"


@pytest.mark.parametrize("path", PATHS, ids=lambda p: str(p.relative_to(OBSERVATIONS)))
def test_observation_is_whole_and_under_its_key(path: Path, tmp_path: Path) -> None:
    observation = read(path)
    assert observation.header.path == path.relative_to(OBSERVATIONS)
    assert not observation.stale, (
        f"{observation.header}: stale: the cases {', '.join(observation.stale)} changed since they"
        " were asked: run its tox environment, then python -m reports accept"
    )
    assert write(observation, tmp_path).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("path", PATHS, ids=lambda p: str(p.relative_to(OBSERVATIONS)))
def test_adapter_is_the_one_that_asked(path: Path) -> None:
    header = read(path).header
    assert header.adapter == adapter_digest(header.system), (
        f"{header}: stale: its adapter changed since: run its tox environment, then python -m reports accept"
    )


def test_every_row_is_predicted() -> None:
    red = [
        f"{v.row.name}: {f.question.case.id} through {f.question.door}: {f.difference}"
        for v in verdicts() if v.is_red for g in v.groups for f in g.unpredicted
    ]  # fmt: skip
    assert not red, "neither the definition nor the ledger predicts:\n" + "\n".join(
        [
            *red[:20],
            "explain it in reports/ledger/, or find what changed: python -m conformance identify",
        ]
    )


def test_at_most_one_in_twenty_is_unexplained() -> None:
    diverging = [v for v in verdicts() if v.status == "diverge"]
    unexplained = [v.row.name for v in diverging if not v.is_explained]
    assert len(unexplained) <= len(diverging) / 20, unexplained


@pytest.mark.parametrize("entry", LEDGER, ids=lambda e: e.name)
def test_ledger_entry_is_needed_where_it_claims_to_hold(entry: Entry) -> None:
    assert not audit_entry(entry, LEDGER, rows())


def test_a_row_that_fails_links_its_stories_those_that_fail_first() -> None:
    failing = [v for v in verdicts() if kind_of(v) == ERROR]
    assert failing
    for verdict in failing:
        cell = in_axes(verdict)
        assert cell.startswith("**error**: [")
        first = next(e for e in LEDGER if f"#{e.name})" in cell.split("; ")[0])
        assert first.outcome in FAILURES
        for entry in (e for group in verdict.groups if group.findings for e in group.entries):
            assert f"[{label(entry)}]({page_of(entry.operation)}#{entry.name})" in cell


def test_report_is_the_one_committed() -> None:
    texts = pages(verdicts(), LEDGER)
    for name, text in texts.items():
        committed = (ROOT / "reports" / name).read_text(encoding="utf-8")
        assert committed == text, f"{name}: run python -m reports render, and read the diff"
    stories = {f"stories/{path.name}" for path in (ROOT / "reports" / "stories").glob("*")}
    assert stories == texts.keys() - {"REPORT.md"}


def test_picture_is_drawn_from_these_verdicts() -> None:
    picture = (ROOT / "reports" / PICTURE).read_text(encoding="utf-8")
    assert f"<dc:description>{digest(kinds_of(verdicts()))}<" in picture, (
        "run python -m reports render in the environment report, which has matplotlib"
    )


def test_readme_has_the_summary() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "\n".join(summary_lines(verdicts())) in text, "run python -m reports render"


ALLOWED = {
    "oracle": {"oracle"},
    "cases": {"cases", "oracle", "hypothesis"},
    "conformance": {"conformance", "cases", "oracle"},
    "reports": {"reports", "conformance", "cases", "oracle"},
}
ALSO = {"tomllib", "tomli", "numpy"}


def imported(path: Path) -> set[str]:
    """Return the top-level packages that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_run_one_way(room: str) -> None:
    import sys

    for path in (ROOT / room).rglob("*.py"):
        parts = path.relative_to(ROOT).parts
        if {"tests", "adapters", "examples"} & set(parts) or path.name.startswith("test_"):
            continue
        ours = imported(path) - sys.stdlib_module_names - ALSO
        if path.name == "picture.py":
            ours -= {"matplotlib"}
        allowed = {"oracle"} if path.parent.name == "exact" else ALLOWED[room]
        assert ours <= allowed, f"{path.relative_to(ROOT)} imports {sorted(ours - allowed)}"
        if "hypothesis" in ours:
            assert path.parent.name == "strategies"


def test_exact_oracle_needs_the_standard_library_alone() -> None:
    import sys

    for path in (ROOT / "oracle" / "exact").glob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        modules = {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}
        assert imported(path) <= {"oracle", *sys.stdlib_module_names}, path.name
        assert all(m.startswith("oracle.exact") for m in modules if m.startswith("oracle")), path.name


def test_adapters_see_no_expected_value() -> None:
    for path in (ROOT / "conformance" / "adapters").glob("*.py"):
        assert not imported(path) & {"oracle", "cases", "reports"}, path.name
