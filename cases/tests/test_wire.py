"""The encoding of arrays: round trips, and everything that must not decode."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from cases import wire
from oracle.bfloat16 import Bfloat16

ONE = {"dtype": "int8", "shape": [1], "hex": "05"}


def travel(value: Any) -> Any:
    """Encode, write as JSON, read and decode."""
    return wire.decode(json.loads(json.dumps(wire.encode(value), allow_nan=False)))


def as_bytes(array: Any) -> tuple[str, tuple[int, ...], bytes]:
    carrier = array.values if isinstance(array, Bfloat16) else np.asarray(array)
    return str(carrier.dtype), carrier.shape, carrier.tobytes()


@st.composite
def any_bits(draw: st.DrawFn) -> Any:
    """An array of any dtype with any bits: every NaN payload, subnormals, -0.0."""
    name = draw(st.sampled_from(wire.DTYPES))
    shape = draw(npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))
    dtype = np.dtype("float32" if name == "bfloat16" else name)
    size = int(np.prod(shape)) * dtype.itemsize
    data = bytearray(draw(st.binary(min_size=size, max_size=size)))
    if name == "bool":
        data = bytearray(byte & 1 for byte in data)
    if name == "bfloat16":
        data[0::4] = data[1::4] = bytes(size // 4)
    array = np.frombuffer(bytes(data), dtype).reshape(shape)
    return Bfloat16(array) if name == "bfloat16" else array


@given(any_bits())
def test_every_array_survives(array: Any) -> None:
    back = travel(array)
    assert type(back) is type(array)
    assert as_bytes(back) == as_bytes(array)


@given(any_bits())
def test_readable_values_are_there_for_few(array: Any) -> None:
    encoded = wire.encode(array)
    size = int(np.prod(encoded["shape"]))
    assert ("values" in encoded) == (size <= 16)
    assert size > 16 or len(encoded["values"]) == size


@pytest.mark.parametrize("name", wire.DTYPES)
def test_every_dtype_has_a_name(name: str) -> None:
    zeros = np.zeros(3, "float32" if name == "bfloat16" else name)
    value: Any = Bfloat16(zeros) if name == "bfloat16" else zeros
    assert wire.encode(value)["dtype"] == name
    assert as_bytes(travel(value)) == as_bytes(value)


def test_what_is_written() -> None:
    special = np.array([0.1, -0.0, np.nan, -np.inf, np.inf, 2**-149], np.float32)
    assert wire.encode(special) == {
        "dtype": "float32",
        "shape": [6],
        "hex": "cdcccc3d000000800000c07f000080ff0000807f01000000",
        "values": [0.1, "-0.0", "nan", "-inf", "inf", 1e-45],
    }
    assert wire.encode(np.array([[True], [False]]))["values"] == [True, False]
    assert wire.encode(np.uint64(2**64 - 1)) == {
        "dtype": "uint64",
        "shape": [],
        "hex": "ff" * 8,
        "values": [2**64 - 1],
    }
    assert wire.encode(Bfloat16(np.array([1.5], np.float32)))["hex"] == "0000c03f"


def test_order_and_strides_of_memory_do_not_travel() -> None:
    table = np.arange(6, dtype=np.int16).reshape(2, 3)
    for same in (table.astype(">i2"), np.asfortranarray(table), np.repeat(table, 2, 1)[:, ::2]):
        assert wire.encode(same) == wire.encode(table)


def test_decoded_arrays_are_writable_and_native() -> None:
    array = travel(np.array([1, 2], np.float32))
    array[0] = 5
    assert array.dtype.isnative and array.tolist() == [5, 2]


def test_bfloat16_of_other_libraries() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="the bfloat16 of some frameworks")
    for foreign in (np.array([1.5, -0.0], ml_dtypes.bfloat16), ml_dtypes.bfloat16(1.5)):
        assert wire.encode(foreign) == wire.encode(Bfloat16(np.asarray(foreign, np.float32)))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([1.0], "must be a numpy array, scalar or Bfloat16, got list"),
        (1.0, "must be a numpy array, scalar or Bfloat16, got float"),
        (np.array([None]), "dtype must be one of bool, int8"),
        (np.array(["a"]), "got <U1"),
        (np.complex64(1), "got complex64"),
        (np.longdouble(1), "got float128" if np.longdouble(1).itemsize == 16 else "got"),
        (np.datetime64("2020"), "got datetime64"),
    ],
)
def test_what_is_no_array_is_refused(value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        wire.encode(value)


@pytest.mark.parametrize(
    ("encoded", "words"),
    [
        (None, "must be an object, got None"),
        ([], "must be an object"),
        ({}, "must have dtype, shape and hex"),
        (ONE | {"extra": 1}, "must have dtype, shape and hex"),
        (ONE | {"dtype": "int4"}, "dtype must be one of .* got 'int4'"),
        (ONE | {"dtype": []}, "dtype must be one of"),
        (ONE | {"shape": 1}, "shape must be a list of at most 32 lengths, got 1"),
        (ONE | {"shape": [1] * 33}, "shape must be a list of at most 32 lengths"),
        (ONE | {"shape": [-1]}, "a length in shape must be an integer >= 0, got -1"),
        (ONE | {"shape": [True]}, "a length in shape must be an integer >= 0, got True"),
        (ONE | {"shape": [1.0]}, "a length in shape must be an integer >= 0, got 1.0"),
        (ONE | {"shape": [2**28 + 1]}, "at most 268435456 elements, got shape .268435457."),
        (ONE | {"shape": [2**14, 2**15]}, "at most 268435456 elements"),
        (ONE | {"shape": [0, 2**60]}, "at most 268435456 elements"),
        (ONE | {"shape": [2]}, r"hex of int8 with shape \[2\] must have 2 bytes, got 1"),
        (ONE | {"hex": "5"}, "hex must be pairs of the digits 0-9 and a-f, got '5'"),
        (ONE | {"hex": "0x05"}, "hex must be pairs"),
        (ONE | {"hex": "AB"}, "hex must be pairs"),
        (ONE | {"hex": "0 5 "}, "hex must be pairs"),
        (ONE | {"hex": "05\n"}, "hex must be pairs"),
        (ONE | {"hex": "०५"}, "hex must be pairs"),
        (ONE | {"hex": 5}, "hex must be pairs"),
        (ONE | {"dtype": "bool"}, "bytes of a bool must be 00 or 01, got 05"),
        (
            {"dtype": "bfloat16", "shape": [1], "hex": "0100803f"},
            "bfloat16 values must have 16 zero low bits, got 0x3f800001",
        ),
    ],
)
def test_what_must_not_decode(encoded: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        wire.decode(encoded)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 60)), max_size=9),
    st.sampled_from(wire.NUMPY_DTYPES),
)
def test_runs_are_an_exact_inverse(runs: list[tuple[int, int]], dtype: str) -> None:
    counts = [count for _, count in runs]
    encoded = wire.encode(np.repeat([value for value, _ in runs], counts).astype(dtype))
    stored = wire.compact(encoded)
    assert wire.expand(json.loads(json.dumps(stored))) == encoded
    assert "hex" in stored or len(json.dumps(stored)) < len(json.dumps(encoded)) + 2 * len(runs)
    assert "hex" in stored or sum(counts) > 64


def test_runs_compare_bits() -> None:
    bits = np.repeat(np.array([0x7FC00000, 0x7FC00001, 0x80000000, 0], np.uint32), 40)
    stored = wire.compact(wire.encode(bits.view(np.float32)))
    assert stored["runs"] == [
        ["0000c07f", 40],
        ["0100c07f", 40],
        ["00000080", 40],
        ["00000000", 40],
    ]
    assert "hex" not in stored


def test_only_what_gets_shorter_is_compacted() -> None:
    every = wire.encode(np.arange(256, dtype=np.uint8))
    few = wire.encode(np.zeros(64, np.float64))
    assert wire.compact(every) is every
    assert wire.compact(few) is few
    assert "runs" in wire.compact(wire.encode(np.zeros(65, np.float64)))


STORED = {"dtype": "int8", "shape": [100], "runs": [["05", 100]]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"runs": {}}, r"runs must be a list of \[hex, count\]"),
        ({"runs": [["05"]]}, r"a run must be \[hex, count\]"),
        ({"runs": [["0505", 100]]}, "hex of a run must have 2 digits, got '0505'"),
        ({"runs": [["zz", 100]]}, "hex must be pairs"),
        ({"runs": [["05", 0], ["06", 100]]}, "count of a run must be an integer > 0, got 0"),
        ({"runs": [["05", True]]}, "count of a run must be an integer > 0, got True"),
        ({"runs": [["05", 99]]}, "counts of runs must add up to 100, got 99"),
        ({"runs": [["05", 10**30]]}, "counts of runs must add up to 100"),
        ({"shape": [2**40]}, "at most 268435456 elements"),
        ({"hex": ""}, "must have dtype, shape and runs"),
    ],
)
def test_what_must_not_expand(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        wire.expand(STORED | changes)


def test_answers_are_named() -> None:
    lone = wire.encode_answer(np.array([5], np.int8))
    assert list(lone) == ["value"]
    two = wire.decode_answer(wire.encode_answer({"code": np.array([5], np.int8), "scale": np.float32(1)}))
    assert list(two) == ["code", "scale"]


@pytest.mark.parametrize("value", [{}, {"two words": np.int8(1)}, {5: np.int8(1)}])
def test_answers_without_names_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        wire.encode_answer(value)


@pytest.mark.parametrize("encoded", [None, [], {}, {"two words": ONE}, {"value": None}])
def test_answers_that_must_not_decode(encoded: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        wire.decode_answer(encoded)


def test_arguments_keep_their_kind() -> None:
    arguments = {
        "x": np.array([1], np.float16),
        "scale": np.float32(0.1),
        "double": np.float64(0.1),
        "brain": Bfloat16(np.array(1, np.float32)),
        "qmin": -128,
        "alpha": -0.0,
        "mode": "auto",
        "axis": None,
        "narrow": True,
    }
    encoded = wire.encode_arguments(arguments)
    assert wire.encode_arguments(encoded) == encoded, "what is encoded stays"
    back = wire.decode_arguments(json.loads(json.dumps(encoded, allow_nan=False)))
    assert list(back) == list(arguments)
    for name, value in arguments.items():
        assert type(back[name]) is type(value)
    assert str(back["alpha"]) == "-0.0"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "a float argument must be finite .* got x = nan"),
        ([1], "got x of type list"),
        ({"dtype": "int8"}, "must have dtype, shape and hex"),
        (np.array([None]), "dtype must be one of"),
    ],
)
def test_arguments_that_cannot_travel(value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        wire.encode_arguments({"x": value})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0], "must be a float32 array, got list"),
        (np.array([1], np.float64), "must be a float32 array, got dtype float64"),
        (np.array([1], ">f4"), "must be a float32 array, got dtype >f4"),
        (np.array(0x3F800001, np.uint32).view(np.float32), "must have .* got 0x3f800001"),
        (np.array([0, 0x7F800001], np.uint32).view(np.float32), "must have .* got 0x7f800001"),
    ],
)
def test_bfloat16_refuses_what_it_cannot_hold(values: Any, words: str) -> None:
    with pytest.raises(ValueError, match=f"bfloat16 values {words}"):
        Bfloat16(values)
