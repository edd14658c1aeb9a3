"""Codes of few bits in PyTorch: the storage of quint4x2 and quint2x4, and rows packed for embedding bags."""

from __future__ import annotations

import numpy as np
import torch

from conformance.adapters import Unsupported

_DTYPES = {4: torch.quint4x2, 2: torch.quint2x4}


def pack_codes(code, bits):
    """The storage of a quantized tensor, as int_repr shows it."""
    _need_unsigned(code.dtype == np.int8)
    reals = torch.from_numpy(code.astype(np.float32))
    return {"bytes": torch.quantize_per_tensor(reals, 1.0, 0, _DTYPES[bits]).int_repr().numpy()}


def pack_codes_of_rows(code, bits):
    """quantized::embedding_bag_4bit_prepack, which quantizes each row itself."""
    _need_unsigned(code.dtype == np.int8)
    rows = code.reshape(-1, code.shape[-1])
    if rows.shape[-1] * bits % 8:
        raise Unsupported("rows are of whole bytes")
    if (rows.min(axis=1) != 0).any() or (rows.max(axis=1) != 2**bits - 1).any():
        raise Unsupported("a row without its first and its last code gets other codes")
    reals = torch.from_numpy(rows.astype(np.float32))
    packed = getattr(torch.ops.quantized, f"embedding_bag_{bits}bit_prepack")(reals).numpy()
    return {"bytes": packed[:, :-4].reshape(-1)}  # the last four are the row's scale and its least number


def unpack_codes(code, count, bits, is_signed):
    """Tensor.dequantize, of a quantized tensor whose storage is given."""
    _need_unsigned(is_signed)
    if not hasattr(torch.Tensor, "untyped_storage"):
        raise Unsupported("this version has no Tensor.untyped_storage, the way to a tensor's bytes")
    stored = torch._empty_affine_quantized([count], scale=1.0, zero_point=0, dtype=_DTYPES[bits])
    stored.untyped_storage().copy_(torch.from_numpy(code.copy()).untyped_storage())
    return {"codes": stored.dequantize().numpy().astype(np.uint8)}


def unpack_codes_of_rows(code, count, bits, is_signed):
    """quantized::embedding_bag_4bit_unpack, of one row with the scale 1."""
    _need_unsigned(is_signed)
    tail = np.array([1, 0], np.float16).view(np.uint8)
    row = torch.from_numpy(np.concatenate([code, tail]).reshape(1, -1))
    found = getattr(torch.ops.quantized, f"embedding_bag_{bits}bit_unpack")(row).numpy()
    return {"codes": found.reshape(-1)[:count].astype(np.uint8)}


def _need_unsigned(is_signed):
    if is_signed:
        raise Unsupported("the types of few bits are unsigned")


DOORS = {
    "pack_codes": {"plain": pack_codes, "embedding-rows": pack_codes_of_rows},
    "unpack_codes": {"plain": unpack_codes, "embedding-rows": unpack_codes_of_rows},
}
