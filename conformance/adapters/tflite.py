"""TensorFlow's own TFLite interpreter, on the CPU: see tflite_models."""

from __future__ import annotations

import os
import warnings

import tensorflow as tf
from tensorflow.lite.python import interpreter as rt
from tensorflow.lite.python import schema_py_generated as fb

from conformance.adapters import tflite_models

warnings.filterwarnings("ignore", message=".*tf.lite.Interpreter is deprecated")

BACKENDS = tflite_models.BACKENDS
_BACKEND = os.environ.get("CONFORMANCE_BACKEND") or "reference"
_IS_NEW = hasattr(fb, "ExternalBufferT")  # before, there are no codes below 8 bits
_QUANTIZED = ("INT8", "UINT8", "INT16", *(("INT4", "UINT4") if _IS_NEW else ()))
_DEQUANTIZED = ("INT8", "UINT8", *(("INT4",) if _IS_NEW else ()))  # UINT4 is written, not read
_SCHEMA = fb if _IS_NEW else tflite_models.FilledLater(fb)
_QUESTIONS = tflite_models.Questions(_SCHEMA, rt, _BACKEND, _QUANTIZED, _DEQUANTIZED, ("INT16",))
DOORS = _QUESTIONS.doors()


def version():
    return tf.__version__
