"""Judge: does this answer equal what the definition, or a profile, gives? numpy and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from cases.case import Case
from conformance.answer import Answer, kind_of
from oracle.bfloat16 import Bfloat16
from oracle.definition import DEFINITIONS, compute, permitted
from oracle.formats import carried, format_of
from oracle.specification import AnyProfile

AGREES, DIVERGES, UNDEFINED, NO_ANSWER = "agrees", "diverges", "undefined", "no answer"


@dataclass(frozen=True)
class Difference:
    """The first element on which an answer leaves what was expected, in words."""

    output: str
    index: int
    x: str
    expected: str
    actual: str
    count: int
    size: int

    def __str__(self) -> str:
        place = f"{self.x}: " if self.x else ""
        return f"{place}expected {self.expected}, got {self.actual} ({self.count} of {self.size})"


@dataclass(frozen=True)
class Verdict:
    """What the definition says of one answer."""

    kind: str
    case: Case
    answer: Answer

    @cached_property
    def difference(self) -> Difference | None:
        """Where a diverging answer leaves the definition."""
        if self.kind != DIVERGES:
            return None
        base = DEFINITIONS[self.case.operation].profile
        return find_difference(self.case, expected(self.case, base), self.answer)


def expected(case: Case, profile: AnyProfile) -> Answer:
    """Return what a profile answers: a value, or a refusal. Remembered, a hundred long ones at most."""
    return _expected(case, profile) if case.size <= SHORT else _expected_long(case, profile)


def compute_answer(case: Case, profile: AnyProfile) -> Answer:
    try:
        return Answer("value", compute(case.operation, case.arguments, profile))
    except ValueError as refusal:
        return Answer("refused", reason=str(refusal))


@lru_cache(maxsize=1 << 12)
def expected_in_pieces(case: Case, profile: AnyProfile, length: int) -> Answer:
    """Return what a profile answers to consecutive pieces of the vector, concatenated; remembered."""
    vector = case.arguments[case.vector]
    flat = carried(vector).reshape(-1)
    parts = []
    for start in range(0, flat.size, length):
        piece = flat[start : start + length]
        wrapped = Bfloat16(piece) if isinstance(vector, Bfloat16) else piece
        parts.append(
            compute_answer(Case(case.id, {**case.arguments, case.vector: wrapped}, case.shows), profile)
        )
    if any(part.value is None for part in parts):
        return parts[0]
    first = next(iter(parts[0].value or {}))
    values = [part.value[first] for part in parts if part.value is not None]
    joined = np.concatenate([carried(value) for value in values])
    return Answer("value", {first: Bfloat16(joined) if isinstance(values[0], Bfloat16) else joined})


SHORT = 4096  # elements
SAMPLE = 400  # elements of a long vector that are compared first
_expected = lru_cache(maxsize=1 << 15)(compute_answer)
_expected_long = lru_cache(maxsize=200)(compute_answer)


@lru_cache(maxsize=1 << 16)
def judge(case: Case, answer: Answer) -> Verdict:
    """Compare one answer with what the definition permits for its case."""
    if answer.outcome == "unsupported":
        return Verdict(NO_ANSWER, case, answer)
    if case.undefined:
        return Verdict(UNDEFINED, case, answer)
    profiles = permitted(case.operation, case.open_axes)
    agrees = any(is_given_by(profile, case, answer) for profile in profiles)
    return Verdict(AGREES if agrees else DIVERGES, case, answer)


def is_given_by(profile: AnyProfile, case: Case, answer: Answer) -> bool:
    """Whether a profile gives an answer; of a long vector a sample is compared first."""
    if not may_be_given_by(profile, case, answer):
        return False
    return case.size <= SHORT or matches(case, expected(case, profile), answer)


def may_be_given_by(profile: AnyProfile, case: Case, answer: Answer) -> bool:
    """Whether a profile gives an answer, or of a long one two samples: one even, one where it is hardest."""
    asked = [(case, answer)]
    if case.size > SHORT and is_elementwise(case, profile):
        asked = [sample(case, answer), telling_sample(case, answer)]
    return all(matches(few, expected(few, profile), of_few) for few, of_few in asked)


def is_elementwise(case: Case, profile: AnyProfile) -> bool:
    return DEFINITIONS[case.operation].is_elementwise(case.arguments, profile)


@lru_cache(maxsize=1 << 12)
def sample(case: Case, answer: Answer) -> tuple[Case, Answer]:
    """Return a case about every n-th element of a long vector, and the answer to match."""
    definition = DEFINITIONS[case.operation]
    if not definition.is_elementwise(case.arguments, definition.profile):
        return case, answer
    values = carried(case.arguments[case.vector])
    step = values.size // SAMPLE + 1
    value = answer.value or {}
    if step == 1 or not value or any(carried(v).shape != values.shape for v in value.values()):
        return case, answer
    return thin_case(case, step), Answer("value", {name: pick(v, step) for name, v in value.items()})


@lru_cache(maxsize=1 << 12)
def telling_sample(case: Case, answer: Answer) -> tuple[Case, Answer]:
    """Return a case about elements at which a long answer leaves the definition; the even sample without."""
    few, of_few = sample(case, answer)
    wanted = expected(case, DEFINITIONS[case.operation].profile).value or {}
    if few is case or answer.value is None or wanted.keys() != answer.value.keys():
        return few, of_few
    found = [differing(value, answer.value[name]) for name, value in wanted.items()]
    places = [i for some in found if isinstance(some, list) for i in some[:SAMPLE]]
    if not places:
        return few, of_few
    arguments = {**case.arguments, case.vector: pick_at(case.arguments[case.vector], places)}
    value = {name: pick_at(v, places) for name, v in answer.value.items()}
    return Case(case.id, arguments, case.shows), Answer("value", value)


@lru_cache(maxsize=1 << 10)
def thin_case(case: Case, step: int) -> Case:
    """Return the case with every step-th element of its vector; one object for one case."""
    few = {**case.arguments, case.vector: pick(case.arguments[case.vector], step)}
    return Case(case.id, few, case.shows)


def pick(value: Any, step: int) -> Any:
    """Return every step-th element of an array or a Bfloat16, flattened."""
    return pick_at(value, slice(None, None, step))


def pick_at(value: Any, places: slice | list[int]) -> Any:
    """Return some elements of an array or a Bfloat16, flattened."""
    few = carried(value).reshape(-1)[places].copy()
    return Bfloat16(few) if isinstance(value, Bfloat16) else few


def is_same(a: Answer, b: Answer) -> bool:
    """Whether two answers are the same, bit for bit; every NaN is the same NaN."""
    return a is b or (a.outcome, a.digest) == (b.outcome, b.digest)


def matches(case: Case, wanted: Answer, answer: Answer) -> bool:
    """Whether an answer is the wanted one, bit for bit, or within what the definition proves of its sums."""
    if is_same(wanted, answer):
        return True
    if not DEFINITIONS[case.operation].bounds or wanted.value is None or answer.value is None:
        return False
    within = bounds_of(case, wanted.value)
    return wanted.value.keys() == answer.value.keys() and all(
        not differing(wanted.value[name], answer.value[name], within.get(name, 0)) for name in wanted.value
    )


def bounds_of(case: Case, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return how far each output may lie from the wanted one, where that is not 0."""
    bounds = DEFINITIONS[case.operation].bounds
    return {bound.output: bound.size(case.arguments, wanted) for bound in bounds}


