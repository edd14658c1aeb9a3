"""Calls of the adapter's own functions, written out where they stand; definitions that must be kept."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from conformance.reproduction.fold import Folder, Scope
from conformance.reproduction.foreign import Foreign, Source, Sources, bound_by
from conformance.reproduction.known import is_own
from conformance.reproduction.part import (
    UNKNOWN,
    Instance,
    Keywords,
    LocalFunction,
    Part,
    is_display,
    literal,
)  # fmt: skip
from conformance.reproduction.syntax import (
    changed_in,
    is_cache,
    is_memory,
    is_straight,
    is_text,
    make_function,
    rename,
    stored_in,
    uses,
)  # fmt: skip
from conformance.reproduction.trim import is_chain, is_pure

DEPTH = 24


class CannotCut(ValueError):
    """The function cannot be written as straight text; the message says why."""


class NotStraight(Exception):
    """A return stands where the text cannot end."""


class Calls(Folder):
    """Writes definitions and calls out; what statements become is `block` and `straight` to say."""

    def __init__(self, sources: Sources, has_bfloat16: bool, longest: int = 99) -> None:
        self.sources, self.has_bfloat16, self.longest = sources, has_bfloat16, longest
        self.taken: set[str] = {"np", "expected", "actual", "show", "sys", "os"}
        self.given = set(self.taken)  # what no statement of the adapter makes
        self.imports: dict[str, None] = {}
        self.definitions: dict[Any, list[ast.stmt]] = {}  # in the order of the script
        self.stores: dict[Any, Keywords] = {}  # dicts of modules that functions change
        self._named: dict[Any, str] = {}
        self._depth = 0

    # Names ---------------------------------------------------------------------------------

    def fresh(self, name: str) -> str:
        """Return a name that the script does not use yet."""
        found, count = name, 2
        while found in self.taken:
            found, count = f"{name}_{count}", count + 1
        self.taken.add(found)
        return found

    def global_part(self, name: str, value: Any, source: Source) -> Part:
        """Return a part for a name of a module; its definition goes into the script when it must."""
        if isinstance(value, Foreign) and value.is_constant:
            for line in source.imports.get(name, [value._statement]):
                self.imports[line] = None
            return Part(literal(value) or ast.Name(name, ast.Load()), value)
        if isinstance(value, Foreign):
            value = UNKNOWN
        if type(value) is dict and name in source.changed:
            return Part(ast.Name(name, ast.Load()), self.stores.setdefault((source.name, name), Keywords(
                {k: Part(lit(v), v) for k, v in value.items()})))  # fmt: skip
        written = None if value is UNKNOWN or is_own(value) else literal(value)
        if written is not None:
            self.note_import(name, source)
            return Part(written, value)
        return Part(GlobalName(name, source), value)

    def note_import(self, name: str, source: Source) -> None:
        statement = source.bindings.get(name)
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            one = [a for a in statement.names if (a.asname or a.name).split(".")[0] == name]
            if isinstance(statement, ast.ImportFrom):
                text = ast.unparse(ast.ImportFrom(statement.module, one, 0))
            else:
                text = ast.unparse(ast.Import(one))
            if "conformance" not in text:
                self.imports[text] = None

    def resolve(self, node: ast.AST) -> Any:
        """Return a copy of a node in which every name of a module stands for its definition."""

        class Names(ast.NodeTransformer):
            def visit(inner, node: ast.AST) -> Any:
                if isinstance(node, GlobalName):
                    return ast.Name(self.define(node.id, node.source), ast.Load())
                return inner.generic_visit(node)

        return Names().visit(copy_of(node))

    def define(self, name: str, source: Source) -> str:
        """Write the definition of a module's name into the script; return the name it has there."""
        key = (source.name, name)
        if key in self._named:
            return self._named[key]
        statement = source.bindings.get(name)
        if statement is None or isinstance(statement, (ast.Import, ast.ImportFrom)):
            value = source.values.get(name)
            origin = self.origin_of(value) if is_own(value) or isinstance(value, type) else None
            if origin and origin != key:
                self._named[key] = self.define(origin[1], self.sources.by_name[origin[0]])
                return self._named[key]
            self._named[key] = name
            self.note_import(name, source)
            return name
        self._named[key] = new = self.fresh(name)
        scope = Scope(source)
        if isinstance(statement, ast.FunctionDef):
            found = self.generic_function(statement, scope, new)
        elif isinstance(statement, ast.ClassDef):
            found = self.generic_class(statement, scope, new)
        else:
            cut = self.block([statement], scope)
            found = [rename(s, {name: new}) for s in cut if name in bound_by(s)] or cut
        resolved = [self.resolve(s) for s in found]
        self.definitions[key] = resolved
        return new

    def origin_of(self, value: Any) -> tuple[str, str] | None:
        for source in self.sources.by_name.values():
            for name, found in source.values.items():
                if found is value and name in source.bindings and not isinstance(
                    source.bindings[name], (ast.Import, ast.ImportFrom)
                ):  # fmt: skip
                    return source.name, name
        return None

    def generic_function(self, node: ast.FunctionDef, scope: Scope, name: str) -> list[ast.stmt]:
        """Return a function as it is, folded for any arguments."""
        decorators = [self.fold(d, scope).node for d in node.decorator_list if not is_memory(d)]
        names = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        inner = scope.inner(names | stored_in(node.body))
        inner.changed = changed_in(node)
        body = self.block(node.body, inner) or [ast.Pass()]
        arguments = copy.deepcopy(node.args)
        for argument in ast.walk(arguments):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return [make_function(name, arguments, body, decorators)]

    def generic_class(self, node: ast.ClassDef, scope: Scope, name: str) -> list[ast.stmt]:
        body: list[ast.stmt] = []
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):
                body += self.generic_function(statement, scope, statement.name)
            elif not is_text(statement):
                body += self.block([statement], scope)
        bases = [self.fold(b, scope).node for b in node.bases]
        new = copy.copy(node)
        new.name, new.bases, new.body = name, bases, body or [ast.Pass()]
        return [new]

    # Calls of the adapter's own functions ---------------------------------------------------

    def expand(self, function: Any, call: ast.Call, scope: Scope) -> Part | None:
        """Write a call out: its statements go before the one it stands in; None where that cannot be."""
        arguments: list[Part] = []
        keywords: list[tuple[str | None, Part]] = []
        for argument in call.args:
            arguments += self.spread(argument, scope)
        keywords += self.fold_keywords(call.keywords, scope)
        return self.call(function, arguments, keywords, scope)

    def fold_call(self, node: ast.Call, scope: Scope) -> Part:
        kind = self.fold(node.func, scope.elsewhere(None)).value
        if isinstance(kind, type) and (
            made := self.make(kind, node, scope) or self.special_class(kind, node, scope)
        ) is not None:  # fmt: skip
            return made
        return super().fold_call(node, scope)

    def special_class(self, kind: type, call: ast.Call, scope: Scope) -> Part | None:
        """Write a class of the adapter's with a framework's base, cut for the one object that is made."""
        source = next((s for s in self.sources.by_name.values() if s.values.get(kind.__name__) is kind), None)
        node = source and source.bindings.get(kind.__name__)
        if source is None or not isinstance(node, ast.ClassDef) or node.decorator_list or call.keywords:
            return None
        makers = [s for s in node.body if isinstance(s, ast.FunctionDef) and s.name == "__init__"]
        arguments = [part for argument in call.args for part in self.spread(argument, scope)]
        key = (source.name, kind.__name__)
        if key in self._named or len(makers) != 1 or any(isinstance(a.node, ast.Starred) for a in arguments):
            return None
        maker = copy.deepcopy(makers[0])
        names = [a.arg for a in maker.args.args][1:]
        found = dict(zip(names, arguments, strict=False))
        self.bind_defaults(maker, None, source, found)
        given = dict(zip(names, arguments, strict=False))
        fixed = {n: p for n, p in found.items() if p.is_known and literal(p.value) is not None}
        left = [n for n in names if n not in fixed]
        parts = {n: Part(ast.Name(n, ast.Load()), is_something=n in given) for n in left} | fixed
        maker.args = ast.arguments([], [ast.arg(n) for n in ("self", *left)], None, [], [], None, [])
        self._named[key] = name = self.fresh(kind.__name__)
        others = copy.copy(node)
        others.body = [s for s in node.body if s is not makers[0]]
        (new,) = self.generic_class(others, Scope(source), name)
        assert isinstance(new, ast.ClassDef)
        body = self.block(maker.body, Scope(source, {"self": Part(self_name()), **parts}))
        rest = [s for s in new.body if not isinstance(s, ast.Pass)]
        new.body = [make_function("__init__", maker.args, body, []), *rest]
        self.definitions[key] = [self.resolve(new)]
        return Part(ast.Call(ast.Name(name, ast.Load()), [given[n].node for n in left if n in given], []))

    def call(self, function: Any, arguments: list[Part], keywords: list[tuple[str | None, Part]],
             scope: Scope) -> Part | None:  # fmt: skip
        """Write a call out, with its arguments folded already."""
        if isinstance(function, partial):
            arguments = [Part(lit(v), v) for v in function.args] + arguments
            given = {name for name, _ in keywords}
            more = [(k, Part(lit(v), v)) for k, v in function.keywords.items() if k not in given]
            return self.call(function.func, arguments, [*more, *keywords], scope)
        if isinstance(function, Instance):
            return self.call(
                function.kind.__call__, [Part(self_name(), function), *arguments], keywords, scope
            )
        if isinstance(function, LocalFunction):
            return self.call_local(function, arguments, keywords, scope)
        if isinstance(function, MethodType):
            arguments = [Part(ast.Name("self", ast.Load()), function.__self__), *arguments]
            function = function.__func__
        function = getattr(function, "__wrapped__", function)
        code = function.__code__
        source = self.sources.of_function(code.co_filename)
        node = source.functions.get((code.co_firstlineno, code.co_name)) if source else None
        if source is None or node is None or self._depth > DEPTH:
            return None
        if any(name is None for name, _ in keywords):
            return None
        statements: list[ast.stmt] = []
        bound = self.bind(node, function, arguments, keywords, source, statements)
        if bound is None:
            return None
        closure = closure_of(function)
        inner = Scope(source, bound, closure, changed_in(node), statements, True)
        self._depth += 1
        try:
            before = set(self.taken)
            result = self.inline(node, inner, statements)
            short = len(statements) <= self.longest or self._depth == 1
            if result is None or not may_stand(statements, scope) or not short:
                after, self.taken = self.taken, before
                if call := self.separate(node, function, arguments, keywords, source, closure):
                    return call
                self.taken = after
            if result is None or not may_stand(statements, scope):
                return None
            if scope.statements is not None:
                scope.statements += statements
            return result
        finally:
            self._depth -= 1

    def call_local(self, function: LocalFunction, arguments: list[Part],
                   keywords: list[tuple[str | None, Part]], scope: Scope) -> Part | None:  # fmt: skip
        """Write a call of a function that is defined inside another one out."""
        node, outer = function.node, function.scope
        if scope.statements is None or self._depth > DEPTH or any(name is None for name, _ in keywords):
            return None
        if any(isinstance(n, (ast.Nonlocal, ast.Global, ast.Yield)) for n in ast.walk(node)):
            return None
        statements: list[ast.stmt] = []
        bound = self.bind(node, None, arguments, keywords, outer.source, statements)
        if bound is None:
            return None
        parts = {k: p for k, p in outer.parts.items() if not k.startswith(" ")} | bound
        inner = Scope(outer.source, parts, outer.closure, changed_in(node), statements, True)
        self._depth += 1
        try:
            result = self.inline(node, inner, statements)
        finally:
            self._depth -= 1
        if result is not None:
            scope.statements += statements
        return result

    def attribute_of(self, owner: Instance, name: str, scope: Scope) -> Part | None:
        """Return an attribute of an object that is written out: a variable, a method, a property."""
        if name in owner.parts:
            return owner.parts[name]
        found = owner.kind.__dict__.get(name)
        if isinstance(found, property) and found.fget is not None:
            return self.call(found.fget, [Part(self_name(), owner)], [], scope)
        if isinstance(found, FunctionType):
            return Part(ast.Attribute(self_name(), name, ast.Load()), MethodType(found, owner))
        return None

    def make(self, kind: type, call: ast.Call, scope: Scope) -> Part | None:
        """Write the making of an object out, where its class is the adapter's and has no base."""
        source = next((s for s in self.sources.by_name.values() if s.values.get(kind.__name__) is kind), None)
        node = source and source.bindings.get(kind.__name__)
        if (
            not isinstance(node, ast.ClassDef)
            or node.bases
            or node.decorator_list
            or scope.statements is None
        ):
            return None
        owner = Instance(kind)
        maker = kind.__dict__.get("__init__")
        if isinstance(maker, FunctionType) and self.expand(MethodType(maker, owner), call, scope) is None:
            return None
        return Part(self_name(), owner)

    def inline(self, node: ast.FunctionDef | ast.Lambda, scope: Scope, out: list[ast.stmt]) -> Part | None:
        """Append a function's text; return what it returns, None where it cannot be straight."""
        if isinstance(node, ast.Lambda):
            return self.fold(node.body, scope)
        if not is_straight(node):
            return None
        try:
            result = self.straight(node.body, scope, out)
        except NotStraight:
            return None
        return result or Part(ast.Constant(None), None)

    def bind(self, node: ast.FunctionDef | ast.Lambda, function: FunctionType | None, arguments: list[Part],
             keywords: list[tuple[str | None, Part]], source: Source,
             out: list[ast.stmt]) -> dict[str, Part] | None:  # fmt: skip
        """Return the parts of a function's parameters; arguments that are used twice get a line."""
        spec = node.args
        names = [a.arg for a in (*spec.posonlyargs, *spec.args)]
        if len(arguments) == 1 and isinstance(arguments[0].node, ast.Starred) and names:
            fresh = [self.fresh(name) for name in names]
            target = ast.Tuple([ast.Name(n, ast.Store()) for n in fresh], ast.Store())
            out.append(ast.Assign([target], arguments[0].node.value, lineno=0))
            arguments = [Part(ast.Name(n, ast.Load())) for n in fresh]
        if any(isinstance(a.node, ast.Starred) for a in arguments):
            return None
        found = dict(zip(names, arguments, strict=False))
        rest = arguments[len(names) :]
        if rest and spec.vararg is None:
            return None
        if spec.vararg is not None:
            known = tuple(p.value for p in rest) if all(p.is_known for p in rest) else UNKNOWN
            found[spec.vararg.arg] = Part(ast.Tuple([p.node for p in rest], ast.Load()), known)
        more = Keywords()
        for name, part in keywords:
            assert name is not None
            if name in names or name in [a.arg for a in spec.kwonlyargs]:
                found[name] = part
            elif spec.kwarg is not None:
                more[name] = part
            else:
                return None
        if spec.kwarg is not None:
            found[spec.kwarg.arg] = Part(ast.Name(spec.kwarg.arg, ast.Load()), more)
        given = set(found)
        self.bind_defaults(node, function, source, found)
        nones = none_by_default(spec) & given
        for name, part in found.items():
            if part.value is not UNKNOWN and isinstance(part.value, Keywords):
                continue
            found[name] = self.keep(name, part, uses(node, name), out)
            if name in nones and not part.is_known:
                found[name] = replace(found[name], is_something=True)
        return found

    def bind_defaults(self, node: ast.FunctionDef | ast.Lambda, function: FunctionType | None, source: Source,
                      found: dict[str, Part]) -> None:  # fmt: skip
        spec, scope = node.args, Scope(source, {}, closure_of(function) if function else {})
        positional = [*spec.posonlyargs, *spec.args]
        for argument, default in zip(reversed(positional), reversed(spec.defaults), strict=False):
            found.setdefault(argument.arg, self.fold(default, scope))
        for argument, given in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            if given is not None:
                found.setdefault(argument.arg, self.fold(given, scope))

    def keep(self, name: str, part: Part, count: int, out: list[ast.stmt]) -> Part:
        """Return a part that may stand wherever a parameter does; one that is long gets a line."""
        simple = isinstance(part.node, (ast.Name, ast.Constant)) or is_chain(part.node)
        written_out = part.is_known and literal(part.value) is not None
        if simple or written_out or count <= 1 or is_own(part.value) or isinstance(part.value, Keywords):
            return part
        new = self.fresh(name)
        out.append(ast.Assign([ast.Name(new, ast.Store())], part.node, lineno=0))
        display = part.node if is_display(part.node) and is_pure(part.node) else None
        return Part(ast.Name(new, ast.Load()), part.value, display, hint=part.hint, like=part.like)

    def separate(self, node: ast.FunctionDef | ast.Lambda, function: FunctionType, arguments: list[Part],
                 keywords: list[tuple[str | None, Part]], source: Source,
                 closure: Mapping[str, Any]) -> Part | None:  # fmt: skip
        """Write a function of its own, cut for these arguments; return the call of it."""
        if isinstance(node, ast.Lambda) or node.args.vararg or node.args.kwarg:
            return None
        names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        if any(isinstance(a.node, ast.Starred) for a in arguments) or len(arguments) > len(names):
            return None
        found = dict(zip(names, arguments, strict=False)) | {k: p for k, p in keywords if k in names}
        self.bind_defaults(node, function, source, found)
        fixed = {
            n: p for n, p in found.items() if (p.is_known and literal(p.value) is not None) or n == "self"
        }
        open_ = [n for n in names if n not in fixed and n in found]
        given = [(n, ast.dump(p.node) if n != "self" else id(p.value)) for n, p in fixed.items()]
        key = (source.name, node.name, node.lineno, tuple(given))
        if key not in self._named:
            self._named[key] = name = self.fresh(node.name)
            parts = {**fixed, **{n: Part(ast.Name(n, ast.Load()), found[n].value) for n in open_}}
            scope = Scope(source, parts, closure, changed_in(node))
            body = self.block(node.body, scope) or [ast.Pass()]
            decorators = [self.fold(d, Scope(source)).node for d in node.decorator_list if not is_cache(d)]
            spec = ast.arguments([], [ast.arg(n) for n in open_], None, [], [], None, [])
            self.definitions[key] = [self.resolve(make_function(name, spec, body, decorators))]
        new = ast.Call(ast.Name(self._named[key], ast.Load()), [found[n].node for n in open_], [])
        return Part(new)

    def block(self, body: list[ast.stmt], scope: Scope) -> list[ast.stmt]:
        raise NotImplementedError

    def straight(self, body: list[ast.stmt], scope: Scope, out: list[ast.stmt]) -> Part | None:
        raise NotImplementedError


