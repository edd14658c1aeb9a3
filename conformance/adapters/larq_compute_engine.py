"""Larq Compute Engine: its interpreter on single operations and on networks, and what its converter stores.

The models of single operations are built from the schema: no converter stands between a question and
the kernel. Networks, and models with packed outputs, are converted. The backends are the implementations
of the binary convolution that the interpreter offers; what has no convolution, or asks the converter
alone, is asked through the first.
"""

from __future__ import annotations

import os
from functools import partial

import numpy as np
from larq_compute_engine import __version__
from larq_compute_engine.tflite.python.interpreter import Interpreter

from conformance.adapters import Unsupported
from conformance.adapters.larq_compute_engine_models import (
    FLOAT32,
    INT8,
    INT32,
    converted_codes,
    converted_convolution,
    converted_kernel,
    converted_network,
    converted_outputs,
    converted_signs,
    convolution_model,
    convolution_options,
    dequantize_model,
    on_grid,
    output_names,
    pool_model,
    quantize_model,
    tensor,
    words_for,
)
from conformance.adapters.tensorflow_settings import KERAS

SYSTEM = "larq-compute-engine"
BACKENDS = {"optimized": KERAS, "reference": KERAS, "indirect": KERAS}
_BACKEND = os.environ.get("CONFORMANCE_BACKEND", "optimized")
_OPTIONS = {
    "optimized": {},
    "reference": {"use_reference_bconv": True},
    "indirect": {"use_indirect_bgemm": True},
}[_BACKEND]


def version():
    return __version__


def pack_bits(x, zero_point=0):
    """LceQuantize."""
    scale = None if x.dtype == np.float32 else 1.0
    return {"words": _run(quantize_model(x.shape, scale, zero_point), x)}


def unpack_bits(code, channels, output_scale=None, output_zero_point=0):
    """LceDequantize."""
    model = dequantize_model(code.shape, channels, output_scale, output_zero_point)
    return {"signs" if output_scale is None else "codes": _run(model, code)}


def binary_conv2d(
    x, weight, multiplier, bias, stride=1, dilation=1, padding="valid", pad_value=0, activation="none"
):
    """LceQuantize and LceBconv2d with a float32 result."""
    _need_zeros(x.shape[3], padding, pad_value, activation == "none")
    fetched = tensor((1, 1, 1, weight.shape[3]), FLOAT32)
    options = convolution_options(x.shape[3], stride, dilation, padding, pad_value, activation)
    return {"y": _convolve(x, weight, [multiplier, bias], [4, 5, -1], fetched, options)}


def binary_conv2d_int8(
    x, weight, multiplier, bias, output_scale, output_zero_point,
    stride=1, dilation=1, padding="valid", pad_value=0, activation="none",
):  # fmt: skip
    """LceQuantize and LceBconv2d with an int8 result."""
    _need_zeros(x.shape[3], padding, pad_value, False)
    fetched = tensor((1, 1, 1, weight.shape[3]), INT8, quantization=on_grid(output_scale, output_zero_point))
    options = convolution_options(x.shape[3], stride, dilation, padding, pad_value, activation)
    return {"codes": _convolve(x, weight, [multiplier, bias], [4, 5, -1], fetched, options)}


def binary_conv2d_bits(
    x, weight, multiplier=None, bias=None, threshold=None,
    stride=1, dilation=1, padding="valid", pad_value=0, activation="none",
):  # fmt: skip
    """LceQuantize and LceBconv2d with packed signs as its result."""
    if threshold is None:
        raise Unsupported("the operation takes thresholds: the converter makes them")
    _need_zeros(x.shape[3], padding, pad_value, False)
    fetched = tensor((1, 1, 1, words_for(weight.shape[3])), INT32)
    options = convolution_options(x.shape[3], stride, dilation, padding, pad_value, activation)
    return {"words": _convolve(x, weight, [threshold], [-1, -1, 4], fetched, options)}


def binary_max_pool(code, height, width, stride=1, padding="valid"):
    """LceBMaxPool2d."""
    return {"words": _run(pool_model(code.shape, height, width, stride, padding), code)}


def binary_network(
    x, weight, second, multiplier=None, bias=None,
    stride=1, dilation=1, padding="valid", pad_value=0, pool="none",
):  # fmt: skip
    """convert_keras_model of two QuantConv2D, a batch normalization and a max pool."""
    return _network(x, weight, second, multiplier, bias, stride, dilation, padding, pad_value, pool)


def packed_outputs(x, weight, outputs="both"):
    """strip_lcedequantize_ops of what convert_keras_model makes of SteSign and a convolution."""
    model = converted_outputs(x.shape, _held(weight), outputs)
    return dict(zip(output_names(model), _predict(model, x, _OPTIONS), strict=True))


