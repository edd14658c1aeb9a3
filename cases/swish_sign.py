"""Cases of `swish_sign`: both sides of zero, and zero."""

from __future__ import annotations

from cases.signs import step_cases

CASES = step_cases("swish_sign", {"beta": 5.0}, "numpy's sign gives 0; a sign bit gives -1 for -0.0")
