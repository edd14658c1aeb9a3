"""The definitions of the affine operations: sources, sentences, and where they are silent."""

from __future__ import annotations

from functools import partial

import numpy as np

from oracle.affine import dequantize, fake_quantize, quantize
from oracle.affine_equivalences import AFFINE_EQUIVALENCES
from oracle.affine_profile import AXES, COMPANIONS, MEANING, Profile, contradiction
from oracle.arithmetic import INT32_MIN
from oracle.formats import FLOAT32, FLOAT64, FORMATS, carried, format_of
from oracle.specification import Arguments, Definition, Silence


def has_nan(arguments: Arguments) -> bool:
    return bool(np.isnan(carried(arguments["x"])).any())


def has_float64(arguments: Arguments) -> bool:
    reals = (arguments[name] for name in ("x", "scale") if name in arguments)
    return any(format_of(value) is FLOAT64 for value in reals)


def has_other_than_float32(arguments: Arguments) -> bool:
    return any(format_of(arguments[name]) is not FLOAT32 for name in ("x", "scale"))


def has_wide_difference(arguments: Arguments) -> bool:
    """Whether some code - zero_point is no number of the output, so that it must be rounded into it."""
    output = FORMATS[arguments["dtype"]] if arguments.get("dtype") else format_of(arguments["scale"])
    codes = np.asarray(arguments["code"]).astype(np.int64).reshape(-1, 1)
    steps = codes - np.asarray(arguments["zero_point"], np.int64).reshape(1, -1)
    return output.precision <= 11 and bool((np.abs(steps) > 1 << output.precision).any())


def undefined(arguments: Arguments) -> str | None:
    """Return what no definition decides about these arguments, or None."""
    for scale in carried(arguments["scale"]).reshape(-1).tolist():
        if not np.isfinite(scale) or scale <= 0:
            return f"no definition says what a scale of {scale} means"
    if "code" in arguments and arguments["qmin"] == INT32_MIN and np.any(arguments["zero_point"]):
        return 'ONNX says of int32: "there\'s no zero point (zero point is supposed to be 0)"'
    return None


# What an open precision may be. Scaling in float64 is not among them: where an argument is a
# float64 the dtype of the scale names it, and elsewhere it is no reading of the text.
PRECISIONS = ("scale", "promoted", "float32")
PRECISIONS_BACK = ("output", "scale", "float32", "float64")

_FLOAT64 = "ONNX types x as float, float16, bfloat16 or int32; float64 is in no list"
_WIDE = (
    "the text names the precision of the multiplication; how a difference that the output dtype cannot"
    " hold becomes an operand is not said"
)
_OTHER = "torch documents input and scale as float32; nothing is said of other dtypes"


def is_elementwise(arguments: Arguments, profile: Profile) -> bool:
    is_alike = profile.overflow != "int32_tail" and profile.tail == "alike"
    return is_alike and arguments.get("axis") is None


def is_staircase(arguments: Arguments) -> bool:
    """Whether reals become at most 2^16 codes, all in float32, with one scale."""
    if (
        "x" not in arguments
        or arguments.get("axis") is not None
        or arguments["qmax"] - arguments["qmin"] > 1 << 16
    ):
        return False
    return all(format_of(arguments[name]) is FLOAT32 for name in ("x", "scale"))


# What makes a choice possible that contradicts another axis.
MENDS = (
    {"scaling": "reciprocal"}, {"scaling": "reciprocal64"}, {"overflow": "int32"}, {"overflow": "int64"},
    {"overflow": "int32_below"}, {"offset": "after"}, {"nan": "lowest"},
)  # fmt: skip


define = partial(
    Definition, profile=Profile(), meaning=MEANING, undefined=undefined,
    contradiction=contradiction, companions=COMPANIONS, is_elementwise=is_elementwise,
    is_staircase=is_staircase, mends=MENDS, family="affine",
)  # fmt: skip

OPERATIONS = (
    define(
        function=quantize, axes=AXES["quantize"], equivalences=AFFINE_EQUIVALENCES["quantize"],
        source="ONNX QuantizeLinear, operator set 25",
        sentences=(
            "The quantization formula is `y = saturate((x / y_scale) + y_zero_point)`.",
            "For `(x / y_scale)`, it rounds to the nearest even.",
            "The type of `y_scale` determines the precision of the division operation between"
            " `x` and `y_scale`, unless the `precision` attribute is specified.",
            "Blocked quantization: The scale's shape is identical to the input's shape, except for one"
            " dimension, in which blocking is performed. Given `x` shape `(D0, ..., Di, ..., Dn)`, `axis=i`,"
            " and block size `B`: `y_scale` shape is `(D0, ..., ceil(Di/B), ..., Dn)`.",
        ),
        silences=(
            Silence("nan", AXES["quantize"]["nan"], has_nan, "NaN is not mentioned"),
            Silence("stored_scale", AXES["quantize"]["stored_scale"], has_float64, _FLOAT64),
            Silence("precision", PRECISIONS, has_float64, _FLOAT64),
        ),
    ),
    define(
        function=dequantize, axes=AXES["dequantize"], equivalences=AFFINE_EQUIVALENCES["dequantize"],
        source="ONNX DequantizeLinear, operator set 25",
        sentences=(
            "The dequantization formula is `y = (x - x_zero_point) * x_scale`.",
            "The output type also determines the precision of the multiplication operation.",
            "See QuantizeLinear for details on quantization granularity.",
        ),
        silences=(
            Silence("stored_scale", AXES["dequantize"]["stored_scale"], has_float64, _FLOAT64),
            Silence("dequantize_precision", PRECISIONS_BACK, has_float64, _FLOAT64),
            Silence("dequantize_precision", PRECISIONS_BACK, has_wide_difference, _WIDE),
        ),
    ),
    define(
        function=fake_quantize, axes=AXES["fake_quantize"], equivalences=AFFINE_EQUIVALENCES["fake_quantize"],
        source="torch.fake_quantize_per_tensor_affine, documentation of 2.13",
        sentences=(
            "output = (min(quant_max, max(quant_min, std::nearby_int(input / scale) +"
            " zero_point)) - zero_point) * scale",
            "input (Tensor): the input value(s), torch.float32 tensor",
        ),
        silences=(
            Silence("nan", AXES["fake_quantize"]["nan"], has_nan, "NaN is not mentioned"),
            Silence("stored_scale", AXES["fake_quantize"]["stored_scale"], has_float64, _OTHER),
            Silence("precision", PRECISIONS, has_other_than_float32, _OTHER),
            Silence("dequantize_precision", PRECISIONS_BACK, has_other_than_float32, _OTHER),
        ),
    ),
)  # fmt: skip
