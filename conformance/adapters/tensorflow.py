"""TensorFlow: the kernels called one by one (eager), in a graph (graph), compiled by XLA (xla).

fake_quant_with_min_max  tf.quantization.fake_quant_with_min_max_vars; doors: _args, _vars_per_channel
"""

from __future__ import annotations

import os

import numpy as np
import tensorflow as tf

from conformance.adapters import Unsupported

BACKENDS = {"eager": {}, "graph": {}, "xla": {}}
SLOW = {"xla"}
_BACKEND = os.environ.get("CONFORMANCE_BACKEND", "eager")


def version():
    return tf.__version__


def _run(function, *tensors, **attributes):
    """Call a function of tensors: in a graph, they are its arguments, the attributes are constants."""
    tensors = [tf.constant(np.asarray(tensor)) for tensor in tensors]

    def called(*given):
        return function(*given, **attributes)

    if _BACKEND != "eager":
        called = tf.function(called, jit_compile=_BACKEND == "xla")
    return tf.nest.map_structure(lambda tensor: tensor.numpy(), called(*tensors))


def _one_range(low):
    if np.ndim(low):
        raise Unsupported("this function takes one range: low and high must be scalars")


def fake_quant_with_min_max(x, low, high, bits, narrow_range):
    _one_range(low)
    quantizer = tf.quantization.fake_quant_with_min_max_vars
    return _run(quantizer, x, low, high, num_bits=bits, narrow_range=narrow_range)


def _fake_quant_args(x, low, high, bits, narrow_range):
    _one_range(low)
    quantizer = tf.quantization.fake_quant_with_min_max_args
    return _run(quantizer, x, min=float(low), max=float(high), num_bits=bits, narrow_range=narrow_range)


def _fake_quant_per_channel(x, low, high, bits, narrow_range):
    _one_range(low)
    column, ranges = x.reshape(-1, 1), (np.reshape(low, 1), np.reshape(high, 1))
    return _fake_quant_channels(column, *ranges, bits, narrow_range).reshape(x.shape)


def _fake_quant_channels(x, low, high, bits, narrow_range):
    if not np.ndim(low):
        raise Unsupported("this function takes a range for each channel: low and high must be vectors")
    quantizer = tf.quantization.fake_quant_with_min_max_vars_per_channel
    return _run(quantizer, x, low, high, num_bits=bits, narrow_range=narrow_range)


DOORS = {
    "fake_quant_with_min_max": {
        "args": _fake_quant_args,
        "per-channel": _fake_quant_per_channel,
        "channels": _fake_quant_channels,
    },
}
