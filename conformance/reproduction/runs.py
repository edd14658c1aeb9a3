"""Runs: every script in the interpreter that has its framework, and whether each does what it says."""

from __future__ import annotations

import json
import selectors
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from conformance.interpreters import Interpreter

DRIVER = Path(__file__).parent / "driver.py"
TIMEOUT = 120.0
TOGETHER = 2  # processes at a time
BATCH = 16  # scripts that share a process
TAIL = 400  # characters of standard error that are shown


@dataclass(frozen=True)
class Job:
    """One script, and what it must do."""

    name: str
    script: str
    interpreter: Interpreter
    holds: Callable[[Outcome], str]  # what is wrong with an outcome; "" for nothing
    key: str = ""  # scripts with the same environment variables may share a process


@dataclass(frozen=True)
class Outcome:
    """What a script did: its exit status, None where it was stopped, and its standard output."""

    status: int | None
    output: str
    error: str = ""


def run_alone(job: Job, timeout: float = TIMEOUT) -> Outcome:
    """Run one script in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.py"
        path.write_text(job.script, encoding="utf-8")
        command = [job.interpreter.path, str(path)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, cwd=folder,
                                  env=job.interpreter.environment, errors="replace")  # fmt: skip
        except subprocess.TimeoutExpired:
            return Outcome(None, "", f"no end in {timeout:g} s")
        except OSError as error:
            raise ValueError(f"--python must name an interpreter, got {error}") from error
    return Outcome(done.returncode, done.stdout, done.stderr[-TAIL:])


def run_all(jobs: list[Job], timeout: float, progress: Callable[[int, int, str], None]) -> dict[str, str]:
    """Run every script, two processes at a time; return what is wrong with each, "" for nothing."""
    wrong: dict[str, str] = {}

    def run(batch: list[Job]) -> None:
        for job, outcome in run_batch(batch, timeout):
            problem = job.holds(outcome)
            if problem:  # it may have met what another script left behind
                problem = job.holds(run_alone(job, timeout))
            wrong[job.name] = problem
            progress(len(wrong) - 1, len(jobs), job.name)

    with ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(run, batches(jobs)))
    return wrong


def batches(jobs: list[Job]) -> list[list[Job]]:
    """Return jobs in groups that may share a process, the largest first."""
    groups: dict[tuple[Interpreter, str], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.interpreter, job.key), []).append(job)
    found = [group[i : i + BATCH] for group in groups.values() for i in range(0, len(group), BATCH)]
    return sorted(found, key=len, reverse=True)


def run_batch(batch: list[Job], timeout: float) -> Iterator[tuple[Job, Outcome]]:
    """Run scripts in one process; one that kills or stops it is run alone, and the rest in a new one."""
    left = list(batch)
    while left:
        yield from _run_until_death(left, timeout)
        if left:
            job = left.pop(0)
            yield job, run_alone(job, timeout)


def _run_until_death(left: list[Job], timeout: float) -> Iterator[tuple[Job, Outcome]]:
    """Yield outcomes, and take their jobs off the list, until the process says nothing any more."""
    interpreter = left[0].interpreter
    with tempfile.TemporaryDirectory() as folder:
        try:
            process = subprocess.Popen(
                [interpreter.path, "-c", DRIVER.read_text(encoding="utf-8")],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env=interpreter.environment, cwd=folder, text=True,
            )  # fmt: skip
        except OSError as error:
            raise ValueError(f"--python must name an interpreter, got {error}") from error
        with process, selectors.DefaultSelector() as selector:
            assert process.stdin is not None and process.stdout is not None  # by PIPE
            selector.register(process.stdout, selectors.EVENT_READ)
            while left:
                answer = _ask(process, selector, left[0], timeout)
                if answer is None:
                    process.kill()
                    return
                yield left.pop(0), answer
            process.stdin.close()


def _ask(process: subprocess.Popen[str], selector: selectors.BaseSelector, job: Job,
         timeout: float) -> Outcome | None:  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(json.dumps({"name": job.name, "script": job.script}) + "\n")
        process.stdin.flush()
    except OSError:
        return None
    if not selector.select(timeout):
        return None
    line = process.stdout.readline()
    if not line:
        return None
    found: Mapping[str, object] = json.loads(line)
    return Outcome(int(str(found["status"])), str(found["output"]))
