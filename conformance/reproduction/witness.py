"""The witness of an entry, made small: one element where one shows it, else as little as possible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cases.case import Case
from conformance.answer import Answer
from conformance.judge import (
    DIVERGES,
    bounds_of,
    compute_answer,
    differing,
    expected,
    is_same,
    judge,
    pick,
    smallest,
)  # fmt: skip
from conformance.ledger import Entry
from conformance.row import Question, Row, effective
from conformance.story import Shown, is_elementwise, places_of, witness_and_row
from oracle.bfloat16 import Bfloat16
from oracle.definition import DEFINITIONS, contradiction
from oracle.formats import carried

LENGTHS = (2, 3, 4, 8, 16)


@dataclass(frozen=True)
class Witness:
    """One question, as small as it can be: what is expected, what the framework gives."""

    entry: Entry
    row: Row
    question: Question  # as it was asked and stored
    case: Case  # made small
    output: str
    expected: Answer
    actual: Answer  # stored, or, of a vector made small, what the ledger's profile predicts
    is_stored: bool
    against: str  # whose answer is expected: "the definition", or a door
    within: Any = 0
    places: tuple[int, ...] | None = None  # of the stored vector, those that the small one has

    @property
    def shown(self) -> Shown | None:
        """The elements whose stored answer is shown, where they can be judged without the others."""
        if self.places is None or not self.is_stored or not is_elementwise(self.entry, self.question.case):
            return None
        return Shown(self.output, self.places)

    @property
    def door(self) -> str:
        """The door that is asked: a piece of a vector is asked through the plain one."""
        return "plain" if self.question.door.startswith("lengths-") else self.question.door


class NoWitness(ValueError):
    """No committed observation holds the witness of an entry."""


def find_witness(entry: Entry, rows: list[Row], ledger: list[Entry]) -> Witness:
    """Return the small witness of an entry."""
    found = witness_and_row(entry, rows)
    if found is None:
        raise NoWitness(f"{entry.name}: its witness must be observed, got no answer to {entry.witness}")
    question, row = found
    case, actual = question.case, question.answer
    wanted, against = expected(case, DEFINITIONS[case.operation].profile), "the definition"
    if judge(case, actual).kind != DIVERGES:
        plain = [q for q in row.questions if q.case.id == case.id and q.door == "plain"]
        wanted, against = (plain[0].answer if plain else wanted), "the plain door"
    whole = Witness(entry, row, question, case, "", wanted, actual, True, against)
    if question.door.startswith("lengths-"):
        whole = one_piece(whole, int(question.door.removeprefix("lengths-")))
    small = shrink(whole, ledger) if actual.value is not None or wanted.value is not None else whole
    return with_output(small)


def with_output(witness: Witness) -> Witness:
    """Name the first output that differs, one that the entry's own axes change where there is one."""
    a, b = witness.expected.value, witness.actual.value
    if a is None or b is None:
        name = next(iter(a or b or {"": None}))
        return replace(witness, output=name)
    within = bounds_of(witness.case, a) if witness.against == "the definition" else {}
    found = [n for n in a if n not in b or differing(a[n], b[n], within.get(n, 0))] or list(a)
    name = next((n for n in found if n in moved_by(witness)), found[0])
    return replace(witness, output=name, within=within.get(name, 0))


def moved_by(witness: Witness) -> set[str]:
    """Return the outputs that the entry's axes alone change; not one that is missing for another reason."""
    base = DEFINITIONS[witness.case.operation].profile
    alone = replace(base, **witness.entry.profile)
    if contradiction(witness.case.operation, alone):
        return set()
    a, b = compute_answer(witness.case, base).value, compute_answer(witness.case, alone).value
    if a is None or b is None:
        return set()
    given = witness.actual.value or {}
    return {n for n in a if n not in b or (n in given and differing(a[n], b[n]))}


def one_piece(witness: Witness, length: int) -> Witness:
    """Return the witness with the one piece of its vector, among those asked, that tells."""
    a, b, case = witness.expected, witness.actual, witness.case
    if a.value is None or b.value is None:
        return witness
    found = [differing(a.value[n], b.value[n]) for n in a.value if n in b.value]
    index = next((places[0] for places in found if places and isinstance(places, list)), 0) // length
    piece = slice(index * length, (index + 1) * length)
    small = cut_case(case, piece)
    if small is None:
        return witness
    wanted, actual, places = part(a, piece, small), part(b, piece, small), places_left(witness, piece)
    return replace(witness, case=small, expected=wanted, actual=actual, places=places)


def places_left(witness: Witness, piece: slice | tuple[slice, ...]) -> tuple[int, ...]:
    """Return the places in the stored vector of a piece of the witness's vector."""
    before, shape = witness.places, carried(witness.case.arguments[witness.case.vector]).shape
    size = int(np.prod(shape))
    places = np.arange(size) if before is None else np.array(before)
    left = places[piece] if isinstance(piece, slice) else places.reshape(shape)[piece]
    return tuple(left.reshape(-1).tolist())


