"""ONNX models of one layer whose accumulators are what was asked for, shared by onnx and onnxruntime.

A layer of one input that is 0 has its bias for its accumulator; one without a bias gets inputs and weights
whose sum of products it is.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from conformance.adapters import Unsupported
from conformance.adapters.accumulators import products
from conformance.adapters.onnx_models import OPSET, carried_dtype, integer_type, ir_version


class Layers:
    """The layers of any system that runs ONNX models through `run(bytes, feeds)`."""

    def __init__(self, run):
        self._run = run

    def requantize(self, accumulator, input_scale, weight_scale, output_scale, output_zero_point, qmin, qmax,
                   layer="convolution"):  # fmt: skip
        """Return the codes of a layer; every form of it ends in them."""
        integer = integer_type(qmin, qmax)
        if integer not in (TensorProto.INT8, TensorProto.UINT8):
            raise Unsupported("a layer's output is int8 or uint8")
        make = _FORMS[layer]
        scales = {"x_scale": input_scale, "w_scale": weight_scale, "y_scale": output_scale}
        values = {name: np.asarray(value, np.float32) for name, value in scales.items()}
        values["y_zero"] = np.asarray(output_zero_point, carried_dtype(integer))
        return self._run(*make(values, accumulator, integer)).reshape(-1)

    def doors(self):
        """Return the part of DOORS that is about layers."""
        return {
            "requantize": {
                name: partial(self.requantize, layer=name) for name in _FORMS if name != "convolution"
            }
        }


def _convolution(values, accumulator, integer):
    inputs = ["x", "x_scale", "x_zero", "w", "w_scale", "w_zero", "y_scale", "y_zero", "bias"]
    node = helper.make_node("QLinearConv", inputs, ["y"])
    return _of_one_input([node], {**values, "w_zero": np.int8(0)}, accumulator, integer)


def _qdq(values, accumulator, integer):
    axis = {"axis": 0} if values["w_scale"].ndim else {}
    zeros = np.zeros(values["w_scale"].shape, np.int32)
    nodes = [
        helper.make_node("DequantizeLinear", ["x", "x_scale", "x_zero"], ["real_x"]),
        helper.make_node("DequantizeLinear", ["w", "w_scale", "w_zero"], ["real_w"], **axis),
        helper.make_node("DequantizeLinear", ["bias", "bias_scale", "bias_zero"], ["real_bias"], **axis),
        helper.make_node("Conv", ["real_x", "real_w", "real_bias"], ["real_y"]),
        helper.make_node("QuantizeLinear", ["real_y", "y_scale", "y_zero"], ["y"]),
    ]
    bias = {"bias_scale": values["x_scale"] * values["w_scale"], "bias_zero": zeros}
    return _of_one_input(nodes, {**values, **bias, "w_zero": zeros.astype(np.int8)}, accumulator, integer)


def _of_one_input(nodes, values, accumulator, integer):
    """Return a convolution by 1 x 1 of an input of 0, whose weights are 0 too."""
    zero = carried_dtype(integer)(0)
    weights = np.zeros((len(accumulator), 1, 1, 1), np.int8)
    return _model(nodes, {**values, "x_zero": zero, "w": weights, "bias": accumulator}, [1, 1, 1, 1], integer)


def _matmul(values, accumulator, integer):
    inputs = ["x", "x_scale", "x_zero", "w", "w_scale", "w_zero", "y_scale", "y_zero"]
    return _of_products([helper.make_node("QLinearMatMul", inputs, ["y"])], values, accumulator, integer)


def _matmul_integer(values, accumulator, integer):
    nodes = [
        helper.make_node("MatMulInteger", ["x", "w", "x_zero", "w_zero"], ["sums"]),
        helper.make_node("Cast", ["sums"], ["real_sums"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["x_scale", "w_scale"], ["scale"]),
        helper.make_node("Mul", ["real_sums", "scale"], ["real_y"]),
        helper.make_node("QuantizeLinear", ["real_y", "y_scale", "y_zero"], ["y"]),
    ]
    return _of_products(nodes, values, accumulator, integer)


def _of_products(nodes, values, accumulator, integer):
    """Return a product of matrices, a row of codes and weights, and the row."""
    codes, weights = products(accumulator)
    values |= {
        "x_zero": carried_dtype(integer)(0),
        "w": weights,
        "w_zero": np.zeros(values["w_scale"].shape, np.int8),
    }
    model, _ = _model(nodes, values, [1, codes.size], integer)
    return model, {"x": codes.reshape(1, -1).astype(carried_dtype(integer))}


_FORMS = {"convolution": _convolution, "qdq": _qdq, "matmul": _matmul, "matmul-integer": _matmul_integer}


def _model(nodes, values, shape, integer):
    """Return the bytes of a model of x alone, all else stored, and an x of 0."""
    x = helper.make_tensor_value_info("x", integer, shape)
    y = helper.make_tensor_value_info("y", integer, None)
    stored = [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]
    graph = helper.make_graph(nodes, "one layer", [x], [y], stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=ir_version())
    return model.SerializeToString(), {"x": np.zeros(shape, carried_dtype(integer))}
