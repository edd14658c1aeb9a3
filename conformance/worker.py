"""Answer questions with one adapter: one JSON line in, one JSON line out.

    python conformance/worker.py --adapter NAME_OR_FILE_OR_MODULE [--backend B]

The worker holds the framework and nothing that knows an expected value. It needs the standard
library, numpy and the framework, and may run on another interpreter than its parent's.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # Before any other import: Python puts this script's folder first on the path, where its
    # modules would hide others of the same name; the checkout belongs there instead.
    room = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != room]
    sys.path.insert(0, os.path.dirname(room))

import argparse
import hashlib
import importlib
import importlib.util
import json
import platform
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from inspect import Signature, signature
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

try:
    import numpy as np
except ModuleNotFoundError as error:  # another interpreter: say so in the protocol, not in a traceback
    if __name__ != "__main__":
        raise
    reason = f"the worker's interpreter must have numpy, got {sys.executable} without it"
    print(json.dumps({"hello_error": {"reason": reason, "missing": error.name}}), flush=True)
    sys.exit(0)

from cases.wire import Array, decode_arguments, encode_answer, name_arrays
from conformance.adapters import Unsupported
from oracle.bfloat16 import Bfloat16

Function = Callable[..., Any]
Arguments = dict[str, Any]

PROTOCOL = 1
PLAIN = "plain"
LENGTHS = (1, 7, 8, 9, 33)
MAX_REASON = 200

# These point at a bug of the adapter or the framework; the rest is a refusal, if it says why.
BUGS = (
    AttributeError,
    ImportError,
    IndexError,
    KeyError,
    MemoryError,
    NameError,
    RecursionError,
    SystemError,
)


class Raised(Exception):
    """The adapter raised: its exception is the cause. Anything else raised here is nonsense."""


# Starting ---------------------------------------------------------------------------------


def load(adapter: str) -> ModuleType:
    """Return the adapter's module, by name of a system, path of a file, or dotted name."""
    if adapter.endswith(".py"):
        return load_file(Path(adapter))
    name = adapter if "." in adapter else f"conformance.adapters.{adapter.replace('-', '_')}"
    return importlib.import_module(name)


def load_file(path: Path) -> ModuleType:
    """Return the module of one file.

    It gets a name of its own: an adapter `torch.py` must not become the module `torch`.
    """
    name = f"conformance_adapter_file.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"an adapter must be a Python file, got {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def list_operations(module: ModuleType, backend: str | None = None) -> dict[str, dict[str, Function]]:
    """Return operation → door → function: the module's public functions, and its DOORS.

    A backend that does not offer all of them is listed with those it offers in the module's OFFERS.
    """
    operations: dict[str, dict[str, Function]] = {
        name: {PLAIN: function}
        for name, function in vars(module).items()
        if is_operation(name, function, module)
    }
    for name, doors in getattr(module, "DOORS", {}).items():
        operations.setdefault(name, {}).update(doors)
    offered = getattr(module, "OFFERS", {}).get(backend, operations)
    return {name: doors for name, doors in operations.items() if name in offered}


def is_operation(name: str, value: object, module: ModuleType) -> bool:
    """Tell whether a name of the module is a function that it defines for us."""
    return (
        callable(value)
        and not isinstance(value, type)
        and getattr(value, "__module__", None) == module.__name__
        and not name.startswith("_")
        and name != "version"
    )


def say_hello(
    module: ModuleType, backend: str | None, operations: dict[str, dict[str, Function]]
) -> dict[str, Any]:
    """Return what the parent must know before it asks."""
    backends: dict[str, dict[str, str]] = getattr(module, "BACKENDS", {"default": {}})
    if backend is not None and backend not in backends:
        raise ValueError(f"backend must be one of {', '.join(backends)}, got {backend}")
    unnamed = "default" if "default" in backends else None
    assert module.__file__ is not None, "an adapter is a file"
    return {
        "protocol": PROTOCOL,
        "system": getattr(module, "SYSTEM", module.__name__.rpartition(".")[2]),
        "version": module.version(),
        "backend": unnamed if backend is None else backend,
        "backends": backends,
        "slow": backend in getattr(module, "SLOW", ()),
        "offers": {name: sorted(offered) for name, offered in getattr(module, "OFFERS", {}).items()},
        "operations": {
            name: sorted(door for door in doors if door != PLAIN)
            for name, doors in sorted(operations.items())
        },
        "instruction_set": name_instruction_set(),
        "python": platform.python_version(),
        "adapter": digest(module),
    }


def digest(module: ModuleType) -> str:
    """Return the digest of an adapter's source, and of what it shares with other adapters."""
    shared = (m for name, m in list(sys.modules.items()) if name.startswith("conformance.adapters."))
    files = {Path(m.__file__) for m in (module, *shared) if m is not None and m.__file__}
    text = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.name):
        text.update(path.read_bytes())
    return text.hexdigest()


