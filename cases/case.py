"""What a case is, and the list of all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from typing import Any

import numpy as np

from oracle.definition import DEFINITIONS, is_undefined, open_axes
from oracle.formats import carried, format_of


@dataclass(frozen=True, eq=False)
class Case:
    """One question: `operation/what-it-is-about`, the arguments, and what a wrong answer shows."""

    id: str
    arguments: Mapping[str, Any]
    shows: str

    @cached_property
    def operation(self) -> str:
        return self.id.split("/")[0]

    @cached_property
    def vector(self) -> str:
        """The name of the argument that is a vector of independent questions."""
        return next(name for name in ("code", "accumulator", "x") if name in self.arguments or name == "x")

    @cached_property
    def size(self) -> int:
        """The number of elements of the vector."""
        return int(carried(self.arguments[self.vector]).size)

    @cached_property
    def dtype(self) -> str:
        """The dtype of the reals: of x, the scale where there is no x, or the range; else of the codes."""
        reals = [self.arguments[n] for n in ("x", "scale", "input_scale", "low") if n in self.arguments]
        first = carried(reals[0] if reals else self.arguments[self.vector])
        return first.dtype.name if first.dtype.kind in "iu" else format_of(reals[0]).name

    @cached_property
    def codes(self) -> str:
        """The integer type whose range is [qmin, qmax], or the range; else what says the width."""
        if "input_zero_point" in self.arguments:  # codes become codes
            return f"{np.asarray(self.arguments['code']).dtype} to {self.bounds}"
        if "type" in self.arguments:
            return str(self.arguments["type"])
        if "levels" in self.arguments:
            is_one = all(np.ndim(value) == 0 for name, value in self.arguments.items() if name != "x")
            return f"{self.arguments['levels']} levels" + ("" if is_one else " per channel")
        if "qmin" not in self.arguments:
            return f"{self.arguments['bits']} bits" if "bits" in self.arguments else ""
        return self.bounds

    @property
    def bounds(self) -> str:
        """The integer type whose range is [qmin, qmax], or the range."""
        qmin, qmax = self.arguments["qmin"], self.arguments["qmax"]
        for bits in (2, 4, 8, 16, 32):
            if (qmin, qmax) == (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1):
                return f"int{bits}"
            if (qmin, qmax) == (0, 2**bits - 1):
                return f"uint{bits}"
        return f"[{qmin}, {qmax}]"

    @cached_property
    def undefined(self) -> str | None:
        """What the definition does not decide about these arguments, or None."""
        return is_undefined(self.operation, self.arguments)

    @cached_property
    def open_axes(self) -> dict[str, tuple[str, ...]]:
        """The axes that the definition leaves open for these arguments, and their choices."""
        return open_axes(self.operation, self.arguments)

    def digest(self) -> str:
        """A digest of operation and arguments: a stored answer belongs to exactly one of them."""
        text = hashlib.sha256(self.operation.encode())
        for name in sorted(self.arguments):
            text.update(name.encode() + fingerprint(self.arguments[name]))
        return text.hexdigest()[:16]


def fingerprint(value: Any) -> bytes:
    """Return bytes that differ when dtype, shape or bits of a value differ."""
    if isinstance(value, (str, int, type(None))) or type(value) is float:  # np.float64 is a float too
        return repr(value).encode()
    array = carried(value)
    name = array.dtype.name if array.dtype.kind in "iub" else format_of(value).name
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return f"{name}{array.shape}".encode() + np.ascontiguousarray(little).tobytes()


@cache
def all_cases() -> dict[str, Case]:
    """Return every case by id. Each operation has a module `cases.<operation>` with CASES."""
    modules = [import_module(f"cases.{operation}") for operation in DEFINITIONS]
    cases: list[Case] = [case for module in modules for case in module.CASES]
    by_id = {case.id: case for case in cases}
    if len(by_id) != len(cases):
        twice = sorted({c.id for c in cases if [d.id for d in cases].count(c.id) > 1})
        raise ValueError(f"a case id must be used once, got {', '.join(twice)} twice")
    return by_id


def cases_of(operation: str) -> list[Case]:
    """Return the cases of one operation, in order."""
    return [case for case in all_cases().values() if case.operation == operation]
