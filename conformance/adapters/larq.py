"""Larq's quantizers, as layers that are called: eagerly, in a tf.function, compiled by XLA.

The plain door calls an object of the class; the other doors make it, or use it, in another way.
"""

from __future__ import annotations

import os
from functools import partial

import larq
import numpy as np
import tensorflow as tf

from conformance.adapters import Unsupported
from conformance.adapters.tensorflow_settings import KERAS, XLA

BACKENDS = {"eager": KERAS, "graph": KERAS, "xla": KERAS | XLA}
SLOW = {"xla"}
_BACKEND = os.environ.get("CONFORMANCE_BACKEND", "eager")

_Q = larq.quantizers


def version():
    """Its own version and its host's: the kernels are TensorFlow's."""
    return f"{larq.__version__}+tf{tf.__version__}"


def ste_sign(x, clip_value):
    return _ask(_Q.SteSign, x, clip_value=clip_value)


def ste_sign_gradient(x, clip_value, dy):
    return _ask(_Q.SteSign, x, dy, clip_value=clip_value)


def approx_sign(x):
    return _ask(_Q.ApproxSign, x)


def approx_sign_gradient(x, dy):
    return _ask(_Q.ApproxSign, x, dy)


def swish_sign(x, beta):
    return _ask(_Q.SwishSign, x, beta=beta)


def swish_sign_gradient(x, beta, dy):
    return _ask(_Q.SwishSign, x, dy, beta=beta)


def ste_heaviside(x, clip_value):
    return _ask(_Q.SteHeaviside, x, clip_value=clip_value)


def ste_heaviside_gradient(x, clip_value, dy):
    return _ask(_Q.SteHeaviside, x, dy, clip_value=clip_value)


def ste_tern(x, threshold_value, ternary_weight_networks, clip_value):
    return _ask(
        _Q.SteTern,
        x,
        threshold_value=threshold_value,
        ternary_weight_networks=ternary_weight_networks,
        clip_value=clip_value,
    )


def ste_tern_gradient(x, threshold_value, ternary_weight_networks, clip_value, dy):
    return _ask(
        _Q.SteTern,
        x,
        dy,
        threshold_value=threshold_value,
        ternary_weight_networks=ternary_weight_networks,
        clip_value=clip_value,
    )


def magnitude_aware_sign(x, clip_value):
    return _ask(_Q.MagnitudeAwareSign, x, clip_value=clip_value)


def magnitude_aware_sign_gradient(x, clip_value, dy):
    return _ask(_Q.MagnitudeAwareSign, x, dy, clip_value=clip_value)


def dorefa(x, bits, mode):
    return _ask(_Q.DoReFa, x, k_bit=bits, mode=mode)


def dorefa_gradient(x, bits, mode, dy):
    return _ask(_Q.DoReFa, x, dy, k_bit=bits, mode=mode)


# How a quantizer is made ------------------------------------------------------------------


def _of_class(kind, options, dtype):
    return kind(**options, dtype=dtype)


def _of_name(kind, options, dtype):
    """Make a quantizer from its registered name, with which no options go."""
    quantizer = _Q.get(_NAMES[kind])
    config = quantizer.get_config()
    if dtype != "float32" or any(config[name] != value for name, value in options.items()):
        raise Unsupported("a name stands for float32 and the default options")
    return quantizer


def _of_config(kind, options, dtype):
    return kind.from_config(kind(**options, dtype=dtype).get_config())


def _of_serialized(kind, options, dtype):
    return _Q.get(_Q.serialize(kind(**options, dtype=dtype)))


_NAMES = {
    _Q.SteSign: "ste_sign",
    _Q.ApproxSign: "approx_sign",
    _Q.SwishSign: "swish_sign",
    _Q.SteHeaviside: "ste_heaviside",
    _Q.SteTern: "ste_tern",
    _Q.MagnitudeAwareSign: "magnitude_aware_sign",
    _Q.DoReFa: "dorefa_quantizer",
}


# How it is used ---------------------------------------------------------------------------


