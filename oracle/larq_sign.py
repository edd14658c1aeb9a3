"""Binary quantizers of Larq with one value for each side of zero: sign and Heaviside, forward."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from oracle.affine import presented
from oracle.arithmetic import flush
from oracle.formats import FLOAT32, Array, carried, format_of
from oracle.specification import AnyProfile, Arguments, Definition, Silence


@dataclass(frozen=True)
class SignProfile:
    """One way of taking a sign; the fields are in the order of the arithmetic."""

    subnormals: str = "kept"
    zero: str = "one"
    nan: str = "nan"


@dataclass(frozen=True)
class StepProfile:
    """One way of taking a Heaviside step."""

    subnormals: str = "kept"
    zero: str = "zero"
    nan: str = "nan"
    zero_sign: str = "positive"


SUBNORMALS = {
    "kept": "subnormal numbers are numbers",
    "flushed": "a subnormal number counts as a zero of its sign",
}
SIGN_MEANING = {
    "subnormals": SUBNORMALS,
    "zero": {
        "one": "both zeros give 1",
        "zero": "both zeros give 0",
        "minus_one": "both zeros give -1",
        "sign_bit": "0.0 gives 1, -0.0 gives -1",
    },
    "nan": {
        "nan": "NaN gives NaN",
        "one": "NaN gives 1",
        "minus_one": "NaN gives -1",
    },
}
STEP_MEANING = {
    "subnormals": SUBNORMALS,
    "zero": {"zero": "0 gives 0", "one": "0 gives 1"},
    "nan": {"nan": "NaN gives NaN", "zero": "NaN gives 0", "one": "NaN gives 1"},
    "zero_sign": {
        "positive": "a result of 0 is 0.0",
        "kept": "-0.0 gives -0.0",
    },
}
NUMBERS = {"nan": np.nan, "zero": 0.0, "one": 1.0, "minus_one": -1.0}


def compared(x: Any, profile: AnyProfile) -> Array:
    """Return the reals that are compared: x, its subnormal numbers flushed where the profile does."""
    values = carried(x)
    return flush(values, format_of(x)) if profile.subnormals == "flushed" else values


def sign(x: Any, profile: SignProfile) -> Array:
    """Return 1 or -1 for each real, in its carrier; what zeros and NaN give is the profile's."""
    values = compared(x, profile)
    at_zero = np.copysign(1.0, values) if profile.zero == "sign_bit" else NUMBERS[profile.zero]
    signs = np.select([values > 0, values < 0, values == 0], [1.0, -1.0, at_zero], NUMBERS[profile.nan])
    return np.asarray(signs, values.dtype)


def ste_sign(x: Any, clip_value: float | None = 1.0, profile: SignProfile = SignProfile()) -> Any:
    """Return the sign of each real, 1 for zero.

        y = -1 where x < 0, 1 where x >= 0

    Args:
        x: real values; float16, bfloat16 (a Bfloat16), float32 or float64, shape S.
        clip_value: of the gradient only; a number or None.
        profile: the arithmetic; the default is the definition.

    Returns:
        1 or -1, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: larq.quantizers.SteSign, "q(x) = -1 for x < 0, 1 for x >= 0"; larq.math.sign, "A sign
        function that will never be zero".
    Silent about: NaN.
    """
    return presented(sign(x, profile), format_of(x))


def approx_sign(x: Any, profile: SignProfile = SignProfile()) -> Any:
    """Return the sign of each real, 1 for zero; the gradient is what differs from ste_sign.

        y = -1 where x < 0, 1 where x >= 0

    Args:
        x: real values; float16, bfloat16 (a Bfloat16), float32 or float64, shape S.
        profile: the arithmetic; the default is the definition.

    Returns:
        1 or -1, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: larq.quantizers.ApproxSign, "q(x) = -1 for x < 0, 1 for x >= 0".
    Silent about: NaN.
    """
    return presented(sign(x, profile), format_of(x))


