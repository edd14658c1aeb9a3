"""The README's lists are complete: an operation, and a system, are added as it says, and asked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

OPERATION = '''"""Twice: the smallest operation."""

from dataclasses import dataclass

import numpy as np

from oracle.specification import Definition


@dataclass(frozen=True)
class Profile:
    factor: str = "two"


def twice(x, profile=Profile()):
    return np.asarray(x) * np.float32(2 if profile.factor == "two" else 3)


CHOICES = {"two": "x is doubled", "three": "x is tripled"}
OPERATIONS = (
    Definition(function=twice, source="this test", sentences=("y = 2 x",), silences=(),
               profile=Profile(), axes={"factor": tuple(CHOICES)}, meaning={"factor": CHOICES}),
)
'''
CASES = '''"""Cases of twice."""

import numpy as np

from cases.case import Case

CASES = [Case("twice/one", {"x": np.float32([1, 2])}, "three times gives 3")]
'''
ADAPTER = """

def twice(x):
    return x * np.float32(3)
"""


def python_block() -> str:
    """Return the adapter that the README shows."""
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 1
    return str(blocks[0])


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("oracle", "cases", "conformance", "reports"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("run", "__pycache__"))
    return tmp_path


def test_the_shown_adapter_is_asked_and_named(tmp_path: Path) -> None:
    adapter = tmp_path / "my_adapter.py"
    adapter.write_text(python_block())
    one = ("--adapter", str(adapter), "--case", "quantize/just-below-one-half", "--json")
    found = run(ROOT, "-m", "conformance", "identify", *one)
    rows: list[dict[str, Any]] = json.loads(found.stdout)["identified"]
    assert rows[0]["says"] == "rounding = floor_plus_half"


def test_an_operation_is_added_by_the_listed_files(copy: Path) -> None:
    """Oracle, cases, adapter: the operation is found, asked, judged, named, and its fakes convicted."""
    (copy / "oracle" / "twice.py").write_text(OPERATION)
    (copy / "cases" / "twice.py").write_text(CASES)
    adapter = copy / "my_adapter.py"
    adapter.write_text(python_block() + ADAPTER)
    ask = ("-m", "conformance", "check", "--adapter", "my_adapter.py", "--op", "twice")
    found = run(copy, *ask)
    assert found.returncode == 1, found.stderr
    assert "factor: " in found.stdout
    assert " -> three" in found.stdout
    named = run(copy, "-m", "conformance", "identify", *ask[3:], "--json")
    assert json.loads(named.stdout)["identified"][0]["profiles"] == ["factor = three"]
    ledger = copy / "ledger"
    ledger.mkdir()
    entry = (ROOT / "reports" / "ledger" / "torch-quantize-reciprocal.toml").read_text()
    assert 'operation = "quantize"' in entry
    fields = {"operation": '"twice"', "system": '"my_adapter"', "versions": '["1.0"]', "backends": '["*"]',
              "profile": '{ factor = "three" }', "witness": '"twice/one"'}  # fmt: skip
    for name, value in fields.items():
        entry = re.sub(rf"^{name} *=.*$", f"{name} = {value}", entry, flags=re.MULTILINE)
    (ledger / "twice.toml").write_text(entry)
    explained = run(copy, *ask, "--ledger", "ledger")
    assert explained.returncode == 0, explained.stdout + explained.stderr
    assert "known divergences (twice)" in explained.stdout


def test_the_lists_name_files_that_exist() -> None:
    for path in re.findall(r"`((?:oracle|cases|conformance|reports)/[\w./-]+\.\w+)`", README):
        assert (ROOT / path).exists(), path
