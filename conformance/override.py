"""Put another version of a framework into a tox environment, or the pinned ones back.

    TORCH=2.9.1 tox -e torch

Each environment that asks systems runs this before it asks. A variable has the name of a system, in capitals
and with underscores: ONNXRUNTIME, LARQ_COMPUTE_ENGINE. Without one, what is installed must be what is pinned.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata

from conformance.interpreters import DISTRIBUTIONS, PINS, Environment, environments
from conformance.ledger import is_of


def named(environment: Environment) -> dict[str, str]:
    """Return distribution → version for each system whose variable is set."""
    variables = {system: system.upper().replace("-", "_") for system in environment.systems}
    return {
        DISTRIBUTIONS.get(system, system): os.environ[variable]
        for system, variable in variables.items()
        if os.environ.get(variable)
    }


def is_as_pinned(environment: Environment) -> bool:
    """Whether each system's distribution is installed in the version that is pinned."""
    wanted = {DISTRIBUTIONS.get(s, s): environment.version(s) for s in environment.systems}
    return all(is_of(metadata.version(d), str(v).partition("+")[0]) for d, v in wanted.items())


def command_for(environment: Environment) -> list[str]:
    """Return what must be installed, as pip's arguments; nothing where all is as it should be."""
    if chosen := named(environment):
        return [f"{name}=={version}" for name, version in chosen.items()]
    if is_as_pinned(environment):
        return []
    return ["--no-deps", "-r", str(PINS / f"{environment.name}.txt")]


def main() -> int:
    """Install what differs; pip's exit status."""
    name = os.environ.get("TOX_ENV_NAME", "")
    environment = next((e for e in environments() if e.name == name), None)
    wanted = command_for(environment) if environment else []
    return subprocess.call([sys.executable, "-m", "pip", "install", "-q", *wanted]) if wanted else 0


if __name__ == "__main__":
    sys.exit(main())
