"""The gate, end to end: the clean exporter passes; what is planted is convicted, by axis and in words."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]

PLANTED = {
    "rounding": (
        "codes = np.rint(values / q.scale) + q.zero_point",
        "codes = np.floor(values / q.scale + np.float32(0.5)) + q.zero_point",
        "quantize: rounding: half_even -> floor_plus_half",
    ),
    "narrow-range": (
        "return np.clip(codes, q.qmin, q.qmax).astype(q.dtype[0])",
        "return np.clip(codes, np.iinfo(q.dtype[0]).min, np.iinfo(q.dtype[0]).max).astype(q.dtype[0])",
        "quantize: range: full -> type",
    ),
}


def gate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command of the README, as the exporter's own repository would."""
    command = [sys.executable, "-m", "conformance", "check", "--adapter", str(folder / "adapter.py"),
               "--ledger", str(folder / "ledger"), "--against", str(folder / "observation.jsonl"),
               "--out", str(folder / "run"), *words]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the exporter's repository."""
    shutil.copytree(HERE, tmp_path / "exporter", ignore=shutil.ignore_patterns("run", "__pycache__"))
    return tmp_path / "exporter"


def test_the_clean_exporter_passes(folder: Path) -> None:
    found = gate(folder)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "known divergences (my-exporter-half)" in found.stdout
    assert ", 0 changed" in found.stdout, found.stdout


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_change_is_convicted_by_its_axis(folder: Path, name: str) -> None:
    """Once against the definition, once against what the exporter answered before."""
    before, after, change = PLANTED[name]
    source = folder / "exporter.py"
    text = source.read_text(encoding="utf-8")
    assert text.count(before) == 1
    source.write_text(text.replace(before, after), encoding="utf-8")
    found = gate(folder, "--op", "quantize")
    assert found.returncode == 1, found.stdout + found.stderr
    assert found.stdout.count(f"  {change}\n") == 2, found.stdout
