"""The choices an implementation makes on the axes of affine quantization, and what they are called.

A profile is a flat record; the order of its fields is the order of the arithmetic. `AXES` lists the
axes of each operation and their choices, the definition's first.
"""

from __future__ import annotations

from dataclasses import dataclass

from oracle.rounding import ROUND


@dataclass(frozen=True)
class Profile:
    """One way of computing quantize, dequantize and fake_quantize, bit for bit."""

    validation: str = "refuses"
    subnormals: str = "kept"
    stored_scale: str = "given"
    code_type: str = "given"
    precision: str = "scale"
    scaling: str = "divide"
    clip: str = "codes"
    offset: str = "after"
    rounding: str = "half_even"
    overflow: str = "saturates"
    nan: str = "lowest"
    range: str = "full"
    subtraction: str = "exact"
    dequantize: str = "subtract"
    dequantize_precision: str = "output"
    zero: str = "positive"
    presentation: str = "value"
    blocks: str = "size"
    tail: str = "alike"


MEANING: dict[str, dict[str, str]] = {
    "validation": {
        "refuses": "qmin > qmax, or a zero_point outside [qmin, qmax], is refused",
        "computes": "they are computed with",
        "range_only": "qmin > qmax is refused; the zero_point is computed with, wherever it lies",
        "clips_zero_point": "qmin > qmax is refused; the zero_point is clipped to [qmin, qmax]",
    },
    "subnormals": {
        "kept": "subnormal numbers are numbers",
        "flushed": "subnormal operands and results of an operation, in its precision, become zeros",
    },
    "stored_scale": {
        "given": "the scale is kept as it was given",
        "float32": "the scale is rounded to float32 first",
    },
    "blocks": {
        "size": "a block has block_size elements, the last one fewer if need be",
        "count": "all blocks are as long as the number of scales lets them be, the last one shorter",
    },
    "tail": {
        "alike": "every element is computed in the same way",
        "one_by_one": "what a loop of 8 elements leaves over is computed in float64: x / scale, rounded half"
        " away from zero, or (code - zero_point) * scale",
    },
    "code_type": {
        "given": "codes are computed in the type that was asked for",
        "uint8": "int8 codes are computed as uint8: zero point and range are shifted by 128",
    },
    "precision": {
        "scale": "scaling is computed in the dtype of the scale",
        "promoted": "scaling is computed in the wider dtype of x and scale",
        "float32": "scaling is computed in float32",
        "float64": "scaling is computed in float64",
        "narrowed": "scaling is computed in the wider dtype of x and scale; what follows, in float32",
    },
    "scaling": {
        "divide": "t = x / scale",
        "reciprocal": "t = x * (1 / scale), the reciprocal rounded to the dtype of the scale",
        "reciprocal64": "t = x * (1 / scale), the reciprocal computed in float64, then rounded",
        "levels": "t = (x - low) / (high - low) * (qmax - qmin), 0 for x <= low and qmax - qmin for x > high;"
        " low and high are (qmin - zero_point) * scale and (qmax - zero_point) * scale; qmin is added after"
        " rounding; what a conversion to fewer exponents does not reach becomes the largest number",
    },
    "clip": {
        "codes": "codes are clipped to [qmin, qmax]",
        "scaled": "t is clipped to [qmin - zero_point, qmax - zero_point] before rounding",
        "rounded": "t is clipped after rounding, in the precision, before it becomes an integer",
        "reals": "x is clipped to [(qmin - zero_point) * scale, (qmax - zero_point) * scale] first",
    },
    "offset": {
        "after": "the zero point is added to the rounded integer",
        "after_real": "the zero point is added after rounding, the sum rounded to the precision",
        "before": "the zero point is added before rounding, the sum rounded to the precision",
        "fused": "the zero point is added by a fused multiply-add before rounding",
    },
    "rounding": {name: (mode.__doc__ or "").splitlines()[0] for name, mode in ROUND.items()},
    "overflow": {
        "saturates": "values beyond the integer type saturate",
        "int32": "converted to int32 the x86 way: outside it, INT32_MIN; then the addition wraps",
        "int32_below": "as int32, but values above are first limited to 2^31 - 128",
        "int32_tail": "4- and 2-bit codes that do not fill a byte, at the end of a vector, as int32;"
        " the others saturate",
        "int64": "converted to int64 the x86 way: outside it, INT64_MIN; then the addition wraps",
        "low_bits": "converted to int32 the x86 way; the code is its low bits, as many as the first of int8,"
        " uint8, int16 and int32 has that holds qmin and qmax, and is not clipped again",
    },
    "nan": {
        "lowest": "NaN gives the lowest code",
        "highest": "NaN gives the highest code",
        "code_zero": "NaN gives code 0, clipped",
        "zero_point": "NaN gives the zero point",
        "overflow": "NaN gives what the conversion of an out-of-range value gives",
        "propagates": "NaN gives NaN, also one that the scaling makes, such as 0 * infinity",
    },
    "range": {
        "full": "all codes from qmin to qmax",
        "narrow_low": "the lowest code is never used",
        "narrow_high": "the highest code is never used",
        "type": "qmin and qmax are ignored: all codes of the smallest integer type that holds them",
    },
    "subtraction": {
        "exact": "code - zero_point is an exact integer",
        "int32": "code - zero_point wraps in int32",
        "real": "code and zero_point are converted to the precision and subtracted there",
        "output": "code and zero_point are converted to the dtype of y and subtracted there",
        "float32": "code and zero_point are converted to float32 and subtracted there",
    },
    "dequantize": {
        "subtract": "y = (code - zero_point) * scale",
        "distribute": "y = code * scale - zero_point * scale",
        "fused": "y = fma(code, scale, -(zero_point * scale))",
        "ignore": "y = code * scale",
    },
    "dequantize_precision": {
        "output": "the multiplication is computed in the dtype of y",
        "scale": "the multiplication is computed in the dtype of the scale",
        "float32": "the multiplication is computed in float32",
        "float64": "the multiplication is computed in float64",
        "float32_odd": "as float32, and a bfloat16 is its upper half: rounded where that is odd, cut where"
        " it is even",
    },
    "zero": {
        "positive": "a zero of y is the arithmetic's: +0.0, or -0.0 where a negative value underflows",
        "kept": "a zero of y has the sign of x",
    },
    "presentation": {
        "value": "y is the grid value",
        "difference": "y is x + (grid value - x), which can leave the grid",
        "sum": "y is 0 * x + grid value",
    },
}