def _network(
    x, weight, second, multiplier=None, bias=None,
    stride=1, dilation=1, padding="valid", pad_value=0, pool="none", **options,
):  # fmt: skip
    for channels in (x.shape[3], weight.shape[3]):
        _need_zeros(channels, padding, pad_value, True)
    norm = None if multiplier is None else (multiplier.tobytes(), bias.tobytes())
    model = converted_network(
        x.shape, _held(weight), _held(second), norm, stride, dilation, padding, pad_value, pool
    )
    (found,) = _predict(model, x, {**_OPTIONS, **options})
    return {"y": found}


def _held(array):
    """Return shape and bytes, by which a model that is kept is found again."""
    return array.shape, array.tobytes()


def _convolve(x, weight, held, places, fetched, options):
    """Run the model that holds the kernel, filters first."""
    kernel = np.ascontiguousarray(weight.transpose(3, 0, 1, 2))
    return _run(convolution_model(x.shape, kernel, held, places, fetched, options), x)


def _convert_convolution(
    x, weight, multiplier, bias, stride=1, dilation=1, padding="valid", pad_value=0, activation="none"
):
    _need_zeros(x.shape[3], padding, pad_value, activation == "none")
    _need_activation(activation)
    model = converted_convolution(
        x, weight, multiplier, bias, stride, dilation, padding, pad_value, activation, False
    )
    return {"y": _run(model, x)}


def _convert_bits(
    x, weight, multiplier=None, bias=None, threshold=None,
    stride=1, dilation=1, padding="valid", pad_value=0, activation="none",
):  # fmt: skip
    if threshold is not None:
        raise Unsupported("a layer has no thresholds: the converter makes them of multiplier and bias")
    _need_activation(activation)
    model = converted_convolution(
        x, weight, multiplier, bias, stride, dilation, padding, pad_value, activation, True
    )
    return {"words": _run(model, x)}


def _convert_codes(
    x, weight, multiplier, bias, output_scale, output_zero_point,
    stride=1, dilation=1, padding="valid", pad_value=0, activation="none",
):  # fmt: skip
    _need_zeros(x.shape[3], padding, pad_value, False)
    _need_activation(activation)
    model = converted_codes(
        x, weight, multiplier, bias, output_scale, output_zero_point,
        stride, dilation, padding, pad_value, activation,
    )  # fmt: skip
    return {"codes": _run(model, x)}


def _pack_int8_input(x, zero_point=0):
    if x.dtype != np.int8:
        raise Unsupported("the input of the model is int8")
    return {"words": _run(converted_signs((1, *x.shape), zero_point), x[None])[0]}


def _need_activation(activation):
    if activation == "relu_n1_to_1":
        raise Unsupported("no function of TensorFlow clamps to [-1, 1]")


def _need_zeros(channels, padding, pad_value, is_float):
    """Say where the operation's Prepare refuses zero-padding.

    Args:
        is_float: a float32 result, and no activation.
    """
    if padding == "valid" or pad_value == 1:
        return
    if _BACKEND == "reference" and channels % 2:
        raise Unsupported("the reference kernel pads with zeros for an even number of channels only")
    if _BACKEND != "reference" and not is_float:
        raise Unsupported("an optimized kernel pads with zeros for float32 results without activation only")


def _pack_kernel(x, zero_point=0):
    if x.dtype != np.float32:
        raise Unsupported("a layer's kernel is float32")
    words = converted_kernel(x.reshape(-1, x.shape[-1]))
    return {"words": words.reshape(*x.shape[:-1], -1)}


def _run(model, x):
    """Feed one tensor, fetch one; the Interpreter's own `predict` takes its argument apart into batches."""
    (found,) = _predict(model, x, _OPTIONS)
    return found


def _predict(model, x, options):
    """Feed one tensor, fetch all."""
    known = x.astype(x.dtype.type)  # it knows a dtype by its object, not by what it is equal to
    return Interpreter(model, **options).interpreter.predict([known])


DOORS = {
    "pack_bits": {"kernel": _pack_kernel, "int8-input": _pack_int8_input},
    "binary_conv2d": {"converted": _convert_convolution},
    "binary_conv2d_int8": {"converted": _convert_codes},
    "binary_conv2d_bits": {"converted": _convert_bits},
    "binary_network": {
        "two-threads": partial(_network, num_threads=2),
        "xnnpack": partial(_network, use_xnnpack=True),
    },
}

if _BACKEND != "optimized":
    del pack_bits, unpack_bits, binary_max_pool, DOORS["pack_bits"]
