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
VECTORS = ("dy", "bias")  # parameters that have one element for each of the first parameter's
INTEGERS = ("accumulator", "code")  # parameters that are vectors of integers; the others are float32
TYPES = {  # of these integers, the first that holds them all
    "dequantize_float8": ("uint8",),
    "pack_codes": ("uint8", "int8"),
    "rescale": ("uint8", "int8", "int16"),
    "unpack_codes": ("uint8",),
}
IMAGES = (  # operations on arrays of rank 4, which no words have
    *("binary_conv2d", "binary_conv2d_bits", "binary_conv2d_int8"),
    *("binary_max_pool", "binary_network", "packed_outputs"),
)


def add_arguments(door: argparse.ArgumentParser, definition: Definition) -> None:
    """Add one option for each parameter; the first one is the vector of reals, or of codes."""
    first, *rest = (p for p in signature(definition.function).parameters.values() if p.name not in NOT_ASKED)
    is_typed = definition.operation not in IMAGES
    kind = " or ".join(types_of(definition.operation)) if first.name in INTEGERS else "float32"
    door.add_argument(first.name, nargs="+" if is_typed else "*", help=f"the values, one or several; {kind}")
    for parameter in rest:
        add_option(door, parameter, is_typed)
    door.add_argument("--explain", action="store_true", help="show each step, and what the words mean")
    door.set_defaults(calculate=calculate if is_typed else refuse, definition=definition)


def types_of(operation: str) -> tuple[str, ...]:
    return TYPES.get(operation, ("int32",))


def refuse(options: argparse.Namespace) -> dict[str, Any]:
    """Raise ValueError: images cannot be typed."""
    function = options.definition.function
    raise ValueError(f"an image must have 4 axes, got words: call {function.__module__}.{function.__name__}")


def add_option(door: argparse.ArgumentParser, parameter: Parameter, is_typed: bool) -> None:
    """Add the option for one parameter, by its annotation."""
    name, kind = f"--{parameter.name.replace('_', '-')}", str(parameter.annotation)
    default = None if parameter.default is Parameter.empty else parameter.default
    is_required = is_typed and parameter.default is Parameter.empty and not kind.endswith("| None")
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
    first, *rest = (p for p in signature(definition.function).parameters.values() if p.name not in NOT_ASKED)
    given = {
        first.name: vector(first.name, options),
        **{p.name: typed(getattr(options, p.name), p) for p in rest},
    }
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


def vector(name: str, options: argparse.Namespace) -> Array:
    """Return the first argument: integers of a type that the operation takes, or float32."""
    texts, beside = getattr(options, name), getattr(options, "input_zero_point", 0)
    if name not in INTEGERS:
        return np.array([number(text, FLOAT32) for text in texts], np.float32)
    types = types_of(options.definition.operation)
    numbers = [integer(text, name, types) for text in texts]
    for together in ([*numbers, beside], numbers):  # a zero point of the input is of the type of its codes
        for info in map(np.iinfo, types):
            if info.min <= min(together) and max(together) <= info.max:
                return np.array(numbers, info.dtype)
    raise ValueError(f"{name} must be of one of {', '.join(types)}, got {min(numbers)} to {max(numbers)}")


def typed(value: Any, parameter: Parameter) -> Any:
    """Return an argument as the function takes it: texts are numbers, an array of them, or a word.

    A lone number is float32 where the function needs one, as a scale; a setting that may be left out, as
    alpha, is a number of no dtype, or a word.
    """
    if not isinstance(value, list):
        return value
    if len(value) > 1 or parameter.name in VECTORS:
        return np.array([number(text, FLOAT32) for text in value], np.float32)
    if parameter.default is Parameter.empty:
        return np.float32(number(value[0], FLOAT32))
    return float(number(value[0], FLOAT32)) if is_number(value[0]) else value[0]


def integer(text: str, name: str, types: tuple[str, ...]) -> int:
    """Return an integer; ValueError for what is none, or none of its types."""
    infos = [np.iinfo(each) for each in types]
    lowest, highest = min(info.min for info in infos), max(info.max for info in infos)
    if not text.removeprefix("-").isdecimal() or not lowest <= int(text) <= highest:
        raise ValueError(f"{name} must be an integer of {' or '.join(types)}, got {text}")
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
