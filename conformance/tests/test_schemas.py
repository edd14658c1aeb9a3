"""Real messages against their written schemas, both ways: what is valid, and what is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource

from cases import wire
from conformance import worker
from oracle.bfloat16 import Bfloat16

ROOM = Path(__file__).resolve().parents[1]
PLANTED = ROOM / "tests" / "planted"
SCHEMAS = {path.stem: json.loads(path.read_text()) for path in (ROOM / "schemas").glob("*.json")}
REGISTRY: Registry[Any] = Registry().with_resources(
    (f"{name}.json", Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)
NUMBER = {"id": 7, "operation": "echo", "door": "plain", "arguments": {}}
ARRAY = wire.encode(np.array([5], np.int8))


def is_valid(message: Any, name: str) -> bool:
    as_read = json.loads(json.dumps(message, allow_nan=False))
    return bool(validator({"$ref": f"{name}.json"}).is_valid(as_read))


def validator(schema: dict[str, str]) -> Draft202012Validator:
    return Draft202012Validator(schema, registry=REGISTRY)


def answer_to(adapter: str, operation: str, **question: Any) -> dict[str, Any]:
    operations = worker.list_operations(worker.load(str(PLANTED / adapter)))
    message = {"id": 1, "operation": operation, "arguments": {"x": ARRAY}, **question}
    return worker.answer(operations, json.dumps(message).encode())


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"{name}.json"


def test_there_is_one_for_every_message() -> None:
    assert sorted(SCHEMAS) == ["answer", "array", "hello", "question"]
    assert SCHEMAS["array"]["$defs"]["dtype"]["enum"] == list(wire.DTYPES)
    doors = SCHEMAS["question"]["properties"]["door"]["examples"]
    assert set(worker.GENERIC_DOORS) < set(doors)


@pytest.mark.parametrize("dtype", wire.NUMPY_DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3, 2), (99,)])
def test_arrays_are_valid(dtype: str, shape: tuple[int, ...]) -> None:
    assert is_valid(wire.encode(np.ones(shape, dtype)), "array")


def test_special_numbers_are_valid() -> None:
    special = np.array([np.nan, np.inf, -np.inf, -0.0], np.float32)
    assert is_valid(wire.encode(special), "array")
    assert is_valid(wire.encode(Bfloat16(special)), "array")


def test_compact_arrays_are_valid_in_storage_only() -> None:
    stored = wire.compact(wire.encode(np.zeros(100, np.float32)))
    assert validator({"$ref": "array.json#/$defs/compact"}).is_valid(stored)
    assert not is_valid(stored, "array")


@pytest.mark.parametrize(
    "changes",
    [
        {"dtype": "int4"},
        {"shape": [-1]},
        {"shape": [True]},
        {"hex": "0"},
        {"hex": "AB"},
        {"values": ["Infinity"]},
        {"dtype": "bool"},
        {"dtype": "int16"},
        {"dtype": "bfloat16", "hex": "0100803f"},
        {"extra": 1},
    ],
)
def test_wrong_arrays_are_not_valid(changes: dict[str, Any]) -> None:
    assert is_valid(ARRAY, "array")
    wrong = ARRAY | changes
    assert not is_valid(wrong, "array")
    if "values" not in changes:  # nothing reads those back
        with pytest.raises(ValueError, match="must"):
            wire.decode(wrong)


@pytest.mark.parametrize("backend", [None, "loud"])
def test_hellos_are_valid(backend: str | None) -> None:
    message, *_ = worker.start(str(PLANTED / "honest.py"), backend)
    assert is_valid(message, "hello")
    assert message["hello"]["backend"] == backend


@pytest.mark.parametrize("adapter", ["broken.py", "needs_a_module.py"])
def test_hello_errors_are_valid(adapter: str) -> None:
    message, operations, _ = worker.start(str(PLANTED / adapter), None)
    assert is_valid(message, "hello") and "hello_error" in message
    assert not operations


def test_wrong_hellos_are_not_valid() -> None:
    hello = worker.start(str(PLANTED / "honest.py"), None)[0]["hello"]
    wrongs: tuple[dict[str, Any], ...] = (
        {"protocol": 2},
        {"operations": []},
        {"backends": {"a": {"B": 1}}},
        {"adapter": "?"},
    )
    for wrong in wrongs:
        assert not is_valid({"hello": hello | wrong}, "hello")
    assert not is_valid({}, "hello")


def test_questions_are_valid() -> None:
    arguments: dict[str, Any] = {
        "x": np.array([1], np.float32),
        "scale": np.float32(1),
        "zero_point": 3,
        "alpha": 0.5,
        "mode": "auto",
        "axis": None,
        "narrow": True,
    }
    question = NUMBER | {"arguments": wire.encode_arguments(arguments)}
    assert is_valid(question, "question")
    assert is_valid(question | {"door": "strided", "vector": "x"}, "question")


@pytest.mark.parametrize(
    "changes",
    [{"id": 0}, {"id": "7"}, {"door": ""}, {"arguments": {"x": [1]}}, {"expected": 5}],
)
def test_wrong_questions_are_not_valid(changes: dict[str, Any]) -> None:
    assert is_valid(NUMBER, "question")
    assert not is_valid(NUMBER | changes, "question")


@pytest.mark.parametrize(
    ("adapter", "operation", "outcome"),
    [
        ("honest.py", "echo", "value"),
        ("honest.py", "double", "value"),
        ("honest.py", "no_such_operation", "unsupported"),
        ("unsupported.py", "own_class", "unsupported"),
        ("refuser.py", "value_error", "refused"),
        ("refuser.py", "long_message", "refused"),
        ("refuser.py", "attribute", "error"),
        ("wrong_dtype.py", "objects", "error"),
    ],
)
def test_answers_are_valid(adapter: str, operation: str, outcome: str) -> None:
    answer = answer_to(adapter, operation)
    assert answer["outcome"] == outcome
    assert is_valid(answer, "answer")


def test_an_answer_to_no_question_is_valid() -> None:
    answer = worker.answer({}, b"nonsense")
    assert answer["id"] is None and answer["outcome"] == "error"
    assert is_valid(answer, "answer")


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "7"},
        {"outcome": "crash"},
        {"outcome": "refused"},
        {"value": {}},
        {"value": {"two words": ARRAY}},
        {"value": {"value": ARRAY | {"hex": "0"}}},
    ],
)
def test_wrong_answers_are_not_valid(changes: dict[str, Any]) -> None:
    answer = answer_to("honest.py", "echo")
    assert is_valid(answer, "answer")
    assert not is_valid(answer | changes, "answer")


def test_a_reason_is_never_empty() -> None:
    assert not is_valid({"id": 1, "outcome": "refused", "reason": ""}, "answer")
    for operation in ("silent", "bare_assertion", "unreadable", "interrupt"):
        assert is_valid(answer_to("refuser.py", operation), "answer")
