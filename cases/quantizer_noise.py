"""Cases of `quantizer_noise`: qnoise_factor and use_ste of three quantizers, far from their thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case

POINTS = [0.3, 0.7, 0.11, -0.4, 1.7, 0.05, 0.9, -3.1, 2.3]
FINE = [1e-3, 3e-5, 0.013, 0.31, 0.77]
LOST = "its text does not keep qnoise_factor: the quantized value"


def ask(quantizer: str, noise: float, x: Any = POINTS, bits: int = 4, **settings: Any) -> dict[str, Any]:
    return {
        "x": np.asarray(x, np.float32),
        "quantizer": quantizer,
        "bits": bits,
        "qnoise_factor": noise,
        **settings,
    }


QUANTIZERS = {"relu": "quantized_relu", "po2": "quantized_po2", "relu-po2": "quantized_relu_po2"}

CASES = [
    case
    for slug, name in QUANTIZERS.items()
    for case in (
        Case(f"quantizer_noise/{slug}-none", ask(name, 0.0), LOST),
        Case(f"quantizer_noise/{slug}-half", ask(name, 0.5), LOST),
        Case(f"quantizer_noise/{slug}-quarter-no-ste", ask(name, 0.25, bits=5, use_ste=False), LOST),
        Case(f"quantizer_noise/{slug}-3-tenths", ask(name, 0.3, [*POINTS, *FINE]),
             "real + 0.3 * (value - real) is rounded otherwise"),
        Case(f"quantizer_noise/{slug}-3-tenths-no-ste", ask(name, 0.3, [*POINTS, *FINE], use_ste=False),
             "its configuration does not keep use_ste: real + 0.3 * (value - real)"),
        Case(f"quantizer_noise/{slug}-rank-2", ask(name, 0.75, np.reshape(POINTS, (3, 3))), LOST),
    )
]  # fmt: skip
