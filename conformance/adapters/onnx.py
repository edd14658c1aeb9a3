"""ONNX: the reference evaluator, onnx.reference.ReferenceEvaluator."""

from __future__ import annotations

from functools import lru_cache

import onnx
from onnx.reference import ReferenceEvaluator

from conformance.adapters import Unsupported
from conformance.adapters.onnx_codes import REFERENCE as CODES
from conformance.adapters.onnx_codes import unpack_by_cast
from conformance.adapters.onnx_float8 import doors as float8_doors
from conformance.adapters.onnx_layers import Layers
from conformance.adapters.onnx_models import Questions
from conformance.adapters.onnx_rescale import doors as rescale_doors

BACKENDS = {"reference": {}}


def version():
    return onnx.__version__


@lru_cache(maxsize=512)
def _evaluator(model):
    try:
        return ReferenceEvaluator(onnx.load_from_string(model))
    except RuntimeError as error:
        if "No implementation for operator" in str(error):
            raise Unsupported(str(error)) from error
        raise


def _run(model, feeds, every=False):
    evaluator = _evaluator(model)
    found = evaluator.run(None, {name: feeds[name] for name in evaluator.input_names})
    return found if every else found[0]


_QUESTIONS = Questions(_run)
_LAYERS = Layers(_run)
DOORS = _QUESTIONS.doors() | _LAYERS.doors() | float8_doors(_run) | CODES | rescale_doors(_run)
DOORS["unpack_codes"]["cast"] = unpack_by_cast(_run)


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
