"""ONNX models of DequantizeLinear, then QuantizeLinear on another grid, shared by onnx and onnxruntime."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np
from onnx import TensorProto, helper

from conformance.adapters.onnx_models import (
    EARLIER_OPSETS,
    OPSET,
    carried_dtype,
    code_array,
    integer_type,
    ir_version,
)

_PARAMETERS = ("input_scale", "input_zero_point", "output_scale", "output_zero_point")


@lru_cache(maxsize=512)
def _model(source, target, opset, axis, stored):
    """Return the bytes of a model: code, two scales and zero points -> y.

    `stored` are the bytes of the scales and zero points, kept in the model instead of fed; with an axis
    they are vectors of one.
    """
    types = dict(zip(_PARAMETERS, (TensorProto.FLOAT, source, TensorProto.FLOAT, target), strict=True))
    of_one = [] if axis is None else [1]
    inputs, initializers = [helper.make_tensor_value_info("code", source, None)], []
    if stored is None:
        inputs += [helper.make_tensor_value_info(name, kind, of_one) for name, kind in types.items()]
    else:
        kept = zip(types.items(), stored, strict=True)
        initializers += [helper.make_tensor(name, kind, of_one, raw, raw=True) for (name, kind), raw in kept]
    along = {} if axis is None else {"axis": axis}
    body = [
        helper.make_node("DequantizeLinear", ["code", *_PARAMETERS[:2]], ["real"], **along),
        helper.make_node("QuantizeLinear", ["real", *_PARAMETERS[2:]], ["y"], **along),
    ]
    outputs = [helper.make_tensor_value_info("y", target, None)]
    graph = helper.make_graph(body, "two operations", inputs, outputs, initializers)
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version(opset)).SerializeToString()


def doors(run):
    """Return what an adapter adds to its DOORS, the plain door among them."""

    def rescale(code, input_scale, input_zero_point, output_scale, output_zero_point, qmin, qmax, opset=OPSET,
                axis=None, is_stored=False):  # fmt: skip
        bounds = np.iinfo(code.dtype)
        source, target = integer_type(bounds.min, bounds.max), integer_type(qmin, qmax)
        values = {
            "input_scale": np.asarray(input_scale),
            "input_zero_point": code_array(input_zero_point, source),
            "output_scale": np.asarray(output_scale),
            "output_zero_point": code_array(output_zero_point, target),
        }
        question = code.astype(carried_dtype(source), copy=False)
        if axis is not None:
            question = question.reshape((1, -1) if axis == 0 else (-1, 1))
            values = {name: value.reshape(1) for name, value in values.items()}
        stored = tuple(value.tobytes() for value in values.values()) if is_stored else None
        model = _model(source, target, opset, axis, stored)
        return run(model, {"code": question, **({} if is_stored else values)}).reshape(code.shape)

    how = {
        "per-channel": {"axis": 0},
        "per-channel-last": {"axis": 1},
        "initializers": {"is_stored": True},
        **{f"opset-{n}": {"opset": n} for n in EARLIER_OPSETS},
    }
    return {"rescale": {"plain": rescale, **{door: partial(rescale, **o) for door, o in how.items()}}}
