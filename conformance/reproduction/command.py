"""The door `python -m conformance reproduce`: a divergence, a claim or a public thread, by its id."""

from __future__ import annotations

import argparse
import ast
import difflib
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from conformance.claims import Claim, file_name, load_claims
from conformance.interpreters import Interpreter, find_interpreter, read_named
from conformance.ledger import Entry, load_ledger
from conformance.observation import Header, Observation, read_all
from conformance.reproduction.calls import CannotCut
from conformance.reproduction.runs import TIMEOUT, Job, Outcome, run_all, run_alone
from conformance.reproduction.script import shown, write_script
from conformance.reproduction.upstream import write_report
from conformance.reproduction.witness import NoWitness, Witness, find_witness
from conformance.row import Row
from conformance.story import Side, sides
from conformance.survey import show_progress
from oracle.formats import carried

CLEAN, CHANGED = 0, 1


@dataclass
class Told:
    """One entry's witness, its sides, its script."""

    witness: Witness
    others: Side
    script: str


class Archive:
    """The ledger, the claims and the observations, each read once."""

    @cached_property
    def ledger(self) -> list[Entry]:
        return load_ledger()

    @cached_property
    def claims(self) -> list[Claim]:
        return load_claims()

    @cached_property
    def observations(self) -> list[Observation]:
        return read_all()

    @cached_property
    def rows(self) -> list[Row]:
        return [row for observation in self.observations for row in observation.rows()]

    @property
    def ids(self) -> list[str]:
        return [entry.name for entry in self.ledger] + [claim.id for claim in self.claims]

    def find(self, id: str) -> Entry | Claim:
        """Return the entry or the claim of an id.

        Raises:
            ValueError: there is none; the message names those that are near.
        """
        for entry in self.ledger:
            if entry.name == id:
                return entry
        for claim in self.claims:
            if id in (claim.id, file_name(claim.id)):
                return claim
        words = [word for word in re.split(r"[^a-z0-9]+", id.lower()) if len(word) > 2]
        near = difflib.get_close_matches(id, self.ids, 5, 0.5)
        near += [i for i in self.ids if i not in near and words and all(w in i.lower() for w in words)]
        raise ValueError(
            f"an id must be one of --list, got {id}" + (f"; near: {', '.join(near[:8])}" if near else "")
        )

    def tell(self, entry: Entry) -> Told:
        witness = find_witness(entry, self.rows, self.ledger)
        others = sides(entry, witness.question, self.rows)
        return Told(witness, others, write_script(witness, others))

    def header(self, row: Row) -> Header | None:
        key = (row.system, row.version, row.backend)
        headers = [o.header for o in self.observations]
        return next((h for h in headers if (h.system, h.version, h.backend) == key), None)


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
        return show_claim(item, options, named)
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
    return run_one(job_of(told, named), options.timeout)


def show_claim(claim: Claim, options: argparse.Namespace, named: dict[str, str]) -> int:
    text = "\n".join(claim_lines(claim)) + "\n"
    if options.out:
        print("\n".join(map(str, write_files(options.out, file_name(claim.id), claim.script, text))))
    if options.script:
        print(claim.script, end="")
    elif options.report or not (options.out or options.execute):
        print(text, end="")
    return run_one(job_of_claim(claim, named), options.timeout) if options.execute else CLEAN


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


# Running --------------------------------------------------------------------------------------


def job_of(told: Told, named: dict[str, str]) -> Job:
    """Return the job that runs an entry's script.

    Raises:
        ValueError: no interpreter has its framework.
    """
    witness = told.witness
    system = witness.row.system
    interpreter, missing = find_interpreter(system, [witness.row.version], named)
    if interpreter is None:
        raise ValueError(f"an interpreter must have {system}, got none: {missing}")
    return Job(witness.entry.name, told.script, interpreter, holds_entry(witness), variables_in(told.script))


def variables_in(script: str) -> str:
    """Return what a script does to its environment: scripts that do the same may share a process."""
    return "".join(line.strip() for line in script.splitlines() if "os.environ" in line)


def holds_entry(witness: Witness) -> Callable[[Outcome], str]:
    """Return what tells whether a script shows the divergence that was stored."""
    wanted = shown(witness.actual, witness.output)

    def holds(outcome: Outcome) -> str:
        if witness.actual.outcome in ("crash", "timeout"):
            ended = outcome.status is None or outcome.status < 0
            return (
                "" if ended else f"the process must end by a {witness.actual.outcome}, got {outcome.status}"
            )
        line = next((x for x in outcome.output.splitlines() if x.startswith("actual ")), "")
        got = line.removeprefix("actual").strip().partition(" | ")[0]
        if witness.actual.value is None or witness.output not in witness.actual.value:
            same = steady(got)[:60] == steady(wanted)[:60] or not wanted
        else:
            same = got.partition(" = ")[0] == wanted or is_near(witness, got)
        if outcome.status == 0 and line:
            return f"the divergence must live, got {got}: it has gone"
        if outcome.status != 1 or not same:
            told = got or outcome.error.strip().rpartition("\n")[2] or "nothing"
            return f"the framework must give {wanted[:80]}, got {told[:160]} (exit status {outcome.status})"
        return ""

    return holds


