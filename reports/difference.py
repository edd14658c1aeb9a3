"""What changed between two sets of observations, in words; and accepting a run."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from conformance.compare import compare, explain_changes, nearest
from conformance.interpreters import is_beside
from conformance.ledger import Entry
from conformance.observation import Header, Observation

SHOWN = 5


def differences(before: list[Observation], after: list[Observation], ledger: Iterable[Entry]) -> list[str]:
    """Return one paragraph per backend that changed, is new with other answers, or is missing.

    A backend on an instruction set, or in a version, that was never seen is compared with the
    nearest: equal answers are no difference. A version that only `tox -m versions` asks may be missing.
    """
    entries = list(ledger)
    lines = [line for observation in after for line in _against_nearest(observation, before, entries)]
    found = (nearest(observation.header, before) for observation in after)
    seen = {key_of(reference.header) for reference in found if reference}
    wanted = dict.fromkeys(
        key_of(o.header) for o in before if not is_beside(o.header.system, o.header.version)
    )
    return lines + [f"{' '.join(key)}: observed before, not now" for key in wanted if key not in seen]


def key_of(header: Header) -> tuple[str, str, str]:
    """Return what is observed on some instruction set."""
    return header.system, header.version, header.backend


def _against_nearest(
    observation: Observation, before: list[Observation], ledger: list[Entry]
) -> Iterator[str]:
    reference = nearest(observation.header, before)
    if reference is None:
        yield f"{observation.header}: never observed before"
        return
    comparison = compare(reference, observation)
    if not comparison.is_clean or comparison.new:
        yield str(comparison)
        yield from (f"  {s}" for s in explain_changes(reference, comparison.changed, ledger))
        yield from (f"  {change}" for change in comparison.changed[:SHOWN])
        if len(comparison.changed) > SHOWN:
            yield f"  … and {len(comparison.changed) - SHOWN} more"
    elif reference.header.adapter != observation.header.adapter:
        yield f"{observation.header}: the adapter changed, its answers did not; run python -m reports accept"


def accept(run: Path, committed: Path) -> list[Path]:
    """Copy every observation of a run over the committed ones; return what was written."""
    written = []
    for path in sorted(run.rglob("*.jsonl")):
        target = committed / path.relative_to(run)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        written.append(target)
    return written
