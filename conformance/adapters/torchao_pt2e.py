"""A linear layer that prepare_pt2e and convert_pt2e have quantized, run as it comes: the simulated form.

Accumulators are put in as the codes of its bias, and its input is 0, so that no product adds to them.
"""

from __future__ import annotations

import numpy as np
import torch
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
from torchao.quantization.pt2e.quantizer import (
    DerivedQuantizationSpec,
    FixedQParamsQuantizationSpec,
    QuantizationAnnotation,
    Quantizer,
)

_INT8, _INT32 = (-128, 127), (-(2**31), 2**31 - 1)
_QUANTIZE = torch.ops.quantized_decomposed.quantize_per_tensor.default


class _Grids(Quantizer):
    """Annotate each linear layer with grids that are given."""

    def __init__(self, input_scale, weight_scale, output):
        super().__init__()
        self._weight_scale = torch.tensor(np.atleast_1d(weight_scale))
        self._input, self._output = _on_grid(input_scale, 0, *_INT8), output

    def annotate(self, model):
        for node in model.graph.nodes:
            if node.target == torch.ops.aten.linear.default:
                node.meta["quantization_annotation"] = self._annotation(node)
        return model

    def _annotation(self, node):
        x, weight, bias = node.args
        specs = {
            x: self._input,
            weight: self._derived([(x, node)], _INT8, lambda observers: self._weight_scale),
            bias: self._derived(
                [(x, node)], _INT32, lambda observers: _scale(observers[0]) * self._weight_scale
            ),
        }
        return QuantizationAnnotation(specs, self._output, _annotated=True)

    def _derived(self, sources, bounds, scales):
        """Return what is stored on a grid of its own, per channel where there are several scales."""
        is_wide = len(self._weight_scale) > 1

        def choose(observers):
            found = scales(observers)
            return found, torch.zeros(found.shape, dtype=torch.int64)

        return DerivedQuantizationSpec(
            sources,
            choose,
            torch.int8 if bounds == _INT8 else torch.int32,
            *bounds,
            torch.per_channel_symmetric if is_wide else torch.per_tensor_affine,
            0 if is_wide else None,
        )

    def validate(self, model):
        """Nothing is left out: the model is one layer."""


def requantize(accumulator, input_scale, weight_scale, output_scale, output_zero_point, qmin, qmax):
    layer = torch.nn.Linear(1, len(accumulator)).eval()
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    zeros = (torch.zeros(1, 1),)
    grids = _Grids(input_scale, weight_scale, _on_grid(output_scale, output_zero_point, qmin, qmax))
    prepared = prepare_pt2e(torch.export.export(layer, zeros).module(), grids)
    prepared(*zeros)
    converted = convert_pt2e(prepared)
    (bias,) = (held for held in converted.buffers() if held.dtype == torch.int32)
    bias.copy_(torch.from_numpy(accumulator))
    return _codes(converted)(*zeros).numpy().reshape(-1)


def _codes(model):
    """Return the model that ends one step earlier: with the codes of the result, not with its reals."""
    *_, last = (node for node in model.graph.nodes if node.target == _QUANTIZE)
    (end,) = (node for node in model.graph.nodes if node.op == "output")
    end.args = ((last,),)
    model.recompile()
    return model


def _on_grid(scale, zero_point, qmin, qmax):
    dtype = torch.uint8 if qmin >= 0 else torch.int8
    if torch.iinfo(dtype).max < qmax or torch.iinfo(dtype).min > qmin:
        dtype = torch.int16
    return FixedQParamsQuantizationSpec(
        dtype, float(scale), int(zero_point), qmin, qmax, torch.per_tensor_affine
    )


def _scale(observer):
    return observer.calculate_qparams()[0]
