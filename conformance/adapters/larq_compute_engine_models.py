"""Models for Larq Compute Engine: of single operations, built from the schema, and converted from Larq."""

from __future__ import annotations

from functools import lru_cache, partial

import flatbuffers
import larq
import numpy as np
import tensorflow as tf
from flatbuffers import flexbuffers
from larq_compute_engine import convert_keras_model
from larq_compute_engine.mlir.python.util import strip_lcedequantize_ops
from tensorflow.lite.python import schema_py_generated as fb

from conformance.adapters import Unsupported


class _FilledLater:
    """A schema whose objects are made empty: here they take their fields, as the newer ones do."""

    def __getattr__(self, name):
        found = getattr(fb, name)
        return partial(_fill, found) if name.endswith("T") else found


def _fill(kind, **fields):
    made = kind()
    for name, value in fields.items():
        setattr(made, name, value)
    return made


schema = fb if hasattr(fb, "ExternalBufferT") else _FilledLater()
FLOAT32, INT32, INT8 = schema.TensorType.FLOAT32, schema.TensorType.INT32, schema.TensorType.INT8


def tensor(shape, kind, **more):
    """Return a tensor; one without a buffer is computed."""
    return schema.TensorT(shape=[*shape], type=kind, **more)


def on_grid(scale, zero_point):
    """Return what a tensor of codes says of its grid."""
    return schema.QuantizationParametersT(scale=[scale], zeroPoint=[zero_point])


