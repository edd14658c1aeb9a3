"""Single-operation ONNX models, shared by the adapters of onnx and onnxruntime."""

from __future__ import annotations

import os
from functools import lru_cache

import numpy as np
from onnx import TensorProto, defs, helper

from conformance.adapters import Unsupported

_IR_VERSION = {10: 5, 13: 7, 19: 9, 21: 10, 23: 11, 25: 13}
_NEWEST = int(os.environ.get("CONFORMANCE_OPSET") or defs.onnx_opset_version())
OPSET = max(n for n in _IR_VERSION if n <= _NEWEST)  # of what is installed, or as a backend limits it
EARLIER_OPSETS = tuple(n for n in _IR_VERSION if n < OPSET)

_CODES = {  # by the bounds: the tensor type, and the numpy dtype that carries its codes
    (-128, 127): ("INT8", np.int8),
    (0, 255): ("UINT8", np.uint8),
    (-32768, 32767): ("INT16", np.int16),
    (0, 65535): ("UINT16", np.uint16),
    (-(2**31), 2**31 - 1): ("INT32", np.int32),
    (-8, 7): ("INT4", np.int8),
    (0, 15): ("UINT4", np.uint8),
    (-2, 1): ("INT2", np.int8),
    (0, 3): ("UINT2", np.uint8),
}
_DTYPES = {getattr(TensorProto, name, None): dtype for name, dtype in _CODES.values()}
_BOUNDS = {getattr(TensorProto, name, None): bounds for bounds, (name, _) in _CODES.items()}
_SMALL = {"INT4": "INT8", "UINT4": "UINT8", "INT2": "INT8", "UINT2": "UINT8"}
_CARRIED = {
    getattr(TensorProto, small): getattr(TensorProto, wide)
    for small, wide in _SMALL.items()
    if hasattr(TensorProto, small)
}
_REALS = {
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
}


def ir_version(opset=OPSET):
    """Return the version of the file format that came with an operator set."""
    return _IR_VERSION[opset]


def newest_that(loads):
    """Return the newest operator set of which a model loads; `loads` raises for those that do not."""
    found = []
    for opset in (OPSET, *reversed(EARLIER_OPSETS)):
        try:
            loads(_identity(opset))
        except Exception as error:
            found.append(f"{opset}: {error}")
            continue
        return opset
    raise ImportError(f"a runtime must load a model of some operator set, got {'; '.join(found)}")


def _identity(opset):
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", "x", "y")], "identity", [x], [y])
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version(opset)).SerializeToString()


def integer_type(qmin, qmax):
    """Return the tensor type whose range is exactly [qmin, qmax]."""
    name, _ = _CODES.get((qmin, qmax), ("", None))
    if not hasattr(TensorProto, name):
        raise Unsupported(f"no tensor type holds exactly [{qmin}, {qmax}]")
    return getattr(TensorProto, name)


def carried_dtype(integer):
    """Return the numpy dtype in which codes of a type are fed and fetched; 4- and 2-bit ones in 8."""
    return _DTYPES[_CARRIED.get(integer, integer)]


def real_type(value):
    """Return the tensor type of an array, a numpy scalar or a bfloat16 wrapper."""
    return _REALS["bfloat16" if hasattr(value, "values") else np.asarray(value).dtype.name]


def real_array(value):
    """Return reals as ONNX wants them fed; bfloat16 in its extension dtype."""
    if hasattr(value, "values"):
        if not hasattr(helper, "tensor_dtype_to_np_dtype"):
            raise Unsupported("this onnx has no numpy dtype for bfloat16")
        return np.asarray(value.values).astype(helper.tensor_dtype_to_np_dtype(TensorProto.BFLOAT16))
    return np.asarray(value)


def code_array(code, integer):
    """Return codes in the numpy dtype that carries them; a code outside the type is refused."""
    lowest, highest = _BOUNDS[integer]
    values = np.asarray(code)
    if values.size and (values.min() < lowest or values.max() > highest):
        raise ValueError(f"a zero point must have the type of y, got {values.reshape(-1)[0]}")
    return values.astype(carried_dtype(integer))


