"""QKeras's quantizers but for quantized_bits: one function per operation, and their doors.

plain   the quantizer, called;  config  remade by from_config(get_config())
layer   inside QActivation;     string  remade by get_quantizer(str(quantizer))
"""

from __future__ import annotations

import os
from functools import lru_cache, partial

import tensorflow as tf
from qkeras import quantizers
from qkeras.qlayers import QActivation

_IN_GRAPH = os.environ.get("CONFORMANCE_BACKEND") == "graph"
_REMADE = {
    "plain": lambda made: made,
    "config": lambda made: type(made).from_config(made.get_config()),
    "string": lambda made: quantizers.get_quantizer(str(made)),
    "layer": QActivation,
}


@lru_cache(maxsize=512)
def _quantizer(name, door, settings):
    """Make a quantizer and remake it as the door says; it is kept, as a model keeps it."""
    return _REMADE[door](getattr(quantizers, name)(**dict(settings)))


@lru_cache(maxsize=512)
def _called(name, door, settings, training=False):
    made = _quantizer(name, door, settings)
    return tf.function(lambda t: made(t)) if _IN_GRAPH else made


@lru_cache(maxsize=512)
def _differentiated(name, door, settings):
    made = _quantizer(name, door, settings)

    def gradient(t, dy):
        with tf.GradientTape() as tape:
            tape.watch(t)
            y = made(t)
        return tape.gradient(y, t, output_gradients=dy)

    return tf.function(gradient) if _IN_GRAPH else gradient


def _forward(name, door, x, **settings):
    return _called(name, door, tuple(settings.items()))(tf.constant(x)).numpy()


def _backward(name, door, x, dy, **settings):
    found = _differentiated(name, door, tuple(settings.items()))(tf.constant(x), tf.constant(dy))
    return {"x": found.numpy()}


def quantized_relu(x, bits, integer, use_sigmoid=0, negative_slope=0.0, relu_upper_bound=None,
                   is_quantized_clip=True, door="plain"):  # fmt: skip
    return _forward("quantized_relu", **locals())


def quantized_relu_gradient(x, dy, bits, integer, negative_slope=0.0, relu_upper_bound=None,
                            is_quantized_clip=True, door="plain"):  # fmt: skip
    return _backward("quantized_relu", **locals())


def quantized_po2(x, bits, max_value=None, quadratic_approximation=False, log2_rounding="rnd", door="plain"):
    return _forward("quantized_po2", **locals())


def quantized_po2_gradient(x, dy, bits, max_value=None, quadratic_approximation=False, log2_rounding="rnd",
                           door="plain"):  # fmt: skip
    return _backward("quantized_po2", **locals())


def quantized_relu_po2(x, bits, max_value=None, negative_slope=0, quadratic_approximation=False,
                       log2_rounding="rnd", door="plain"):  # fmt: skip
    return _forward("quantized_relu_po2", **locals())


def quantized_relu_po2_gradient(x, dy, bits, max_value=None, negative_slope=0, quadratic_approximation=False,
                                log2_rounding="rnd", door="plain"):  # fmt: skip
    return _backward("quantized_relu_po2", **locals())


def binary(x, alpha=None, use_01=False, door="plain"):
    return _forward("binary", **locals())


def binary_gradient(x, dy, alpha=None, use_01=False, door="plain"):
    return _backward("binary", **locals())


def ternary(x, alpha=None, threshold=None, number_of_unrolls=5, door="plain"):
    return _forward("ternary", **locals())


def ternary_gradient(x, dy, alpha=None, threshold=None, number_of_unrolls=5, door="plain"):
    return _backward("ternary", **locals())


def quantized_tanh(x, bits, symmetric=False, use_real_tanh=False, door="plain"):
    return _forward("quantized_tanh", **locals())


def quantized_tanh_gradient(x, dy, bits, symmetric=False, use_real_tanh=False, door="plain"):
    return _backward("quantized_tanh", **locals())


def quantized_sigmoid(x, bits, symmetric=False, use_real_sigmoid=False, door="plain"):
    return _forward("quantized_sigmoid", **locals())


def quantized_sigmoid_gradient(x, dy, bits, symmetric=False, use_real_sigmoid=False, door="plain"):
    return _backward("quantized_sigmoid", **locals())


def quantized_ulaw(x, bits, integer=0, symmetric=False, u=255.0, door="plain"):
    return _forward("quantized_ulaw", **locals())


def quantized_ulaw_gradient(x, dy, bits, integer=0, symmetric=False, u=255.0, door="plain"):
    return _backward("quantized_ulaw", **locals())


def quantized_hswish(x, bits, integer=0, symmetric=False, alpha=None, relu_shift=3, relu_upper_bound=6,
                     door="plain"):  # fmt: skip
    return _forward("quantized_hswish", **locals())


def quantized_hswish_gradient(x, dy, bits, integer=0, symmetric=False, alpha=None, relu_shift=3,
                              relu_upper_bound=6, door="plain"):  # fmt: skip
    return _backward("quantized_hswish", **locals())


def quantizer_noise(x, quantizer, bits, qnoise_factor, use_ste=True, door="plain"):
    return _forward(quantizer, door, x, bits=bits, qnoise_factor=qnoise_factor, use_ste=use_ste)


def quantizer_noise_gradient(x, dy, quantizer, bits, qnoise_factor, use_ste=True, door="plain"):
    return _backward(quantizer, door, x, dy, bits=bits, qnoise_factor=qnoise_factor, use_ste=use_ste)


def _draw(name, door, x, draws, training=True, **settings):
    """Draw so often, seeded, a row of elements each time: no element depends on another one."""
    tf.random.set_seed(7)
    tf.keras.backend.set_learning_phase(int(training))
    try:
        rows = tf.tile(tf.constant(x)[tf.newaxis], [draws, 1])
        # Traced in the phase that it is called in.
        drawn = _called(name, door, (*settings.items(),), training)(rows).numpy()
    finally:
        tf.keras.backend.set_learning_phase(0)
    highest = drawn.max(axis=0)
    return {"lowest": drawn.min(axis=0), "highest": highest, "count": (drawn == highest).sum(axis=0)}


def stochastic_binary(x, draws, alpha=None, temperature=6.0, use_real_sigmoid=True, training=True,
                      door="plain"):  # fmt: skip
    return _draw("stochastic_binary", **locals())


def bernoulli(x, draws, alpha=None, temperature=6.0, use_real_sigmoid=True, door="plain"):
    return _draw("bernoulli", **locals())


_OPERATIONS = (
    quantized_relu, quantized_relu_gradient, quantized_po2, quantized_po2_gradient,
    quantized_relu_po2, quantized_relu_po2_gradient, binary, binary_gradient, ternary, ternary_gradient,
    quantized_tanh, quantized_tanh_gradient, quantized_sigmoid, quantized_sigmoid_gradient,
    quantized_ulaw, quantized_ulaw_gradient, quantized_hswish, quantized_hswish_gradient,
    quantizer_noise, quantizer_noise_gradient, stochastic_binary, bernoulli,
)  # fmt: skip
DOORS = {f.__name__: {door: partial(f, door=door) for door in _REMADE} for f in _OPERATIONS}
