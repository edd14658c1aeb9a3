"""XNNPACK as ExecuTorch's delegate: graphs of one node or two, built from the backend's own schema.

quantize, dequantize   a convert node between float32 and int8
rescale                a convert node to float32 and one from it, as the backend writes a dequantize and a
                       quantize that belong to no layer; or one convert node, from int8 to int8
requantize             a fully connected node, or a convolution by 1, with one input of 0 and weights of 0;
                       the accumulators are its int32 bias, as the backend stores a quantized bias
"""

from __future__ import annotations

import numpy as np
import torch
from executorch.backends.xnnpack.serialization import xnnpack_graph_schema as xnn
from executorch.backends.xnnpack.serialization.xnnpack_graph_serialize import serialize_xnnpack_binary
from executorch.backends.xnnpack.utils.xnnpack_constants import (
    XNN_INVALID_VALUE_ID,
    XNN_VALUE_FLAG_EXTERNAL_INPUT,
    XNN_VALUE_FLAG_EXTERNAL_OUTPUT,
)

from conformance.adapters import Unsupported
from conformance.adapters.executorch_programs import fresh, run_delegate

_FLOAT32, _INT8, _INT32 = (getattr(xnn.XNNDatatype, f"xnn_datatype_{n}") for n in ("fp32", "qint8", "qint32"))
_CHANNELS = {_INT8: xnn.XNNDatatype.xnn_datatype_qcint8, _INT32: xnn.XNNDatatype.xnn_datatype_qcint32}


def quantize(x, scale, zero_point, qmin, qmax):
    _check(qmin, qmax, x, scale)
    _check_one(scale)
    values = [_input(_value(_FLOAT32, x.shape)), _output(_value(_INT8, x.shape, scale, zero_point), 1)]
    return _run([xnn.XNNConvert(0, 1, 0)], values, fresh(x), torch.int8)


def dequantize(code, scale, zero_point, qmin, qmax, dtype=None):
    _check(qmin, qmax, scale)
    _check_one(scale)
    if dtype not in (None, "float32"):
        raise Unsupported("the backend dequantizes to float32")
    values = [_input(_value(_INT8, code.shape, scale, zero_point)), _output(_value(_FLOAT32, code.shape), 1)]
    return _run([xnn.XNNConvert(0, 1, 0)], values, fresh(code).to(torch.int8), torch.float32)


def rescale(code, input_scale, input_zero_point, output_scale, output_zero_point, qmin, qmax, nodes=2):
    if code.dtype != np.int8:
        raise Unsupported("the backend's quantized tensors are int8")
    _check(qmin, qmax, input_scale, output_scale)
    values = [
        _input(_value(_INT8, code.shape, input_scale, input_zero_point)),
        _output(_value(_INT8, code.shape, output_scale, output_zero_point), 1),
    ]
    if nodes == 1:
        return _run([xnn.XNNConvert(0, 1, 0)], values, fresh(code), torch.int8)
    values.append(_placed(_value(_FLOAT32, code.shape), 2))
    return _run([xnn.XNNConvert(0, 2, 0), xnn.XNNConvert(2, 1, 0)], values, fresh(code), torch.int8)


def requantize(accumulator, input_scale, weight_scale, output_scale, output_zero_point, qmin, qmax,
               of_channels=False, is_convolution=False):  # fmt: skip
    if not of_channels and np.size(weight_scale) != 1:
        raise Unsupported("scales of channels are asked through the doors channels-of-one")
    has_relu = qmin == output_zero_point != -128
    _check(-128 if has_relu else qmin, qmax, input_scale, weight_scale, output_scale)
    size = accumulator.size
    weight_scales = [float(s) for s in np.resize(weight_scale, size)] if of_channels else float(weight_scale)
    bias_scales = np.multiply(weight_scales, float(input_scale)).tolist()  # as QuantParams.from_bias has it
    ones = [1, 1, 1] if is_convolution else [1]
    values = [
        _input(_value(_INT8, [1, *ones], input_scale, 0)),
        _output(_value(_INT8, [1, *ones[1:], size], output_scale, output_zero_point), 1),
        _stored(_value(_INT8, [size, *ones], weight_scales, 0), 2, 1),
        _stored(_value(_INT32, [size], bias_scales, 0), 3, 2),
    ]
    node = _convolution(size) if is_convolution else xnn.XNNFullyConnected(0, 2, 3, 1, 0)
    given = torch.zeros([1, *ones], dtype=torch.int8)
    constants = (bytes(size), accumulator.astype("<i4").tobytes())
    found = _run(
        [node], values, given, torch.int8, constants, xnn.OutputMinMax(0.0, "inf") if has_relu else None
    )
    return found.reshape(size)


