"""PyTorch: the ATen kernels (eager) and the decomposed operators that pt2e exports (decomposed).

eager       torch.quantize_per_tensor, Tensor.dequantize, torch.fake_quantize_per_tensor_affine
decomposed  torch.ops.quantized_decomposed.quantize_per_tensor, .dequantize_per_tensor
"""

from __future__ import annotations

import os

import numpy as np
import torch
from torch.ao.quantization import FakeQuantize, MinMaxObserver, PerChannelMinMaxObserver
from torch.ao.quantization.fx import _decomposed  # noqa: F401 - registers the operators

from conformance.adapters import Unsupported
from conformance.adapters.torch_lsq import OPERATIONS as _LSQ

BACKENDS = {"eager": {}, "decomposed": {}}
_DECOMPOSED = os.environ.get("CONFORMANCE_BACKEND") == "decomposed"
_OPS = torch.ops.quantized_decomposed

_QUANTIZED = {
    (-128, 127): torch.qint8,
    (0, 255): torch.quint8,
    (-(2**31), 2**31 - 1): torch.qint32,
    (0, 15): torch.quint4x2,
    (0, 3): torch.quint2x4,
}
_STORAGE = (torch.int8, torch.uint8, torch.int16, torch.uint16, torch.int32)


def version():
    return torch.__version__.split("+")[0]


