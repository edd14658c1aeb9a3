"""The worker and its parent, against planted adapters that each commit one fault."""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance import ask, worker
from conformance.answer import Answer
from conformance.ask import AdapterBroken, AdapterMissing, HarnessError, Worker, check_subnormals, probe
from oracle.bfloat16 import Bfloat16

ROOT = Path(__file__).resolve().parents[2]
PLANTED = Path(__file__).resolve().parent / "planted"
X = np.array([0.5, -0.0, 3.0, 2.5, 1.5], np.float32)
LONG = np.linspace(-3, 3, 70, dtype=np.float32)

FLUSH = """
#if defined(__x86_64__)
#include <xmmintrin.h>
void flush_subnormals(int on) {
    unsigned bits = 0x8040; /* flush to zero, subnormals are zero */
    _mm_setcsr(on ? _mm_getcsr() | bits : _mm_getcsr() & ~bits);
}
#elif defined(__aarch64__)
void flush_subnormals(int on) {
    unsigned long bits = 1ul << 24, now;
    __asm__ volatile("mrs %0, fpcr" : "=r"(now));
    now = on ? now | bits : now & ~bits;
    __asm__ volatile("msr fpcr, %0" :: "r"(now));
}
#endif
"""


def plant(name: str, **options: Any) -> Worker:
    return Worker(str(PLANTED / f"{name}.py"), **options)


def hire(fault: str, **options: Any) -> Worker:
    """A worker that is no adapter of ours."""
    command = [sys.executable, str(PLANTED / "foreign.py"), fault]
    return Worker("foreign", command=command, **({"timeout": 5.0} | options))


def put(asked: Worker, operation: str, x: Any = X, **question: Any) -> Answer:
    return asked.ask({"operation": operation, "arguments": {"x": x}, **question})


def failure(answer: Answer) -> tuple[str, str]:
    assert answer.value is None
    return answer.outcome, answer.reason


def same(answer: Answer, expected: Any, name: str = "value") -> bool:
    assert answer.outcome == "value", answer.reason
    assert answer.value is not None and answer.reason == ""
    got = answer.value[name]
    assert isinstance(got, np.ndarray)
    return (got.dtype, got.shape, got.tobytes()) == (
        expected.dtype,
        expected.shape,
        expected.tobytes(),
    )


@pytest.fixture(scope="module")
def honest() -> Iterator[Worker]:
    with plant("honest") as asked:
        yield asked


@pytest.fixture(scope="module")
def flush_library(tmp_path_factory: pytest.TempPathFactory) -> str:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("a C compiler sets the CPU's flush bits")
    source = tmp_path_factory.mktemp("flush") / "flush.c"
    source.write_text(FLUSH)
    library = source.with_suffix(".so")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return str(library)


# Hello ------------------------------------------------------------------------------------


def test_hello_says_who_answers(honest: Worker) -> None:
    source = (PLANTED / "honest.py").read_bytes()
    assert honest.hello == {
        "protocol": 1,
        "system": "honest",
        "version": "1.0",
        "backend": None,
        "backends": {"plain": {}, "loud": {"PLANTED_VOLUME": "11"}},
        "slow": False,
        "offers": {},
        "operations": {
            "brain": [],
            "doors_only": ["sum"],
            "double": [],
            "echo": ["sum"],
            "kinds": [],
            "layout": [],
            "mean": [],
            "settings": [],
        },
        "instruction_set": worker.name_instruction_set(),
        "python": sys.version.split()[0],
        "adapter": hashlib.sha256(source).hexdigest(),
    }


