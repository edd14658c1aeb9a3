"""The 8-, 6- and 4-bit floating-point types in single-operation ONNX models, for onnx and onnxruntime."""

from __future__ import annotations

import ctypes
from functools import lru_cache

import numpy as np
from onnx import TensorProto, helper

from conformance.adapters import Unsupported
from conformance.adapters.onnx_models import _IR_VERSION, EARLIER_OPSETS, OPSET, real_array, real_type


def _tensor_type(name):
    if not hasattr(TensorProto, name.upper()):
        raise Unsupported(f"this onnx has no {name}")
    return getattr(TensorProto, name.upper())


@lru_cache(maxsize=256)
def _model(node, x_type, y_type, scale_type, small, opset, axis, stored, named, attributes):
    """Return the bytes of a model: x, scale -> y, with a zero point of 0 in the small type."""
    shape = [] if axis is None else [1]
    inputs, initializers, feeds = [helper.make_tensor_value_info("x", x_type, None)], [], ["x", "scale"]
    if stored is None:
        inputs.append(helper.make_tensor_value_info("scale", scale_type, shape))
    else:
        initializers.append(helper.make_tensor("scale", scale_type, shape, stored, raw=True))
    extra = {"output_dtype": y_type} if named and node == "QuantizeLinear" else {}
    if not named:
        initializers.append(helper.make_tensor("zero_point", small, shape, b"\0", raw=True))
        feeds.append("zero_point")
    extra |= {} if axis is None else {"axis": axis}
    body = [helper.make_node(node, feeds, ["y"], **dict(attributes), **extra)]
    outputs = [helper.make_tensor_value_info("y", y_type, None)]
    graph = helper.make_graph(body, "one operation", inputs, outputs, initializers)
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION[opset]).SerializeToString()


class _Questions:
    """Both operations and their doors, of any system that answers `run(model bytes, feeds) -> array`."""

    def __init__(self, run):
        self._run = run

    def quantize_float8(self, x, scale, type, saturate, **how):
        small = _tensor_type(type)
        if not saturate and not type.startswith("float8"):
            raise Unsupported("saturate applies to float8 only")
        attributes = (("saturate", int(saturate)),) if type.startswith("float8") else ()
        y = self._ask("QuantizeLinear", real_array(x), real_type(x), small, scale, small, attributes, **how)
        return y.view(np.uint8)

    def dequantize_float8(self, code, scale, type, **how):
        small = _tensor_type(type)
        codes = np.asarray(code).astype(np.uint8).view(helper.tensor_dtype_to_np_dtype(small))
        return self._ask("DequantizeLinear", codes, small, real_type(scale), scale, small, (), **how)

    def _ask(self, node, x, x_type, y_type, scale, small, attributes, opset=OPSET, axis=None, stored=False,
             named=False):  # fmt: skip
        if named and opset < 21 and node == "QuantizeLinear":
            raise Unsupported("output_dtype came with operator set 21")
        given = real_array(scale).reshape([] if axis is None else [1])
        question = x if axis is None else x.reshape((1, -1) if axis == 0 else (-1, 1))
        kept = given.tobytes() if stored else None
        model = _model(node, x_type, y_type, real_type(scale), small, opset, axis, kept, named, attributes)
        feeds = {"x": question} if stored else {"x": question, "scale": given}
        return self._run(model, feeds).reshape(x.shape)


def doors(run):
    """Return what an adapter adds to its DOORS, the plain doors among them."""
    how = {
        "plain": {},
        "per-channel": {"axis": 0},
        "per-channel-last": {"axis": 1},
        "initializers": {"stored": True},
        "no-zero-point": {"named": True},
        **{f"opset-{n}": {"opset": n} for n in EARLIER_OPSETS if n >= 19},
    }
    questions = _Questions(run)
    operations = (questions.quantize_float8, questions.dequantize_float8)
    return {ask.__name__: {door: _with(ask, options) for door, options in how.items()} for ask in operations}


def _with(function, options):
    return lambda **arguments: function(**arguments, **options)


def through_ort_values(session_of):
    """Return `run` for ONNX Runtime, whose session.run takes and gives no float8 arrays."""
    from onnxruntime import OrtValue

    def run(model, feeds):
        session, values = session_of(model), {}
        for name, array in feeds.items():
            array = np.ascontiguousarray(array).reshape(array.shape)
            if array.dtype.name in ("float32", "float16"):
                values[name] = OrtValue.ortvalue_from_numpy(array)
            else:
                bits = array.view(np.uint8 if array.itemsize == 1 else np.uint16)
                number = helper.np_dtype_to_tensor_dtype(array.dtype)
                values[name] = OrtValue.ortvalue_from_numpy_with_onnx_type(bits, number)
        (found,) = session.run_with_ort_values(None, values)
        return _fetched(found, helper.tensor_dtype_to_np_dtype(found.element_type()))

    return run


def _fetched(value, dtype):
    """Return the array of an OrtValue, whatever its type."""
    count = int(np.prod(value.shape(), dtype=np.int64))
    data = ctypes.string_at(value.data_ptr(), count * dtype.itemsize) if count else b""
    return np.frombuffer(bytearray(data), dtype).reshape(value.shape())
