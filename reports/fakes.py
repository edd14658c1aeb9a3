"""The fakes in the report: what `python -m conformance fakes --out reports/fakes.json` found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FAKES = Path(__file__).parent / "fakes.json"


def found() -> list[dict[str, Any]]:
    """Return what became of each fake."""
    fakes: list[dict[str, Any]] = json.loads(FAKES.read_text(encoding="utf-8"))["fakes"]
    return fakes


def fakes_in_one_line() -> Iterator[str]:
    """Yield how many fakes there were, by verdict."""
    counts = Counter(fake["verdict"] for fake in found())
    yield (
        "Each choice of each axis is planted in a worker that otherwise serves the definition, and so is"
        " a scale that is one ulp off. The harness must name exactly what was planted, or prove that no"
        f" input tells it apart: {', '.join(f'{n} {verdict}' for verdict, n in counts.items())}"
        " ([all of them](stories/fakes.md); `python -m conformance fakes`)."
    )


def fake_lines() -> Iterator[str]:
    """Yield the table: every choice of every axis, planted in a worker, and what became of it."""
    yield "# Every choice of every axis, planted in a worker, and what became of it"
    yield ""
    yield "| operation | planted | verdict | named | first case that tells |"
    yield "|---|---|---|---|---|"
    for fake in found():
        planted = f"{fake['axis']} = {fake['choice']}" if fake["choice"] else fake["axis"]
        told = f"`{fake['case']}`" if fake["case"] else fake["proof"] or "—"
        yield (
            f"| `{fake['operation']}` | {planted} | {fake['verdict']} |"
            f" {' or '.join(fake['profiles'])} | {told} |"
        )
