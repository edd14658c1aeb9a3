"""Text, trimmed: lines that nothing reads go, names that only rename go, long lines are broken."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator
from typing import Any

from conformance.reproduction.part import names_in

WIDTH = 110


def trim(body: list[ast.stmt], wanted: set[str]) -> list[ast.stmt]:
    """Return statements without those whose names nobody reads."""
    before, now = "", ast.dump(ast.Module(body, []))
    while now != before:
        body = pass_on(body, wanted)
        read = Counter(name for s in body for name in names_in(s))
        kept = keep_effects(body, {*read, *wanted}, read)
        body = drop_overwritten(drop_unread(kept, {*read, *wanted}), read)
        before, now = now, ast.dump(ast.Module(body, []))
    return body


def keep_effects(body: list[ast.stmt], read: set[str], count: Counter[str]) -> list[ast.stmt]:
    """Keep calls that may change what is read later, though nobody reads what they return."""
    local = set(stores(body))
    kept: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, ast.Assign) and all(is_unread(t, read) for t in statement.targets):
            here = Counter(names_in(statement))
            shared = {name for name in touched(statement.value, local) if count[name] > here[name]}
            statement = ast.Expr(statement.value) if shared else statement
        kept.append(statement)
    return kept


def touched(node: ast.expr, local: set[str]) -> set[str]:
    """Return the variables that an expression calls, or hands to a call that may change them."""
    found: set[str] = set()
    for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
        if isinstance(call.func, ast.Name) and call.func.id in local:
            found.add(call.func.id)
        if not is_pure(ast.Call(call.func, [], [])):
            handed = [*call.args, *(keyword.value for keyword in call.keywords)]
            found |= {name for argument in handed for name in names_in(argument)} & local
    return found


def drop_unread(body: list[ast.stmt], read: set[str]) -> list[ast.stmt]:
    """Drop assignments and functions of names that are not read, also inside other statements."""
    kept: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, ast.Assign) and all(is_unread(t, read) for t in statement.targets):
            is_step = ast.unparse(statement.targets[0]) == "_" and isinstance(statement.value, ast.Call)
            if not is_step:
                continue
        named = statement.name if isinstance(statement, (ast.FunctionDef, ast.ClassDef)) else None
        if named is not None and named not in read and not in_class(statement):
            continue
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            statement.names = [a for a in statement.names if (a.asname or a.name).split(".")[0] in read]
            if not statement.names:
                continue
        for name in ("body", "orelse", "finalbody"):
            if isinstance(getattr(statement, name, None), list) and not isinstance(statement, ast.ClassDef):
                body_of = getattr(statement, name)
                mine = isinstance(statement, ast.FunctionDef)
                also = {n for s in body_of for n in names_in(s)} if mine else set()
                inside = drop_unread(body_of, read | also)
                setattr(statement, name, inside or ([ast.Pass()] if name == "body" else []))
        for handler in getattr(statement, "handlers", []):
            handler.body = drop_unread(handler.body, read) or [ast.Pass()]
        kept.append(statement)
    return kept


def drop_overwritten(body: list[ast.stmt], count: Counter[str]) -> list[ast.stmt]:
    """Drop an assignment of a name that is assigned again before anything reads it."""
    kept: list[ast.stmt] = []
    local = set(stores(body))
    for i, statement in enumerate(body):
        name = assigned(statement)
        if isinstance(statement, ast.Assign) and touched(statement.value, local):
            name = None
        following = body[i + 1 :] if name else []
        other = next((s for s in following if name in {*names_in(s), *stores([s])}), None)
        if other is None or assigned(other) != name or name in names_in(other):
            kept.append(statement)
    return kept


def assigned(statement: ast.stmt) -> str | None:
    """Return the one name that a statement assigns."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    target = statement.targets[0]
    return target.id if isinstance(target, ast.Name) else None


def in_class(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.FunctionDef) and bool(
        statement.args.args and statement.args.args[0].arg == "self"
    )


def is_unread(target: ast.expr, read: set[str]) -> bool:
    if isinstance(target, ast.Name):
        return target.id not in read
    return isinstance(target, (ast.Tuple, ast.List)) and all(is_unread(e, read) for e in target.elts)


