"""Single-operation TFLite models built from the schema, shared by the adapters of tflite and litert.

reference  the reference kernels, no delegate
builtin    the optimized kernels, no delegate
xnnpack    the default: the XNNPACK delegate; a node that it leaves to the others is not its answer

A model is told scales as float32 and zero points as int64, as the schema holds them: no converter
stands between the question and the kernel.
"""

from __future__ import annotations

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


class Questions:
    """The operations and doors of any system that has the schema and an interpreter."""

    def __init__(self, schema, interpreter, resolvers, backend, dequantized=("INT8", "UINT8", "INT4", "UINT4")):
        self._schema = schema
        self._dequantized = dequantized
        self._interpreter = interpreter
        self._resolver = getattr(resolvers, RESOLVERS[backend])
        self._is_delegated = backend == "xnnpack"

    def quantize(self, x, scale, zero_point, qmin, qmax, axis=None, refused=False):
        check_reals(x, scale)
        name, _ = code_type(qmin, qmax, ("INT8", "UINT8", "INT16", "INT4", "UINT4"))
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
        stored = self._channels(x, scale, zero_point, axis)
        return self._convert("QUANTIZE", x, "FLOAT32", None, name, stored)

    def dequantize_channels(self, code, scale, zero_point, qmin, qmax, dtype=None, axis=None):
        check_reals(scale)
        name, carrier = code_type(qmin, qmax, self._dequantized)
        stored = self._channels(code, scale, zero_point, axis)
        return self._convert("DEQUANTIZE", code.astype(carrier), name, stored, "FLOAT32", None)

    def rescale(self, code, input_scale, input_zero_point, output_scale, output_zero_point, qmin, qmax):
        bounds = np.iinfo(code.dtype)
        source, _ = code_type(bounds.min, bounds.max, ("INT8", "UINT8", "INT16"))
        target, _ = code_type(qmin, qmax, ("INT8", "UINT8", "INT16"))
        if source == target == "INT16" and (input_zero_point or output_zero_point):
            raise Unsupported("from int16 to int16 there is no zero point: the kernel must be told 0")
        stored = self._affine(input_scale, input_zero_point, 0), self._affine(output_scale, output_zero_point, 0)
        return self._convert("QUANTIZE", code, source, stored[0], target, stored[1])

    def requantize_by(self, operator, accumulator, input_scale, weight_scale, output_scale, output_zero_point,
                      qmin, qmax):  # fmt: skip
        """The accumulators are the bias of a layer with one input of 0, and weights of 0."""
        has_relu = qmin == output_zero_point != 0 and qmax in (127, 255)
        bounds = ((-128, 127) if qmax == 127 else (0, 255)) if has_relu else (qmin, qmax)
        name, carrier = code_type(*bounds, ("INT8", "UINT8"))
        if name == "UINT8" and np.size(weight_scale) > 1:
            raise Unsupported("uint8 weights have one scale")
        schema, count = self._schema, accumulator.size
        kind = getattr(schema.TensorType, name)
        is_convolution = operator == "CONV_2D"
        shapes = ([1, 1, 1, 1], [count, 1, 1, 1]) if is_convolution else ([1, 1], [count, 1])
        zeros = np.zeros_like(weight_scale)
        tensors = [
            schema.TensorT(shapes[0], kind, quantization=self._affine(input_scale, 0, 0)),
            schema.TensorT(shapes[1], kind, 1, quantization=self._affine(weight_scale, zeros, 0)),
            schema.TensorT(
                [count],
                schema.TensorType.INT32,
                2,
                quantization=self._affine(input_scale * weight_scale, zeros, 0),
            ),
            schema.TensorT(
                [1, *shapes[0][1:-1], count],
                kind,
                quantization=self._affine(output_scale, output_zero_point, 0),
            ),
        ]
        activation = schema.ActivationFunctionType.RELU if has_relu else 0
        if is_convolution:
            options = schema.Conv2DOptionsT(
                schema.Padding.VALID, 1, 1, activation, dilationWFactor=1, dilationHFactor=1
            )
        else:
            options = schema.FullyConnectedOptionsT(activation)
        of_options = getattr(
            schema.BuiltinOptions, "Conv2DOptions" if is_convolution else "FullyConnectedOptions"
        )
        operators = [schema.OperatorT(0, [0, 1, 2], [3], of_options, options)]
        weights = np.zeros(count, carrier).view(np.uint8)
        buffers = [None, weights, accumulator.copy().view(np.uint8)]
        graph = schema.SubGraphT(tensors, [0], [3], operators)
        x = np.zeros(shapes[0], carrier)
        return self._run(operator, graph, [schema.BufferT(data) for data in buffers], x).reshape(count)

    def requantize_layer(self, operator, of_channels, arguments):
        """A layer with one scale of weights, or, with as many as accumulators, with one for each."""
        scale = arguments["weight_scale"]
        if not of_channels and np.size(scale) != 1:
            raise Unsupported("scales of channels are asked through the doors channels-of-one")
        if of_channels and arguments["accumulator"].size < 2:
            raise Unsupported("one scale is no scale of channels to the kernel")
        if of_channels:
            scale = np.broadcast_to(scale, arguments["accumulator"].shape)
        return self.requantize_by(operator, **{**arguments, "weight_scale": scale})

    def quantize_refused(self, x, scale, zero_point, qmin, qmax, axis=None):
        return self.quantize(x, scale, zero_point, qmin, qmax, axis, refused=True)

    def dequantize_refused(self, code, scale, zero_point, qmin, qmax, dtype=None, axis=None):
        return self.dequantize(code, scale, zero_point, qmin, qmax, dtype, axis, refused=True)

    def doors(self):
        """Return the table DOORS of an adapter."""
        found = {
            "quantize": {"plain": self.quantize, "channels-of-one": self.quantize_channels},
            "dequantize": {"plain": self.dequantize, "channels-of-one": self.dequantize_channels},
        }
        found["rescale"] = {"plain": self.rescale}
        found["requantize"] = {
            "plain": self._layer("FULLY_CONNECTED", False),
            "channels-of-one": self._layer("FULLY_CONNECTED", True),
            "convolution": self._layer("CONV_2D", False),
            "convolution-channels-of-one": self._layer("CONV_2D", True),
        }
        if self._is_delegated:  # which takes no such nodes
            for name, refused in (("quantize", self.quantize_refused), ("dequantize", self.dequantize_refused)):
                del found[name]["channels-of-one"]
                found[name]["delegate-refuses"] = refused
        return found

    def _layer(self, operator, of_channels):
        return lambda **arguments: self.requantize_layer(operator, of_channels, arguments)

    def _check_delegate(self, scale, zero_point, qmin, qmax, refused):
        """Ask what the delegate refuses, and may end the process by, through a door of its own."""
        is_normal = bool(np.all(np.abs(scale) >= np.finfo(np.float32).tiny)) and bool(np.all(scale > 0))
        is_taken = is_normal and bool(np.all((zero_point >= qmin) & (zero_point <= qmax)))
        if self._is_delegated and is_taken == refused:
            raise Unsupported(f"{'only' if refused else 'not'} what the XNNPACK delegate refuses")

    def _one(self, scale, zero_point):
        if np.size(scale) != 1:
            raise Unsupported("scales of channels are asked through the door channels-of-one")
        return self._affine(scale, zero_point, 0)

    def _channels(self, x, scale, zero_point, axis):
        """Return scales of channels; of a vector with one scale each element is a channel."""
        if axis is None and x.ndim == 1 and x.size > 1:
            return self._affine(np.full(x.size, scale), np.full(x.size, zero_point), 0)
        if axis is None or np.size(scale) < 2:
            raise Unsupported("this door is for vectors, and for several scales")
        return self._affine(scale, zero_point, axis % x.ndim)

    def _affine(self, scale, zero_point, axis):
        zero_points = np.ravel(zero_point).astype(np.int64)
        return self._schema.QuantizationParametersT(
            scale=np.ravel(scale), zeroPoint=zero_points, quantizedDimension=axis
        )

    def _convert(self, operator, x, x_type, x_stored, y_type, y_stored):
        schema, types = self._schema, self._schema.TensorType
        tensors = [
            schema.TensorT(x.shape, getattr(types, x_type), quantization=x_stored),
            schema.TensorT(x.shape, getattr(types, y_type), quantization=y_stored),
        ]
        operators = [schema.OperatorT(inputs=[0], outputs=[1])]
        graph = schema.SubGraphT(tensors, [0], [1], operators)
        return self._run(operator, graph, [schema.BufferT()], x)

    def _run(self, operator, graph, buffers, x):
        code = getattr(self._schema.BuiltinOperator, operator)
        codes = [self._schema.OperatorCodeT(min(code, 127), builtinCode=code)]
        model, builder = self._schema.ModelT(3, codes, [graph], None, buffers), flatbuffers.Builder()
        builder.Finish(model.Pack(builder), b"TFL3")
        interpreter = self._interpreter(
            model_content=bytes(builder.Output()),
            experimental_op_resolver_type=self._resolver,
            num_threads=1,
        )
        interpreter.allocate_tensors()
        if self._is_delegated and interpreter._get_ops_details()[-1]["op_name"] != "DELEGATE":
            raise Unsupported("the XNNPACK delegate does not take the node")
        interpreter.set_tensor(0, x)
        interpreter.invoke()
        return interpreter.get_tensor(len(graph.tensors) - 1)
