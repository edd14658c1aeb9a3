"""Cases of `ste_heaviside`: both sides of zero, and zero."""

from __future__ import annotations

from cases.signs import step_cases

CASES = step_cases(
    "ste_heaviside", {"clip_value": 1.0}, "a step with x >= 0 gives 1; a zero may keep its minus"
)
