"""Questions about syntax: what statements assign, change, return, refuse."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from functools import lru_cache

from conformance.reproduction.part import CHANGING, names_in

REFUSALS = ("Unsupported", "NotImplementedError")


def is_cache(node: ast.expr) -> bool:
    """Whether a decorator leaves what is computed as it is."""
    text = ast.unparse(node).removeprefix("functools.").split("(")[0]
    return text in ("lru_cache", "cache", "cached_property", "property", "staticmethod")


def is_memory(node: ast.expr) -> bool:
    return ast.unparse(node).removeprefix("functools.").split("(")[0] in ("lru_cache", "cache")


def is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_refusal(body: list[ast.stmt]) -> bool:
    """Whether statements only say that something is not supported."""
    rest = [s for s in body if not is_text(s)]
    return len(rest) == 1 and isinstance(rest[0], ast.Raise) and refuses(rest[0])


def refuses(node: ast.Raise) -> bool:
    return node.exc is not None and any(name in REFUSALS for name in names_in(node.exc))


def drop_refusals(body: list[ast.stmt]) -> list[ast.stmt]:
    return [s for s in body if not (isinstance(s, ast.Raise) and refuses(s))]


def returns_in(body: list[ast.stmt]) -> bool:
    """Whether a return of this function is among the statements, or inside them."""
    for statement in body:
        if isinstance(statement, ast.Return):
            return True
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            continue
        for name in ("body", "orelse", "finalbody"):
            if returns_in(getattr(statement, name, [])):
                return True
        if any(returns_in(h.body) for h in getattr(statement, "handlers", [])):
            return True
    return False


def stored_in(body: list[ast.stmt]) -> set[str]:
    """Return the names that statements assign, in their own scope."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            found.add(statement.name)
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
    return found


@lru_cache(maxsize=4096)
def changed_in(node: ast.AST) -> frozenset[str]:
    """Return the names of containers that a function changes in place."""
    found = set()
    for inner in ast.walk(node):
        changed: ast.expr | None = None
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            changed = inner.func.value if inner.func.attr in CHANGING else None
        elif isinstance(inner, ast.Subscript) and not isinstance(inner.ctx, ast.Load):
            changed = inner.value
        if isinstance(changed, ast.Name):
            found.add(changed.id)
    return frozenset(found)


@lru_cache(maxsize=4096)  # the trees of the adapters' modules are kept
def uses(node: ast.AST, name: str) -> int:
    """Return how often a function reads a name; inside a loop or a function, as often as twice."""
    body = node.body if isinstance(node, ast.FunctionDef) else [node]
    count = sum(names_in(s).count(name) for s in body) if isinstance(body, list) else 0
    loops = (ast.For, ast.While, ast.FunctionDef, ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp)
    within = (n for s in body for n in ast.walk(s) if isinstance(n, loops) and n is not node)
    return count + sum(names_in(n).count(name) for n in within)


@lru_cache(maxsize=4096)
def is_straight(node: ast.FunctionDef) -> bool:
    """Whether a function neither yields nor writes names of another scope, and nothing stands around it."""
    bad = (ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)
    return not any(isinstance(n, bad) for n in ast.walk(node)) and all(map(is_cache, node.decorator_list))


def make_function(name: str, arguments: ast.arguments, body: list[ast.stmt],
                  decorators: list[ast.expr]) -> ast.FunctionDef:  # fmt: skip
    new = ast.parse("def f(): pass").body[0]
    assert isinstance(new, ast.FunctionDef)
    new.name, new.args, new.body, new.decorator_list = name, arguments, body, decorators
    return new


def rename(statement: ast.stmt, names: Mapping[str, str]) -> ast.stmt:
    new = copy.deepcopy(statement)
    for node in ast.walk(new):
        if isinstance(node, ast.Name) and node.id in names:
            node.id = names[node.id]
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in names:
            node.name = names[node.name]
    return new
