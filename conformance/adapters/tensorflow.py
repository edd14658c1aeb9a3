"""TensorFlow: the kernels called one by one (eager), in a graph (graph), compiled by XLA (xla).

fake_quant_with_min_max  tf.quantization.fake_quant_with_min_max_vars; doors: _args, _vars_per_channel
fake_quant_with_min_max_gradient  the same functions' _gradient; door: GradientTape
fake_quant_with_min_max_args_gradient  that of fake_quant_with_min_max_args: of x alone; door: GradientTape
quantize_and_dequantize  tf.quantization.quantize_and_dequantize_v2 (its operation's V4); doors: V2, V3
quantize_and_dequantize_gradient  GradientTape over the same functions; door: V4's gradient operation itself
quantize_range  tf.quantization.quantize (QuantizeV2), which XLA does not have; door: QuantizeV2 itself
dequantize_range  tf.quantization.dequantize (Dequantize)
"""

from __future__ import annotations

import os

import numpy as np
import tensorflow as tf

from conformance.adapters import Unsupported
from conformance.adapters.tensorflow_settings import XLA

BACKENDS = {"eager": {}, "graph": {}, "xla": XLA}
SLOW = {"xla"}
_BACKEND = os.environ.get("CONFORMANCE_BACKEND", "eager")


def version():
    return tf.__version__


def _run(function, *tensors, **attributes):
    """Call a function of tensors: in a graph, they are its arguments, the attributes are constants."""
    tensors = [tf.constant(np.asarray(tensor)) for tensor in tensors]

    def called(*given):
        return function(*given, **attributes)

    if _BACKEND != "eager":
        called = tf.function(called, jit_compile=_BACKEND == "xla")
    return tf.nest.map_structure(lambda tensor: tensor.numpy(), called(*tensors))


def _one_range(low):
    if np.ndim(low):
        raise Unsupported("this function takes one range: low and high must be scalars")


def fake_quant_with_min_max(x, low, high, bits, narrow_range):
    _one_range(low)
    quantizer = tf.quantization.fake_quant_with_min_max_vars
    return _run(quantizer, x, low, high, num_bits=bits, narrow_range=narrow_range)


def _fake_quant_args(x, low, high, bits, narrow_range):
    _one_range(low)
    quantizer = tf.quantization.fake_quant_with_min_max_args
    return _run(quantizer, x, min=float(low), max=float(high), num_bits=bits, narrow_range=narrow_range)


def _fake_quant_per_channel(x, low, high, bits, narrow_range):
    _one_range(low)
    column, ranges = x.reshape(-1, 1), (np.reshape(low, 1), np.reshape(high, 1))
    return _fake_quant_channels(column, *ranges, bits, narrow_range).reshape(x.shape)


def _fake_quant_channels(x, low, high, bits, narrow_range):
    if not np.ndim(low):
        raise Unsupported("this function takes a range for each channel: low and high must be vectors")
    quantizer = tf.quantization.fake_quant_with_min_max_vars_per_channel
    return _run(quantizer, x, low, high, num_bits=bits, narrow_range=narrow_range)


def fake_quant_with_min_max_gradient(x, low, high, bits, narrow_range, dy):
    _one_range(low)
    gradient = tf.quantization.fake_quant_with_min_max_vars_gradient
    return _named(_run(gradient, dy, x, low, high, num_bits=bits, narrow_range=narrow_range))


def _gradient_tape(x, low, high, bits, narrow_range, dy):
    _one_range(low)
    quantizer = tf.quantization.fake_quant_with_min_max_vars

    def taped(dy, *arguments):
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            y = quantizer(*arguments, num_bits=bits, narrow_range=narrow_range)
        return tape.gradient(y, arguments, output_gradients=dy)

    return _named(_run(taped, dy, x, low, high))


def fake_quant_with_min_max_args_gradient(x, low, high, bits, narrow_range, dy):
    gradient = tf.quantization.fake_quant_with_min_max_args_gradient
    options = {"min": float(low), "max": float(high), "num_bits": bits, "narrow_range": narrow_range}
    return {"x": _run(gradient, dy, x, **options)}


