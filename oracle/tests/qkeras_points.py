"""Points for the tests of QKeras's quantizers, and how they compare two oracles."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.formats import Array

SPECIAL = [0.0, -0.0, 1e-45, -1e-45, 1e-40, -1e-40, 1e-9, -1e-9, 16777217.0, 1e9, -1e9, 3e38, -3e38,
           np.inf, -np.inf]  # fmt: skip


def around(step: float, reach: int) -> Array:
    """Return multiples of half a step with their neighbours, and special values."""
    middle = (np.arange(-2 * reach, 2 * reach + 1) * (step / 2)).astype(np.float32)
    infinity = np.float32(np.inf)
    near = [np.nextafter(middle, -infinity), middle, np.nextafter(middle, infinity)]
    drawn = np.random.default_rng(5).normal(0, reach * step / 2, 40).astype(np.float32)
    return np.concatenate([*near, drawn, np.float32(SPECIAL)])


def same(x: Array, found: Array, wanted: list[float], what: Any) -> None:
    """Assert that two oracles agree bit for bit, the sign of zero included."""
    expected = np.array(wanted, np.float32).reshape(found.shape)
    alike = (found == expected) & (np.signbit(found) == np.signbit(expected))
    alike |= np.isnan(found) & np.isnan(expected)
    wrong = np.flatnonzero(~alike.reshape(-1))[:5]
    flat = [a.reshape(-1)[wrong].tolist() for a in (x, expected, found)]
    assert not wrong.size, (what, *flat)
