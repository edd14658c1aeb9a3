"""Statements, cut: an adapter's function as straight text, its helpers written out where they are called."""

from __future__ import annotations

import ast
import copy

from conformance.reproduction.calls import Calls, CannotCut, NotStraight
from conformance.reproduction.fold import Scope
from conformance.reproduction.foreign import bound_by
from conformance.reproduction.known import bind_target, elements, is_own, truth_of
from conformance.reproduction.part import (
    CHANGING,
    UNKNOWN,
    Instance,
    Keywords,
    LocalFunction,
    Part,
    is_display,
    literal,
    names_in,
)  # fmt: skip
from conformance.reproduction.syntax import (
    changed_in,
    drop_refusals,
    is_refusal,
    is_text,
    returns_in,
    stored_in,
)  # fmt: skip
from conformance.reproduction.trim import is_pure, touched

MAX_ROUNDS = 8  # of a loop that is written out


class Cutter(Calls):
    """Cuts one door of an adapter for one question."""

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
                text = [s for bound in rounds for s in (_Bind(bound, statement.body), *statement.body)]
                return self.straight([*text, *body[i + 1 :]], scope, out)
            if isinstance(statement, ast.Try) and self.only_translates(statement, here):
                return self.straight([*statement.body, *statement.orelse, *body[i + 1 :]], scope, out)
            if isinstance(statement, ast.With) and returns_in([statement]):
                return self.end_in(statement, here, out, last=i == len(body) - 1)
            if returns_in([statement]):
                raise NotStraight
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
            raise NotStraight
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
        items = elements(self.fold(statement.iter, scope.elsewhere(None)))
        if items is None or len(items) > MAX_ROUNDS:
            return None
        found = [bind_target(statement.target, item) for item in items]
        if len(found) > 1 and self.leaves_open(statement, {**scope.parts, **found[0]}, scope):
            return None  # each round would bring both ways
        return found if all(found) else None

    def leaves_open(self, statement: ast.For, parts: dict[str, Part], scope: Scope) -> bool:
        """Whether a loop has a branch that is not decided when its round is known."""
        inner = Scope(scope.source, parts, scope.closure, scope.changed)
        branches = [s for s in statement.body if isinstance(s, ast.If) and not is_refusal(s.body)]
        decided = [truth_of(self.fold(branch.test, inner)) is not None for branch in branches]
        return not all(decided) and not returns_in([statement])

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
            for name in node.fresh if scope.is_inline else ():
                scope.parts.pop(f" {name}", None)  # a name of its own in each round
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
        if part.is_known or (own and not touched(part.node, self.taken - self.given)):
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
            return self.nested([s for bound in rounds for s in (_Bind(bound, node.body), *node.body)], scope)
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


class _Bind(ast.Pass):
    """The start of one round of a loop that is written out."""

    def __init__(self, parts: dict[str, Part], body: list[ast.stmt]) -> None:
        super().__init__()
        self.parts, self.fresh = parts, stored_in(body)
