"""Runs: every script in the interpreter that has its framework, and whether each does what it says."""

from __future__ import annotations

import ast
import json
import os
import selectors
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from conformance.interpreters import Interpreter

DRIVER = Path(__file__).parent / "driver.py"
TIMEOUT = 300.0
IMPORTING = 120.0  # seconds that the frameworks of a batch may take
TOGETHER = 2  # processes at a time
BATCH = 24  # scripts that share what they import
SLOW = frozenset(
    {"tensorflow", "torch"}
)  # take seconds to import, and run in a fork; onnxruntime does not end
TAIL = 400  # characters of standard error that are shown


@dataclass(frozen=True)
class Job:
    """One script, and what it must do."""

    name: str
    script: str
    interpreter: Interpreter
    holds: Callable[[Outcome], str]  # what is wrong with an outcome; "" for nothing


@dataclass(frozen=True)
class Outcome:
    """What a script did: its exit status, None where it was stopped, and its standard output."""

    status: int | None
    output: str
    error: str = ""


@dataclass(frozen=True)
class Start:
    """What the scripts of a batch share: interpreter, environment, imported modules."""

    path: str
    environment: frozenset[tuple[str, str]]
    imports: tuple[str, ...]


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
            if problem:  # a framework may not like to be forked
                problem = job.holds(run_alone(job, timeout))
            wrong[job.name] = problem
            progress(len(wrong) - 1, len(jobs), job.name)

    with ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(run, batches(jobs)))
    return wrong


def batches(jobs: list[Job]) -> list[list[Job]]:
    """Return jobs in groups that start alike: those of the interpreter with most to do first."""
    groups: dict[Start, list[Job]] = {}
    for job in jobs:
        groups.setdefault(start_of(job), []).append(job)
    found = [group[i : i + BATCH] for group in groups.values() for i in range(0, len(group), BATCH)]
    load = Counter(job.interpreter for job in jobs)
    return sorted(found, key=lambda batch: (-load[batch[0].interpreter], -len(batch)))


def start_of(job: Job) -> Start:
    """Return how a script starts: the environment it makes for itself, and what it then imports."""
    environment = job.interpreter.environment
    imports: list[str] = []
    for statement in ast.parse(job.script).body:
        imports += [name for name in modules_of(statement) if name not in imports]
        if "os.environ" in ast.unparse(statement) and not imports:
            with suppress(Exception):  # then the script is left to do it
                exec(ast.unparse(statement), {"os": SimpleNamespace(environ=environment)})
    return Start(job.interpreter.path, frozenset(environment.items()), tuple(imports))


def modules_of(statement: ast.stmt) -> list[str]:
    """Return the modules that a statement imports, without the standard library's."""
    names: list[str] = []
    if isinstance(statement, ast.Import):
        names = [alias.name for alias in statement.names]
    elif isinstance(statement, ast.ImportFrom):
        names = [statement.module or ""]
    return [name for name in names if name.partition(".")[0] not in {*sys.stdlib_module_names, "numpy"}]


def run_batch(batch: list[Job], timeout: float) -> Iterator[tuple[Job, Outcome]]:
    """Run scripts in forks of one process, where that is faster; those that did not end there alone."""
    left = list(batch)
    if hasattr(os, "fork") and len(batch) > 1 and is_slow(start_of(batch[0])):
        yield from _run_forked(left, timeout)
    for job in left:
        yield job, run_alone(job, timeout)


def is_slow(start: Start) -> bool:
    """Whether what scripts share is worth to be imported once for all of them."""
    return any(name.partition(".")[0] in SLOW for name in start.imports)


def _run_forked(left: list[Job], timeout: float) -> Iterator[tuple[Job, Outcome]]:
    """Yield outcomes, and take their jobs off the list, until one does not end."""
    start = start_of(left[0])
    try:
        process = subprocess.Popen(
            [start.path, "-c", DRIVER.read_text(encoding="utf-8")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=dict(start.environment), text=True,
        )  # fmt: skip
    except OSError as error:
        raise ValueError(f"--python must name an interpreter, got {error}") from error
    with process, selectors.DefaultSelector() as selector:
        assert process.stdin is not None and process.stdout is not None  # by PIPE
        selector.register(process.stdout, selectors.EVENT_READ)
        with suppress(OSError):  # it has died: nothing is answered
            _tell(process, {"imports": start.imports})
            while left:
                _tell(process, {"script": left[0].script, "timeout": timeout})
                answer = selector.select(timeout + IMPORTING) and process.stdout.readline()
                if not answer:
                    break
                outcome = outcome_of(json.loads(answer))
                if outcome.status is None:
                    break
                yield left.pop(0), outcome
            process.stdin.close()
        if left:
            process.kill()


def _tell(process: subprocess.Popen[str], line: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(line) + "\n")
    process.stdin.flush()


def outcome_of(answer: dict[str, Any]) -> Outcome:
    return Outcome(answer["status"], str(answer["output"]), str(answer["error"])[-TAIL:])
