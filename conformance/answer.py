"""What a system answered: a value, or how it failed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from oracle.formats import carried, format_of

OUTCOMES = ("value", "refused", "unsupported", "error", "crash", "timeout")


@dataclass(frozen=True, eq=False)
class Answer:
    """One answer: its outcome, the arrays by name when it is a value, else the reason."""

    outcome: str
    value: Mapping[str, Any] | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise ValueError(f"an outcome must be one of {', '.join(OUTCOMES)}, got {self.outcome}")
        if (self.value is not None) != (self.outcome == "value"):
            raise ValueError(f"a value must come with outcome value and only with it, got {self.outcome}")

    @cached_property
    def digest(self) -> bytes:
        """What two values share if, and only if, they are the same bit for bit; every NaN is the same NaN."""
        text = hashlib.blake2b(digest_size=16)
        for name in sorted(self.value or {}):
            text.update(f"{name} ".encode() + canonical((self.value or {})[name]))
        return text.digest()


def kind_of(value: Any) -> str:
    """Return 'integer' for codes of any width, else the name of the dtype."""
    array = carried(value)
    return {"i": "integer", "u": "integer"}.get(array.dtype.kind) or (
        format_of(value).name if array.dtype.kind == "f" else array.dtype.name
    )


def canonical(value: Any) -> bytes:
    """Return the same bytes for arrays that are the same: codes of any width, NaNs of any payload."""
    array, kind = carried(value), kind_of(value)
    if kind == "integer":
        codes = array.astype(np.int64)
        # A uint64 beyond 2^63 must not pass for the negative number of its bits.
        kind, array = ("beyond int64", array) if ((codes < 0) != (array < 0)).any() else (kind, codes)
    elif array.dtype.kind == "f" and (is_nan := np.isnan(array)).any():
        array = np.where(is_nan, array.dtype.type(np.nan), array)
    return f"{kind}{array.shape}".encode() + array.tobytes()