def model_of(tensors, steps, held=()):
    """Return the bytes of a model that is fed its first tensor and gives its last.

    Args:
        steps: operations, in order: name, tensors read (-1 for none), tensor written, options.
        held: the constants, in the buffers from 1 on.
    """
    custom = schema.BuiltinOperator.CUSTOM
    operators = [
        schema.OperatorT(opcodeIndex=i, inputs=read, outputs=[written], customOptions=list(options))
        for i, (_, read, written, options) in enumerate(steps)
    ]
    model = schema.ModelT(
        version=3,
        operatorCodes=[schema.OperatorCodeT(builtinCode=custom, customCode=name) for name, *_ in steps],
        subgraphs=[
            schema.SubGraphT(tensors=tensors, inputs=[0], outputs=[len(tensors) - 1], operators=operators)
        ],
        buffers=[schema.BufferT(data=list(data)) for data in (b"", *(a.tobytes() for a in held))],
    )
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def words_for(channels):
    """Return how many words hold so many channels."""
    return -(-channels // 32)


def quantize_model(shape, scale, zero_point):
    """Return LceQuantize alone; without a scale it is fed float32."""
    fed = (
        tensor(shape, FLOAT32)
        if scale is None
        else tensor(shape, INT8, quantization=on_grid(scale, zero_point))
    )
    return model_of([fed, tensor((*shape[:-1], words_for(shape[-1])), INT32)], [("LceQuantize", [0], 1, b"")])


def dequantize_model(shape, channels, scale, zero_point):
    """Return LceDequantize alone; without a scale its result is float32."""
    signs = (*shape[:-1], channels)
    fetched = (
        tensor(signs, FLOAT32)
        if scale is None
        else tensor(signs, INT8, quantization=on_grid(scale, zero_point))
    )
    return model_of([tensor(shape, INT32), fetched], [("LceDequantize", [0], 1, b"")])


_KINDS = {"float32": FLOAT32, "int32": INT32}
_PADDING = {"same": schema.Padding.SAME, "valid": schema.Padding.VALID}
_ACTIVATION = {
    "none": schema.ActivationFunctionType.NONE,
    "relu": schema.ActivationFunctionType.RELU,
    "relu6": schema.ActivationFunctionType.RELU6,
    "relu_n1_to_1": schema.ActivationFunctionType.RELU_N1_TO_1,
}


def convolution_options(channels, stride, dilation, padding, pad_value, activation):
    """Return the options of LceBconv2d, as the converter writes them."""
    return flexbuffers.Dumps(
        {
            "channels_in": channels,
            "dilation_height_factor": dilation,
            "dilation_width_factor": dilation,
            "fused_activation_function": _ACTIVATION[activation],
            "pad_values": pad_value,
            "padding": _PADDING[padding],
            "stride_height": stride,
            "stride_width": stride,
        }
    )


def convolution_model(shape, kernel, held, places, fetched, options):
    """Return LceQuantize of the input and of the kernel, and LceBconv2d.

    Args:
        shape: of the real input.
        kernel: float32, (F, h, w, channels).
        held: the constants besides: multiplier and bias, or thresholds.
        places: the inputs of LceBconv2d after the filters, -1 for none; constants are counted from 4.
        fetched: the tensor of the result.
    """
    tensors = [
        tensor(shape, FLOAT32),
        tensor((*shape[:3], words_for(shape[3])), INT32),
        tensor(kernel.shape, FLOAT32, buffer=1),
        tensor((*kernel.shape[:3], words_for(shape[3])), INT32),
        *(tensor(a.shape, _KINDS[a.dtype.name], buffer=2 + i) for i, a in enumerate(held)),
        fetched,
    ]
    steps = [
        ("LceQuantize", [0], 1, b""),
        ("LceQuantize", [2], 3, b""),
        ("LceBconv2d", [1, 3, *places], 4 + len(held), options),
    ]
    return model_of(tensors, steps, (kernel, *held))


def pool_model(shape, height, width, stride, padding):
    """Return LceBMaxPool2d alone."""
    options = flexbuffers.Dumps(
        {
            "filter_height": height,
            "filter_width": width,
            "padding": _PADDING[padding],
            "stride_height": stride,
            "stride_width": stride,
        }
    )
    fetched = tensor((1, 1, 1, shape[3]), INT32)
    return model_of([tensor(shape, INT32), fetched], [("LceBMaxPool2d", [0], 1, options)])


def converted_convolution(
    x, weight, multiplier, bias, stride, dilation, padding, pad_value, activation, sign
):
    """Return the model that the converter makes of a Larq layer, an activation, a product and a sum.

    Args:
        sign: whether SteSign follows, whose result is packed.
    """
    fed = tf.keras.Input(x.shape[1:], batch_size=len(x))
    layer = binary_layer(weight, stride, dilation, padding, pad_value, activation)
    y = layer(fed) * multiplier + bias
    model = tf.keras.Model(fed, larq.quantizers.SteSign()(y) if sign else y)
    layer.set_weights([weight])
    converted = convert_keras_model(model)
    return strip_lcedequantize_ops(converted) if sign else converted


def converted_codes(x, weight, multiplier, bias, scale, zero_point, stride, dilation, padding, pad_value,
                    activation):  # fmt: skip
    """Return the model of a Larq layer, an activation, a product, a sum and a fake quantizer, in int8.

    Raises:
        Unsupported: the converter makes another grid of the range.
    """
    fed = tf.keras.Input(x.shape[1:], batch_size=len(x))
    layer = binary_layer(weight, stride, dilation, padding, pad_value, activation)
    model = tf.keras.Model(fed, on_range(layer(fed) * multiplier + bias, scale, zero_point))
    layer.set_weights([weight])
    converted = convert_keras_model(model, inference_output_type=tf.int8)
    need_grid(converted, False, scale, zero_point)
    return converted


def converted_signs(shape, zero_point):
    """Return the model of a sign, packed, whose input is int8.

    Raises:
        Unsupported: the converter makes another grid of the range.
    """
    fed = tf.keras.Input(shape[1:], batch_size=shape[0])
    model = tf.keras.Model(fed, larq.quantizers.SteSign()(on_range(fed, 1.0, zero_point)))
    converted = strip_lcedequantize_ops(convert_keras_model(model, inference_input_type=tf.int8))
    need_grid(converted, True, 1.0, zero_point)
    return converted


def on_range(y, scale, zero_point):
    """Return a fake quantizer with the range of the codes from -128 to 127."""
    low, high = (float(np.float32((code - zero_point) * scale)) for code in (-128, 127))
    return tf.quantization.fake_quant_with_min_max_args(y, low, high)


def need_grid(model, is_input, scale, zero_point):
    """Say where the grid of a model's input, or output, is another than was asked for."""
    graph = fb.ModelT.InitFromObj(fb.Model.GetRootAsModel(model, 0)).subgraphs[0]
    one = graph.tensors[(graph.inputs if is_input else graph.outputs)[0]]
    if one.type != INT8:
        raise Unsupported("the converter leaves the tensor float32")
    found = one.quantization
    if (np.float32(found.scale[0]), found.zeroPoint[0]) != (np.float32(scale), zero_point):
        raise Unsupported("the converter makes another scale, or zero point, of the range")


@lru_cache(maxsize=64)
def converted_network(shape, weight, second, norm, stride, dilation, padding, pad_value, pool):
    """Return the model that the converter makes of two Larq layers and what is between them.

    Args:
        shape: of the input.
        weight, second: the filters, as shape and bytes.
        norm: multiplier and bias, as bytes; or None.
    """
    weights = [np.frombuffer(data, np.float32).reshape(size) for size, data in (weight, second)]
    fed = tf.keras.Input(shape[1:], batch_size=shape[0])
    layers = [
        binary_layer(one, step, dilation, padding, pad_value, "none")
        for one, step in zip(weights, (stride, 1), strict=True)
    ]
    # The variance and epsilon add up to 1: the layer multiplies by gamma, and adds beta.
    normalize = tf.keras.layers.BatchNormalization(epsilon=2**-10) if norm else None
    middle = [tf.keras.layers.MaxPool2D(2, 2, padding) if pool == "before" else None, normalize]
    middle += [tf.keras.layers.MaxPool2D(2, 2, padding) if pool == "after" else None]
    y = fed
    for one in (layers[0], *middle, layers[1]):
        y = y if one is None else one(y)
    for layer, one in zip(layers, weights, strict=True):
        layer.set_weights([one])
    if norm:
        gamma, beta = (np.frombuffer(data, np.float32) for data in norm)
        normalize.set_weights([gamma, beta, np.zeros_like(gamma), np.full_like(gamma, 1 - 2**-10)])
    return convert_keras_model(tf.keras.Model(fed, y))


@lru_cache(maxsize=64)
def converted_outputs(shape, weight, outputs):
    """Return the model of a sign, and of a convolution that reads it, with packed outputs.

    Args:
        shape, weight: as in converted_network.
        outputs: which ones, as in the operation.
    """
    filters = np.frombuffer(weight[1], np.float32).reshape(weight[0])
    fed = tf.keras.Input(shape[1:], batch_size=shape[0])
    signs = larq.quantizers.SteSign(name="signs")(fed)
    layer = tf.keras.layers.Conv2D(
        filters.shape[3], filters.shape[:2], use_bias=False, name="result" if outputs == "real" else "sums"
    )
    sums = layer(signs)
    layer.set_weights([filters])
    last = sums if outputs == "real" else larq.quantizers.SteSign(name="result")(sums)
    model = tf.keras.Model(fed, last if outputs == "result" else [signs, last])
    return strip_lcedequantize_ops(convert_keras_model(model))


def output_names(model):
    """Return the names that a model's signature gives its outputs, in their order: it is not the layers'."""
    found = fb.ModelT.InitFromObj(fb.Model.GetRootAsModel(model, 0))
    names = {one.tensorIndex: one.name.decode() for one in found.signatureDefs[0].outputs}
    return [names[index] for index in found.subgraphs[0].outputs]


def binary_layer(weight, stride, dilation, padding, pad_value, activation):
    """Return the Larq layer for filters, without its weights."""
    return larq.layers.QuantConv2D(
        weight.shape[3],
        weight.shape[:2],
        strides=stride,
        dilation_rate=dilation,
        padding=padding,
        pad_values=pad_value,
        input_quantizer="ste_sign",
        kernel_quantizer="ste_sign",
        use_bias=False,
        activation={"none": None, "relu": tf.nn.relu, "relu6": tf.nn.relu6}[activation],
    )


def converted_kernel(weights):
    """Return the words that the converter stores for a layer whose kernel quantizer is ste_sign.

    Args:
        weights: float32, one row of input channels for each filter of a 1 x 1 convolution.
    """
    filters, channels = weights.shape
    fed = tf.keras.Input((1, 1, channels), batch_size=1)
    layer = larq.layers.QuantConv2D(
        filters, 1, input_quantizer="ste_sign", kernel_quantizer="ste_sign", use_bias=False
    )
    model = tf.keras.Model(fed, layer(fed))
    layer.set_weights([weights.T.reshape(1, 1, channels, filters)])
    words, multiplier = constants_of(convert_keras_model(model), b"LceBconv2d", (1, 2))
    if not np.array_equal(multiplier, np.ones(filters, np.float32)):
        raise Unsupported("the converter took another factor out of the kernel than 1: it saw no signs")
    return words.reshape(filters, -1)


def constants_of(model, custom_code, places):
    """Return constants that the first operation of a kind has among its inputs."""
    found = fb.ModelT.InitFromObj(fb.Model.GetRootAsModel(model, 0))
    graph = found.subgraphs[0]
    operator = next(
        o for o in graph.operators if found.operatorCodes[o.opcodeIndex].customCode == custom_code
    )
    tensors = [graph.tensors[operator.inputs[place]] for place in places]
    return [
        found.buffers[t.buffer].data.view({FLOAT32: np.float32, INT32: np.int32}[t.type]).reshape(t.shape)
        for t in tensors
    ]
