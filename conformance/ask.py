"""Ask a framework: start its worker, put questions, survive whatever it does."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from cases.wire import decode_answer, encode_arguments
from conformance.answer import Answer
from conformance.interpreters import environment_like

WORKER = Path(__file__).resolve().with_name("worker.py")
PROTOCOL = 1
# Death and silence are what the parent sees; the rest a worker says.
SAID_BY_WORKERS = ("value", "refused", "unsupported", "error")

MAX_LINE = 64 * 2**20
MAX_LOG = 2**20
MAX_REASON = 200
TAIL = 2000
GLANCE = 0.05  # seconds between looks at a process that says nothing
FAREWELL = 2.0  # seconds to leave by itself when there are no more questions

HELLO_FIELDS: dict[str, tuple[type, ...]] = {
    "protocol": (int,),
    "system": (str,),
    "version": (str,),
    "backend": (str, type(None)),
    "backends": (dict,),
    "operations": (dict,),
    "instruction_set": (str,),
    "python": (str, type(None)),
    "adapter": (str,),
}


class HarnessError(Exception):
    """The harness is broken: the run must stop, for no answer can be trusted."""


class AdapterBroken(ValueError):
    """What was named does not start: an adapter that raises, or an interpreter that is none."""


class AdapterMissing(Exception):
    """The adapter cannot start here, because a module is missing."""

    def __init__(self, reason: str, missing: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.missing = missing


class Silence(Exception):
    """No line came before the deadline."""


class Death(Exception):
    """The worker ended; the message says how."""


class Worker:
    """A worker process that answers questions, restarted after it dies, hangs or babbles.

    Args:
        adapter: name of a system, path of a file, or dotted name of a module.
        backend: one of the adapter's BACKENDS; None if it does not matter.
        python: the interpreter that has the framework.
        timeout: seconds for one answer.
        start_timeout: seconds for the first line: frameworks import slowly.
        cwd: the worker's folder; None is ours.
        variables: the backend's environment variables; None: a first worker is asked for them.
        command: what to start instead, for a worker in another language.

    Raises, on entering:
        AdapterMissing: a module is missing: one that the adapter imports, or the adapter.
        HarnessError: the worker does not start for any other reason.
        ValueError: there is no such file, or the adapter has no such backend.
    """

    def __init__(
        self,
        adapter: str,
        backend: str | None = None,
        python: str = sys.executable,
        timeout: float = 120.0,
        *,
        start_timeout: float = 300.0,
        cwd: str | None = None,
        variables: Mapping[str, str] | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        # The worker may have another folder, so that a relative path would miss.
        self.adapter = os.path.abspath(adapter) if adapter.endswith(".py") else adapter
        self.backend = backend
        self.python = python
        self.timeout = timeout
        self.start_timeout = start_timeout
        self.cwd = cwd
        self.variables = variables
        self.command = command
        self.hello: dict[str, Any] = {}
        self._process: Process | None = None
        self._asked = 0

    def __enter__(self) -> Worker:
        if self.adapter.endswith(".py") and not os.path.isfile(self.adapter):
            raise ValueError(f"an adapter's file must exist, got {self.adapter}")
        if self.variables is None:
            self.variables = self._find_variables()
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None and kind is None:
            self._process.dismiss()
        self._stop()

    @property
    def pid(self) -> int | None:
        """The running process's number, None between a death and the next question."""
        return None if self._process is None else self._process.pid

    def ask(self, question: Mapping[str, Any]) -> Answer:
        """Return the answer to one question; the time it may take is bounded.

        Args:
            question: operation, arguments (arrays, numpy scalars, Bfloat16, or JSON values),
                and optionally door and vector; its id is set here.

        Raises:
            ValueError: the question cannot be written.
            HarnessError: the worker had died and does not start again.
        """
        self._asked += 1
        message = _write_question(question, self._asked)
        if self._process is None:
            self._start()
        assert self._process is not None  # by _start
        try:
            line = self._process.exchange(message, time.monotonic() + self.timeout)
            answer = _read_answer(line, self._asked)
            self._process.check_was_heard()
            return answer
        except Death as death:
            failure = Answer("crash", None, str(death))
        except Silence:
            failure = Answer("timeout", None, f"no answer in {self.timeout:g} s")
        except ValueError as nonsense:
            failure = Answer("error", None, str(nonsense))
        except BaseException:
            self._stop()  # interrupted in mid-line
            raise
        # A fresh worker for the next question: this one's streams may be out of step.
        self._stop()
        return failure

    def _find_variables(self) -> Mapping[str, str]:
        if self.backend is None or self.command is not None:
            return {}
        backends = probe(self.adapter, self.python, self.start_timeout, cwd=self.cwd)["backends"]
        if self.backend not in backends:
            raise ValueError(f"backend must be one of {', '.join(backends)}, got {self.backend}")
        variables: Mapping[str, str] = backends[self.backend]
        return variables

    def _start(self) -> None:
        like = environment_like(self.adapter, self.python)
        needed = dict(like.variables) if like else {}
        environment = {"OMP_NUM_THREADS": "1", **needed, **os.environ, **(self.variables or {})}
        try:
            self._process = Process(self._command_line(), self.cwd, environment)
            hello = self._process.greet(time.monotonic() + self.start_timeout)
            if self.hello and hello != self.hello:
                raise HarnessError("a restarted worker must say the same hello, got another")
            self.hello = hello
        except AdapterBroken as error:
            self._stop()
            if self.hello:  # it did start before
                raise HarnessError(str(error)) from error
            raise
        except BaseException:
            self._stop()
            raise

    def _command_line(self) -> list[str]:
        if self.command is not None:
            return list(self.command)
        backend = [] if self.backend is None else [f"--backend={self.backend}"]
        return [self.python, str(WORKER), f"--adapter={self.adapter}", *backend]

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None