@pytest.mark.parametrize(
    ("machine", "flags", "name"),
    [
        ("x86_64", "sse avx2 avx512f avx512_vnni", "x86_64-avx512-vnni"),
        ("AMD64", "sse avx2 avx512f", "x86_64-avx512"),
        ("x86_64", "sse avx2", "x86_64-avx2"),
        ("x86_64", "sse", "x86_64"),
        ("arm64", "asimd", "aarch64"),
        ("aarch64", "", "aarch64"),
    ],
)
def test_instruction_sets(machine: str, flags: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONFORMANCE_ISA", raising=False)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(worker, "read_cpu_flags", lambda: frozenset(flags.split()))
    assert worker.name_instruction_set() == name


@pytest.mark.parametrize(("told", "name"), [("avx2", "x86_64-avx2"), ("native", "x86_64-avx512-vnni")])
def test_what_is_not_held_to_avx2_has_its_own_name(
    told: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONFORMANCE_ISA", told)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(worker, "read_cpu_flags", lambda: frozenset({"avx2", "avx512f", "avx512_vnni"}))
    assert worker.name_instruction_set() == name


def test_a_lone_backend_has_a_name() -> None:
    assert probe(str(PLANTED / "exiter.py"))["backend"] == "default"


def test_backends_set_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("CONFORMANCE_BACKEND", "left over")
    question = {"operation": "settings", "arguments": {}}
    with plant("honest", backend="loud") as asked:
        assert asked.hello["backend"] == "loud"
        assert texts(asked.ask(question)) == ["loud", "11", "1"]
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with plant("honest") as asked:
        assert texts(asked.ask(question)) == ["", "", "2"]
    with plant("honest", backend="plain", variables={"PLANTED_VOLUME": "3"}) as asked:
        assert texts(asked.ask(question)) == ["plain", "3", "2"]


def texts(answer: Answer) -> list[str]:
    assert answer.value is not None, answer.reason
    return [array.tobytes().decode() for array in answer.value.values()]


def test_an_unknown_backend_is_wrong_usage() -> None:
    with pytest.raises(ValueError, match="backend must be one of plain, loud, got quiet"):
        plant("honest", backend="quiet").__enter__()


def test_an_adapter_is_found_by_name_file_or_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "somebodys").mkdir()
    shutil.copy(PLANTED / "honest.py", tmp_path / "somebodys" / "numpy.py")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Worker("somebodys.numpy") as asked:
        assert asked.hello["system"] == "numpy", "the module's last name"
    monkeypatch.chdir(tmp_path)
    with Worker("somebodys/numpy.py", cwd="/") as asked:
        assert same(put(asked, "echo"), X), "a file does not hide the module of its name"


@pytest.mark.parametrize(
    ("adapter", "missing"),
    [
        (str(PLANTED / "needs_a_module.py"), "no_such_framework"),
        ("no-such-system", "conformance.adapters.no_such_system"),
        ("no_such_package.adapter", "no_such_package"),
    ],
)
def test_what_is_missing_is_named(adapter: str, missing: str) -> None:
    with pytest.raises(AdapterMissing, match="No module named") as caught:
        probe(adapter)
    assert caught.value.missing == missing


def test_a_missing_file_is_wrong_usage() -> None:
    with pytest.raises(ValueError, match="an adapter's file must exist, got .*nowhere.py"):
        probe("nowhere.py")


def test_an_adapter_that_fails_to_import_is_wrong_usage() -> None:
    with pytest.raises(AdapterBroken, match="must start, got RuntimeError: libkernel.so"):
        probe(str(PLANTED / "broken.py"))


def test_an_interpreter_must_exist() -> None:
    with pytest.raises(AdapterBroken, match="the worker's interpreter must start, got .*no-such-python"):
        probe(str(PLANTED / "honest.py"), python="/no-such-python")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("mute_hello", "no line in time"),
        ("bad_hello", "system must be str, got None"),
        ("old_protocol", "protocol must be 1, got 0"),
        ("dead_hello", "exit status 1; its last words:\nno licence"),
    ],
)
def test_a_wrong_hello_is_a_broken_harness(fault: str, words: str) -> None:
    with pytest.raises(HarnessError, match=f"a worker must say hello, got {words}"):
        hire(fault, start_timeout=0.5 if fault == "mute_hello" else 20.0).__enter__()


