"""ExecuTorch, asked by programs of one instruction; rescale, of two.

portable  the quantized kernels, quantized_decomposed::*.out
xnnpack   the XNNPACK backend, as a delegate of one node, or of two
"""

from __future__ import annotations

import os
from importlib.metadata import version as _installed

import executorch.kernels.quantized  # registers the quantized kernels with the runtime  # noqa: F401
import numpy as np
import torch
from executorch.exir import schema as _schema

from conformance.adapters import Unsupported
from conformance.adapters.executorch_codes import unpack_codes as _unpack_codes
from conformance.adapters.executorch_programs import CODES as _CODES
from conformance.adapters.executorch_programs import REALS as _REALS
from conformance.adapters.executorch_programs import fresh as _fresh
from conformance.adapters.executorch_programs import run_kernel as _run
from conformance.adapters.executorch_programs import run_kernels as _run_in_turn
from conformance.adapters.executorch_xnnpack import DOORS as _DELEGATED

BACKENDS = {"portable": {}, "xnnpack": {}}
SLOW = set(BACKENDS)  # a question that ends the process costs the imports of another


def version():
    return _installed("executorch")


def _quantize(x, scale, zero_point, qmin, qmax):
    stored = _storage(qmin, qmax)
    given = [_schema.Double(_number(scale)), _schema.Int(int(zero_point))]
    return _run("quantize_per_tensor", "out", [_reals(x)], [*given, *_bounds(qmin, qmax, stored)], stored)


def _dequantize(code, scale, zero_point, qmin, qmax, dtype=None):
    out, stored = _out(scale, dtype), _storage(qmin, qmax)
    given = [_schema.Double(_number(scale)), _schema.Int(int(zero_point))]
    given += [*_bounds(qmin, qmax, stored), _schema.Int(_REALS[out])]
    return _run("dequantize_per_tensor", "out", [_codes(code, stored)], given, out)


def _quantize_tensor_parameters(x, scale, zero_point, qmin, qmax):
    stored = _storage(qmin, qmax)
    given = [_reals(x), _doubles(scale), torch.tensor([int(zero_point)])]
    return _run("quantize_per_tensor", "Tensor_out", given, _bounds(qmin, qmax, stored), stored)


def _dequantize_tensor_parameters(code, scale, zero_point, qmin, qmax, dtype=None):
    out, stored = _out(scale, dtype), _storage(qmin, qmax)
    given = [_codes(code, stored), _doubles(scale), torch.tensor([int(zero_point)])]
    more = [*_bounds(qmin, qmax, stored), _schema.Int(_REALS[out])]
    return _run("dequantize_per_tensor", "Tensor_out", given, more, out)


def _quantize_per_channel(x, scale, zero_point, qmin, qmax, axis=None):
    stored = _storage(qmin, qmax)
    given, along = _by_channel(_reals(x), scale, zero_point, axis)
    more = [_schema.Int(along), *_bounds(qmin, qmax, stored)]
    return _run("quantize_per_channel", "out", given, more, stored).reshape(np.shape(x))


def _dequantize_per_channel(code, scale, zero_point, qmin, qmax, dtype=None, axis=None):
    out, stored = _out(scale, dtype), _storage(qmin, qmax)
    given, along = _by_channel(_codes(code, stored), scale, zero_point, axis)
    more = [_schema.Int(along), *_bounds(qmin, qmax, stored), _schema.Int(_REALS[out])]
    return _run("dequantize_per_channel", "out", given, more, out).reshape(np.shape(code))


def _rescale(code, input_scale, input_zero_point, output_scale, output_zero_point, qmin, qmax):
    codes, stored = _fresh(code), _storage(qmin, qmax)
    source = np.iinfo(code.dtype)
    given = [_schema.Double(_number(input_scale)), _schema.Int(int(input_zero_point))]
    given += [*_bounds(source.min, source.max, codes.dtype), _schema.Int(_REALS[torch.float32])]
    wanted = [_schema.Double(_number(output_scale)), _schema.Int(int(output_zero_point))]
    wanted += _bounds(qmin, qmax, stored)
    steps = [("dequantize_per_tensor", given, torch.float32), ("quantize_per_tensor", wanted, stored)]
    return _run_in_turn(steps, codes)


def _rescale_by(dequantize, quantize):
    """Return rescale through a dequantize and a quantize, each a program of its own."""

    def ask(code, input_scale, input_zero_point, output_scale, output_zero_point, qmin, qmax):
        bounds = np.iinfo(code.dtype)
        real = dequantize(code, input_scale, input_zero_point, bounds.min, bounds.max)
        return quantize(real, output_scale, output_zero_point, qmin, qmax)

    return ask


_PORTABLE = {
    "quantize": {
        "plain": _quantize,
        "tensor-parameters": _quantize_tensor_parameters,
        "per-channel": _quantize_per_channel,
    },
    "dequantize": {
        "plain": _dequantize,
        "tensor-parameters": _dequantize_tensor_parameters,
        "per-channel": _dequantize_per_channel,
    },
    "unpack_codes": {"plain": _unpack_codes},
    "rescale": {
        "plain": _rescale,
        "tensor-parameters": _rescale_by(_dequantize_tensor_parameters, _quantize_tensor_parameters),
        "per-channel": _rescale_by(_dequantize_per_channel, _quantize_per_channel),
    },
}
_IS_DELEGATED = os.environ.get("CONFORMANCE_BACKEND") == "xnnpack"
DOORS = _DELEGATED if _IS_DELEGATED else _PORTABLE
OFFERS = {"portable": tuple(_PORTABLE), "xnnpack": tuple(_DELEGATED)}


def _storage(qmin, qmax):
    for dtype in _CODES:
        if torch.iinfo(dtype).min <= min(qmin, qmax) and max(qmin, qmax) <= torch.iinfo(dtype).max:
            return dtype
    raise Unsupported(f"no integer type of the kernels holds [{qmin}, {qmax}]")


def _bounds(qmin, qmax, stored):
    return [_schema.Int(qmin), _schema.Int(qmax), _schema.Int(_CODES[stored])]


def _reals(x):
    if hasattr(x, "values"):
        raise Unsupported("the quantized kernels take float32, float16 and float64")
    return _fresh(np.asarray(x))


def _number(scale):
    return float(_reals(scale))


def _codes(code, stored):
    return _fresh(np.asarray(code)).to(stored)


def _out(scale, dtype):
    out = getattr(torch, dtype) if dtype else _reals(scale).dtype
    if out not in _REALS:
        raise Unsupported("the quantized kernels give float32, float16 and float64")
    return out


def _doubles(scale):
    return torch.from_numpy(np.atleast_1d(np.asarray(_reals(scale))).astype(np.float64))


def _by_channel(tensor, scale, zero_point, axis):
    """Return a tensor with its scales and zero points, and the axis; without an axis it is one channel."""
    zero_points = torch.from_numpy(np.atleast_1d(np.asarray(zero_point)).astype(np.int64))
    wide = tensor.reshape(1, -1) if axis is None else tensor
    return [wide, _doubles(scale), zero_points], 0 if axis is None else axis
