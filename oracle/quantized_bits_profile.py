"""The choices an implementation makes on the axes of QKeras's `quantized_bits`, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.rounding import ROUND


@dataclass(frozen=True)
class Profile:
    """One way of computing quantized_bits, bit for bit."""

    no_bits: str = "refused"
    negative_integer: str = "refused"
    default_alpha: str = "one"
    scale_axis: str = "given"
    channels: str = "tensor"
    levels: str = "codes"
    maximum: str = "divided"
    search: str = "best"
    alpha: str = "divides"
    subnormals: str = "kept"
    rounding: str = "half_even"
    auto_rounding: str = "same"
    infinity: str = "saturates"
    zero: str = "positive"
    first_code: str = "positive"
    noise: str = "given"
    presentation: str = "weighted"
    factors: str = "multiplied"
    applied: str = "once"


MEANING: dict[str, dict[str, str]] = {
    "no_bits": {
        "refused": "bits = 0 is refused",
        "sign": "bits = 0 without keep_negative gives alpha where x >= 0, else 0",
    },
    "negative_integer": {
        "refused": "a negative integer is refused",
        "computed": "it is computed with: the step is smaller still",
    },
    "default_alpha": {
        "one": "alpha = None is a factor of 1",
        "auto_po2": "alpha = None becomes auto_po2, and the codes symmetric",
    },
    "scale_axis": {
        "given": "there is one alpha for each index of scale_axis",
        "lost": "scale_axis is ignored: there is one alpha for each index of the last axis",
    },
    "channels": {
        "tensor": "a vector without further axes has one alpha",
        "element": "each element of such a vector has its own alpha",
        "mixed": "such a vector has one maximum, but in auto_po2 each element is fitted for itself",
    },
    "levels": {
        "codes": "the largest value meets the largest code; without keep_negative codes start at 0",
        "signed": "without keep_negative too, alpha is chosen for, and codes are, those of signed numbers",
    },
    "maximum": {
        "divided": "auto: the largest value is divided by the last code",
        "reciprocal": "auto: it is multiplied by 1 / last code, rounded to float32",
    },
    "search": {
        "best": "auto_po2: the power of two with the least squared error",
        "iterated": "auto_po2: round(log2) of the step that holds the maximum, then five times that of"
        " sum(x q) / sum(q q), with 1e-7 added to each denominator and logarithm, all of x / 2^integer; the"
        " codes are those of the last step but one",
    },
    "alpha": {
        "divides": "x is divided by the step alpha * 2^(integer - magnitude bits) and multiplied by it again",
        "multiplies": "a given alpha only multiplies the quantized value",
    },
    "subnormals": {
        "kept": "subnormal numbers are numbers",
        "flushed": "subnormal operands and results become zeros, with a determined alpha x / 2^integer among"
        " them",
    },
    "rounding": {name: (mode.__doc__ or "").splitlines()[0] for name, mode in ROUND.items()
                 if name in ("half_even", "half_up", "half_away", "toward_zero", "floor")},
    "auto_rounding": {
        "same": "a determined alpha changes nothing about rounding",
        "half_away": "with a determined alpha ties go away from zero",
        "half_away_added": "with a determined alpha: sign(x) * floor(|t| + 0.5), the sum rounded",
    },
    "infinity": {
        "saturates": "an infinite x, and x / step where it overflows, gives the last code",
        "nan": "they give NaN: t + (round(t) - t) is computed",
        "nan_of_product": "and so does x where x * 2^(magnitude bits) overflows: it is divided by 2^integer"
        " only then",
    },
    "zero": {
        "positive": "code 0 stands for +0.0",
        "kept": "with a determined alpha, code 0 has the sign of x, unless x is a zero",
    },
    "first_code": {
        "positive": "without keep_negative, and with a given alpha, the first code is +0.0",
        "negative": "it is -0.0, and so is every code below it; of code 0 itself only those become it that a"
        " kernel takes eight at a time",
    },
    "noise": {
        "given": "qnoise_factor weighs the quantized value",
        "lost": "qnoise_factor is ignored: it is 1",
    },
    "presentation": {
        "weighted": "(1 - qnoise_factor) * x + qnoise_factor * value; the value alone where it is 1",
        "difference": "with use_ste: x + qnoise_factor * (value - x), which can leave the grid; without,"
        " 0 * x is added where qnoise_factor is 1, which is NaN for infinity",
        "difference_always": "x + qnoise_factor * (value - x), use_ste or not",
    },
    "factors": {
        "multiplied": "of the presentation: each is multiplied with",
        "folded": "of the presentation: a term whose factor is 0 is left out, and so is a factor of 1",
    },
    "applied": {
        "once": "the quantizer is applied once",
        "twice": "the quantizer is applied to what it gave",
    },
}  # fmt: skip
AXES: dict[str, dict[str, tuple[str, ...]]] = {
    "quantized_bits": {axis: tuple(choices) for axis, choices in MEANING.items()}
}