def test_the_worker_loads_no_expected_values(tmp_path: Path) -> None:
    adapter = tmp_path / "curious.py"
    adapter.write_text(
        "import sys\nimport numpy as np\n"
        "def loaded():\n"
        "    return {n.replace('.', '_'): np.int8(1) for n in sys.modules\n"
        "            if n.split('.')[0] in ('oracle', 'cases', 'reports', 'conformance')}\n"
        "def path():\n    return np.frombuffer(sys.path[0].encode(), np.uint8)\n"
        "def version():\n    return '1'\n"
    )
    with Worker(str(adapter)) as asked:
        loaded = asked.ask({"operation": "loaded", "arguments": {}}).value
        path = texts(asked.ask({"operation": "path", "arguments": {}}))
    assert loaded is not None and set(loaded) == {
        "oracle",
        "oracle_bfloat16",
        "conformance",
        "conformance_adapters",
        "cases",
        "cases_wire",
    }
    assert path == [str(ROOT)]


# Values and failures ----------------------------------------------------------------------


def test_values_come_back(honest: Worker) -> None:
    assert same(put(honest, "echo"), X)
    both = put(honest, "double")
    assert same(both, np.array([1, 0, 6, 5, 3], np.int32), "code") and same(both, X * 2, "real")


def test_arrays_without_axes_arrive_as_scalars(honest: Worker) -> None:
    arguments = {"x": X, "scale": np.float32(1), "zero_point": np.array(3), "qmin": -128}
    answer = honest.ask({"operation": "kinds", "arguments": arguments})
    assert same(answer, np.array([True, False, False, False]))


def test_bfloat16_travels(honest: Worker) -> None:
    answer = put(honest, "brain", Bfloat16(X))
    assert answer.value is not None
    got = answer.value["value"]
    assert isinstance(got, Bfloat16) and got.values.tobytes() == (X * 2).tobytes()


def test_a_question_that_cannot_be_written_is_the_callers_fault(honest: Worker) -> None:
    with pytest.raises(ValueError, match="an argument must be"):
        put(honest, "echo", [1])
    assert same(put(honest, "echo"), X), "the worker never saw it"


def test_a_large_question_passes(honest: Worker) -> None:
    large = np.arange(2**20, dtype=np.float32)
    assert same(put(honest, "echo", large), large)


def test_an_answer_beyond_the_limit_is_an_error(honest: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "MAX_LINE", 1000)
    answer = put(honest, "echo", np.zeros(1000, np.float32))
    assert failure(answer) == ("error", "a line must have at most 1000 bytes, got more")


@pytest.mark.parametrize(
    ("operation", "outcome", "reason"),
    [
        ("value_error", "refused", "ValueError: scale must be > 0, got <Tensor at 0x…>"),
        ("long_message", "refused", "RuntimeError: ?" + "z" * 185),
        ("assertion", "refused", "AssertionError: qmin must be below qmax"),
        ("bare_assertion", "error", "AssertionError"),
        ("silent", "error", "ValueError"),
        ("unreadable", "error", "UnreadableError"),
        ("attribute", "error", "AttributeError: 'numpy.ndarray' object has no attribute"),
        ("key", "error", "KeyError: 'k'"),
        ("interrupt", "error", "KeyboardInterrupt"),
        ("bad_axis", "refused", "AxisError: axis 5 is out of bounds"),
    ],
)
def test_refusals_and_bugs(operation: str, outcome: str, reason: str) -> None:
    operations = worker.list_operations(worker.load(str(PLANTED / "refuser.py")))
    line = b'{"id": 1, "operation": "%s", "arguments": {"x": %s}}'
    array = b'{"dtype": "int8", "shape": [1], "hex": "05"}'
    answer = worker.answer(operations, line % (operation.encode(), array))
    assert answer["outcome"] == outcome
    assert answer["reason"].startswith(reason) and len(answer["reason"]) <= 200


def test_a_refusal_reaches_the_parent() -> None:
    with plant("refuser") as asked:
        reason = "ValueError: scale must be > 0, got <Tensor at 0x…>"
        assert failure(put(asked, "value_error")) == ("refused", reason)
        pid = asked.pid
        assert put(asked, "interrupt").outcome == "error"
        assert asked.pid == pid, "the worker survived"


