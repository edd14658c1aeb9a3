"""One divergence, told with what the observations hold: smallest input, who else, how often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from cases.case import Case, all_cases
from conformance.judge import DIVERGES, Difference, differing, expected, find_difference, is_same, judge
from conformance.ledger import Entry
from conformance.row import Question, Row
from oracle.definition import DEFINITIONS, compute, contradiction
from oracle.formats import FLOAT32, Array, carried
from oracle.specification import AnyProfile
from oracle.thresholds import Staircase, count_differences, find_thresholds

FLOAT32_NUMBERS = 4_278_190_082  # the float32 bit patterns that are no NaN


@dataclass(frozen=True)
class Side:
    """Who gives the definition's answer on a witness, who the divergent one, who another."""

    definition: tuple[str, ...]
    same: tuple[str, ...]
    other: tuple[str, ...]


def witness_of(entry: Entry, rows: Iterable[Row]) -> Question | None:
    """Return the question that shows an entry: its witness case through the first door that it covers."""
    found = witness_and_row(entry, rows)
    return found and found[0]


def witness_and_row(entry: Entry, rows: Iterable[Row]) -> tuple[Question, Row] | None:
    """Return the question that shows an entry, and the row it stands in."""
    for row in rows:
        if not entry.covers(row.system, row.version, row.backend, row.operation):
            continue
        asked = [q for q in row.questions if q.case.id == entry.witness and entry.covers_door(q.door)]
        telling = [q for q in asked if judge(q.case, q.answer).kind == DIVERGES]
        if telling or asked:
            return (telling or asked)[0], row
    return None


def difference_of(question: Question, entry: Entry) -> Difference:
    """Return where the answer leaves the definition on the entry's axes, at the smallest input."""
    case, base = question.case, DEFINITIONS[question.case.operation].profile
    wanted = expected(case, base)
    return find_difference(case, wanted, question.answer, places_of(entry, case))


def places_of(entry: Entry, case: Case) -> frozenset[int] | None:
    """Return where the entry's axes alone change what the definition gives; None where unknown."""
    base = DEFINITIONS[case.operation].profile
    profile = replace(base, **entry.profile)
    if not entry.profile or contradiction(case.operation, profile):
        return None
    a, b = expected(case, base).value, expected(case, profile).value
    if a is None or b is None:
        return None
    found = [differing(a[name], b[name]) for name in a.keys() & b.keys()]
    return frozenset(i for places in found if isinstance(places, list) for i in places)


def sides(entry: Entry, question: Question, rows: Iterable[Row]) -> Side:
    """Sort every other backend by what it answers to the witness."""
    groups: dict[str, list[str]] = {"definition": [], "same": [], "other": []}
    for row in rows:
        covered = entry.covers(row.system, row.version, row.backend, row.operation)
        if covered or row.operation != entry.operation:
            continue
        plain = [q for q in row.questions if q.case.id == entry.witness and q.door == "plain"]
        if not plain or plain[0].answer.outcome == "unsupported":
            continue
        name = f"{row.system} {row.backend}"
        if judge(plain[0].case, plain[0].answer).kind != DIVERGES:
            groups["definition"].append(name)
        else:
            groups["same" if is_same(plain[0].answer, question.answer) else "other"].append(name)
    return Side(*(tuple(dict.fromkeys(groups[key])) for key in ("definition", "same", "other")))


def prevalence(entry: Entry) -> str | None:
    """Return on how many of all float32 inputs the entry's profile leaves the definition, at its witness.

    None where the witness is no staircase of float32 numbers, or there is no profile.
    """
    case = all_cases()[entry.witness]
    definition, base = DEFINITIONS[case.operation], base_of(case)
    if not entry.profile or not definition.is_staircase(case.arguments):
        return None
    profile = replace(base, **entry.profile)
    if not definition.is_elementwise(case.arguments, profile):
        return None
    if contradiction(entry.operation, profile):  # its axes need another entry's beside them
        return None
    try:
        count = count_differences(staircase(case, base), staircase(case, profile)).count
    except ValueError:  # the definition refuses the witness's arguments
        return None
    return f"{count:,} of {FLOAT32_NUMBERS:,} float32 inputs"


def base_of(case: Case) -> AnyProfile:
    return DEFINITIONS[case.operation].profile


def staircase(case: Case, profile: AnyProfile) -> Staircase:
    """Return a quantizer's staircase over all float32; the values of a fake quantizer by their bits."""
    rest = {name: value for name, value in case.arguments.items() if name != "x"}

    def codes(x: Array) -> Array:
        y = carried(compute(case.operation, {"x": x, **rest}, profile)["value"])
        return y if y.dtype.kind == "i" else np.ascontiguousarray(y + np.float32(0)).view(np.int32)

    return find_thresholds(codes, FLOAT32)
