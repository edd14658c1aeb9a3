"""Cases of `quantizer_noise_gradient`: what passes with use_ste and without it."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.case import Case

POINTS = [0.3, 0.7, 0.11, -0.4, 1.7, 0.05, 0.9, -3.1, 2.3]


def ask(quantizer: str, noise: float, **settings: Any) -> dict[str, Any]:
    x = np.asarray(POINTS, np.float32)
    dy = np.arange(1, x.size + 1, dtype=np.float32) * np.float32(0.7)
    return {"x": x, "dy": dy, "quantizer": quantizer, "bits": 4, "qnoise_factor": noise, **settings}


QUANTIZERS = {"relu": "quantized_relu", "po2": "quantized_po2", "relu-po2": "quantized_relu_po2"}

CASES = [
    case
    for slug, name in QUANTIZERS.items()
    for case in (
        Case(f"quantizer_noise_gradient/{slug}-ste", ask(name, 0.5), "without it half of dy"),
        Case(f"quantizer_noise_gradient/{slug}-no-ste", ask(name, 0.25, use_ste=False),
             "0.75 of dy; its configuration does not keep use_ste: all of it"),
        Case(f"quantizer_noise_gradient/{slug}-all-noise", ask(name, 1.0, use_ste=False),
             "nothing; with use_ste dy"),
    )
]  # fmt: skip
