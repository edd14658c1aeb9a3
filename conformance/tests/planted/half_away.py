"""Rounds half away from zero; its dequantize is the definition."""

import os

from oracle.definition import compute, make_profile

SYSTEM = "planted"
BACKENDS = {"only": {}}


def version():
    return os.environ.get("PLANTED_VERSION", "1.0")


def quantize(**arguments):
    return compute("quantize", arguments, make_profile("quantize", {"rounding": "half_away"}))


def dequantize(**arguments):
    return compute("dequantize", arguments, make_profile("dequantize", {}))