def test_unsupported() -> None:
    with plant("unsupported") as asked:
        assert failure(put(asked, "own_class")) == (
            "unsupported",
            "per-axis scale needs the per-channel op",
        )
        assert failure(put(asked, "shared_class")) == ("unsupported", "no float16")
        assert failure(put(asked, "nothing")) == (
            "unsupported",
            "the adapter has no operation 'nothing'",
        )


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ("objects", "dtype must be one of bool, int8.* got object"),
        ("texts", "dtype must be one of .* got <U1"),
        ("a_list", "an array must be a numpy array, scalar or Bfloat16, got list"),
        ("nothing", "an array must be .* got NoneType"),
        ("no_arrays", "an answer must have at least one array, got {}"),
        ("wrong_name", "the name of an array must be an identifier, got 'two words'"),
    ],
)
def test_nonsense_of_an_adapter(operation: str, words: str, nonsense: Worker) -> None:
    outcome, reason = failure(put(nonsense, operation))
    assert outcome == "error" and re.match(words, reason)


@pytest.fixture(scope="module")
def nonsense() -> Iterator[Worker]:
    with plant("wrong_dtype") as asked:
        yield asked


# Doors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", sorted(worker.GENERIC_DOORS))
def test_generic_doors_agree_for_an_honest_adapter(door: str, honest: Worker) -> None:
    answer = put(honest, "double", LONG, door=door, vector="x")
    assert same(answer, (LONG * 2).astype(np.int32), "code")
    assert same(answer, LONG * 2, "real")


@pytest.mark.parametrize("door", sorted(worker.NEED_A_VECTOR))
@pytest.mark.parametrize(
    "x",
    [
        Bfloat16(X),
        np.array([True, False, True]),
        np.array([], np.float32),
        np.array([77, 78, 255], np.uint8),
    ],
)
def test_generic_doors_keep_the_kind(door: str, x: Any, honest: Worker) -> None:
    answer = put(honest, "echo", x, door=door, vector="x")
    assert answer.value is not None, answer.reason
    got = answer.value["value"]
    assert type(got) is type(x)
    assert worker.bits_of(got).tobytes() == worker.bits_of(x).tobytes()


def test_lengths_cut_the_vector(honest: Worker) -> None:
    assert same(put(honest, "mean", X, door="lengths-1", vector="x"), X + 0)
    answer = put(honest, "mean", np.array([[1] * 5, [2] * 5], np.float32), door="lengths-7", vector="x")
    assert same(answer, np.array([9 / 7] * 7 + [2] * 3, np.float32))


def test_strided_is_not_contiguous(honest: Worker) -> None:
    assert same(put(honest, "layout", X, door="strided", vector="x"), np.array(False))
    assert same(put(honest, "layout", X), np.array(True))
    answer = put(honest, "echo", np.float32(1), door="strided", vector="x")
    assert failure(answer) == ("unsupported", "a strided view needs a vector with an axis")


def test_gaps_differ_from_values() -> None:
    for values in (
        np.array([True, False]),
        np.array([77, 78, 0], np.int8),
        np.array([77, np.nan], np.float16),
    ):
        others = worker.other_values(values)
        assert others.dtype == values.dtype and not np.any(others == values)


def test_own_doors(honest: Worker) -> None:
    assert same(put(honest, "echo", door="sum"), X + X)
    assert same(put(honest, "doors_only", door="sum"), X + X)
    assert failure(put(honest, "doors_only")) == (
        "unsupported",
        "the adapter has no door 'plain' to doors_only",
    )
    assert failure(put(honest, "echo", door="window")) == (
        "unsupported",
        "the adapter has no door 'window' to echo",
    )


def test_a_door_needs_its_vector(honest: Worker) -> None:
    assert failure(put(honest, "echo", door="lengths-7")) == (
        "error",
        "door lengths-7 needs the name of an array in vector, got None",
    )
    question = {"operation": "echo", "arguments": {"x": 5}, "door": "strided", "vector": "x"}
    assert failure(honest.ask(question)) == ("error", "this door needs a numpy array, got int")