@lru_cache(maxsize=512)
def build(nodes, x_type, scale_type, integer, output_type, opset=OPSET, parameters=None, axis=None,
          channels=1, with_zero_point=True, out=None, block_size=None, x_shape=None):  # fmt: skip
    """Return the bytes of a model: x (or code), scale, zero_point -> y.

    `nodes` is ("QuantizeLinear",), ("DequantizeLinear",) or both. `parameters` are (scale bytes,
    zero points) stored in the model instead of fed; with an axis, vectors of `channels`, or, with a
    block_size too, arrays of the shape `channels`. 4- and 2-bit integers pass through Cast, because
    runtimes cannot feed or fetch them.
    """
    carrier, small = _CARRIED.get(integer, integer), integer in _CARRIED
    shape = [] if axis is None else list(channels) if block_size else [channels]
    inputs, initializers, body = [helper.make_tensor_value_info("x", x_type, x_shape)], [], []
    if parameters is None:
        inputs.append(helper.make_tensor_value_info("scale", scale_type, shape))
        inputs.append(helper.make_tensor_value_info("zero_point", carrier, shape))
    else:
        initializers.append(helper.make_tensor("scale", scale_type, shape, parameters[0], raw=True))
        initializers.append(helper.make_tensor("zero_point", carrier, shape, parameters[1]))
    zero_point_name = "zero_point"
    if small:
        zero_point_name = "zero_point_small"
        body.append(helper.make_node("Cast", ["zero_point"], [zero_point_name], to=integer))
    current, attributes = "x", {} if axis is None else {"axis": axis}
    attributes |= {"block_size": block_size} if block_size else {}
    if nodes == ("DequantizeLinear",) and small:
        body.append(helper.make_node("Cast", ["x"], ["x_small"], to=integer))
        current = "x_small"
    for node in nodes:
        extra = {"output_dtype": out} if out and node == "DequantizeLinear" else {}
        feeds = [current, "scale", zero_point_name] if with_zero_point else [current, "scale"]
        body.append(helper.make_node(node, feeds, [node], **attributes, **extra))
        current = node
    if nodes[-1] == "QuantizeLinear" and small:
        body.append(helper.make_node("Cast", [current], ["y_wide"], to=carrier))
        current = "y_wide"
    outputs = [helper.make_tensor_value_info(current, output_type, None)]
    graph = helper.make_graph(body, "one operation", inputs, outputs, initializers)
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version(opset)).SerializeToString()


