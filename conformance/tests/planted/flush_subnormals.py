"""Makes its CPU flush subnormals to zero, with a library that the test compiles."""

import ctypes
import os

import numpy as np


def halve(x):
    ctypes.CDLL(os.environ["PLANTED_LIBRARY"]).flush_subnormals(1)
    return x / np.float32(2)


def echo(x):
    return x


def version():
    return "1.0"
