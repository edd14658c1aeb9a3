"""The adapter of the planted framework: helpers, a cache, a class, a door, a refusal."""

from __future__ import annotations

import os
from functools import lru_cache, partial

import numpy as np
import planted_framework as framework

from conformance.adapters import Unsupported

BACKENDS = {"plain": {}, "loud": {"PLANTED": "loud"}}
_LOUD = os.environ.get("CONFORMANCE_BACKEND") == "loud"
_TYPES = {(-128, 127): np.int8, (0, 255): np.uint8}


def version():
    return framework.__version__


class _Asked:
    """Holds what is asked."""

    def __init__(self, scale, qmin, qmax):
        self.quantizer = _quantizer(float(scale), qmin, qmax)
        self.type = _type(qmin, qmax)

    def ask(self, x):
        return self.quantizer(x).astype(self.type)


def quantize(x, scale, zero_point, qmin, qmax, door="plain"):
    if zero_point != 0:
        raise Unsupported("no zero point")
    values = _flat(x) if door == "flat" else x
    codes = _Asked(scale, qmin, qmax).ask(values)
    return codes.reshape(x.shape)


@lru_cache(maxsize=8)
def _quantizer(scale, qmin, qmax):
    if _LOUD:
        print("asked")
    return framework.Quantizer(np.float32(scale), qmin, qmax)


def _flat(x):
    """Return the values without their shape."""
    return np.asarray(x).reshape(-1)


def _type(qmin, qmax):
    if (qmin, qmax) not in _TYPES:
        raise Unsupported("8 bits only")
    return _TYPES[qmin, qmax]


DOORS = {"quantize": {"flat": partial(quantize, door="flat")}}
