"""Whether scripts do what they say: each run in the environment that has its framework."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

from conformance.claims import Claim
from conformance.interpreters import environment_of, find_interpreter
from conformance.ledger import Entry
from conformance.reproduction.archive import Archive
from conformance.reproduction.calls import CannotCut
from conformance.reproduction.runs import Job, Outcome, run_all, run_alone
from conformance.reproduction.script import shown
from conformance.reproduction.witness import NoWitness, Witness
from conformance.survey import show_progress
from oracle.formats import carried

CLEAN, CHANGED = 0, 1


@dataclass(frozen=True)
class Held:
    """What became of one script."""

    name: str
    place: str  # the environment
    problem: str = ""  # "" where it does what it says
    missing: str = ""  # why it was not run

    @property
    def state(self) -> str:
        return "not run" if self.missing else "wrong" if self.problem else "as stated"


def name_of(item: Entry | Claim) -> str:
    return item.id if isinstance(item, Claim) else item.name


@dataclass(frozen=True)
class Script:
    """The script of an entry or a claim, and where it belongs."""

    name: str
    text: str
    holds: Callable[[Outcome], str]
    system: str
    versions: tuple[str, ...]

    @property
    def place(self) -> str:
        environment = environment_of(self.system, self.versions)
        return environment.name if environment else self.system


def place_of(item: Entry | Claim) -> str:
    """Return the environment of an item that may have no script."""
    system = item.systems[0] if isinstance(item, Claim) else item.system
    return Script("", "", lambda _: "", system, item.versions).place


def script_of(item: Entry | Claim, archive: Archive) -> Script:
    """Return the script of an entry or a claim.

    Raises:
        CannotCut, NoWitness: there is none.
    """
    if isinstance(item, Claim):
        return Script(item.id, item.script, holds_claim(item), item.systems[0], item.versions)
    told = archive.tell(item)
    row = told.witness.row
    return Script(item.name, told.script, holds_entry(told.witness), row.system, (row.version,))


def job_of(item: Entry | Claim, archive: Archive, named: Mapping[str, str]) -> Job:
    """Return the job that runs the script of an entry or a claim.

    Raises:
        ValueError: no interpreter has its framework.
    """
    script = script_of(item, archive)
    interpreter, missing = find_interpreter(script.system, script.versions, named)
    if interpreter is None:
        raise ValueError(f"an interpreter must have {script.system}, got none: {missing}")
    return Job(script.name, script.text, interpreter, script.holds)


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
    """Return a message as observations hold it: no addresses; of an exception without a text its name."""
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x…", text).strip().rstrip(":")


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


def hold_all(archive: Archive, named: Mapping[str, str], timeout: float) -> int:
    """Run every script whose framework is here; status 1 where one disagrees, or none could be run."""
    items: list[Entry | Claim] = [*archive.ledger, *archive.claims]
    held: list[Held] = []
    scripts: list[Script] = []
    jobs: list[Job] = []
    for done, item in enumerate(items):
        show_progress(done, len(items), f"writing {name_of(item)}")
        try:
            script = script_of(item, archive)
        except (CannotCut, NoWitness) as error:
            held.append(Held(name_of(item), place_of(item), f"it must have a script, got {error}"))
            continue
        interpreter, missing = find_interpreter(script.system, script.versions, named)
        if interpreter is None:
            held.append(Held(script.name, script.place, missing=missing))
        else:
            scripts.append(script)
            jobs.append(Job(script.name, script.text, interpreter, script.holds))
    wrong = run_all(jobs, timeout, show_progress)
    return report_all([*held, *(Held(s.name, s.place, wrong[s.name]) for s in scripts)])


def report_all(held: Collection[Held]) -> int:
    """Say what was run, what was not, and what disagrees, as tables; return the exit status."""
    counts = Counter((one.place, one.state) for one in held)
    wrong = sorted((one for one in held if one.state == "wrong"), key=lambda one: (one.place, one.name))
    states = ("as stated", "wrong", "not run")
    rows = [[p, *(str(counts[p, s]) for s in states)] for p in sorted({one.place for one in held})]
    rows.append(["all", *(str(sum(one.state == s for one in held)) for s in states)])
    print_table(["environment", *states], rows)
    for missing in dict.fromkeys(one.missing for one in held if one.missing):
        print(f"not run: {missing}")
    if wrong:
        print()
        print_table(["environment", "script", "what is wrong"], [[o.place, o.name, o.problem] for o in wrong])
        print(f"\nrepeat: python -m conformance reproduce {wrong[0].name} --run")
    if all(one.state == "not run" for one in held):
        print("nothing could be run", file=sys.stderr)
        return CHANGED
    return CHANGED if wrong else CLEAN


def print_table(head: list[str], rows: list[list[str]]) -> None:
    """Print rows in columns, the last one as wide as it is."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, ["-" * width for width in widths[:-1]] + ["-" * len(head[-1])], *rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())