class Process:
    """One running worker and its streams; no call lasts beyond its deadline."""

    def __init__(self, command: Sequence[str], cwd: str | None, environment: Mapping[str, str]) -> None:
        # Open for as long as the process: kill closes it.
        self._log = tempfile.TemporaryFile("a+b", buffering=0)  # noqa: SIM115
        self._buffer = bytearray()
        self._searched = 0
        self._unwritten = memoryview(b"")
        try:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                bufsize=0,
                cwd=cwd,
                env=environment,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._log.close()
            raise AdapterBroken(f"the worker's interpreter must start, got {error}") from error
        assert self._popen.stdin is not None and self._popen.stdout is not None  # by PIPE
        self.pid = self._popen.pid
        self._stdin, self._stdout = self._popen.stdin, self._popen.stdout
        for stream in (self._stdin, self._stdout):
            os.set_blocking(stream.fileno(), False)

    def greet(self, deadline: float) -> dict[str, Any]:
        """Return the worker's hello.

        Raises:
            AdapterMissing: the worker says which module is missing.
            AdapterBroken: the worker says that the adapter raised.
            HarnessError: any other first line, or none.
        """
        try:
            return _read_hello(self.exchange(b"", deadline))
        except AdapterBroken:
            raise
        except Death as death:
            got = str(death)
        except Silence:
            got = "no line in time"
        except ValueError as nonsense:
            got = str(nonsense)
        raise HarnessError(f"a worker must say hello, got {got}{self._last_words()}")

    def exchange(self, message: bytes, deadline: float) -> bytes:
        """Write a message and return the next line.

        Reading goes on while we write, and the other way round: neither side can block us.

        Raises:
            Death: the worker ended before its line did.
            Silence: the deadline passed.
            ValueError: the line is too long, or the worker closed its output.
        """
        self._trim_log()
        self._unwritten = memoryview(message)
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            if message:
                selector.register(self._stdin, selectors.EVENT_WRITE)
            while (line := self._take_line()) is None:
                for stream in self._wait(selector, deadline):
                    if stream is self._stdout:
                        self._read(deadline)
                        continue
                    self._write()
                    if not self._unwritten:
                        selector.unregister(self._stdin)
        return line

    def check_was_heard(self) -> None:
        """Check that the line came after the whole message was read."""
        if self._unwritten:
            raise ValueError("an answer must follow its whole question, got one before its end")

    def dismiss(self) -> None:
        """Let the worker leave by itself: it has no more questions."""
        self._stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(FAREWELL)

    def kill(self) -> None:
        """End the worker and every process that it started in its group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(FAREWELL)
        for stream in (self._stdin, self._stdout, self._log):
            stream.close()

    def _wait(self, selector: selectors.BaseSelector, deadline: float) -> list[Any]:
        """Return the streams that are ready, maybe none yet."""
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise Silence
        ready = selector.select(min(remaining, GLANCE))
        if not ready and self._popen.poll() is not None:
            # A process it started may hold the pipe open, so that no end of file will come.
            ready = selector.select(0)
            if not ready:
                raise Death(_describe_end(self._popen.returncode))
        return [key.fileobj for key, _ in ready]

    def _read(self, deadline: float) -> None:
        chunk = os.read(self._stdout.fileno(), 2**20)
        if chunk:
            self._buffer += chunk
            return
        try:
            patience = min(FAREWELL, max(0.0, deadline - time.monotonic()))
            raise Death(_describe_end(self._popen.wait(patience)))
        except subprocess.TimeoutExpired:
            raise ValueError("a worker must keep its output open, got its end") from None

    def _write(self) -> None:
        try:
            written = os.write(self._stdin.fileno(), self._unwritten)
        except BrokenPipeError:
            # It reads no more; what it still has to say, or its death, is on the other pipe.
            written = len(self._unwritten)
        self._unwritten = self._unwritten[written:]

    def _take_line(self) -> bytes | None:
        end = self._buffer.find(b"\n", self._searched)
        self._searched = len(self._buffer)
        if end > MAX_LINE or (end < 0 and len(self._buffer) > MAX_LINE):
            raise ValueError(f"a line must have at most {MAX_LINE} bytes, got more")
        if end < 0:
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = 0
        return line

    def _trim_log(self) -> None:
        # The file is open for appending, so that the worker goes on at its new end.
        if os.fstat(self._log.fileno()).st_size > MAX_LOG:
            os.ftruncate(self._log.fileno(), 0)

    def _last_words(self) -> str:
        size = os.fstat(self._log.fileno()).st_size
        tail = os.pread(self._log.fileno(), TAIL, max(0, size - TAIL))
        words = tail.decode("utf-8", "replace").strip()
        return f"; its last words:\n{words}" if words else ""


def probe(
    adapter: str,
    python: str = sys.executable,
    start_timeout: float = 300.0,
    *,
    cwd: str | None = None,
) -> dict[str, Any]:
    """Return an adapter's hello, from a worker without a backend: what can be asked here."""
    with Worker(adapter, python=python, start_timeout=start_timeout, cwd=cwd) as worker:
        return worker.hello


