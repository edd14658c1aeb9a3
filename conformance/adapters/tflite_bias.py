"""TensorFlow's converter, tf.lite.TFLiteConverter, on a layer of full integers: what it stores for a bias.

The scales are not given to it: they follow from the range of the input and from the largest weights,
which are chosen so that they give the scales asked for.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as fb

from conformance.adapters import Unsupported


def quantize_bias(x, input_scale, weight_scale):
    weights = (np.float32(127) * weight_scale * np.ones(x.shape, np.float32)).reshape(1, -1)
    largest = np.float32(255) * input_scale
    if np.any(weights / 127.0 != np.float64(weight_scale)) or largest / 255.0 != np.float64(input_scale):
        raise Unsupported("no range of float32 has this scale")
    layer = tf.function(
        lambda fed: tf.matmul(fed, weights) + x, input_signature=[tf.TensorSpec([1, 1], tf.float32)]
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([layer.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: iter([[np.zeros((1, 1), np.float32)], [largest.reshape(1, 1)]])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter._experimental_disable_per_channel_quantization_for_dense_layers = not np.ndim(weight_scale)
    model = fb.ModelT.InitFromObj(fb.Model.GetRootAsModel(converter.convert(), 0))
    bias = next(t for t in model.subgraphs[0].tensors if t.type == fb.TensorType.INT32)
    if bias.quantization.scale.size != np.size(weight_scale):
        raise Unsupported("this version's converter has one scale for the weights of a dense layer")
    codes = np.frombuffer(bytes(model.buffers[bias.buffer].data), np.int32)
    return {"codes": codes, "scale": bias.quantization.scale.reshape(np.shape(weight_scale))}
