"""Accepting a run: only what this checkout's adapters asked becomes a committed observation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.observation import OBSERVATIONS, read, write
from reports import __main__ as door

COMMITTED = OBSERVATIONS / "nni" / "3.0" / "default.x86_64-avx2.jsonl"


@pytest.mark.parametrize("change", [{"adapter": "0" * 64}, {"system": "mine"}])
def test_a_strangers_answers_are_not_committed(
    change: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    observation = read(COMMITTED)
    write(replace(observation, header=replace(observation.header, **change)), tmp_path)
    copied: list[Path] = []
    monkeypatch.setattr(door, "accept", lambda run, committed: copied.append(run) or [])
    assert door.main(["accept", "--from", str(tmp_path)]) == 2
    assert "must be asked by this checkout's adapters, got " in capsys.readouterr().err
    assert not copied
