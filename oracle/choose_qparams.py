"""Choosing scale and zero point from the range of a tensor: affine and symmetric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.arithmetic import saturate
from oracle.formats import FLOAT32, FLOAT64, FORMATS, Array, round_into
from oracle.rounding import ROUND
from oracle.specification import Arguments, Definition

SCHEMES = ("affine", "symmetric")
SMALL_SCALE = float(np.float32(6.1e-5))  # as a float32, the cut-off of FBGEMM's ChooseQuantizationParams
SMALLEST_STEP = 2.0**-23  # the float32 epsilon, a floor that observers put under the scale


@dataclass(frozen=True)
class Profile:
    """One way of choosing scale and zero point; the fields are in the order of the arithmetic."""

    held: str = "zero"
    precision: str = "float32"
    divisor: str = "codes"
    floor: str = "none"
    zero_point: str = "once"
    rounding: str = "half_even"
    scale_dtype: str = "float32"


MEANING: dict[str, dict[str, str]] = {
    "held": {
        "zero": "the range is widened to hold 0",
        "range": "the range is taken as it is",
    },
    "precision": {
        "float32": "range, scale and zero point are computed in float32",
        "float64": "they are computed in float64",
        "float64_scale": "the scale is computed in float64 and rounded to float32 before its use",
    },
    "divisor": {
        "codes": "the width of the range is divided by qmax - qmin",
        "half": "half the width is divided by (qmax - qmin) / 2, both rounded",
        "one_more": "the width is divided by qmax - qmin + 1",
    },
    "floor": {
        "none": "the scale may be as small as it comes",
        "epsilon": "the scale is at least 2^-23",
        "amplified": "below 6.1e-5 the scale becomes 6.1e-5, and the range grows in proportion",
    },
    "zero_point": {
        "once": "round(qmin - low / scale)",
        "quotient": "qmin - round(low / scale)",
        "nearer": "from the bound for which |code| - |bound / scale| is the smaller",
    },
    "rounding": {name: (mode.__doc__ or "").splitlines()[0] for name, mode in ROUND.items()
                 if name in ("half_even", "half_up", "half_away", "toward_zero", "floor")},
    "scale_dtype": {
        "float32": "the scale is a float32",
        "float64": "the scale is handed out as a float64",
    },
}  # fmt: skip
AXES = {"choose_qparams": {axis: tuple(choices) for axis, choices in MEANING.items()}}


def choose_qparams(
    x: Any, qmin: int, qmax: int, scheme: str = "affine", profile: Profile = Profile()
) -> dict[str, Array]:
    """Return the scale and the zero point for the range of a tensor.

        low, high  = min(0, min(x)), max(0, max(x))
        affine:      scale = (high - low) / (qmax - qmin)
                     zero_point = clip(round_half_even(qmin - low / scale), qmin, qmax)
        symmetric:   scale = 2 * max(-low, high) / (qmax - qmin)
                     zero_point = 0 for signed codes, 128 for [0, 255]

    Args:
        x: real values; float32, any shape, not empty, finite, not all zero.
        qmin, qmax: first and last code, inclusive; qmin < qmax.
        scheme: affine or symmetric.
        profile: the arithmetic; the default is the definition.

    Returns:
        scale: float32, real units per code, shape (); zero_point: int64, shape ().

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: ONNX DynamicQuantizeLinear-11, "y_scale = (maximum(0, max(x)) - minimum(0, min(x))) / (qmax
        - qmin)", "intermediate_zero_point = qmin - min(x)/y_scale", "rounding to nearest ties to
        even"; torch.ao.quantization.MinMaxObserver, "if Symmetric: s = 2 max(|x_min|, x_max) /
        (Q_max - Q_min)".
    Silent about: a range of nothing but 0.
    """
    values = check_arguments(x, qmin, qmax, scheme)
    f = FLOAT32 if profile.precision == "float32" else FLOAT64
    low, high = (f.carrier(bound) for bound in (values.min(), values.max()))
    if profile.held == "zero":
        low, high = min(low, f.carrier(0)), max(high, f.carrier(0))
    with np.errstate(all="ignore"):
        if scheme == "symmetric":
            largest = max(abs(low), abs(high))
            low, high = (f.carrier(0), largest) if profile.divisor == "half" else (-largest, largest)
        scale = scale_of(high - low, qmin, qmax, profile, is_half=scheme == "symmetric")
        if profile.floor == "amplified" and 0 < scale < SMALL_SCALE:
            low, high = (bound * (f.carrier(SMALL_SCALE) / scale) for bound in (low, high))
            scale = f.carrier(SMALL_SCALE)
        if profile.floor == "epsilon":
            scale = max(scale, f.carrier(SMALLEST_STEP))
        if profile.precision == "float64_scale":
            low, high, scale = (np.float32(value) for value in (low, high, scale))
        if scale == 0:
            raise ValueError(f"the range must be wide enough for a scale > 0, got [{low}, {high}]")
        if scheme == "symmetric":
            zero_point = 0 if qmin < 0 else 128
        else:
            zero_point = zero_point_of(low, high, scale, (qmin, qmax), profile)
    return {
        "scale": round_into(np.asarray(scale), FORMATS[profile.scale_dtype]),
        "zero_point": np.asarray(zero_point, np.int64),
    }


def check_arguments(x: Any, qmin: int, qmax: int, scheme: str) -> Array:
    """Return x, or raise ValueError for what lies outside the operation's domain."""
    values = np.asarray(x)
    if values.dtype != np.float32:
        raise ValueError(f"x must be float32, got {values.dtype.name}")
    if not values.size or not np.isfinite(values).all() or not values.any():
        raise ValueError("x must be finite, not empty and not all zero, got a tensor that is")
    if qmin >= qmax:
        raise ValueError(f"qmin must be < qmax, got [{qmin}, {qmax}]")
    if scheme not in SCHEMES:
        raise ValueError(f"scheme must be one of {', '.join(SCHEMES)}, got {scheme}")
    return values


