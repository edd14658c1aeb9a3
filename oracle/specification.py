"""What a definition is: a source, its sentences, what it permits, and where it is silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any

Arguments = Mapping[str, Any]
AnyProfile = Any  # a frozen dataclass of choices; each family of operations has its own


@dataclass(frozen=True)
class Silence:
    """An axis that the text leaves open for some arguments, and the choices that then conform."""

    axis: str
    choices: tuple[str, ...]
    when: Callable[[Arguments], bool]
    says: str


def nothing_undefined(_: Arguments) -> str | None:
    return None


def no_contradiction(_: Any) -> str | None:
    return None


def always(_: Arguments, __: AnyProfile) -> bool:
    return True


def never(_: Arguments) -> bool:
    return False


@dataclass(frozen=True)
class Bound:
    """How far one output may lie from the expected one: absolute, inclusive, an array or a number.

    Only where a source or a proof gives a number other than 0; `proof` says which. It is 0 for the
    arguments that must be answered exactly.
    """

    output: str
    size: Callable[[Arguments, Mapping[str, Any]], Any]
    proof: str


@dataclass(frozen=True)
class Equivalence:
    """Choices that are one function as long as every other axis stays with the definition."""

    choices: tuple[tuple[str, str], ...]  # (axis, choice), all the same
    proof: str
    also: tuple[tuple[str, str], ...] = ()  # planted choices that bring one of them along
    unless: tuple[tuple[str, str], ...] = ()  # with these besides, cases tell them apart

    def alike(self, base: AnyProfile, planted: AnyProfile) -> frozenset[AnyProfile]:
        """Return the profiles that are the same function as one that makes one of the choices."""
        definition = {axis: getattr(base, axis) for axis, _ in self.choices}
        return frozenset(replace(planted, **{**definition, axis: choice}) for axis, choice in self.choices)

    def planted(self, base: AnyProfile) -> Iterator[tuple[str, str]]:
        """Yield (axis, choice) of each planted choice that is not told apart."""
        for axis, choice in (*self.choices, *self.also):
            if choice != getattr(base, axis):
                yield axis, choice


@dataclass(frozen=True)
class Definition:
    """One operation: what it means, according to whom, and which choices implementations make.

    `axes` lists the fields of the profile that the operation has, with their choices, the
    definition's first; `meaning` says each choice in words. `companions` are the choices that a
    single choice brings along because it contradicts the default of another axis; `mends` are choices
    that a search tries together with a change that contradicts another axis.
    """

    function: Callable[..., Any]
    source: str
    sentences: tuple[str, ...]
    silences: tuple[Silence, ...]
    profile: AnyProfile  # the definition's choices
    axes: Mapping[str, tuple[str, ...]]
    meaning: Mapping[str, Mapping[str, str]]
    is_elementwise: Callable[[Arguments, AnyProfile], bool] = always  # no element depends on another
    family: str = "others"  # of operations that one table of the report shows
    is_staircase: Callable[[Arguments], bool] = never  # float32 to a monotone function of few steps
    undefined: Callable[[Arguments], str | None] = nothing_undefined
    contradiction: Callable[[Any], str | None] = no_contradiction
    companions: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    mends: tuple[Mapping[str, str], ...] = ()
    equivalences: tuple[Equivalence, ...] = ()
    bounds: tuple[Bound, ...] = ()
    explain: Callable[[Arguments, AnyProfile], dict[str, Any]] | None = None  # what a calculator adds

    @property
    def operation(self) -> str:
        return self.function.__name__

    @property
    def takes_scale(self) -> bool:
        """Whether a scale is an argument, so that another one can be planted, or tried."""
        return "scale" in signature(self.function).parameters
