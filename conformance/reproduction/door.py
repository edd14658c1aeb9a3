"""One door of one adapter, cut for one question: the lines that ask the framework, and nothing else."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from conformance.interpreters import is_beside
from conformance.reproduction.calls import CannotCut
from conformance.reproduction.cut import Cutter
from conformance.reproduction.fold import Scope
from conformance.reproduction.foreign import Foreign, Source, Sources, environment
from conformance.reproduction.known import is_own
from conformance.reproduction.literals import is_array
from conformance.reproduction.part import UNKNOWN, Part, attempt, names_in
from conformance.reproduction.syntax import rename
from conformance.reproduction.trim import gather, lines_of, merge, trim
from conformance.survey import adapter_path
from conformance.worker import GENERIC_DOORS
from oracle.bfloat16 import Bfloat16

OURS = "CONFORMANCE_"  # variables that the harness reads, and no framework
BACKEND = f"{OURS}BACKEND"
LIMITS = (99, 4, 0)  # statements that a helper may bring where it is called


@dataclass(frozen=True)
class Text:
    """What asks the framework: imports, statements, and the expression of the answer."""

    imports: tuple[str, ...]
    variables: Mapping[str, str]  # of the environment, before anything is imported
    body: tuple[ast.stmt, ...]  # the last one assigns `actual`
    used: frozenset[str]

    @cached_property
    def lines(self) -> list[str]:
        return lines_of(list(self.body))


def find_adapter(system: str) -> Path:
    """Return the file of a system's adapter.

    Raises:
        CannotCut: there is none.
    """
    for name in (system, system.replace("-", "_")):
        if adapter_path(name).is_file():
            return adapter_path(name)
    for path in sorted(adapter_path("").parent.glob("*.py")):
        if f'SYSTEM = "{system}"' in path.read_text(encoding="utf-8"):
            return path
    raise CannotCut(f"an adapter must be built in, got no file for {system}")


@dataclass(frozen=True)
class Question:
    """What is asked, and through which door of which adapter."""

    path: Path
    version: str
    backend: str
    operation: str
    door: str
    arguments: Mapping[str, Any]
    output: str


def cut_door(question: Question, limit: int) -> Cut:
    """Return the statements that ask one question; with helpers of more than `limit` statements apart.

    Raises:
        CannotCut: the adapter has no such door, or cannot be written as straight text.
    """
    sources = load_adapter(question.path, question.backend, question.version)
    source = sources.load(question.path.stem, question.path)
    cutter = Cutter(sources, has_bfloat16(question.arguments), limit)
    cutter.taken |= question.arguments.keys()
    cutter.given |= question.arguments.keys()
    with environment(sources.variables):
        function = find_function(source, question.operation, question.door)
        parts = [(name, argument_part(name, value)) for name, value in question.arguments.items()]
        statements: list[ast.stmt] = []
        scope = Scope(source, statements=statements, is_inline=True)
        result = cutter.call(function, [], list(parts), scope) if is_own(function) else None
        if result is None:
            result = call_whole(cutter, source, question.operation, parts)
        effects = [s for one in sources.by_name.values() for s in effects_of(cutter, one)]
        answer = one_output(result.node, question.output)
        body = [cutter.resolve(s) for s in statements]
        final = cutter.resolve(ast.Assign([ast.Name("actual", ast.Store())], answer, lineno=0))
    whole = [*effects, *(s for group in cutter.definitions.values() for s in group), *body, final]
    wanted = {"actual"} | {n for s in effects for n in names_in(s)}
    variables = {k: v for k, v in sources.variables.items() if not k.startswith(OURS)}
    variables = {k: v for one in sources.by_name.values() for k, v in one.environment.items()} | variables
    return Cut(gather(trim(whole, wanted)), wanted, list(cutter.imports), variables, sources)


@dataclass(frozen=True)
class Cut:
    """Statements that ask one question, before they are merged."""

    body: list[ast.stmt]
    wanted: set[str]
    imports: list[str]
    variables: Mapping[str, str]
    sources: Sources

    def text(self, question: Question, most: int) -> Text | None:
        """Return the text, short statements merged up to `most` lines; None where a name is not bound."""
        trimmed = plain_names(trim(merge(self.body, self.wanted, most), self.wanted))
        used = frozenset(name for s in trimmed for name in names_in(s))
        named = [line for s in self.sources.by_name.values() for n, some in s.imports.items()
                 if n in used for line in some]  # fmt: skip
        imports = once_each([line for line in (*self.imports, *named) if binds(line) in used])
        every = (*imports, *side_imports(self.sources, imports))
        text = Text(every, self.variables, tuple(trimmed), used)
        return None if unbound(text, question.arguments) else text


@cache
def load_adapter(path: Path, backend: str, version: str) -> Sources:
    """Return an adapter's modules as its backend sees them."""
    variables = Sources({}, version).load(path.stem, path).values.get("BACKENDS", {}).get(backend, {})
    sources = Sources({BACKEND: backend, **{str(k): str(v) for k, v in variables.items()}}, version)
    sources.load(path.stem, path)
    return sources


