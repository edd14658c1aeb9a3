"""Cases of `ste_tern_gradient`: both sides of the clip value, whatever the threshold is."""

from __future__ import annotations

from cases.case import Case
from cases.points import singles
from cases.signs import mask_cases

FORWARD = {"threshold_value": 0.5, "ternary_weight_networks": False}

CASES = [
    *mask_cases("ste_tern_gradient", FORWARD),
    Case("ste_tern_gradient/weights",
         {"x": singles([0.25, -0.5, 1.0, 1.25, -4.0]), "threshold_value": 0.5,
          "ternary_weight_networks": True, "clip_value": 1.0, "dy": singles([1, -2, 3, 4, 5])},
         "a threshold that depends on x must not have a gradient"),
]  # fmt: skip
