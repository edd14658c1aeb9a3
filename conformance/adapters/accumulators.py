"""Codes and weights whose sums of products are what was asked for, for layers that take no int32 bias."""

from __future__ import annotations

import numpy as np

from conformance.adapters import Unsupported

LARGEST = 1 << 25  # the largest accumulator, of 2,100 products


def products(accumulator):
    """Return codes of 7 bits and, for each accumulator, weights of 8: their sum of products is it.

    The first code is 1; the others are 127, so that no pair of products leaves 16 bits.
    """
    wanted = accumulator.astype(np.int64)
    if np.abs(wanted).max(initial=0) > LARGEST:
        raise Unsupported(f"a layer without a bias is asked for accumulators up to {LARGEST}")
    sevens, ones = np.divmod(wanted + 63, 127)
    count = int(np.ceil(np.abs(sevens).max(initial=0) / 127))
    parts = [
        np.clip(sevens - 127 * i * np.sign(sevens), -127, 127) * (np.abs(sevens) > 127 * i)
        for i in range(count)
    ]
    weights = np.array([ones - 63, *parts], np.int8).reshape(count + 1, -1)
    return np.array([1] + [127] * count), weights
