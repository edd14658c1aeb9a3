"""Larq Compute Engine: its interpreter on single operations, and what its converter stores.

The models of single operations are built from the schema: no converter stands between a question and
the kernel. The backends are the implementations of the binary convolution that the interpreter offers;
the other operations have one only, and are asked through the first.
"""

from __future__ import annotations

import os

import numpy as np
from larq_compute_engine import __version__
from larq_compute_engine.tflite.python.interpreter import Interpreter

from conformance.adapters import Unsupported
from conformance.adapters import larq_compute_engine_models as models

SYSTEM = "larq-compute-engine"
_ENVIRONMENT = {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
BACKENDS = {"optimized": _ENVIRONMENT, "reference": _ENVIRONMENT, "indirect": _ENVIRONMENT}
_BACKEND = os.environ.get("CONFORMANCE_BACKEND", "optimized")
_OPTIONS = {
    "optimized": {},
    "reference": {"use_reference_bconv": True},
    "indirect": {"use_indirect_bgemm": True},
}[_BACKEND]


def version():
    return __version__


def pack_bits(x, zero_point=0):
    """LceQuantize."""
    scale = None if x.dtype == np.float32 else 1.0
    return {"words": _run(models.quantize_model(x.shape, scale, zero_point), x)}


def unpack_bits(code, channels, output_scale=None, output_zero_point=0):
    """LceDequantize."""
    model = models.dequantize_model(code.shape, channels, output_scale, output_zero_point)
    return {"signs" if output_scale is None else "codes": _run(model, code)}


def _pack_kernel(x, zero_point=0):
    if x.dtype != np.float32:
        raise Unsupported("a layer's kernel is float32")
    words = models.converted_kernel(x.reshape(-1, x.shape[-1]))
    return {"words": words.reshape(*x.shape[:-1], -1)}


def _run(model, x):
    """Feed one tensor, fetch one; the Interpreter's own `predict` takes its argument apart into batches."""
    known = x.astype(x.dtype.type)  # it knows a dtype by its object, not by what it is equal to
    (found,) = Interpreter(model, **_OPTIONS).interpreter.predict([known])
    return found


DOORS = {"pack_bits": {"kernel": _pack_kernel}}

if _BACKEND != "optimized":
    del pack_bits, unpack_bits, DOORS["pack_bits"]
