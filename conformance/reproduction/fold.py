"""Expressions, folded: what does not depend on the framework is computed, branches not taken go."""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from conformance.reproduction.foreign import Foreign, Source
from conformance.reproduction.known import (
    bind_target,
    call_keywords,
    compare_foreign,
    elements,
    is_own,
    limits_of,
    look_up,
    made_of,
    pick,
    settle,
    truth_of,
)  # fmt: skip
from conformance.reproduction.part import (
    UNKNOWN,
    Instance,
    Keywords,
    LocalFunction,
    Part,
    attempt,
    is_safe,
    literal,
)  # fmt: skip

COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip
BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
    ast.LShift: operator.lshift, ast.RShift: operator.rshift, ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_, ast.BitXor: operator.xor,
}  # fmt: skip
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert, ast.Not: operator.not_,
}  # fmt: skip


@dataclass
class Scope:
    """Where an expression stands: the names it sees, and where statements that it needs may go."""

    source: Source
    parts: dict[str, Part] = field(default_factory=dict)
    closure: Mapping[str, Any] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()  # containers that the function changes in place
    statements: list[ast.stmt] | None = None  # None: nowhere, as inside a lambda
    is_inline: bool = False  # a return ends the text, not a function

    def inner(self, names: set[str]) -> Scope:
        """Return the scope of a lambda or a comprehension, whose own names are not known."""
        parts = {k: v for k, v in self.parts.items() if k not in names}
        parts.update({name: Part(ast.Name(name, ast.Load())) for name in names})
        return Scope(self.source, parts, self.closure, self.changed)

    def elsewhere(self, statements: list[ast.stmt] | None) -> Scope:
        """Return the same scope with another place for statements."""
        return Scope(self.source, self.parts, self.closure, self.changed, statements, self.is_inline)


