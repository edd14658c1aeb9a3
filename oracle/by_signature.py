"""The calculator's door to any operation: its options are the parameters of its function."""

from __future__ import annotations

import argparse
from inspect import Parameter, signature
from typing import Any

import numpy as np

import oracle.definition as definitions  # which imports every module of this room
from oracle.formats import FLOAT32, Array, carried
from oracle.specification import Definition
from oracle.typed import number, shown

NOT_ASKED = ("profile",)
INTEGERS = {"accumulator": np.int32}  # parameters that are vectors of integers; the others are float32


def add_arguments(door: argparse.ArgumentParser, definition: Definition) -> None:
    """Add one option for each parameter; the first one is the vector of reals, or of codes."""
    first, *rest = (p for p in signature(definition.function).parameters.values() if p.name not in NOT_ASKED)
    door.add_argument(first.name, nargs="+", help=f"the values, one or several; {dtype_of(first).__name__}")
    for parameter in rest:
        add_option(door, parameter)
    door.add_argument("--explain", action="store_true", help="show each step, and what the words mean")
    door.set_defaults(calculate=calculate, definition=definition)


def dtype_of(parameter: Parameter) -> type[np.number[Any]]:
    return INTEGERS.get(parameter.name, np.float32)


def add_option(door: argparse.ArgumentParser, parameter: Parameter) -> None:
    """Add the option for one parameter, by its annotation."""
    name, kind = f"--{parameter.name.replace('_', '-')}", str(parameter.annotation)
    default = None if parameter.default is Parameter.empty else parameter.default
    is_required = parameter.default is Parameter.empty and not kind.endswith("| None")
    if kind == "bool":
        door.add_argument(name, action=argparse.BooleanOptionalAction, default=default, required=is_required)
        return
    types: dict[str, Any] = {"int": int, "int | None": int, "float": float, "float | None": float}
    says = "" if is_required else f"default {default}"
    many = "+" if kind in ("Any", "Reals", "Array") else None
    door.add_argument(name, type=types.get(kind, str), default=default, required=is_required, nargs=many,
                      metavar=parameter.name.upper(), help=says)  # fmt: skip


def calculate(options: argparse.Namespace) -> dict[str, Any]:
    """Return every output, what the definition shows besides, and what it leaves open."""
    definition: Definition = options.definition
    choices = dict(pair(text) for text in options.profile)
    profile = definitions.make_profile(definition.operation, choices)
    asked = [p for p in signature(definition.function).parameters.values() if p.name not in NOT_ASKED]
    given = {p.name: typed(getattr(options, p.name), p, p is asked[0]) for p in asked}
    found = definitions.compute(definition.operation, given, profile)
    more = definition.explain(given, profile) if definition.explain else {}
    if not options.explain:
        more = {name: value for name, value in more.items() if name != "steps"}
    if says := definitions.is_undefined(definition.operation, given):
        more["open"] = says
    numbers = {name: in_json(value) for name, value in {**found, **more}.items()}
    return {"operation": definition.operation, **numbers, "profile": choices or "the definition"}


def pair(text: str) -> tuple[str, str]:
    """Return axis and choice; ValueError for what is no AXIS=CHOICE."""
    axis, found, choice = text.partition("=")
    if not found:
        raise ValueError(f"a choice must be AXIS=CHOICE, got {text}")
    return axis, choice


def typed(value: Any, parameter: Parameter, is_first: bool) -> Any:
    """Return an argument as the function takes it: texts are numbers, an array of them, or a word.

    One element for each of the first parameter's has dy. A lone number is float32 where the function needs
    one, as a scale; a setting that may be left out, as alpha, is a number of no dtype, or a word.
    """
    if not isinstance(value, list):
        return value
    if parameter.name in INTEGERS:
        return np.array([integer(text, parameter.name) for text in value], dtype_of(parameter))
    if len(value) > 1 or is_first or parameter.name == "dy":
        return np.array([number(text, FLOAT32) for text in value], np.float32)
    if parameter.default is Parameter.empty:
        return np.float32(number(value[0], FLOAT32))
    return float(number(value[0], FLOAT32)) if is_number(value[0]) else value[0]


def integer(text: str, name: str) -> int:
    """Return an integer; ValueError for what is none, or none of its type."""
    info = np.iinfo(INTEGERS[name])
    if not text.lstrip("-").isdecimal() or not info.min <= int(text) <= info.max:
        raise ValueError(f"{name} must be an integer of {info.dtype}, got {text}")
    return int(text)


def is_number(text: str) -> bool:
    """Whether a text is a number, in decimal or as bits."""
    try:
        number(text, FLOAT32)
    except ValueError:
        return False
    return True


def in_json(value: Any) -> Any:
    """Return an array as a number where it has one element, else as a list; the rest as it is."""
    if not isinstance(value, (np.ndarray, np.generic)):
        return value
    array: Array = carried(value).reshape(-1)
    elements = [shown(v) if array.dtype.kind == "f" else int(v) for v in array]
    return elements[0] if len(elements) == 1 else elements
