"""What is known of a part: its truth, its elements, what a name or a call of it gives."""

from __future__ import annotations

import ast
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from conformance.reproduction.foreign import Foreign
from conformance.reproduction.part import (
    MAX_ELEMENTS,
    UNKNOWN,
    Instance,
    Keywords,
    LocalFunction,
    Part,
    attempt,
    literal,
)  # fmt: skip


def made_of(called: ast.expr, function: Part, arguments: list[Part]) -> Any:
    """Return the numpy array that a framework's array was made of, and has the shape of."""
    name = called.attr if isinstance(called, ast.Attribute) else ""
    if name in ("from_numpy", "constant", "tensor", "as_tensor", "convert_to_tensor") and arguments:
        value = arguments[0].value
        return value if isinstance(value, np.ndarray) else None
    return function.like if name in ("detach", "clone", "requires_grad_", "contiguous", "float") else None


def limits_of(function: Foreign, arguments: list[Part]) -> Any:
    """Return what iinfo and finfo of a framework say of a dtype that numpy has too."""
    kind = {"iinfo": np.iinfo, "finfo": np.finfo}.get(str(function).rpartition(".")[2])
    if kind is None or len(arguments) != 1 or not isinstance(arguments[0].value, Foreign):
        return None
    found = attempt(kind, str(arguments[0].value).rpartition(".")[2])
    return None if found is UNKNOWN else found


def settle(part: Part) -> Part:
    """Write a known value out where it has a short, exact form."""
    if not part.is_known or isinstance(part.node, (ast.Constant, ast.Starred)):
        return part
    node = literal(part.value)
    return Part(node, part.value, part.display) if node is not None else part


def truth_of(part: Part) -> bool | None:
    """Return whether an expression is true, None where only a run can tell."""
    if not part.is_known:
        return None
    if isinstance(part.value, Foreign | Instance | LocalFunction):
        return True
    value = attempt(bool, part.value)
    return None if value is UNKNOWN else value


def compare_foreign(a: Any, b: Any, equal: bool) -> Any:
    """Compare names of a framework: the same name is the same, another name beside it is another thing."""
    if a == b:
        return equal
    if isinstance(a, Foreign) and isinstance(b, Foreign):
        beside = str(a).rpartition(".")[0] == str(b).rpartition(".")[0] != ""
        return not equal if beside else UNKNOWN
    return not equal


def pick(node: ast.expr, index: Any) -> ast.expr | None:
    """Return the element of a display."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == index:
                return value
    if isinstance(node, (ast.Tuple, ast.List)) and isinstance(index, int):
        starred = any(isinstance(e, ast.Starred) for e in node.elts)
        return None if starred or not -len(node.elts) <= index < len(node.elts) else node.elts[index]
    return None


def elements(part: Part) -> list[Part] | None:
    """Return the elements of a known container of a few."""
    written = part.display or part.node
    if isinstance(written, (ast.Tuple, ast.List)) and not any(
        isinstance(e, ast.Starred) for e in written.elts
    ):
        values = list(part.value) if part.is_known else [UNKNOWN] * len(written.elts)
        found = [Part(n, v) for n, v in zip(written.elts, values, strict=True)]
        return found if len(found) <= MAX_ELEMENTS else None
    if isinstance(part.value, np.ndarray) and part.value.ndim == 1 and part.value.size <= MAX_ELEMENTS:
        places = [ast.Subscript(part.node, ast.Constant(i), ast.Load()) for i in range(part.value.size)]
        return [Part(place, value) for place, value in zip(places, part.value, strict=True)]
    if not part.is_known or isinstance(part.value, (Foreign, Keywords, str, np.ndarray, np.generic)):
        return None
    values = attempt(list, part.value)
    if values is UNKNOWN or len(values) > 64:
        return None
    nodes = [literal(value, with_lists=True) for value in values]
    if any(node is None for node in nodes):
        return None
    return [Part(node, value) for node, value in zip(nodes, values, strict=True) if node is not None]


def bind_target(target: ast.expr, part: Part) -> dict[str, Part]:
    """Return the names that a loop's target gets from one element; none where that is not known."""
    if isinstance(target, ast.Name):
        return {target.id: part}
    if isinstance(target, ast.Tuple):
        inside = elements(part)
        if inside is None or len(inside) != len(target.elts):
            return {}
        found: dict[str, Part] = {}
        for name, one in zip(target.elts, inside, strict=True):
            found.update(bind_target(name, one))
        return found
    return {}


def look_up(function: Any, arguments: list[Part], new: ast.Call) -> Part:
    """Fold getattr and hasattr; what is installed has every name that the adapter asks for."""
    base, name = arguments[0], arguments[1].value
    if not base.is_known:
        plain = function is getattr and len(arguments) == 2 and name.isidentifier()
        return Part(ast.Attribute(base.node, name, ast.Load())) if plain else Part(new)
    has = isinstance(base.value, Foreign) or hasattr(base.value, name)
    if function is hasattr:
        return Part(new, has)
    if not has:
        return arguments[2] if len(arguments) > 2 else Part(new)
    return Part(ast.Attribute(base.node, name, ast.Load()), attempt(getattr, base.value, name))


def call_keywords(owner: Keywords, method: str, arguments: list[Part], new: ast.Call) -> Part:
    """Call get, pop … of keyword arguments that are being written out."""
    name = arguments[0].value if arguments else UNKNOWN
    if method in ("get", "pop") and isinstance(name, str):
        found = owner.get(name) or (arguments[1] if len(arguments) > 1 else Part(ast.Constant(None), None))
        if method == "pop":
            owner.pop(name, None)
        return found
    if method == "items" and all(part.is_known for part in owner.values()):
        pairs: list[ast.expr] = [
            ast.Tuple([literal(key) or ast.Constant(repr(key)), part.node], ast.Load())
            for key, part in owner.items()
        ]
        return Part(new, [(key, part.value) for key, part in owner.items()], ast.List(pairs, ast.Load()))
    return Part(new)


def is_own(value: Any) -> bool:
    """Whether a value is a function of the adapter's, or one that stands around it."""
    if isinstance(value, LocalFunction):
        return True
    if isinstance(value, Instance):
        return isinstance(value.kind.__dict__.get("__call__"), FunctionType)
    if isinstance(value, partial):
        return is_own(value.func)
    function = value.__func__ if isinstance(value, MethodType) else value
    function = getattr(function, "__wrapped__", function)
    return isinstance(function, FunctionType) and function.__code__.co_filename.startswith("<adapter ")
