"""PyTorch as somebody would answer for it who has no suite: numpy and torch, nothing else."""

import numpy as np
import torch

SYSTEM = "torch"
BACKENDS = {"eager": {}}
DTYPES = {(-128, 127): (torch.qint8, np.int8), (0, 255): (torch.quint8, np.uint8)}


class Unsupported(Exception):
    """Said of what is not asked here."""


def version():
    return torch.__version__.partition("+")[0]


def quantize(x, scale, zero_point, qmin, qmax):
    dtype, _ = _dtypes(qmin, qmax, x, scale)
    tensor = torch.from_numpy(np.asarray(x))
    return torch.quantize_per_tensor(tensor, float(scale), zero_point, dtype).int_repr().numpy()


def dequantize(code, scale, zero_point, qmin, qmax):
    _, carrier = _dtypes(qmin, qmax, scale)
    stored = torch.from_numpy(np.asarray(code).astype(carrier))
    return torch._make_per_tensor_quantized_tensor(stored, float(scale), zero_point).dequantize().numpy()


def _dtypes(qmin, qmax, *reals):
    if (qmin, qmax) not in DTYPES or any(getattr(r, "dtype", None) != np.float32 for r in reals):
        raise Unsupported("asked here: float32, and codes of 8 bits")
    return DTYPES[qmin, qmax]
