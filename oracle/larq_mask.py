"""Straight-through gradients of Larq's quantizers: the clipped identity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from oracle.affine import presented
from oracle.formats import Array, Format, carried, format_of, round_into
from oracle.larq_sign import choices_of, compared, has_nan
from oracle.specification import AnyProfile, Arguments, Definition, Silence


@dataclass(frozen=True)
class MaskProfile:
    """One way of letting a gradient through; the fields are in the order of the arithmetic."""

    subnormals: str = "kept"
    bound: str = "clip_value"
    edge: str = "inclusive"
    nan: str = "masked"
    outside: str = "zero"


SUBNORMALS = {
    "kept": "subnormal numbers are numbers",
    "flushed": "a subnormal x is compared as a zero of its sign",
}
OUTSIDE = {
    "zero": "where no gradient passes it is 0.0",
    "product": "where no gradient passes it is dy * 0: of the sign of dy, and NaN for infinity and NaN",
}
NAN = {
    "masked": "of a NaN x no gradient passes",
    "passed": "of a NaN x the gradient passes",
}
MEANING = {
    "subnormals": SUBNORMALS,
    "bound": {
        "clip_value": "the bound is clip_value, and None is no bound",
        "one": "the bound is 1",
    },
    "edge": {
        "inclusive": "at the bound the gradient passes",
        "strict": "at the bound no gradient passes",
    },
    "nan": NAN,
    "outside": OUTSIDE,
}


def masked(dy: Array, is_inside: Array, profile: AnyProfile) -> Array:
    """Return dy where the gradient passes, and what the profile gives elsewhere."""
    with np.errstate(invalid="ignore"):
        outside = dy * dy.dtype.type(0) if profile.outside == "product" else np.zeros_like(dy)
    return np.asarray(np.where(is_inside, dy, outside))


def is_within(x: Any, clip_value: float | None, profile: AnyProfile) -> Array:
    """Tell where |x| is at most the clip value; NaN counts as the profile says."""
    values, target = compared(x, profile), format_of(x)
    if getattr(profile, "bound", "") == "one":
        clip_value = 1.0
    if clip_value is None:
        return np.ones(values.shape, bool)
    magnitude, bound = np.abs(values), clip_of(clip_value, target)
    inside = magnitude < bound if profile.edge == "strict" else magnitude <= bound
    return inside | (np.isnan(values) & (getattr(profile, "nan", "masked") == "passed"))


def clip_of(clip_value: float, target: Format) -> Array:
    """Return a clip value, rounded into a format."""
    return round_into(np.asarray(clip_value, np.float64), target)


def clipped_identity(x: Any, clip_value: float | None, dy: Any, profile: MaskProfile) -> dict[str, Any]:
    """Return the gradient of x: dy where |x| <= clip_value, else 0."""
    dx = masked(carried(dy), is_within(x, clip_value, profile), profile)
    return {"x": presented(dx, format_of(dy))}


def ste_sign_gradient(
    x: Any, clip_value: float | None, dy: Any, profile: MaskProfile = MaskProfile()
) -> dict[str, Any]:
    """Return the straight-through gradient of ste_sign.

        dL/dx = dy where |x| <= clip_value, else 0;  dy everywhere if clip_value is None

    Args:
        x: real values; float16, bfloat16 (a Bfloat16), float32 or float64, shape S.
        clip_value: a number, rounded into the dtype of x, or None.
        dy: the gradient of y; dtype and shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: dL/dx, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: larq.quantizers.SteSign, "1 for |x| <= clip_value, 0 for |x| > clip_value", "If `None`
        gradients are not clipped."; Binarized Neural Networks (arXiv 1602.02830), "g_r = g_q 1_{|r|<=1}".
    Silent about: NaN; the sign of a gradient of 0, and infinity times 0.
    """
    return clipped_identity(x, clip_value, dy, profile)


def ste_heaviside_gradient(
    x: Any, clip_value: float | None, dy: Any, profile: MaskProfile = MaskProfile()
) -> dict[str, Any]:
    """Return the straight-through gradient of ste_heaviside.

        dL/dx = dy where |x| <= clip_value, else 0;  dy everywhere if clip_value is None

    Args:
        x: real values; float16, bfloat16 (a Bfloat16), float32 or float64, shape S.
        clip_value: a number, rounded into the dtype of x, or None.
        dy: the gradient of y; dtype and shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: dL/dx, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: larq.quantizers.SteHeaviside, "1 for |x| <= 1, 0 for |x| > 1"; "clip_value: Threshold for
        clipping gradients."
    Silent about: NaN; the sign of a gradient of 0, and infinity times 0.
    """
    return clipped_identity(x, clip_value, dy, profile)


def ste_tern_gradient(
    x: Any,
    threshold_value: float,
    ternary_weight_networks: bool,
    clip_value: float | None,
    dy: Any,
    profile: MaskProfile = MaskProfile(),
) -> dict[str, Any]:
    """Return the straight-through gradient of ste_tern; the threshold plays no part in it.

        dL/dx = dy where |x| <= clip_value, else 0;  dy everywhere if clip_value is None

    Args:
        x: real values; float16, bfloat16 (a Bfloat16), float32 or float64, shape S.
        threshold_value, ternary_weight_networks: of the forward direction only.
        clip_value: a number, rounded into the dtype of x, or None.
        dy: the gradient of y; dtype and shape of x.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: dL/dx, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: larq.quantizers.SteTern, "1 for |x| <= clip_value, 0 for |x| > clip_value".
    Silent about: NaN; the sign of a gradient of 0, and infinity times 0.
    """
    return clipped_identity(x, clip_value, dy, profile)


def has_unlike_zero(arguments: Arguments) -> bool:
    """Whether dy * 0 is not 0.0 for some dy."""
    dy = carried(arguments["dy"])
    return bool((np.signbit(dy) | ~np.isfinite(dy)).any())


def never_elementwise(_: Arguments, __: AnyProfile) -> bool:
    return False


NAN_SILENCE = Silence("nan", tuple(NAN), has_nan, "NaN is neither inside nor outside")
OUTSIDE_SILENCE = Silence(
    "outside", tuple(OUTSIDE), has_unlike_zero,
    "the derivative is 0; what an infinite or negative gradient times 0 is, is not said",
)  # fmt: skip

define = partial(
    Definition, profile=MaskProfile(), axes=choices_of(MEANING), meaning=MEANING, family="larq",
    is_elementwise=never_elementwise, silences=(NAN_SILENCE, OUTSIDE_SILENCE),
    sentences=("dq/dx = 1 for |x| <= clip_value, 0 for |x| > clip_value",),
)  # fmt: skip

OPERATIONS = (
    define(
        function=ste_sign_gradient,
        source="larq.quantizers.SteSign, docstring of 0.14.0; arXiv 1602.02830",
    ),
    define(
        function=ste_heaviside_gradient,
        source="larq.quantizers.SteHeaviside, docstring of 0.14.0",
        sentences=(
            "dq/dx = 1 for |x| <= 1, 0 for |x| > 1",
            "clip_value: Threshold for clipping gradients. If `None` gradients are not clipped.",
        ),
    ),
    define(function=ste_tern_gradient, source="larq.quantizers.SteTern, docstring of 0.14.0"),
)