def test_pieces_must_fit_together(nonsense: Worker) -> None:
    answer = put(nonsense, "scalar_for_a_piece", door="lengths-7", vector="x")
    assert failure(answer) == ("error", "an output for a piece must have an axis, got shape []")
    answer = put(nonsense, "dtype_by_length", LONG[:9], door="lengths-7", vector="x")
    assert failure(answer) == (
        "error",
        "outputs for pieces must have one dtype, got ndarray float32 and ndarray float64",
    )


def test_untouched_catches_a_mutator() -> None:
    rule = "arguments must be left untouched, got x changed at index 2"
    with plant("mutator") as asked:
        assert same(put(asked, "clip"), np.minimum(X, np.float32(1)))
        assert failure(put(asked, "clip", door="untouched")) == ("error", rule)
        assert failure(put(asked, "scale", Bfloat16(X), door="untouched")) == ("error", rule)
        assert same(put(asked, "clip", X[:2], door="untouched"), X[:2])


def test_twice_answers_the_second() -> None:
    with plant("forgetful") as asked:
        assert same(put(asked, "count"), X + 1)
        assert same(put(asked, "count", door="twice"), X + 3)


# Death and silence ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("adapter", "operation", "outcome", "reason"),
    [
        ("segfault", "read_address_zero", "crash", "killed by SIGSEGV"),
        ("segfault", "send_signal", "crash", "killed by SIGSEGV"),
        ("exiter", "leave_at_once", "crash", "exit status 3"),
        ("sleeper", "sleep", "timeout", "no answer in 0.5 s"),
    ],
)
def test_the_parent_survives(adapter: str, operation: str, outcome: str, reason: str) -> None:
    with plant(adapter, timeout=0.5 if outcome == "timeout" else 20.0) as asked:
        first = asked.pid
        assert failure(put(asked, operation)) == (outcome, reason)
        assert asked.pid is None
        asked.timeout = 20.0
        assert same(put(asked, "echo"), X), "the next question is answered"
        assert asked.pid not in (None, first)
        assert is_gone(first)


def test_an_answer_counts_only_if_its_process_lives_to_its_end() -> None:
    with plant("damager") as asked:
        assert same(put(asked, "echo"), X)
        assert failure(put(asked, "damage", X + 1)) == ("crash", "killed by SIGABRT")
        assert failure(put(asked, "damage", X + 1, door="twice")) == ("crash", "killed by SIGABRT")
        assert same(put(asked, "echo"), X), "no other question dies of it"
        assert same(put(asked, "damage", X * 0), X * 0), "ALONE did not name this one"


def is_gone(pid: int | None) -> bool:
    assert pid is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_child_left_behind_is_neither_waited_for_nor_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "lock"
    monkeypatch.setenv("PLANTED_LOCK", str(lock))
    with plant("sleeper") as asked:
        assert failure(put(asked, "die_leaving_a_child")) == ("crash", "exit status 4")
        assert same(put(asked, "echo"), X)
    signal.alarm(20)  # rather than wait forever for a child that was kept
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
    signal.alarm(0)


def test_leaving_politely_is_an_error() -> None:
    with plant("exiter") as asked:
        pid = asked.pid
        assert failure(put(asked, "leave")) == ("error", "SystemExit: 3")
        assert asked.pid == pid


def test_killed_in_mid_case() -> None:
    with plant("sleeper") as asked:
        assert asked.pid is not None
        threading.Timer(0.3, os.kill, (asked.pid, 9)).start()
        assert failure(put(asked, "sleep")) == ("crash", "killed by SIGKILL")
        assert same(put(asked, "echo"), X)


def test_killed_between_cases() -> None:
    with plant("sleeper") as asked:
        assert asked.pid is not None
        os.kill(asked.pid, 9)
        assert failure(put(asked, "echo")) == ("crash", "killed by SIGKILL")
        assert same(put(asked, "echo"), X)


def test_the_worker_leaves_with_its_parent() -> None:
    with plant("honest") as asked:
        pid = asked.pid
    assert is_gone(pid) and asked.pid is None
    with pytest.raises(KeyError), plant("sleeper") as asked:
        pid = asked.pid
        raise KeyError
    assert is_gone(pid)


