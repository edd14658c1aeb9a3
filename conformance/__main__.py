"""The doors: systems, check, identify, fakes, reproduce.

    python -m conformance systems
    python -m conformance check --system torch
    python -m conformance identify --adapter my_adapter.py
    python -m conformance reproduce torch-quantize-reciprocal

Exit status: 0 clean, 1 new or changed divergences, 2 wrong usage or unreadable input, 3 the harness
failed; the higher wins.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conformance.ask import AdapterMissing, HarnessError
from conformance.check import (
    CHANGED,
    CLEAN,
    HARNESS,
    USAGE,
    Checked,
    Target,
    available,
    check,
    describe_search,
    in_axes,
    in_one_line,
    observe,
    report_lines,
    select,
    targets,
)  # fmt: skip
from conformance.fakes import run_fakes
from conformance.identify import identify
from conformance.interpreters import environment_of
from conformance.ledger import LEDGER, load_ledger
from conformance.observation import Observation, read, write
from conformance.reproduction.command import add_door
from conformance.survey import built_in_systems, show_progress, why_not_here
from oracle.definition import DEFINITIONS

RUN = Path(__file__).parent.parent / "reports" / "run"


def main(arguments: list[str] | None = None) -> int:
    """Run one door; return its exit status."""
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        return status
    except BrokenPipeError:  # a reader that closes early
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return HARNESS
    except AdapterMissing as error:
        print(f"error: {in_words_missing(options, error)}", file=sys.stderr)
        return USAGE
    except (ValueError, OSError, RecursionError, MemoryError) as error:
        print(f"error: {error or type(error).__name__}", file=sys.stderr)
        return USAGE
    except HarnessError as error:
        print(f"harness: {error}", file=sys.stderr)
        return HARNESS
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return HARNESS


def in_words_missing(options: argparse.Namespace, error: AdapterMissing) -> str:
    """Say what to do about a module that is missing."""
    system = getattr(options, "system", None)
    if system is None:
        return str(error)
    if system not in built_in_systems():
        return f"system must be one of {', '.join(built_in_systems())}, got {system}"
    return f"{system} must be installed, got no module {error.missing}: {how_to_get(system)}"


def how_to_get(system: str) -> str:
    if reason := why_not_here(system):
        return reason
    environment = environment_of(system)
    return f"tox -e {environment.name if environment else system} installs it, or name --python"


def warn_of_strangers(found: list[Target]) -> None:
    """Say which public functions of an adapter no question is ever put to: one may be misspelt."""
    for name in sorted({name for target in found for name in target.operations} - set(DEFINITIONS)):
        near = difflib.get_close_matches(name, DEFINITIONS, 1)
        hint = f" (near: {near[0]})" if near else ""
        print(f"warning: an adapter's function must be an operation, got {name}{hint}", file=sys.stderr)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m conformance", description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    doors = top.add_subparsers(required=True, metavar="DOOR")
    systems = doors.add_parser("systems", help="what can be asked here, and what is missing")
    systems.add_argument("--adapter", help="does this adapter start and answer?")
    systems.add_argument("--python", default=sys.executable, help="the interpreter the worker runs in")
    systems.add_argument("--json", action="store_true")
    systems.set_defaults(run=run_systems)
    for name, run, text in (
        ("check", run_check, "ask, judge, and compare with what is committed"),
        ("identify", run_identify, "name the profile that predicts every answer"),
    ):
        door = doors.add_parser(name, help=text)
        add_target(door)
        door.set_defaults(run=run)
        if name == "check":
            add_gate(door)
    fakes = doors.add_parser("fakes", help="plant every wrong choice: does the harness notice?")
    fakes.add_argument("--json", action="store_true", help="print JSON")
    fakes.add_argument("--out", type=Path, help="write to this file instead")
    fakes.set_defaults(run=run_fakes)
    add_door(doors)
    return top


def add_target(door: argparse.ArgumentParser) -> None:
    door.add_argument("--system", help="a built-in system; default: all that are installed")
    door.add_argument("--backend", help="one backend of it; default: all")
    door.add_argument("--adapter", help="an adapter of your own: a file.py or a package.module")
    door.add_argument("--python", default=sys.executable, help="the interpreter the worker runs in")
    door.add_argument("--op", help="one operation only")
    door.add_argument("--case", help="one case only")
    door.add_argument("--answers", type=Path, help="judge this observation instead of asking")
    door.add_argument("--timeout", type=float, default=120.0, help="seconds one answer may take")
    door.add_argument("--json", action="store_true", help="print JSON")


def add_gate(door: argparse.ArgumentParser) -> None:
    door.add_argument("--against", type=Path, help="compare with this observation, not the committed ones")
    door.add_argument("--ledger", type=Path, default=LEDGER, help="a folder of ledger entries of your own")
    door.add_argument(
        "--out",
        type=Path,
        help="folder for the observations; default reports/run for a whole built-in system, none for another",
    )


def run_systems(options: argparse.Namespace) -> int:
    """List what can be asked here."""
    names = [options.adapter] if options.adapter else built_in_systems()
    missing = {} if options.adapter else available(options.python)[1]
    found: list[dict[str, Any]] = []
    for name in names:
        if name in missing:
            found.append({"system": name, "available": False, "missing": missing[name]})
            continue
        backends = [t.backend for t in targets(name, None, options.python)]
        found.append({"system": name, "available": True, "backends": backends})
    if options.json:
        print(json.dumps({"systems": found}, indent=2))
        return CLEAN
    for line in found:
        if line["available"]:
            print(f"{line['system']}: backends {', '.join(line['backends'])}")
        else:
            how = how_to_get(line["system"])
            print(f"{line['system']}: not here: module {line['missing']} is missing; {how}")
    return CLEAN


def read_fresh(path: Path) -> Observation:
    """Read an observation; ValueError when its cases have changed since they were asked."""
    observation = read(path)
    if observation.stale:
        count, first = len(observation.stale), observation.stale[0]
        raise ValueError(f"{path}: cases must be those of today, got {count} changed since, first {first}")
    return observation


def observations(options: argparse.Namespace) -> list[Observation]:
    """Return what the options ask for: answers from a file, or from workers."""
    if not options.timeout > 0:
        raise ValueError(f"--timeout must be > 0, got {options.timeout}")
    if options.answers:
        if options.op or options.case or options.system or options.backend:
            raise ValueError(
                "--answers is judged whole: it must come without --op, --case, --system, --backend"
            )
        return [read_fresh(options.answers)]
    if options.adapter and options.system:
        raise ValueError("give --system or --adapter, got both")
    names = [options.adapter or options.system] if options.adapter or options.system else None
    if names is None:
        names, _ = available(options.python)
        if not names:
            raise ValueError("at least one framework must be installed, got none: try tox, or --python")
    cases = select(options.op, options.case)
    asked = [t for name in names for t in targets(name, options.backend, options.python)]
    warn_of_strangers(asked)
    return [observe(target, cases, options.timeout, show_progress) for target in asked]


def run_check(options: argparse.Namespace) -> int:
    """Ask, judge, compare."""
    ledger = load_ledger(options.ledger)
    against = [read_fresh(options.against)] if options.against else None
    partial = bool(options.op or options.case)
    checked = []
    for observation in observations(options):
        if not options.answers and (options.out or not (options.adapter or partial)):
            write(observation, options.out or RUN)
        checked.append(check(observation, ledger, against, partial))
        if against and checked[-1].comparison is None:
            names = [f"{h.system} {h.backend}" for h in (observation.header, against[0].header)]
            raise ValueError(f"--against must hold {names[0]}, got {names[1]}")
    if options.json:
        print(json.dumps({"checked": [as_json(c) for c in checked]}, indent=2))
    else:
        for one in checked:
            print("\n".join(report_lines(one, with_known=bool(options.case))))
    if not any(c.observation.questions for c in checked):
        raise ValueError("at least one case must be one that the adapter has, got none: nothing was observed")
    return max(c.status for c in checked)


def as_json(checked: Checked) -> dict[str, Any]:
    """Return one checked backend as data."""
    rows = [
        {
            "operation": v.row.operation,
            "status": v.status,
            "explained": v.is_explained,
            "says": in_one_line(v),
            "entries": sorted({e.name for g in v.groups for e in g.entries if g.findings}),
            "divergences": [
                {"case": f.question.case.id, "door": f.question.door, "known": f.known,
                 **asdict(f.difference)}
                for g in v.groups for f in (*g.findings, *g.unpredicted)
            ],
        }
        for v in checked.verdicts
    ]  # fmt: skip
    comparison = checked.comparison and {
        "with": str(checked.comparison.before), "same": checked.comparison.same,
        "changed": [str(c) for c in checked.comparison.changed], "new": checked.comparison.new,
        "lost": [str(c) for c in checked.comparison.lost],
        "missing": list(checked.comparison.missing), "words": list(checked.changes),
    }  # fmt: skip
    return {
        **asdict(checked.observation.header),
        "rows": rows,
        "comparison": comparison,
        "status": checked.status,
    }


def run_identify(options: argparse.Namespace) -> int:
    """Name the profile of each row and door."""
    found: list[dict[str, Any]] = []
    for observation in observations(options):
        for row in observation.rows():
            for door in dict.fromkeys(q.door for q in row.questions):
                asked = [q for q in row.questions if q.door == door and q.answer.outcome != "unsupported"]
                if not asked or (door != "plain" and not options.case and is_like_plain(row.questions, door)):
                    continue
                result = identify(row.operation, asked)
                found.append({"row": row.name, "door": door, "says": describe_search(result, row.operation),
                              "profiles": [in_axes(p, row.operation) for p in result.profiles],
                              "tried": result.tried, "asked": result.asked})  # fmt: skip
                if not options.json:
                    print(f"{row.name} {door}: {found[-1]['says']}", flush=True)
    if options.json:
        print(json.dumps({"identified": found}, indent=2))
    return CLEAN if found and all(f["profiles"] and f["asked"] for f in found) else CHANGED


def is_like_plain(questions: Any, door: str) -> bool:
    """Whether a door answered what the plain one answered: then it has the same profile."""
    from conformance.judge import is_same

    plain = {q.case.id: q.answer for q in questions if q.door == "plain"}
    answered = (q for q in questions if q.door == door and q.answer.outcome != "unsupported")
    return all(q.case.id in plain and is_same(plain[q.case.id], q.answer) for q in answered)


if __name__ == "__main__":
    sys.exit(main())
