"""An adapter's module without its framework: whatever it imports is known by name alone.

A script is cut out of an adapter where no framework is installed. So the module is executed with
every foreign import replaced by `Foreign`: an expression that can be looked up and compared, such as
`torch.qint8`. What calls a framework has no value, and stays in the script as it is written.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import ModuleType
from typing import Any

from conformance import adapters
from conformance.interpreters import environment_of, pinned

LAZY = __future__.annotations.compiler_flag
ROOMS = ("conformance.adapters", "numpy", "__future__")
NEWEST = 9999  # what counts versions, or operator sets, has the newest


VERSIONS: dict[str, str] = {}  # of the framework that is asked, by the name it is imported as


class Foreign:
    """Something of a framework, by the expression that names it and the import that it needs."""

    def __init__(self, path: str, statement: str, called: bool = False) -> None:
        self._path, self._statement, self._called = path, statement, called

    def __getattr__(self, name: str) -> Any:
        if name == "__version__" and self._path in VERSIONS:
            return VERSIONS[self._path]
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        return Foreign(f"{self._path}.{name}", self._statement, self._called)

    def __call__(self, *_: Any, **__: Any) -> Foreign:
        return Foreign(f"{self._path}()", self._statement, True)

    def __getitem__(self, _: Any) -> Foreign:
        return Foreign(f"{self._path}[]", self._statement, True)

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __mro_entries__(self, _: Any) -> tuple[type, ...]:
        return ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Foreign) and self._path == other._path

    def __hash__(self) -> int:
        return hash(self._path)

    def __lt__(self, _: Any) -> bool:  # of a version that is compared: the newest is installed
        return False

    __le__ = __lt__

    def __gt__(self, _: Any) -> bool:
        return True

    __ge__ = __gt__

    def __int__(self) -> int:
        return NEWEST

    def __str__(self) -> str:
        return self._path

    def __enter__(self) -> Foreign:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    @property
    def is_constant(self) -> bool:
        """Whether it is a name and its attributes, nothing that was computed."""
        return not self._called


@dataclass(eq=False)
class Source:
    """The text of one adapter module, its names, and what they are worth without the framework."""

    name: str
    tree: ast.Module
    values: dict[str, Any]
    imports: dict[str, list[str]] = field(default_factory=dict)  # of foreign names
    text: str = ""
    tried: frozenset[str] = frozenset()  # names that old versions may lack

    def remark(self, name: str) -> str:
        """Return what the adapter says beside the import of a name."""
        line = self.text.splitlines()[self.bindings[name].lineno - 1]
        said = line.partition("#")[2].partition(" - ")[2].strip()
        return f"  # {said}" if said else ""

    @property
    def file(self) -> str:
        return file_of(self.name)

    @cached_property
    def functions(self) -> dict[tuple[int, str], ast.FunctionDef | ast.Lambda]:
        """Functions by the line on which their code object begins, and its name."""
        found: dict[tuple[int, str], ast.FunctionDef | ast.Lambda] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef):
                first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
                found[first, node.name] = node
            elif isinstance(node, ast.Lambda):
                found.setdefault((node.lineno, "<lambda>"), node)
        return found

    @cached_property
    def bindings(self) -> dict[str, ast.stmt]:
        """The top-level statement that binds a name; the last one, if several do."""
        found: dict[str, ast.stmt] = {}
        for statement in self.tree.body:
            for name in bound_by(statement):
                found[name] = statement
        return found

    @cached_property
    def environment(self) -> dict[str, str]:
        """Variables that the module sets before it imports its framework."""
        found: dict[str, str] = {}
        for node in (n for s in self.tree.body if isinstance(s, ast.Expr) for n in [s.value]):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.environ.setdefault":
                texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
                if len(texts) == 2:
                    found[str(texts[0])] = str(texts[1])
        return found

    @cached_property
    def changed(self) -> set[str]:
        """Names of dicts whose elements the module's functions set."""
        found = (n.value for n in ast.walk(self.tree) if isinstance(n, ast.Subscript)
                 and not isinstance(n.ctx, ast.Load))  # fmt: skip
        return {value.id for value in found if isinstance(value, ast.Name)}

    @cached_property
    def loaded(self) -> set[str]:
        """Every name that the module reads."""
        return {n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def bound_by(statement: ast.stmt) -> set[str]:
    """Return the names that a statement binds in its own scope."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    found: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(a.asname or a.name).split(".")[0] for a in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
    return found


def file_of(name: str) -> str:
    return f"<adapter {name}>"


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Let an adapter see the variables of its backend, and no others."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def what_is_installed(system: str, version: str) -> dict[str, Any]:
    """Return what importlib says to an adapter in the environment that pins a version of its system."""
    environment = environment_of(system, [version])
    pins = pinned(environment.name) if environment else {}

    def find_spec(name: str) -> str | None:
        return name if name.partition(".")[0].replace("_", "-") in pins else None

    def find_version(name: str) -> str:
        if name not in pins:
            raise PackageNotFoundError(name)
        return pins[name]

    return {"find_spec": find_spec, "version": find_version, "PackageNotFoundError": PackageNotFoundError}


class Sources:
    """The modules of one adapter under one backend, each loaded once."""

    def __init__(self, variables: Mapping[str, str], version: str = "") -> None:
        self.variables, self.version = variables, version
        self.by_name: dict[str, Source] = {}
        self._modules: dict[str, ModuleType] = {}
        self._installed = ModuleType("importlib")

    def load(self, name: str, path: Path) -> Source:
        """Execute a module without its framework, statement by statement; what fails has no value."""
        if name in self.by_name:
            return self.by_name[name]
        if not self.by_name:
            self._installed.__dict__.update(what_is_installed(name.replace("_", "-"), self.version))
        tree = parse(path)
        module = ModuleType(name)
        module.__dict__.update(__builtins__=self._builtins(), __file__=str(path))
        source = Source(name, tree, module.__dict__, text=path.read_text(encoding="utf-8"),
                        tried=tried_by(path))  # fmt: skip
        self.by_name[name], self._modules[name] = source, module
        with environment(self.variables):
            for statement in tree.body:
                self._execute(statement, source)
        return source

    def of_function(self, file: str) -> Source | None:
        """Return the source whose code objects carry this file name."""
        return next((s for s in self.by_name.values() if s.file == file), None)

    def _execute(self, statement: ast.stmt, source: Source) -> None:
        if isinstance(statement, (ast.Import, ast.ImportFrom)) and is_foreign(statement):
            for alias in statement.names:
                bound, text = import_line(statement, alias)
                if isinstance(statement, ast.Import) and alias.name == source.name.split("_")[0]:
                    VERSIONS[bound] = self.version.partition("+")[0] or "9999"
                source.values[bound] = Foreign(bound, text)
                source.imports.setdefault(bound, []).append(text)
            return
        code = compile(ast.Module([statement], []), source.file, "exec", LAZY, True)
        try:
            exec(code, source.values)
        except Exception:  # it needs a framework: its names have no value
            return

    def _builtins(self) -> dict[str, Any]:
        return {**vars(builtins), "__import__": self._import}

    def _import(self, name: str, globals_: Any = None, locals_: Any = None,
                fromlist: Any = (), level: int = 0) -> Any:  # fmt: skip
        if name.startswith("conformance.adapters."):
            short = name.rpartition(".")[2]
            self.load(short, Path(adapters.__file__).parent / f"{short}.py")
            return self._modules[short]
        if name == "conformance.adapters":
            package = ModuleType(name)
            for each in fromlist or ():
                one = getattr(adapters, each, None) if each == "Unsupported" else None
                package.__dict__[each] = one or self._import(f"{name}.{each}")
            return package
        if name.startswith("importlib.") and fromlist:
            return self._installed
        root = name.partition(".")[0]
        if root in sys.stdlib_module_names or root in ROOMS:
            return __import__(name, globals_, locals_, fromlist, level)
        return Foreign(root, f"import {root}") if not fromlist else Foreign(name, f"import {name}")


@cache
def parse(path: Path) -> ast.Module:
    """Return a module; of what it tries, for old versions may lack it, that it is there."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tried = ([*s.body, *s.orelse] if isinstance(s, ast.Try) else [s] for s in tree.body)
    tree.body = [statement for statements in tried for statement in statements]
    return tree


def tried_by(path: Path) -> frozenset[str]:
    """Return the names that a module tries to import."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    tried = (s for statement in body if isinstance(statement, ast.Try) for s in statement.body)
    return frozenset(name for statement in tried for name in bound_by(statement))


def is_foreign(statement: ast.Import | ast.ImportFrom) -> bool:
    """Whether an import names a framework."""
    name = statement.module or "" if isinstance(statement, ast.ImportFrom) else statement.names[0].name
    root = name.partition(".")[0]
    return not (root in sys.stdlib_module_names or root in ROOMS or name.startswith(ROOMS[0]))


def import_line(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> tuple[str, str]:
    """Return the name that one part of an import binds, and that part as a line of its own."""
    as_name = f" as {alias.asname}" if alias.asname else ""
    bound = alias.asname or alias.name.split(".")[0]
    if isinstance(statement, ast.ImportFrom):
        return bound, f"from {statement.module} import {alias.name}{as_name}"
    return bound, f"import {alias.name}{as_name}"
