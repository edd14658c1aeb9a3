"""PyTorch's LSQ: the learnable fake quantizer, with zero point 0 and its gradient scaling on."""

from __future__ import annotations

import os

import torch
from torch.ao.quantization import MinMaxObserver, PerChannelMinMaxObserver
from torch.ao.quantization._learnable_fake_quantize import _LearnableFakeQuantize

from conformance.adapters import Unsupported

_DECOMPOSED = os.environ.get("CONFORMANCE_BACKEND") == "decomposed"


def _module(step, qmin, qmax, is_per_channel=False):
    """Return the module, learning: its scale is the step size, its zero point stays 0."""
    if _DECOMPOSED:
        raise Unsupported("there is no decomposed learnable operator")
    options = {"qscheme": torch.per_tensor_symmetric}
    if is_per_channel:
        options = {"qscheme": torch.per_channel_symmetric, "ch_axis": 0, "channel_len": 1}
    module = _LearnableFakeQuantize(
        PerChannelMinMaxObserver if is_per_channel else MinMaxObserver,
        quant_min=qmin,
        quant_max=qmax,
        scale=float(step),
        zero_point=0.0,
        use_grad_scaling=True,
        dtype=torch.quint8 if qmin >= 0 else torch.qint8,
        **options,
    )
    return module.enable_param_learning()


def _lsq(x, step, qmin, qmax):
    return _module(step, qmin, qmax)(torch.from_numpy(x)).detach().numpy()


def _lsq_operator(x, step, qmin, qmax):
    if _DECOMPOSED:
        raise Unsupported("there is no decomposed learnable operator")
    scale, zero_point = torch.tensor([float(step)]), torch.zeros(1)
    y = torch._fake_quantize_learnable_per_tensor_affine(
        torch.from_numpy(x), scale, zero_point, qmin, qmax, 1.0
    )
    return y.numpy()


def _lsq_per_channel(x, step, qmin, qmax):
    module = _module(step, qmin, qmax, is_per_channel=True)
    return module(torch.from_numpy(x).reshape(1, -1)).detach().numpy().reshape(x.shape)


def _lsq_gradient(x, step, qmin, qmax, dy, tensor):
    module, values = _module(step, qmin, qmax), torch.from_numpy(x).requires_grad_()
    module(values).backward(torch.from_numpy(dy))
    return {"x": values.grad.numpy(), "step": module.scale.grad.numpy().reshape(())}


def _lsq_gradient_per_channel(x, step, qmin, qmax, dy, tensor):
    module, values = _module(step, qmin, qmax, is_per_channel=True), torch.from_numpy(x).requires_grad_()
    module(values.reshape(1, -1)).backward(torch.from_numpy(dy).reshape(1, -1))
    return {"x": values.grad.numpy(), "step": module.scale.grad.numpy().reshape(())}


OPERATIONS = {
    "lsq": {"plain": _lsq, "operator": _lsq_operator, "per-channel": _lsq_per_channel},
    "lsq_gradient": {"plain": _lsq_gradient, "per-channel": _lsq_gradient_per_channel},
}