class GlobalName(ast.Name):
    """A name of a module, until it is known whether the script needs it."""

    def __init__(self, id: str, source: Source) -> None:
        super().__init__(id, ast.Load())
        self.source = source

    def __deepcopy__(self, _: Any) -> GlobalName:
        return self


GlobalName.__name__ = "Name"  # ast's visitors go by the name of the class


def copy_of(node: Any) -> Any:
    """Return a copy of a tree; names of modules stay what they are."""
    if isinstance(node, list):
        return [copy_of(item) for item in node]
    if not isinstance(node, ast.AST) or isinstance(node, GlobalName):
        return node
    new = copy.copy(node)
    for name, value in ast.iter_fields(node):
        setattr(new, name, copy_of(value))
    return new


def none_by_default(spec: ast.arguments) -> set[str]:
    """Return the parameters that are None where nothing is given for them."""
    pairs = [*zip(reversed(spec.args), reversed(spec.defaults), strict=False)]
    found = {a.arg for a, d in pairs if isinstance(d, ast.Constant) and d.value is None}
    named = zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
    return found | {a.arg for a, d in named if isinstance(d, ast.Constant) and d.value is None}


def self_name() -> ast.expr:
    return ast.Name("self", ast.Load())


def lit(value: Any) -> ast.expr:
    return literal(value, with_lists=True) or ast.Constant(None)


def closure_of(function: FunctionType) -> dict[str, Any]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
    return {name: cell.cell_contents for name, cell in cells}


def may_stand(statements: list[ast.stmt], scope: Scope) -> bool:
    """Whether the text of a call may stand before the statement that it is part of."""
    return not statements or scope.statements is not None
