"""TensorFlow Model Optimization: the quantizers of its Keras API, in training and in inference.

update_range             LastValueQuantizer, AllValuesQuantizer, MovingAverageQuantizer with training=True:
                         what they leave in min_var and max_var
fake_quant_with_min_max  LastValueQuantizer with training=False; doors: the other quantizers, and the kernel
                         quantizer of a layer that quantize_apply has wrapped
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
from tensorflow_model_optimization.python.core.keras import compat
from tensorflow_model_optimization.python.core.quantization.keras.quantizers import FixedQuantizer

from conformance.adapters import Unsupported

BACKENDS = {"eager": {}, "graph": {}}
_IN_GRAPH = os.environ.get("CONFORMANCE_BACKEND") == "graph"
_QUANTIZERS = tfmot.quantization.keras.quantizers
_METHODS = {
    "last": _QUANTIZERS.LastValueQuantizer,
    "all": _QUANTIZERS.AllValuesQuantizer,
    "moving_average": _QUANTIZERS.MovingAverageQuantizer,
}


def version():
    """Its own version and its host's: the kernels are TensorFlow's."""
    return f"{tfmot.__version__}+tf{tf.__version__}"


def _call(quantizer, x, training, weights):
    def called(tensor):
        return quantizer(tensor, training=training, weights=weights)

    return (tf.function(called) if _IN_GRAPH else called)(tf.constant(np.asarray(x))).numpy()


def _variables(low, high):
    if np.ndim(low):
        raise Unsupported("one range holds for the whole tensor; see the door channels")
    return {"min_var": tf.Variable(low), "max_var": tf.Variable(high)}


def update_range(x, low, high, bits, symmetric, narrow_range, method):
    quantizer = _METHODS[method](
        num_bits=bits, per_axis=False, symmetric=symmetric, narrow_range=narrow_range
    )
    variables = _variables(low, high)
    _call(quantizer, x, True, variables)
    return {"low": variables["min_var"].numpy(), "high": variables["max_var"].numpy()}


def _update_range_per_axis(x, low, high, bits, symmetric, narrow_range, method):
    if method == "all":
        raise Unsupported("AllValuesQuantizer has no per-axis form")
    quantizer = _METHODS[method](num_bits=bits, per_axis=True, symmetric=symmetric, narrow_range=narrow_range)
    variables = {"min_var": tf.Variable(np.reshape(low, 1)), "max_var": tf.Variable(np.reshape(high, 1))}
    _call(quantizer, np.asarray(x).reshape(-1, 1), True, variables)
    return {"low": variables["min_var"].numpy()[0], "high": variables["max_var"].numpy()[0]}


def fake_quant_with_min_max(x, low, high, bits, narrow_range):
    return _inference("last", x, low, high, bits, narrow_range)


def _inference(method, x, low, high, bits, narrow_range):
    quantizer = _METHODS[method](num_bits=bits, per_axis=False, symmetric=True, narrow_range=narrow_range)
    return _call(quantizer, x, False, _variables(low, high))


def _all_values(x, low, high, bits, narrow_range):
    return _inference("all", x, low, high, bits, narrow_range)


def _moving_average(x, low, high, bits, narrow_range):
    return _inference("moving_average", x, low, high, bits, narrow_range)


def _fixed(x, low, high, bits, narrow_range):
    if np.ndim(low):
        raise Unsupported("FixedQuantizer takes one range")
    quantizer = FixedQuantizer(
        num_bits=bits, init_min=float(low), init_max=float(high), narrow_range=narrow_range
    )
    return _call(quantizer, x, False, {})


def _channels(x, low, high, bits, narrow_range):
    if not np.ndim(low):
        raise Unsupported("per axis there is a range for each channel")
    quantizer = _METHODS["last"](num_bits=bits, per_axis=True, symmetric=True, narrow_range=narrow_range)
    return _call(quantizer, x, False, {"min_var": tf.Variable(low), "max_var": tf.Variable(high)})


def _quantize_apply(x, low, high, bits, narrow_range):
    """The kernel of a Dense layer after quantize_apply, through the quantizer and the variables it got."""
    if np.ndim(low) or (bits, narrow_range) != (8, True):
        raise Unsupported(
            "the default 8-bit scheme has one narrow 8-bit range for the kernel of a Dense layer"
        )
    flat = np.asarray(x).reshape(-1, 1)
    if not flat.size:
        raise Unsupported("a kernel has at least one weight")
    keras = getattr(compat, "keras", tf.keras)  # before 0.8 there was one Keras
    dense = keras.layers.Dense(1, use_bias=False, input_shape=(len(flat),))
    annotated = tfmot.quantization.keras.quantize_annotate_model(keras.Sequential([dense]))
    model = tfmot.quantization.keras.quantize_apply(annotated)
    ((kernel, quantizer, variables),) = model.layers[-1]._weight_vars
    kernel.assign(flat)
    variables["min_var"].assign(low)
    variables["max_var"].assign(high)
    return _call(quantizer, kernel.numpy(), False, variables).reshape(np.shape(x))


DOORS = {
    "update_range": {"per-axis": _update_range_per_axis},
    "fake_quant_with_min_max": {
        "all-values": _all_values,
        "moving-average": _moving_average,
        "fixed": _fixed,
        "channels": _channels,
        "quantize-apply": _quantize_apply,
    },
}
