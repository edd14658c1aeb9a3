"""PyTorch's quantized engines as a linear layer: torch.ops.quantized.linear, and onednn.qlinear_pointwise.

The accumulator is a sum of products, for the layer's bias is a float, which is the question of its own
operation.
"""

from __future__ import annotations

import os

import numpy as np
import torch

from conformance.adapters import Unsupported
from conformance.adapters.accumulators import products

ENGINES = {
    engine: {}
    for engine in ("fbgemm", "x86", "onednn", "qnnpack")
    if engine in torch.backends.quantized.supported_engines
}
ONEDNN = ("onednn", "onednn-avx2")
if "onednn" in ENGINES:
    ENGINES["onednn-avx2"] = {"ONEDNN_MAX_CPU_ISA": "AVX2"}  # whatever the CPU has

_BACKEND = os.environ.get("CONFORMANCE_BACKEND") or "fbgemm"
_ENGINE = "onednn" if _BACKEND in ONEDNN else _BACKEND


def requantize(
    accumulator, input_scale, weight_scale, output_scale, output_zero_point, qmin, qmax, bias=None
):
    if (qmin, qmax) != (0, 255):
        raise Unsupported("the engines' linear layers give quint8")
    torch.backends.quantized.engine = _ENGINE
    codes, weights = products(accumulator)
    x = torch._make_per_tensor_quantized_tensor(
        torch.tensor(codes.reshape(1, -1), dtype=torch.uint8), float(input_scale), 0
    )
    packed = torch.ops.quantized.linear_prepack(_weight(weights.T, weight_scale), _bias(bias))
    return (
        torch.ops.quantized.linear(x, packed, float(output_scale), output_zero_point)
        .int_repr()
        .numpy()
        .reshape(-1)
    )


def requantize_second(accumulator, input_scale, weight_scale, output_scale, output_zero_point, qmin, qmax):
    """Ask a layer before that is like it but for the zero point of its output, 0."""
    requantize(accumulator, input_scale, weight_scale, output_scale, 0, qmin, qmax)
    return requantize(accumulator, input_scale, weight_scale, output_scale, output_zero_point, qmin, qmax)


def requantize_pointwise(
    accumulator, input_scale, weight_scale, output_scale, output_zero_point, qmin, qmax, bias=None
):
    """Ask the operator that pt2e's x86 path calls: codes in plain tensors, also signed ones."""
    kinds = {(0, 255): torch.uint8, (-128, 127): torch.int8}
    if (qmin, qmax) not in kinds:
        raise Unsupported("the operator gives uint8 or int8")
    codes, weights = products(accumulator)
    ops = torch.ops.onednn
    packed = ops.qlinear_prepack(torch.tensor(np.ascontiguousarray(weights.T)), [1, codes.size])
    scales = torch.tensor(np.atleast_1d(weight_scale))
    return ops.qlinear_pointwise(
        torch.tensor(codes.reshape(1, -1), dtype=torch.uint8), float(input_scale), 0, packed, scales,
        torch.zeros(scales.shape, dtype=torch.int32), _bias(bias), float(output_scale), output_zero_point,
        kinds[qmin, qmax], "none", [], "",
    ).numpy().reshape(-1)  # fmt: skip


DOORS = {
    "requantize": {"plain": requantize, "second-layer": requantize_second},
    "requantize_float_bias": {"plain": requantize},
}
OFFERED = tuple(DOORS)
if _ENGINE == "onednn" and hasattr(torch.ops.onednn, "qlinear_pointwise"):
    DOORS["requantize"]["pointwise"] = requantize_pointwise
    DOORS["requantize_float_bias"]["pointwise"] = requantize_pointwise


def is_answered(door, qmin, qmax, **_):
    """Whether a question reaches the engine: what it answers may depend on all that it was asked before."""
    return (qmin, qmax) == (0, 255)


def _bias(bias):
    return None if bias is None else torch.tensor(bias)


def _weight(weights, scale):
    """Return a quantized weight, per channel where there are several scales."""
    stored = torch.tensor(np.ascontiguousarray(weights))
    if not np.ndim(scale):
        return torch._make_per_tensor_quantized_tensor(stored, float(scale), 0)
    scales = torch.tensor(scale, dtype=torch.float64)
    zero_points = torch.zeros(len(scale), dtype=torch.int64)
    return torch._make_per_channel_quantized_tensor(stored, scales, zero_points, 0)