def shrink(witness: Witness, ledger: list[Entry]) -> Witness:
    """Return the witness with fewer elements, where fewer show the same."""
    case = witness.case
    vector = carried(case.arguments[case.vector])
    if vector.size < 2:
        return witness
    is_alone = is_elementwise(witness.entry, case) and not others_of(case)
    one = one_element(witness) if is_alone else one_line(witness, ledger)
    if one is not None:
        return one
    if witness.actual.outcome == "value" and (few := few_elements(witness, ledger)) is not None:
        return few
    return witness


def one_element(witness: Witness) -> Witness | None:
    """Return the witness with its smallest telling element alone, as the door `lengths-1` was asked."""
    case, a, b = witness.case, witness.expected, witness.actual
    size = carried(case.arguments[case.vector]).size
    if others_of(case):
        return None
    places = list(range(size))
    if a.value is not None and b.value is not None:
        name = next((n for n in a.value if n in b.value and differing(a.value[n], b.value[n])), None)
        if name is None:
            return None
        found = differing(a.value[name], b.value[name])
        if isinstance(found, list):
            among = places_of(witness.entry, case) if witness.against == "the definition" else None
            places = [i for i in found if among and i in among] or found
        if any(carried(v).size != size for v in (a.value[name], b.value[name])):
            return None
    index = smallest(case, places)
    if not answers_alone(witness, index):
        return None
    piece = slice(index, index + 1)
    small = cut_case(case, piece)
    if small is None:
        return None
    wanted = element(a, index, small) if witness.against != "the definition" else compute_answer(
        small, DEFINITIONS[case.operation].profile)  # fmt: skip
    actual, left = element(b, index, small), places_left(witness, piece)
    return replace(witness, case=small, expected=wanted, actual=actual, places=left)


def one_line(witness: Witness, ledger: list[Entry]) -> Witness | None:
    """Return the witness with one element for each channel: one index on every other axis of the vector."""
    case, a, b = witness.case, witness.expected, witness.actual
    shape = carried(case.arguments[case.vector]).shape
    kept = kept_axes(case, shape)
    if kept is None or len(kept) == len(shape):
        return None
    index = 0
    if a.value is not None and b.value is not None:
        found = [differing(a.value[n], b.value[n]) for n in a.value if n in b.value]
        index = next((places[0] for places in found if places and isinstance(places, list)), 0)
        if any(carried(v).shape != shape for v in (*a.value.values(), *b.value.values())):
            return None
    place = np.unravel_index(index, shape)
    piece = tuple(slice(None) if d in kept else slice(i, i + 1) for d, i in enumerate(place))
    small = Case(case.id, {n: cut_axes(v, piece, shape) for n, v in case.arguments.items()}, case.shows)
    wanted, actual = (
        answer
        if answer.value is None
        else Answer("value", {n: cut_axes(v, piece, shape) for n, v in answer.value.items()})
        for answer in (a, b)
    )
    if witness.against == "the definition":
        again = compute_answer(small, DEFINITIONS[case.operation].profile)
        if not is_same(again, wanted) and wanted.value is not None:
            return None  # an element depends on others
        wanted = again
    if not is_predicted_alone(witness, small, piece, ledger):
        return None
    places = places_left(witness, piece)
    return replace(witness, case=small, expected=wanted, actual=actual, places=places)


def is_predicted_alone(witness: Witness, small: Case, piece: tuple[slice, ...], ledger: list[Entry]) -> bool:
    """Whether the row's profile gives a piece alone what it gives within the vector, and that still tells."""
    case, base = witness.case, DEFINITIONS[witness.case.operation].profile
    profile = predicting_profile(witness, ledger)
    if profile is None:
        return witness.actual.value is None or is_elementwise(witness.entry, case)
    shape = carried(case.arguments[case.vector]).shape
    whole, alone = compute_answer(case, profile), compute_answer(small, profile)
    if whole.value is None or alone.value is None:
        return whole.outcome == alone.outcome
    cut = {name: cut_axes(value, piece, shape) for name, value in whole.value.items()}
    tells = witness.against != "the definition" or not is_same(compute_answer(small, base), alone)
    return tells and is_same(Answer("value", cut), alone)


def predicting_profile(witness: Witness, ledger: list[Entry]) -> Any:
    """Return the profile of the entries that cover the witness, where it predicts the stored answer."""
    entry, case, row = witness.entry, witness.case, witness.row
    if not entry.profile:
        return None
    key = (row.system, row.version, row.backend, row.operation)
    covering = tuple(e for e in ledger if e.covers(*key) and e.covers_door(witness.door))
    profile = effective(DEFINITIONS[case.operation].profile, case, covering)
    if contradiction(case.operation, profile):
        return None
    return profile if is_same(compute_answer(case, profile), witness.actual) else None