def name_instruction_set() -> str:
    """Return the instruction set that kernels dispatch on, and nothing finer.

    CONFORMANCE_ISA=avx2 says that the frameworks were told to go no further (see tox.ini).
    """
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if machine != "x86_64":
        return machine
    flags = read_cpu_flags()
    if os.environ.get("CONFORMANCE_ISA") == "avx2" and "avx2" in flags:
        return "x86_64-avx2"
    if "avx512_vnni" in flags:
        return "x86_64-avx512-vnni"
    if "avx512f" in flags:
        return "x86_64-avx512"
    return "x86_64-avx2" if "avx2" in flags else "x86_64"


def read_cpu_flags() -> frozenset[str]:
    """Return the flags of the first CPU, none where the system does not list them."""
    try:
        text = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return frozenset()
    found = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return frozenset(found.group(1).split()) if found else frozenset()


# Doors ------------------------------------------------------------------------------------


def call(function: Function, arguments: Arguments) -> Any:
    """Call the adapter, and mark what it raises as its own.

    Raises:
        Unsupported: the adapter's function has no parameter for one of the arguments.
    """
    try:
        signature_of(function).bind(**arguments)
    except TypeError:
        lacking = sorted(arguments.keys() - signature_of(function).parameters.keys())
        if lacking:
            raise Unsupported(f"the adapter takes no {', '.join(lacking)}") from None
    try:
        return function(**arguments)
    except BaseException as error:
        raise Raised from error


@lru_cache(maxsize=1 << 12)
def signature_of(function: Function) -> Signature:
    """Return an adapter function's signature; remembered, for looking is slow."""
    return signature(function)


def call_in_pieces(function: Function, arguments: Arguments, vector: str, length: int) -> Any:
    """Call with consecutive pieces of the flattened vector, and join every output."""
    array = arguments[vector]
    flat = bits_of(array).reshape(-1)
    results = [
        name_arrays(call(function, arguments | {vector: same_kind(array, piece)}))
        for piece in cut(flat, length)
    ]
    for result in results:
        if result.keys() != results[0].keys():
            raise ValueError(f"outputs for pieces must be named {sorted(results[0])}, got {sorted(result)}")
    return {name: join([result[name] for result in results]) for name in results[0]}


def cut(flat: np.ndarray[Any, Any], length: int) -> Iterator[np.ndarray[Any, Any]]:
    """Return pieces of a length, the last one shorter; one empty piece of an empty vector."""
    for start in range(0, max(flat.size, 1), length):
        yield flat[start : start + length]


def join(pieces: list[Any]) -> Array:
    """Return the outputs of consecutive pieces as one array, along axis 0."""
    arrays = [bits_of(piece) for piece in pieces]
    kinds = sorted({f"{type(piece).__name__} {bits_of(piece).dtype}" for piece in pieces})
    if len(kinds) > 1:
        raise ValueError(f"outputs for pieces must have one dtype, got {' and '.join(kinds)}")
    for array in arrays:
        if array.ndim == 0:
            raise ValueError("an output for a piece must have an axis, got shape []")
    return same_kind(pieces[0], np.concatenate(arrays))


def call_strided(function: Function, arguments: Arguments, vector: str) -> Any:
    """Call with the same values in every second element of a buffer twice as long."""
    array = arguments[vector]
    values = bits_of(array)
    if values.ndim == 0:
        raise Unsupported("a strided view needs a vector with an axis")
    buffer = np.empty((*values.shape[:-1], 2 * values.shape[-1]), values.dtype)
    buffer[..., ::2] = values
    buffer[..., 1::2] = other_values(values)
    return call(function, arguments | {vector: same_kind(array, buffer[..., ::2])})


