"""Fake quantization with a scale and a real zero point that are learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle import affine
from oracle.affine_gradient_definition import has_fraction, has_nan, undefined
from oracle.affine_gradient_profile import MEANING as MEANING_OF_GRADIENTS
from oracle.affine_gradient_profile import OF_ZERO_POINT, ROUNDINGS
from oracle.affine_profile import MEANING as MEANING_OF_AFFINE
from oracle.affine_profile import Profile as Affine
from oracle.channels import per_channel
from oracle.formats import FLOAT32, Array
from oracle.rounding import ROUND
from oracle.specification import Arguments, Definition, Silence


@dataclass(frozen=True)
class Profile:
    """One way of computing it; the fields are in the order of the arithmetic."""

    zero_point: str = "half_even"
    scaling: str = "divide"
    offset: str = "after"
    rounding: str = "half_even"
    overflow: str = "saturates"
    nan: str = "lowest"


AXES = {
    "learnable_fake_quantize": {
        "zero_point": OF_ZERO_POINT,
        "scaling": ("divide", "reciprocal"),
        "offset": ("after", "after_real", "before"),
        "rounding": ROUNDINGS,
        "overflow": ("saturates", "int64"),
        "nan": ("lowest", "highest", "propagates"),
    }
}
MEANING = {**MEANING_OF_AFFINE, "zero_point": MEANING_OF_GRADIENTS["zero_point"]}


def learnable_fake_quantize(x: Any, scale: Any, zero_point: Any, qmin: int, qmax: int,
                            axis: int | None = None, profile: Profile = Profile()) -> Array:  # fmt: skip
    """Return the real value of the code of each real value; the zero point is a real, too.

        z = round_half_even(zero_point)
        y = (clip(round_half_even(x / scale) + z, qmin, qmax) - z) * scale

    Args:
        x: real values; float32, shape S.
        scale: step size, real units per code; float32, finite, > 0, shape (), or (S[axis],).
        zero_point: the real that is rounded to the code of 0; float32 in [qmin, qmax], shape of scale.
        qmin, qmax: first and last code, inclusive; qmin <= qmax.
        axis: of the channels, in [-rank, rank); None: one scale for the tensor.
        profile: the arithmetic; the default is the definition.

    Returns:
        float32, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: torch.fake_quantize_per_tensor_affine, "output = (min(quant_max, max(quant_min,
        std::nearby_int(input / scale) + zero_point)) - zero_point) * scale"; torch 2.13,
        _LearnableFakeQuantize, "supports learning of the scale and zero point parameters".
    Silent about: how a zero point that is no integer is rounded; NaN.
    """
    chosen = Affine(scaling=profile.scaling, offset=profile.offset, rounding=profile.rounding,
                    overflow=profile.overflow, nan=profile.nan)  # fmt: skip
    zeros = np.asarray(zero_point)
    if np.asarray(x).dtype != np.float32 or np.asarray(scale).dtype != np.float32:
        raise ValueError(f"x and scale must be float32, got {np.asarray(x).dtype}, {np.asarray(scale).dtype}")
    if zeros.dtype != np.float32 or not np.isfinite(zeros).all():
        raise ValueError(f"zero_point must be finite and float32, got {zeros}")
    if axis is None and zeros.shape:
        raise ValueError(f"zero_point must be one number, got shape {zeros.shape}")
    if not ((qmin <= zeros) & (zeros <= qmax)).all():
        raise ValueError(f"zero_point must lie in [{qmin}, {qmax}], got {zeros}")
    codes = ROUND[profile.zero_point](zeros, FLOAT32).astype(np.int64)

    def of_part(part: Any, step: Any, zero: int) -> Any:
        return affine.fake_quantize(part, step, zero, qmin, qmax, profile=chosen)

    if axis is None:
        return np.asarray(of_part(x, scale, int(codes)))
    return np.asarray(per_channel(of_part, x, scale, codes, axis))


def is_elementwise(arguments: Arguments, _: Profile) -> bool:
    return arguments.get("axis") is None


OPERATIONS = (
    Definition(
        function=learnable_fake_quantize,
        family="affine",
        source="torch.fake_quantize_per_tensor_affine, documentation of 2.13; _LearnableFakeQuantize",
        sentences=(
            "output = (min(quant_max, max(quant_min, std::nearby_int(input / scale) +"
            " zero_point)) - zero_point) * scale",
            "supports learning of the scale and zero point parameters through backpropagation",
        ),
        silences=(
            Silence("zero_point", OF_ZERO_POINT, has_fraction,
                    "how a zero point that is no integer is rounded is not said"),
            Silence("nan", AXES["learnable_fake_quantize"]["nan"], has_nan, "NaN is not mentioned"),
        ),
        profile=Profile(),
        axes=AXES["learnable_fake_quantize"],
        meaning=MEANING,
        is_elementwise=is_elementwise,
        undefined=undefined,
    ),
)  # fmt: skip