def quantize(x, scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        storage = _storage(qmin, qmax)
        return _OPS.quantize_per_tensor(
            _decomposed_reals(x), _number(scale), zero_point, qmin, qmax, storage
        ).numpy()
    dtype = _quantized(qmin, qmax)
    return _codes(torch.quantize_per_tensor(_float32(x), _number(scale), zero_point, dtype))


def dequantize(code, scale, zero_point, qmin, qmax, dtype=None):
    if _DECOMPOSED:
        stored, out = _stored(code, qmin, qmax), _out_dtype(scale, dtype)
        y = _OPS.dequantize_per_tensor(
            stored, _number(scale), zero_point, qmin, qmax, stored.dtype, out_dtype=out
        )
        return _array(y, scale)
    _need_float32(scale, dtype)
    stored = _integers(code, qmin, qmax)
    return torch._make_per_tensor_quantized_tensor(stored, _number(scale), zero_point).dequantize().numpy()


def fake_quantize(x, scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        reals, storage = _decomposed_reals(x), _storage(qmin, qmax)
        q = _OPS.quantize_per_tensor(reals, _number(scale), zero_point, qmin, qmax, storage)
        y = _OPS.dequantize_per_tensor(
            q, _number(scale), zero_point, qmin, qmax, storage, out_dtype=reals.dtype
        )
        return _array(y, x)
    return _array(torch.fake_quantize_per_tensor_affine(_reals(x), _number(scale), zero_point, qmin, qmax), x)


def choose_qparams(x, qmin, qmax, scheme):
    if _DECOMPOSED:
        name = {"affine": "choose_qparams", "symmetric": "choose_qparams_symmetric"}[scheme]
        choose, eps = getattr(_OPS, name).tensor, torch.finfo(torch.float32).eps  # the observers' default
        return _qparams(*choose(_reals(x), qmin, qmax, eps, _storage(qmin, qmax)))
    return _observe(MinMaxObserver, {"qscheme": getattr(torch, f"per_tensor_{scheme}")}, x, qmin, qmax)


def _choose_qparams_per_channel(x, qmin, qmax, scheme):
    if _DECOMPOSED:
        raise Unsupported("choose_qparams has no per-channel form")
    options = {"qscheme": getattr(torch, f"per_channel_{scheme}"), "ch_axis": 0}
    return _observe(PerChannelMinMaxObserver, options, np.asarray(x).reshape(1, -1), qmin, qmax)


def _observe(kind, options, x, qmin, qmax):
    """Feed an observer; it gets a range only where that is not its dtype's own."""
    observed = {(-128, 127): torch.qint8, (0, 255): torch.quint8}.get((qmin, qmax))
    if observed is None:
        observed = torch.qint8 if qmin >= -128 and qmax <= 127 else _storage(qmin, qmax)
        options = {**options, "quant_min": qmin, "quant_max": qmax}
    observer = kind(dtype=observed, **options)
    observer(_reals(x))
    return _qparams(*observer.calculate_qparams())


def _qparams(scale, zero_point):
    return {"scale": scale.numpy().reshape(()), "zero_point": zero_point.numpy().reshape(())}


def _quantize_tensor_parameters(x, scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        return _OPS.quantize_per_tensor.tensor(
            _decomposed_reals(x),
            _reals(scale),
            torch.tensor(zero_point),
            qmin,
            qmax,
            _storage(qmin, qmax),
        ).numpy()
    dtype = _quantized(qmin, qmax)
    return _codes(torch.quantize_per_tensor(_float32(x), _reals(scale), torch.tensor(zero_point), dtype))


def _quantize_per_channel(x, scale, zero_point, qmin, qmax, axis=0):
    reals, scales, zero_points = _reals(x), _one(scale), torch.tensor([zero_point])
    wide = reals.reshape((1, -1) if axis == 0 else (-1, 1))
    if _DECOMPOSED:
        _decomposed_reals(x)
        y = _OPS.quantize_per_channel(wide, scales, zero_points, axis, qmin, qmax, _storage(qmin, qmax))
        return y.numpy().reshape(reals.shape)
    _float32(x)
    dtype = _quantized(qmin, qmax)
    return _codes(torch.quantize_per_channel(wide, scales, zero_points, axis, dtype)).reshape(reals.shape)


def _quantize_per_channel_last(x, scale, zero_point, qmin, qmax):
    return _quantize_per_channel(x, scale, zero_point, qmin, qmax, axis=1)


def _dequantize_tensor_parameters(code, scale, zero_point, qmin, qmax, dtype=None):
    if not _DECOMPOSED:
        raise Unsupported("a quantized tensor stores its scale as a number")
    stored, out = _stored(code, qmin, qmax), _out_dtype(scale, dtype)
    y = _OPS.dequantize_per_tensor.tensor(
        stored, _reals(scale), torch.tensor(zero_point), qmin, qmax, stored.dtype, out_dtype=out
    )
    return _array(y, scale)


def _dequantize_per_channel(code, scale, zero_point, qmin, qmax, dtype=None):
    zero_points = torch.tensor([zero_point])
    if _DECOMPOSED:
        stored, out = _stored(code, qmin, qmax), _out_dtype(scale, dtype)
        y = _OPS.dequantize_per_channel(
            stored.reshape(1, -1),
            _one(scale),
            zero_points,
            0,
            qmin,
            qmax,
            stored.dtype,
            out_dtype=out,
        )
        return _array(y.reshape(stored.shape), scale)
    _need_float32(scale, dtype)
    stored = _integers(code, qmin, qmax)
    q = torch._make_per_channel_quantized_tensor(stored.reshape(1, -1), _one(scale), zero_points, 0)
    return q.dequantize().reshape(stored.shape).numpy()


def _fake_quantize_tensor_parameters(x, scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        raise Unsupported("see the doors of quantize and dequantize")
    zero_point = torch.tensor(zero_point, dtype=torch.int32)
    return _array(
        torch.fake_quantize_per_tensor_affine(_reals(x), _reals(scale), zero_point, qmin, qmax),
        x,
    )


def _fake_quantize_per_channel(x, scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        raise Unsupported("see the doors of quantize and dequantize")
    if _reals(scale).dtype not in (torch.float32, torch.bfloat16):
        raise Unsupported("per channel the scale is float32 or bfloat16")
    reals, zero_points = _reals(x), torch.tensor([zero_point], dtype=torch.int32)
    y = torch.fake_quantize_per_channel_affine(reals.reshape(1, -1), _one(scale), zero_points, 0, qmin, qmax)
    return _array(y.reshape(reals.shape), x)


def _fake_quantize_learnable(x, scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        raise Unsupported("there is no decomposed learnable operator")
    scales, zero_points = _one(scale), torch.tensor([float(zero_point)])
    return _array(
        torch._fake_quantize_learnable_per_tensor_affine(_reals(x), scales, zero_points, qmin, qmax, 1.0),
        x,
    )


def _fake_quantize_module(x, scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        raise Unsupported("the module calls the ATen kernel")
    module = FakeQuantize(quant_min=qmin, quant_max=qmax, dtype=_storage(qmin, qmax))
    module.disable_observer()
    module.scale.copy_(_reals(scale))
    module.zero_point.copy_(torch.tensor(zero_point))
    return _array(module(_reals(x)), x)


def _fake_quantize_real(x, scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        raise Unsupported("the decomposed fake quantizer is the real one")
    dtype = _quantized(qmin, qmax)
    return torch.quantize_per_tensor(_float32(x), _number(scale), zero_point, dtype).dequantize().numpy()


DOORS = {
    "choose_qparams": {"per-channel": _choose_qparams_per_channel},
    "quantize": {
        "tensor-parameters": _quantize_tensor_parameters,
        "per-channel": _quantize_per_channel,
        "per-channel-last": _quantize_per_channel_last,
    },
    "dequantize": {
        "tensor-parameters": _dequantize_tensor_parameters,
        "per-channel": _dequantize_per_channel,
    },
    "fake_quantize": {
        "tensor-parameters": _fake_quantize_tensor_parameters,
        "per-channel": _fake_quantize_per_channel,
        "learnable": _fake_quantize_learnable,
        "module": _fake_quantize_module,
        "real": _fake_quantize_real,
    },
}
DOORS |= _LSQ  # their plain doors too


def _quantized(qmin, qmax):
    if (qmin, qmax) not in _QUANTIZED:
        raise Unsupported(f"no quantized dtype holds exactly [{qmin}, {qmax}]")
    return _QUANTIZED[qmin, qmax]


def _storage(qmin, qmax):
    for dtype in _STORAGE:
        if torch.iinfo(dtype).min <= min(qmin, qmax) and max(qmin, qmax) <= torch.iinfo(dtype).max:
            return dtype
    raise Unsupported(f"no integer dtype of the decomposed operators holds [{qmin}, {qmax}]")


def _stored(code, qmin, qmax):
    return torch.from_numpy(np.asarray(code)).to(_storage(qmin, qmax))


def _integers(code, qmin, qmax):
    dtypes = {torch.qint8: np.int8, torch.quint8: np.uint8, torch.qint32: np.int32}
    dtype = _quantized(qmin, qmax)
    if dtype not in dtypes:
        raise Unsupported(f"{dtype} cannot be made from its codes")
    return torch.from_numpy(np.asarray(code).astype(dtypes[dtype]))


def _reals(x):
    if hasattr(x, "values"):  # bfloat16, carried in float32
        return torch.from_numpy(np.asarray(x.values)).to(torch.bfloat16)
    return torch.from_numpy(np.asarray(x))


def _number(scale):
    return float(getattr(scale, "values", scale))


def _one(scale):
    return _reals(scale).reshape(1)


def _decomposed_reals(x):
    reals = _reals(x)
    if reals.dtype == torch.float64:
        raise Unsupported("the decomposed operators take float32, float16 and bfloat16")
    return reals


def _float32(x):
    reals = _reals(x)
    if reals.dtype != torch.float32:
        raise Unsupported(f"quantize_per_tensor takes float32 only, not {reals.dtype}")
    return reals


def _out_dtype(scale, dtype):
    return getattr(torch, dtype) if dtype else _reals(scale).dtype


def _need_float32(scale, dtype):
    if _out_dtype(scale, dtype) != torch.float32:
        raise Unsupported("Tensor.dequantize gives float32 only")


def _array(y, like):
    """Return a tensor as numpy, bfloat16 in the wrapper that the argument came in."""
    return type(like)(y.float().numpy()) if y.dtype == torch.bfloat16 else y.numpy()


def _codes(q):
    if q.dtype not in (torch.quint4x2, torch.quint2x4):
        return q.int_repr().numpy()
    bits = 4 if q.dtype == torch.quint4x2 else 2
    packed = q.int_repr().numpy().reshape(-1)
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    codes = (packed[:, None] >> shifts) & np.uint8(2**bits - 1)
    return codes.reshape(-1)[: q.numel()].reshape(tuple(q.shape))
