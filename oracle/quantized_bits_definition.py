"""What the definition of QKeras's `quantized_bits` permits, leaves open and says; its steps, explained."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.formats import Array
from oracle.quantized_bits import AUTO, DEFINITION, Grid, Settings, quantized_bits, resolve, split, steps
from oracle.quantized_bits_alpha import is_tied
from oracle.quantized_bits_profile import AXES, MEANING, Profile
from oracle.specification import Arguments, Definition, Silence


def explain_code(arguments: Arguments, profile: Profile) -> dict[str, Any]:
    """Return code and scale of each element, each step, and what the settings mean."""
    x, settings = np.asarray(arguments["x"], np.float32), {**arguments}
    del settings["x"]
    with np.errstate(all="ignore"):
        given, grid = resolve(x, Settings(**settings), profile)
        value, lines, code = x, [], x
        for step in steps(x, given, grid, profile):
            value = np.asarray(step.apply(value))
            code = value if step.name in ("clip", "sign") else code
            lines.append(f"{step.name}: {step.text} -> {', '.join(map(str, value.reshape(-1)))}")
    whole = np.where(np.isfinite(code), code, 0).astype(np.int64)
    return {"code": whole, "scale": grid.factor, "steps": lines, "notes": notes(given, grid)}


def notes(given: Settings, grid: Grid) -> list[str]:
    """Return what `integer` and `alpha` mean here, and what alpha = None means where."""
    right = given.magnitude_bits - given.integer
    sign = "one for the sign, which integer does not count, " if given.keep_negative else ""
    last = [float((code * grid.factor).reshape(-1)[0]) for code in (grid.low, grid.high)]
    return [
        f"bits = {given.bits}: {sign}integer = {given.integer} left of the binary point, {right} right of it",
        f"values are code * scale; codes from {grid.low} to {grid.high}, values from {last[0]} to {last[1]}",
        "scale is the step of the codes, alpha * 2^(integer - bits without sign); the attribute `scale` of a"
        " QKeras quantizer is alpha, the factor",
        "alpha = None is 1 where the quantizer is called, in QActivation and for a bias; QDense and the"
        " convolutions turn that of their kernel into auto_po2 (QKeras 0.9.0)",
    ]


def is_elementwise(arguments: Arguments, profile: Profile) -> bool:
    """Whether no element depends on another: a number is given for alpha."""
    if profile.first_code == "negative" and not arguments.get("keep_negative", True):
        return False  # it depends on where it lies
    alpha = arguments.get("alpha")
    if alpha is None:
        return profile.default_alpha == "one"
    return not isinstance(alpha, str) and np.size(alpha) == 1


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    x = np.asarray(arguments["x"])
    settings = {name: value for name, value in arguments.items() if name not in ("x", "dy", "draws")}
    given = Settings(**settings)
    if x.dtype != np.float32 or given.bits < 1 or given.integer < 0:
        return None
    if given.integer > given.magnitude_bits:
        return "QKeras does not say what more integer bits than bits are"
    if np.isnan(x).any():
        return "QKeras does not say what NaN gives"
    if given.is_auto:
        return undefined_auto(x, given)
    alpha = np.asarray(1.0 if given.alpha is None else given.alpha, np.float32)
    if not (np.isfinite(alpha) & (alpha > 0)).all():
        return "QKeras does not say what an alpha of 0, or a negative one, means"
    return None


def undefined_auto(x: Array, given: Settings) -> str | None:
    """Return what is not decided about a determined alpha."""
    if given.alpha not in AUTO:
        return None
    if x.ndim == 0 or not x.size or not np.isfinite(x).all():
        return "QKeras does not say which alpha no number, infinity or NaN has"
    if given.is_binary:
        return "QKeras does not say which alpha quantized_bits has with one bit"
    if given.scale_axis is not None and not 0 <= given.scale_axis < x.ndim:
        return "QKeras does not say what a negative scale_axis means"
    first, last = (-1 if given.keep_negative else 0), 2**given.magnitude_bits - 1
    for columns in {split(x, given.scale_axis, own)[0].shape: split(x, given.scale_axis, own)[0]
                    for own in (False, True)}.values():  # fmt: skip
        if ((np.abs(columns) if first else columns).max(axis=0) <= 0).any():
            return "QKeras does not say which alpha a channel of nothing but 0 has"
        if given.alpha == "auto_po2" and any(is_tied(c, (first * last, last)) for c in columns.T):
            return "QKeras does not say which of two powers of two that are as good is the best"
    return None


def is_vector(arguments: Arguments) -> bool:
    """Whether alpha is determined for a tensor of one axis."""
    return isinstance(arguments.get("alpha"), str) and np.ndim(arguments["x"]) < 2


SILENCES = (
    Silence("channels", ("tensor", "element"), is_vector,
            "QKeras does not say what the channels of a vector are; its successor: each entry is one"),
)  # fmt: skip

OPERATIONS = (
    Definition(
        function=quantized_bits,
        source="QKeras 0.9.0, quantized_bits: docstring and README; of auto and auto_po2: quantized_linear",
        sentences=(
            'The parameters "bits" specify the number of bits for the quantization, and "integer" specifies'
            ' how many bits of "bits" are to the left of the decimal point.',
            "For ac_fixed<word_length, integer_lenth, signed>, when signed = true, it is equavlent to"
            " quantized_bits(word_length, integer_length-1, keep_negative=True)",
            "symmetric: if true, we will have the same number of values for positive and negative numbers.",
            "alpha: a tensor or None, the scaling factor per channel. If None, the scaling factor is 1 for"
            " all channels.",
            "keep_negative: if true, we do not clip negative numbers.",
            "(1 - qnoise_factor)*unquantized_x + qnoise_factor*quantized_x",
            'If "auto", the quantization scale is calculated as the minimum floating point scale per-channel'
            ' that does not clip the max of x. If "auto_po2", the quantization scale is chosen as the power'
            " of two per-channel that minimizes squared error between the quantized x and the original x.",
        ),
        silences=SILENCES,
        profile=DEFINITION,
        axes=AXES["quantized_bits"],
        meaning=MEANING,
        companions={("factors", "folded"): {"presentation": "difference"}},
        is_elementwise=is_elementwise,
        family="qkeras",
        undefined=undefined,
        explain=explain_code,
    ),
)
