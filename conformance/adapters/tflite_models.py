"""Single-operation TFLite models built from the schema, shared by the adapters of tflite and litert.

reference  the reference kernels, no delegate
builtin    the optimized kernels, no delegate
xnnpack    the default: the XNNPACK delegate; a node that it leaves to the others is not its answer

A model is told scales as float32 and zero points as int64, as the schema holds them: no converter
stands between the question and the kernel.
"""

from __future__ import annotations

from functools import partial

import flatbuffers
import numpy as np

from conformance.adapters import Unsupported

BACKENDS = {"reference": {}, "builtin": {}, "xnnpack": {}}
RESOLVERS = {"reference": "BUILTIN_REF", "builtin": "BUILTIN_WITHOUT_DEFAULT_DELEGATES", "xnnpack": "AUTO"}

_CODES = {  # by the bounds: the tensor type, and the numpy dtype that carries its codes
    (-128, 127): ("INT8", np.int8),
    (0, 255): ("UINT8", np.uint8),
    (-32768, 32767): ("INT16", np.int16),
    (-8, 7): ("INT4", np.int8),
    (0, 15): ("UINT4", np.uint8),
    (-2, 1): ("INT2", np.int8),
}


def code_type(qmin, qmax, among):
    """Return the tensor type whose range is exactly [qmin, qmax], and the dtype that carries it."""
    name, carrier = _CODES.get((qmin, qmax), ("", None))
    if name not in among:
        raise Unsupported(f"no tensor type of the operation holds exactly [{qmin}, {qmax}]")
    return name, carrier


def check_reals(*values):
    for value in values:
        if getattr(value, "dtype", None) != np.float32:
            raise Unsupported("reals are float32, and so are the scales of the schema")


class FilledLater:
    """A schema whose objects are made empty: here they take their fields in order, as the newer ones do."""

    def __init__(self, schema):
        self._schema = schema

    def __getattr__(self, name):
        found = getattr(self._schema, name)
        return partial(_fill, found) if name.endswith("T") else found


def _fill(kind, *values):
    made = kind()
    for name, value in zip(vars(made), values):  # noqa: B905 - the rest keep their defaults
        setattr(made, name, value)
    return made


