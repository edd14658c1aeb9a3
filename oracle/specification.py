"""What a definition is: a source, its sentences, what it permits, and where it is silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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


def always(_: Any) -> bool:
    return True


@dataclass(frozen=True)
class Definition:
    """One operation: what it means, according to whom, and which choices implementations make.

    `axes` lists the fields of the profile that the operation has, with their choices, the
    definition's first; `meaning` says each choice in words. `companions` are the choices that a
    single choice brings along because it contradicts the default of another axis.
    """

    function: Callable[..., Any]
    source: str
    sentences: tuple[str, ...]
    silences: tuple[Silence, ...]
    profile: AnyProfile  # the definition's choices
    axes: Mapping[str, tuple[str, ...]]
    meaning: Mapping[str, Mapping[str, str]]
    is_elementwise: Callable[[AnyProfile], bool] = always  # no element depends on another
    undefined: Callable[[Arguments], str | None] = nothing_undefined
    contradiction: Callable[[Any], str | None] = no_contradiction
    companions: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        return self.function.__name__

    @property
    def takes_scale(self) -> bool:
        """Whether a scale is an argument, so that another one can be planted, or tried."""
        return "scale" in signature(self.function).parameters
