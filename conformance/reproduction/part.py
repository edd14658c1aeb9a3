"""Parts of an expression: how it is written, and what it is worth if that is known."""

from __future__ import annotations

import ast
import builtins
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import BuiltinFunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from conformance.reproduction.foreign import Foreign


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise AssertionError("an unknown value has no truth")


UNKNOWN: Any = _Unknown()
MAX_ELEMENTS = 8  # of a tuple that is written out
MAX_TEXT = 200
SAFE = frozenset(
    [
        "abs",
        "all",
        "any",
        "bool",
        "bytes",
        "dict",
        "divmod",
        "enumerate",
        "float",
        "frozenset",
        "int",
        "isinstance",
        "len",
        "list",
        "max",
        "min",
        "pow",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "slice",
        "sorted",
        "str",
        "sum",
        "tuple",
        "type",
        "zip",
    ]
)
SAFE_MODULES = frozenset({"math", "operator", "re", "itertools", "_operator", "posixpath"})
CHANGING = frozenset(
    [
        "append",
        "extend",
        "insert",
        "pop",
        "popitem",
        "remove",
        "clear",
        "update",
        "setdefault",
        "add",
        "discard",
        "sort",
        "reverse",
        "fill",
        "put",
        "resize",
        "setflags",
        "itemset",
        "partition",
        "byteswap",
    ]
)


@dataclass
class Part:
    """An expression: its node in the script, and its value, UNKNOWN where only a run can tell."""

    node: ast.expr
    value: Any = UNKNOWN
    display: ast.expr | None = None  # of a name: the dict, list or tuple that it was assigned
    is_something: bool = False  # given for a parameter that is None by default
    like: Any = None  # of a framework's array: the numpy array that it was made of
    hint: Any = None  # of a call: the one name of the framework among its arguments; of a dtype: so it is

    @property
    def is_known(self) -> bool:
        return self.value is not UNKNOWN


class Keywords(dict[Any, Part]):
    """A mapping that is written out: keyword arguments, a cache, a dict that is changed in straight text."""

    def display(self) -> ast.expr:
        """Return it as a dict display, as it is now."""
        keys = [literal(key) or ast.Constant(repr(key)) for key in self]
        return ast.Dict(list(keys), [part.node for part in self.values()])


class Instance:
    """An object of the adapter's own class: its attributes are variables of the script."""

    def __init__(self, kind: type) -> None:
        self.kind, self.parts = kind, Keywords()


@dataclass(eq=False)
class LocalFunction:
    """A function that is defined inside the one that is written out."""

    node: ast.FunctionDef
    scope: Any


def is_display(node: ast.expr | None) -> bool:
    return isinstance(node, (ast.Dict, ast.List, ast.Tuple))


def literal(value: Any, with_lists: bool = False) -> ast.expr | None:
    """Return a value as it is written in a script; None where it has no short or exact form."""
    if value is None or value is Ellipsis or isinstance(value, bool) or type(value) is int:
        return ast.Constant(value)
    if isinstance(value, (str, bytes)) and type(value) in (str, bytes):
        return ast.Constant(value) if len(value) <= (MAX_TEXT if isinstance(value, str) else 8) else None
    if type(value) is float:  # a scale has many digits, and stands in the script by its bits
        return ast.Constant(value) if math.isfinite(value) and len(repr(value)) <= 8 else None
    if isinstance(value, Foreign):
        return parse_expression(str(value)) if value.is_constant else None
    if isinstance(value, type):
        return _literal_of_type(value)
    if type(value) is tuple or (with_lists and type(value) in (list, dict)):
        return _literal_of_many(value, with_lists)
    return None


def parse_expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _literal_of_type(kind: type) -> ast.expr | None:
    if kind.__module__ == "numpy" and getattr(np, kind.__name__, None) is kind:
        return ast.Attribute(ast.Name("np", ast.Load()), kind.__name__, ast.Load())
    return ast.Name(kind.__name__, ast.Load()) if getattr(builtins, kind.__name__, None) is kind else None


def _literal_of_many(value: Any, with_lists: bool) -> ast.expr | None:
    items = [*value, *value.values()] if isinstance(value, dict) else list(value)
    nodes = [literal(item, with_lists) for item in items]
    if len(nodes) > MAX_ELEMENTS or any(node is None for node in nodes):
        return None
    found = [node for node in nodes if node is not None]
    if isinstance(value, dict):
        half = len(found) // 2
        return ast.Dict(list(found[:half]), found[half:])
    return ast.Tuple(found, ast.Load()) if isinstance(value, tuple) else ast.List(found, ast.Load())


def is_safe(function: Any) -> bool:
    """Whether a call of this function has no effect but its value, and needs no framework."""
    if isinstance(function, Foreign):
        return False
    if isinstance(function, type):
        return function.__module__ == "numpy" or function.__name__ in SAFE
    owner = getattr(function, "__self__", None)
    if isinstance(function, (BuiltinFunctionType, MethodType)) or type(function).__name__ == "method-wrapper":
        if owner is None or isinstance(owner, ModuleType):
            module = getattr(function, "__module__", "") or getattr(owner, "__name__", "")
            name = function.__name__
            return (module in SAFE_MODULES or (module.startswith("numpy") and "random" not in module)
                    or (module == "builtins" and name in SAFE))  # fmt: skip
        plain = (str, bytes, tuple, list, dict, set, frozenset, int, float, np.ndarray, np.generic, np.dtype)
        is_environ = type(owner).__name__ == "_Environ" and function.__name__ == "get"
        return is_environ or (isinstance(owner, plain) and function.__name__ not in CHANGING)
    module = getattr(function, "__module__", None) or ""
    return isinstance(function, np.ufunc) or (
        module.startswith("numpy") and "random" not in module and "testing" not in module
    )


def attempt(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Return what a call gives, UNKNOWN where it fails."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*arguments, **keywords)
    except Exception:
        return UNKNOWN


def names_in(node: ast.AST) -> list[str]:
    """Return every name that a node reads from outside of it, once for each time."""
    found: list[str] = []
    collect_names(node, found)
    return found


def collect_names(node: ast.AST, found: list[str]) -> None:
    """Append what `names_in` returns: it is called for every node of every script, again and again."""
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load):
            found.append(node.id)
        return
    if isinstance(node, ast.Constant):
        return
    own: set[str] = set()
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        own = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
    elif isinstance(node, ast.Lambda):
        own = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
    elif isinstance(node, ast.FunctionDef):
        own = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        own |= {n.id for s in node.body for n in ast.walk(s)
                if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}  # fmt: skip
    inside: list[str] = [] if own else found
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            for item in value:
                if isinstance(item, ast.AST):
                    collect_names(item, inside)
        elif isinstance(value, ast.AST):
            collect_names(value, inside)
    if own:
        found += [name for name in inside if name not in own]
