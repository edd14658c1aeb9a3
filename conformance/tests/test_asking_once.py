"""What pytest asks a backend, it asks once: a framework may take seconds for each start and each question."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
COUNTING = Path(__file__).parent / "planted" / "counting.py"


def test_a_backend_is_started_to_be_known_to_be_asked_and_to_be_searched(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "conformance/test_systems.py"]
    done = subprocess.run(
        [*command, "--adapter", str(COUNTING)],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PLANTED_STARTS": str(starts)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert len(starts.read_text().splitlines()) == 3
