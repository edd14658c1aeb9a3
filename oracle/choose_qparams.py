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
# floors that observers put under the scale: the float32 epsilon, the smallest normal float32
SMALLEST = {"epsilon": 2.0**-23, "normal": 2.0**-126}


@dataclass(frozen=True)
class Profile:
    """One way of choosing scale and zero point; the fields are in the order of the arithmetic."""

    average: str = "weighted"
    held: str = "zero"
    precision: str = "float32"
    divisor: str = "codes"
    floor: str = "none"
    zero_point: str = "once"
    rounding: str = "half_even"
    scale_dtype: str = "float32"


MEANING: dict[str, dict[str, str]] = {
    "average": {
        "weighted": "a moving average is (1 - c) * old + c * new, in float32",
        "difference": "a moving average is old + c * (new - old), in float32",
    },
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
        "sides": "symmetric: the low side has one step more than the high side; a range on one side of 0"
        " is not made symmetric",
    },
    "floor": {
        "none": "the scale may be as small as it comes",
        "epsilon": "the scale is at least 2^-23",
        "normal": "the scale is at least 2^-126",
        "amplified": "where 1 / scale overflows the scale is 0.1; else below 6.1e-5 it becomes 6.1e-5, and"
        " the range grows in proportion",
    },
    "zero_point": {
        "once": "round(qmin - low / scale)",
        "quotient": "qmin - round(low / scale)",
        "nearer": "from the bound for which |code| + |bound / scale| is the smaller",
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
    x: Any, qmin: int, qmax: int, scheme: str = "affine", running: Any = None, averaging: float = 0.01,
    profile: Profile = Profile(),
) -> dict[str, Array]:  # fmt: skip
    """Return the scale and the zero point for the range of a tensor.

        first, last = min(x), max(x), or (1 - averaging) * running + averaging * (min(x), max(x))
        low, high  = min(0, first), max(0, last)
        affine:      scale = (high - low) / (qmax - qmin)
                     zero_point = clip(round_half_even(qmin - low / scale), qmin, qmax)
        symmetric:   scale = 2 * max(-low, high) / (qmax - qmin)
                     zero_point = 0 for signed codes, 128 for [0, 255]

    Args:
        x: real values; float32, any shape, not empty, finite, not all zero.
        qmin, qmax: first and last code, inclusive; qmin < qmax.
        scheme: affine or symmetric.
        running: the range that was observed before; float32, shape (2,), finite; None: nothing was.
        averaging: the weight of x against it, as a float32; in [0, 1].
        profile: the arithmetic; the default is the definition.

    Returns:
        scale: float32, real units per code, shape (); zero_point: int64, shape ().

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: ONNX DynamicQuantizeLinear-11, "y_scale = (maximum(0, max(x)) - minimum(0, min(x))) / (qmax
        - qmin)", "intermediate_zero_point = qmin - min(x)/y_scale", "rounding to nearest ties to
        even"; torch.ao.quantization.MinMaxObserver, "if Symmetric: s = 2 max(|x_min|, x_max) /
        (Q_max - Q_min)".
        torch.ao.quantization.MovingAverageMinMaxObserver, "x_min = min(X) if x_min = None; (1 - c) x_min
        + c min(X) otherwise".
    Silent about: a range of nothing but 0.
    """
    values = check_arguments(x, qmin, qmax, scheme, running)
    f = FLOAT32 if profile.precision == "float32" else FLOAT64
    low, high = (f.carrier(bound) for bound in range_of(values, running, averaging, profile))
    if profile.held == "zero":
        low, high = min(low, f.carrier(0)), max(high, f.carrier(0))
    with np.errstate(all="ignore"):
        if scheme == "symmetric" and profile.divisor == "sides":
            low, high, scheme = sided(low, high, qmin, qmax)
        elif scheme == "symmetric":
            largest = max(abs(low), abs(high))
            low, high = (f.carrier(0), largest) if profile.divisor == "half" else (-largest, largest)
        scale = scale_of(high - low, qmin, qmax, profile, is_half=scheme == "symmetric")
        low, high, scale = floored(low, high, scale, profile)
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


def floored(low: Any, high: Any, scale: Any, profile: Profile) -> tuple[Any, Any, Any]:
    """Return range and scale, the scale not below the profile's floor."""
    real = type(scale)
    if profile.floor in SMALLEST:
        return low, high, max(scale, real(SMALLEST[profile.floor]))
    if profile.floor == "none" or not 0 < scale < SMALL_SCALE:
        return low, high, scale
    if np.isinf(np.float32(1) / np.float32(scale)):
        return low, high, real(0.1)
    growth = real(SMALL_SCALE) / scale
    return low * growth, high * growth, real(SMALL_SCALE)


def range_of(values: Array, running: Any, averaging: float, profile: Profile) -> tuple[Any, Any]:
    """Return the range of x, averaged with the one before."""
    new = np.array([values.min(), values.max()])
    if running is None:
        return new[0], new[1]
    old, c = np.asarray(running), np.float32(averaging)
    with np.errstate(all="ignore"):
        if profile.average == "weighted":
            low, high = (np.float32(1) - c) * old + c * new
        else:
            low, high = old + c * (new - old)
    return low, high


def sided(low: Any, high: Any, qmin: int, qmax: int) -> tuple[Any, Any, str]:
    """Return a symmetric range with one step more below 0 than above, and the scheme it has then."""
    if not low < 0 < high:
        return low, high, "affine"
    above = (qmax - qmin) // 2
    step = max(np.float32(low) / np.float32(-above - 1), np.float32(high) / np.float32(above))
    wide = np.float64(step)
    return type(low)(np.float32(wide * (-above - 1))), type(low)(np.float32(wide * above)), "symmetric"


def check_arguments(x: Any, qmin: int, qmax: int, scheme: str, running: Any = None) -> Array:
    """Return x, or raise ValueError for what lies outside the operation's domain."""
    values = np.asarray(x)
    if values.dtype != np.float32:
        raise ValueError(f"x must be float32, got {values.dtype.name}")
    if not values.size or not np.isfinite(values).all() or not values.any():
        raise ValueError("x must be finite, not empty and not all zero, got a tensor that is")
    if running is not None and (np.asarray(running).dtype != np.float32 or np.shape(running) != (2,)):
        raise ValueError(f"running must be float32 of shape (2,), got {np.asarray(running).dtype.name}")
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
        low_error, high_error = abs(real(codes[0])) + abs(first), abs(real(codes[1])) + abs(last)
        exact = whole(from_low if low_error < high_error else from_high)
    else:
        exact = whole(real(codes[0]) - first)
    return int(saturate(np.asarray(exact), *codes))


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    values = np.asarray(arguments["x"])
    if not values.size or not np.isfinite(values).all():
        return "no definition says what the range of an empty tensor, of NaN or of infinity is"
    first, last = range_of(values, arguments.get("running"), arguments.get("averaging", 0.01), Profile())
    low, high = min(first, np.float32(0)), max(last, np.float32(0))
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
            "x_min = min(X) if x_min = None; (1 - c) x_min + c min(X) otherwise",
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
