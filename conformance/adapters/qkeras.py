"""QKeras: its quantizers called eagerly, and inside tf.function (graph).

quantized_bits, its gradient and its stochastic form are here, the other quantizers in qkeras_more,
those that draw in qkeras_draws.

plain         the quantizer, called
layer         inside QActivation
config        remade by from_config(get_config())
string        remade by get_quantizer(str(quantizer))
bias          as the bias of a QDense (one axis)
weight        as the weight of a QDense, QConv1D or QConv2D (two, three, four axes)
saved-weight  what model_save_quantized_weights returns for that weight
saved-model   what that layer computes after it
"""

from __future__ import annotations

import os
from functools import partial

import numpy as np
import qkeras as _qkeras
import tensorflow as tf
from qkeras import QActivation, QConv1D, QConv2D, QDense, get_quantizer
from qkeras.utils import model_save_quantized_weights

from conformance.adapters import Unsupported
from conformance.adapters.qkeras_draws import DOORS as _DRAWN
from conformance.adapters.qkeras_more import DOORS as _OTHERS
from conformance.adapters.tensorflow_settings import KERAS

_ENVIRONMENT = {**KERAS, "OMP_NUM_THREADS": "1"}
BACKENDS = {"eager": _ENVIRONMENT, "graph": _ENVIRONMENT}
SLOW = {"graph"}  # each shape and each quantizer is traced
_IN_GRAPH = os.environ.get("CONFORMANCE_BACKEND") == "graph"
_REMADE = {
    "plain": lambda made: made,
    "layer": lambda made: made,
    "config": lambda made: type(made).from_config(made.get_config()),
    "string": lambda made: get_quantizer(str(made)),
}
_KEPT = {}  # a quantizer and its function by door and settings, as a model keeps them


def version():
    """Its own version and its host's: the kernels are TensorFlow's."""
    return f"{_qkeras.__version__}+tf{tf.__version__}"


def quantized_bits(x, bits=8, integer=0, symmetric=False, keep_negative=True, alpha=None,
                   scale_axis=None, qnoise_factor=1.0, use_ste=True, door="plain"):  # fmt: skip
    settings = {**locals()}
    del settings["x"], settings["door"]
    if (door, _key(settings)) not in _KEPT:
        made = _REMADE[door](_qkeras.quantized_bits(**settings))
        _KEPT[door, _key(settings)] = _function(QActivation(made) if door == "layer" else made, made, alpha)
    return _answer(_KEPT[door, _key(settings)](tf.constant(x)), alpha)


def _weight(x, door="weight", **settings):
    """Put x into a layer that multiplies it with an identity; a bias is added to 0."""
    if (x.ndim == 1) != (door == "bias"):
        raise Unsupported("a bias has one axis, another weight more")
    if _IN_GRAPH and door.startswith("saved"):
        raise Unsupported("model_save_quantized_weights computes eagerly")
    made = _qkeras.quantized_bits(**settings)
    layer, ones = _layer(x, made)
    model = tf.keras.Sequential([tf.keras.Input(ones.shape[1:]), layer])
    layer.set_weights([np.zeros((1, x.size), np.float32), x] if x.ndim == 1 else [x])
    alpha = settings.get("alpha")
    if door.startswith("saved"):
        saved = model_save_quantized_weights(model)[layer.name]["weights"][-1]
        if door == "saved-weight":
            return _answer((np.asarray(saved), made.scale), alpha)
    value, found = _function(model, made, alpha)(tf.constant(ones))
    return _answer((tf.reshape(value, x.shape), found), alpha)


def _layer(x, made):
    """Return a layer with a weight of the shape of x, and the input of which that weight is the output."""
    if x.ndim == 1:
        return QDense(x.size, bias_quantizer=made, kernel_initializer="zeros"), np.zeros((1, 1), np.float32)
    kinds = {2: lambda n, **kept: QDense(n, **kept), 3: partial(QConv1D, kernel_size=x.shape[:1]),
             4: partial(QConv2D, kernel_size=x.shape[:2])}  # fmt: skip
    if x.ndim not in kinds:
        raise Unsupported("a layer's weight has one to four axes")
    layer = kinds[x.ndim](x.shape[-1], kernel_quantizer=made, kernel_initializer="zeros", use_bias=False)
    return layer, np.eye(x[..., 0].size, dtype=np.float32).reshape(-1, *x.shape[:-1])


def quantized_bits_gradient(x, dy, bits=8, integer=0, symmetric=False, keep_negative=True, alpha=None,
                            scale_axis=None, qnoise_factor=1.0, use_ste=True):  # fmt: skip
    settings = {**locals()}
    del settings["x"], settings["dy"]
    if ("gradient", _key(settings)) not in _KEPT:
        made = _qkeras.quantized_bits(**settings)

        def gradient(reals, upstream):
            with tf.GradientTape() as tape:
                tape.watch(reals)
                y = made(reals)
            return tape.gradient(y, reals, output_gradients=upstream)

        _KEPT["gradient", _key(settings)] = tf.function(gradient) if _IN_GRAPH else gradient
    return {"x": _KEPT["gradient", _key(settings)](tf.constant(x), tf.constant(dy)).numpy()}


def quantized_bits_stochastic(x, draws, bits=8, integer=0, symmetric=False, keep_negative=True, alpha=None,
                              training=True):  # fmt: skip
    made = _qkeras.quantized_bits(
        bits, integer, symmetric, keep_negative, alpha, use_stochastic_rounding=True
    )
    tf.random.set_seed(7)
    tf.keras.backend.set_learning_phase(int(training))
    call = _function(made, made, None)
    try:
        if isinstance(alpha, str):  # one channel, drawn again and again
            drawn = [call(tf.constant(x[:, None]))[0].numpy().reshape(1, -1) for _ in range(draws)]
        else:
            drawn = [call(tf.constant(np.tile(x, (draws, 1))))[0].numpy()]
    finally:
        tf.keras.backend.set_learning_phase(0)
    drawn = np.concatenate(drawn)
    lowest, highest = drawn.min(axis=0), drawn.max(axis=0)
    return {"lowest": lowest, "highest": highest, "count": (drawn == highest).sum(axis=0)}


def _function(call, made, alpha):
    """Return a function of a tensor to what a layer or quantizer gives, and its scale where it finds one."""

    def both(reals):
        value = call(reals)
        return value, made.scale if isinstance(alpha, str) else 0

    return tf.function(both) if _IN_GRAPH else both


def _answer(found, alpha):
    value, scale = found
    return {"value": np.asarray(value)} | ({"alpha": np.asarray(scale)} if isinstance(alpha, str) else {})


def _key(settings):
    return repr([(k, v.tolist() if isinstance(v, np.ndarray) else v) for k, v in settings.items()])


DOORS = {
    **_OTHERS,
    **_DRAWN,
    "quantized_bits": {
        "layer": partial(quantized_bits, door="layer"),
        "config": partial(quantized_bits, door="config"),
        "string": partial(quantized_bits, door="string"),
        "bias": partial(_weight, door="bias"),
        "weight": _weight,
        "saved-weight": partial(_weight, door="saved-weight"),
        "saved-model": partial(_weight, door="saved-model"),
    },
}
