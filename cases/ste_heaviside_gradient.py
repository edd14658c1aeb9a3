"""Cases of `ste_heaviside_gradient`: both sides of the clip value, and what is masked."""

from __future__ import annotations

from cases.signs import mask_cases

CASES = mask_cases("ste_heaviside_gradient", {})