def swish_sign(x: Any, beta: float = 5.0, profile: SignProfile = SignProfile()) -> Any:
    """Return the sign of each real, 1 for zero; the gradient is what differs from ste_sign.

        y = -1 where x < 0, 1 where x >= 0

    Args:
        x: real values; float16, bfloat16 (a Bfloat16), float32 or float64, shape S.
        beta: of the gradient only; a number.
        profile: the arithmetic; the default is the definition.

    Returns:
        1 or -1, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: larq.quantizers.SwishSign, "q(x) = -1 for x < 0, 1 for x >= 0".
    Silent about: NaN.
    """
    return presented(sign(x, profile), format_of(x))


def ste_heaviside(x: Any, clip_value: float | None = 1.0, profile: StepProfile = StepProfile()) -> Any:
    """Return 1 for each real above zero, else 0.

        y = 1 where x > 0, 0 where x <= 0

    Args:
        x: real values; float16, bfloat16 (a Bfloat16), float32 or float64, shape S.
        clip_value: of the gradient only; a number or None.
        profile: the arithmetic; the default is the definition.

    Returns:
        0 or 1, dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: larq.quantizers.SteHeaviside, "q(x) = +1 for x > 0, 0 for x <= 0".
    Silent about: NaN; the sign of a result of 0.
    """
    values = compared(x, profile)
    zero = np.copysign(0.0, values) if profile.zero_sign == "kept" else 0.0
    at_zero = 1.0 if profile.zero == "one" else zero
    steps = np.select([values > 0, values < 0, values == 0], [1.0, 0.0, at_zero], NUMBERS[profile.nan])
    return presented(np.asarray(steps, values.dtype), format_of(x))


def has_nan(arguments: Arguments) -> bool:
    return bool(np.isnan(carried(arguments["x"])).any())


def has_minus_zero(arguments: Arguments) -> bool:
    """Whether a zero or a number that may be flushed to one carries a minus."""
    values = carried(arguments["x"])
    tiny = np.abs(values) < format_of(arguments["x"]).smallest_normal
    return bool((tiny & np.signbit(values)).any())


def is_float32(arguments: Arguments) -> bool:
    return format_of(arguments["x"]) is FLOAT32


def choices_of(meaning: dict[str, dict[str, str]]) -> dict[str, tuple[str, ...]]:
    """Return the choices of each axis, the definition's first."""
    return {axis: tuple(choices) for axis, choices in meaning.items()}


_SIGN = "q(x) = -1 for x < 0, 1 for x >= 0"
_NAN = "NaN is neither x < 0 nor x >= 0"

define = partial(
    Definition, sentences=(_SIGN,), profile=SignProfile(), axes=choices_of(SIGN_MEANING),
    meaning=SIGN_MEANING, is_staircase=is_float32, family="larq",
    silences=(Silence("nan", tuple(SIGN_MEANING["nan"]), has_nan, _NAN),),
)  # fmt: skip

OPERATIONS = (
    define(function=ste_sign, source="larq.quantizers.SteSign, docstring of 0.14.0; arXiv 1602.02830"),
    define(function=approx_sign, source="larq.quantizers.ApproxSign, docstring of 0.14.0; arXiv 1808.00278"),
    define(function=swish_sign, source="larq.quantizers.SwishSign, docstring of 0.14.0; arXiv 1812.11800"),
    define(
        function=ste_heaviside, source="larq.quantizers.SteHeaviside, docstring of 0.14.0",
        sentences=("q(x) = +1 for x > 0, 0 for x <= 0",),
        profile=StepProfile(), axes=choices_of(STEP_MEANING), meaning=STEP_MEANING,
        silences=(
            Silence("nan", tuple(STEP_MEANING["nan"]), has_nan, "NaN is neither x > 0 nor x <= 0"),
            Silence("zero_sign", tuple(STEP_MEANING["zero_sign"]), has_minus_zero,
                    "a zero without a sign is written"),
        ),
    ),
)  # fmt: skip
