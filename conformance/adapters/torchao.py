"""torchao: the primitives that its tensors, its QAT and its observers are made of (eager), and pt2e (pt2e).

quantize, dequantize  quantize_affine, dequantize_affine: per tensor, axis and group by block_size
fake_quantize         _fake_quantize_affine, which its FakeQuantizers call
choose_qparams        choose_qparams_affine
pack_codes            the shards of uintx bitpacking, along the last axis
"""

from __future__ import annotations

import numpy as np
import torch
import torchao
from torchao.prototype.dtypes.uintx import bitpacking
from torchao.quantization.quant_primitives import (
    MappingType,
    _fake_quantize_affine,
    choose_qparams_affine,
    dequantize_affine,
    quantize_affine,
)

from conformance.adapters import Unsupported
from conformance.adapters.torchao_pt2e import requantize as _requantize

BACKENDS = {"eager": {}, "pt2e": {}}
SLOW = {"pt2e"}  # each question is exported
_SCHEMES = {"affine": MappingType.ASYMMETRIC, "symmetric": MappingType.SYMMETRIC}


def version():
    return torchao.__version__.split("+")[0]


def quantize(x, scale, zero_point, qmin, qmax, axis=None, block_size=None):
    reals = _reals(x)
    grid = _grid(reals, scale, zero_point, axis, block_size)
    _need_bounds(reals, grid[1], qmin, qmax)
    return quantize_affine(reals, *grid, _storage(qmin, qmax), qmin, qmax).numpy()


def dequantize(code, scale, zero_point, qmin, qmax, dtype=None, axis=None, block_size=None):
    stored = torch.from_numpy(np.asarray(code)).to(_storage(qmin, qmax))
    out = getattr(torch, dtype) if dtype else _reals(scale).dtype
    grid = _grid(stored, scale, zero_point, axis, block_size)
    return _array(dequantize_affine(stored, *grid, stored.dtype, qmin, qmax, output_dtype=out), scale)


def fake_quantize(x, scale, zero_point, qmin, qmax, axis=None, block_size=None):
    reals = _reals(x)
    grid = _grid(reals, scale, zero_point, axis, block_size)
    _need_bounds(reals, grid[1], qmin, qmax)
    return _array(_fake_quantize_affine(reals, *grid, _storage(qmin, qmax), qmin, qmax), x)


def choose_qparams(x, qmin, qmax, scheme):
    reals = _reals(x)
    found = choose_qparams_affine(reals, _SCHEMES[scheme], reals.shape, _storage(qmin, qmax), qmin, qmax)
    return {name: _array(t, x).reshape(()) for name, t in zip(("scale", "zero_point"), found, strict=True)}


def pack_codes(code, bits):
    _need_unsigned(code.dtype == np.int8)
    if code.shape[-1] % 8:
        raise Unsupported("the last axis holds a multiple of 8 codes")
    (packed,) = bitpacking.pack(torch.from_numpy(code), bits, -1)
    return {"bytes": packed.reshape(-1).numpy()}


def unpack_codes(code, count, bits, is_signed):
    _need_unsigned(is_signed)
    if count % 8:
        raise Unsupported("the axis holds a multiple of 8 codes")
    return {"codes": bitpacking.unpack([torch.from_numpy(code)], bits, -1).numpy()}


def _grid(tensor, scale, zero_point, axis, block_size):
    """Return the block, the scales and the zero points: one block is the tensor, a channel, or a group."""
    block = list(tensor.shape) if block_size is None else [1] * tensor.ndim
    if axis is not None:
        block[axis] = block_size or 1
        if tensor.shape[axis] % block[axis]:
            raise Unsupported("groups are of equal length")
    return block, _reals(scale), torch.from_numpy(np.asarray(zero_point, np.int32))


def _need_bounds(reals, scales, qmin, qmax):
    dtype = torch.promote_types(reals.dtype, scales.dtype)
    if max(-qmin, qmax) > torch.finfo(dtype).max:
        raise Unsupported(f"torch.clamp refuses bounds beyond {dtype}, got [{qmin}, {qmax}]")


def _storage(qmin, qmax):
    for dtype in (torch.int8, torch.uint8, torch.int16, torch.int32):
        if torch.iinfo(dtype).min <= min(qmin, qmax) and max(qmin, qmax) <= torch.iinfo(dtype).max:
            return dtype
    raise Unsupported(f"no dtype of the primitives holds [{qmin}, {qmax}]")


def _reals(x):
    if hasattr(x, "values"):  # bfloat16, carried in float32
        return torch.from_numpy(np.asarray(x.values)).to(torch.bfloat16)
    found = torch.from_numpy(np.asarray(x))
    if found.dtype == torch.float64:
        raise Unsupported("the primitives take float32, float16 and bfloat16")
    return found


def _array(y, like):
    """Return a tensor as numpy, bfloat16 in the wrapper that the argument came in."""
    return type(like)(y.float().numpy()) if y.dtype == torch.bfloat16 else y.numpy()


def _need_unsigned(is_signed):
    if is_signed:
        raise Unsupported("bitpacking takes uint8")


DOORS = {"requantize": {"plain": _requantize}}
OFFERS = {
    "eager": ("quantize", "dequantize", "fake_quantize", "choose_qparams", "pack_codes", "unpack_codes"),
    "pt2e": tuple(DOORS),
}