def _args_tape(x, low, high, bits, narrow_range, dy):
    options = {"min": float(low), "max": float(high), "num_bits": bits, "narrow_range": narrow_range}

    def taped(dy, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.quantization.fake_quant_with_min_max_args(x, **options)
        return tape.gradient(y, x, output_gradients=dy)

    return {"x": _run(taped, dy, x)}


def _gradient_per_channel(x, low, high, bits, narrow_range, dy):
    _one_range(low)
    column, ranges = x.reshape(-1, 1), (np.reshape(low, 1), np.reshape(high, 1))
    found = _gradient_channels(column, *ranges, bits, narrow_range, dy.reshape(-1, 1))
    return {name: value.reshape(np.shape(x if name == "x" else low)) for name, value in found.items()}


def _gradient_channels(x, low, high, bits, narrow_range, dy):
    if not np.ndim(low):
        raise Unsupported("this function takes a range for each channel: low and high must be vectors")
    gradient = tf.quantization.fake_quant_with_min_max_vars_per_channel_gradient
    return _named(_run(gradient, dy, x, low, high, num_bits=bits, narrow_range=narrow_range))


def _named(gradients):
    return dict(zip(("x", "low", "high"), gradients, strict=True))


_ROUND_MODES = {"half_even": "HALF_TO_EVEN", "half_up": "HALF_UP"}


def quantize_and_dequantize(x, low, high, signed, bits, range_given, rounding, narrow_range, axis):
    options = {"signed_input": signed, "num_bits": bits, "round_mode": _ROUND_MODES[rounding], "axis": axis}
    quantizer = tf.quantization.quantize_and_dequantize_v2
    return _run(quantizer, x, low, high, range_given=range_given, narrow_range=narrow_range, **options)


def _quantize_and_dequantize_v2(x, low, high, signed, bits, range_given, rounding, narrow_range, axis):
    options = {"signed_input": signed, "num_bits": bits, "round_mode": _ROUND_MODES[rounding], "axis": axis}
    quantizer = tf.quantization.quantize_and_dequantize
    return _run(quantizer, x, low, high, range_given=range_given, narrow_range=narrow_range, **options)


def _quantize_and_dequantize_v3(x, low, high, signed, bits, range_given, rounding, narrow_range, axis):
    if rounding != "half_even":
        raise Unsupported("QuantizeAndDequantizeV3 has no rounding mode")

    def quantizer(x, low, high, bits):
        return tf.raw_ops.QuantizeAndDequantizeV3(
            input=x, input_min=low, input_max=high, num_bits=bits, signed_input=signed,
            range_given=range_given, narrow_range=narrow_range, axis=-1 if axis is None else axis,
        )  # fmt: skip

    return _run(quantizer, x, low, high, np.int32(bits))


def quantize_and_dequantize_gradient(
    x, low, high, signed, bits, range_given, rounding, narrow_range, axis, dy
):
    _no_xla()
    options = {"signed_input": signed, "num_bits": bits, "round_mode": _ROUND_MODES[rounding], "axis": axis}
    options = {**options, "range_given": range_given, "narrow_range": narrow_range}
    return _scaled_tape(tf.quantization.quantize_and_dequantize_v2, dy, x, low, high, **options)


def _scaled_gradient_v2(x, low, high, signed, bits, range_given, rounding, narrow_range, axis, dy):
    options = {"signed_input": signed, "num_bits": bits, "round_mode": _ROUND_MODES[rounding], "axis": axis}
    options = {**options, "range_given": range_given, "narrow_range": narrow_range}
    return _scaled_tape(tf.quantization.quantize_and_dequantize, dy, x, low, high, **options)


def _scaled_gradient_v3(x, low, high, signed, bits, range_given, rounding, narrow_range, axis, dy):
    if rounding != "half_even":
        raise Unsupported("QuantizeAndDequantizeV3 has no rounding mode")

    def quantizer(x, low, high, **options):
        return tf.raw_ops.QuantizeAndDequantizeV3(input=x, input_min=low, input_max=high, **options)

    options = {"signed_input": signed, "num_bits": bits, "axis": -1 if axis is None else axis}
    options = {**options, "range_given": range_given, "narrow_range": narrow_range}
    return _scaled_tape(quantizer, dy, x, low, high, **options)


def _scaled_operator(x, low, high, signed, bits, range_given, rounding, narrow_range, axis, dy):
    _no_xla()
    if not range_given:
        raise Unsupported("QuantizeAndDequantizeV4Grad does not take range_given")

    def gradient(dy, x, low, high):
        return tf.raw_ops.QuantizeAndDequantizeV4Grad(
            gradients=dy, input=x, input_min=low, input_max=high, axis=-1 if axis is None else axis
        )

    return _named(_run(gradient, dy, x, low, high))


def _no_xla():
    if _BACKEND == "xla":
        raise Unsupported("No registered 'QuantizeAndDequantizeV4Grad' OpKernel for XLA_CPU_JIT devices")


def _scaled_tape(quantizer, dy, x, low, high, **options):
    def taped(dy, x, low, high):
        arguments = (x, low, high)
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            y = quantizer(x, low, high, **options)
        unconnected = tf.UnconnectedGradients.ZERO
        return tape.gradient(y, arguments, output_gradients=dy, unconnected_gradients=unconnected)

    return _named(_run(taped, dy, x, low, high))


_CODE_TYPES = {
    "quint8": (tf.quint8, tf.uint8),
    "qint8": (tf.qint8, tf.int8),
    "quint16": (tf.quint16, tf.uint16),
    "qint16": (tf.qint16, tf.int16),
    "qint32": (tf.qint32, tf.int32),
}
_TIES = {"half_away": "HALF_AWAY_FROM_ZERO", "half_even": "HALF_TO_EVEN"}


def quantize_range(x, low, high, type, mode, rounding):
    quantized, plain = _CODE_TYPES[type]

    def quantize(x, low, high):
        found = tf.quantization.quantize(x, low, high, quantized, mode=mode, round_mode=_TIES[rounding])
        return tf.bitcast(found.output, plain), found.output_min, found.output_max

    return _codes(quantize, x, low, high)


def _quantize_v2(x, low, high, type, mode, rounding):
    quantized, plain = _CODE_TYPES[type]

    def quantize(x, low, high):
        found = tf.raw_ops.QuantizeV2(
            input=x, min_range=low, max_range=high, T=quantized, mode=mode, round_mode=_TIES[rounding]
        )
        return tf.bitcast(found.output, plain), found.output_min, found.output_max

    return _codes(quantize, x, low, high)


def _codes(quantize, x, low, high):
    if _BACKEND == "xla":
        raise Unsupported("No registered 'QuantizeV2' OpKernel for XLA_CPU_JIT devices")
    code, low, high = _run(quantize, x, low, high)
    return {"code": code.astype(np.int64), "low": low, "high": high}


def dequantize_range(code, low, high, type, mode):
    if _BACKEND == "xla" and mode != "MIN_COMBINED":
        raise Unsupported(f"XLA's Dequantize: Mode string must be 'MIN_COMBINED' is {mode}'")
    if _BACKEND == "xla" and type not in ("quint8", "qint8"):
        raise Unsupported(f"XLA's bitcast: Detected unsupported operations ({type})")
    quantized, plain = _CODE_TYPES[type]

    def dequantize(code, low, high):
        return tf.quantization.dequantize(tf.bitcast(code, quantized), low, high, mode=mode)

    return _run(dequantize, code.astype(plain.as_numpy_dtype), low, high)


DOORS = {
    "fake_quant_with_min_max": {
        "args": _fake_quant_args,
        "per-channel": _fake_quant_per_channel,
        "channels": _fake_quant_channels,
    },
    "fake_quant_with_min_max_gradient": {
        "tape": _gradient_tape,
        "per-channel": _gradient_per_channel,
        "channels": _gradient_channels,
    },
    "quantize_and_dequantize": {
        "op-v2": _quantize_and_dequantize_v2,
        "op-v3": _quantize_and_dequantize_v3,
    },
    "fake_quant_with_min_max_args_gradient": {
        "tape": _args_tape,
    },
    "quantize_and_dequantize_gradient": {
        "op-v2": _scaled_gradient_v2,
        "op-v3": _scaled_gradient_v3,
        "operator": _scaled_operator,
    },
    "quantize_range": {
        "op-v2": _quantize_v2,
    },
}
