"""LiteRT's interpreter, on the CPU: see tflite_models."""

from __future__ import annotations

import os

import ai_edge_litert
from ai_edge_litert import interpreter as rt
from ai_edge_litert import schema_py_generated as fb

from conformance.adapters import tflite_models

BACKENDS = tflite_models.BACKENDS
_BACKEND = os.environ.get("CONFORMANCE_BACKEND") or "reference"
_IS_NEW = hasattr(fb, "ExternalBufferT")  # 1.4 and before have no codes below 8 bits
_SMALL = ("INT4", "UINT4") if _IS_NEW else ()
_QUANTIZED = ("INT8", "UINT8", "INT16", *_SMALL)
_DEQUANTIZED = ("INT8", "UINT8", *_SMALL)
_WIDENED = ("INT8", "UINT8", "INT16") if _IS_NEW else ("INT16",)
_SCHEMA = fb if _IS_NEW else tflite_models.FilledLater(fb)
_QUESTIONS = tflite_models.Questions(_SCHEMA, rt, _BACKEND, _QUANTIZED, _DEQUANTIZED, _WIDENED)
DOORS = _QUESTIONS.doors()


def version():
    return ai_edge_litert.__version__
