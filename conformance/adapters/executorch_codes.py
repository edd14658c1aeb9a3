"""Codes of few bits in ExecuTorch: the rows that its embeddings of 4 and of 2 bits read."""

from __future__ import annotations

import numpy as np
import torch
from executorch.exir import schema

from conformance.adapters import Unsupported
from conformance.adapters.executorch_programs import fresh, run_kernel


def unpack_codes(code, count, bits, is_signed):
    """quantized_decomposed::embedding_4bit and embedding_2bit, of one row with the scale 1."""
    if not is_signed:
        raise Unsupported("the embeddings' codes are signed")
    given = [fresh(code.reshape(1, -1)), torch.ones(1), torch.zeros(1, dtype=torch.int64)]
    more = [schema.Null(), schema.Int(-(2 ** (bits - 1))), schema.Int(2 ** (bits - 1) - 1)]
    shape = (1, code.size * 8 // bits)
    # weight, its scales, its zero points (none), its bounds, the indices
    row = run_kernel(f"embedding_{bits}bit", "out", given, more, torch.float32, shape, (0, 1, 3, 4, 5, 2))
    reals = row.reshape(-1)[:count]
    codes = reals.astype(np.int8)
    return {"codes": codes if (codes == reals).all() else reals}
