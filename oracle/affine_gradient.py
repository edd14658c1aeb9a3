"""Gradients of fake quantization: of x straight through, and of a learned scale and zero point."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.affine_gradient_profile import LEARNED, STRAIGHT, Profile
from oracle.affine_steps import is_integer
from oracle.arithmetic import fused_multiply_add
from oracle.channels import channels, joined, parameters
from oracle.formats import FLOAT32, Array
from oracle.rounding import ROUND

Gradients = dict[str, Array]

WIDEST = 1 << 16  # codes and zero points are exact in float32, and so are their sums


def fake_quantize_gradient(x: Any, scale: Any, zero_point: Any, qmin: int, qmax: int, dy: Any,
                           axis: int | None = None, profile: Profile = STRAIGHT) -> Gradients:  # fmt: skip
    """Return the gradient of a loss by x, straight through the rounding of a fake quantizer.

        dx = dy if (qmin - zero_point) * scale <= x <= (qmax - zero_point) * scale, else 0

    Args:
        x: real values; float32, shape S.
        scale: step size, real units per code; float32, finite, > 0, shape (), or (S[axis],).
        zero_point: the code of real 0; integer in [qmin, qmax], shape of scale.
        qmin, qmax: first and last code, inclusive; qmin <= qmax, within 2^16 of 0.
        dy: gradient of the loss by the output; float32, shape S.
        axis: of the channels, in [-rank, rank); None: one scale for the tensor.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Krishnamoorthi, Quantizing deep convolutional networks for efficient inference
        (arXiv 1806.08342), 2.4, "The backward pass is modeled as a "straight through estimator"",
        equation 15: "delta_out = delta_in I_{x in S}, S: x: x_min <= x <= x_max".
    Silent about: NaN; the sign of a zero; dy that is infinite where x is outside.
    """
    check_gradient(x, dy, qmin, qmax)

    def of_part(part: Array, step: Any, zero: Any, gradient: Array) -> Gradients:
        check_parameters(step, zero, qmin, qmax)
        with np.errstate(all="ignore"):
            whole = whole_reals(part, step, np.float32(zero), profile)
            inside = is_inside(part, whole, step, np.float32(zero), qmin, qmax, profile)
            return {"x": masked(gradient, inside, profile)}

    if axis is None:
        return of_part(np.asarray(x), scale, zero_point, np.asarray(dy))
    return per_channel_gradients(of_part, x, scale, zero_point, dy, axis)


def learnable_fake_quantize_gradient(x: Any, scale: Any, zero_point: Any, qmin: int, qmax: int,
                                     grad_factor: float, dy: Any, axis: int | None = None,
                                     profile: Profile = LEARNED) -> Gradients:  # fmt: skip
    """Return the gradients of a loss by x, by the scale and by the zero point of a fake quantizer.

        code   = round_half_even(x / scale) + z, z = round_half_even(zero_point)
        dx     = dy if qmin <= code <= qmax, else 0
        dscale = grad_factor * sum(dy * (qmin - z if code <= qmin; qmax - z if code >= qmax;
                                         else ((code - z) * scale - x) / scale))
        dzero  = grad_factor * sum(dy * (-scale if code <= qmin or code >= qmax, else 0))

    Args:
        x: real values; float32, shape S.
        scale: step size, real units per code; float32, finite, > 0, shape (), or (S[axis],).
        zero_point: the real that is rounded to the code of 0; float32 in [qmin, qmax], shape of scale.
        qmin, qmax: first and last code, inclusive; qmin <= qmax, within 2^16 of 0.
        grad_factor: what the gradients of scale and zero point are multiplied by.
        dy: gradient of the loss by the output; float32, shape S.
        axis: of the channels, in [-rank, rank); None: one scale for the tensor.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, shape S; scale, zero_point: float32, shape of scale. Sums are exact, rounded once.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: torch 2.13, ATen/native/quantized/FakeQuantPerTensorAffine.cpp, comment of
        _fake_quantize_learnable_per_tensor_affine_backward: "Let Xq be the quantized version of X
        (clamped at qmin and qmax)", "q_min - z if X_q = q_min; q_max - z if X_q = q_max; (X_fq - X) /
        Delta else", "-Delta if X_q = q_min or X_q = q_max; 0 else".
    Silent about: the gradient of x; how a zero point is rounded; NaN; the order of the products.
    """
    check_gradient(x, dy, qmin, qmax)

    def of_part(part: Array, step: Any, zero: Any, gradient: Array) -> Gradients:
        check_parameters(step, zero, qmin, qmax)
        with np.errstate(all="ignore"):
            return learned(part, step, zero, (qmin, qmax), np.float32(grad_factor), gradient, profile)

    if axis is None:
        return of_part(np.asarray(x), scale, zero_point, np.asarray(dy))
    return per_channel_gradients(of_part, x, scale, zero_point, dy, axis)


def learned(x: Array, scale: Any, zero_point: Any, codes: tuple[int, int], factor: Any, dy: Array,
            profile: Profile) -> Gradients:  # fmt: skip
    """Return the three gradients for one scale."""
    zero, (qmin, qmax) = rounded_zero_point(zero_point, *codes, profile), codes
    whole = whole_reals(x, scale, zero, profile)
    inside = is_inside(x, whole, scale, zero, qmin, qmax, profile)
    below, above = beyond(whole, qmin, qmax, profile)
    slope = slopes(x, whole, scale, zero, codes, factor, dy, profile)
    at_bound = np.where(below, dy * (np.float32(qmin) - zero), dy * (np.float32(qmax) - zero)) * factor
    terms = {
        "scale": np.where(below | above, at_bound, slope),
        "zero_point": np.where(below | above, -dy * scale * factor, np.float32(0)),
    }
    sums = {name: np.asarray(total(each)) for name, each in terms.items()}
    if not x.size and profile.empty == "arguments":
        sums = {"scale": np.asarray(scale), "zero_point": np.asarray(zero_point)}
    return {"x": masked(dy, inside, profile), **sums}


def total(terms: Array) -> Any:
    """Return the sum of float32 numbers, rounded to float32 once; a sum of nothing but zeros is +0."""
    return np.float32(np.asarray(terms, np.float64).sum() + 0.0)


def rounded_zero_point(zero_point: Any, qmin: int, qmax: int, profile: Profile) -> Any:
    """Return the whole float32 that stands for a real zero point."""
    if profile.zero_point == "plus_half":
        return np.trunc(np.clip(np.float32(zero_point) + np.float32(0.5), np.float32(qmin), np.float32(qmax)))
    return np.float32(ROUND[profile.zero_point](np.asarray(zero_point, np.float32), FLOAT32))


def whole_reals(x: Array, scale: Any, zero_point: Any, profile: Profile) -> Array:
    """Return the code of each value before it is clipped, a whole float32."""
    inverse = np.float32(1) / scale
    if profile.offset == "fused":
        return ROUND[profile.rounding](fused_multiply_add(x, inverse, zero_point, FLOAT32), FLOAT32)
    t = x / scale if profile.scaling == "divide" else x * inverse
    if profile.offset == "before":
        return ROUND[profile.rounding](t + zero_point, FLOAT32)
    whole: Array = ROUND[profile.rounding](t, FLOAT32) + zero_point
    return whole


def is_inside(x: Array, whole: Array, scale: Any, zero_point: Any, qmin: int, qmax: int,
              profile: Profile) -> Array:  # fmt: skip
    """Return where the gradient of x passes."""
    value, low, high = whole, np.float32(qmin), np.float32(qmax)
    if profile.mask.startswith("value"):
        value, low, high = x, (low - zero_point) * scale, (high - zero_point) * scale
    strict = profile.mask.endswith("strict")
    found = (low < value) & (value < high) if strict else (low <= value) & (value <= high)
    if profile.mask == "everywhere":
        found = np.ones_like(found)
    return np.where(np.isnan(x), profile.nan == "inside", found)


def masked(dy: Array, inside: Array, profile: Profile) -> Array:
    """Return the gradient where it passes, and zeros elsewhere."""
    with np.errstate(invalid="ignore"):
        found = dy * inside.astype(np.float32) if profile.masking == "multiplies" else np.where(inside, dy, 0)
    return np.asarray(found, np.float32)


def beyond(whole: Array, qmin: int, qmax: int, profile: Profile) -> tuple[Array, Array]:
    """Return where a code counts as the lowest, and where as the highest, for scale and zero point."""
    below, above = whole < qmin, whole > qmax
    if profile.edge == "bound":
        below, above = whole <= qmin, whole >= qmax
    if profile.overflow == "int64":  # what int64 cannot hold becomes its lowest number
        lost = ~(np.abs(whole) < 2.0**63)
        below, above = below | lost, above & ~lost
    return np.where(np.isnan(whole), profile.nan != "inside", below), above & ~np.isnan(whole)


def slopes(x: Array, whole: Array, scale: Any, zero_point: Any, codes: tuple[int, int], factor: Any,
           dy: Array, profile: Profile) -> Array:  # fmt: skip
    """Return what each value inside the range adds to the gradient of the scale."""
    steps = np.clip(whole, np.float32(codes[0]), np.float32(codes[1])) - zero_point
    if profile.slope == "product_fused":
        apart = fused_multiply_add(steps, scale, -x, FLOAT32)
    else:
        apart = steps * scale - x
    if profile.slope == "quotient":
        return np.asarray(dy * (apart / scale) * factor)
    return np.asarray(dy * apart * (np.float32(1) / scale) * factor)


def per_channel_gradients(of_part: Any, x: Any, scale: Any, zero_point: Any, dy: Any,
                          axis: int) -> Gradients:  # fmt: skip
    """Return the gradients of each channel: those of x along the axis, the others as a vector."""
    slices = channels(np.asarray(x), axis)
    if not slices:
        raise ValueError("an axis must have a channel, got 0")
    each = zip(slices, parameters("scale", scale, len(slices)),
               parameters("zero_point", zero_point, len(slices)), channels(np.asarray(dy), axis),
               strict=True)  # fmt: skip
    found = [of_part(*part) for part in each]
    return {name: joined([f[name] for f in found], axis if name == "x" else 0) for name in found[0]}


def check_gradient(x: Any, dy: Any, qmin: int, qmax: int) -> None:
    """Raise ValueError for tensors or a range outside the operations' domain."""
    for name, value in (("x", np.asarray(x)), ("dy", np.asarray(dy))):
        if value.dtype != np.float32:
            raise ValueError(f"{name} must be float32, got {value.dtype.name}")
    if np.shape(x) != np.shape(dy):
        raise ValueError(f"dy must have the shape of x, {np.shape(x)}, got {np.shape(dy)}")
    if qmin > qmax:
        raise ValueError(f"qmin must be <= qmax, got [{qmin}, {qmax}]")
    if max(abs(qmin), abs(qmax)) > WIDEST:
        raise ValueError(f"codes must lie within 2^16 of 0, got [{qmin}, {qmax}]")


def check_parameters(scale: Any, zero_point: Any, qmin: int, qmax: int) -> None:
    """Raise ValueError for a scale or a zero point outside the operations' domain."""
    if np.shape(scale) != () or np.asarray(scale).dtype != np.float32:
        raise ValueError(f"scale must be one float32, got {np.asarray(scale).dtype.name} {np.shape(scale)}")
    if not np.isfinite(scale) or scale <= 0:
        raise ValueError(f"scale must be finite and > 0, got {scale}")
    if np.shape(zero_point) != ():
        raise ValueError(f"zero_point must be one number, got shape {np.shape(zero_point)}")
    if not (is_integer(zero_point) or np.asarray(zero_point).dtype == np.float32):
        raise ValueError(f"zero_point must be an integer or a float32, got {zero_point}")
    if not qmin <= zero_point <= qmax:
        raise ValueError(f"zero_point must lie in [{qmin}, {qmax}], got {zero_point}")
