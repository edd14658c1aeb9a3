"""All definitions, found in the oracle's modules, and what can be asked of any of them.

A definition permits its default profile. Where its text does not decide (`Silence`), any of the named
choices conforms, but one implementation must stay with one choice. Outside its domain (`undefined`)
it says nothing, and systems are compared with each other only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

from oracle.specification import Arguments, Definition


def find_definitions() -> dict[str, Definition]:
    """Return every definition: each module of the oracle may list some in OPERATIONS."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))
    modules = [import_module(f"oracle.{name}") for name in names if name != "definition"]
    found = [d for module in modules for d in getattr(module, "OPERATIONS", ())]
    return {definition.operation: definition for definition in found}


DEFINITIONS = find_definitions()
AXES = {operation: definition.axes for operation, definition in DEFINITIONS.items()}


def is_undefined(operation: str, arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    return DEFINITIONS[operation].undefined(arguments)


def open_axes(operation: str, arguments: Arguments) -> dict[str, tuple[str, ...]]:
    """Return the axes that the definition leaves open for these arguments, and their choices."""
    return {s.axis: s.choices for s in DEFINITIONS[operation].silences if s.when(arguments)}


def permitted(operation: str, axes: Mapping[str, tuple[str, ...]]) -> Iterator[Any]:
    """Yield the definition's profile under every choice on the open axes, the default first."""
    definition = DEFINITIONS[operation]
    for choices in product(*axes.values()):
        profile = replace(definition.profile, **dict(zip(axes, choices, strict=True)))
        if definition.contradiction(profile) is None:
            yield profile


def restrict(profile: Any, operation: str, axes: Iterable[str]) -> Any:
    """Return the profile with the definition's choice on every axis that is not among the open ones."""
    base = DEFINITIONS[operation].profile
    return replace(base, **{axis: getattr(profile, axis) for axis in axes})


def compute(operation: str, arguments: Arguments, profile: Any) -> dict[str, Any]:
    """Return the operation's outputs by name.

    Raises:
        ValueError: the definition refuses the arguments; "rule, got value".
    """
    result = DEFINITIONS[operation].function(**arguments, profile=profile)
    return result if isinstance(result, dict) else {"value": result}


def contradiction(operation: str, profile: Any) -> str | None:
    """Return why no implementation can make these choices together, or None."""
    return DEFINITIONS[operation].contradiction(profile)


def check_choice(operation: str, axis: str, choice: str) -> None:
    """Raise ValueError for an axis or a choice that an operation does not have."""
    axes = DEFINITIONS[operation].axes
    if axis not in axes:
        raise ValueError(f"an axis of {operation} must be one of {', '.join(axes)}, got {axis}")
    if choice not in axes[axis]:
        raise ValueError(f"{axis} must be one of {', '.join(axes[axis])}, got {choice}")


def make_profile(operation: str, choices: Mapping[str, str]) -> Any:
    """Return the definition's profile with some axes chosen otherwise; ValueError for unknown ones."""
    for axis, choice in choices.items():
        check_choice(operation, axis, choice)
    profile = replace(DEFINITIONS[operation].profile, **choices)
    if wrong := contradiction(operation, profile):
        raise ValueError(f"{wrong}, got {choices}")
    return profile


def difference(a: Any, b: Any) -> dict[str, tuple[str, str]]:
    """Return the axes on which two profiles differ, in the order of the arithmetic."""
    pairs = {f.name: (getattr(a, f.name), getattr(b, f.name)) for f in fields(a)}
    return {axis: pair for axis, pair in pairs.items() if pair[0] != pair[1]}


def single_changes(operation: str) -> Iterator[tuple[str, str, Any]]:
    """Yield (axis, choice, profile) for every choice that the definition does not make.

    A choice that contradicts the default of another axis brings its companion along.
    """
    definition = DEFINITIONS[operation]
    for axis, choices in definition.axes.items():
        for choice in (c for c in choices if c != getattr(definition.profile, axis)):
            companions = definition.companions.get((axis, choice), {})
            yield axis, choice, replace(definition.profile, **{axis: choice, **companions})