def kept_axes(case: Case, shape: tuple[int, ...]) -> set[int] | None:
    """Return the axes along which an argument has a value for each channel; None where that is not known."""
    axis = case.arguments.get("axis", case.arguments.get("scale_axis"))
    if isinstance(axis, int) and -len(shape) <= axis < len(shape):
        return {axis % len(shape)}
    kept: set[int] = set()
    for name in others_of(case):
        theirs = carried(case.arguments[name]).shape
        if len(theirs) > len(shape):
            return None
        for back, size in enumerate(reversed(theirs), 1):
            if size not in (1, shape[-back]):
                return None
            kept |= {len(shape) - back} if size > 1 else set()
    return kept


def cut_axes(value: Any, piece: tuple[slice, ...], shape: tuple[int, ...]) -> Any:
    """Return the piece of an argument that has the vector's shape; any other as it is."""
    if not isinstance(value, (np.ndarray, Bfloat16)) or carried(value).shape != shape:
        return value
    some = carried(value)[piece].copy()
    return Bfloat16(some) if isinstance(value, Bfloat16) else some


def answers_alone(witness: Witness, index: int) -> bool:
    """Whether the framework was seen to give an element alone what it gives within the vector."""
    if witness.door != "plain" or witness.actual.value is None:
        return True
    alone = [q for q in witness.row.questions if q.case is witness.case and q.door == "lengths-1"]
    if not alone or alone[0].answer.value is None:
        return True
    return all(
        not differing(pick_one(value, index), pick_one(alone[0].answer.value[name], index))
        for name, value in witness.actual.value.items()
    )


def few_elements(witness: Witness, ledger: list[Entry]) -> Witness | None:
    """Return the fewest consecutive elements on which the ledger's profile leaves the definition."""
    entry, case = witness.entry, witness.case
    if witness.against != "the definition" or not entry.profile or others_of(case):
        return None
    base = DEFINITIONS[case.operation].profile
    profile, alone = predicting_profile(witness, ledger), replace(base, **entry.profile)
    if profile is None or contradiction(case.operation, alone):
        return None  # or the profile leaves something open
    if getattr(profile, "order", "") == "strided":
        return None  # where a code lies depends on how many there are
    for piece in pieces(carried(case.arguments[case.vector]).size):
        small = cut_case(case, piece)
        if small is None:
            return None
        wanted, predicted = compute_answer(small, base), compute_answer(small, profile)
        if wanted.value is None or predicted.value is None:
            continue
        within = bounds_of(small, wanted.value)
        tells = any(
            n not in predicted.value or differing(v, predicted.value[n], within.get(n, 0))
            for n, v in wanted.value.items()
        )
        if tells and not is_same(compute_answer(small, alone), wanted):
            return replace(witness, case=small, expected=wanted, actual=predicted, is_stored=False)
    return None


def pieces(size: int) -> Iterator[slice]:
    """Yield short pieces of a vector: each element, then few together."""
    for length in (1, *LENGTHS):
        for start in range(0, min(size, 64) - length + 1, max(1, length // 2)):
            if length < size:
                yield slice(start, start + length)


def others_of(case: Case) -> list[str]:
    """Return the arguments that have several elements, but not the shape of the vector."""
    shape = carried(case.arguments[case.vector]).shape
    arrays = {n: v for n, v in case.arguments.items() if isinstance(v, (np.ndarray, Bfloat16))}
    return [n for n, v in arrays.items() if carried(v).size > 1 and carried(v).shape != shape]


def cut_case(case: Case, piece: slice) -> Case | None:
    """Return the case with a piece of its vector, and of what has the vector's shape."""
    vector = carried(case.arguments[case.vector])
    small = dict(case.arguments)
    for name, value in case.arguments.items():
        if isinstance(value, (np.ndarray, Bfloat16)) and carried(value).shape == vector.shape and vector.ndim:
            flat = carried(value).reshape(-1)[piece].copy()
            flat = flat.reshape((1,) * (vector.ndim - 1) + flat.shape)
            small[name] = Bfloat16(flat) if isinstance(value, Bfloat16) else flat
    return Case(case.id, small, case.shows)


def part(answer: Answer, piece: slice, small: Case) -> Answer:
    """Return the answer about a piece of the vector."""
    if answer.value is None:
        return answer
    shape = carried(small.arguments[small.vector]).shape
    return Answer("value", {n: reshape(pick_piece(v, piece), shape) for n, v in answer.value.items()})


def element(answer: Answer, index: int, small: Case) -> Answer:
    return part(answer, slice(index, index + 1), small)


def pick_one(value: Any, index: int) -> Any:
    return pick_piece(value, slice(index, index + 1))


def pick_piece(value: Any, piece: slice) -> Any:
    some = carried(pick(value, 1))[piece]
    return Bfloat16(some) if isinstance(value, Bfloat16) else some


def reshape(value: Any, shape: tuple[int, ...]) -> Any:
    return Bfloat16(value.values.reshape(shape)) if isinstance(value, Bfloat16) else value.reshape(shape)
