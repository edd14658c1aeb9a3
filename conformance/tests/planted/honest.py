"""No fault: what the others are compared with."""

import os

import numpy as np

BACKENDS = {"plain": {}, "loud": {"PLANTED_VOLUME": "11"}}


def echo(x, **others):
    return x


def double(x):
    return {"code": (x * 2).astype(np.int32), "real": x * x.dtype.type(2)}


def kinds(x, **others):
    return np.array([type(value).__name__ == "ndarray" for value in (x, *others.values())])


def mean(x):
    """Depends on how the vector is cut."""
    return np.full_like(x, x.mean())


def layout(x):
    return np.array(x.flags["C_CONTIGUOUS"])


def settings():
    names = ("CONFORMANCE_BACKEND", "PLANTED_VOLUME", "OMP_NUM_THREADS")
    return {name: np.frombuffer(os.environ.get(name, "").encode(), np.uint8) for name in names}


def brain(x):
    return type(x)(x.values * np.float32(2))


def _double_through_a_door(x):
    return x + x


def version():
    return "1.0"


DOORS = {"echo": {"sum": _double_through_a_door}, "doors_only": {"sum": _double_through_a_door}}
