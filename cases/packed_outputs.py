"""Cases of `packed_outputs`: one output and several, signs that one layer reads and signs that two read."""

from __future__ import annotations

import numpy as np

from cases.binary_layers import Shape, signs
from cases.case import Case
from cases.points import singles
from oracle.formats import Array

PADDED = "ones in the bits without a channel; the other polarity; the highest bit first"


def image(*shape: int) -> Array:
    """Return values of either sign, with both zeros among them."""
    found = signs(shape, 1) * (1 + np.arange(np.prod(shape), dtype=np.float32).reshape(shape) % 5)
    found.reshape(-1)[::7] = 0.0
    found.reshape(-1)[3::14] = -0.0
    return found


def binary(*shape: int) -> Array:
    return signs(shape, 2)


def real(*shape: int) -> Array:
    """Return weights that are no signs times a scale: no binary convolution is made of them."""
    return np.asarray(signs(shape, 2) * np.resize(singles([1.0, 0.5, 2.0]), shape))


def scaled(*shape: int) -> Array:
    """Return signs times a scale for each filter: a binary convolution is made of them all the same."""
    return np.asarray(signs(shape, 2) * np.resize(singles([1.0, 0.5, 2.0]), shape[-1]))


def asked(name: str, x: Shape, weight: Array, outputs: str, shows: str) -> Case:
    given = {"x": image(*x), "weight": weight, "outputs": outputs}
    return Case(f"packed_outputs/{name}", given, shows)


TURNED = "the outputs in the other order"
LOST = "the layer that reads the signs as well loses its input"

CASES = [
    asked("binary-result", (1, 4, 4, 6), binary(2, 2, 6, 5), "result", PADDED),
    asked("binary-result-33", (1, 3, 3, 4), binary(2, 2, 4, 33), "result", PADDED),
    asked("binary-both", (1, 4, 4, 6), binary(2, 2, 6, 5), "both", TURNED),
    asked("binary-both-two-words", (2, 3, 3, 37), binary(1, 1, 37, 40), "both", PADDED),
    asked("binary-both-alike", (1, 2, 3, 8), binary(1, 1, 8, 8), "both", TURNED),
    asked("binary-real", (1, 4, 4, 6), binary(2, 2, 6, 5), "real", "the sums unpacked from signs"),
    asked("real-result", (1, 4, 4, 6), real(2, 2, 6, 5), "result", PADDED),
    asked("real-both", (1, 3, 2, 2), scaled(1, 2, 2, 3), "both", LOST + ", unless it is made binary"),
    asked("real-real", (1, 2, 2, 3), real(1, 1, 3, 2), "real", LOST),
]