_QUANTIZE = ("validation", "subnormals", "stored_scale", "code_type", "precision", "scaling", "clip",
             "offset", "rounding", "overflow", "nan", "range")  # fmt: skip
_DEQUANTIZE = ("validation", "subnormals", "stored_scale", "subtraction", "dequantize",
               "dequantize_precision")  # fmt: skip
_OWN_AXES = {
    "quantize": (*_QUANTIZE, "blocks", "tail"),
    "dequantize": (*_DEQUANTIZE, "blocks", "tail"),
    "fake_quantize": (*_QUANTIZE, *_DEQUANTIZE[3:], "zero", "presentation"),
}


def _choices(operation: str, axis: str) -> tuple[str, ...]:
    choices = tuple(MEANING[axis])
    if axis == "nan" and operation == "quantize":  # no integer says NaN
        choices = tuple(c for c in choices if c != "propagates")
    return choices


AXES: dict[str, dict[str, tuple[str, ...]]] = {
    operation: {axis: _choices(operation, axis) for axis in axes} for operation, axes in _OWN_AXES.items()
}

# A choice that contradicts the default of another axis comes with a choice on that axis.
COMPANIONS = {
    ("offset", "fused"): {"scaling": "reciprocal"},
    ("nan", "overflow"): {"overflow": "int32"},
    ("overflow", "low_bits"): {"clip": "rounded"},
}

_CLIPPED_BEFORE = (("rounded", "full"), ("rounded", "type"))

ONNX_QUANTIZE_LINEAR = Profile()
ONNX_DEQUANTIZE_LINEAR = Profile()
FAKE_QUANTIZE = Profile()


def contradiction(profile: Profile) -> str | None:
    """Return why no implementation can make these choices together, or None."""
    if profile.offset == "fused" and profile.scaling in ("divide", "levels"):
        return f"a fused offset needs a multiplication: scaling must not be {profile.scaling}"
    if profile.offset == "fused" and profile.clip == "scaled":
        return "a fused offset has no scaled real before it: clip must not be scaled"
    if profile.scaling == "levels" and (profile.clip, profile.offset) != ("codes", "after"):
        return "levels are compared with both ends and counted from qmin: clip must be codes, offset after"
    if profile.precision == "narrowed" and (profile.offset == "fused" or profile.scaling == "levels"):
        return "only a scaled real can be rounded to float32: offset must not be fused, scaling not levels"
    if profile.overflow == "low_bits" and (profile.clip, profile.range) not in _CLIPPED_BEFORE:
        return "low bits are not clipped: clip must be rounded, range full or type"
    if profile.nan == "overflow" and profile.overflow in ("saturates", "int32_tail"):
        return f"NaN as overflow needs a conversion: overflow must not be {profile.overflow}"
    return None


def check_profile(operation: str, profile: Profile) -> None:
    """Raise ValueError for a choice that the operation does not have."""
    for axis, choices in AXES[operation].items():
        if getattr(profile, axis) not in choices:
            raise ValueError(f"{axis} must be one of {', '.join(choices)}, got {getattr(profile, axis)}")
    if wrong := contradiction(profile):
        raise ValueError(f"{wrong}, got {profile}")
