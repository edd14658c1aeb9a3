"""NNI's LsqQuantizer, on a model of one wrapped layer: 3.0 and, with another interface, 2.10.

A weight is read from the layer after a forward pass, as the layer uses it; an input or output is what
comes out of an Identity layer. Before the first optimizer step the quantizer chooses the step size itself
(lsq_initial_step); after it the step size is the one that is asked.
"""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace

import nni
import numpy as np
import torch

from conformance.adapters import Unsupported

_IS_NEW = nni.__version__.startswith("3")
if _IS_NEW:
    from nni.compression.base.apply_method import lsq_clamp_round
    from nni.compression.base.setting import QuantizationSetting
    from nni.compression.quantization import LsqQuantizer
    from nni.compression.utils import TorchEvaluator

    QuantizationSetting.register("Identity", QuantizationSetting.activation_setting)
else:
    from nni.algorithms.compression.pytorch.quantization import LsqQuantizer


def version():
    return nni.__version__


def _model(weight=None):
    """Return a model of one layer to quantize, with a parameter besides, which optimizers need."""
    layer = torch.nn.Identity()
    if weight is not None:
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
        layer.weight.data = weight
    model = torch.nn.Sequential(OrderedDict(layer=layer))
    model.register_parameter("other", torch.nn.Parameter(torch.zeros(1)))
    return model


class _New:
    """NNI 3.0: target spaces hold step size and codes."""

    def __init__(self, target, qmin, qmax, x, granularity="default"):
        self.name = {"input": "_input_0", "weight": "weight", "output": "_output_0"}[target]
        self.is_weight = target == "weight"
        self.model = _model(_rows(x).clone() if self.is_weight else None)
        optimizer = nni.trace(torch.optim.SGD)(self.model.parameters(), lr=0.0)
        evaluator = TorchEvaluator(lambda *_, **__: None, optimizer, lambda batch, model: model(batch))
        config = {
            "op_names": ["layer"],
            "target_names": [target if self.is_weight else f"_{target}_"],
            "quant_dtype": _dtype(qmin, qmax),
            "quant_scheme": "symmetric",
            "granularity": granularity,
        }
        self.quantizer = LsqQuantizer(self.model, [config], evaluator)
        self.space = self.model.layer._nni_wrapper.quantization_target_spaces[self.name]
        self.model(
            torch.zeros(1, self.model.layer.in_features) if self.is_weight else x
        )  # chooses the step size

    @property
    def step(self):
        return self.space.scale

    def __call__(self, x):
        """Return the quantized tensor, and the one that it was made of."""
        if not self.is_weight:
            return self.model(x), x
        self.model(torch.zeros(1, self.model.layer.in_features))
        return self.model.layer.weight, self.space.target

    def set_step(self, step):
        self.quantizer.is_init = True  # as after the first optimizer step
        self.space.scale.data = torch.full_like(self.space.scale.data, float(step))

    def export(self):
        found = self.quantizer.get_calibration_config()["layer"][self.name]
        return found["tracked_min"].detach(), found["tracked_max"].detach()


class _Old:
    """NNI 2.10: the wrapped module holds step size and codes."""

    def __init__(self, target, qmin, qmax, x, granularity="default"):
        if granularity != "default":
            raise Unsupported("LsqQuantizer of NNI 2.10 is per tensor")
        self.target, self.is_weight = target, target == "weight"
        self.model = _model(_rows(x).clone() if self.is_weight else None)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.0)
        kind = type(self.model.layer).__name__
        config = {"quant_types": [target], "quant_bits": _bits(qmin, qmax), "op_types": [kind],
                  "op_names": ["layer"]}  # fmt: skip
        self.quantizer = LsqQuantizer(self.model, [config], self.optimizer)
        self.quantizer.compress()
        if not self.is_weight:
            self.model(x)  # chooses the step size

    @property
    def step(self):
        return getattr(self.model.layer.module, f"{self.target}_scale")

    def __call__(self, x):
        """Return the quantized tensor, and the one that it was made of."""
        if not self.is_weight:
            return self.model(x), x
        self.model(torch.zeros(1, self.model.layer.module.in_features))
        return self.model.layer.module.weight, self.model.layer.module.old_weight

    def set_step(self, step):
        self.optimizer.step()  # the first; nothing moves
        self.step.data = torch.full_like(self.step.data, float(step))

    def export(self):
        if self.is_weight:
            raise Unsupported("export_model hands on no range of a weight")
        with tempfile.TemporaryDirectory() as folder:
            found = self.quantizer.export_model(str(Path(folder) / "model.pth"))["layer"]
        return found[f"tracked_min_{self.target}"], found[f"tracked_max_{self.target}"]


_Quantizer = _New if _IS_NEW else _Old


def lsq(x, step, qmin, qmax):
    return _quantized("weight", x, step, qmin, qmax)


def lsq_gradient(x, step, qmin, qmax, dy, tensor):
    return _gradients({"weight": "weight", "activation": "input"}[tensor], x, step, qmin, qmax, dy)


def lsq_initial_step(x, qmin, qmax):
    return _initial_step("weight", x, qmin, qmax)


