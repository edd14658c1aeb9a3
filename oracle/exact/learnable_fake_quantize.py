"""Fake quantization with a real zero point, one float32 number at a time, from the words of its oracle."""

from __future__ import annotations

import math
from collections.abc import Mapping

from oracle.exact.numbers import FORMATS, Arithmetic, round_to_whole

CHOICES: dict[str, tuple[str, ...]] = {
    "zero_point": ("half_even", "half_away", "half_up", "toward_zero"),
    "scaling": ("divide", "reciprocal"),
    "offset": ("after", "after_real", "before"),
    "rounding": ("half_even", "half_away", "half_up"),
    "overflow": ("saturates", "int64"),
    "nan": ("lowest", "highest", "propagates"),
}
F = Arithmetic(FORMATS["float32"], False)


def learnable_fake_quantize(x: float, scale: float, zero_point: float, qmin: int, qmax: int,
                            choices: Mapping[str, str] | None = None) -> float:  # fmt: skip
    """Return (clip(round_half_even(x / scale) + z, qmin, qmax) - z) * scale, z the rounded zero point.

    Args:
        x, scale, zero_point: float32 numbers; scale finite and > 0, zero_point in [qmin, qmax].
        qmin, qmax: first and last code.
        choices: axis -> choice, where it is not the first of CHOICES.

    Source: torch.fake_quantize_per_tensor_affine, "output = (min(quant_max, max(quant_min,
        std::nearby_int(input / scale) + zero_point)) - zero_point) * scale".
    """
    chosen = {axis: names[0] for axis, names in CHOICES.items()} | dict(choices or {})
    z = int(round_to_whole(zero_point, chosen["zero_point"], F))
    t = F.divide(x, scale) if chosen["scaling"] == "divide" else F.multiply(x, F.divide(1.0, scale))
    if chosen["offset"] == "before":
        t = F.add(t, F.whole(z))
    t = round_to_whole(t, chosen["rounding"], F)
    if chosen["offset"] == "after_real":
        t = F.add(t, F.whole(z))
    if math.isnan(t) and chosen["nan"] == "propagates":
        return math.nan
    if math.isnan(t):
        code = qmax if chosen["nan"] == "highest" else qmin
    else:
        code = clipped(t, z if chosen["offset"] == "after" else 0, qmin, qmax, chosen["overflow"])
    return F.multiply(F.whole(code - z), scale)


def clipped(t: float, z: int, qmin: int, qmax: int, overflow: str) -> int:
    """Return the code of a whole real; what int64 does not hold is its lowest number, and its sum wraps."""
    if overflow == "saturates" and math.isinf(t):
        return qmax if t > 0 else qmin
    if overflow == "saturates":
        return min(max(int(t) + z, qmin), qmax)
    held = int(t) if math.isfinite(t) and -(2.0**63) <= t < 2.0**63 else -(2**63)
    return min(max((held + z + 2**63) % 2**64 - 2**63, qmin), qmax)
