"""OpenVINO on the CPU: models compiled for fixed and for unknown shapes, and the reference evaluator.

static     the shape of x is known when the model is compiled
dynamic    its first dimension is not
reference  Model.evaluate, which compiles nothing

quantize and dequantize are ONNX models, read by OpenVINO's own front end, with scale and zero point fed.
"""

from __future__ import annotations

import os
from functools import lru_cache

import numpy as np
import openvino as ov
from onnx import TensorProto, helper
from openvino import opset13 as ops

from conformance.adapters import Unsupported
from conformance.adapters.onnx_models import Questions

BACKENDS = {"static": {}, "dynamic": {}, "reference": {}}
_BACKEND = os.environ.get("CONFORMANCE_BACKEND") or "static"
_CORE = ov.Core()
_DTYPES = {ov.Type.bf16: helper.tensor_dtype_to_np_dtype(TensorProto.BFLOAT16)}
_SETTINGS = {"ENABLE_CPU_PINNING": False, "INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}


def version():
    return ov.__version__.split("-")[0]


def fake_quantize_levels(x, input_low, input_high, output_low, output_high, levels, *, shape=None,
                         source="parameter", fed=False):  # fmt: skip
    bounds = [np.asarray(bound) for bound in (input_low, input_high, output_low, output_high)]
    if shape and (x.ndim != 1 or any(bound.size != 1 for bound in bounds)):
        raise Unsupported("this door is for a vector with one range")
    question = np.ascontiguousarray(x.reshape(shape) if shape else x)
    if source == "convolution" and not x.size:
        raise Unsupported("a convolution needs an element")
    stored = tuple((None if fed else b.tobytes(), b.shape) for b in bounds)
    constant = question.tobytes() if source == "constant" else None
    model = _fake_quantize(question.shape, question.dtype.str, stored, levels, source, constant)
    feeds = [] if source == "constant" else [question]
    return _run(model, [*feeds, *bounds] if fed else feeds)[0].reshape(x.shape)


_HOW = {
    "rank-2": {"shape": (1, -1)},
    "rank-4": {"shape": (1, 1, 1, -1)},
    "after-convolution": {"shape": (1, 1, 1, -1), "source": "convolution"},
    "constant-input": {"source": "constant"},
    "fed": {"fed": True},
}


def _writes_beyond(door, x, input_low, input_high, output_low, output_high, levels):
    """Return whether the CPU plugin packs the result into bits, and unpacks eight times too many."""
    rank = len(_HOW.get(door, {}).get("shape", x.shape))
    is_packed = levels == 2 and np.array_equal(input_low, input_high)
    is_packed &= all(np.isin(value, (0, 1)).all() for value in (output_low, output_high))
    is_compiled = _BACKEND == "static" or (_BACKEND == "dynamic" and door == "constant-input")
    return is_compiled and is_packed and rank == 4 and door != "fed"


def _door(options):
    return lambda **arguments: fake_quantize_levels(**arguments, **options)


@lru_cache(maxsize=64)
def _fake_quantize(shape, dtype, stored, levels, source, constant):
    """Return a model of one FakeQuantize: after its input, a convolution by 1, or a constant."""
    dtype = np.dtype(dtype)
    inputs = []
    if source == "constant":
        data = ops.constant(np.frombuffer(constant, dtype).reshape(shape))
    else:
        inputs.append(ops.parameter(_declared(shape), dtype))
        data = inputs[0]
    if source == "convolution":
        weight = ops.constant(np.ones((1, 1, 1, 1), dtype))
        data = ops.convolution(data, weight, [1, 1], [0, 0], [0, 0], [1, 1])
    if stored[0][0] is None:
        bounds = [ops.parameter(list(s), dtype) for _, s in stored]
        inputs += bounds
    else:
        bounds = [ops.constant(np.frombuffer(b, dtype).reshape(s)) for b, s in stored]
    return _prepared(ov.Model([ops.fake_quantize(data, *bounds, levels)], inputs, "one operation"))


def _declared(shape):
    """Return the shape that a model is told: all of it, or all but the first dimension."""
    return ov.PartialShape([-1, *shape[1:]] if _BACKEND == "dynamic" and shape else list(shape))


def _prepared(model):
    return model if _BACKEND == "reference" else _CORE.compile_model(model, "CPU", _SETTINGS)


def _run(model, feeds):
    tensors = [_tensor(value) for value in feeds]
    if _BACKEND == "reference":
        found = [ov.Tensor(o.get_element_type(), ov.Shape()) for o in model.outputs]
        try:
            model.evaluate(found, tensors)
        except RuntimeError as error:
            if "Evaluation failed" not in str(error):
                raise
            raise Unsupported("the reference does not evaluate the operation for this dtype") from error
        return [_array(tensor) for tensor in found]
    request = model.create_infer_request()
    request.infer(tensors)
    return [_array(tensor) for tensor in request.output_tensors]


def _tensor(value):
    return ov.Tensor(np.ascontiguousarray(value).reshape(np.shape(value)))


def _array(tensor):
    return np.array(tensor.data)


def _run_onnx(model, feeds, every=False):
    compiled = _read(model)
    y = compiled([_typed(feeds[i.get_any_name()], i.get_element_type()) for i in compiled.inputs])[0]
    return y.view(_DTYPES.get(compiled.output().get_element_type(), y.dtype))


@lru_cache(maxsize=256)
def _read(model):
    try:
        read = ov.Core().read_model(model)
    except RuntimeError as error:
        raise Unsupported(str(error).strip().splitlines()[-1]) from error
    return _prepared(read)


def _typed(value, kind):
    """Return a tensor of a type that numpy may not have, such as bfloat16."""
    return ov.Tensor(np.array(value, order="C").view(f"u{value.itemsize}"), ov.Shape(value.shape), kind)


def _declare(shape):
    return (None, *shape[1:]) if _BACKEND == "dynamic" and shape else shape


_QUESTIONS = Questions(_run_onnx, _declare)
DOORS = {}
if _BACKEND != "reference":
    DOORS["fake_quantize_levels"] = {name: _door(options) for name, options in _HOW.items()}
    DOORS["quantize"] = {"plain": _QUESTIONS.quantize, **_QUESTIONS.doors()["quantize"]}
    DOORS["dequantize"] = {"plain": _QUESTIONS.dequantize, **_QUESTIONS.doors()["dequantize"]}
    for doors in (DOORS["quantize"], DOORS["dequantize"]):
        doors.pop("initializers")  # what is stored is rewritten when the model is compiled: not asked yet
OFFERS = {"reference": ("fake_quantize_levels",)}
ALONE = {"fake_quantize_levels": _writes_beyond}
