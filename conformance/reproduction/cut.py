"""Statements, cut: an adapter's function as straight text, its helpers written out where they are called."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from conformance.reproduction.fold import (
    CHANGING,
    Folder,
    Scope,
    bind_target,
    elements,
    is_own,
    truth_of,
)
from conformance.reproduction.foreign import Foreign, Source, Sources, bound_by
from conformance.reproduction.part import (
    UNKNOWN,
    Instance,
    Keywords,
    LocalFunction,
    Part,
    is_display,
    literal,
    names_in,
)  # fmt: skip
from conformance.reproduction.trim import is_pure

DEPTH = 24
MAX_ROUNDS = 8  # of a loop that is written out
REFUSALS = ("Unsupported", "NotImplementedError")


class CannotCut(ValueError):
    """The function cannot be written as straight text; the message says why."""


class _NotStraight(Exception):
    """A return stands where the text cannot end."""


class Cutter(Folder):
    """Cuts one door of an adapter for one question."""

    def __init__(self, sources: Sources, has_bfloat16: bool, longest: int = 99) -> None:
        self.sources, self.has_bfloat16, self.longest = sources, has_bfloat16, longest
        self.taken: set[str] = {"np", "expected", "actual", "show", "sys", "os"}
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
        return Part(_Global(name, source), value)

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
                if isinstance(node, _Global):
                    return ast.Name(self.define(node.id, node.source), ast.Load())
                return inner.generic_visit(node)

        return Names().visit(copy.deepcopy(node))

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
        source = self.sources.of_function(function.__code__.co_filename)
        node = source.functions.get(function.__code__.co_firstlineno) if source else None
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
        if any(isinstance(n, (ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)) for n in ast.walk(node)):
            return None
        if any(not is_cache(d) for d in node.decorator_list):
            return None
        try:
            result = self.straight(node.body, scope, out)
        except _NotStraight:
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
        self.bind_defaults(node, function, source, found)
        for name, part in found.items():
            if part.value is not UNKNOWN and isinstance(part.value, Keywords):
                continue
            found[name] = self.keep(name, part, uses(node, name), out)
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

    # Statements -----------------------------------------------------------------------------

    def block(self, body: list[ast.stmt], scope: Scope) -> list[ast.stmt]:
        """Return statements folded, inside something that keeps its returns."""
        out: list[ast.stmt] = []
        inner = Scope(scope.source, scope.parts, scope.closure, scope.changed, out, False)
        for statement in body:
            before = len(out)
            found = self.statement(statement, inner)
            out[len(out) :] = found
            if found and isinstance(found[-1], (ast.Return, ast.Raise)) and len(out) > before:
                break
        return drop_refusals(out)

    def straight(self, body: list[ast.stmt], scope: Scope, out: list[ast.stmt]) -> Part | None:
        """Append the text of a body up to its return; return what that returns."""
        for i, statement in enumerate(body):
            here = scope.elsewhere(out)
            here.is_inline = True
            if isinstance(statement, ast.Return):
                return self.fold(statement.value, here) if statement.value else Part(ast.Constant(None), None)
            if isinstance(statement, ast.If):
                test = self.fold(statement.test, here)
                if (truth := truth_of(test)) is not None:
                    chosen = statement.body if truth else statement.orelse
                    return self.straight([*chosen, *body[i + 1 :]], scope, out)
                if is_refusal(statement.body) and not statement.orelse:
                    continue
                if returns_in([statement]):
                    return self.fork(statement, test, body[i + 1 :], scope, out)
            if isinstance(statement, ast.For) and (rounds := self.rounds(statement, here)) is not None:
                text = [s for bound in rounds for s in (_Bind(bound), *statement.body)]
                return self.straight([*text, *body[i + 1 :]], scope, out)
            if isinstance(statement, ast.Try) and self.only_translates(statement, here):
                return self.straight([*statement.body, *statement.orelse, *body[i + 1 :]], scope, out)
            if isinstance(statement, ast.With) and returns_in([statement]):
                return self.end_in(statement, here, out, last=i == len(body) - 1)
            if returns_in([statement]):
                raise _NotStraight
            out += self.statement(statement, here)
            if out and isinstance(out[-1], ast.Raise):
                return Part(ast.Constant(None), None)
        return None

    def fork(self, statement: ast.If, test: Part, rest: list[ast.stmt], scope: Scope,
             out: list[ast.stmt]) -> Part:  # fmt: skip
        """Write both ways on, where only a run can tell which is taken."""
        ways: list[tuple[list[ast.stmt], Part]] = []
        for chosen in (statement.body, statement.orelse):
            text: list[ast.stmt] = []
            inner = Scope(scope.source, dict(scope.parts), scope.closure, scope.changed, text, True)
            ways.append(
                (text, self.straight([*chosen, *rest], inner, text) or Part(ast.Constant(None), None))
            )
        (a, x), (b, y) = ways
        if not a and not b:
            return Part(ast.IfExp(test.node, x.node, y.node))
        name = self.fresh("result")
        for text, part in ways:
            text.append(ast.Assign([ast.Name(name, ast.Store())], part.node, lineno=0))
        out.append(ast.If(test.node, a, b))
        return Part(ast.Name(name, ast.Load()))

    def end_in(self, statement: ast.With, scope: Scope, out: list[ast.stmt], last: bool) -> Part:
        """Write a `with` whose body ends in a return."""
        if not last or not isinstance(statement.body[-1], ast.Return) or returns_in(statement.body[:-1]):
            raise _NotStraight
        items = self.with_items(statement, scope)
        text: list[ast.stmt] = []
        inner = scope.elsewhere(text)
        part = self.straight(statement.body, inner, text) or Part(ast.Constant(None), None)
        name = self.fresh("result")
        text.append(ast.Assign([ast.Name(name, ast.Store())], part.node, lineno=0))
        out.append(ast.With(items, text, lineno=0))
        return Part(ast.Name(name, ast.Load()))

    def with_items(self, statement: ast.With, scope: Scope) -> list[ast.withitem]:
        items = []
        for item in statement.items:
            context = self.fold(item.context_expr, scope)
            target = self.target(item.optional_vars, scope) if item.optional_vars else None
            items.append(ast.withitem(context.node, target))
        return items

    def rounds(self, statement: ast.For, scope: Scope) -> list[dict[str, Part]] | None:
        """Return what a loop's target is in each of its few known rounds."""
        if any(isinstance(n, (ast.Break, ast.Continue)) for n in ast.walk(statement)) or statement.orelse:
            return None
        if self.longest < 99 and any(isinstance(n, ast.If) for n in ast.walk(statement)):
            return None
        items = elements(self.fold(statement.iter, scope.elsewhere(None)))
        if items is None or len(items) > MAX_ROUNDS:
            return None
        found = [bind_target(statement.target, item, scope) for item in items]
        return found if all(found) else None

    def only_translates(self, statement: ast.Try, scope: Scope) -> bool:
        """Whether every handler only says in other words that something is not supported."""
        if statement.finalbody:
            return False
        for handler in statement.handlers:
            inner = scope.inner({handler.name} if handler.name else set())
            inner.statements = []
            body = self.block(handler.body, inner)
            if not (
                is_refusal(handler.body) or all(isinstance(s, ast.Raise) and s.exc is None for s in body)
            ):
                return False
        return True

    def statement(self, node: ast.stmt, scope: Scope) -> list[ast.stmt]:
        """Return what one statement becomes."""
        if isinstance(node, _Bind):
            for name, part in node.parts.items():
                scope.parts[name] = part
            return []
        if isinstance(node, ast.Pass) or is_text(node):
            return []
        method = getattr(self, f"do_{type(node).__name__.lower()}", None)
        if method is None:
            raise CannotCut(f"a statement must be one of those that can be cut, got {type(node).__name__}")
        found: list[ast.stmt] = method(node, scope)
        return found

    def do_expr(self, node: ast.Expr, scope: Scope) -> list[ast.stmt]:
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and isinstance(
            call.func.value, ast.Name
        ) and call.func.attr in CHANGING:  # fmt: skip
            self.forget(call.func.value.id, scope)
        own = isinstance(call, ast.Call) and is_own(self.fold(call.func, scope.elsewhere(None)).value)
        part = self.fold(node.value, scope)
        if part.is_known or (own and not isinstance(part.node, ast.Call)):
            return []
        if own and scope.statements is not None and isinstance(part.node, ast.Call) and not is_separate(
            part.node, self._named
        ):  # fmt: skip
            return []
        return [ast.Expr(part.node)]

    def do_assign(self, node: ast.Assign, scope: Scope) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        part = self.fold(node.value, scope)
        for target in node.targets:
            out += self.assign(target, part, scope)
        return out

    def assign(self, target: ast.expr, part: Part, scope: Scope) -> list[ast.stmt]:
        if isinstance(target, ast.Name):
            return self.assign_name(target.id, part, scope)
        if isinstance(target, (ast.Tuple, ast.List)):
            inside = elements(part)
            if inside and len(inside) == len(target.elts) and not any(
                isinstance(e, ast.Starred) for e in target.elts
            ) and not set(names_in(part.node)) & {
                self.own_name(n, scope) for n in bound_by(ast.Expr(target))
            }:  # fmt: skip
                pairs = zip(target.elts, inside, strict=True)
                return [s for t, p in pairs for s in self.assign(t, p, scope)]
            return [ast.Assign([self.target(target, scope)], part.node, lineno=0)]
        if isinstance(target, ast.Attribute):
            owner = self.fold(target.value, scope)
            if isinstance(owner.value, Instance):
                return self.assign_attribute(owner.value, target.attr, part)
        if isinstance(target, ast.Subscript):
            base = self.fold(target.value, scope)
            index = self.fold(target.slice, scope)
            if isinstance(base.value, Keywords) and index.is_known:
                out: list[ast.stmt] = []
                base.value[index.value] = self.keep("kept", part, 2, out)
                return out
            if isinstance(target.value, ast.Name):
                self.forget(target.value.id, scope)
        return [ast.Assign([self.target(target, scope)], part.node, lineno=0)]

    def assign_attribute(self, owner: Instance, name: str, part: Part) -> list[ast.stmt]:
        """An attribute of an object that is written out is a variable of the script."""
        out: list[ast.stmt] = []
        owner.parts[name] = part if isinstance(part.value, Instance) else self.keep(name, part, 2, out)
        return out

    def assign_name(self, name: str, part: Part, scope: Scope) -> list[ast.stmt]:
        if isinstance(part.value, Instance | Keywords) or is_own(part.value):
            scope.parts[name] = part
            return []
        if name in scope.changed and isinstance(part.node, ast.Dict) and is_pure(part.node) and all(
            isinstance(k, ast.Constant) for k in part.node.keys
        ):  # fmt: skip
            known = part.value if part.is_known else {}
            pairs = zip(part.node.keys, part.node.values, strict=True)
            kept = {
                k.value: Part(v, known.get(k.value, UNKNOWN)) for k, v in pairs if isinstance(k, ast.Constant)
            }
            scope.parts[name] = Part(part.node, Keywords(kept))
            return []
        new = self.own_name(name, scope)
        value = UNKNOWN if name in scope.changed else part.value
        written = None if value is UNKNOWN else literal(value, with_lists=True)
        display = (
            part.node if is_display(part.node) and is_pure(part.node) and name not in scope.changed else None
        )
        scope.parts[name] = Part(
            written or ast.Name(new, ast.Load()), value, display, hint=part.hint, like=part.like
        )
        return [ast.Assign([ast.Name(new, ast.Store())], part.node, lineno=0)]

    def own_name(self, name: str, scope: Scope) -> str:
        """Return the name that a local variable has in the script."""
        key = f" {name}"  # beside the parts: where it was assigned first
        if key not in scope.parts:
            new = self.fresh(name) if scope.is_inline else name
            scope.parts[key] = Part(ast.Name(new, ast.Load()))
        found = scope.parts[key].node
        assert isinstance(found, ast.Name)
        return found.id

    def target(self, node: ast.expr, scope: Scope) -> ast.expr:
        """Return a target of an assignment; its names have no known value from here on."""
        if isinstance(node, ast.Name):
            new = self.own_name(node.id, scope)
            scope.parts[node.id] = Part(ast.Name(new, ast.Load()))
            return ast.Name(new, ast.Store())
        if isinstance(node, (ast.Tuple, ast.List)):
            return type(node)([self.target(e, scope) for e in node.elts], ast.Store())
        if isinstance(node, ast.Starred):
            return ast.Starred(self.target(node.value, scope), ast.Store())
        if isinstance(node, ast.Attribute):
            return ast.Attribute(self.fold(node.value, scope).node, node.attr, ast.Store())
        assert isinstance(node, ast.Subscript)
        return ast.Subscript(
            self.fold(node.value, scope).node, self.fold(node.slice, scope).node, ast.Store()
        )

    def forget(self, name: str, scope: Scope) -> None:
        """A container that changes in place has no known value any more."""
        part = scope.parts.get(name)
        if part is not None and part.is_known and not isinstance(part.value, Keywords):
            scope.parts[name] = Part(part.node)

    def settle_names(self, names: set[str], scope: Scope) -> list[ast.stmt]:
        """Give a line to each name that a branch or a loop may change, and forget its value."""
        out: list[ast.stmt] = []
        for name in sorted(names & scope.parts.keys()):
            part, new = scope.parts[name], self.own_name(name, scope)
            if not (isinstance(part.node, ast.Name) and part.node.id == new):
                out.append(ast.Assign([ast.Name(new, ast.Store())], part.node, lineno=0))
            scope.parts[name] = Part(ast.Name(new, ast.Load()))
        return out

    def do_annassign(self, node: ast.AnnAssign, scope: Scope) -> list[ast.stmt]:
        return self.assign(node.target, self.fold(node.value, scope), scope) if node.value else []

    def do_augassign(self, node: ast.AugAssign, scope: Scope) -> list[ast.stmt]:
        load = copy.deepcopy(node.target)
        for inner in ast.walk(load):
            if hasattr(inner, "ctx"):
                inner.ctx = ast.Load()
        if isinstance(node.target, ast.Name):
            owner, added = scope.parts.get(node.target.id), self.fold(node.value, scope)
            if owner is not None and isinstance(owner.value, Keywords) and isinstance(node.op, ast.BitOr):
                written = added.display or added.node
                if isinstance(written, ast.Dict) and all(isinstance(k, ast.Constant) for k in written.keys):
                    known = added.value if isinstance(added.value, dict) else {}
                    for key, value in zip(written.keys, written.values, strict=True):
                        assert isinstance(key, ast.Constant)
                        owner.value[key.value] = Part(value, known.get(key.value, UNKNOWN))
                    return []
            return self.assign(node.target, self.fold(ast.BinOp(load, node.op, node.value), scope), scope)
        target = self.target(node.target, scope)
        assert isinstance(target, ast.Name | ast.Attribute | ast.Subscript)
        return [ast.AugAssign(target, node.op, self.fold(node.value, scope).node)]

    def do_return(self, node: ast.Return, scope: Scope) -> list[ast.stmt]:
        return [ast.Return(self.fold(node.value, scope).node if node.value else None)]

    def do_raise(self, node: ast.Raise, scope: Scope) -> list[ast.stmt]:
        return [ast.Raise(self.fold(node.exc, scope).node if node.exc else None, None)]

    def do_assert(self, node: ast.Assert, scope: Scope) -> list[ast.stmt]:
        return []

    def do_delete(self, node: ast.Delete, scope: Scope) -> list[ast.stmt]:
        left: list[ast.expr] = []
        for target in node.targets:
            base = self.fold(target.value, scope).value if isinstance(target, ast.Subscript) else None
            if isinstance(target, ast.Subscript) and isinstance(base, Keywords):
                base.pop(self.fold(target.slice, scope).value, None)
            else:
                left.append(self.target(target, scope))
        return [ast.Delete(left)] if left else []

    def do_break(self, node: ast.Break, scope: Scope) -> list[ast.stmt]:
        return [node]

    def do_continue(self, node: ast.Continue, scope: Scope) -> list[ast.stmt]:
        return [node]

    def do_import(self, node: ast.Import, scope: Scope) -> list[ast.stmt]:
        return self.do_importfrom(node, scope)

    def do_importfrom(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> list[ast.stmt]:
        for alias in node.names:
            name = (alias.asname or alias.name).split(".")[0]
            scope.parts[name] = Part(ast.Name(name, ast.Load()))
        return [node]

    def do_functiondef(self, node: ast.FunctionDef, scope: Scope) -> list[ast.stmt]:
        new = self.own_name(node.name, scope)
        value = UNKNOWN if node.decorator_list else LocalFunction(node, scope)
        scope.parts[node.name] = Part(ast.Name(new, ast.Load()), value)
        return self.generic_function(node, scope, new)

    def do_classdef(self, node: ast.ClassDef, scope: Scope) -> list[ast.stmt]:
        new = self.own_name(node.name, scope)
        scope.parts[node.name] = Part(ast.Name(new, ast.Load()))
        return self.generic_class(node, scope, new)

    def do_if(self, node: ast.If, scope: Scope) -> list[ast.stmt]:
        test = self.fold(node.test, scope)
        if (truth := truth_of(test)) is not None:
            return self.nested(node.body if truth else node.orelse, scope)
        if is_refusal(node.body):
            return self.nested(node.orelse, scope)
        if is_refusal(node.orelse):
            return self.nested(node.body, scope)
        names = stored_in([node])
        before = self.settle_names(names, scope)
        ways = [self.branch(way, scope) for way in (node.body, node.orelse)]
        self.forget_all(names, scope)
        if not ways[0]:
            if not ways[1]:
                return before
            return [*before, ast.If(ast.UnaryOp(ast.Not(), test.node), ways[1], [])]
        return [*before, ast.If(test.node, *ways)]

    def nested(self, body: list[ast.stmt], scope: Scope) -> list[ast.stmt]:
        """Return statements that now stand where their `if` stood."""
        out: list[ast.stmt] = []
        here = scope.elsewhere(out)
        for statement in body:
            out += self.statement(statement, here)
        return out

    def branch(self, body: list[ast.stmt], scope: Scope) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        parts = dict(scope.parts)
        inner = Scope(scope.source, parts, scope.closure, scope.changed, out, scope.is_inline)
        for statement in body:
            out += self.statement(statement, inner)
        scope.parts.update({k: v for k, v in parts.items() if k.startswith(" ")})
        return drop_refusals(out)

    def forget_all(self, names: set[str], scope: Scope) -> None:
        for name in names:
            scope.parts[name] = Part(ast.Name(self.own_name(name, scope), ast.Load()))

    def do_for(self, node: ast.For, scope: Scope) -> list[ast.stmt]:
        if not returns_in([node]) and (rounds := self.rounds(node, scope)) is not None:
            return self.nested([s for bound in rounds for s in (_Bind(bound), *node.body)], scope)
        iterated = self.fold(node.iter, scope)
        before = self.settle_names(stored_in([node]) | changed_in(node), scope)
        target = self.target(node.target, scope)
        body = self.branch(node.body, scope) or [ast.Pass()]
        self.forget_all(stored_in([node]), scope)
        return [*before, ast.For(target, iterated.node, body, self.branch(node.orelse, scope), lineno=0)]

    def do_while(self, node: ast.While, scope: Scope) -> list[ast.stmt]:
        before = self.settle_names(stored_in([node]) | changed_in(node), scope)
        test = self.fold(node.test, scope.elsewhere(None))
        body = self.branch(node.body, scope) or [ast.Pass()]
        self.forget_all(stored_in([node]), scope)
        return [*before, ast.While(test.node, body, [])]

    def do_with(self, node: ast.With, scope: Scope) -> list[ast.stmt]:
        items = self.with_items(node, scope)
        return [ast.With(items, self.nested(node.body, scope) or [ast.Pass()], lineno=0)]

    def do_try(self, node: ast.Try, scope: Scope) -> list[ast.stmt]:
        if self.only_translates(node, scope):
            return self.nested([*node.body, *node.orelse], scope)
        names = stored_in([node])
        before = self.settle_names(names, scope)
        body = self.branch(node.body, scope) or [ast.Pass()]
        handlers = []
        for handler in node.handlers:
            if handler.name:
                scope.parts[handler.name] = Part(ast.Name(handler.name, ast.Load()))
            kind = self.fold(handler.type, scope).node if handler.type else None
            handlers.append(
                ast.ExceptHandler(kind, handler.name, self.branch(handler.body, scope) or [ast.Pass()])
            )
        rest = self.branch(node.orelse, scope), self.branch(node.finalbody, scope)
        self.forget_all(names, scope)
        return [*before, ast.Try(body, handlers, *rest)]


class _Global(ast.Name):
    """A name of a module, until it is known whether the script needs it."""

    def __init__(self, id: str, source: Source) -> None:
        super().__init__(id, ast.Load())
        self.source = source

    def __deepcopy__(self, _: Any) -> _Global:
        return self


_Global.__name__ = "Name"  # ast's visitors go by the name of the class


class _Bind(ast.Pass):
    """The start of one round of a loop that is written out."""

    def __init__(self, parts: dict[str, Part]) -> None:
        super().__init__()
        self.parts = parts


def self_name() -> ast.expr:
    return ast.Name("self", ast.Load())


def lit(value: Any) -> ast.expr:
    return literal(value, with_lists=True) or ast.Constant(None)


def closure_of(function: FunctionType) -> dict[str, Any]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
    return {name: cell.cell_contents for name, cell in cells}


def is_cache(node: ast.expr) -> bool:
    """Whether a decorator leaves what is computed as it is."""
    text = ast.unparse(node).removeprefix("functools.").split("(")[0]
    return text in ("lru_cache", "cache", "cached_property", "property", "staticmethod")


def is_memory(node: ast.expr) -> bool:
    return ast.unparse(node).removeprefix("functools.").split("(")[0] in ("lru_cache", "cache")


def is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_chain(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


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


def uses(node: ast.AST, name: str) -> int:
    """Return how often a function reads a name; inside a loop or a function, as often as twice."""
    body = node.body if isinstance(node, ast.FunctionDef) else [node]
    count = sum(names_in(s).count(name) for s in body) if isinstance(body, list) else 0
    loops = (ast.For, ast.While, ast.FunctionDef, ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp)
    within = (n for s in body for n in ast.walk(s) if isinstance(n, loops) and n is not node)
    return count + sum(names_in(n).count(name) for n in within)


def may_stand(statements: list[ast.stmt], scope: Scope) -> bool:
    """Whether the text of a call may stand before the statement that it is part of."""
    return not statements or scope.statements is not None


def is_separate(call: ast.Call, named: Mapping[Any, str]) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in named.values()


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
