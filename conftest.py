"""Put systems to pytest: `pytest conformance/test_systems.py --system torch --backend eager`."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

import pytest

from cases.case import Case, all_cases
from conformance.ask import AdapterMissing
from conformance.check import Target, available, targets
from oracle.definition import DEFINITIONS

MISSING = pytest.StashKey[dict[str, str]]()
CHOSEN = pytest.StashKey[list[Target]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption("--system", action="append", default=[], help="ask this system; may be repeated")
    group.addoption("--backend", help="only this backend")
    group.addoption("--adapter", action="append", default=[], help="ask this file.py or package.module")
    group.addoption("--python", default=sys.executable, help="the interpreter the workers run in")


def pytest_configure(config: pytest.Config) -> None:
    named = [*config.getoption("--system"), *config.getoption("--adapter")]
    config.stash[MISSING] = {} if named else not_asked()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without a system to ask, the tests of systems are not collected; an example, only where it is named."""
    named = config.getoption("--system") or config.getoption("--adapter")
    if collection_path.name == "examples" and not any("examples" in argument for argument in config.args):
        return True
    return True if collection_path.name == "test_systems.py" and not named else None


def pytest_collection_finish() -> None:
    """Tests and cases stay to the end: the collector of garbage need not visit them again and again."""
    gc.freeze()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask each backend for what its adapter offers, no more."""
    if "asked" not in metafunc.fixturenames:
        return
    names = [name for name in ("asked", "case", "operation") if name in metafunc.fixturenames]
    offered = {
        "case": lambda t: [(t, c) for c in all_cases().values() if c.operation in t.operations],
        "operation": lambda t: [(t, name) for name in DEFINITIONS if name in t.operations],
        "asked": lambda t: [(t,)],
    }[names[-1]]
    found = [row for target in chosen_targets(metafunc.config) for row in offered(target)]
    metafunc.parametrize(names, [pytest.param(*row, id=name_of(*row)) for row in found], scope="session")


def name_of(target: Target, what: Case | str = "") -> str:
    """Return a test's name: torch-eager, torch-eager:quantize, torch-eager:quantize/ties."""
    named = what.id if isinstance(what, Case) else what
    return f"{target.adapter}-{target.backend}" + (f":{named}" if named else "")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each backend to one process, which asks it once."""
    if not (config.getoption("--system") or config.getoption("--adapter")):
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByBackend(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return nodeid.partition("[")[2].rstrip("]").partition(":")[0]

    return ByBackend(config, log)


def chosen_targets(config: pytest.Config) -> list[Target]:
    """Return the backends of what the options name; one object for each, so that it is asked once."""
    if CHOSEN not in config.stash:
        config.stash[CHOSEN] = find_targets(config)
    return config.stash[CHOSEN]


def find_targets(config: pytest.Config) -> list[Target]:
    names = [*config.getoption("--system"), *config.getoption("--adapter")]
    found: list[Target] = []
    for name in names:
        try:
            found += targets(name, config.getoption("--backend"), config.getoption("--python"))
        except AdapterMissing as error:
            config.stash[MISSING][name] = f"module {error.missing} is missing"
    return found


def not_asked() -> dict[str, str]:
    """Return the systems that nobody asked for, with what to do."""
    here, missing = available()
    return {**{name: f"not asked: --system {name}" for name in here},
            **{name: f"not installed: module {module}" for name, module in missing.items()}}  # fmt: skip


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for name, reason in sorted(config.stash[MISSING].items()):
        terminalreporter.write_line(f"{name}: {reason}")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Learn from a process side by side what it missed."""
    node.config.stash[MISSING].update(getattr(node, "workeroutput", {}).get("missing", {}))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    named = [*session.config.getoption("--system"), *session.config.getoption("--adapter")]
    missing = session.config.stash[MISSING] if named else {}
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["missing"] = missing
    elif missing and exitstatus == 0:
        session.exitstatus = 1  # a system that was named and not observed is no success