def check_subnormals() -> None:
    """Check that this process's CPU keeps subnormals, as input and as result.

    Raises:
        HarnessError: something in this process made the CPU flush them to zero.
    """
    # Arrays, so that the CPU computes now; bits, because a comparison may flush too.
    smallest_normal, its_half = (
        np.full(8, bits, np.uint32).view(np.float32) for bits in (0x00800000, 0x00400000)
    )
    two = np.full(8, 2, np.float32)
    for name, got, wanted in (
        ("2^-126 / 2", smallest_normal / two, its_half),
        ("2^-127 * 2", its_half * two, smallest_normal),
    ):
        if np.any(got.view(np.uint32) != wanted.view(np.uint32)):
            raise HarnessError(f"the oracle's CPU must keep subnormals, got {got[0]} for {name}")


def _write_question(question: Mapping[str, Any], number: int) -> bytes:
    arguments = encode_arguments(question["arguments"])
    message = {"door": "plain", **question, "id": number, "arguments": arguments}
    line = json.dumps(message, allow_nan=False, separators=(",", ":"))
    return line.encode("ascii") + b"\n"


def _read_answer(line: bytes, number: int) -> Answer:
    """Return the answer of one line; raise ValueError for nonsense."""
    message = _read_object(line)
    got = message.get("id")
    if type(got) is not int or got != number:
        raise ValueError(f"the id of the answer must be {number}, got {_shown(got)}")
    outcome = message.get("outcome")
    if outcome not in SAID_BY_WORKERS:
        raise ValueError(f"outcome must be one of {', '.join(SAID_BY_WORKERS)}, got {_shown(outcome)}")
    if outcome == "value":
        return Answer("value", decode_answer(message.get("value")), "")
    reason = message.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError(f"reason must be a sentence, got {_shown(reason)}")
    # Halves of characters can be written in JSON, and nowhere else.
    sentence = reason.encode("utf-8", "replace").decode("utf-8").strip().splitlines()[0]
    return Answer(outcome, None, sentence[:MAX_REASON])


def _read_hello(line: bytes) -> dict[str, Any]:
    """Return the worker's hello; raise ValueError for nonsense."""
    message = _read_object(line)
    if "hello_error" in message:
        _raise_hello_error(message["hello_error"])
    hello = message.get("hello")
    if not isinstance(hello, dict):
        raise ValueError(f"the first line must have a hello, got {_shown(message)}")
    for field, kinds in HELLO_FIELDS.items():
        if field not in hello or type(hello[field]) not in kinds:
            wanted = " or ".join(kind.__name__ for kind in kinds)
            raise ValueError(f"{field} must be {wanted}, got {_shown(hello.get(field))}")
    if hello["protocol"] != PROTOCOL:
        raise ValueError(f"protocol must be {PROTOCOL}, got {hello['protocol']}")
    _check_names(hello)
    return hello


def _check_names(hello: Mapping[str, Any]) -> None:
    for name, variables in hello["backends"].items():
        if not isinstance(variables, dict) or not all(isinstance(value, str) for value in variables.values()):
            raise ValueError(f"backend {name} must have texts by name, got {_shown(variables)}")
    for name, doors in hello["operations"].items():
        if not isinstance(doors, list) or not all(isinstance(door, str) for door in doors):
            raise ValueError(f"operation {name} must have a list of doors, got {_shown(doors)}")


def _raise_hello_error(error: Any) -> None:
    if not isinstance(error, dict) or not isinstance(error.get("reason"), str):
        raise ValueError(f"hello_error must have a reason, got {_shown(error)}")
    if isinstance(error.get("missing"), str):
        raise AdapterMissing(error["reason"], error["missing"])
    raise AdapterBroken(f"the adapter must start, got {error['reason']}")


def _read_object(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise ValueError(f"a line must be a JSON object, got {_shown(line[:60])}")
    return message


def _refuse_constant(name: str) -> None:
    raise ValueError(f"JSON has no {name}")


def _describe_end(status: int) -> str:
    """Return how a process ended, in words."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def _shown(value: object) -> str:
    """Return what was got, short enough for a message."""
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
