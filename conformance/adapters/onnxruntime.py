"""ONNX Runtime on the CPU, with graph optimizations and without; and its static quantizer, in Python."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

from conformance.adapters import Unsupported
from conformance.adapters.onnx_bias import doors as bias_doors
from conformance.adapters.onnx_codes import pack_by_folding, unpack_by_cast
from conformance.adapters.onnx_float8 import doors as float8_doors
from conformance.adapters.onnx_float8 import through_ort_values
from conformance.adapters.onnx_layers import Layers
from conformance.adapters.onnx_models import OPSET, Questions, newest_that
from conformance.adapters.onnx_rescale import doors as rescale_doors

onnxruntime.set_default_logger_severity(4)

_NEWEST = newest_that(lambda model: onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]))
# A runtime older than the package onnx beside it loads no models of the newest operator sets.
_LIMIT = {} if _NEWEST == OPSET else {"CONFORMANCE_OPSET": str(_NEWEST)}
BACKENDS = dict.fromkeys(("optimized", "unoptimized", "quantizer"), _LIMIT)
_BACKEND = os.environ.get("CONFORMANCE_BACKEND") or "optimized"
_LEVEL = {
    "optimized": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
    "unoptimized": onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
}.get(_BACKEND)


def version():
    return onnxruntime.__version__


@lru_cache(maxsize=512)
def _session(model):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = _LEVEL
    options.intra_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except (state.NotImplemented, state.InvalidGraph, state.Fail, state.InvalidArgument) as error:
        # The last is said of a tensor type, or of an operator set, that it has never heard of.
        raise Unsupported(str(error)) from error


def _run(model, feeds, every=False):
    session = _session(model)
    found = session.run(None, {i.name: feeds[i.name] for i in session.get_inputs()})
    return found if every else found[0]


def _save(model):
    """Return the bytes of the model that the runtime writes once it has optimized it."""
    with TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = _LEVEL
        options.optimized_model_filepath = f"{folder}/optimized.onnx"
        onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return Path(options.optimized_model_filepath).read_bytes()


_QUESTIONS = Questions(_run)
_LAYERS = Layers(_run)
DOORS = _QUESTIONS.doors() | _LAYERS.doors() | float8_doors(through_ort_values(_session))
DOORS |= rescale_doors(_run)
DOORS["unpack_codes"] = {"plain": unpack_by_cast(_run)}
if _BACKEND == "optimized":  # without optimizations nothing is folded
    DOORS["pack_codes"] = {"plain": pack_by_folding(_save)}
OFFERS = {
    **dict.fromkeys(("optimized", "unoptimized"), ("choose_qparams", *DOORS)),
    "quantizer": ("quantize_bias",),
}
DOORS["quantize_bias"] = bias_doors()


def quantize(x, scale, zero_point, qmin, qmax, axis=None, block_size=None):
    return _QUESTIONS.quantize(x, scale, zero_point, qmin, qmax, axis, block_size)


def dequantize(code, scale, zero_point, qmin, qmax, dtype=None, axis=None, block_size=None):
    return _QUESTIONS.dequantize(code, scale, zero_point, qmin, qmax, dtype, axis, block_size)


def fake_quantize(x, scale, zero_point, qmin, qmax, axis=None):
    return _QUESTIONS.fake_quantize(x, scale, zero_point, qmin, qmax, axis)


def choose_qparams(x, qmin, qmax, scheme):
    return _QUESTIONS.choose_qparams(x, qmin, qmax, scheme)


def requantize(accumulator, input_scale, weight_scale, output_scale, output_zero_point, qmin, qmax):
    return _LAYERS.requantize(
        accumulator, input_scale, weight_scale, output_scale, output_zero_point, qmin, qmax
    )
