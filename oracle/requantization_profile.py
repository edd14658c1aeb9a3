"""The choices of engines that bring an int32 accumulator to the codes of a layer's output."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.rounding import ROUND

ROUNDINGS = ("half_even", "half_away", "half_up", "half_toward_zero", "toward_zero", "floor")


@dataclass(frozen=True)
class Profile:
    """One way of requantizing; the fields are in the order of the arithmetic."""

    scales: str = "kept"
    multiplier: str = "real"
    fixed_point: str = "none"
    scaling: str = "exact"
    offset: str = "after"
    rounding: str = "half_even"
    overflow: str = "saturates"
    tail: str = "alike"


MEANING: dict[str, dict[str, str]] = {
    "scales": {
        "kept": "the scales are used as they are",
        "inverted": "float32(1 / float32(1 / s)) stands for input_scale and for weight_scale",
        "weight_zero": "0 stands for weight_scale: the multiplier is 0, where the rest of it is finite",
    },
    "multiplier": {
        "real": "m = input_scale * weight_scale / output_scale, a real number",
        "float64": "m is rounded to float64",
        "float32_product": "input_scale * weight_scale is rounded to float32, its quotient to float64",
        "float32": "input_scale * weight_scale is rounded to float32, and so is its quotient",
        "float32_reciprocal": "as float32, the product times 1 / output_scale, each rounded to float32",
        "float32_of_reciprocals": "(1 / output_scale) / ((1 / input_scale) * (1 / weight_scale)), each"
        " rounded to float32",
    },
    "fixed_point": {
        "none": "m is used as it is",
        "31_bits": "m = q * 2^(shift - 31), q an integer of 31 bits, rounded half away from zero; m < 2^-32"
        " becomes 0",
    },
    "scaling": {
        "exact": "t = accumulator * m, a real number",
        "float64": "t = accumulator * m, rounded to float64",
        "float32": "t = float32(accumulator) * float32(m), rounded to float32",
        "dequantized": "t = y / output_scale in float32, y = float32(accumulator) * (input_scale *"
        " weight_scale), each rounded to float32",
        "dequantized_reciprocal": "as dequantized, with y * (1 / output_scale)",
        "doubling_high": "rounded twice: accumulator * 2^max(shift, 0) * q / 2^31 half up, then"
        " t = that * 2^min(shift, 0)",
    },
    "offset": {
        "after": "the zero point is added to the rounded integer",
        "before": "the zero point is added before rounding; in float32 where t is",
        "none": "the zero point is not added",
    },
    "rounding": {name: (ROUND[name].__doc__ or "").splitlines()[0] for name in ROUNDINGS},
    "overflow": {
        "saturates": "what lies beyond int32 saturates; NaN, which is 0 times infinity, as -infinity",
        "int32": "t becomes int32 the x86 way: outside it, INT32_MIN; then the addition wraps",
        "wraps": "integers wrap in int32, also accumulator * 2^shift; infinity and NaN become INT32_MIN",
    },
    "tail": {
        "alike": "every element is computed in the same way",
        "saturates": "what a loop of 4 elements leaves over saturates",
    },
}  # fmt: skip
IN_REAL_NUMBERS = Profile()
AXES = {axis: tuple(choices) for axis, choices in MEANING.items()}

SINGLE = ("float32", "float32_reciprocal", "float32_of_reciprocals")

# A choice that contradicts the default of another axis comes with a choice on that axis.
COMPANIONS = {
    ("fixed_point", "31_bits"): {"multiplier": "float64"},
    ("scaling", "float64"): {"multiplier": "float64"},
    ("scaling", "float32"): {"multiplier": "float32"},
    ("scaling", "dequantized"): {"multiplier": "float32"},
    ("scaling", "dequantized_reciprocal"): {"multiplier": "float32"},
    ("scaling", "doubling_high"): {"multiplier": "float64", "fixed_point": "31_bits"},
    ("tail", "saturates"): {"overflow": "wraps"},
}
MENDS = (
    {"multiplier": "float32"}, {"multiplier": "float64"},
    {"multiplier": "float64", "fixed_point": "31_bits"},
    {"multiplier": "float32_product", "fixed_point": "31_bits"},
    {"multiplier": "float32", "scaling": "float32"},
    {"multiplier": "float32_reciprocal", "scaling": "float32"},
    {"multiplier": "float32_of_reciprocals", "scaling": "float32"},
)  # fmt: skip


def contradiction(profile: Profile) -> str | None:
    """Return why no implementation can make these choices together, or None."""
    if profile.multiplier == "real" and (profile.fixed_point, profile.scaling) != ("none", "exact"):
        return "a real multiplier has no rounding: fixed_point must be none, scaling exact"
    if profile.tail == "saturates" and profile.overflow != "wraps":
        return "a tail that saturates is left over by a loop that does not: overflow must be wraps"
    if profile.scaling.startswith("dequantized") and profile.multiplier != "float32":
        return "what is dequantized in float32 has one product of scales: multiplier must be float32"
    if (profile.multiplier, profile.scaling) == ("float32_product", "float32"):  # 53 >= 2 * 24 + 2 digits
        return "rounded to float64 and then to float32 is once to float32: multiplier must be float32"
    if profile.multiplier in SINGLE and profile.scaling == "float64":  # below 2^29 the product is exact
        return "a product is rounded to float64 for the sake of its multiplier: it must not be float32"
    if (profile.fixed_point, profile.scaling) == ("31_bits", "exact") and profile.multiplier in SINGLE:
        return "24 bits fit into 31: with a float32 multiplier and scaling exact, fixed_point must be none"
    if profile.fixed_point != "none" and profile.scaling not in ("exact", "doubling_high"):
        return f"a fixed-point multiplier multiplies integers: scaling must not be {profile.scaling}"
    if profile.scaling == "doubling_high":
        if profile.fixed_point == "none":
            return "a doubling high product is one of integers: fixed_point must be 31_bits"
        if profile.offset == "before" or profile.overflow == "int32":
            return "a doubling high product is an integer: offset must be after, overflow not int32"
    return None
