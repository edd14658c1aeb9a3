"""Models for Larq Compute Engine: of single operations, built from the schema, and converted from Larq."""

from __future__ import annotations

import flatbuffers
import larq
import numpy as np
import tensorflow as tf
from larq_compute_engine import convert_keras_model
from tensorflow.lite.python import schema_py_generated as schema

from conformance.adapters import Unsupported

FLOAT32, INT32, INT8 = schema.TensorType.FLOAT32, schema.TensorType.INT32, schema.TensorType.INT8


def tensor(shape, kind, scale=None, zero_point=0, buffer=0):
    """Return a tensor; buffer 0 stands for none."""
    if scale is None:
        return schema.TensorT(shape=list(shape), type=kind, name="tensor", buffer=buffer)
    quantization = schema.QuantizationParametersT(scale=[scale], zeroPoint=[zero_point])
    return schema.TensorT(shape=list(shape), type=kind, name="tensor", quantization=quantization)


def operator_code(name):
    return schema.OperatorCodeT(
        builtinCode=schema.BuiltinOperator.CUSTOM,
        deprecatedBuiltinCode=schema.BuiltinOperator.CUSTOM,
        customCode=name,
    )


def pack_model(model):
    """Return the bytes of a model."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def single_operation(name, fed, fetched):
    """Return a model of one operation without options, from one tensor to another."""
    graph = schema.SubGraphT(
        tensors=[fed, fetched],
        inputs=[0],
        outputs=[1],
        operators=[schema.OperatorT(opcodeIndex=0, inputs=[0], outputs=[1])],
    )
    return pack_model(
        schema.ModelT(
            version=3, operatorCodes=[operator_code(name)], subgraphs=[graph], buffers=[schema.BufferT()]
        )
    )


def words_for(channels):
    """Return how many words hold so many channels."""
    return -(-channels // 32)


def quantize_model(shape, scale, zero_point):
    """Return LceQuantize alone; without a scale it is fed float32."""
    fed = tensor(shape, FLOAT32 if scale is None else INT8, scale, zero_point)
    return single_operation("LceQuantize", fed, tensor((*shape[:-1], words_for(shape[-1])), INT32))


def dequantize_model(shape, channels, scale, zero_point):
    """Return LceDequantize alone; without a scale its result is float32."""
    fetched = tensor((*shape[:-1], channels), FLOAT32 if scale is None else INT8, scale, zero_point)
    return single_operation("LceDequantize", tensor(shape, INT32), fetched)


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
    found = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))
    graph = found.subgraphs[0]
    operator = next(
        o for o in graph.operators if found.operatorCodes[o.opcodeIndex].customCode == custom_code
    )
    tensors = [graph.tensors[operator.inputs[place]] for place in places]
    dtypes = {FLOAT32: np.float32, INT32: np.int32}
    return [found.buffers[t.buffer].data.view(dtypes[t.type]).reshape(t.shape) for t in tensors]
