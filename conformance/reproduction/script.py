"""The script of an entry: at most 30 lines, numpy and that framework, exit status 1 while it diverges.

Where a model of a layer must be built, with weights, bias and their scales, it is at most 50.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from cases.wire import decode_arguments, encode_arguments
from conformance import interpreters
from conformance.answer import Answer
from conformance.judge import differing
from conformance.reproduction.calls import CannotCut
from conformance.reproduction.door import LIMITS, Cut, Question, Text, cut_door, find_adapter
from conformance.reproduction.literals import (
    as_node,
    hex_of,
    in_decimal,
    is_array,
    write_array,
    write_plain,
)
from conformance.reproduction.trim import WIDTH, lines_of, wrap
from conformance.reproduction.witness import Witness
from conformance.story import Side
from oracle.bfloat16 import Bfloat16
from oracle.formats import carried

MAX_LINES = 30
MAX_LINES_OF_LAYER = 50
LAYERS = re.compile(
    r"\b(Conv|QLinearConv|QLinearMatMul|QuantConv2D|LceBconv2d|CONV_2D|FULLY_CONNECTED|prepare_pt2e)\b"
)
OF_OLD_SCHEMAS = [  # of TFLite: their objects are made empty
    'for kind in [k for name, k in vars(fb).items() if name.endswith("T")]:',
    "    kind.__init__ = lambda self, *fields, empty=kind.__init__, **named: [",
    "        empty(self), vars(self).update(dict(zip(vars(self), fields), **named))].clear()",
]
ATTEMPT = """
try:
    pass
except Exception as error:
    actual = f"{type(error).__name__}: {error}".strip().splitlines()[0]
