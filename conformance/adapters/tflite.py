"""TensorFlow's own TFLite interpreter, on the CPU: see tflite_models; and its converter: see tflite_bias."""

from __future__ import annotations

import os
import warnings

import tensorflow as tf
from tensorflow.lite.python import interpreter as rt
from tensorflow.lite.python import schema_py_generated as fb

from conformance.adapters import tflite_models
from conformance.adapters.tflite_bias import quantize_bias as _quantize_bias

warnings.filterwarnings("ignore", message=".*tf.lite.Interpreter is deprecated")

BACKENDS = {**tflite_models.BACKENDS, "converter": {}}
SLOW = {"converter"}
_BACKEND = os.environ.get("CONFORMANCE_BACKEND") or "reference"
_INTERPRETED = _BACKEND if _BACKEND in tflite_models.BACKENDS else "reference"
_IS_NEW = hasattr(fb, "ExternalBufferT")  # before, there are no codes below 8 bits
_QUANTIZED = ("INT8", "UINT8", "INT16", *(("INT4", "UINT4") if _IS_NEW else ()))
_DEQUANTIZED = ("INT8", "UINT8", *(("INT4",) if _IS_NEW else ()))  # UINT4 is written, not read
_SCHEMA = fb if _IS_NEW else tflite_models.FilledLater(fb)
_QUESTIONS = tflite_models.Questions(_SCHEMA, rt, _INTERPRETED, _QUANTIZED, _DEQUANTIZED, ("INT16",))
DOORS = _QUESTIONS.doors()
OFFERS = {**dict.fromkeys(tflite_models.BACKENDS, tuple(DOORS)), "converter": ("quantize_bias",)}
DOORS["quantize_bias"] = {"plain": _quantize_bias}


def version():
    return tf.__version__