def lsq_export(x, step, qmin, qmax):
    return _exported("input", x, step, qmin, qmax)


def _quantized(target, x, step, qmin, qmax, granularity="default"):
    values = torch.from_numpy(x)
    quantizer = _Quantizer(target, qmin, qmax, values, granularity)
    quantizer.set_step(step)
    return quantizer(values)[0].detach().numpy().reshape(x.shape)


def _gradients(target, x, step, qmin, qmax, dy, granularity="default"):
    values = torch.from_numpy(x).requires_grad_(target != "weight")
    quantizer = _Quantizer(target, qmin, qmax, values.detach(), granularity)
    quantizer.set_step(step)
    y, source = quantizer(values)
    y.backward(torch.from_numpy(dy).reshape(y.shape))
    return _named(source.grad, quantizer.step.grad, x)


def _named(of_x, of_step, x):
    """Return the gradients by name; one that does not exist is left out."""
    named = {} if of_x is None else {"x": of_x.numpy().reshape(x.shape)}
    return {**named, "step": of_step.numpy().reshape(())}


def _initial_step(target, x, qmin, qmax):
    quantizer = _Quantizer(target, qmin, qmax, torch.from_numpy(x))
    return {"step": quantizer.step.detach().numpy().reshape(())}


def _exported(target, x, step, qmin, qmax):
    quantizer = _Quantizer(target, qmin, qmax, torch.from_numpy(x))
    quantizer.set_step(step)
    lowest, highest = (np.float32(end).reshape(()) for end in quantizer.export())
    return {"lowest": lowest, "highest": highest}


def _lsq_input(x, step, qmin, qmax):
    return _quantized("input", x, step, qmin, qmax)


def _lsq_output(x, step, qmin, qmax):
    return _quantized("output", x, step, qmin, qmax)


def _lsq_per_channel(x, step, qmin, qmax):
    return _quantized("weight", x.reshape(1, -1), step, qmin, qmax, "out_channel").reshape(x.shape)


def _function(x, step, qmin, qmax):
    """Call the function that the quantizers call, with any codes."""
    if not _IS_NEW:
        return LsqQuantizer.quantize(LsqQuantizer, x, step, qmin, qmax)
    return lsq_clamp_round(x, SimpleNamespace(qmin=qmin, qmax=qmax, scale=step, _scaler=None))


def _lsq_function(x, step, qmin, qmax):
    return _function(torch.from_numpy(x), torch.tensor([float(step)]), qmin, qmax).numpy()


def _lsq_gradient_function(x, step, qmin, qmax, dy, tensor):
    values = torch.from_numpy(x).requires_grad_()
    size = torch.tensor([float(step)], requires_grad=True)
    _function(values, size, qmin, qmax).backward(torch.from_numpy(dy))
    return _named(values.grad, size.grad, x)


def _lsq_gradient_output(x, step, qmin, qmax, dy, tensor):
    if tensor == "weight":
        raise Unsupported("a weight is no output")
    return _gradients("output", x, step, qmin, qmax, dy)


def _lsq_gradient_per_channel(x, step, qmin, qmax, dy, tensor):
    if tensor == "activation":
        raise Unsupported("one step size per row is for weights")
    found = _gradients("weight", x.reshape(1, -1), step, qmin, qmax, dy, "out_channel")
    return {name: value.reshape(x.shape if name == "x" else ()) for name, value in found.items()}


def _initial_step_input(x, qmin, qmax):
    return _initial_step("input", x, qmin, qmax)


def _initial_step_output(x, qmin, qmax):
    return _initial_step("output", x, qmin, qmax)


def _export_weight(x, step, qmin, qmax):
    return _exported("weight", x, step, qmin, qmax)


def _export_output(x, step, qmin, qmax):
    return _exported("output", x, step, qmin, qmax)


DOORS = {
    "lsq": {
        "input": _lsq_input,
        "output": _lsq_output,
        "function": _lsq_function,
        "per-channel": _lsq_per_channel,
    },
    "lsq_gradient": {
        "output": _lsq_gradient_output,
        "function": _lsq_gradient_function,
        "per-channel": _lsq_gradient_per_channel,
    },
    "lsq_initial_step": {"input": _initial_step_input, "output": _initial_step_output},
    "lsq_export": {"weight": _export_weight, "output": _export_output},
}


def _rows(x):
    """Return a tensor as a weight, with two axes."""
    return x.detach().reshape(1, -1) if x.ndim < 2 else x.detach()


def _bits(qmin, qmax):
    """Return the width of a signed integer type with exactly this range."""
    bits = (qmax + 1).bit_length()
    if (qmin, qmax) != (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1):
        raise Unsupported(f"codes are signed and quant_bits names them: none means [{qmin}, {qmax}]")
    return bits


def _dtype(qmin, qmax):
    """Return the quant_dtype that names an integer type with exactly this range."""
    bits = (qmax - qmin).bit_length()
    for name, wanted in (("int", (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)), ("uint", (0, 2**bits - 1))):
        if (qmin, qmax) == wanted:
            return f"{name}{bits}"
    raise Unsupported(f"no quant_dtype means [{qmin}, {qmax}]")