def differing(a: Any, b: Any, within: Any = 0) -> str | list[int]:
    """Return the flat indices at which two arrays differ, or what makes them incomparable; empty: same."""
    kinds = kind_of(a), kind_of(b)
    if kinds[0] != kinds[1]:
        return f"expected {kinds[0]}, got {kinds[1]}"
    left, right = carried(a), carried(b)
    if left.shape != right.shape:
        return f"expected shape {left.shape}, got {right.shape}"
    if left.dtype.kind == "f":
        same = (left == right) & (np.signbit(left) == np.signbit(right)) | (np.isnan(left) & np.isnan(right))
    else:
        # A uint64 beyond 2^63 must not pass for the negative number of its bits.
        same = (left.astype(np.int64) == right.astype(np.int64)) & ((left < 0) == (right < 0))
    if np.any(within):
        with np.errstate(invalid="ignore"):
            same |= np.abs(left.astype(np.float64) - right.astype(np.float64)) <= within
    found: list[int] = np.flatnonzero(~same).tolist()
    return found


def find_difference(
    case: Case, wanted: Answer, answer: Answer, among: frozenset[int] | None = None, exact: bool = False
) -> Difference:
    """Return the first difference between two answers, in words; with `exact` also what bounds permit."""
    if wanted.value is None or answer.value is None:
        return Difference("", 0, "", in_words(wanted), in_words(answer), 1, 1)
    within = {} if exact else bounds_of(case, wanted.value)
    for name in wanted.value:
        if name not in answer.value:
            return Difference(name, 0, "", f"an output {name}", f"{', '.join(answer.value)}", 1, 1)
        places = differing(wanted.value[name], answer.value[name], within.get(name, 0))
        if isinstance(places, str):
            kinds = places.removeprefix("expected ").split(", got ", 1)
            return Difference(name, 0, "", kinds[0], kinds[1], 1, 1)
        if places:
            shown = [i for i in places if among and i in among] or places
            return _difference_at(case, name, smallest(case, shown), len(places), wanted.value, answer.value)
    for name in answer.value:
        if name not in wanted.value:
            return Difference(name, 0, "", ", ".join(wanted.value), f"an output {name}", 1, 1)
    return Difference("", 0, "", in_words(wanted), in_words(answer), 0, 1)


