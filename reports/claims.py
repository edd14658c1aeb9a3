"""What people say: each claim and each public thread with its answer, as a table of the report."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.claims import Claim, load_claims


def claims_in_a_table(claims: list[Claim] | None = None) -> Iterator[str]:
    """Yield the section; nothing where nobody said anything."""
    found = load_claims() if claims is None else claims
    if not found:
        return
    yield "## What people say"
    yield ""
    yield (
        "Claims and public threads, each settled by a script that was run on the framework:"
        " `python -m conformance reproduce Q3` prints the numbers, `--run` runs it again."
    )
    yield ""
    yield "| id | claim | answer | condition | versions | decided by |"
    yield "|---|---|---|---|---|---|"
    yield from (claim_row(claim) for claim in found)
    yield ""


def claim_row(claim: Claim) -> str:
    """Return one line of the table."""
    versions = f"{', '.join(claim.systems)} {', '.join(claim.versions)}"
    decided = f"“{claim.says}” — {claim.where}"
    cells = [claim.id, claim.claim, f"**{claim.answer}**", claim.condition, versions, decided]
    return f"| {' | '.join(in_a_cell(cell) for cell in cells)} |"


def in_a_cell(text: str) -> str:
    """Return a text that stays text in a cell: one line, no markup of a table or a page."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
