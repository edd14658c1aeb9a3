"""Cases of `quantized_relu_po2`: both sides of zero, the slope, both ends, what the text loses."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import singles


def ask(x: Any, bits: int, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), "bits": bits, **settings}


MIDDLE = [1.0, 1.4, 1.43, 1.49, 1.51, 1.9, -1.3, -1.45, -1.6, 0.3, 0.36, 0.7, 0.72, -0.19]

CASES = [
    Case("quantized_relu_po2/middle", ask(MIDDLE, 7), "the closest in value is 1 for 1.45"),
    Case("quantized_relu_po2/slope", ask(MIDDLE, 6, negative_slope=0.25),
         "read from its text the slope is max_value"),
    Case("quantized_relu_po2/slope-with-max-value", ask(MIDDLE, 6, negative_slope=0.5, max_value=2.5),
         "1.45 is closest to 1 in value"),
    Case("quantized_relu_po2/ends", ask([0.001, 0.05, 0.07, 5.8, 11.0, 300.0, -0.001], 3),
         "the closest in value is 4 for 5.8, in the logarithm 8"),
    Case("quantized_relu_po2/large", ask([1e9, -1e9, 3e38, 1.7e10], 3), "x + (quantized - x) gives 0 of 1e9"),
    Case("quantized_relu_po2/infinity", ask(singles([np.inf, -np.inf]), 3, negative_slope=1.0),
         "x + (quantized - x) gives NaN"),
    Case("quantized_relu_po2/zeros", ask([0.0, -0.0, -1.0, 1e-8], 7), "below 1e-7 the lowest power of two"),
    Case("quantized_relu_po2/subnormals", ask([1e-40, -1e-40, 3e-39, 1e-30], 7, max_value=1.0,
                                              negative_slope=0.5), "flushed, 2^-128 is 0"),
    Case("quantized_relu_po2/tiny", ask([1e-8, 5e-8, 9.9e-8, 1.1e-7, 1e-12], 7),
         "below 1e-7 the lowest power of two, 2^-64"),
    Case("quantized_relu_po2/max-value", ask([0.3, 1.3, 2.5, 2.9, 3.0, 50.0, -3.0], 3, max_value=3.0),
         "3 is bounded before the rounding, and gives 4 > max_value"),
    Case("quantized_relu_po2/max-value-half", ask([0.2, 0.5, 0.6, 1.0, -1.0], 3, max_value=0.5),
         "its text says max_value 0"),
    Case("quantized_relu_po2/floor-of-powers", ask([8192.0, 2.0**26, 8.0, 0.125], 7, log2_rounding="floor"),
         "ln(8192) / ln(2) in float32 is below 13: 4096"),
    Case("quantized_relu_po2/floor", ask([1.1, 1.9, 3.9, 0.3], 5, log2_rounding="floor"),
         "its text does not say floor: 1.9 gives 2"),
    Case("quantized_relu_po2/even", ask([1.1, 1.9, 2.1, 3.0, 4.5, 9.0, 0.3], 4, quadratic_approximation=True),
         "the closest in value is 1 for 2.1, not 4"),
    Case("quantized_relu_po2/even-ends", ask([0.001, 0.02, 5.0, 70.0, 2000.0, 0.0, -1.0], 3,
                                             quadratic_approximation=True),
         "clipped before it is doubled the exponent leaves the range: 2^-8 of 0.001, but 2^-4 of 0"),
    *(Case(f"quantized_relu_po2/rank-{len(shape)}",
           ask(np.reshape([*MIDDLE, 5.0, 1.46], shape), 5, negative_slope=0.5), "the text loses the slope")
      for shape in ((4, 4), (2, 4, 2), (2, 2, 2, 2))),
    Case("quantized_relu_po2/nan", ask(singles([np.nan]), 4), "undefined: systems are compared"),
]  # fmt: skip