@lru_cache(maxsize=1)
def dynamic_model():
    """Return the bytes of a model: x -> codes, scale, zero point."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    types = {"y": TensorProto.UINT8, "scale": TensorProto.FLOAT, "zero_point": TensorProto.UINT8}
    outputs = [helper.make_tensor_value_info(name, kind, None) for name, kind in types.items()]
    node = helper.make_node("DynamicQuantizeLinear", ["x"], list(types))
    graph = helper.make_graph([node], "one operation", [x], outputs)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version()).SerializeToString()


class Questions:
    """The operations and doors of any system that runs ONNX models through `run(bytes, feeds)`."""

    def __init__(self, run, declare=lambda shape: None):
        self._run = run
        self._declare = declare  # what a model is told of the shape of x

    def quantize(self, x, scale, zero_point, qmin, qmax, axis=None, block_size=None, **how):
        integer = integer_type(qmin, qmax)
        how |= {"block_size": block_size} if block_size else {}
        y_type = _CARRIED.get(integer, integer)
        return self._ask(("QuantizeLinear",), real_array(x), real_type(x), scale, zero_point, integer,
                         y_type, axis, **how)  # fmt: skip

    def dequantize(self, code, scale, zero_point, qmin, qmax, dtype=None, axis=None, block_size=None,
                   **how):  # fmt: skip
        integer = integer_type(qmin, qmax)
        how |= {"block_size": block_size} if block_size else {}
        output = _REALS[dtype] if dtype else real_type(scale)
        _choose_output(output, scale, how)
        return self._ask(("DequantizeLinear",), code_array(code, integer), _CARRIED.get(integer, integer),
                         scale, zero_point, integer, output, axis, **how)  # fmt: skip

    def fake_quantize(self, x, scale, zero_point, qmin, qmax, axis=None, **how):
        integer = integer_type(qmin, qmax)
        _choose_output(real_type(x), scale, how)
        return self._ask(("QuantizeLinear", "DequantizeLinear"), real_array(x), real_type(x), scale,
                         zero_point, integer, real_type(x), axis, **how)  # fmt: skip

    def choose_qparams(self, x, qmin, qmax, scheme):
        if (qmin, qmax, scheme) != (0, 255, "affine"):
            raise Unsupported("DynamicQuantizeLinear chooses for uint8, affine, only")
        _, scale, zero_point = self._run(dynamic_model(), {"x": real_array(x)}, every=True)
        return {"scale": scale, "zero_point": zero_point}

    def _ask(self, nodes, x, x_type, scale, zero_point, integer, y_type, axis, **how):
        shape, stored = x.shape, how.pop("stored", False)
        one_channel = how.pop("one_channel", None)
        _check_axis(axis, one_channel, how.get("opset", OPSET), "block_size" in how)
        if nodes[0] == "QuantizeLinear" and integer == TensorProto.INT32:
            raise Unsupported("QuantizeLinear has no int32 output")
        if how.get("with_zero_point") is False and np.any(zero_point):
            raise Unsupported("a zero point that is left out is 0")
        if (
            how.get("with_zero_point") is False
            and nodes[0] == "QuantizeLinear"
            and integer != TensorProto.UINT8
        ):
            raise Unsupported("without a zero point the output is uint8")
        feeds = {"scale": real_array(scale), "zero_point": code_array(zero_point, integer)}
        if stored:
            zero_points = tuple(int(value) for value in np.ravel(zero_point))
            how["parameters"] = (feeds["scale"].tobytes(), zero_points)
            feeds = {}
        if one_channel is not None:
            axis, x = one_channel, x.reshape((1, -1) if one_channel == 0 else (-1, 1))
            feeds = {name: value.reshape(1) for name, value in feeds.items()}
        count = np.shape(zero_point) if "block_size" in how else np.size(zero_point)
        how |= {} if axis is None else {"axis": axis, "channels": count}
        how["x_shape"] = self._declare(x.shape)
        model = build(nodes, x_type, real_type(scale), integer, y_type, **how)
        return self._run(model, {"x": x, **feeds}).reshape(shape)

    def doors(self):
        """Return the table DOORS of an adapter."""
        how = {
            "per-channel": {"one_channel": 0},
            "per-channel-last": {"one_channel": 1},
            "initializers": {"stored": True},
            "no-zero-point": {"with_zero_point": False},
            **{f"opset-{n}": {"opset": n} for n in EARLIER_OPSETS},
        }
        operations = {f.__name__: f for f in (self.quantize, self.dequantize, self.fake_quantize)}
        return {
            name: {door: _with(function, options) for door, options in how.items()}
            for name, function in operations.items()
        }


def _check_axis(axis, one_channel, opset, has_blocks):
    if has_blocks and opset < 21:
        raise Unsupported("before operator set 21 there are no blocks")
    if axis is not None and one_channel is not None:
        raise Unsupported("the question has an axis of its own")
    if axis is not None and opset < 13:
        raise Unsupported("before operator set 13 there is no axis")


def _choose_output(output, scale, how):
    """Ask for an output dtype that is not the scale's, which needs an attribute."""
    if output == real_type(scale):
        return
    if how.get("opset", OPSET) < 23:
        raise Unsupported("before operator set 23 the output has the dtype of the scale")
    how["out"] = output


def _with(function, options):
    def ask(**arguments):
        return function(**arguments, **options)

    return ask
