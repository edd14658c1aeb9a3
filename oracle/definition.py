"""The definitions: each operation's source, its sentences, what it permits, and where it is silent.

A definition permits its default profile. Where its text does not decide (`Silence`), any of the named
choices conforms, but one implementation must stay with one choice. Outside its domain (`Undefined`)
it says nothing, and systems are compared with each other only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from oracle.affine import dequantize, fake_quantize, quantize
from oracle.arithmetic import INT32_MIN
from oracle.formats import FLOAT32, FLOAT64, carried, format_of
from oracle.profile import AXES, Profile

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Silence:
    """An axis that the text leaves open for some arguments, and the choices that then conform."""

    axis: str
    choices: tuple[str, ...]
    when: Callable[[Arguments], bool]
    says: str


@dataclass(frozen=True)
class Definition:
    """What one operation means, according to whom."""

    function: Callable[..., Any]
    source: str
    sentences: tuple[str, ...]
    silences: tuple[Silence, ...]
    profile: Profile = Profile()

    @property
    def operation(self) -> str:
        return self.function.__name__


def has_nan(arguments: Arguments) -> bool:
    return bool(np.isnan(carried(arguments["x"])).any())


def has_float64(arguments: Arguments) -> bool:
    reals = (arguments[name] for name in ("x", "scale") if name in arguments)
    return any(format_of(value) is FLOAT64 for value in reals)


def has_other_than_float32(arguments: Arguments) -> bool:
    return any(format_of(arguments[name]) is not FLOAT32 for name in ("x", "scale"))


def is_undefined(arguments: Arguments) -> str | None:
    """Return what no definition decides about these arguments, or None."""
    scale = float(carried(arguments["scale"]).reshape(-1)[0])
    if not np.isfinite(scale) or scale <= 0:
        return f"no definition says what a scale of {scale} means"
    if "code" in arguments and arguments["qmin"] == INT32_MIN and arguments["zero_point"] != 0:
        return 'ONNX says of int32: "there\'s no zero point (zero point is supposed to be 0)"'
    return None


# What an open precision may be. Scaling in float64 is not among them: where an argument is a
# float64 the dtype of the scale names it, and elsewhere it is no reading of the text.
PRECISIONS = ("scale", "promoted", "float32")
PRECISIONS_BACK = ("output", "scale", "float32", "float64")

_FLOAT64 = "ONNX types x as float, float16, bfloat16 or int32; float64 is in no list"
_OTHER = "torch documents input and scale as float32; nothing is said of other dtypes"

DEFINITIONS: dict[str, Definition] = {
    d.operation: d
    for d in (
        Definition(
            quantize,
            "ONNX QuantizeLinear, operator set 25",
            (
                "The quantization formula is `y = saturate((x / y_scale) + y_zero_point)`.",
                "For `(x / y_scale)`, it rounds to the nearest even.",
                "The type of `y_scale` determines the precision of the division operation between"
                " `x` and `y_scale`, unless the `precision` attribute is specified.",
            ),
            (
                Silence("nan", AXES["quantize"]["nan"], has_nan, "NaN is not mentioned"),
                Silence("stored_scale", AXES["quantize"]["stored_scale"], has_float64, _FLOAT64),
                Silence("precision", PRECISIONS, has_float64, _FLOAT64),
            ),
        ),
        Definition(
            dequantize,
            "ONNX DequantizeLinear, operator set 25",
            (
                "The dequantization formula is `y = (x - x_zero_point) * x_scale`.",
                "The output type also determines the precision of the multiplication operation.",
            ),
            (
                Silence("stored_scale", AXES["dequantize"]["stored_scale"], has_float64, _FLOAT64),
                Silence("dequantize_precision", PRECISIONS_BACK, has_float64, _FLOAT64),
            ),
        ),
        Definition(
            fake_quantize,
            "torch.fake_quantize_per_tensor_affine, documentation of 2.13",
            (
                "output = (min(quant_max, max(quant_min, std::nearby_int(input / scale) +"
                " zero_point)) - zero_point) * scale",
                "input (Tensor): the input value(s), torch.float32 tensor",
            ),
            (
                Silence("nan", AXES["fake_quantize"]["nan"], has_nan, "NaN is not mentioned"),
                Silence("stored_scale", AXES["fake_quantize"]["stored_scale"], has_float64, _OTHER),
                Silence("precision", PRECISIONS, has_other_than_float32, _OTHER),
                Silence("dequantize_precision", PRECISIONS_BACK, has_other_than_float32, _OTHER),
            ),
        ),
    )
}  # fmt: skip


def open_axes(operation: str, arguments: Arguments) -> dict[str, tuple[str, ...]]:
    """Return the axes that the definition leaves open for these arguments, and their choices."""
    return {s.axis: s.choices for s in DEFINITIONS[operation].silences if s.when(arguments)}


def permitted(operation: str, axes: Mapping[str, tuple[str, ...]]) -> Iterator[Profile]:
    """Yield the definition's profile under every choice on the open axes, the default first."""
    base = DEFINITIONS[operation].profile
    for choices in product(*axes.values()):
        yield replace(base, **dict(zip(axes, choices, strict=True)))


def restrict(profile: Profile, operation: str, arguments: Arguments) -> Profile:
    """Return the profile with the definition's choice on every axis not open for these arguments."""
    base, axes = DEFINITIONS[operation].profile, open_axes(operation, arguments)
    return replace(base, **{axis: getattr(profile, axis) for axis in axes})


def compute(operation: str, arguments: Arguments, profile: Profile) -> dict[str, Any]:
    """Return the operation's outputs by name.

    Raises:
        ValueError: the definition refuses the arguments; "rule, got value".
    """
    result = DEFINITIONS[operation].function(**arguments, profile=profile)
    return result if isinstance(result, dict) else {"value": result}
