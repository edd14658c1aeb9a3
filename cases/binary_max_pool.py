"""Cases of `binary_max_pool`: windows, strides, and paddings that must not be seen."""

from __future__ import annotations

import numpy as np

from cases.case import Case
from oracle.formats import Array


def words(*shape: int) -> Array:
    """Return words with more ones than zeros: a window of several keeps some."""
    places = np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(5)
    one, other = ((places * places * np.uint64(k) >> np.uint64(3)) for k in (2654435761, 40503069))
    return (one | other).astype(np.uint32).view(np.int32).reshape(shape)


def asked(name: str, code: Array, height: int, width: int, shows: str, **rest: int | str) -> Case:
    return Case(f"binary_max_pool/{name}", {"code": code, "height": height, "width": width, **rest}, shows)


LEAST = "the least instead of the greatest: or instead of and"
SEEN = "pixels outside taken for +1 make every border +1"

CASES = [
    asked("two-by-two", words(1, 4, 4, 1), 2, 2, LEAST, stride=2),
    asked("overlapping", words(1, 4, 5, 2), 2, 3, LEAST),
    asked("batch", words(2, 3, 3, 2), 2, 2, LEAST),
    asked("tall", words(1, 5, 2, 1), 4, 1, LEAST),
    asked("stride-3", words(1, 7, 8, 1), 2, 2, LEAST, stride=3),
    asked("same", words(1, 3, 3, 1), 3, 3, SEEN, padding="same"),
    asked("same-even-window", words(1, 3, 3, 1), 2, 2, "the extra pixel at the other end", padding="same"),
    asked("same-stride-2", words(1, 5, 4, 2), 3, 2, SEEN, padding="same", stride=2),
    asked("same-beyond-the-image", words(1, 1, 2, 1), 3, 3, SEEN, padding="same"),
    asked("all-minus", np.full((1, 3, 3, 1), -1, np.int32), 2, 2, SEEN, padding="same"),
    asked("padding-bits", np.array([0x1F, 0x0F, 0x17, 0x1E], np.int32).reshape(1, 2, 2, 1), 1, 2, LEAST),
]