def scale_of(width: Any, qmin: int, qmax: int, profile: Profile, is_half: bool) -> Any:
    """Return the width divided by the number of steps, in the dtype of the width."""
    steps = type(width)(qmax - qmin + (profile.divisor == "one_more"))
    if profile.divisor == "half" and is_half:
        steps = steps / type(width)(2)
    return width / steps


def zero_point_of(low: Any, high: Any, scale: Any, codes: tuple[int, int], profile: Profile) -> int:
    """Return the code of real 0, clipped to the codes."""
    real, f = type(scale), FLOAT64 if scale.dtype == np.float64 else FLOAT32

    def whole(value: Any) -> Any:
        return ROUND[profile.rounding](np.asarray(value), f)

    first, last = low / scale, high / scale
    if profile.zero_point == "quotient":
        exact = real(codes[0]) - whole(first)
    elif profile.zero_point == "nearer":
        from_low, from_high = real(codes[0]) - first, real(codes[1]) - last
        low_error, high_error = abs(real(codes[0])) - abs(first), abs(real(codes[1])) - abs(last)
        exact = whole(from_low if low_error < high_error else from_high)
    else:
        exact = whole(real(codes[0]) - first)
    return int(saturate(np.asarray(exact), *codes))


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    values = np.asarray(arguments["x"])
    if not values.size or not np.isfinite(values).all():
        return "no definition says what the range of an empty tensor, of NaN or of infinity is"
    low, high = min(values.min(), np.float32(0)), max(values.max(), np.float32(0))
    steps = np.float32(arguments["qmax"] - arguments["qmin"])
    with np.errstate(all="ignore"):
        if steps > 0 and not (high - low) / steps > 0:
            return (
                "ONNX does not say what to do with a scale of 0; torch documents 1.0 and 0, and gives others"
            )
    if arguments["scheme"] == "symmetric" and arguments["qmin"] >= 0 and arguments["qmax"] != 255:
        return "no definition says which code is the middle of these"
    return None


def is_elementwise(_: Arguments, __: Profile) -> bool:
    return False


OPERATIONS = (
    Definition(
        function=choose_qparams,
        source="ONNX DynamicQuantizeLinear, operator set 11; symmetric: torch MinMaxObserver",
        sentences=(
            "y_scale = (maximum(0, max(x)) - minimum(0, min(x))) / (qmax - qmin)",
            "intermediate_zero_point = qmin - min(x)/y_scale; y_zero_point ="
            " cast(round(saturate(intermediate_zero_point)))",
            "if Symmetric: s = 2 max(|x_min|, x_max) / (Q_max - Q_min)",
        ),
        silences=(),
        profile=Profile(),
        axes=AXES["choose_qparams"],
        meaning=MEANING,
        family="affine",
        is_elementwise=is_elementwise,
        undefined=undefined,
    ),
)
