"""Cases of `quantized_po2`: around sqrt(2) and 1.5, both ends, zero, tiny and large, even exponents.

Where TensorFlow's logarithm decides a code, vectors have fewer than 8 elements: its kernel for 8
elements at once rounds some logarithms otherwise than the one for the rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case
from cases.points import singles


def ask(x: Any, bits: int, **settings: Any) -> dict[str, Any]:
    return {"x": np.asarray(x, np.float32), "bits": bits, **settings}


MIDDLE = [1.0, 1.4, 1.43, 1.49, 1.51, 1.9, -1.3, -1.45, -1.6, 0.3, 0.36, 0.7, 0.72, -0.19]
POWERS = [8192.0, 2.0**26, 2.0**30, 2.0**-20, 8.0, 0.125]
BELOW = np.nextafter(singles([64.0, 128.0, 2.0**10, 2.0**-7, 2.0**-20]), np.float32(0))

CASES = [
    Case("quantized_po2/middle", ask(MIDDLE, 8), "the closest in value is 1 for 1.45, in the logarithm 2"),
    Case("quantized_po2/ends", ask([0.001, 0.05, 0.07, 5.8, 11.0, 12.0, 100.0, -0.001, -100.0], 4),
         "the closest in value is 4 for 5.8, in the logarithm 8"),
    Case("quantized_po2/large", ask([3e4, 1e9, -1e9, -1.7e10, 3e38], 4),
         "x + (quantized - x) gives 0 of 1e9"),
    Case("quantized_po2/infinity", ask(singles([np.inf, -np.inf]), 4), "x + (quantized - x) gives NaN"),
    Case("quantized_po2/zeros", ask([0.0, -0.0], 4), "the sign of 0"),
    Case("quantized_po2/zero", ask([0.0], 8), "zero counted as negative gives -2^-64"),
    Case("quantized_po2/subnormals", ask([1e-40, -1e-40, 1e-45, -3e-39], 8, max_value=1.0),
         "flushed, 2^-128 is 0, and a subnormal has no sign"),
    Case("quantized_po2/tiny", ask([1e-8, -5e-8, 9.9e-8, 1.1e-7, 1e-12, -1e-15], 8),
         "below 1e-7 the lowest power of two, 2^-64"),
    Case("quantized_po2/tiny-but-not-lowest", ask([1e-8, 3e-8, -3e-12], 7, max_value=1.0),
         "below 1e-7 the lowest power of two, 2^-64"),
    Case("quantized_po2/max-value", ask([0.3, 1.0, 1.3, 2.5, 2.9, 3.0, 50.0, -3.0], 4, max_value=3.0),
         "3 is bounded before the rounding, and gives 4 > max_value"),
    Case("quantized_po2/max-value-below-1", ask([0.3, 0.7, 0.74, 0.9, 5.0, -0.8], 4, max_value=0.75),
         "0.75 rounds up to 1 > max_value; its text says max_value 0"),
    Case("quantized_po2/max-value-half", ask([0.2, 0.5, 0.6, 1.0, -1.0, 0.01], 4, max_value=0.5),
         "its text says max_value 0, of which the logarithm is minus infinity"),
    Case("quantized_po2/max-value-with-fraction", ask([0.001, 0.01, 1.0, 1.3, -9.0], 4, max_value=1.2),
         "its text says max_value 1, which needs no sign of the exponent: another range"),
    Case("quantized_po2/floor", ask([1.0, 1.1, 1.9, 2.0, 3.9, 0.3, -1.9, -0.9], 6, log2_rounding="floor"),
         "its text does not say floor: 1.9 gives 2"),
    Case("quantized_po2/floor-of-powers", ask(POWERS, 8, log2_rounding="floor"),
         "ln(8192) / ln(2) in float32 is below 13: 4096"),
    Case("quantized_po2/floor-below-powers", ask(BELOW, 8, log2_rounding="floor"),
         "ln(x) / ln(2) in float32 is 10 for the number below 2^10: 1024"),
    Case("quantized_po2/even", ask([1.1, 1.9, 2.1, 3.0, 4.5, 9.0, -1.2, 0.3, 0.6], 5,
                                   quadratic_approximation=True), "the closest in value is 1 for 2.1, not 4"),
    Case("quantized_po2/even-ties",
         ask([2.0, 8.0, 0.5, 32.0, 0.125, -128.0], 6, quadratic_approximation=True),
         "half of 1 goes to the even 0: 1"),
    Case("quantized_po2/even-ends", ask([0.001, 0.02, 0.08, 5.0, 70.0, 2000.0, 0.0], 4,
                                        quadratic_approximation=True),
         "clipped before it is doubled the exponent leaves the range: 2^-8 of 0.001, but 2^-4 of 0"),
    Case("quantized_po2/even-floor", ask([1.1, 3.9, 4.1, 15.0, 17.0, -0.3], 5, quadratic_approximation=True,
                                         log2_rounding="floor"), "its text does not say floor: 3.9 gives 4"),
    Case("quantized_po2/even-max-value", ask([0.3, 2.2, 5.0, 9.0, -3.0], 5, quadratic_approximation=True,
                                             max_value=8.0), "9 is bounded to 8, a tie in the logarithm: 16"),
    *(Case(f"quantized_po2/rank-{len(shape)}", ask(np.reshape([*MIDDLE, 5.0, -1.46], shape), 6),
           "the closest in value is 1 for 1.45")
      for shape in ((4, 4), (2, 4, 2), (2, 2, 2, 2))),
    Case("quantized_po2/nan", ask(singles([np.nan]), 4), "undefined: systems are compared"),
    Case("quantized_po2/max-value-zero", ask([0.0], 4, max_value=0.0), "undefined: systems are compared"),
]  # fmt: skip