def _call(quantizer, x, dy):
    """Call it with a tensor; with dy, differentiate."""
    if dy is None:
        return _compiled(quantizer)(x)

    def differentiate(x, dy):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = quantizer(x)
        return tape.gradient(y, x, dy)

    return _compiled(differentiate)(x, dy)


def _in_dense_kernel(quantizer, x, dy):
    """Let a dense layer hold x as its kernel, and read the kernel as the layer's call does."""
    _need(x, 2)
    layer = larq.layers.QuantDense(x.shape[1], kernel_quantizer=quantizer, use_bias=False)
    layer.build((None, x.shape[0]))
    return _read_kernel(layer, x, dy)


def _in_convolution_kernel(quantizer, x, dy):
    _need(x, 4)
    height, width, channels, filters = x.shape
    layer = larq.layers.QuantConv2D(filters, (height, width), kernel_quantizer=quantizer, use_bias=False)
    layer.build((None, height, width, channels))
    return _read_kernel(layer, x, dy)


def _read_kernel(layer, x, dy):
    layer.set_weights([x.numpy()])

    def read():
        with larq.context.quantized_scope(True):
            return tf.convert_to_tensor(layer.kernel)

    if dy is None:
        return _compiled(read)()

    def differentiate(dy):
        with tf.GradientTape() as tape:
            y = read()
        return tape.gradient(y, layer.trainable_variables[0], dy)

    return _compiled(differentiate)(dy)


def _in_input(quantizer, x, dy):
    """Feed x to a dense layer with one unit and a kernel of 1."""
    _need(x, 1)
    layer = larq.layers.QuantDense(1, input_quantizer=quantizer, use_bias=False)
    layer.build((None, 1))
    layer.set_weights([np.ones((1, 1), np.float32)])

    def predict(x):
        return tf.reshape(layer(tf.reshape(x, (-1, 1))), (-1,))

    return _call(predict, x, dy)


def _need(x, rank):
    if x.dtype != tf.float32 or x.shape.rank != rank:
        raise Unsupported(f"this layer takes float32 of rank {rank} here")


def _compiled(function):
    if _BACKEND == "eager":
        return function
    return tf.function(function, jit_compile=_BACKEND == "xla")


# Asking -----------------------------------------------------------------------------------


def _ask(kind, x, dy=None, make=_of_class, use=_call, **options):
    tensor, upstream = _tensor(x), None if dy is None else _tensor(dy)
    quantizer = make(kind, options, tensor.dtype.name)
    found = use(quantizer, tensor, upstream).numpy()  # bfloat16 by its extension dtype
    return found if dy is None else {"x": found}


def _through(kind, how, x, dy=None, bits=None, **options):
    if bits is not None:
        options["k_bit"] = bits
    return _ask(kind, x, dy, **how, **options)


_HOW = {
    "string": {"make": _of_name},
    "config": {"make": _of_config},
    "serialized": {"make": _of_serialized},
    "dense-kernel": {"use": _in_dense_kernel},
    "convolution-kernel": {"use": _in_convolution_kernel},
    "dense-input": {"use": _in_input},
}


# The product with the kernel changes subnormal numbers and the sign of a zero: 1 and -1 pass it.
_THROUGH_A_PRODUCT = ("ste_sign", "approx_sign", "swish_sign")


def _doors(operation, kind):
    kept = [door for door in _HOW if door != "dense-input" or operation in _THROUGH_A_PRODUCT]
    return {door: partial(_through, kind, _HOW[door]) for door in kept}


DOORS = {
    operation: _doors(operation, kind)
    for kind, name in _NAMES.items()
    for forward in ["dorefa" if kind is _Q.DoReFa else name]
    for operation in (forward, f"{forward}_gradient")
}


# Arrays -----------------------------------------------------------------------------------


def _tensor(x):
    if hasattr(x, "values"):  # bfloat16, carried in float32: its upper half
        halves = (np.ascontiguousarray(x.values).view(np.uint32) >> np.uint32(16)).astype(np.uint16)
        return tf.constant(halves.view(tf.bfloat16.as_numpy_dtype))
    return tf.constant(x)
