"""The choices an implementation makes in the gradients of fake quantization, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.rounding import ROUND


@dataclass(frozen=True)
class Profile:
    """One way of computing the gradients; the fields are in the order of the arithmetic."""

    zero_point: str = "half_even"
    scaling: str = "divide"
    offset: str = "after"
    rounding: str = "half_even"
    overflow: str = "saturates"
    nan: str = "outside"
    mask: str = "value"
    masking: str = "multiplies"
    edge: str = "bound"
    slope: str = "quotient"
    empty: str = "zero"


STRAIGHT = Profile()
LEARNED = Profile(mask="code")

ROUNDINGS = ("half_even", "half_away", "half_up")
OF_ZERO_POINT = ("half_even", "half_away", "half_up", "toward_zero")


def in_words(names: tuple[str, ...]) -> dict[str, str]:
    return {name: (ROUND[name].__doc__ or "").splitlines()[0] for name in names}


MEANING: dict[str, dict[str, str]] = {
    "zero_point": {
        **in_words(OF_ZERO_POINT),
        "plus_half": "the zero point plus 1/2 is clipped to the range, then truncated toward zero",
    },
    "scaling": {
        "divide": "t = x / scale",
        "reciprocal": "t = x * (1 / scale), the reciprocal rounded to float32",
    },
    "offset": {
        "after": "the zero point is added after rounding",
        "before": "the zero point is added before rounding, the sum rounded to float32",
        "fused": "the zero point is added by a fused multiply-add before rounding",
    },
    "rounding": in_words(ROUNDINGS),
    "overflow": {
        "saturates": "codes beyond the integer type saturate",
        "int64": "codes are converted to int64 the x86 way: outside it, INT64_MIN, which is below the range",
    },
    "nan": {
        "outside": "NaN counts as a value outside the range; for a sum, below it",
        "inside": "NaN counts as a value inside the range",
    },
    "mask": {
        "value": "the gradient passes where x lies in the range, its ends included",
        "value_strict": "the gradient passes where x lies in the range, its ends excluded",
        "code": "the gradient passes where the code, before it is clipped, lies in [qmin, qmax]",
        "code_strict": "the gradient passes where the code lies between qmin and qmax, both excluded",
        "everywhere": "the gradient passes everywhere",
    },
    "masking": {
        "multiplies": "dy is multiplied by 0 or 1: -0 for a negative dy, NaN for an infinite one",
        "selects": "a gradient that does not pass is +0",
    },
    "edge": {
        "bound": "the codes qmin and qmax count as clipped, for scale and zero point",
        "beyond": "only codes below qmin or above qmax count as clipped",
    },
    "slope": {
        "quotient": "dy * ((y - x) / scale)",
        "product": "(dy * (y - x)) * (1 / scale)",
        "product_fused": "as product, y - x by a fused multiply-add",
    },
    "empty": {
        "zero": "the gradients of an empty tensor are empty sums, 0",
        "arguments": "for an empty tensor the scale and the zero point are given out as their own gradients",
    },
}

_STRAIGHT = ("scaling", "offset", "rounding", "nan", "mask", "masking")
_CHOICES = {axis: tuple(choices) for axis, choices in MEANING.items()}
AXES: dict[str, dict[str, tuple[str, ...]]] = {
    "fake_quantize_gradient": {axis: _CHOICES[axis] for axis in _STRAIGHT},
    "learnable_fake_quantize_gradient": {
        **_CHOICES,
        "mask": ("code", "code_strict", "value", "value_strict"),
    },
}

# A mask on the value computes no code: what the code is made of needs a mask on the code.
COMPANIONS = {
    **{(axis, choice): {"mask": "code"}
       for axis in ("scaling", "offset", "rounding") for choice in _CHOICES[axis][1:]},
    ("offset", "fused"): {"mask": "code", "scaling": "reciprocal"},
}  # fmt: skip
COMPANIONS_LEARNED = {("offset", "fused"): {"scaling": "reciprocal"}}
MENDS = ({"mask": "code"}, {"mask": "code", "scaling": "reciprocal"}, {"scaling": "reciprocal"},
         {"scaling": "divide", "offset": "after", "rounding": "half_even"})  # fmt: skip


def contradiction_straight(profile: Profile) -> str | None:
    """Return why no implementation can make these choices together, or None."""
    code = (profile.scaling, profile.offset, profile.rounding) != ("divide", "after", "half_even")
    if code and not profile.mask.startswith("code"):
        return f"a mask that is not on the code computes none: mask must be code, not {profile.mask}"
    return contradiction(profile)


def contradiction(profile: Profile) -> str | None:
    """Return why no implementation can make these choices together, or None."""
    if profile.offset == "fused" and profile.scaling == "divide":
        return "a fused offset needs a multiplication: scaling must not be divide"
    return None
