"""The definition itself, through the doors that planted faults use; tests may import the oracle."""

import os

from oracle.definition import DEFINITIONS, compute

SYSTEM = "planted"
BACKENDS = {"only": {}}


def version():
    return os.environ.get("PLANTED_VERSION", "1.0")


def _answer(operation, **arguments):
    return compute(operation, arguments, DEFINITIONS[operation].profile)


def quantize(**arguments):
    return _answer("quantize", **arguments)


def dequantize(**arguments):
    return _answer("dequantize", **arguments)


def fake_quantize(**arguments):
    return _answer("fake_quantize", **arguments)
