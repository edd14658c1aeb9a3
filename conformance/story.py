"""One divergence, told with what the observations hold: smallest input, who else, how often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from cases.case import Case, all_cases
from conformance.answer import Answer
from conformance.interpreters import is_beside
from conformance.judge import (
    DIVERGES,
    Difference,
    bounds_of,
    differing,
    expected,
    find_difference,
    is_same,
    judge,
    pick_at,
)  # fmt: skip
from conformance.ledger import Entry
from conformance.row import Question, Row
from oracle.bfloat16 import Bfloat16
from oracle.definition import DEFINITIONS, compute, contradiction, permitted
from oracle.formats import FLOAT32, Array, carried
from oracle.specification import AnyProfile
from oracle.thresholds import Staircase, count_differences, find_thresholds

SIDES = ("definition", "same", "other")
FLOAT32_NUMBERS = 4_278_190_082  # the float32 bit patterns that are no NaN


@dataclass(frozen=True)
class Side:
    """Who gives the definition's answer on a witness, who the divergent one, who another."""

    definition: tuple[str, ...]
    same: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def nobody(self) -> str:
        """What is said of a side on which there is nobody."""
        return "nobody else" if any((self.definition, self.same, self.other)) else "nobody else was asked"


@dataclass(frozen=True)
class Shown:
    """The elements of one output that a story shows of a witness; sides are taken there alone."""

    output: str
    places: tuple[int, ...]


def witness_of(entry: Entry, rows: Iterable[Row]) -> Question | None:
    """Return the question that shows an entry: its witness case through the first door that it covers."""
    found = witness_and_row(entry, rows)
    return found and found[0]


def witness_and_row(entry: Entry, rows: Iterable[Row]) -> tuple[Question, Row] | None:
    """Return the question that shows an entry, and the row it stands in."""
    mine = [row for row in rows if entry.covers(row.system, row.version, row.backend, row.operation)]
    for row in sorted(mine, key=lambda row: is_beside(row.system, row.version)):  # what plain `tox` has first
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


def is_elementwise(entry: Entry, case: Case) -> bool:
    """Whether neither the definition nor the entry's axes let one element of a case depend on others."""
    definition = DEFINITIONS[case.operation]
    profiles = (definition.profile, replace(definition.profile, **entry.profile))
    return all(definition.is_elementwise(case.arguments, profile) for profile in profiles)


def shown_of(entry: Entry, case: Case, found: Difference) -> Shown | None:
    """Return the element that a difference shows; None where it says nothing of one element alone."""
    is_one = bool(found.output) and found.size == carried(case.arguments[case.vector]).size
    return Shown(found.output, (found.index,)) if is_one and is_elementwise(entry, case) else None


def sides(entry: Entry, question: Question, rows: Iterable[Row], shown: Shown | None) -> Side:
    """Sort every other backend by what it answers to the witness: where it is shown, or as a whole."""
    found: list[tuple[str, Row]] = []
    for row in rows:
        covered = entry.covers(row.system, row.version, row.backend, row.operation)
        if covered or row.operation != entry.operation:
            continue
        plain = [q for q in row.questions if q.case.id == entry.witness and q.door == "plain"]
        if not plain or plain[0].answer.outcome == "unsupported":
            continue
        found.append((side_of(plain[0], question, shown), row))

    def name_of(row: Row) -> str:
        """A backend, with its version where another version is on another side, or is the entry's."""
        backend = (row.system, row.backend)
        of = {side for side, other in found if (other.system, other.backend) == backend}
        is_plain = len(of) == 1 and (row.system != entry.system or entry.covers_version(row.version))
        return " ".join(backend if is_plain else (row.system, row.version, row.backend))

    names = {key: dict.fromkeys(name_of(row) for side, row in found if side == key) for key in SIDES}
    return Side(**{key: tuple(some) for key, some in names.items()})


def side_of(other: Question, question: Question, shown: Shown | None) -> str:
    """Return whether another backend gives the divergent answer, one that is permitted, or neither."""
    given, divergent = (few_of(q.answer, q.case, shown) for q in (other, question))
    is_one = given is not None and divergent is not None
    is_alike = not differing(divergent, given) if is_one else is_same(other.answer, question.answer)
    if is_alike:  # first: of a witness on which the text is silent, both answers are permitted
        return "same"
    if judge(other.case, other.answer).kind != DIVERGES or is_permitted(given, other.case, shown):
        return "definition"
    return "other"


def is_permitted(given: Array | Bfloat16 | None, case: Case, shown: Shown | None) -> bool:
    """Whether some profile that the definition leaves open gives these elements."""
    if given is None or shown is None:
        return False
    for profile in permitted(case.operation, case.open_axes):
        answer = expected(case, profile)
        wanted = few_of(answer, case, shown)
        if wanted is None or answer.value is None:
            continue
        within = np.asarray(bounds_of(case, answer.value).get(shown.output, 0))
        if not differing(wanted, given, pick_at(within, list(shown.places)) if within.ndim else within):
            return True
    return False


def few_of(answer: Answer, case: Case, shown: Shown | None) -> Array | Bfloat16 | None:
    """Return the elements of an answer that are shown; None where it has no such elements."""
    value = (answer.value or {}).get(shown.output) if shown else None
    if shown is None or value is None or carried(value).size != carried(case.arguments[case.vector]).size:
        return None
    few: Array | Bfloat16 = pick_at(value, list(shown.places))
    return few


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
