"""Cases of `fake_quant_with_min_max_args_gradient`: those of its sibling with one range, about x alone."""

from __future__ import annotations

import numpy as np

from cases.case import Case
from cases.fake_quant_with_min_max_gradient import CASES as OF_TENSORS
from oracle.fake_quant_with_min_max_args_gradient import fake_quant_with_min_max_args_gradient

OPERATION = fake_quant_with_min_max_args_gradient.__name__
OF_ENDS = ("ordinary-values", "infinite-dy")  # what they show, the gradients of low and high show

CASES = [
    Case(f"{OPERATION}/{case.id.partition('/')[2]}", case.arguments, case.shows)
    for case in OF_TENSORS
    if not np.ndim(case.arguments["low"]) and not case.id.endswith(OF_ENDS)
]
