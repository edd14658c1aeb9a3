"""The one encoding of arrays: on the wire, in observations, in case packs.

An array is a JSON object of dtype, shape and little-endian hex, so that NaN payloads and the
sign of zero survive. A few readable values are added for people; nothing reads them back.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from oracle.bfloat16 import Bfloat16

Array = npt.NDArray[Any] | Bfloat16
Encoded = dict[str, Any]

NUMPY_DTYPES = (
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    *(f"float{bits}" for bits in (16, 32, 64)),
)
DTYPES = (*NUMPY_DTYPES, "bfloat16")
NAMES = {np.dtype(name): name for name in NUMPY_DTYPES}  # numpy makes a name anew each time

TRAVELLING = {name: np.dtype("float32" if name == "bfloat16" else name).newbyteorder("<") for name in DTYPES}

MAX_ELEMENTS = 2**28
MAX_DIMENSIONS = 32  # numpy 1.x allows no more
MAX_READABLE = 16
MIN_COMPACT = 64
LONE = "value"  # the name of an answer that is one array

NOT_JSON_NUMBERS = ("nan", "inf", "-inf", "-0.0")


def encode(value: object) -> Encoded:
    """Return the JSON object of one array.

    Args:
        value: numpy array or scalar of a dtype in DTYPES, or Bfloat16; an array of the
            bfloat16 extension dtype counts as Bfloat16.

    Raises:
        ValueError: value is no array, or its dtype is not in DTYPES.
    """
    name, array = _named_dtype(value)
    encoded: Encoded = {
        "dtype": name,
        "shape": list(array.shape),
        "hex": array.astype(_travelling_dtype(name)).tobytes().hex(),
    }
    if array.size <= MAX_READABLE:
        encoded["values"] = [_readable(element) for element in array.reshape(-1)]
    return encoded


def decode(encoded: object) -> Array:
    """Return the array of one JSON object, writable and in the machine's byte order.

    Raises:
        ValueError: the object is not what encode writes; the message shows the rule.
    """
    name, shape, data = _checked(encoded)
    travelling = _travelling_dtype(name)
    flat = np.frombuffer(data, travelling).astype(travelling.newbyteorder("="))
    array = flat.reshape(shape)
    return Bfloat16(array) if name == "bfloat16" else array


def encode_answer(value: object) -> dict[str, Encoded]:
    """Return the named JSON objects of one array or a dict of arrays."""
    return {name: encode(array) for name, array in name_arrays(value).items()}


def decode_answer(encoded: object) -> dict[str, Array]:
    """Return the named arrays that encode_answer wrote."""
    if not isinstance(encoded, Mapping) or not encoded:
        raise ValueError(f"an answer must be an object of named arrays, got {_shown(encoded)}")
    return {_checked_name(name): decode(array) for name, array in encoded.items()}


def name_arrays(value: object) -> dict[str, Any]:
    """Return a dict of arrays as it is, and a lone array under the name "value"."""
    if not isinstance(value, Mapping):
        return {LONE: value}
    if not value:
        raise ValueError("an answer must have at least one array, got {}")
    return {_checked_name(name): array for name, array in value.items()}


def encode_arguments(arguments: Mapping[str, object]) -> dict[str, Any]:
    """Return the arguments of a question as JSON values.

    Arrays and numpy scalars become objects; what is encoded already stays as it is.
    """
    return {name: _encode_argument(name, value) for name, value in arguments.items()}


def decode_arguments(encoded: Mapping[str, object]) -> dict[str, Any]:
    """Return the arguments that encode_arguments wrote; arrays of shape [] as numpy scalars."""
    return {name: _decode_argument(value) for name, value in encoded.items()}


def compact(encoded: Encoded) -> Encoded:
    """Return the form for storage: runs of equal elements instead of hex, where shorter.

    Only arrays of more than MIN_COMPACT elements are touched; expand is the exact inverse.
    """
    name, shape, data = _checked(encoded)
    if math.prod(shape) <= MIN_COMPACT:
        return encoded
    runs = _runs(data, _travelling_dtype(name).itemsize)
    if len(json.dumps(runs, separators=(",", ":"))) >= len(encoded["hex"]):
        return encoded
    return {key: value for key, value in encoded.items() if key != "hex"} | {"runs": runs}


def expand(compacted: Encoded) -> Encoded:
    """Return the form for the wire of what compact wrote."""
    if not isinstance(compacted, Mapping) or "runs" not in compacted:
        return compacted
    name, shape = _checked_header(compacted, "runs")
    digits = 2 * _travelling_dtype(name).itemsize
    runs = _checked_runs(compacted["runs"], digits, math.prod(shape))
    data = "".join(element * count for element, count in runs)
    return {key: value for key, value in compacted.items() if key != "runs"} | {"hex": data}


def _named_dtype(value: object) -> tuple[str, npt.NDArray[Any]]:
    """Return the dtype's name on the wire, and the numpy array that carries the bits."""
    if isinstance(value, Bfloat16):
        return "bfloat16", value.values
    if not isinstance(value, (np.ndarray, np.generic)):
        raise ValueError(f"an array must be a numpy array, scalar or Bfloat16, got {type(value).__name__}")
    array = np.asarray(value)
    if array.dtype not in NAMES and array.dtype.name == "bfloat16":
        # The extension dtype of some frameworks: the same bits, two bytes each.
        wide = array.view(np.uint16).astype(np.uint32) << np.uint32(16)
        return "bfloat16", np.asarray(wide).view(np.float32)
    name = NAMES.get(array.dtype) or array.dtype.name
    if name not in NUMPY_DTYPES:
        raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, got {array.dtype}")
    return name, array


