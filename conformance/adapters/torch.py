"""PyTorch: the ATen kernels (eager) and the decomposed operators that pt2e exports (decomposed).

eager       torch.quantize_per_tensor, Tensor.dequantize, torch.fake_quantize_per_tensor_affine; gradients
            are autograd's
decomposed  torch.ops.quantized_decomposed.quantize_per_tensor, .dequantize_per_tensor,
            .fake_quant_per_channel
fbgemm …    the quantized engines, as layers
"""

from __future__ import annotations

import os

import numpy as np
import torch
from torch.ao.quantization import (
    FakeQuantize,
    MinMaxObserver,
    MovingAverageMinMaxObserver,
    PerChannelMinMaxObserver,
)
from torch.ao.quantization._learnable_fake_quantize import _LearnableFakeQuantize

from conformance.adapters import Unsupported
from conformance.adapters.torch_codes import DOORS as _CODES
from conformance.adapters.torch_engines import DOORS as _LAYERS
from conformance.adapters.torch_engines import ENGINES as _ENGINES
from conformance.adapters.torch_engines import OFFERED as _OFFERED
from conformance.adapters.torch_engines import ONEDNN as _ONEDNN
from conformance.adapters.torch_engines import is_answered as _is_answered
from conformance.adapters.torch_lsq import OPERATIONS as _LSQ

try:
    from torch.ao.quantization.fx import _decomposed  # noqa: F401 - registers the operators
except ImportError:  # before 1.13
    _DECOMPOSED_OPERATORS = ()
else:
    _DECOMPOSED_OPERATORS = ("decomposed",)

_BACKEND = os.environ.get("CONFORMANCE_BACKEND") or "eager"
_DECOMPOSED = _BACKEND == "decomposed"
BACKENDS = {name: {} for name in ("eager", *_DECOMPOSED_OPERATORS)} | _ENGINES
_IS_OLD = not hasattr(torch, "uint16")  # seen in 1.12
SLOW = set(_ONEDNN) if _IS_OLD else set()  # each question has a process of its own
ALONE = dict.fromkeys(_OFFERED, _is_answered) if _IS_OLD and _BACKEND in _ONEDNN else {}
_OPS = torch.ops.quantized_decomposed

_QUANTIZED = {
    (-128, 127): torch.qint8,
    (0, 255): torch.quint8,
    (-(2**31), 2**31 - 1): torch.qint32,
    (0, 15): torch.quint4x2,
    (0, 3): torch.quint2x4,
}
_STORAGE = tuple(
    getattr(torch, name) for name in ("int8", "uint8", "int16", "uint16", "int32") if hasattr(torch, name)
)


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
    return _array(torch.fake_quantize_per_tensor_affine(_faked(x), _number(scale), zero_point, qmin, qmax), x)


def fake_quantize_gradient(x, scale, zero_point, qmin, qmax, dy):
    if _DECOMPOSED:
        raise Unsupported("only the decomposed operator per channel has a gradient")

    def forward(leaf):
        return torch.fake_quantize_per_tensor_affine(leaf, _number(scale), zero_point, qmin, qmax)

    return {"x": _gradient(forward, x, dy)}