def is_near(witness: Witness, got: str) -> bool:
    """Whether what was drawn, or summed, lies as near to what is stored as the definition's bounds allow."""
    assert witness.actual.value is not None
    stored = np.asarray(carried(witness.actual.value[witness.output]))
    try:
        numbers = np.array(ast.literal_eval(got.partition(" = ")[0].partition(" ")[2]), np.float64)
    except (ValueError, SyntaxError):
        return False
    apart = 2 * np.max(witness.within)
    return numbers.shape == stored.shape and bool(
        np.all(np.abs(numbers - stored.astype(np.float64)) <= apart)
    )


def steady(text: str) -> str:
    """Return a message as observations hold it: no addresses."""
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x…", text).strip()


def job_of_claim(claim: Claim, named: dict[str, str]) -> Job:
    """Return the job that runs a claim's script.

    Raises:
        ValueError: no interpreter has its framework.
    """
    interpreter, missing = find_interpreter(claim.systems[0], claim.versions, named)
    if interpreter is None:
        raise ValueError(f"an interpreter must have {claim.systems[0]}, got none: {missing}")
    return Job(claim.id, claim.script, interpreter, holds_claim(claim), variables_in(claim.script))


def holds_claim(claim: Claim) -> Callable[[Outcome], str]:
    def holds(outcome: Outcome) -> str:
        got, wanted = outcome.output.strip().splitlines(), claim.prints.strip().splitlines()
        for i in range(max(len(got), len(wanted))):
            pair = [x[i].rstrip() if i < len(x) else "nothing" for x in (wanted, got)]
            if pair[0] != pair[1]:
                last = outcome.error.strip().rpartition("\n")[2]
                return f"line {i + 1} must be {pair[0][:80]!r}, got {pair[1][:80]!r}" + (
                    f" ({last})" if last else ""
                )
        return "" if outcome.status == 0 else f"its asserts must hold, got exit status {outcome.status}"

    return holds


def run_one(job: Job, timeout: float) -> int:
    """Run one script, show what it prints; status 1 where it does not do what it says."""
    outcome = run_alone(job, timeout)
    print(outcome.output, end="")
    problem = job.holds(outcome)
    print(f"{job.name}: {problem or 'as stored'}", file=sys.stderr)
    return CHANGED if problem else CLEAN


def hold_all(archive: Archive, named: dict[str, str], timeout: float) -> int:
    """Run every script whose framework is here; status 1 where one disagrees, or none could be run."""
    jobs: list[Job] = []
    left_out: dict[str, str] = {}
    wrong: dict[str, str] = {}
    items: list[Entry | Claim] = [*archive.ledger, *archive.claims]
    for item in items:
        name = item.id if isinstance(item, Claim) else item.name
        system = item.systems[0] if isinstance(item, Claim) else item.system
        interpreter: Interpreter | None
        interpreter, missing = find_interpreter(system, item.versions, named)
        if interpreter is None:
            left_out[name] = missing
            continue
        try:
            jobs.append(
                job_of_claim(item, named) if isinstance(item, Claim) else job_of(archive.tell(item), named)
            )
        except (CannotCut, NoWitness) as error:
            wrong[name] = str(error)
    wrong.update(run_all(jobs, timeout, show_progress))
    return report_all(wrong, left_out)


def report_all(wrong: dict[str, str], left_out: dict[str, str]) -> int:
    """Say what was run, what was not, and what disagrees."""
    bad = {name: problem for name, problem in wrong.items() if problem}
    for missing in dict.fromkeys(left_out.values()):
        names = [name for name, why in left_out.items() if why == missing]
        print(f"not run: {len(names)} ({names[0]}{', …' if len(names) > 1 else ''}): {missing}")
    for name, problem in sorted(bad.items()):
        print(f"{name}: {problem}")
    print(f"{len(wrong)} scripts run, {len(wrong) - len(bad)} do what they say, {len(bad)} do not, "
          f"{len(left_out)} not run")  # fmt: skip
    if not wrong:
        print("nothing could be run", file=sys.stderr)
        return CHANGED
    return CHANGED if bad else CLEAN
