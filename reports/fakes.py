"""The fakes in the report: what `python -m conformance fakes --out reports/fakes.json` found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FAKES = Path(__file__).parent / "fakes.json"


def fake_lines() -> Iterator[str]:
    """Yield the table: every choice of every axis, planted in a worker, and what became of it."""
    found: list[dict[str, Any]] = json.loads(FAKES.read_text(encoding="utf-8"))["fakes"]
    counts: dict[str, int] = {}
    for fake in found:
        counts[fake["verdict"]] = counts.get(fake["verdict"], 0) + 1
    yield "## Does the harness notice?"
    yield ""
    yield (
        "Each choice of each axis is planted in a worker that otherwise serves the definition, and so is"
        " a scale that is one ulp off. The harness must name exactly what was planted, or prove that no"
        f" input tells it apart. {', '.join(f'{n} {verdict}' for verdict, n in counts.items())}"
        " (`python -m conformance fakes`)."
    )
    yield ""
    yield "<details><summary>All of them</summary>"
    yield ""
    yield "| operation | planted | verdict | named | first case that tells |"
    yield "|---|---|---|---|---|"
    for fake in found:
        planted = f"{fake['axis']} = {fake['choice']}" if fake["choice"] else fake["axis"]
        told = f"`{fake['case']}`" if fake["case"] else fake["proof"] or "—"
        yield (
            f"| `{fake['operation']}` | {planted} | {fake['verdict']} |"
            f" {' or '.join(fake['profiles'])} | {told} |"
        )
    yield ""
    yield "</details>"