def _travelling_dtype(name: str) -> np.dtype[Any]:
    """Return the little-endian numpy dtype in which a dtype travels."""
    return TRAVELLING[name]


def _readable(element: Any) -> bool | int | float | str:
    """Return a number as JSON can show it."""
    if element.dtype.kind != "f":
        plain: bool | int = element.item()
        return plain
    # numpy writes digits from the bits: right even where the CPU flushes subnormals.
    text = str(element)
    return text if text in NOT_JSON_NUMBERS else float(text)


def _encode_argument(name: str, value: object) -> Any:
    # numpy first: np.float64 is a float too, and would lose its dtype.
    if isinstance(value, (np.ndarray, np.generic, Bfloat16)):
        return encode(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"a float argument must be finite (else an array), got {name} = {value}")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        decode(value)
        return value
    raise ValueError(
        "an argument must be an array, number, string, bool or None, "
        f"got {name} of type {type(value).__name__}"
    )


def _decode_argument(value: object) -> Any:
    if not isinstance(value, Mapping):
        return value
    array = decode(value)
    # Frameworks take numpy scalars where they refuse arrays without axes.
    return array if isinstance(array, Bfloat16) or array.ndim else array[()]


def _checked_name(name: object) -> str:
    if isinstance(name, str) and name.isidentifier():
        return name
    raise ValueError(f"the name of an array must be an identifier, got {_shown(name)}")


def _checked(encoded: object) -> tuple[str, tuple[int, ...], bytes]:
    """Return dtype, shape and bytes of an encoded array, all checked."""
    name, shape = _checked_header(encoded, "hex")
    assert isinstance(encoded, Mapping)  # by _checked_header
    data = _checked_hex(encoded["hex"])
    wanted = math.prod(shape) * _travelling_dtype(name).itemsize
    if len(data) != wanted:
        raise ValueError(f"hex of {name} with shape {list(shape)} must have {wanted} bytes, got {len(data)}")
    if name == "bool" and data.translate(None, b"\x00\x01"):
        wrong = data.translate(None, b"\x00\x01")[0]
        raise ValueError(f"bytes of a bool must be 00 or 01, got {wrong:02x}")
    return name, shape, data


def _checked_header(encoded: object, payload: str) -> tuple[str, tuple[int, ...]]:
    if not isinstance(encoded, Mapping):
        raise ValueError(f"an encoded array must be an object, got {_shown(encoded)}")
    needed = {"dtype", "shape", payload}
    if not needed <= set(encoded) <= needed | {"values"}:
        raise ValueError(
            f"an encoded array must have dtype, shape and {payload}, got {_shown(sorted(encoded))}"
        )
    name = encoded["dtype"]
    if not isinstance(name, str) or name not in DTYPES:
        raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, got {_shown(name)}")
    return name, _checked_shape(encoded["shape"])


def _checked_shape(shape: object) -> tuple[int, ...]:
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        raise ValueError(f"shape must be a list of at most {MAX_DIMENSIONS} lengths, got {_shown(shape)}")
    for length in shape:
        if not _is_count(length) or length < 0:
            raise ValueError(f"a length in shape must be an integer >= 0, got {_shown(length)}")
    # Zero lengths count as one: [0, 2**40] has no elements, and numpy still refuses it.
    if math.prod(max(length, 1) for length in shape) > MAX_ELEMENTS:
        raise ValueError(f"an array must have at most {MAX_ELEMENTS} elements, got shape {_shown(shape)}")
    return tuple(shape)


def _checked_hex(text: object) -> bytes:
    """Return the bytes; the digits must be as encode writes them, so that equal is equal."""
    if isinstance(text, str):
        try:
            data = bytes.fromhex(text)
        except ValueError:
            data = b""
        if data.hex() == text:
            return data
    raise ValueError(f"hex must be pairs of the digits 0-9 and a-f, got {_shown(text)}")


def _checked_runs(runs: object, digits: int, size: int) -> list[tuple[str, int]]:
    if not isinstance(runs, list):
        raise ValueError(f"runs must be a list of [hex, count], got {_shown(runs)}")
    for run in runs:
        if not isinstance(run, list) or len(run) != 2:
            raise ValueError(f"a run must be [hex, count], got {_shown(run)}")
        if len(_checked_hex(run[0])) * 2 != digits:
            raise ValueError(f"hex of a run must have {digits} digits, got {_shown(run[0])}")
        if not _is_count(run[1]) or run[1] < 1:
            raise ValueError(f"count of a run must be an integer > 0, got {_shown(run[1])}")
    total = sum(run[1] for run in runs)
    if total != size:
        raise ValueError(f"counts of runs must add up to {size}, got {total}")
    return [(element, count) for element, count in runs]


def _runs(data: bytes, itemsize: int) -> list[list[Any]]:
    """Return [hex, count] of each run of equal elements, compared by their bits."""
    bits = np.frombuffer(data, f"<u{itemsize}")
    starts = [0, *(np.flatnonzero(bits[1:] != bits[:-1]) + 1).tolist()]
    ends = chain(starts[1:], [bits.size])
    return [
        [data[start * itemsize : (start + 1) * itemsize].hex(), end - start]
        for start, end in zip(starts, ends, strict=True)
    ]


def _is_count(value: object) -> bool:
    """Tell an integer from a bool, which Python counts as one."""
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: object) -> str:
    """Return what was got, short enough for a message."""
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
