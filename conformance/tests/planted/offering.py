"""Two backends, of which one offers a part of the operations only."""

import numpy as np

BACKENDS = {"whole": {}, "part": {}}
OFFERS = {"part": ("dequantize",)}


def version():
    return "1"


def quantize(x, scale, zero_point, qmin, qmax):
    return np.zeros(x.shape, np.int8)


def dequantize(code, scale, zero_point, qmin, qmax):
    return np.zeros(code.shape, np.float32)