def _with(function=requantize, **options):
    return lambda **arguments: function(**arguments, **options)


DOORS = {
    "quantize": {"plain": quantize},
    "dequantize": {"plain": dequantize},
    "rescale": {"plain": rescale, "one-node": _with(rescale, nodes=1)},
    "requantize": {
        "plain": requantize,
        "channels-of-one": _with(of_channels=True),
        "convolution": _with(is_convolution=True),
        "convolution-channels-of-one": _with(of_channels=True, is_convolution=True),
    },
}


def _check(qmin, qmax, *reals):
    if (qmin, qmax) != (-128, 127):
        raise Unsupported("the backend's quantized tensors are int8")
    if any(getattr(value, "dtype", None) != np.float32 for value in reals):
        raise Unsupported("the backend's reals and its scales are float32")


def _check_one(scale):
    if np.ndim(scale):
        raise Unsupported("scales of channels belong to weights")


def _convolution(channels):
    """Return a convolution of an image of one pixel and one channel, by 1."""
    names = ("kernel", "subsampling", "dilation")
    ones = {f"{name}_{side}": 1 for name in names for side in ("height", "width")}
    zeros = {f"padding_{side}": 0 for side in ("top", "right", "bottom", "left")}
    zeros |= {"adjustment_height": 0, "adjustment_width": 0, "flags": 0}
    groups = {"groups": 1, "group_input_channels": 1, "group_output_channels": channels}
    return xnn.XNNConv2d(input1_id=0, filter_id=2, bias_id=3, output_id=1, **groups, **ones, **zeros)


def _value(datatype, shape, scale=None, zero_point=None):
    """Return a value of the graph: quantized per channel where there are several scales."""
    kind = _CHANNELS[datatype] if isinstance(scale, list) else datatype
    tensor = xnn.XNNTensorValue(kind, len(shape), list(shape), 0, XNN_INVALID_VALUE_ID, 0, 0)
    if scale is None:
        return tensor
    if isinstance(scale, list):
        return xnn.XNNQuantizedTensorValue(tensor, xnn.PerChannelQuant(scale, 0, 0, 0))
    return xnn.XNNQuantizedTensorValue(tensor, xnn.PerTensorQuant(float(scale), int(zero_point)))


def _input(value):
    return _placed(value, 0, flags=XNN_VALUE_FLAG_EXTERNAL_INPUT, external_id=0)


def _output(value, number):
    return _placed(value, number, flags=XNN_VALUE_FLAG_EXTERNAL_OUTPUT, external_id=number)


def _stored(value, number, buffer):
    return _placed(value, number, constant_buffer_idx=buffer)


def _placed(value, number, **fields):
    tensor = getattr(value, "tensor_value", value)
    for name, field in {"id_out": number, **fields}.items():
        setattr(tensor, name, field)
    return xnn.XValue(value)


def _run(nodes, values, given, dtype, constants=(), activation=None):
    """Return what a delegate of these nodes gives; value 1 is its output."""
    data, places = bytearray(), [xnn.ConstantDataOffset(0, 0, None)]
    for constant in constants:  # aligned, with room to read beyond them
        places.append(xnn.ConstantDataOffset(len(data), len(constant), None))
        data += constant + bytes(-len(constant) % 16 + 64)
    nodes = [xnn.XNode(node, 0, activation) for node in nodes]
    graph = xnn.XNNGraph("0", nodes, values, 2, [0], [1], places)
    output = getattr(values[1].xvalue_union, "tensor_value", values[1].xvalue_union)
    return run_delegate("XnnpackBackend", serialize_xnnpack_binary(graph, data), given, output.dims, dtype)
