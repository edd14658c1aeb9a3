"""Cases of `ste_sign_gradient`: both sides of the clip value, and what is masked."""

from __future__ import annotations

from cases.signs import mask_cases

CASES = mask_cases("ste_sign_gradient", {})