"""
SHOW_ONE = "{a.dtype} {a.tolist()} = 0x{a.tobytes()[::-1].hex()}"
SHOW = "{a.dtype} {a.tolist()} = {' '.join('0x' + v.tobytes()[::-1].hex() for v in a.ravel())}"
MISSING = "no such output"
NO_REFUSALS = ("Attr", "Impo", "Modu", "Name", "Synt")  # the question was not asked
MERGED = (1, 3, 6)  # lines of a statement that others are merged into, until the script is short
NAMED = {1: 1000, 3: 1000, 6: 56}  # and then characters of who agrees; the report names all of them


def write_script(witness: Witness, others: Side) -> str:
    """Return the text of an entry's script: the straightest that is short enough.

    Raises:
        CannotCut: the adapter's door cannot be cut.
    """
    question = question_of(witness)
    cuts: dict[int, Cut] = {}
    best = ""
    for most, limit in product(MERGED, LIMITS):
        if limit not in cuts:
            cuts[limit] = cut_door(question, limit)
        text = cuts[limit].text(question, most)
        if text is None:
            continue
        script = assemble(witness, others, text, most)
        if not best or len(script.splitlines()) < len(best.splitlines()):
            best = script
        if len(best.splitlines()) <= most_lines(best):
            return best
    if not best:
        raise CannotCut(f"every name of the text must be bound, got one of {question.path.name} that is not")
    return best


def most_lines(script: str) -> int:
    """Return how many lines a script may have."""
    return MAX_LINES_OF_LAYER if LAYERS.search(script) else MAX_LINES


def question_of(witness: Witness) -> Question:
    row = witness.row
    arguments = decode_arguments(encode_arguments(witness.case.arguments))
    output = witness.output if has_value(witness) else ""
    path = find_adapter(row.system)
    return Question(path, row.version, row.backend, row.operation, witness.door, arguments, output)


def assemble(witness: Witness, others: Side, text: Text, most: int) -> str:
    """Return the whole script around the lines that ask."""
    arguments = decode_arguments(encode_arguments(witness.case.arguments))
    asking, used = asking_lines(witness, text)
    found = [
        *header(witness, 3 if most == 1 else 2),
        *import_lines(witness, text, tight=most > 1),
        *given_lines(witness, arguments, used, tight=most > 1),
        *asking,
        *closing_lines(witness, others, NAMED[most]),
    ]
    return "\n".join(piece for line in found for piece in wrap(line)) + "\n"


def has_value(witness: Witness) -> bool:
    return witness.actual.value is not None or witness.expected.value is not None


def header(witness: Witness, lines: int) -> list[str]:
    """Return two or three lines of comment: which framework, what the script shows."""
    entry, row = witness.entry, witness.row
    through = "" if witness.door == "plain" else f", door {witness.door}"
    first = f"# {row.system} {row.version} ({row.backend}) leaves the definition of {row.operation}{through}."
    first = first if len(first) <= WIDTH else f"# {row.system} {row.version}, {row.operation}{through}."
    told = textwrap.wrap(entry.story, WIDTH - 2, max_lines=lines - 1, placeholder=" …")
    return [first, *(f"# {line}" for line in told)]


def import_lines(witness: Witness, text: Text, tight: bool) -> list[str]:
    """Return the imports; the variables of the backend are set before the framework is imported."""
    names = any(isinstance(v, Bfloat16) for v in witness.case.arguments.values())
    found = dict.fromkeys([*text.imports, "import numpy as np"])
    if text.variables:
        found["import os"] = None
    if names:
        found["from collections import namedtuple"] = None
    lines = join_imports(list(found))
    standard = [line for line in lines if root_of(line) in sys.stdlib_module_names]
    rest = [line for line in lines if line not in standard and line != "import numpy as np"]
    if tight:  # one line for all that are imported whole
        whole = [line.removeprefix("import ") for line in rest if line.startswith("import ")]
        rest = [line for line in rest if not line.startswith("import ")]
        rest = [f"import {', '.join(whole)}", *rest] if whole else rest
    pairs = ", ".join(f'"{k}": "{v}"' for k, v in text.variables.items())
    return [
        *standard,
        *([f"os.environ.update({{{pairs}}})"] if pairs else []),
        "import numpy as np",
        *rest,
        *(['Bfloat16 = namedtuple("Bfloat16", "values")  # its values, in float32'] if names else []),
        *(OF_OLD_SCHEMAS if has_old_schema(witness, lines) else []),
    ]


def root_of(line: str) -> str:
    return line.split()[1].split(".")[0]


def join_imports(lines: list[str]) -> list[str]:
    """Return import lines with one line for each module, those that import names last."""
    plain = sorted(line for line in lines if line.startswith("import "))
    plain = [line for line in plain if not any(other.startswith(f"{line}.") for other in plain)]
    by_module: dict[str, list[str]] = {}
    comments: dict[str, str] = {}
    for line in lines:
        if line.startswith("from "):
            code, _, comment = line.partition("  # ")
            module, _, name = code.removeprefix("from ").partition(" import ")
            by_module.setdefault(module, []).append(name)
            comments[module] = f"  # {comment}" if comment else comments.get(module, "")
    joined = [f"from {m} import {', '.join(sorted(set(n)))}{comments[m]}" for m, n in by_module.items()]
    return [*plain, *sorted(joined)]


def has_old_schema(witness: Witness, imports: list[str]) -> bool:
    row = witness.row
    is_old = interpreters.is_beside(row.system, row.version)
    return is_old and any("schema_py_generated as fb" in line for line in imports)


def given_lines(witness: Witness, arguments: dict[str, Any], used: set[str], tight: bool) -> list[str]:
    """Return a line for each array, one that names the rest, and one of what is expected."""
    lines, first = [], witness.case.vector
    arrays = {n: v for n, v in arguments.items() if is_array(v) and n in used}
    beside = [n for n, v in arrays.items() if n != first and is_beside(arrays.get(first), v)]
    if tight and len(beside) == 1:  # x and dy in one line
        lines.append(two_in_one(first, arrays.pop(first), beside[0], arrays.pop(beside[0])))
    for name, value in arrays.items():
        line = f"{name} = {write_array(value)}"
        comment = f"  # {in_decimal(value)}"
        lines.append(line + comment if len(line + comment) <= WIDTH and show_decimal(value) else line)
    plain = [f"{n} = {write_plain(v)}" for n, v in arguments.items() if not is_array(v)]
    plain += [f"{n} = {in_decimal(v)}" for n, v in arguments.items() if is_array(v) and n not in used]
    expected, rest = expected_line(witness), ", ".join(plain)
    if rest and tight:
        for i, line in enumerate(lines):
            joined = line + (", " if "  # " in line else "  # ") + rest
            if len(joined) <= WIDTH:
                return [*lines[:i], joined, *lines[i + 1 :], expected]
    return [*lines, *(textwrap.wrap(f"# {rest}", WIDTH)[:1] if rest else []), expected]


def is_beside(a: Any, b: Any) -> bool:
    """Whether two vectors of a few reals fit into one array."""
    few = all(isinstance(v, np.ndarray) and v.ndim == 1 and 0 < v.size <= 2 for v in (a, b))
    return few and a.dtype == b.dtype and a.shape == b.shape and a.dtype.kind == "f"


def two_in_one(first: str, a: Any, second: str, b: Any) -> str:
    """Return one line for two vectors of the same dtype and length."""
    bits = ["[" + ", ".join(hex_of(v, x.dtype) for v in x.view(f"u{x.dtype.itemsize}")) + "]" for x in (a, b)]
    line = f"{first}, {second} = np.array([{', '.join(bits)}], np.uint{8 * a.dtype.itemsize})"
    return f"{line}.view(np.{a.dtype.name})  # {in_decimal(a)} and {in_decimal(b)}"


def show_decimal(value: Any) -> bool:
    return carried(value).dtype.kind == "f" or carried(value).size > 24


def expected_line(witness: Witness) -> str:
    """Return the line of what is expected, bit for bit, in the integer type that the framework returns."""
    value, got = value_of(witness.expected, witness), value_of(witness.actual, witness)
    if value is None:
        return f"expected = {('refused: ' + witness.expected.reason)[:80]!r}"
    array = plain_bits(value)
    if got is not None and array.dtype.kind in "iu" and plain_bits(got).dtype.kind in "iu":
        narrow = array.astype(plain_bits(got).dtype)
        array = narrow if np.array_equal(narrow.astype(np.int64), array.astype(np.int64)) else array
    text = write_array(array)
    line = f"expected = {text}"
    comment = f"  # {in_decimal(array)}"
    return line + comment if array.dtype.kind == "f" and len(line + comment) <= WIDTH else line


def value_of(answer: Answer, witness: Witness) -> Any:
    return None if answer.value is None else answer.value.get(witness.output)


def plain_bits(value: Any) -> Any:
    return np.asarray(carried(value))


def asking_lines(witness: Witness, text: Text) -> tuple[list[str], set[str]]:
    """Return the lines that ask, with the generic door around them, and the names that they read."""
    *body, final = text.body
    assert isinstance(final, ast.Assign)
    outside: list[ast.stmt] = [s for s in body if isinstance(s, (ast.FunctionDef, ast.ClassDef))]
    inside = [s for s in body if s not in outside] + answer_lines(witness, final.value)
    used, vector = set(text.used), witness.case.vector
    if witness.door == "twice":
        outside.append(ast.For(name("_", ast.Store()), as_node("range(2)"), inside, [], lineno=0))
        inside = []
    elif witness.door == "strided":
        inside = ast.parse(f"gaps = np.repeat({vector}, 2)\n{vector} = gaps[::2]").body + inside
        used.add(vector)
    elif witness.door == "untouched":
        inside = inside[:-1] + ast.parse(f"actual = {vector}").body
    if may_fail(witness):
        attempt = ast.parse(ATTEMPT).body[0]
        assert isinstance(attempt, ast.Try)
        attempt.body = inside
        inside = [attempt]
    return lines_of([*outside, *inside]), used


def answer_lines(witness: Witness, value: ast.expr) -> list[ast.stmt]:
    """Return the statements that make an array of the answer; bfloat16 as float32."""
    actual = name("actual", ast.Store())
    if is_missing(witness):
        text = (
            f"y = 0\nactual = np.asarray(y[{witness.output!r}]) if {witness.output!r} in y else {MISSING!r}"
        )
        first, second = ast.parse(text).body
        assert isinstance(first, ast.Assign) and isinstance(value, ast.Subscript)
        first.value = value.value
        return [first, second]
    if any(isinstance(value_of(a, witness), Bfloat16) for a in (witness.expected, witness.actual)):
        carried_in = as_node('np.asarray(getattr(y, "values", y)).astype(np.float32)')
        return [
            ast.Assign([name("y", ast.Store())], value, lineno=0),
            ast.Assign([actual], carried_in, lineno=0),
        ]
    if not (isinstance(value, ast.Call) and ast.unparse(value.func) in ("np.asarray", "np.array")):
        value = ast.Call(as_node("np.asarray"), [value], [])
    return [ast.Assign([actual], value, lineno=0)]


def name(text: str, context: ast.expr_context) -> ast.Name:
    return ast.Name(text, context)


def may_fail(witness: Witness) -> bool:
    return witness.actual.value is None or witness.expected.value is None


def is_missing(witness: Witness) -> bool:
    """Whether the framework gives no output of the name that is expected."""
    return witness.actual.value is not None and witness.output not in witness.actual.value


def closing_lines(witness: Witness, others: Side, named: int) -> list[str]:
    """Return the lines that print both sides and end with the exit status."""
    print_line = partial(print_side, most=named)
    row = witness.row
    values = [value_of(answer, witness) for answer in (witness.expected, witness.actual)]
    by = [witness.against, *together(others.definition)]
    same = [f"{row.system} {row.version} {row.backend}", *together(others.same)]
    if others.other:
        same[-1] += f" (another answer: {', '.join(together(others.other))})"
    if witness.actual.outcome == "crash":
        same[-1] += "; the process dies of it"
    said = "expected" if witness.expected.value is None else "show(expected)"
    one = all(carried(v).size == 1 for v in values if v is not None)
    if not one and witness.actual.value is None:  # many values, none of them given: their bits tell nothing
        return [
            print_line("expected", "expected.tolist()", ", ".join(by)),
            print_line("actual  ", "actual", ", ".join(same)),
            f"raise SystemExit({test(witness)})",
        ]
    either = "a if isinstance(a, str) else " if may_fail(witness) or is_missing(witness) else ""
    return [
        f'show = lambda a: {either}f"{SHOW_ONE if one else SHOW}"',
        print_line("expected", said, ", ".join(by)),
        print_line("actual  ", "show(actual)", ", ".join(same)),
        f"raise SystemExit({test(witness)})",
    ]


def together(names: tuple[str, ...]) -> list[str]:
    """Return backends with one text for each system: onnxruntime (optimized, unoptimized)."""
    by_system: dict[str, list[str]] = {}
    for one in names:
        system, _, backend = one.partition(" ")
        by_system.setdefault(system, []).append(backend)
    return [f"{s} ({', '.join(b)})" if len(b) > 1 else f"{s} {b[0]}" for s, b in by_system.items()]


def print_side(label: str, shown: str, who: str, most: int) -> str:
    """Return a print of one side; who is on it is broken into several texts where it is long."""
    named = textwrap.shorten(plain_text(who), most, placeholder=" …")
    line = f'print("{label}", {shown}, "| {named}")'
    if len(line) <= WIDTH:
        return line
    quoted = " ".join(f'"{text}"' for text in break_text("| " + named, 90))
    return f'print("{label}", {shown}, {quoted})'


def plain_text(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")


def break_text(text: str, width: int) -> list[str]:
    pieces = textwrap.wrap(text, width, drop_whitespace=False)
    return [*pieces]


def test(witness: Witness) -> str:
    """Return the expression that is true while the divergence lives."""
    wanted, got = value_of(witness.expected, witness), value_of(witness.actual, witness)
    if witness.expected.value is None:  # it is mended by an error that is about the arguments
        kind = witness.actual.reason.split(":")[0]
        same = f'actual.startswith("{kind}") or ' if witness.actual.value is None else ""
        return f"type(actual) is not str or {same}actual[:4] in {NO_REFUSALS}".replace("'", '"')
    if witness.actual.value is None or is_missing(witness):
        return "isinstance(actual, str) or repr(actual.tolist()) != repr(expected.tolist())"
    if isinstance(differing(wanted, got), str):
        return "(actual.dtype, actual.shape) != (expected.dtype, expected.shape)"
    if np.any(witness.within):
        return f"not np.all(np.abs(actual - expected.astype(float)) <= {within_text(witness)})"
    return "repr(actual.tolist()) != repr(expected.tolist())"


def within_text(witness: Witness) -> str:
    return repr(float(np.max(witness.within)))


def shown(answer: Answer, output: str) -> str:
    """Return what a script prints of an answer, up to the hexadecimal digits."""
    if answer.value is None:
        return answer.reason
    if output not in answer.value:
        return MISSING
    array = plain_bits(answer.value[output])
    return f"{array.dtype} {array.tolist()}"