def other_values(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return values of the same dtype that differ from these everywhere."""
    if values.dtype == np.bool_:
        return ~values
    return np.where(values == 77, 78, 77).astype(values.dtype)


def call_twice(function: Function, arguments: Arguments) -> Any:
    """Call twice in a row, and answer the second."""
    call(function, arguments)
    return call(function, arguments)


def call_watched(function: Function, arguments: Arguments) -> Any:
    """Call, and check that every array argument still has the same bytes."""
    watched = {name: value for name, value in arguments.items() if is_array(value)}
    before = {name: bits_of(value).tobytes() for name, value in watched.items()}
    result = call(function, arguments)
    for name, value in watched.items():
        after = np.frombuffer(bits_of(value).tobytes(), np.uint8)
        changed = np.flatnonzero(after != np.frombuffer(before[name], np.uint8))
        if changed.size:
            index = int(changed[0]) // bits_of(value).itemsize
            raise ValueError(f"arguments must be left untouched, got {name} changed at index {index}")
    return result


def bits_of(value: Any) -> np.ndarray[Any, Any]:
    """Return the numpy array that carries the bits of an array argument or output."""
    if not is_array(value):
        raise ValueError(f"this door needs a numpy array, got {type(value).__name__}")
    return value.values if isinstance(value, Bfloat16) else np.asarray(value)


def same_kind(like: Any, array: np.ndarray[Any, Any]) -> Array:
    """Return the array as Bfloat16 if that is what it came from."""
    return Bfloat16(array) if isinstance(like, Bfloat16) else array


def is_array(value: object) -> bool:
    """Tell arrays and numpy scalars from plain arguments."""
    return isinstance(value, (np.ndarray, np.generic, Bfloat16))


# Each of these goes around any function: (function, arguments, vector) → result.
GENERIC_DOORS: dict[str, Callable[[Function, Arguments, str], Any]] = {
    **{f"lengths-{length}": partial(call_in_pieces, length=length) for length in LENGTHS},
    "strided": call_strided,
    "twice": lambda function, arguments, vector: call_twice(function, arguments),
    "untouched": lambda function, arguments, vector: call_watched(function, arguments),
}
NEED_A_VECTOR = frozenset({"strided", *(f"lengths-{length}" for length in LENGTHS)})


# Answering --------------------------------------------------------------------------------


def answer(operations: dict[str, dict[str, Function]], line: bytes) -> dict[str, Any]:
    """Return the answer to one question, whatever the adapter does short of dying."""
    number = None
    try:
        question = json.loads(line)
        number = question["id"]
        value = encode_answer(ask_adapter(operations, question))
    except Unsupported as error:
        return {"id": number, "outcome": "unsupported", "reason": shorten(str(error))}
    except Raised as raised:
        return {"id": number, **describe(raised.__cause__)}
    except Exception as nonsense:
        return {"id": number, "outcome": "error", "reason": shorten(message_of(nonsense))}
    return {"id": number, "outcome": "value", "value": value}


def ask_adapter(operations: dict[str, dict[str, Function]], question: Mapping[str, Any]) -> Any:
    """Return what the adapter's function returns through the door that is asked for."""
    operation, door = question["operation"], question.get("door", PLAIN)
    arguments = decode_arguments(question["arguments"])
    functions = operations.get(operation, {})
    if door not in GENERIC_DOORS:
        return call(find(functions, operation, door), arguments)
    function = find(functions, operation, PLAIN)
    vector = question.get("vector")
    if door in NEED_A_VECTOR and vector not in arguments:
        raise ValueError(f"door {door} needs the name of an array in vector, got {vector!r}")
    return GENERIC_DOORS[door](function, arguments, vector or "")


def is_for_another(module: ModuleType, line: bytes) -> bool:
    """Whether the adapter's ALONE says of a question that it must have a process of its own.

    ALONE: operation → (door, arguments) → whether the framework may damage the process by it, or
    answer it otherwise after others.
    """
    try:
        question = json.loads(line)
        tell = getattr(module, "ALONE", {}).get(question["operation"])
        return bool(tell and tell(question.get("door", PLAIN), **decode_arguments(question["arguments"])))
    except Exception:
        return False  # answering says what is wrong with it


def ask_another(line: bytes) -> bytes:
    """Return the answer of a worker that gets this one question; end as it ends, unless it ends well.

    What writes beyond its memory may answer all the same, and die later, of another question: so an
    answer counts only if its process lives to its end.
    """
    command = [sys.executable, *sys.argv, "--alone"]
    done = subprocess.run(command, input=line, stdout=subprocess.PIPE, check=False)
    if done.returncode < 0:
        os.kill(os.getpid(), -done.returncode)
    if done.returncode:
        os._exit(done.returncode)
    _, found = done.stdout.splitlines()
    return found


def find(functions: dict[str, Function], operation: str, door: str) -> Function:
    """Return the function for one door, or say what the adapter lacks."""
    if not functions:
        raise Unsupported(f"the adapter has no operation {operation!r}")
    if door not in functions:
        raise Unsupported(f"the adapter has no door {door!r} to {operation}")
    return functions[door]


def describe(error: BaseException | None) -> dict[str, str]:
    """Return outcome and reason of an exception of the adapter."""
    assert error is not None  # Raised always has a cause
    names = {kind.__name__ for kind in type(error).__mro__}
    # By name: an adapter outside this checkout brings a class of its own.
    if "Unsupported" in names or "NotImplementedError" in names:
        return {"outcome": "unsupported", "reason": shorten(message_of(error))}
    says_why = bool(message_of(error))
    # numpy's AxisError is an IndexError and a ValueError: it says what was wrong in the question.
    is_bug = isinstance(error, BUGS) and not isinstance(error, ValueError)
    is_refusal = isinstance(error, Exception) and says_why and not is_bug
    reason = f"{type(error).__name__}: {message_of(error)}" if says_why else type(error).__name__
    return {"outcome": "refused" if is_refusal else "error", "reason": shorten(reason)}


def message_of(error: BaseException) -> str:
    """Return the first line of an exception's message."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:
        return ""
    return lines[0].strip() if lines else ""


def shorten(reason: str) -> str:
    """Return a reason that is the same in every run: no addresses, at most 200 characters."""
    steady = re.sub(r"0x[0-9a-fA-F]{6,}", "0x…", reason)
    # An exception may carry halves of characters, which no file can hold.
    return steady.encode("utf-8", "replace").decode("utf-8")[:MAX_REASON]


# The two streams --------------------------------------------------------------------------


def take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Return private streams of questions and answers.

    File descriptors 0 and 1 are pointed elsewhere, so that a framework that prints or reads
    cannot corrupt the protocol: what it prints goes to standard error.
    """
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return questions, answers


def send(answers: BinaryIO, message: Mapping[str, Any]) -> None:
    """Write one message as one line."""
    line = json.dumps(message, allow_nan=False, separators=(",", ":"))
    send_line(answers, line.encode("ascii"))


def send_line(answers: BinaryIO, line: bytes) -> None:
    answers.write(line + b"\n")
    answers.flush()


def start(adapter: str, backend: str | None) -> tuple[dict[str, Any], dict[str, Any], ModuleType | None]:
    """Return the first message, the operations and the module; none if the adapter does not start."""
    try:
        module = load(adapter)
        operations = list_operations(module, backend)
        return {"hello": say_hello(module, backend, operations)}, operations, module
    except BaseException as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        reason = shorten(f"{type(error).__name__}: {message_of(error)}")
        return {"hello_error": {"reason": reason, "missing": missing}}, {}, None


def main() -> int:
    """Say hello, then answer until there are no more questions."""
    parser = argparse.ArgumentParser(description="Answer questions with one adapter.")
    parser.add_argument("--adapter", required=True, help="name, file or module")
    parser.add_argument("--backend", help="one of the adapter's BACKENDS")
    parser.add_argument("--alone", action="store_true", help="answer what needs a process of its own")
    options = parser.parse_args()
    os.environ.pop("CONFORMANCE_BACKEND", None)
    if options.backend is not None:
        os.environ["CONFORMANCE_BACKEND"] = options.backend
    questions, answers = take_streams()
    hello, operations, module = start(options.adapter, options.backend)
    send(answers, hello)
    if module is not None:
        for line in questions:
            if not options.alone and is_for_another(module, line):
                send_line(answers, ask_another(line))
            else:
                send(answers, answer(operations, line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
