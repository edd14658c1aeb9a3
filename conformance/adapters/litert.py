"""LiteRT's interpreter, on the CPU: see tflite_models."""

from __future__ import annotations

import os

import ai_edge_litert
from ai_edge_litert import interpreter as rt
from ai_edge_litert import schema_py_generated as fb

from conformance.adapters import tflite_models

BACKENDS = tflite_models.BACKENDS
_BACKEND = os.environ.get("CONFORMANCE_BACKEND") or "reference"
_DEQUANTIZED = ("INT8", "UINT8", "INT4", "UINT4")
_WIDENED = ("INT8", "UINT8", "INT16")
_QUESTIONS = tflite_models.Questions(fb, rt, _BACKEND, _DEQUANTIZED, _WIDENED)
DOORS = _QUESTIONS.doors()


def version():
    return ai_edge_litert.__version__
