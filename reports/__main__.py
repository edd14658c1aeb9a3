"""The reports, from the observations alone: summary, diff, accept, render.

Exit status: 0 clean, 1 something differs, is unexplained without a ledger entry, or was not observed,
2 wrong usage or unreadable input.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from conformance.ledger import LEDGER, load_ledger
from conformance.observation import OBSERVATIONS, Observation, read_all
from conformance.survey import adapter_digest, built_in_systems
from reports.difference import accept, differences
from reports.page import put_into_readme, render
from reports.summary import in_lines, judge_all, summarize
from reports.versions import with_beside

REPORTS = Path(__file__).parent
RUN = REPORTS / "run"


def main(arguments: list[str] | None = None) -> int:
    """Run one door; return its exit status."""
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        return status
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m reports", description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    doors = top.add_subparsers(required=True, metavar="DOOR")
    summary = doors.add_parser("summary", help="count rows: agree, diverge, explained")
    summary.add_argument("--json", action="store_true")
    summary.add_argument("--from", dest="folder", type=Path, default=OBSERVATIONS, help="observations")
    summary.set_defaults(run=run_summary)
    diff = doors.add_parser("diff", help="what changed between two folders of observations, in words")
    diff.add_argument("before", type=Path)
    diff.add_argument("after", type=Path)
    diff.set_defaults(run=run_diff)
    take = doors.add_parser("accept", help="copy a run over the committed observations, and render")
    take.add_argument(
        "--from", dest="folder", type=Path, default=RUN, help="observations; default reports/run"
    )
    take.set_defaults(run=run_accept)
    page = doors.add_parser("render", help="write REPORT.md and its picture")
    page.add_argument("--from", dest="folder", type=Path, default=OBSERVATIONS, help="observations")
    page.add_argument("--out", type=Path, default=REPORTS, help="folder for REPORT.md")
    page.set_defaults(run=run_render)
    return top


def run_summary(options: argparse.Namespace) -> int:
    """Print the summary."""
    verdicts = judge_all(_with_beside(options.folder), load_ledger())
    summary = summarize(verdicts)
    print(json.dumps(summary, indent=2) if options.json else "\n".join(in_lines(summary)))
    return 1 if any(v.is_red for v in verdicts) else 0


def run_diff(options: argparse.Namespace) -> int:
    """Print what changed between two folders."""
    lines = differences(_observed(options.before), _observed(options.after), load_ledger())
    print("\n".join(lines) or "nothing changed")
    return 1 if lines else 0


def run_accept(options: argparse.Namespace) -> int:
    """Copy a run over what is committed; a red one too: its status says so."""
    headers, ours = [o.header for o in _observed(options.folder)], built_in_systems()
    strangers = [str(h) for h in headers if h.system not in ours or h.adapter != adapter_digest(h.system)]
    if strangers:
        raise ValueError(
            f"what is committed must be asked by this checkout's adapters, got {', '.join(strangers)}"
        )
    for path in accept(options.folder, OBSERVATIONS):
        print(path)
    ledger = load_ledger(LEDGER)
    verdicts = judge_all(read_all(), ledger)
    render(verdicts, ledger, REPORTS)
    put_into_readme(verdicts)
    print("\n".join(in_lines(summarize(verdicts))))
    return 1 if any(v.is_red for v in verdicts) else 0


def run_render(options: argparse.Namespace) -> int:
    """Write the page."""
    ledger = load_ledger(LEDGER)
    verdicts = judge_all(_with_beside(options.folder), ledger)
    for path in render(verdicts, ledger, options.out):
        print(path)
    if (options.folder, options.out) == (OBSERVATIONS, REPORTS):
        put_into_readme(verdicts)
    print("\n".join(in_lines(summarize(verdicts))))
    return 1 if any(v.is_red for v in verdicts) else 0


def _with_beside(folder: Path) -> list[Observation]:
    """Return a folder's observations, and what is committed of versions that a main run does not ask."""
    found: list[Observation] = _observed(folder)
    return found if folder == OBSERVATIONS else with_beside(found, read_all())


def _observed(folder: Path):  # type: ignore[no-untyped-def]
    """Return a folder's observations; having observed nothing is an error of status 1."""
    if folder not in (RUN, OBSERVATIONS) and not folder.is_dir():
        raise ValueError(f"observations must be in a folder, got {folder}")
    observations = read_all(folder)
    if not observations:
        print(f"nothing was observed: no observation under {folder}", file=sys.stderr)
        sys.exit(1)
    return observations


if __name__ == "__main__":
    sys.exit(main())
