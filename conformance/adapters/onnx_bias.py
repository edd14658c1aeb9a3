"""ONNX Runtime's static quantizer, onnxruntime.quantization.quantize_static, on a model of one layer."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

from conformance.adapters.onnx_models import OPSET, ir_version

logging.disable(logging.WARNING)


def quantize_bias(x, input_scale, weight_scale, operator="Conv", **options):
    """Return what the tool stores for a bias, where it is told the scales of the input and the weight."""
    shape = [1, 1, 1, 1] if operator == "Conv" else [1, 1]
    overrides = {"x": [_override(input_scale, np.uint8)], "w": _weight_overrides(weight_scale)}
    data = SimpleNamespace(get_next=iter([{"x": np.zeros(shape, np.float32)}, None]).__next__)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "quantized.onnx"
        quantize_static(
            _model(operator, shape, x), path, data, quant_format=QuantFormat.QDQ,
            per_channel=bool(np.ndim(weight_scale)), activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8, extra_options={"TensorQuantOverrides": overrides, **options},
        )  # fmt: skip
        graph = onnx.load(path).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    return {
        "codes": stored["b_quantized"],
        "scale": stored["b_quantized_scale"].reshape(np.shape(weight_scale)),
    }


def doors():
    """Return the doors of quantize_bias."""
    return {
        "plain": quantize_bias,
        "weight-kept": _with(QDQDisableWeightAdjustForInt32Bias=True),
        "dense": _with(operator="Gemm"),
    }


def _with(**options):
    def ask(x, input_scale, weight_scale):
        return quantize_bias(x, input_scale, weight_scale, **options)

    return ask


def _override(scale, codes):
    return {"scale": np.asarray(scale), "zero_point": np.zeros((), codes)}


def _weight_overrides(scale):
    if not np.ndim(scale):
        return [_override(scale, np.int8)]
    return [{"axis": 0, **_override(one, np.int8)} for one in scale]


def _model(operator, shape, bias):
    weight = np.zeros((bias.size, *shape[1:]), np.float32)
    node = helper.make_node(operator, ["x", "w", "b"], ["y"], **({"transB": 1} if operator == "Gemm" else {}))
    graph = helper.make_graph(
        [node], "one layer",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(np.ascontiguousarray(bias), "b")],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version())
