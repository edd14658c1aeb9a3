"""One divergence, told from the judged rows; the story itself is conformance/story.py."""

from __future__ import annotations

from collections.abc import Iterable

from conformance import story
from conformance.ledger import Entry
from conformance.row import Question, RowVerdict
from conformance.story import Shown, Side, difference_of, prevalence, shown_of

__all__ = ["Side", "difference_of", "prevalence", "shown_of", "sides", "witness_of"]


def witness_of(entry: Entry, verdicts: Iterable[RowVerdict]) -> Question | None:
    """Return the question that shows an entry."""
    return story.witness_of(entry, [verdict.row for verdict in verdicts])


def sides(entry: Entry, question: Question, verdicts: Iterable[RowVerdict], shown: Shown | None) -> Side:
    """Sort every other backend by what it answers to the witness: where it is shown, or as a whole."""
    return story.sides(entry, question, [verdict.row for verdict in verdicts], shown)
