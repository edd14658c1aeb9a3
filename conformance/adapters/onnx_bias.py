"""ONNX Runtime's static quantizer, onnxruntime.quantization.quantize_static, on a model of one layer."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

from conformance.adapters import Unsupported

logging.disable(logging.WARNING)


CONVOLUTION = (
    '<ir_version: 10, opset_import: ["": 21]> g (float[1,1,1,1] x) => (float y) { y = Conv (x, w, b) }'
)
DENSE = (
    '<ir_version: 10, opset_import: ["": 21]> g (float[1,1] x) => (float y) { y = Gemm<transB=1>(x, w, b) }'
)


def quantize_bias(x, input_scale, weight_scale, layer=CONVOLUTION, shape=(1, 1, 1, 1), **options):
    """Return what the tool stores for a bias, where it is told the scales of the input and the weight."""
    if find_spec("onnxruntime.quantization.tensor_quant_overrides") is None:
        raise Unsupported("this version of the tool cannot be told scales")
    overrides = {"x": [_override(input_scale, np.uint8)], "w": _weight_overrides(weight_scale)}
    model = onnx.parser.parse_model(layer)
    arrays = {"w": np.zeros((x.size, *shape[1:]), np.float32), "b": np.ascontiguousarray(x)}
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in arrays.items())
    data = SimpleNamespace(get_next=iter([{"x": np.zeros(shape, np.float32)}, None]).__next__)
    with TemporaryDirectory() as folder:
        quantize_static(
            model, f"{folder}/quantized.onnx", data, quant_format=QuantFormat.QDQ,
            per_channel=bool(np.ndim(weight_scale)), activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8, extra_options={"TensorQuantOverrides": overrides, **options},
        )  # fmt: skip
        graph = onnx.load(f"{folder}/quantized.onnx").graph
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
        "dense": _with(layer=DENSE, shape=(1, 1)),
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