def learnable_fake_quantize(x, scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        raise Unsupported("there is no decomposed learnable operator")
    return torch._fake_quantize_learnable_per_tensor_affine(
        _reals(x), _one(scale), _one(zero_point), qmin, qmax, 1.0
    ).numpy()


def learnable_fake_quantize_gradient(x, scale, zero_point, qmin, qmax, grad_factor, dy):
    if _DECOMPOSED:
        raise Unsupported("there is no decomposed learnable operator")
    scales, zero_points = _leaf(_one(scale)), _leaf(_one(zero_point))

    def forward(leaf):
        return torch._fake_quantize_learnable_per_tensor_affine(
            leaf, scales, zero_points, qmin, qmax, grad_factor
        )

    return _gradients(forward, x, dy, scales, zero_points, scale)


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


def _choose_qparams_moving_average(x, qmin, qmax, scheme, running=None, averaging=0.01):
    if _DECOMPOSED:
        raise Unsupported("there is no decomposed moving average")
    options = {"qscheme": getattr(torch, f"per_tensor_{scheme}"), "averaging_constant": averaging}
    before = [] if running is None else [running]
    return _observe(MovingAverageMinMaxObserver, options, x, qmin, qmax, before)


def _choose_qparams_reduced(x, qmin, qmax, scheme):
    if _DECOMPOSED:
        raise Unsupported("the decomposed operator has no reduced range")
    dtypes = {(-64, 63): torch.qint8, (0, 127): torch.quint8}
    if (qmin, qmax) not in dtypes:
        raise Unsupported("a reduced range is that of 8 bits, halved")
    scheme = getattr(torch, f"per_tensor_{scheme}")
    observer = MinMaxObserver(dtype=dtypes[qmin, qmax], qscheme=scheme, reduce_range=True)
    observer(_reals(x))
    return _qparams(*observer.calculate_qparams())


def _choose_qparams_fused(x, qmin, qmax, scheme, running=None, averaging=0.01):
    if _DECOMPOSED:
        raise Unsupported("the fused observer is an ATen kernel")
    infinity = float("inf")
    low, high = (infinity, -infinity) if running is None else (float(v) for v in running)
    lows, highs = torch.tensor([low]), torch.tensor([high])
    scale, zero_point = torch.ones(1), torch.zeros(1, dtype=torch.int32)
    on, symmetric = torch.tensor([1]), scheme == "symmetric"
    torch.fused_moving_avg_obs_fake_quant(
        _reals(x), on, on, lows, highs, scale, zero_point, averaging, qmin, qmax, -1, False, symmetric
    )
    return _qparams(scale, zero_point)


def _observe(kind, options, x, qmin, qmax, before=()):
    """Feed an observer; it gets a range only where that is not its dtype's own."""
    observed = {(-128, 127): torch.qint8, (0, 255): torch.quint8}.get((qmin, qmax))
    if observed is None:
        observed = torch.qint8 if qmin >= -128 and qmax <= 127 else _observable(qmin, qmax)
        options = {**options, "quant_min": qmin, "quant_max": qmax}
    observer = kind(dtype=observed, **options)
    for batch in (*before, x):
        observer(_reals(batch))
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


def _quantize_per_channel(x, scale, zero_point, qmin, qmax, axis=None):
    wide, scales, zero_points, along = _by_channel(_reals(x), scale, zero_point, axis)
    return _quantize_wide(x, wide, scales, zero_points, along, qmin, qmax)


def _quantize_per_channel_last(x, scale, zero_point, qmin, qmax):
    wide, scales, zero_points, _ = _by_channel(_reals(x), scale, zero_point, None)
    return _quantize_wide(x, wide.reshape(-1, 1), scales, zero_points, 1, qmin, qmax)


def _quantize_wide(x, wide, scales, zero_points, axis, qmin, qmax):
    shape = _reals(x).shape
    if _DECOMPOSED:
        _decomposed_reals(x)
        y = _OPS.quantize_per_channel(wide, scales, zero_points, axis, qmin, qmax, _storage(qmin, qmax))
        return y.numpy().reshape(shape)
    _float32(x)
    dtype = _quantized(qmin, qmax)
    if _IS_OLD and dtype in (torch.quint4x2, torch.quint2x4):
        raise Unsupported("this version has no kernel per channel for codes below 8 bits")
    return _codes(torch.quantize_per_channel(wide, scales, zero_points, axis, dtype)).reshape(shape)


def _dequantize_tensor_parameters(code, scale, zero_point, qmin, qmax, dtype=None):
    if not _DECOMPOSED:
        raise Unsupported("a quantized tensor stores its scale as a number")
    stored, out = _stored(code, qmin, qmax), _out_dtype(scale, dtype)
    y = _OPS.dequantize_per_tensor.tensor(
        stored, _reals(scale), torch.tensor(zero_point), qmin, qmax, stored.dtype, out_dtype=out
    )
    return _array(y, scale)


def _dequantize_per_channel(code, scale, zero_point, qmin, qmax, dtype=None, axis=None):
    if _DECOMPOSED:
        stored, out = _stored(code, qmin, qmax), _out_dtype(scale, dtype)
        wide, scales, zero_points, along = _by_channel(stored, scale, zero_point, axis)
        y = _OPS.dequantize_per_channel(
            wide, scales, zero_points, along, qmin, qmax, stored.dtype, out_dtype=out
        )
        return _array(y.reshape(stored.shape), scale)
    _need_float32(scale, dtype)
    stored = _integers(code, qmin, qmax)
    wide, scales, zero_points, along = _by_channel(stored, scale, zero_point, axis)
    q = torch._make_per_channel_quantized_tensor(wide, scales, zero_points, along)
    return q.dequantize().reshape(stored.shape).numpy()


def _fake_quantize_tensor_parameters(x, scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        raise Unsupported("see the doors of quantize and dequantize")
    zero_point = torch.tensor(zero_point, dtype=torch.int32)
    return _array(
        torch.fake_quantize_per_tensor_affine(_faked(x), _reals(scale), zero_point, qmin, qmax),
        x,
    )


def _fake_quantize_per_channel(x, scale, zero_point, qmin, qmax, axis=None):
    if _DECOMPOSED:
        raise Unsupported("see the doors of quantize and dequantize")
    if _reals(scale).dtype not in (torch.float32, torch.bfloat16):
        raise Unsupported("per channel the scale is float32 or bfloat16")
    wide, scales, zero_points, along = _by_channel(_reals(x), scale, zero_point, axis)
    y = torch.fake_quantize_per_channel_affine(wide, scales, zero_points.int(), along, qmin, qmax)
    return _array(y.reshape(_reals(x).shape), x)


def _fake_quantize_operator_per_channel(x, scale, zero_point, qmin, qmax, axis=None):
    if not _DECOMPOSED:
        raise Unsupported("this is an operator of the decomposed ones")
    if _reals(x).dtype != torch.float32 or _reals(scale).dtype != torch.float32:
        raise Unsupported("quantized_decomposed.fake_quant_per_channel takes float32 only")
    wide, scales, zero_points, along = _by_channel(_reals(x), scale, zero_point, axis)
    y = _OPS.fake_quant_per_channel(wide, scales, zero_points.int(), along, qmin, qmax)
    return y.reshape(_reals(x).shape).numpy()


def _fake_quantize_learnable(x, scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        raise Unsupported("there is no decomposed learnable operator")
    scales, zero_points = _one(scale), torch.tensor([float(zero_point)])
    return _array(
        torch._fake_quantize_learnable_per_tensor_affine(_faked(x), scales, zero_points, qmin, qmax, 1.0),
        x,
    )


def _fake_quantize_module(x, scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        raise Unsupported("the module calls the ATen kernel")
    module = FakeQuantize(quant_min=qmin, quant_max=qmax, dtype=_observable(qmin, qmax))
    module.disable_observer()
    module.scale.copy_(_reals(scale))
    module.zero_point.copy_(torch.tensor(zero_point))
    return _array(module(_reals(x)), x)


def _fake_quantize_real(x, scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        raise Unsupported("the decomposed fake quantizer is the real one")
    dtype = _quantized(qmin, qmax)
    return torch.quantize_per_tensor(_float32(x), _number(scale), zero_point, dtype).dequantize().numpy()


def _fake_quantize_gradient_tensor_parameters(x, scale, zero_point, qmin, qmax, dy):
    if _DECOMPOSED:
        raise Unsupported("only the decomposed operator per channel has a gradient")
    zero = torch.tensor(zero_point, dtype=torch.int32)

    def forward(leaf):
        return torch.fake_quantize_per_tensor_affine(leaf, _reals(scale), zero, qmin, qmax)

    return {"x": _gradient(forward, x, dy)}


def _fake_quantize_gradient_per_channel(x, scale, zero_point, qmin, qmax, dy, axis=None):
    operator = _OPS.fake_quant_per_channel if _DECOMPOSED else torch.fake_quantize_per_channel_affine

    def forward(leaf):
        wide, scales, zero_points, along = _by_channel(leaf, scale, zero_point, axis)
        return operator(wide, scales, zero_points.int(), along, qmin, qmax).reshape(leaf.shape)

    return {"x": _gradient(forward, x, dy)}


def _fake_quantize_gradient_module(x, scale, zero_point, qmin, qmax, dy):
    if _DECOMPOSED:
        raise Unsupported("the module calls the ATen kernel")
    module = FakeQuantize(quant_min=qmin, quant_max=qmax, dtype=_observable(qmin, qmax))
    module.disable_observer()
    module.scale.copy_(_reals(scale))
    module.zero_point.copy_(torch.tensor(zero_point))
    return {"x": _gradient(module, x, dy)}


def _learnable_fake_quantize_per_channel(x, scale, zero_point, qmin, qmax, axis=None):
    if _DECOMPOSED:
        raise Unsupported("there is no decomposed learnable operator")
    wide, scales, zero_points, along = _by_channel(_reals(x), scale, zero_point, axis)
    y = torch._fake_quantize_learnable_per_channel_affine(wide, scales, zero_points, along, qmin, qmax, 1.0)
    return y.reshape(_reals(x).shape).numpy()


def _learnable_fake_quantize_gradient_per_channel(
    x, scale, zero_point, qmin, qmax, grad_factor, dy, axis=None
):
    if _DECOMPOSED:
        raise Unsupported("there is no decomposed learnable operator")
    _, scales, zero_points, along = _by_channel(_reals(x), scale, zero_point, axis)
    scales, zero_points = _leaf(scales), _leaf(zero_points)

    def forward(leaf):
        wide = leaf if axis is not None else leaf.reshape(1, -1)
        y = torch._fake_quantize_learnable_per_channel_affine(
            wide, scales, zero_points, along, qmin, qmax, grad_factor
        )
        return y.reshape(leaf.shape)

    return _gradients(forward, x, dy, scales, zero_points, scale)


def _learnable_module(scale, zero_point, qmin, qmax):
    if _DECOMPOSED:
        raise Unsupported("the module calls the ATen kernel")
    options = {"dtype": _observable(qmin, qmax), "scale": float(scale), "zero_point": float(zero_point)}
    module = _LearnableFakeQuantize(MinMaxObserver, qmin, qmax, **options)
    return module.enable_param_learning()


def _learnable_fake_quantize_module(x, scale, zero_point, qmin, qmax):
    return _learnable_module(scale, zero_point, qmin, qmax)(_reals(x)).detach().numpy()


def _learnable_fake_quantize_gradient_module(x, scale, zero_point, qmin, qmax, grad_factor, dy):
    if grad_factor != 1.0:
        raise Unsupported("the module chooses its gradient factor itself")
    module = _learnable_module(scale, zero_point, qmin, qmax)
    return _gradients(module, x, dy, module.scale, module.zero_point, scale)


DOORS = {
    "fake_quantize_gradient": {
        "tensor-parameters": _fake_quantize_gradient_tensor_parameters,
        "per-channel": _fake_quantize_gradient_per_channel,
        "module": _fake_quantize_gradient_module,
    },
    "learnable_fake_quantize": {
        "per-channel": _learnable_fake_quantize_per_channel,
        "module": _learnable_fake_quantize_module,
    },
    "learnable_fake_quantize_gradient": {
        "per-channel": _learnable_fake_quantize_gradient_per_channel,
        "module": _learnable_fake_quantize_gradient_module,
    },
    "choose_qparams": {
        "per-channel": _choose_qparams_per_channel,
        "moving-average": _choose_qparams_moving_average,
        "reduced-range": _choose_qparams_reduced,
        "fused": _choose_qparams_fused,
    },
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
        "operator-per-channel": _fake_quantize_operator_per_channel,
        "learnable": _fake_quantize_learnable,
        "module": _fake_quantize_module,
        "real": _fake_quantize_real,
    },
}
DOORS |= _LSQ  # their plain doors too
OFFERS = {
    "eager": (*DOORS, *_CODES),
    **dict.fromkeys(_DECOMPOSED_OPERATORS, tuple(DOORS)),
    **dict.fromkeys(_ENGINES, _OFFERED),
}
DOORS |= _CODES | _LAYERS


def _quantized(qmin, qmax):
    if (qmin, qmax) not in _QUANTIZED:
        raise Unsupported(f"no quantized dtype holds exactly [{qmin}, {qmax}]")
    return _QUANTIZED[qmin, qmax]


def _storage(qmin, qmax):
    for dtype in _STORAGE:
        if torch.iinfo(dtype).min <= min(qmin, qmax) and max(qmin, qmax) <= torch.iinfo(dtype).max:
            return dtype
    raise Unsupported(f"no integer dtype of the decomposed operators holds [{qmin}, {qmax}]")


def _faked(x):
    reals = _reals(x)
    if _IS_OLD and reals.dtype == torch.bfloat16:
        raise Unsupported("this version has no fake quantizer of bfloat16")
    return reals


def _observable(qmin, qmax):
    if _IS_OLD:
        raise Unsupported("an observer of this version takes quantized dtypes only")
    return _storage(qmin, qmax)


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


def _by_channel(tensor, scale, zero_point, axis):
    """Return a tensor, its scales, its zero points and its axis; without an axis it is one channel."""
    if axis is not None and axis < 0 and not _DECOMPOSED:
        raise Unsupported("the operators per channel refuse an axis counted from the back")
    zeros = np.atleast_1d(np.asarray(zero_point))
    zero_points = torch.from_numpy(zeros if zeros.dtype.kind == "f" else zeros.astype(np.int64))
    if axis is None:
        return tensor.reshape(1, -1), _one(scale), zero_points, 0
    return tensor, _reals(scale), zero_points, axis


def _leaf(tensor):
    return tensor.detach().clone().requires_grad_()


def _gradient(forward, x, dy):
    leaf = _leaf(_reals(x))
    forward(leaf).backward(_reals(dy))
    return leaf.grad.numpy()


def _gradients(forward, x, dy, scales, zero_points, like):
    """Return the gradients of x, scale and zero point, the last two in the shape of an argument."""
    of_x = _gradient(forward, x, dy)
    shape = np.shape(like)
    return {
        "x": of_x,
        "scale": scales.grad.numpy().reshape(shape),
        "zero_point": zero_points.grad.numpy().reshape(shape),
    }


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
