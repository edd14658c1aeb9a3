"""The composite action's step, run as the action would: inputs as variables, paths from their repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ACTION = Path(__file__).parents[2] / ".github" / "actions" / "conformance"
SILENT = """
class Unsupported(Exception):
    pass


def version():
    return "1"


def choose_qparams(x, qmin, qmax, scheme):
    raise Unsupported("not ours")
"""
WRONG = SILENT.replace('raise Unsupported("not ours")', "return {'scale': x[:1][0], 'zero_point': x[:1][0]}")


def step(repository: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PYTHON": sys.executable, "OPERATION": "choose_qparams", **inputs}
    return subprocess.run([ACTION / "gate"], cwd=repository, env=variables, capture_output=True, text=True,
                          check=False)  # fmt: skip


@pytest.mark.parametrize(("adapter", "status"), [(SILENT, 0), (WRONG, 1)], ids=["silent", "wrong"])
def test_the_step_gates(tmp_path: Path, adapter: str, status: int) -> None:
    (tmp_path / "gate").mkdir()
    (tmp_path / "gate" / "adapter.py").write_text(adapter)
    found = step(tmp_path, ADAPTER="gate/adapter.py")
    assert found.returncode == status, found.stdout + found.stderr
    assert ("RED" in found.stdout) == bool(status), found.stdout


def test_the_step_takes_every_input() -> None:
    text = (ACTION / "action.yml").read_text(encoding="utf-8")
    inputs = re.findall(r"^  (\w+):$", text[: text.index("\nruns:")], re.MULTILINE)
    handed = dict(re.findall(r"^        ([A-Z]+): \$\{\{ inputs\.(\w+) \}\}$", text, re.MULTILINE))
    assert sorted(inputs) == sorted(handed.values())
    script = (ACTION / "gate").read_text(encoding="utf-8")
    assert all(f"${{{name}" in script or f"${name}" in script for name in handed)
    assert '"$GITHUB_ACTION_PATH/gate"' in text


def test_a_missing_adapter_is_wrong_usage(tmp_path: Path) -> None:
    assert step(tmp_path, ADAPTER="none.py").returncode == 2
