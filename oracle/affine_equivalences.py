"""Choices of affine quantization that are one function while every other axis stays with the definition."""

from __future__ import annotations

from oracle.specification import Equivalence

CODE_TYPE = Equivalence(
    (("code_type", "given"), ("code_type", "uint8")),
    "128 is added to zero_point, qmin and qmax and subtracted from the code, all exactly:"
    " clip(c + z + 128, 0, 255) - 128 = clip(c + z, -128, 127) for every integer c, and NaN"
    " gives the lowest code of either. They part only where the addition of z wraps.",
    unless=(("overflow", "int32"),),
)

SCALE_IN_FLOAT32 = Equivalence(
    (("stored_scale", "float32"), ("precision", "float32")),
    "Both divide float32(x) by float32(scale) in float32, and quantize uses the scale nowhere"
    " else. They part where 1 / scale is computed in the dtype that the scale is stored in.",
    unless=(("scaling", "reciprocal"),),
)

RECIPROCAL = Equivalence(
    (("scaling", "reciprocal"), ("scaling", "reciprocal64")),
    "The factor is rounded to the dtype of the scale. A quotient of two p-bit numbers that is"
    " rounded to q bits first, q >= 2p + 2, is rounded as if once (Figueroa 1995):"
    " 53 >= 2*24 + 2 for float32; float16 and bfloat16 have fewer bits, and a subnormal"
    " quotient fewer still. For float64 both compute the same. They part where the precision"
    " is not the scale's.",
    also=(("offset", "fused"),),
    unless=(("precision", "float64"),),
)

CLIP = Equivalence(
    (("clip", "scaled"), ("clip", "rounded")),
    "Both bounds are integers of the format, since rounding an integer into a format gives an"
    " integer. Rounding half to even is monotone and keeps integers, hence"
    " round(clip(t, a, b)) = clip(round(t), a, b), and NaN stays NaN in both.",
)

SUBTRACTION = Equivalence(
    (("subtraction", "real"), ("subtraction", "output")),
    "The definition multiplies in the dtype of y: 'the precision' and 'the dtype of y' name"
    " the same format. They part where the multiplication has another precision.",
    unless=(("dequantize_precision", "float32"),),
)

AFFINE_EQUIVALENCES = {
    "quantize": (CODE_TYPE, SCALE_IN_FLOAT32, RECIPROCAL, CLIP),
    "dequantize": (SUBTRACTION,),
    "fake_quantize": (CODE_TYPE, RECIPROCAL, CLIP, SUBTRACTION),
}
