"""Gradients of fake quantization, one float32 number at a time, from the words of the profile."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from oracle.exact.numbers import FORMATS, Arithmetic, round_to_format, round_to_whole

F = Arithmetic(FORMATS["float32"], False)
Choices = Mapping[str, str]

GRADIENT_CHOICES: dict[str, tuple[str, ...]] = {
    "zero_point": ("half_even", "half_away", "half_up", "toward_zero", "plus_half"),
    "scaling": ("divide", "reciprocal"),
    "offset": ("after", "before", "fused"),
    "rounding": ("half_even", "half_away", "half_up"),
    "overflow": ("saturates", "int64"),
    "nan": ("outside", "inside"),
    "mask": ("value", "value_strict", "code", "code_strict", "everywhere"),
    "masking": ("multiplies", "selects"),
    "edge": ("bound", "beyond"),
    "slope": ("quotient", "product", "product_fused"),
    "empty": ("zero", "arguments"),
}


def zero_point_code(zero_point: float, qmin: int, qmax: int, chosen: Choices) -> int:
    """Return the code that a real zero point stands for."""
    if chosen["zero_point"] != "plus_half":
        return int(round_to_whole(zero_point, chosen["zero_point"], F))
    return math.trunc(min(max(F.add(zero_point, 0.5), float(qmin)), float(qmax)))


def real_code(x: float, scale: float, zero_point: int, chosen: Choices) -> float:
    """Return the code before it is clipped, as a whole real."""
    zero, inverse = F.whole(zero_point), F.divide(1.0, scale)
    if chosen["offset"] == "fused":
        return round_to_whole(F.fused(x, inverse, zero), chosen["rounding"], F)
    t = F.divide(x, scale) if chosen["scaling"] == "divide" else F.multiply(x, inverse)
    if chosen["offset"] == "before":
        return round_to_whole(F.add(t, zero), chosen["rounding"], F)
    return F.add(round_to_whole(t, chosen["rounding"], F), zero)


def passes(x: float, code: float, scale: float, zero_point: int, qmin: int, qmax: int,
           chosen: Choices) -> bool:  # fmt: skip
    """Return whether the gradient of x passes."""
    if math.isnan(x):
        return chosen["nan"] == "inside"
    if chosen["mask"] == "everywhere":
        return True
    kind, _, strict = chosen["mask"].partition("_")
    if kind == "value":
        ends = [F.multiply(F.whole(end - zero_point), scale) for end in (qmin, qmax)]
        position = x
    else:
        ends, position = [float(qmin), float(qmax)], code
    return ends[0] < position < ends[1] if strict else ends[0] <= position <= ends[1]


def gradient_of_x(dy: float, inside: bool, chosen: Choices) -> float:
    """Return the gradient, or the zero in its place."""
    if chosen["masking"] == "multiplies":
        return dy * (1.0 if inside else 0.0)
    return dy if inside else 0.0


def fake_quantize_gradient(x: float, scale: float, zero_point: int, qmin: int, qmax: int, dy: float,
                           choices: Choices | None = None) -> float:  # fmt: skip
    """Return the gradient by one x.

        dx = dy if (qmin - zero_point) * scale <= x <= (qmax - zero_point) * scale, else 0

    Args:
        x, scale, dy: float32 numbers; scale finite and > 0.
        zero_point, qmin, qmax: integers within 2^16 of 0.
        choices: axis -> choice, where it is not the first.

    Source: Krishnamoorthi, arXiv 1806.08342, equation 15: "delta_out = delta_in I_{x in S}".
    """
    chosen = {axis: names[0] for axis, names in GRADIENT_CHOICES.items()} | dict(choices or {})
    code = real_code(x, scale, zero_point, chosen)
    return gradient_of_x(dy, passes(x, code, scale, zero_point, qmin, qmax, chosen), chosen)


def side(code: float, qmin: int, qmax: int, chosen: Choices) -> int:
    """Return -1 for a code that counts as the lowest, 1 for the highest, 0 in between."""
    if math.isnan(code):
        return 0 if chosen["nan"] == "inside" else -1
    if chosen["overflow"] == "int64" and not -(2**63) < code < 2**63:
        return -1
    if chosen["edge"] == "bound":
        return -1 if code <= qmin else int(code >= qmax)
    return -1 if code < qmin else int(code > qmax)


def terms(x: float, scale: float, zero_point: int, qmin: int, qmax: int, factor: float, dy: float,
          chosen: Choices) -> tuple[float, float]:  # fmt: skip
    """Return what one x adds to the gradients of the scale and of the zero point."""
    code = real_code(x, scale, zero_point, chosen)
    where = side(code, qmin, qmax, chosen)
    if where:
        steps = F.whole((qmin if where < 0 else qmax) - zero_point)
        by_scale = F.multiply(F.multiply(dy, steps), factor)
        return by_scale, F.multiply(F.multiply(-dy, scale), factor)
    clipped = code if math.isnan(code) else min(max(code, float(qmin)), float(qmax))
    steps = F.add(clipped, F.whole(-zero_point))
    if chosen["slope"] == "product_fused":
        apart = F.fused(steps, scale, -x)
    else:
        apart = F.add(F.multiply(steps, scale), -x)
    if chosen["slope"] == "quotient":
        return F.multiply(F.multiply(dy, F.divide(apart, scale)), factor), 0.0
    return F.multiply(F.multiply(F.multiply(dy, apart), F.divide(1.0, scale)), factor), 0.0


def summed(numbers: Sequence[float]) -> float:
    """Return the sum, rounded to float32 once; a sum of nothing but zeros is +0."""
    if not all(math.isfinite(number) for number in numbers):
        return math.nan if {math.inf, -math.inf} <= set(numbers) else math.fsum(numbers)
    return round_to_format(sum((Fraction(number) for number in numbers), Fraction(0)), FORMATS["float32"])


def learnable_fake_quantize_gradient(
    x: Sequence[float], scale: float, zero_point: float, qmin: int, qmax: int, factor: float,
    dy: Sequence[float], choices: Choices | None = None,
) -> tuple[list[float], float, float]:  # fmt: skip
    """Return the gradients by each x, by the scale and by the zero point.

        dx, dscale, dzero as in oracle/affine_gradient.py, each product rounded to float32, sums exact

    Args:
        x, dy: as many float32 numbers each.
        scale, zero_point, factor: float32 numbers; scale finite and > 0, zero_point in [qmin, qmax].
        qmin, qmax: integers within 2^16 of 0.
        choices: axis -> choice, where it is not the first; the mask is on the code if not given.

    Source: torch 2.13, FakeQuantPerTensorAffine.cpp: "q_min - z if X_q = q_min; q_max - z if
        X_q = q_max; (X_fq - X) / Delta else".
    """
    chosen = {axis: names[0] for axis, names in GRADIENT_CHOICES.items()} | {"mask": "code"}
    chosen |= dict(choices or {})
    if not x and chosen["empty"] == "arguments":
        return [], scale, zero_point
    zero = zero_point_code(zero_point, qmin, qmax, chosen)
    of_x, of_scale, of_zero = [], [], []
    for value, gradient in zip(x, dy, strict=True):
        code = real_code(value, scale, zero, chosen)
        inside = passes(value, code, scale, zero, qmin, qmax, chosen)
        of_x.append(gradient_of_x(gradient, inside, chosen))
        by_scale, by_zero = terms(value, scale, zero, qmin, qmax, factor, gradient, chosen)
        of_scale.append(by_scale)
        of_zero.append(by_zero)
    return of_x, summed(of_scale), summed(of_zero)