def plain_names(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return statements with `feeds` for `feeds_3`, where that name is free."""
    taken = {n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name)}
    taken |= {n.name for s in body for n in ast.walk(s) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    names: dict[str, str] = {}
    for name in sorted(taken):
        base, _, number = name.rpartition("_")
        if number.isdigit() and base and base not in {*taken, *names.values()}:
            names[name] = base
    return [rename(s, names) for s in body] if names else body


def unbound(text: Text, arguments: Mapping[str, Any]) -> set[str]:
    """Return the names that a text reads and nothing binds."""
    bound = {"np", "Bfloat16", *arguments, *vars(builtins), *(binds(line) for line in text.imports)}
    for statement in text.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                bound.add(node.id)
            elif isinstance(node, ast.arg):
                bound.add(node.arg)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                bound.add(node.name)
            elif isinstance(node, ast.alias):
                bound.add((node.asname or node.name).split(".")[0])
            elif isinstance(node, ast.ExceptHandler) and node.name:
                bound.add(node.name)
    return set(text.used) - bound


def argument_part(name: str, value: Any) -> Part:
    return Part(ast.Name(name, ast.Load()) if is_array(value) else ast.Constant(value), value)


def has_bfloat16(arguments: Mapping[str, Any]) -> bool:
    return any(
        isinstance(v, Bfloat16) or v == "bfloat16" for v in arguments.values() if not is_plain_array(v)
    )


def is_plain_array(value: Any) -> bool:
    return is_array(value) and not isinstance(value, Bfloat16)


def find_function(source: Source, operation: str, door: str) -> Any:
    """Return the adapter's function for one door.

    Raises:
        CannotCut: there is none.
    """
    door = "plain" if door in GENERIC_DOORS else door
    doors = source.values.get("DOORS", {}).get(operation, {})
    function = doors.get(door) or (source.values.get(operation) if door == "plain" else None)
    if function is None:
        raise CannotCut(f"{source.name} must have the door {door} to {operation}, got none")
    return function


def call_whole(cutter: Cutter, source: Source, operation: str, parts: list[tuple[str, Part]]) -> Part:
    """Call a function that cannot be written out, with its definition before."""
    if operation not in source.bindings:
        raise CannotCut(f"{source.name} must define {operation} in its text, got a value")
    name = cutter.define(operation, source)
    keywords = [ast.keyword(k, p.node) for k, p in parts]
    return Part(ast.Call(ast.Name(name, ast.Load()), [], keywords))


def effects_of(cutter: Cutter, source: Source) -> list[ast.stmt]:
    """Return what a module does to its framework when it is imported."""
    foreign = {name for name, value in source.values.items() if isinstance(value, Foreign)}
    found: list[ast.stmt] = []
    for statement in executed(source, source.tree.body):
        is_call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        if is_call and foreign & set(names_in(statement)) and not is_talk(statement):
            found += [cutter.resolve(s) for s in cutter.block([statement], Scope(source))]
    return found


def is_talk(statement: ast.stmt) -> bool:
    """Whether a statement only tells a framework what to print."""
    return any(word in ast.unparse(statement).lower() for word in ("log", "warn", "verbos"))


def executed(source: Source, body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module that its backend and its version execute."""
    for statement in body:
        if isinstance(statement, ast.If):
            test = attempt(eval, ast.unparse(statement.test), source.values)
            if test is not UNKNOWN and not isinstance(test, Foreign):
                yield from executed(source, statement.body if test else statement.orelse)
        else:
            yield statement


def side_imports(sources: Sources, imports: tuple[str, ...]) -> list[str]:
    """Return the imports whose names an adapter never reads: they are there for what they do."""
    found = []
    for source in sources.by_name.values():
        for name, lines in source.imports.items():
            is_lacking = name in source.tried and is_beside(source.name.replace("_", "-"), sources.version)
            if name not in source.loaded and not is_lacking:
                found += [line + source.remark(name) for line in lines if line not in imports]
    return found


def once_each(lines: list[str]) -> tuple[str, ...]:
    """Return the import lines; a name that two modules give comes from the one that gives others too."""
    by_name: dict[str, list[str]] = {}
    for line in dict.fromkeys(lines):
        by_name.setdefault(binds(line) if line.startswith("from ") else line, []).append(line)
    needed = {some[0].split()[1] for some in by_name.values() if len(some) == 1}
    return tuple(min(some, key=lambda line: line.split()[1] not in needed) for some in by_name.values())


def binds(line: str) -> str:
    return line.rpartition(" import ")[2].rpartition(" as ")[2].removeprefix("import ").split(".")[0].strip()


def one_output(node: ast.expr, output: str) -> ast.expr:
    """Return the expression of one output of an answer."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == output:
                return value
    if output in ("value", ""):
        return node
    return ast.Subscript(node, ast.Constant(output), ast.Load())


__all__ = ["UNKNOWN", "CannotCut", "Cut", "Question", "Text", "cut_door", "find_adapter"]
