"""Larq Compute Engine: its interpreter on single operations, and what its converter stores.

The models of single operations are built from the schema: no converter stands between a question and
the kernel. The backends are the implementations of the binary convolution that the interpreter offers;
the other operations have one only, and are asked through the first.
"""

from __future__ import annotations

import os

import numpy as np
from larq_compute_engine import __version__
from larq_compute_engine.tflite.python.interpreter import Interpreter

from conformance.adapters import Unsupported
from conformance.adapters.larq_compute_engine_models import (
    FLOAT32,
    INT8,
    INT32,
    converted_convolution,
    converted_kernel,
    convolution_model,
    convolution_options,
    dequantize_model,
    on_grid,
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
    known = x.astype(x.dtype.type)  # it knows a dtype by its object, not by what it is equal to
    (found,) = Interpreter(model, **_OPTIONS).interpreter.predict([known])
    return found


DOORS = {
    "pack_bits": {"kernel": _pack_kernel},
    "binary_conv2d": {"converted": _convert_convolution},
    "binary_conv2d_bits": {"converted": _convert_bits},
}

if _BACKEND != "optimized":
    del pack_bits, unpack_bits, binary_max_pool, DOORS["pack_bits"]
