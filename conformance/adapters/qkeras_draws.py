"""QKeras's quantizers that draw, each value so many times, seeded: lowest and highest, and how often."""

from __future__ import annotations

from functools import partial

import numpy as np
import tensorflow as tf

from conformance.adapters.qkeras_more import _REMADE, _called


def _draw(name, door, x, draws, training, **settings):
    """Draw so often: the rows of x come again and again, and change no statistics of a channel."""
    tf.random.set_seed(7)
    tf.keras.backend.set_learning_phase(int(training))
    try:
        # Traced in the phase that it is called in.
        call = _called(name, door, tuple(settings.items()), training)
        return call(tf.constant(np.tile(np.atleast_2d(x), (draws, 1)))).numpy().reshape(draws, *x.shape)
    finally:
        tf.keras.backend.set_learning_phase(0)


def _counted(drawn):
    highest = drawn.max(axis=0)
    return {"lowest": drawn.min(axis=0), "highest": highest, "count": (drawn == highest).sum(axis=0)}


def stochastic_ternary(x, draws, alpha, temperature=8.0, use_real_sigmoid=True, number_of_unrolls=5,
                       training=True, door="plain"):  # fmt: skip
    drawn = _draw("stochastic_ternary", **locals())
    return {**_counted(drawn), "zeros": (drawn == 0).sum(axis=0)}


def quantized_relu_stochastic(x, draws, bits, integer, negative_slope=0.0, training=True, door="plain"):
    return _counted(_draw("quantized_relu", use_stochastic_rounding=True, **locals()))


def quantized_po2_stochastic(x, draws, bits, max_value=None, quadratic_approximation=False, training=True,
                             door="plain"):  # fmt: skip
    return _counted(_draw("quantized_po2", use_stochastic_rounding=True, **locals()))


def quantized_relu_po2_stochastic(x, draws, bits, max_value=None, negative_slope=0,
                                  quadratic_approximation=False, training=True, door="plain"):  # fmt: skip
    return _counted(_draw("quantized_relu_po2", use_stochastic_rounding=True, **locals()))


_OPERATIONS = (
    stochastic_ternary, quantized_relu_stochastic, quantized_po2_stochastic, quantized_relu_po2_stochastic,
)  # fmt: skip
DOORS = {f.__name__: {door: partial(f, door=door) for door in ("plain", *_REMADE)} for f in _OPERATIONS}
