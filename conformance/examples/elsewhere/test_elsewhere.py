"""A pack answered where the suite is not: one script, numpy, a framework; then judged where it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from conformance.observation import OBSERVATIONS, Observation, read, write

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SCRIPT = ROOT / "conformance" / "adapters" / "tensorrt.py"


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with this interpreter and no path to the suite."""
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True, check=False)


def of_the_same(committed: Observation, answered: Observation) -> Observation:
    """Return what is committed of the questions that were answered elsewhere."""
    asked = {q.case.id for q in answered.questions if q.answer.outcome != "unsupported"}
    kept = [q for q in committed.questions if q.door == "plain" and q.case.id in asked]
    return Observation(committed.header, tuple(kept))


def test_a_pack_answered_elsewhere_is_judged_here(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for path in (SCRIPT, HERE / "torch_alone.py"):
        shutil.copy(path, elsewhere)
    pack = run(ROOT, "-m", "cases", "--json")
    assert pack.returncode == 0, pack.stderr
    (elsewhere / "pack.json").write_text(pack.stdout, encoding="utf-8")
    assert "No module named 'conformance'" in run(elsewhere, "-c", "import conformance").stderr

    asked = run(elsewhere, "tensorrt.py", "pack.json", "answers.jsonl", "--adapter", "torch_alone.py")
    assert asked.returncode == 0, asked.stderr
    without = run(elsewhere, "tensorrt.py", "pack.json")
    assert "No module named 'tensorrt'" in without.stderr, "its own name must not hide TensorRT's module"

    answered = read(elsewhere / "answers.jsonl")
    committed = next(OBSERVATIONS.glob(f"torch/{answered.header.version}/eager.*.jsonl"))
    reference = write(of_the_same(read(committed), answered), tmp_path / "before")
    judged = run(ROOT, "-m", "conformance", "check", "--answers", str(elsewhere / "answers.jsonl"),
                 "--against", str(reference), "--json")  # fmt: skip
    assert judged.returncode == 0, judged.stdout + judged.stderr
    [found] = json.loads(judged.stdout)["checked"]
    assert {row["operation"] for row in found["rows"]} == {"quantize", "dequantize"}
    assert found["comparison"]["same"] > 40, found["comparison"]
    assert not found["comparison"]["changed"]


def test_another_answer_is_convicted(tmp_path: Path) -> None:
    text = (HERE / "torch_alone.py").read_text(encoding="utf-8")
    planted = text.replace("float(scale), zero_point, dtype", "float(scale) * 1.001, zero_point, dtype")
    assert planted != text
    planted = planted.replace('SYSTEM = "torch"', 'SYSTEM = "somebody"')  # no observation, no ledger
    (tmp_path / "torch_alone.py").write_text(planted, encoding="utf-8")
    pack = run(ROOT, "-m", "cases", "--case", "quantize/ties-at-every-code", "--json")
    (tmp_path / "pack.json").write_text(pack.stdout, encoding="utf-8")
    asked = run(tmp_path, str(SCRIPT), "pack.json", "--adapter", "torch_alone.py")
    assert asked.returncode == 0, asked.stderr
    judged = run(ROOT, "-m", "conformance", "check", "--answers", str(tmp_path / "answers.jsonl"), "--json")
    assert judged.returncode == 1, judged.stdout + judged.stderr
    [row] = json.loads(judged.stdout)["checked"][0]["rows"]
    assert row["says"].startswith("RED: 1 answer"), row
