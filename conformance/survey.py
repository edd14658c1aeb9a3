"""Ask one backend of one system every question, and keep the answers."""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from cases.case import Case, all_cases
from cases.siblings import doors
from conformance.answer import Answer
from conformance.ask import Worker, check_subnormals
from conformance.observation import Header, Observation
from conformance.row import Question
from oracle.definition import DEFINITIONS
from oracle.formats import carried

Progress = Callable[[int, int, str], None]


def header_of(worker: Worker) -> Header:
    """Return the key under which a worker's answers are kept."""
    hello = worker.hello
    return Header(
        hello["system"],
        hello["version"],
        hello["backend"],
        hello["instruction_set"],
        hello["adapter"],
    )


def doors_of(worker: Worker, case: Case) -> list[str]:
    """Return the doors through which a worker is asked one case."""
    own, definition = worker.hello["operations"].get(case.operation), DEFINITIONS[case.operation]
    if own is None:
        return []
    if worker.hello.get("slow"):
        return ["plain", *own]
    is_elementwise = definition.is_elementwise(case.arguments, definition.profile)
    return doors(own, carried(case.arguments[case.vector]).shape, is_elementwise)


def ask_case(worker: Worker, case: Case, door: str = "plain") -> Answer:
    """Put one case to a worker through one door."""
    return worker.ask({
        "operation": case.operation,
        "door": door,
        "vector": case.vector,
        "arguments": case.arguments,
    })  # fmt: skip


def survey(
    worker: Worker, cases: Iterable[Case] | None = None, progress: Progress | None = None
) -> Observation:
    """Ask a worker every case through every door it has.

    Raises:
        HarnessError: the oracle's CPU does not keep subnormals, before or after.
    """
    check_subnormals()
    todo = [(case, door) for case in cases or all_cases().values() for door in doors_of(worker, case)]
    questions = []
    for done, (case, door) in enumerate(todo):
        if progress:
            progress(done, len(todo), f"{worker.hello['backend']} {case.id} {door}")
        questions.append(Question(case, door, ask_case(worker, case, door)))
    check_subnormals()
    return Observation(header_of(worker), tuple(questions))


def show_progress(done: int, total: int, what: str) -> None:
    """Draw a progress bar on a terminal; nothing where there is none."""
    if sys.stderr.isatty():
        bar = "#" * (30 * done // max(total, 1))
        sys.stderr.write(f"\r[{bar:<30}] {done}/{total} {what[:50]:<50}")
        sys.stderr.write("\r" + " " * 100 + "\r" if done + 1 == total else "")
        sys.stderr.flush()


def adapter_path(name: str) -> Path:
    """Return the file of a built-in adapter."""
    return Path(__file__).parent / "adapters" / f"{name}.py"


def adapter_digest(system: str) -> str:
    """Return a built-in adapter's digest as the worker does: of it, and of the adapter modules it needs."""
    pattern = r"^from conformance\.adapters(?:\.(\w+) import| import ([a-z]\w*)$)"
    found: set[Path] = set()
    new = {adapter_path(system.replace("-", "_"))}
    while new:
        found |= new
        texts = [path.read_text(encoding="utf-8") for path in new]
        names = ["".join(n) for text in texts for n in re.findall(pattern, text, re.MULTILINE)]
        new = {adapter_path(name) for name in names} - found
    digest = hashlib.sha256()
    for file in sorted(found, key=lambda path: path.name):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def built_in_systems() -> list[str]:
    """Return the systems that have a built-in adapter: the modules that answer `version`."""
    files = sorted(adapter_path("").parent.glob("*.py"))
    return [
        path.stem.replace("_", "-") for path in files if "\ndef version(" in path.read_text(encoding="utf-8")
    ]


def why_not_here(system: str) -> str | None:
    """Return the adapter's NOT_HERE: why no environment of ours can have the system; None for the others."""
    path = adapter_path(system.replace("-", "_"))
    if not path.is_file():
        return None
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets] == ["NOT_HERE"]:
            return str(ast.literal_eval(node.value))
    return None
