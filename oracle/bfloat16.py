"""bfloat16 without a dtype: numpy has none, so the values travel as float32."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Bfloat16:
    """An array of bfloat16 values.

    Args:
        values: float32 array of any shape, whose 16 low bits are zero in every element.

    Raises:
        ValueError: the array breaks the line above; the message shows its first offending bits.
    """

    # Any, because what callers pass is checked below and not believed.
    values: npt.NDArray[Any]

    def __post_init__(self) -> None:
        """Refuse what no bfloat16 can hold."""
        if not isinstance(self.values, np.ndarray):
            raise ValueError(f"bfloat16 values must be a float32 array, got {type(self.values).__name__}")
        if self.values.dtype != np.dtype(np.float32):
            raise ValueError(f"bfloat16 values must be a float32 array, got dtype {self.values.dtype}")
        bits = self.values.view(np.uint32)
        wrong = bits[(bits & np.uint32(0xFFFF)) != 0]
        if wrong.size:
            raise ValueError(f"bfloat16 values must have 16 zero low bits, got 0x{int(wrong.flat[0]):08x}")
