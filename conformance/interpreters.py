"""Which interpreter has which framework: the environments of tox.ini, and those that are named."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conformance.ledger import is_of
from conformance.observation import version_key

ROOT = Path(__file__).parent.parent
PINS = Path(__file__).parent / "environments"
QUIET = {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
# What installs a system, where it has another name; and what it runs on, where that is part of its version.
DISTRIBUTIONS = {
    "tensorflow": "tensorflow-cpu",
    "tflite": "tensorflow-cpu",
    "tfmot": "tensorflow-model-optimization",
    "litert": "ai-edge-litert",
}
ALIASES = {"tensorflow-cpu": ("tensorflow", "tf-nightly")}  # of what an environment pins, elsewhere
HOSTS = dict.fromkeys(("qkeras", "larq", "tfmot"), ("tf", "tensorflow-cpu"))


@dataclass(frozen=True)
class Interpreter:
    """A Python that has a framework, and what must be in its environment."""

    path: str
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **QUIET, "PYTHONWARNINGS": "ignore", **dict(self.variables)}


@dataclass(frozen=True)
class Environment:
    """One environment of tox.ini that asks systems."""

    name: str
    systems: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    is_current: bool  # whether plain `tox` runs it

    @property
    def python(self) -> Path:
        folder = Path(os.environ.get("TOX_WORK_DIR", ROOT / ".tox")) / self.name
        windows = folder / "Scripts" / "python.exe"
        return windows if windows.exists() else folder / "bin" / "python"

    def version(self, system: str) -> str | None:
        """Return the version that a system has here, as its observations are called."""
        pins = pinned(self.name)
        own = pins.get(DISTRIBUTIONS.get(system, system))
        if own is None or system not in HOSTS:
            return own
        name, host = HOSTS[system]
        return f"{own}+{name}{pins.get(host)}"

    def pins(self, system: str, version: str) -> bool:
        """Whether the environment's list pins a system to a version, on whatever host if none is named."""
        own = self.version(system)
        return own is not None and is_of(own, version)


@cache
def pinned(environment: str) -> dict[str, str]:
    """Return what the list of an environment pins, by names in lower case with hyphens."""
    path = PINS / f"{environment}.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    pairs = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {_normalized(name): version.split()[0] for name, version in pairs}


@cache
def environments() -> tuple[Environment, ...]:
    """Return the environments of tox.ini that ask systems."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini", encoding="utf-8")
    current = re.split(r"[\s,]+", parser.get("tox", "env_list", fallback=""))
    found = []
    for section in parser.sections():
        systems = re.findall(r"--system[ =](\S+)", parser.get(section, "commands", fallback=""))
        if section.startswith("testenv:") and systems:
            variables = tuple(variables_of(parser, section).items())
            name = section.removeprefix("testenv:")
            found.append(Environment(name, tuple(systems), variables, name in current))
    return tuple(found)


def variables_of(parser: configparser.ConfigParser, section: str, key: str = "set_env") -> dict[str, str]:
    """Return what a section of tox.ini sets, with what it takes from other sections."""
    found: dict[str, str] = {}
    for line in parser.get(section, key, fallback="").splitlines():
        name, equals, value = (piece.strip() for piece in line.partition("="))
        if reference := re.fullmatch(r"\{\[(.+)\](.+)\}", line.strip()):
            found |= variables_of(parser, *reference.groups())
        elif equals and not name.startswith("UV_"):
            found[name] = re.sub(r"\{env:(\w+):(.*?)\}", lambda m: os.environ.get(m[1], m[2]), value)
    return found


def environment_of(system: str, versions: Iterable[str] = ()) -> Environment | None:
    """Return the environment that has a system, the one that pins a version where there are several."""
    having = [e for e in environments() if system in (*e.systems, e.name)]
    pinning = [e for e in having if any(e.pins(system, version) for version in versions)]
    return next(iter(pinning or having), None)


def environment_like(system: str, python: str) -> Environment | None:
    """Return the environment whose settings suit an interpreter: of what it has, or of the next newer.

    A setting stays what it is until a version changes it, so what is between two is like the newer one.
    """
    having = [e for e in environments() if system in (*e.systems, e.name)]
    if len(having) < 2:
        return next(iter(having), None)
    has_host = any("tensorflow-cpu" in pinned(e.name) for e in having)
    name = "tensorflow-cpu" if has_host else DISTRIBUTIONS.get(system, system)
    of = {e: _release(version) for e in having if (version := pinned(e.name).get(name))}
    own = installed(python, name)
    if own is None or not of:
        return having[0]
    newer = [e for e in of if of[e] >= _release(own)]
    return min(newer, key=of.__getitem__) if newer else max(of, key=of.__getitem__)


def _release(version: str) -> tuple[int, ...]:
    """Return major, minor and micro; what was built or mended after it changes no setting."""
    return version_key(version.partition("+")[0])[:3]


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def installed(python: str, distribution: str) -> str | None:
    """Return the version of a distribution, or of one that stands for it, that an interpreter has."""
    names = (distribution, *ALIASES.get(distribution, ()))
    listing = "import importlib.metadata as m; [print(d.name, d.version) for d in m.distributions()]"
    try:
        done = subprocess.run(
            [python, "-c", listing], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # the worker that is started next says it
    pairs = (line.split(maxsplit=1) for line in done.stdout.splitlines() if " " in line)
    found = {_normalized(name): version for name, version in pairs}
    return next((found[name] for name in names if name in found), None)


@cache
def is_beside(system: str, version: str) -> bool:
    """Whether only `tox -m versions` asks a version: an environment pins it, none that `tox` runs does."""
    pinning = [e for e in environments() if system in e.systems and e.pins(system, version)]
    return bool(pinning) and not any(e.is_current for e in pinning)


def find_interpreter(
    system: str, versions: Iterable[str], named: Mapping[str, str]
) -> tuple[Interpreter | None, str]:
    """Return the interpreter that has a system; or None, and what to do about it.

    Args:
        named: interpreters by environment or system, "" for any; they win, the environment first.
    """
    environment = environment_of(system, versions)
    variables = environment.variables if environment else ()
    keys = (*([environment.name] if environment else []), system, "")
    chosen = next((named[key] for key in keys if key in named), None)
    if chosen is not None:
        return Interpreter(chosen, variables), ""
    if environment is None:
        return None, f"no environment has {system}: name one, --python {system}=PATH"
    if not environment.python.exists():
        return None, f"tox -e {environment.name} installs {system}, or --python {system}=PATH names it"
    return Interpreter(str(environment.python), variables), ""


def read_named(options: Iterable[str]) -> dict[str, str]:
    """Return interpreters by system from `system=PATH` or `PATH`.

    Raises:
        ValueError: a path that is no file.
    """
    found: dict[str, str] = {}
    for option in options:
        system, equals, path = option.partition("=")
        if not equals or "/" in system:
            system, path = "", option
        if not Path(path).is_file():
            raise ValueError(f"--python must name an interpreter, got {path or option}")
        found[system] = path
    return found
