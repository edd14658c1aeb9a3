"""The gate of the exporter: what stands in the file it writes, and what ONNX Runtime makes of it.

quantize        a weight goes into a layer, the layer is exported; the codes in the file are the answer
fake_quantize   an activation goes through the exported file's QuantizeLinear and DequantizeLinear
choose_qparams  the scale and the zero point of the weight, as the file stores them
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parent))

import exporter

SYSTEM = "my-exporter"


class Unsupported(Exception):
    """Said of what the exporter does not claim to do."""


def version():
    return "1"


def quantize(x, scale, zero_point, qmin, qmax):
    return _weight_codes(x, _quantizer(x, scale, zero_point, qmin, qmax))


def fake_quantize(x, scale, zero_point, qmin, qmax):
    q = _quantizer(x, scale, zero_point, qmin, qmax)
    if (qmin, qmax) == (-127, 127):
        raise Unsupported("activations use all codes of their type")
    values = np.asarray(x).reshape(1, -1)
    unit = exporter.Quantizer(np.float32(1), 0, -127, 127)
    layer = torch.nn.Linear(values.size, 1)
    model = exporter.export(exporter.QuantizedLinear(layer, q, unit))
    # The activation as the file's own nodes give it, before the layer multiplies.
    model.graph.output.append(helper.make_tensor_value_info("x_real", TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(model.SerializeToString(), _options())
    return session.run(["x_real"], {"x": values})[0].reshape(np.shape(x))


def choose_qparams(x, qmin, qmax, scheme):
    if scheme != "symmetric" or ((qmin, qmax) != (-127, 127) and (qmin, qmax) != (-128, 127)):
        raise Unsupported("weights are symmetric and signed, of 8 bits")
    weight = torch.from_numpy(np.asarray(x)).reshape(1, -1)
    q = exporter.weight_quantizer(weight, qmin, qmax)
    constants = _constants(weight, q)
    return {"scale": constants["w_scale"], "zero_point": constants["w_zero_point"]}


def _weight_codes(x, q):
    values = np.asarray(x)
    weight = torch.from_numpy(values).reshape(1, -1)
    return _constants(weight, q)["w_codes"].reshape(values.shape)


def _constants(weight, q):
    layer = torch.nn.Linear(weight.shape[1], 1)
    with torch.no_grad():
        layer.weight.copy_(weight)
    one = exporter.Quantizer(np.float32(1), 0, 0, 255)
    model = exporter.export(exporter.QuantizedLinear(layer, one, q))
    return {c.name: numpy_helper.to_array(c) for c in model.graph.initializer}


def _quantizer(x, scale, zero_point, qmin, qmax):
    if getattr(x, "dtype", None) != np.float32 or getattr(scale, "dtype", None) != np.float32:
        raise Unsupported("tensors and scales are float32")
    if not np.size(x):
        raise Unsupported("a layer has at least one weight and one input")
    if (qmin, qmax) not in ((-128, 127), (-127, 127), (0, 255)):
        raise Unsupported("codes are of 8 bits, for weights in a narrow range")
    return exporter.Quantizer(scale, zero_point, qmin, qmax)


def _options():
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return options
