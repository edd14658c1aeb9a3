"""The choices of engines that bring integer codes from one scale and zero point to another."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.requantization_profile import MEANING as OF_ACCUMULATORS
from oracle.rounding import ROUND

ROUNDINGS = ("half_even", "half_away", "half_up", "half_toward_zero", "toward_zero", "floor")


@dataclass(frozen=True)
class Profile:
    """One way of rescaling; the fields are in the order of the arithmetic."""

    multiplier: str = "real"
    fixed_point: str = "none"
    scaling: str = "exact"
    rounding: str = "half_even"
    overflow: str = "saturates"
    tail: str = "alike"


MEANING: dict[str, dict[str, str]] = {
    "multiplier": {
        "real": "m = input_scale / output_scale, a real number",
        "float64": "m is rounded to float64",
        "float32": "m is rounded to float32",
    },
    "fixed_point": {
        **OF_ACCUMULATORS["fixed_point"],
        "8_bits": "m = q / 256, q an integer, rounded half to even",
    },
    "scaling": {
        "exact": "t = (code - input_zero_point) * m, a real number",
        "dequantized": "t = y / output_scale in float32, y = (code - input_zero_point) * input_scale, rounded"
        " to float32",
        "dequantized_reciprocal": "as dequantized, with y * (1 / output_scale), each rounded to float32",
        "doubling_high": "rounded twice: (code - input_zero_point) * 2^max(shift, 0) * q / 2^31 half up, then"
        " t = that * 2^min(shift, 0)",
    },
    "rounding": {name: (ROUND[name].__doc__ or "").splitlines()[0] for name in ROUNDINGS},
    "overflow": {
        "saturates": "what lies beyond int32 saturates",
        "int32": "t becomes int32 the x86 way: outside it, INT32_MIN; then the addition wraps",
        "int16": "what lies beyond int32 saturates, but -q of an 8-bit multiplier is an int16, and wraps",
        "wraps": "integers wrap in int32, also the difference times 2^shift",
    },
    "tail": {
        "alike": "every element is computed in the same way",
        "half_away": "what a loop of 16 elements leaves over is rounded half away from zero",
    },
}
IN_REAL_NUMBERS = Profile()
AXES = {axis: tuple(choices) for axis, choices in MEANING.items()}

# A choice that contradicts the default of another axis comes with a choice on that axis.
COMPANIONS = {
    ("fixed_point", "31_bits"): {"multiplier": "float64"},
    ("fixed_point", "8_bits"): {"multiplier": "float32"},
    ("scaling", "dequantized"): {"multiplier": "float32"},
    ("scaling", "dequantized_reciprocal"): {"multiplier": "float32"},
    ("scaling", "doubling_high"): {"multiplier": "float64", "fixed_point": "31_bits"},
    ("overflow", "int16"): {"multiplier": "float32", "fixed_point": "8_bits"},
}
MENDS = (
    {"multiplier": "float32"}, {"multiplier": "float64"},
    {"multiplier": "float64", "fixed_point": "31_bits"},
    {"multiplier": "float32", "fixed_point": "8_bits"},
)  # fmt: skip


def contradiction(profile: Profile) -> str | None:
    """Return why no implementation can make these choices together, or None."""
    if profile.multiplier == "real" and (profile.fixed_point, profile.scaling) != ("none", "exact"):
        return "a real multiplier has no rounding: fixed_point must be none, scaling exact"
    is_dequantized = profile.scaling.startswith("dequantized")
    if is_dequantized and (profile.multiplier, profile.fixed_point) != ("float32", "none"):
        return "what is dequantized in float32 has no other multiplier: it must be float32, fixed_point none"
    if profile.overflow == "int16" and profile.fixed_point != "8_bits":
        return "an int16 holds a multiplier of 8 bits after the point: fixed_point must be 8_bits"
    if profile.overflow == "int32" and profile.fixed_point != "none":
        return "a fixed-point product is an integer: overflow must not be int32"
    if (profile.multiplier, profile.fixed_point) == ("float32", "31_bits"):
        return "24 bits fit into 31: with multiplier float32, fixed_point must not be 31_bits"
    if (profile.scaling == "doubling_high") != (
        profile.fixed_point == "31_bits" and profile.scaling != "exact"
    ):
        return "a doubling high product is one of integers: fixed_point must be 31_bits"
    return None