class Questions:
    """The operations and doors of any system that has the schema and an interpreter."""

    def __init__(self, schema, runtime, backend, quantized, dequantized, widened):
        self._schema = schema
        self._quantized = quantized  # types that QUANTIZE gives
        self._dequantized = dequantized  # types that DEQUANTIZE takes, int16 aside
        self._widened = widened  # types that QUANTIZE turns into int16
        self._interpreter = runtime.Interpreter
        self._resolver = getattr(runtime.OpResolverType, RESOLVERS[backend])
        self._is_delegated = backend == "xnnpack"

    def quantize(self, x, scale, zero_point, qmin, qmax, axis=None, refused=False):
        check_reals(x, scale)
        name, _ = code_type(qmin, qmax, self._quantized)
        self._check_delegate(scale, zero_point, qmin, qmax, refused)
        return self._convert("QUANTIZE", x, "FLOAT32", None, name, self._one(scale, zero_point))

    def dequantize(self, code, scale, zero_point, qmin, qmax, dtype=None, axis=None, refused=False):
        check_reals(scale)
        name, carrier = code_type(qmin, qmax, ("INT16", *self._dequantized))
        if name == "INT16" and zero_point:
            raise Unsupported("int16 codes have no zero point: the kernel must be told 0")
        self._check_delegate(scale, zero_point, qmin, qmax, refused)
        stored = self._one(scale, zero_point)
        return self._convert("DEQUANTIZE", code.astype(carrier), name, stored, "FLOAT32", None)

    def quantize_channels(self, x, scale, zero_point, qmin, qmax, axis=None):
        check_reals(x, scale)
        name, _ = code_type(qmin, qmax, ("INT8", "UINT8", "INT16"))
        if axis is None:
            stored = self._affine([scale, scale], [zero_point, zero_point])
            return self._convert("QUANTIZE", np.stack([x, x]), "FLOAT32", None, name, stored)[0]
        stored = self._channels(scale, zero_point, axis % x.ndim)
        return self._convert("QUANTIZE", x, "FLOAT32", None, name, stored)

    def dequantize_channels(self, code, scale, zero_point, qmin, qmax, dtype=None, axis=None):
        check_reals(scale)
        name, carrier = code_type(qmin, qmax, self._dequantized)
        if axis is None:
            stored = self._affine([scale, scale], [zero_point, zero_point])
            both = np.stack([code, code]).astype(carrier)
            return self._convert("DEQUANTIZE", both, name, stored, "FLOAT32", None)[0]
        stored = self._channels(scale, zero_point, axis % code.ndim)
        return self._convert("DEQUANTIZE", code.astype(carrier), name, stored, "FLOAT32", None)

    def rescale(self, code, input_scale, input_zero_point, output_scale, output_zero_point, qmin, qmax):
        bounds = np.iinfo(code.dtype)
        source, _ = code_type(bounds.min, bounds.max, ("INT8", "UINT8", "INT16"))
        target, _ = code_type(qmin, qmax, ("INT8", "UINT8", "INT16"))
        if source == target == "INT16" and (input_zero_point or output_zero_point):
            raise Unsupported("from int16 to int16 there is no zero point: the kernel must be told 0")
        if target == "INT16" and source not in self._widened:
            raise Unsupported("QUANTIZE makes no int16 codes of 8-bit ones")
        x_stored = self._affine([input_scale], [input_zero_point])
        y_stored = self._affine([output_scale], [output_zero_point])
        return self._convert("QUANTIZE", code, source, x_stored, target, y_stored)

    def requantize(self, accumulator, input_scale, weight_scale, output_scale, output_zero_point, qmin, qmax,
                   operator="FULLY_CONNECTED", of_channels=False):  # fmt: skip
        """The accumulators are the bias of a layer with one input of 0, and weights of 0."""
        if not of_channels and np.size(weight_scale) != 1:
            raise Unsupported("scales of channels are asked through the doors channels-of-one")
        has_relu = qmin == output_zero_point != 0 and qmax in (127, 255)
        bounds = ((-128, 127) if qmax == 127 else (0, 255)) if has_relu else (qmin, qmax)
        name, _ = code_type(*bounds, ("INT8", "UINT8"))
        if of_channels and name == "UINT8":
            raise Unsupported("int8 weights alone have scales of channels")
        size, weights, biases = accumulator.size, [weight_scale], [input_scale * weight_scale]
        if of_channels:  # twice, for one channel would be none to the kernel
            accumulator, weights = np.resize(accumulator, 2 * size), np.resize(weight_scale, 2 * size)
            biases = input_scale * weights
        schema = self._schema
        kind = getattr(schema.TensorType, name)
        count, zeros = accumulator.size, [0] * len(weights)
        ones = [1, 1, 1] if operator == "CONV_2D" else [1]
        activation = schema.ActivationFunctionType.RELU if has_relu else 0
        tensors = [
            schema.TensorT([1, *ones], kind, 0, None, self._affine([input_scale], [0])),
            schema.TensorT([count, *ones], kind, 1, None, self._affine(weights, zeros)),
            schema.TensorT([count], schema.TensorType.INT32, 2, None, self._affine(biases, zeros)),
            schema.TensorT([*ones, count], kind, 0, None, self._affine([output_scale], [output_zero_point])),
        ]
        buffers = [schema.BufferT(), schema.BufferT(bytes(count)), schema.BufferT(accumulator.tobytes())]
        if operator == "CONV_2D":
            options = schema.Conv2DOptionsT(0, 1, 1, activation)
            layer = schema.OperatorT(0, [0, 1, 2], [3], schema.BuiltinOptions.Conv2DOptions, options)
        else:
            options = schema.FullyConnectedOptionsT(activation)
            layer = schema.OperatorT(0, [0, 1, 2], [3], schema.BuiltinOptions.FullyConnectedOptions, options)
        return self._run(operator, tensors, 3, layer, buffers).reshape(count)[:size]

    def quantize_refused(self, x, scale, zero_point, qmin, qmax, axis=None):
        return self.quantize(x, scale, zero_point, qmin, qmax, axis, refused=True)

    def dequantize_refused(self, code, scale, zero_point, qmin, qmax, dtype=None, axis=None):
        return self.dequantize(code, scale, zero_point, qmin, qmax, dtype, axis, refused=True)

    def doors(self):
        """Return the table DOORS of an adapter."""
        found = {
            "quantize": {"plain": self.quantize, "two-channels": self.quantize_channels},
            "dequantize": {"plain": self.dequantize, "two-channels": self.dequantize_channels},
        }
        found["rescale"] = {"plain": self.rescale}
        found["requantize"] = {
            "plain": self.requantize,
            "channels-of-one": _with(self.requantize, {"of_channels": True}),
            "convolution": _with(self.requantize, {"operator": "CONV_2D"}),
            "convolution-channels-of-one": _with(
                self.requantize, {"operator": "CONV_2D", "of_channels": True}
            ),
        }
        if self._is_delegated:  # which takes no such nodes
            for name, refused in (
                ("quantize", self.quantize_refused),
                ("dequantize", self.dequantize_refused),
            ):
                del found[name]["two-channels"]
                found[name]["delegate-refuses"] = refused
        return found

    def _check_delegate(self, scale, zero_point, qmin, qmax, refused):
        """Ask what the delegate refuses, and may end the process by, through a door of its own."""
        is_normal = bool(np.all(np.abs(scale) >= np.finfo(np.float32).tiny)) and bool(np.all(scale > 0))
        is_taken = is_normal and bool(np.all((zero_point >= qmin) & (zero_point <= qmax)))
        if self._is_delegated and is_taken == refused:
            raise Unsupported(f"{'only' if refused else 'not'} what the XNNPACK delegate refuses")

    def _one(self, scale, zero_point):
        if np.size(scale) != 1:
            raise Unsupported("scales of channels are asked through the door two-channels")
        return self._affine(np.ravel(scale), np.ravel(np.int64(zero_point)))

    def _channels(self, scale, zero_point, axis):
        if np.size(scale) < 2:
            raise Unsupported("one scale is no scale of channels to the kernel")
        found = self._affine(scale, np.int64(zero_point))
        found.quantizedDimension = axis
        return found

    def _affine(self, scales, zero_points):
        return self._schema.QuantizationParametersT(None, None, scales, zero_points)

    def _convert(self, operator, x, x_type, x_stored, y_type, y_stored):
        schema = self._schema
        tensors = [
            schema.TensorT(x.shape, getattr(schema.TensorType, x_type), 0, None, x_stored),
            schema.TensorT(x.shape, getattr(schema.TensorType, y_type), 0, None, y_stored),
        ]
        return self._run(operator, tensors, 1, schema.OperatorT(0, [0], [1]), [schema.BufferT()], x)

    def _run(self, operator, tensors, output, layer, buffers, x=None):
        """Return what a model of one operator gives; without x, what it is fed makes no difference."""
        schema = self._schema
        code = schema.OperatorCodeT(getattr(schema.BuiltinOperator, operator))  # below 127
        graph = schema.SubGraphT(tensors, [0], [output], [layer])
        file = flatbuffers.Builder()
        file.Finish(schema.ModelT(3, [code], [graph], None, buffers).Pack(file), b"TFL3")
        net = self._interpreter(None, bytes(file.Output()), None, 1, self._resolver)
        net.allocate_tensors()
        if self._is_delegated and net._get_ops_details()[-1]["op_name"] != "DELEGATE":
            raise Unsupported("the XNNPACK delegate does not take the node")
        if x is not None:
            net.set_tensor(0, x)
        net.invoke()
        return net.get_tensor(output)


def _with(function, options):
    def ask(**arguments):
        return function(**arguments, **options)

    return ask
