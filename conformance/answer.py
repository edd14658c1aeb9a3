"""What a system answered: a value, or how it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
