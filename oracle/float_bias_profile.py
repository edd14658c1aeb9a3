"""The choices of engines that keep a layer's bias in float until the accumulator becomes codes."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.requantization_profile import MEANING as OF_ACCUMULATORS
from oracle.requantization_profile import ROUNDINGS
from oracle.rounding import ROUND


@dataclass(frozen=True)
class Profile:
    """One way of requantizing with a float bias; the fields are in the order of the arithmetic."""

    scales: str = "kept"
    bias: str = "real"
    sum: str = "exact"
    multiplier: str = "real"
    scaling: str = "exact"
    offset: str = "after"
    rounding: str = "half_even"
    overflow: str = "saturates"


def of_accumulators(axis: str, choices: tuple[str, ...]) -> dict[str, str]:
    """Return the words that requantize has for some choices of an axis."""
    return {choice: OF_ACCUMULATORS[axis][choice] for choice in choices}


MEANING: dict[str, dict[str, str]] = {
    "scales": of_accumulators("scales", ("kept", "inverted")),
    "bias": {
        "real": "t = (accumulator * input_scale * weight_scale + bias) / output_scale, a real number",
        "int32": "bias / (input_scale * weight_scale), rounded half to even and saturated, is an int32 that"
        " is added to the accumulator",
        "int32_reciprocal": "as int32, of bias * (1 / (input_scale * weight_scale)), each rounded to float32",
        "accumulator_units": "bias / (input_scale * weight_scale), each rounded to float32, is added to"
        " float32(accumulator) for a scale of each channel; for one scale bias * (1 / (input_scale *"
        " weight_scale)) + float32(accumulator) is fused, rounded once",
        "of_reciprocals": "bias * ((1 / input_scale) * (1 / weight_scale)), each rounded to float32, is added"
        " to float32(accumulator)",
        "dequantized": "y = float32(accumulator) * (input_scale * weight_scale) + bias, each rounded to"
        " float32",
    },
    "sum": {
        "exact": "the sum of accumulator and bias is as large as it is",
        "wraps": "the sum of accumulator and bias is an int32 that wraps",
    },
    "multiplier": of_accumulators(
        "multiplier", ("real", "float32", "float32_reciprocal", "float32_of_reciprocals")
    ),
    "scaling": {
        "exact": "t = sum * m, a real number",
        "float32": "t = float32(sum) * float32(m), rounded to float32",
        "dequantized": "t = y / output_scale, rounded to float32",
        "dequantized_reciprocal": "t = y * (1 / output_scale), each rounded to float32",
    },
    "offset": of_accumulators("offset", ("after", "before")),
    "rounding": {name: (ROUND[name].__doc__ or "").splitlines()[0] for name in ROUNDINGS},
    "overflow": {
        "saturates": "what lies beyond int32 saturates",
        "int32": "t becomes int32 the x86 way: outside it, INT32_MIN; the addition does not wrap",
    },
}  # fmt: skip
IN_REAL_NUMBERS = Profile()
AXES = {axis: tuple(choices) for axis, choices in MEANING.items()}

WHOLE = ("int32", "int32_reciprocal")
IN_FLOAT32 = ("accumulator_units", "of_reciprocals")
SINGLE = {"multiplier": "float32", "scaling": "float32"}

# A choice that contradicts the default of another axis comes with a choice on that axis.
COMPANIONS = {
    **{("bias", name): SINGLE for name in IN_FLOAT32},
    ("bias", "dequantized"): {"multiplier": "float32", "scaling": "dequantized"},
    ("sum", "wraps"): {"bias": "int32"},
    **{("multiplier", name): {"bias": "int32"} for name in AXES["multiplier"] if name != "real"},
    ("scaling", "float32"): {"bias": "int32", "multiplier": "float32"},
    **{
        ("scaling", name): {"bias": "dequantized", "multiplier": "float32"}
        for name in ("dequantized", "dequantized_reciprocal")
    },
}
MENDS = (
    SINGLE,
    {"bias": "int32", **SINGLE},
    {"bias": "int32_reciprocal", "multiplier": "float32_reciprocal", "scaling": "float32"},
    {"multiplier": "float32_of_reciprocals", "scaling": "float32"},
    {"bias": "dequantized", "multiplier": "float32"},
    {"multiplier": "float32", "scaling": "dequantized_reciprocal"},
)


def contradiction(profile: Profile) -> str | None:
    """Return why no implementation can make these choices together, or None."""
    if profile.multiplier == "real" and profile.scaling != "exact":
        return "a real multiplier has no rounding: scaling must be exact"
    if profile.bias == "real" and profile.multiplier != "real":
        return "a real sum has no rounding: multiplier must be real"
    if profile.bias in IN_FLOAT32 and profile.scaling != "float32":
        return f"a sum in float32 is scaled in float32: scaling must be float32 with bias {profile.bias}"
    if (profile.bias == "dequantized") != profile.scaling.startswith("dequantized"):
        return "what is dequantized before it is scaled has its bias added to it: both or neither must be"
    if profile.scaling.startswith("dequantized") and profile.multiplier != "float32":
        return "what is dequantized in float32 has one product of scales: multiplier must be float32"
    if profile.sum == "wraps" and profile.bias not in WHOLE:
        return "only integers wrap: the bias must be int32 where the sum wraps"
    return None
