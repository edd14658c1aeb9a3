"""The door `python -m conformance reproduce`: a divergence, a claim or a public thread, by its id."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from conformance.claims import Claim, file_name
from conformance.interpreters import read_named
from conformance.ledger import Entry
from conformance.reproduction.archive import Archive
from conformance.reproduction.hold import CLEAN, hold_all, job_of, run_one
from conformance.reproduction.runs import TIMEOUT
from conformance.reproduction.upstream import write_report


def add_door(doors: Any) -> None:
    """Add the door to the parser of python -m conformance."""
    door: argparse.ArgumentParser = doors.add_parser(
        "reproduce", help="a divergence, a claim or a thread by id: script, upstream text, run"
    )
    door.add_argument(
        "id", nargs="?", help="an entry of the ledger, a claim (Q3), a thread (google/qkeras#60)"
    )
    door.add_argument("--list", action="store_true", help="every id")
    door.add_argument("--all", action="store_true", help="run every script: does each do what it says?")
    door.add_argument("--script", action="store_true", help="print the script only")
    door.add_argument("--report", action="store_true", help="print the text of the upstream report only")
    door.add_argument("--out", type=Path, metavar="DIR", help="write ID.py and ID.md there")
    door.add_argument(
        "--run", dest="execute", action="store_true", help="run the script: does it print what it says?"
    )
    door.add_argument("--python", action="append", default=[], metavar="[SYSTEM=]PATH",
                      help="the interpreter to run in; default: the tox environment's")  # fmt: skip
    door.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds one script may take")
    door.set_defaults(run=run_reproduce)


def run_reproduce(options: argparse.Namespace) -> int:
    """Run the door; return its exit status."""
    archive, named = Archive(), read_named(options.python)
    if sum([bool(options.id), options.list, options.all]) != 1:
        raise ValueError("give one of an id, --list, --all")
    if not options.timeout > 0:
        raise ValueError(f"--timeout must be > 0, got {options.timeout}")
    if options.list:
        print("\n".join(list_lines(archive)))
        return CLEAN
    if options.all:
        return hold_all(archive, named, options.timeout)
    item = archive.find(options.id)
    if isinstance(item, Claim):
        return show_claim(item, archive, options, named)
    return show_entry(item, archive, options, named)


def list_lines(archive: Archive) -> list[str]:
    width = max((len(i) for i in archive.ids), default=0)
    entries = [f"{e.name:{width}}  {e.system} {e.operation}: {e.verdict}" for e in archive.ledger]
    return entries + [f"{c.id:{width}}  {c.answer}: {c.claim}" for c in archive.claims]


def show_entry(entry: Entry, archive: Archive, options: argparse.Namespace, named: dict[str, str]) -> int:
    told = archive.tell(entry)
    report = write_report(told.witness, told.others, told.script, archive.header(told.witness.row))
    if options.out:
        print("\n".join(map(str, write_files(options.out, entry.name, told.script, report))))
    if options.script:
        print(told.script, end="")
    elif options.report or not (options.out or options.execute):
        print(report, end="")
    if not options.execute:
        return CLEAN
    return run_one(job_of(entry, archive, named), options.timeout)


def show_claim(claim: Claim, archive: Archive, options: argparse.Namespace, named: dict[str, str]) -> int:
    text = "\n".join(claim_lines(claim)) + "\n"
    if options.out:
        print("\n".join(map(str, write_files(options.out, file_name(claim.id), claim.script, text))))
    if options.script:
        print(claim.script, end="")
    elif options.report or not (options.out or options.execute):
        print(text, end="")
    return run_one(job_of(claim, archive, named), options.timeout) if options.execute else CLEAN


def claim_lines(claim: Claim) -> list[str]:
    """Return a claim with its answer, its source, the numbers and the script."""
    return [
        f"# {claim.id}: {claim.claim}",
        "",
        f"- **Answer**: {claim.answer}. {claim.condition}",
        f"- **Asked in**: {claim.thread}",
        f"- **Versions**: {', '.join(claim.systems)} {', '.join(claim.versions)}",
        f"- **Decided by**: “{claim.says}” — {claim.where}",
        "",
        "The numbers, as the script below printed them:",
        "",
        "```",
        claim.prints.rstrip("\n"),
        "```",
        "",
        "```python",
        claim.script.rstrip("\n"),
        "```",
    ]


def write_files(folder: Path, name: str, script: str, text: str) -> list[Path]:
    """Write ID.py and ID.md."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.py", folder / f"{name}.md"]
    for path, content in zip(paths, (script, text), strict=True):
        path.write_text(content, encoding="utf-8")
    return paths
