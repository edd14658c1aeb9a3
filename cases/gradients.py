"""What the questions about gradients share: points around both ends of a range, and a gradient for each."""

from __future__ import annotations

from typing import Any

import numpy as np

from cases.points import neighbours, singles
from oracle.formats import Array

NARROW = {"qmin": -127, "qmax": 126}  # the last code is even, so that it ends at a tie of the other kind


def at_ends(scale: Any, zero_point: float, codes: dict[str, int]) -> Array:
    """Return the points at both ends of the range, half a step and a step beyond, with neighbours."""
    steps = [codes["qmin"] - zero_point - d for d in (1.0, 0.5, 0.0)]
    steps += [0.0, *(codes["qmax"] - zero_point + d for d in (0.0, 0.5, 1.0))]
    return neighbours((np.array(steps) * float(scale)).astype(np.float32))


def gradients(size: int) -> Array:
    """Return multiples of 1/8 of both signs, no two alike."""
    return singles((k + 1) / 8 * (-1) ** k for k in range(size))


def ask(x: Any, scale: Any, zero_point: Any, codes: dict[str, int], dy: Any = None,
        **others: Any) -> dict[str, Any]:  # fmt: skip
    """Return the arguments of a gradient; where dy is not given it has no two values alike."""
    given = gradients(x.size).reshape(x.shape) if dy is None else dy
    return {"x": x, "scale": scale, "zero_point": zero_point, **codes, **others, "dy": given}


def ask_of_bits(x: Any, bits: int, dy: Any = None, **settings: Any) -> dict[str, Any]:
    """Return the arguments of a gradient through a quantizer of so many bits; no two dy are alike."""
    x = np.asarray(x, np.float32)
    given = np.arange(1, x.size + 1) * 0.7 * (-1.0) ** np.arange(x.size) if dy is None else dy
    return {"x": x, "dy": np.asarray(given, np.float32).reshape(x.shape), "bits": bits, **settings}