def test_prints_cannot_corrupt_the_answers() -> None:
    with plant("flooder", timeout=20.0) as asked:
        assert same(put(asked, "flood"), X)
        assert same(put(asked, "flood"), X)


# Foreign workers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "outcome", "reason"),
    [
        ("half_line", "crash", "exit status 0"),
        ("wrong_id", "error", "the id of the answer must be 1, got 2"),
        ("text_id", "error", "the id of the answer must be 1, got '1'"),
        ("endless_line", "error", "a line must have at most 67108864 bytes, got more"),
        ("endless_lines", "error", "a line must be a JSON object, got b'nonsense'"),
        ("not_json", "error", "a line must be a JSON object, got b'nonsense'"),
        ("not_utf8", "error", r"a line must be a JSON object, got b'\xff'"),
        ("nan", "error", 'a line must be a JSON object, got b\'{"id": 1'),
        ("deep", "error", "a line must be a JSON object, got b'[[["),
        (
            "outcome",
            "error",
            "outcome must be one of value, refused, unsupported, error, got 'crash'",
        ),
        ("no_reason", "error", "reason must be a sentence, got None"),
        ("two_line_reason", "refused", "?one"),
        ("undecodable", "error", "hex must be pairs of the digits 0-9 and a-f, got '0'"),
        ("huge_shape", "error", "an array must have at most 268435456 elements, got shape [1"),
        ("runs", "error", "an encoded array must have dtype, shape and hex, got ['dtype', '"),
        ("no_arrays", "error", "an answer must be an object of named arrays, got {}"),
        ("closed", "error", "a worker must keep its output open, got its end"),
        ("drip", "timeout", "no answer in 0.5 s"),
    ],
)
def test_nonsense_of_a_worker(fault: str, outcome: str, reason: str) -> None:
    with hire(fault, timeout=0.5 if fault in ("drip", "closed") else 20.0) as asked:
        got = put(asked, "fault")
        assert got.outcome == outcome and got.reason.startswith(reason), got.reason
        asked.timeout = 20.0
        assert same(put(asked, "echo"), np.array([5], np.int8)), "the next question is answered"


def test_a_second_line_is_never_the_next_answer() -> None:
    with hire("two_lines") as asked:
        assert same(put(asked, "fault"), np.array([5], np.int8))
        assert failure(put(asked, "echo")) == ("error", "the id of the answer must be 2, got 1")
        assert same(put(asked, "echo"), np.array([5], np.int8))


@pytest.mark.parametrize(
    ("fault", "outcome", "reason"),
    [
        ("deaf", "timeout", "no answer in 0.5 s"),
        ("hasty", "error", "an answer must follow its whole question, got one before its end"),
    ],
)
def test_a_worker_that_does_not_read(fault: str, outcome: str, reason: str) -> None:
    with hire(fault, timeout=0.5) as asked:
        start = time.monotonic()
        large = np.zeros(2**20, np.float32)
        assert failure(put(asked, "echo", large)) == (outcome, reason)
        assert time.monotonic() - start < 5


# Subnormals -------------------------------------------------------------------------------


def test_a_worker_cannot_flush_our_subnormals(flush_library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_LIBRARY", flush_library)
    smallest = np.array([2**-126], np.float32)
    with plant("flush_subnormals") as asked:
        check_subnormals()
        assert same(put(asked, "halve", smallest), np.array([0], np.float32)), "it really flushed"
        check_subnormals()
        subnormal = np.array([1, 0x80000001, 0x00400000], np.uint32).view(np.float32)
        assert same(put(asked, "echo", subnormal), subnormal), "what travels is not flushed"


def test_the_canary_sings(flush_library: str) -> None:
    flush = ctypes.CDLL(flush_library).flush_subnormals
    heard: list[str] = []

    def listen() -> None:
        flush(1)  # for this thread alone
        try:
            check_subnormals()
        except HarnessError as error:
            heard.append(str(error))
        finally:
            flush(0)

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert heard == ["the oracle's CPU must keep subnormals, got 0.0 for 2^-126 / 2"]
    check_subnormals()