def pass_on(body: list[ast.stmt], wanted: set[str]) -> list[ast.stmt]:
    """Replace `b = a` by a, where both are assigned once."""
    stored = stores(body)
    for i, statement in enumerate(body):
        if (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(target := statement.targets[0], ast.Name)
            and isinstance(source := statement.value, ast.Name)
            and stored[target.id] == 1
            and stored[source.id] <= 1
            and target.id not in wanted
        ):
            rest = [*body[:i], *body[i + 1 :]]
            return pass_on([put(s, target.id, source) for s in rest], wanted)
    return body


def stores(body: list[ast.stmt]) -> Counter[str]:
    """Return how often each name is assigned, anywhere."""
    found: Counter[str] = Counter()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found[node.id] += 1
            elif isinstance(node, ast.arg):
                found[node.arg] += 1
            elif isinstance(node, ast.FunctionDef):
                found[node.name] += 1
    return found


def copy_tree(node: Any) -> Any:
    """Return a copy of a tree."""
    if isinstance(node, list):
        return [copy_tree(item) for item in node]
    if not isinstance(node, ast.AST):
        return node
    return type(node)(**{name: copy_tree(value) for name, value in ast.iter_fields(node)})


def put(statement: ast.stmt, name: str, value: ast.expr) -> ast.stmt:
    """Return a statement with an expression in the place of a name."""

    class Put(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return copy_tree(value) if node.id == name and isinstance(node.ctx, ast.Load) else node

    new: ast.stmt = Put().visit(copy_tree(statement))
    return new


def gather(body: list[ast.stmt]) -> list[ast.stmt]:
    """Put what is appended to a list, right after it is made, into its display."""
    for i, statement in enumerate(body):
        if not (isinstance(statement, ast.Assign) and isinstance(statement.value, ast.List)):
            continue
        target = statement.targets[0]
        for k in range(i + 1, len(body)):
            element = appended(body[k], target)
            if element is not None:
                elements = [*statement.value.elts, element]
                new = ast.Assign([target], ast.List(elements, ast.Load()), lineno=0)
                return gather([*body[:i], *body[i + 1 : k], new, *body[k + 1 :]])
            if isinstance(target, ast.Name) and target.id in names_in(body[k]):
                break
    return body


def flatten(statement: ast.stmt) -> ast.stmt:
    """Write `{**{…}}` as the display that it is."""

    class Flat(ast.NodeTransformer):
        def visit_Dict(self, node: ast.Dict) -> ast.Dict:
            self.generic_visit(node)
            pairs: list[tuple[ast.expr | None, ast.expr]] = []
            for key, value in zip(node.keys, node.values, strict=True):
                inside = key is None and isinstance(value, ast.Dict)
                pairs += zip(value.keys, value.values, strict=True) if inside else [(key, value)]  # type: ignore[attr-defined]
            return ast.Dict([k for k, _ in pairs], [v for _, v in pairs])

    new: ast.stmt = Flat().visit(copy_tree(statement))
    return new


def appended(statement: ast.stmt, target: ast.expr) -> ast.expr | None:
    """Return what a statement appends to a list."""
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
        return None
    call, name = statement.value, ast.unparse(target)
    is_append = ast.unparse(call.func) == f"{name}.append" and len(call.args) == 1
    return call.args[0] if is_append and name not in names_in(call.args[0]) else None


class Seen:
    """What statements that nobody changes read and assign, each looked at once."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[ast.stmt, list[str], Counter[str]]] = {}

    def names(self, statement: ast.stmt) -> list[str]:
        return self._look(statement)[1]

    def stored(self, statement: ast.stmt) -> Counter[str]:
        return self._look(statement)[2]

    def _look(self, statement: ast.stmt) -> tuple[ast.stmt, list[str], Counter[str]]:
        key = id(statement)  # which stays its own: the statement is kept beside it
        if key not in self._found:
            self._found[key] = statement, names_in(statement), stores([statement])
        return self._found[key]


def merge(body: list[ast.stmt], wanted: set[str], most: int = 1) -> list[ast.stmt]:
    """Put what is assigned once and read once into the statement that reads it, if that stays short."""
    seen = Seen()
    refused: set[tuple[int, int]] = set()
    while (merged := merge_one(body, wanted, most, seen, refused)) is not None:
        body = merged
    return body


def merge_one(body: list[ast.stmt], wanted: set[str], most: int, seen: Seen,
              refused: set[tuple[int, int]]) -> list[ast.stmt] | None:  # fmt: skip
    """Merge the first statement that can be; None where none can."""
    stored = sum((seen.stored(s) for s in body), Counter[str]())
    read = Counter(name for s in body for name in seen.names(s))
    roots = set(read) - set(stored)
    for i, statement in enumerate(body[:-1]):
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        target = statement.targets[0]
        if not isinstance(target, ast.Name) or target.id in wanted:
            continue
        twice = is_chain(statement.value) and seen.names(body[i + 1]).count(target.id) == read[target.id]
        if stored[target.id] != 1 or (read[target.id] != 1 and not twice):
            continue
        k = next((k for k in range(i + 1, len(body)) if target.id in seen.names(body[k])), None)
        if (
            k is None
            or (id(statement), id(body[k])) in refused
            or not (twice or is_first(body[k], target.id))
            or not may_move(statement, body[i + 1 : k], roots, seen)
        ):
            continue
        new = flatten(put(body[k], target.id, statement.value))
        lines = len(lines_of([new]))
        if lines > most or lines > len(lines_of([statement, body[k]])):
            refused.add((id(statement), id(body[k])))  # both are kept by what was seen
            continue
        return [*body[:i], *body[i + 1 : k], new, *body[k + 1 :]]
    return None


def is_chain(node: ast.expr) -> bool:
    """Whether an expression is a name with attributes."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def may_move(statement: ast.Assign, over: list[ast.stmt], roots: set[str], seen: Seen) -> bool:
    """Whether an assignment may happen after the statements that follow it: they share no object."""
    mine = set(names_in(statement.value)) - roots
    for other in over:
        theirs = {*seen.names(other), *seen.stored(other)} - roots
        if mine & theirs or (isinstance(other, ast.Expr) and not theirs):
            return False
    return True


def is_pure(node: ast.expr) -> bool:
    """Whether an expression only makes numpy arrays and plain values."""
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
    return all(ast.unparse(c.func).split(".")[0] in ("np", "float", "int", "len", "tuple") for c in calls)


def is_first(statement: ast.stmt, name: str) -> bool:
    """Whether a plain statement reads a name, outside of anything that runs later or more than once."""
    if not isinstance(statement, (ast.Assign, ast.Expr)) or names_in(statement).count(name) != 1:
        return False
    later = (ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp, ast.IfExp)
    return not any(name in names_in(n) for n in ast.walk(statement) if isinstance(n, later))


def lines_of(body: list[ast.stmt]) -> list[str]:
    """Return statements as lines of at most WIDTH characters."""
    text = ast.unparse(ast.fix_missing_locations(ast.Module(body, [])))
    return [piece for line in text.splitlines() if line.strip() for piece in wrap(line)]


def wrap(line: str) -> Iterator[str]:
    """Break a line inside brackets, where it is too long."""
    indent = len(line) - len(line.lstrip())
    start, (places, more) = 0, breaks(line) if len(line) > WIDTH else ([], [])
    while True:
        shift = indent + 4 if start else 0
        rest = line[start:].lstrip() if start else line
        skipped = len(line) - start - len(rest)

        begin = start + skipped
        fit = [[p for p in found if begin < p <= begin + WIDTH - shift] for found in (places, more)]
        ends = [
            max((p for p in found if p > begin + WIDTH // 3), default=0) for found in fit
        ]  # no short lines
        end = (ends[0] or ends[1] or max(fit[0] + fit[1], default=0)) if shift + len(rest) > WIDTH else 0
        if not end:
            yield " " * shift + rest
            return
        yield " " * shift + line[start + skipped : end].rstrip()
        start = end


def breaks(line: str) -> tuple[list[int], list[int]]:
    """Return the places where a line may be broken: after a comma or between two texts; after a bracket."""
    found: list[int] = []
    more: list[int] = []
    depth, before = 0, 0
    shift = len(line) - len(line.lstrip())
    try:
        for token in tokenize.generate_tokens(io.StringIO(line.strip()).readline):
            if token.type == tokenize.OP and token.string in "([{":
                depth += 1
                more.append(token.end[1] + shift)
            elif token.type == tokenize.OP and token.string in ")]}":
                depth -= 1
            elif depth and token.type == tokenize.OP and token.string == ",":
                found.append(token.end[1] + shift)
            elif depth and token.type == tokenize.STRING and before == tokenize.STRING:
                found.append(token.start[1] + shift)
            before = token.type
    except (tokenize.TokenError, SyntaxError):
        return found, more
    return found, more