def smallest(case: Case, places: list[int]) -> int:
    """Return the place whose input has the smallest magnitude: the easiest to repeat by hand."""
    vector = carried(case.arguments[case.vector]).reshape(-1)
    if max(places) >= vector.size:
        return places[0]
    with np.errstate(invalid="ignore"):  # a signalling NaN says so when it is converted
        sizes = np.abs(vector[places].astype(np.float64))
    return places[int(np.argmin(np.where(np.isnan(sizes), np.inf, sizes)))]


def _difference_at(case: Case, name: str, index: int, count: int, wanted: Mapping[str, Any],
                   actual: Mapping[str, Any]) -> Difference:  # fmt: skip
    vector = case.arguments[case.vector]
    flat = [readable(v, index) for v in (wanted[name], actual[name])]
    size = carried(wanted[name]).size
    shown = [index] if size == carried(vector).size else range(min(carried(vector).size, 4))
    x = ", ".join(readable(vector, i) for i in shown)
    return Difference(name, index, x, flat[0], flat[1], count, size)


def readable(value: Any, index: int) -> str:
    """Return one element in decimal, and in hex where it is a real: 0.1 (0x3dcccccd)."""
    array = carried(value).reshape(-1)
    if array.dtype.kind != "f":
        return str(int(array[index]))
    bits = array[index : index + 1].view(f"u{array.dtype.itemsize}")[0]
    form = format_of(value)
    if form.name == "bfloat16":
        bits = bits >> np.uint32(16)
    digits = {"float16": 4, "bfloat16": 4, "float32": 8, "float64": 16}[form.name]
    return f"{array[index]!s} (0x{int(bits):0{digits}x})"


def in_words(answer: Answer) -> str:
    """Return an answer without its arrays; of a crash without its signal, which varies."""
    if answer.outcome == "value":
        return "a value"
    return "crash" if answer.outcome == "crash" else f"{answer.outcome}: {answer.reason}".rstrip(": ")