class Folder:
    """Folds expressions; what to do with calls of the adapter's own functions is `expand`'s to say."""

    has_bfloat16 = False

    def attribute_of(self, owner: Instance, name: str, scope: Scope) -> Part | None:
        raise NotImplementedError

    def expand(self, function: Any, call: ast.Call, scope: Scope) -> Part | None:
        raise NotImplementedError

    def global_part(self, name: str, value: Any, source: Source) -> Part:
        raise NotImplementedError

    def fold(self, node: ast.expr, scope: Scope) -> Part:
        """Return a part for an expression."""
        method = getattr(self, f"fold_{type(node).__name__.lower()}", None)
        part: Part = method(node, scope) if method else self.fold_children(node, scope)
        return settle(part)

    def fold_children(self, node: ast.expr, scope: Scope) -> Part:
        """Fold what is inside an expression of any other kind."""
        new = type(node)(**dict(ast.iter_fields(node)))
        for name, child in ast.iter_fields(node):
            if isinstance(child, ast.expr):
                setattr(new, name, self.fold(child, scope).node)
            elif isinstance(child, list):
                setattr(
                    new, name, [self.fold(c, scope).node if isinstance(c, ast.expr) else c for c in child]
                )
        return Part(new)

    def fold_constant(self, node: ast.Constant, scope: Scope) -> Part:
        return Part(node, node.value)

    def fold_name(self, node: ast.Name, scope: Scope) -> Part:
        if node.id in scope.parts:
            part = scope.parts[node.id]
            return Part(part.value.display(), part.value) if isinstance(part.value, Keywords) else part
        if node.id in scope.closure:
            value = scope.closure[node.id]
            return Part(literal(value, with_lists=True) or node, value)
        if node.id in scope.source.values:
            return self.global_part(node.id, scope.source.values[node.id], scope.source)
        return Part(node, getattr(builtins, node.id, UNKNOWN))

    def fold_attribute(self, node: ast.Attribute, scope: Scope) -> Part:
        base = self.fold(node.value, scope)
        new = ast.Attribute(base.node, node.attr, ast.Load())
        if isinstance(base.value, Instance):
            return self.attribute_of(base.value, node.attr, scope) or Part(new)
        if not base.is_known and base.like is not None and node.attr == "ndim":
            return Part(new, base.like.ndim)
        if not base.is_known:
            return Part(new, hint=base.hint if node.attr == "dtype" else None, like=base.like)
        value = attempt(getattr, base.value, node.attr)
        if isinstance(value, Foreign) and not value.is_constant:
            value = UNKNOWN
        return Part(new, value)

    def fold_subscript(self, node: ast.Subscript, scope: Scope) -> Part:
        base, index = self.fold(node.value, scope), self.fold(node.slice, scope)
        new = ast.Subscript(base.node, index.node, node.ctx)
        if (
            isinstance(base.value, Keywords)
            and index.is_known
            and attempt(lambda: index.value in base.value) is True
        ):
            return base.value[index.value]
        if index.is_known and (picked := pick(base.display or base.node, index.value)) is not None:
            return Part(picked, attempt(operator.getitem, base.value, index.value))
        if not (base.is_known and index.is_known) or isinstance(base.value, (Foreign, Keywords)):
            return Part(new)
        return Part(new, attempt(operator.getitem, base.value, index.value))

    def fold_slice(self, node: ast.Slice, scope: Scope) -> Part:
        ends = [self.fold(e, scope) if e else None for e in (node.lower, node.upper, node.step)]
        new = ast.Slice(*(e.node if e else None for e in ends))
        values = [e.value if e else None for e in ends]
        return Part(new, UNKNOWN if any(v is UNKNOWN for v in values) else slice(*values))

    def fold_unaryop(self, node: ast.UnaryOp, scope: Scope) -> Part:
        part = self.fold(node.operand, scope)
        known = part.is_known and not isinstance(part.value, Foreign)
        return Part(
            ast.UnaryOp(node.op, part.node), attempt(UNARY[type(node.op)], part.value) if known else UNKNOWN
        )

    def fold_binop(self, node: ast.BinOp, scope: Scope) -> Part:
        left, right = self.fold(node.left, scope), self.fold(node.right, scope)
        new: ast.expr = ast.BinOp(left.node, node.op, right.node)
        if (
            isinstance(node.op, ast.BitOr)
            and isinstance(left.node, ast.Dict)
            and isinstance(right.node, ast.Dict)
            and None not in (*left.node.keys, *right.node.keys)
        ):
            new = ast.Dict([*left.node.keys, *right.node.keys], [*left.node.values, *right.node.values])
        values = left.value, right.value
        if any(v is UNKNOWN or isinstance(v, (Foreign, Keywords)) for v in values):
            return Part(new)
        function = BINARY.get(type(node.op))
        return Part(new, attempt(function, *values) if function else UNKNOWN)

    def fold_boolop(self, node: ast.BoolOp, scope: Scope) -> Part:
        """Fold `and` and `or`: a known value that does not decide goes."""
        stops = isinstance(node.op, ast.Or)
        left: list[Part] = []
        for i, operand in enumerate(node.values):
            part = self.fold(operand, scope if i == 0 else scope.elsewhere(None))
            truth = truth_of(part)
            if truth is None:
                left.append(part)
            elif truth is stops or i == len(node.values) - 1:
                left.append(part)
                if truth is stops:
                    break
        if len(left) == 1:
            return left[0]
        return Part(ast.BoolOp(node.op, [part.node for part in left]))

    def fold_compare(self, node: ast.Compare, scope: Scope) -> Part:
        parts = [self.fold(operand, scope) for operand in (node.left, *node.comparators)]
        found: list[Any] = [
            self.compare(op, a, b) for op, a, b in zip(node.ops, parts, parts[1:], strict=False)
        ]
        value: Any = UNKNOWN
        if any(v is not UNKNOWN and not isinstance(v, np.ndarray) and not v for v in found):
            value = False
        elif all(v is not UNKNOWN for v in found):
            value = found[0] if len(found) == 1 else True
        return Part(ast.Compare(parts[0].node, node.ops, [p.node for p in parts[1:]]), value)

    def compare(self, op: ast.cmpop, a: Part, b: Part) -> Any:
        """Return what a comparison gives, where that is known."""
        equal, unequal = isinstance(op, (ast.Eq, ast.Is)), isinstance(op, (ast.NotEq, ast.IsNot))
        asks_bfloat16 = any(
            isinstance(v, Foreign) and str(v).endswith(".bfloat16") for v in (a.value, b.value)
        )
        if asks_bfloat16 and not (a.is_known and b.is_known) and not self.has_bfloat16 and (equal or unequal):
            return unequal  # nothing but an argument brings it in
        if a.is_something and b.value is None and (equal or unequal):
            return unequal
        if a.hint is not None and b.is_known:
            a = Part(a.node, a.hint)
        if not (a.is_known and b.is_known):
            return UNKNOWN
        if isinstance(a.value, Keywords) or isinstance(b.value, Keywords):
            return attempt(COMPARE[type(op)], a.value, b.value)
        if isinstance(a.value, Foreign) or isinstance(b.value, Foreign):
            if equal or unequal:
                return compare_foreign(a.value, b.value, equal)
            if not isinstance(op, (ast.In, ast.NotIn)) or isinstance(b.value, Foreign):
                return UNKNOWN
            if isinstance(b.value, (tuple, list, set)):
                found = [compare_foreign(a.value, item, True) for item in b.value]
                is_in = True if any(f is True for f in found) else (
                    UNKNOWN if any(f is UNKNOWN for f in found) else False)  # fmt: skip
                return is_in if is_in is UNKNOWN else is_in is isinstance(op, ast.In)
        return attempt(COMPARE[type(op)], a.value, b.value)

    def fold_ifexp(self, node: ast.IfExp, scope: Scope) -> Part:
        test = self.fold(node.test, scope)
        if (truth := truth_of(test)) is not None:
            return self.fold(node.body if truth else node.orelse, scope)
        inner = scope.elsewhere(None)
        return Part(
            ast.IfExp(test.node, self.fold(node.body, inner).node, self.fold(node.orelse, inner).node)
        )

    def fold_tuple(self, node: ast.Tuple, scope: Scope) -> Part:
        return self.fold_display(node, scope, tuple)

    def fold_list(self, node: ast.List, scope: Scope) -> Part:
        return self.fold_display(node, scope, list)

    def fold_display(self, node: ast.Tuple | ast.List, scope: Scope, kind: type) -> Part:
        parts: list[Part] = []
        for element in node.elts:
            parts += self.spread(element, scope)
        new = type(node)([p.node for p in parts], ast.Load())
        known = all(p.is_known and not isinstance(p.node, ast.Starred) for p in parts)
        return Part(new, kind(p.value for p in parts) if known else UNKNOWN)

    def spread(self, element: ast.expr, scope: Scope) -> list[Part]:
        """Return the parts of one element of a display or a call; several where it is starred."""
        if not isinstance(element, ast.Starred):
            return [self.fold(element, scope)]
        part = self.fold(element.value, scope)
        written = part.display or part.node
        if isinstance(written, (ast.Tuple, ast.List)) and not any(
            isinstance(e, ast.Starred) for e in written.elts
        ):
            values = list(part.value) if part.is_known else [UNKNOWN] * len(written.elts)
            return [Part(n, v) for n, v in zip(written.elts, values, strict=True)]
        return [Part(ast.Starred(part.node, ast.Load()))]

    def fold_dict(self, node: ast.Dict, scope: Scope) -> Part:
        keys: list[Part | None] = []
        values: list[Part] = []
        for key, value in zip(node.keys, node.values, strict=True):
            part = self.fold(value, scope)
            if key is None and isinstance(part.value, Keywords):
                keys += [Part(ast.Constant(name), name) for name in part.value]
                values += part.value.values()
            elif key is None and isinstance(display := part.display or part.node, ast.Dict) and (
                None not in display.keys
            ):  # fmt: skip
                known = part.value if part.is_known else None
                for k, v in zip(display.keys, display.values, strict=True):
                    name = getattr(k, "value", UNKNOWN)
                    keys.append(Part(k or ast.Constant(None), name))
                    values.append(Part(v, known.get(name, UNKNOWN) if known is not None else UNKNOWN))
            else:
                keys.append(self.fold(key, scope) if key else None)
                values.append(part)
        new = ast.Dict([k.node if k else None for k in keys], [v.node for v in values])
        if all(k is not None and k.is_known for k in keys) and all(v.is_known for v in values):
            pairs = zip(keys, values, strict=True)
            return Part(new, attempt(lambda: {k.value: v.value for k, v in pairs if k is not None}))
        return Part(new)

    def fold_listcomp(self, node: ast.ListComp, scope: Scope) -> Part:
        return self.fold_comprehension(node, scope)

    def fold_generatorexp(self, node: ast.GeneratorExp, scope: Scope) -> Part:
        return self.fold_comprehension(node, scope)

    def fold_setcomp(self, node: ast.SetComp, scope: Scope) -> Part:
        return self.fold_comprehension(node, scope)

    def fold_dictcomp(self, node: ast.DictComp, scope: Scope) -> Part:
        return self.fold_comprehension(node, scope)

    def fold_comprehension(self, node: Any, scope: Scope) -> Part:
        """Write a comprehension over few known elements out; fold what is inside any other."""
        first = node.generators[0]
        source = self.fold(first.iter, scope)
        items = elements(source)
        if len(node.generators) == 1 and items is not None:
            rounds = [bind_target(first.target, item) for item in items]
            inner = [scope.elsewhere(None) for _ in rounds]
            for one, bound in zip(inner, rounds, strict=True):
                one.parts = {**scope.parts, **bound}
            if all(bound for bound in rounds):
                kept = [s for s in inner if all(truth_of(self.fold(i, s)) for i in first.ifs)
                        ] if self.decides(first.ifs, inner) else None  # fmt: skip
                if kept is not None:
                    return self.write_out(node, kept)
        names = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
        within = scope.inner(names)
        generators = [
            ast.comprehension(
                g.target,
                source.node if g is first else self.fold(g.iter, within).node,
                [self.fold(i, within).node for i in g.ifs],
                g.is_async,
            )
            for g in node.generators
        ]
        if isinstance(node, ast.DictComp):
            key, value = self.fold(node.key, within).node, self.fold(node.value, within).node
            return Part(ast.DictComp(key, value, generators))
        return Part(type(node)(self.fold(node.elt, within).node, generators))

    def decides(self, tests: list[ast.expr], scopes: list[Scope]) -> bool:
        return all(truth_of(self.fold(test, scope)) is not None for test in tests for scope in scopes)

    def write_out(self, node: Any, scopes: list[Scope]) -> Part:
        if isinstance(node, ast.DictComp):
            pairs = [(self.fold(node.key, s), self.fold(node.value, s)) for s in scopes]
            known = all(k.is_known and v.is_known for k, v in pairs)
            new = ast.Dict([k.node for k, _ in pairs], [v.node for _, v in pairs])
            return Part(new, attempt(lambda: {k.value: v.value for k, v in pairs}) if known else UNKNOWN)
        parts = [self.fold(node.elt, s) for s in scopes]
        values = [p.value for p in parts] if all(p.is_known for p in parts) else UNKNOWN
        if isinstance(node, ast.SetComp):
            return Part(ast.Set([p.node for p in parts]), UNKNOWN if values is UNKNOWN else set(values))
        return Part(ast.List([p.node for p in parts], ast.Load()), values)

    def fold_lambda(self, node: ast.Lambda, scope: Scope) -> Part:
        names = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        return Part(ast.Lambda(node.args, self.fold(node.body, scope.inner(names)).node))

    def fold_joinedstr(self, node: ast.JoinedStr, scope: Scope) -> Part:
        new: list[ast.expr] = []
        text: Any = ""
        for piece in node.values:
            if isinstance(piece, ast.Constant):
                new.append(piece)
                text = UNKNOWN if text is UNKNOWN else text + str(piece.value)
                continue
            assert isinstance(piece, ast.FormattedValue)
            part = self.fold(piece.value, scope)
            new.append(ast.FormattedValue(part.node, piece.conversion, piece.format_spec))
            simple = part.is_known and piece.conversion == -1 and piece.format_spec is None
            if text is not UNKNOWN:
                text = text + str(part.value) if simple and isinstance(part.value, (str, int)) else UNKNOWN
        return Part(ast.JoinedStr(new), text)

    def fold_call(self, node: ast.Call, scope: Scope) -> Part:
        function = self.fold(node.func, scope)
        if function.is_known and is_own(function.value):
            part = self.expand(function.value, node, scope)
            if part is not None:
                return part
        if isinstance(node.func, ast.Attribute) and node.func.attr == "items" and not node.args:
            base = self.fold(node.func.value, scope)
            written = base.display or base.node
            if (
                isinstance(written, ast.Dict)
                and None not in written.keys
                and not isinstance(base.value, Keywords)
            ):
                pairs = [
                    ast.Tuple([k, v], ast.Load())
                    for k, v in zip(written.keys, written.values, strict=True)
                    if k
                ]
                found = list(base.value.items()) if isinstance(base.value, dict) else UNKNOWN
                return Part(ast.Call(function.node, [], []), found, ast.List(list(pairs), ast.Load()))
        if function.value is locals:
            return Part(node, Keywords({k: p for k, p in scope.parts.items() if not k.startswith(" ")}))
        arguments: list[Part] = []
        for argument in node.args:
            arguments += self.spread(argument, scope)
        keywords = self.fold_keywords(node.keywords, scope)
        named = [ast.keyword(name, part.node) for name, part in keywords]
        new = ast.Call(function.node, [a.node for a in arguments], named)
        if isinstance(function.value, Foreign) and (limits := limits_of(function.value, arguments)):
            return Part(new, limits)
        if not function.is_known or isinstance(
            function.value, MethodType | FunctionType | Foreign | LocalFunction | Instance
        ):  # fmt: skip
            names = [p for p in (*arguments, *(p for _, p in keywords)) if isinstance(p.value, Foreign)]
            hint = names[0].value if len(names) == 1 else None
            return Part(new, hint=hint, like=made_of(node.func, function, arguments))
        return self.evaluate(function.value, arguments, keywords, new)

    def fold_keywords(self, keywords: list[ast.keyword], scope: Scope) -> list[tuple[str | None, Part]]:
        """Return the keyword arguments of a call, those of a known mapping written out."""
        found: list[tuple[str | None, Part]] = []
        for keyword in keywords:
            part = self.fold(keyword.value, scope)
            if keyword.arg is not None:
                found.append((keyword.arg, part))
            elif isinstance(part.value, Keywords):
                found += part.value.items()
            elif isinstance(part.value, dict):
                written = part.display or part.node
                picked = written if isinstance(written, ast.Dict) else None
                nodes = picked.values if picked else [literal(v, True) for v in part.value.values()]
                if any(n is None for n in nodes):
                    found.append((None, part))
                    continue
                for (name, value), n in zip(part.value.items(), nodes, strict=True):
                    found.append((name, Part(n or ast.Constant(None), value)))
            else:
                found.append((None, part))
        return found

    def evaluate(self, function: Any, arguments: list[Part], keywords: list[tuple[str | None, Part]],
                 new: ast.Call) -> Part:  # fmt: skip
        """Call what is no framework's, where every argument is known."""
        values = [a.value for a in arguments]
        named = {name: part.value for name, part in keywords if name}
        owner = getattr(function, "__self__", None)
        if isinstance(owner, Keywords):
            return call_keywords(owner, function.__name__, arguments, new)
        if function in (getattr, hasattr) and len(values) > 1 and isinstance(values[1], str):
            return look_up(function, arguments, new)
        if any(v is UNKNOWN for v in (*values, *named.values())) or any(name is None for name, _ in keywords):
            return Part(new)
        if any(isinstance(a.node, ast.Starred) for a in arguments) or not is_safe(function):
            return Part(new)
        if function is np.asarray and len(values) == 1 and not named and isinstance(values[0], np.ndarray):
            return arguments[0]
        with_foreign = any(isinstance(v, Foreign) for v in (*values, *named.values()))
        if with_foreign and not isinstance(owner, (dict, list, tuple, set)) and function is not isinstance:
            return Part(new)
        return Part(new, attempt(function, *values, **named))
