"""The choices that QKeras's activation quantizers show, shared by the operations of that family."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.rounding import ROUND


@dataclass(frozen=True)
class Profile:
    """One way of computing a quantizer; the fields are in the order of the arithmetic."""

    settings: str = "given"
    subnormals: str = "kept"
    zero: str = "positive"
    edge: str = "inclusive"
    auto_edge: str = "inclusive"
    mask: str = "real"
    normalization: str = "exact"
    resolution: str = "full"
    closest: str = "logarithm"
    logarithm: str = "exact"
    tiny: str = "closest"
    maximum: str = "result"
    exponents: str = "within"
    rounding: str = "half_even"
    bound: str = "real"
    order: str = "law_first"
    origin: str = "slope"
    factors: str = "product"
    sums: str = "channel"
    epsilon: str = "none"
    surrogate: str = "identity"
    outside: str = "passes"
    probability: str = "sigmoid"
    presentation: str = "value"


DEFINITION = Profile()

MEANING: dict[str, dict[str, str]] = {
    "settings": {
        "given": "with the settings that it was made with",
        "of_config": "with the settings that get_config and from_config keep",
        "of_string": "with the settings that its text gives when it is read again",
    },
    "subnormals": {
        "kept": "subnormal numbers are numbers",
        "flushed": "subnormal inputs and results count as zero",
    },
    "zero": {
        "positive": "zero counts as positive",
        "negative": "zero counts as negative",
        "signed": "zero counts as its sign bit says",
    },
    "edge": {
        "inclusive": "the bound itself is inside",
        "strict": "the bound itself is outside",
    },
    "auto_edge": {
        "inclusive": "half the scale itself is outside the dead band",
        "strict": "half the scale itself is inside the dead band",
    },
    "mask": {
        "real": "the gradient ends where the real value leaves the range",
        "code": "the gradient ends where the rounded value leaves the range",
    },
    "normalization": {
        "exact": "clip(x / 2 + 1 / 2, 0, 1) is not rounded",
        "float32": "x / 2 + 1 / 2 is rounded to float32",
    },
    "resolution": {
        "full": "2 * sigmoid - 1 is rounded to the step",
        "half": "sigmoid is rounded to the step, then doubled: every second code is left out",
    },
    "closest": {
        "logarithm": "the exponent nearest to log2|x|",
        "value": "the power of two nearest to |x|",
    },
    "logarithm": {
        "exact": "log2 is not rounded",
        "float32": "log2 is ln(x) / ln(2), logarithm, constant and quotient rounded to float32",
    },
    "tiny": {
        "closest": "a small magnitude goes to its power of two as any other",
        "epsilon": "a magnitude below 1e-7 goes to the lowest power of two",
    },
    "maximum": {
        "result": "max_value bounds the power of two",
        "argument": "max_value bounds |x| before the exponent is rounded",
    },
    "exponents": {
        "within": "even exponents within the range that bits give",
        "doubled": "half the exponent is clipped to that range, then doubled; of zero, the range's lowest",
    },
    "rounding": {name: (mode.__doc__ or "").splitlines()[0] for name, mode in ROUND.items()
                 if name in ("half_even", "half_up", "half_away", "floor")},
    "bound": {
        "real": "relu_upper_bound bounds the real value",
        "quantized": "relu_upper_bound bounds the quantized value, and may lie between two codes",
    },
    "order": {
        "law_first": "the u-law first, then the rounding: codes",
        "rounding_first": "the rounding first, then the u-law: values between the codes",
    },
    "origin": {
        "slope": "at 0 the slope is u / ln(1 + u), as beside it",
        "stops": "at 0 the gradient stops: sign(0) is 0, and is taken for the derivative of |t|",
    },
    "factors": {
        "product": "dy times the slope is rounded once",
        "scaled_first": "dy is multiplied by 2^integer first, and divided by it last: what overflows stays"
        " infinite, times a slope of 0 it is NaN; subnormal numbers become zeros",
    },
    "sums": {
        "channel": "one scale for each index of the last axis",
        "tensor": "one scale for the tensor",
    },
    "epsilon": {
        "none": "the scale is the quotient",
        "added": "1e-7 is added to the divisor, and to what the logarithm is taken of",
    },
    "surrogate": {
        "identity": "the gradient passes as it is",
        "tanh": "the gradient is multiplied by 1 - tanh(x)^2",
    },
    "outside": {
        "passes": "the gradient passes everywhere",
        "stops": "the gradient stops outside the range",
    },
    "probability": {
        "sigmoid": "the upper value is drawn with probability sigmoid(temperature * x)",
        "unscaled": "the upper value is drawn with probability sigmoid(x)",
        "even": "both values are drawn equally often",
    },
    "presentation": {
        "value": "the quantized value",
        "difference": "x + (quantized - x), each sum rounded",
    },
}  # fmt: skip


def axes(*names: str, **fewer: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return axes with all their choices, or with the few that an operation has."""
    order = tuple(MEANING)
    chosen = {**{name: tuple(MEANING[name]) for name in names}, **fewer}
    return {name: chosen[name] for name in order if name in chosen}
