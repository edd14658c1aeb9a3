"""A small exporter: one linear layer, trained with fake quantizers in PyTorch, written as ONNX in QDQ form.

Nothing here knows the suite: it stands for somebody else's repository, whose gate is `adapter.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

OPSET = 21
DTYPES = {True: (np.int8, TensorProto.INT8), False: (np.uint8, TensorProto.UINT8)}


@dataclass(frozen=True)
class Quantizer:
    """Scale, zero point and codes of one tensor, as they were trained."""

    scale: np.float32
    zero_point: int
    qmin: int
    qmax: int

    @property
    def dtype(self):
        return DTYPES[self.qmin < 0]


class QuantizedLinear(torch.nn.Module):
    """A linear layer whose input and weight are fake-quantized in training."""

    def __init__(self, linear: torch.nn.Linear, activation: Quantizer, weight: Quantizer):
        super().__init__()
        self.linear, self.activation, self.weight = linear, activation, weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x, w = fake(x, self.activation), fake(self.linear.weight, self.weight)
        return torch.nn.functional.linear(x, w, self.linear.bias)


def fake(x: torch.Tensor, q: Quantizer) -> torch.Tensor:
    return torch.fake_quantize_per_tensor_affine(x, float(q.scale), q.zero_point, q.qmin, q.qmax)


def weight_quantizer(weight: torch.Tensor, qmin: int = -127, qmax: int = 127) -> Quantizer:
    """Choose a symmetric scale for a weight: the largest magnitude becomes the last code."""
    largest = np.float32(weight.detach().abs().max().item())
    return Quantizer(largest / np.float32((qmax - qmin) / 2), 0, qmin, qmax)


def to_codes(values: np.ndarray, q: Quantizer) -> np.ndarray:
    """Quantize a weight when the model is written."""
    codes = np.rint(values / q.scale) + q.zero_point
    return np.clip(codes, q.qmin, q.qmax).astype(q.dtype[0])


def export(module: QuantizedLinear) -> onnx.ModelProto:
    """Write the layer: x -> QuantizeLinear -> DequantizeLinear -> Gemm with a dequantized weight."""
    codes = to_codes(module.linear.weight.detach().numpy(), module.weight)
    constants = [*stored("x", module.activation), *stored("w", module.weight),
                 numpy_helper.from_array(codes, "w_codes"),
                 numpy_helper.from_array(module.linear.bias.detach().numpy(), "bias")]  # fmt: skip
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "x_scale", "x_zero_point"], ["x_codes"]),
        helper.make_node("DequantizeLinear", ["x_codes", "x_scale", "x_zero_point"], ["x_real"]),
        helper.make_node("DequantizeLinear", ["w_codes", "w_scale", "w_zero_point"], ["w_real"]),
        helper.make_node("Gemm", ["x_real", "w_real", "bias"], ["y"], transB=1),
    ]
    rows, columns = module.linear.weight.shape
    graph = helper.make_graph(
        nodes, "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", columns])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", rows])],
        constants,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.checker.check_model(model)
    return model


def stored(name: str, q: Quantizer) -> list[TensorProto]:
    """Return scale and zero point of a tensor as the model stores them."""
    return [
        numpy_helper.from_array(np.float32(q.scale), f"{name}_scale"),
        numpy_helper.from_array(q.dtype[0](q.zero_point), f"{name}_zero_point"),
    ]
