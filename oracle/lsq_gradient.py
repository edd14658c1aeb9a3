"""The gradients of LSQ (arXiv 1902.08153): of the quantized values, and of the step size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.arithmetic import fused_multiply_add
from oracle.formats import FLOAT32, Array
from oracle.lsq import PAPER
from oracle.lsq_steps import (
    INT64,
    NEAREST,
    RANGE,
    ROUNDING,
    SCALING,
    STEP,
    checked,
    gradient_scale,
    has_tie,
    is_not_finite,
    rounded,
    scaled,
    used_codes,
    used_step,
)  # fmt: skip
from oracle.specification import Arguments, Bound, Definition, Silence

TENSORS = ("weight", "activation")


@dataclass(frozen=True)
class Profile:
    """One way of computing the gradients; the fields are in the order of the arithmetic."""

    range: str = "full"
    step: str = "given"
    scaling: str = "divide"
    rounding: str = "half_even"
    mask: str = "open"
    x_gradient: str = "masked"
    zero: str = "positive"
    weight_gradient: str = "given"
    step_gradient: str = "formula"
    overflow: str = "saturates"
    count: str = "features"
    factor: str = "sum"


MEANING: dict[str, dict[str, str]] = {
    "range": RANGE,
    "step": STEP,
    "scaling": SCALING,
    "rounding": ROUNDING,
    "mask": {
        "open": "inside is qmin < x / step < qmax",
        "closed": "inside is qmin <= x / step <= qmax",
        "code": "inside is where the rounded x / step is a code",
    },
    "x_gradient": {
        "masked": "dy inside, 0 outside",
        "chain": "(dy * step) / step inside, both rounded, 0 outside",
    },
    "zero": {
        "positive": "the 0 outside is +0",
        "product": "the 0 outside is dy * 0, with the sign of dy",
    },
    "weight_gradient": {
        "given": "a weight gets its gradient",
        "lost": "a weight gets no gradient at all",
    },
    "step_gradient": {
        "formula": "the sum of dy * (round(x / step) - x / step) inside, dy * qmin below, dy * qmax above",
        "masked": "the three, each times 0 or 1, are added: an infinite x / step gives NaN",
        "chain": "the chain rule's sum(dy * code) - sum((dy * step) * ((x / step) / step) inside)",
        "fused": "inside dy * (code * step - x) * (1 / step), the difference rounded once",
    },
    "overflow": {
        "saturates": "what lies above is above, however large",
        "int64": "the side is that of an int64 code: what is too large for one lies below",
    },
    "count": {
        "features": "g counts all weights, or the features of one example",
        "elements": "g counts all elements, those of a batch together",
        "one": "the gradient of the step is not scaled",
    },
    "factor": {
        "sum": "the sum is multiplied by g",
        "terms": "each term is multiplied by g, then summed",
    },
}


def lsq_gradient(x: Any, step: Any, qmin: int, qmax: int, dy: Any, tensor: str = "weight",
                 profile: Profile = Profile()) -> dict[str, Array]:  # fmt: skip
    """Return the gradients of x and of the step size.

        inside   = qmin < x / step < qmax
        x        = dy inside, 0 elsewhere
        step     = g * sum(dy * c), c = round(x / step) - x / step inside, qmin below, qmax above
        g        = 1 / sqrt(N * qmax)

    Args:
        x: real values; float32, shape S; of an activation S = (batch, features ...).
        step: step size, real units per code; one float32, finite, > 0.
        qmin, qmax: first and last code, inclusive; qmin <= 0 < qmax (the paper's -Q_N and Q_P).
        dy: the loss's gradient of the quantized values; float32, shape S.
        tensor: weight (N counts its elements) or activation (N counts the features of one example).
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, shape S; step: float32, shape ().

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: Esser et al. 2020, equation 3: "-v/s + round(v/s) if -Q_N < v/s < Q_P; -Q_N if v/s <= -Q_N;
        Q_P if v/s >= Q_P"; equation 5: "1 if -Q_N < v/s < Q_P, 0 otherwise"; section 2.2: "for
        weight step size g = 1 / sqrt(N_W Q_P) and for activation step size g = 1 / sqrt(N_F Q_P)".
    Silent about: ties; the sign of zero; the precision of g and where it is multiplied; NaN, infinity.
    """
    values = checked(x, step, qmin, qmax)
    upstream = check_upstream(dy, values, tensor)
    low, high = used_codes(qmin, qmax, profile)
    with np.errstate(all="ignore"):
        size = used_step(step, values.size, qmax, profile)
        t = scaled(values, size, profile)
        inside = find_inside(t, low, high, profile)
        of_step = sum_of_step(step_terms((values, t, upstream), size, (low, high), inside, profile),
                              gradient_factor(values, qmax, tensor, profile), profile)  # fmt: skip
        of_x = x_gradient(upstream, size, inside, profile)
    lost = profile.weight_gradient == "lost" and tensor == "weight"
    return {"step": of_step} if lost else {"x": of_x, "step": of_step}


def check_upstream(dy: Any, values: Array, tensor: str) -> Array:
    """Return dy as an array, or raise ValueError."""
    upstream = np.asarray(dy)
    if upstream.dtype != np.float32 or upstream.shape != values.shape:
        raise ValueError(f"dy must be float32 of shape {values.shape}, got {upstream.dtype} {upstream.shape}")
    if tensor not in TENSORS:
        raise ValueError(f"tensor must be one of {', '.join(TENSORS)}, got {tensor}")
    if tensor == "activation" and values.ndim < 2:
        raise ValueError(f"an activation must have the shape (batch, features ...), got {values.shape}")
    return upstream


def find_inside(t: Array, low: np.float32, high: np.float32, profile: Profile) -> Array:
    """Return where a small change of x changes its quantized value, as the profile sees it."""
    if profile.mask == "open":
        inside: Array = (low < t) & (t < high)
        return inside
    compared = rounded(t, profile) if profile.mask == "code" else t
    return (low <= compared) & (compared <= high)


def x_gradient(dy: Array, step: np.float32, inside: Array, profile: Profile) -> Array:
    """Return the gradient of x."""
    if profile.x_gradient == "chain":
        return np.where(inside, dy * step, np.float32(0)) / step
    outside = dy * np.float32(0) if profile.zero == "product" else np.float32(0)
    return np.where(inside, dy, outside)


def step_terms(given: tuple[Array, Array, Array], step: np.float32, codes: tuple[np.float32, np.float32],
               inside: Array, profile: Profile) -> list[Array]:  # fmt: skip
    """Return the terms of the gradient of the step size: one array, or for the chain rule two."""
    (x, t, dy), (low, high) = given, codes
    whole, wrapped = rounded(t, profile), (t >= INT64) & (profile.overflow == "int64")
    below = ~inside & ((t <= low) | wrapped)
    if profile.step_gradient == "chain":
        through = np.where(inside, dy * step, np.float32(0))
        return [dy * rounded(np.clip(t, low, high), profile), -through * (t / step)]
    if profile.step_gradient == "masked":
        above = ~inside & ~below
        return [dy * (low * below + high * above + inside * (whole - t)).astype(np.float32)]
    if profile.step_gradient == "fused":
        rest = fused_multiply_add(whole, np.broadcast_to(step, whole.shape), -x, FLOAT32)
        within = dy * rest * (np.float32(1) / step)
        return [np.where(inside, within, dy * np.where(below, low, high))]
    return [dy * np.where(inside, whole - t, np.where(below, low, high))]


def gradient_factor(x: Array, qmax: int, tensor: str, profile: Profile) -> np.float32:
    """Return g, float32."""
    if profile.count == "one":
        return np.float32(1)
    in_batch = tensor == "activation" and profile.count == "features"
    return gradient_scale(x.size // x.shape[0] if in_batch else x.size, qmax)


def sum_of_step(terms: list[Array], factor: np.float32, profile: Profile) -> Array:
    """Return the scaled sum, float32; each sum runs in the order of the elements."""
    first = factor if profile.factor == "terms" else np.float32(1)
    sums = [np.cumsum(np.append(np.float32(0), part * first), dtype=np.float32)[-1] for part in terms]
    total = np.float32(sum(sums[1:], sums[0]))
    return np.asarray(total if profile.factor == "terms" else total * factor)


def has_terms_in_doubt(arguments: Arguments) -> bool:
    """Whether more than one term carries g: then the text leaves open where it is multiplied."""
    return int(np.count_nonzero(np.asarray(arguments["dy"]))) > 1


def has_negative(arguments: Arguments) -> bool:
    """Whether a negative dy may meet a value outside."""
    return bool(np.any(np.signbit(np.asarray(arguments["dy"]))))


def is_exact(x: Array, step: np.float32, dy: Array, factor: np.float32) -> bool:
    """Whether every partial sum of any order is exact: two terms at most, or all of them dyadic."""
    if np.count_nonzero(dy) <= 2:
        return True
    t = x.astype(np.float64) / step
    whole = all(float(np.frexp(v)[0]) == 0.5 for v in (step, factor))
    units = np.concatenate([t * 2**6, dy.astype(np.float64) * 2**4, x.astype(np.float64) * 2**6])
    return whole and bool((units == np.rint(units)).all() and np.abs(units).max() < 2**12)


ZEROS = 2.0**-150  # below every difference of two float32 numbers: a zero of either sign, nothing else


def rest_of_sums(arguments: Arguments, _: Mapping[str, Any]) -> float:
    """Return how far rounding in another order may move the gradient of the step size."""
    x, dy, qmax = np.asarray(arguments["x"]), np.asarray(arguments["dy"]), arguments["qmax"]
    factor = gradient_factor(x, qmax, arguments.get("tensor", "weight"), Profile())
    if is_exact(x, np.float32(arguments["step"]), dy, factor):
        return ZEROS
    largest = 2 * max(-arguments["qmin"], qmax) + 1
    return float((x.size + 8) * 2.0**-23 * largest * np.abs(dy.astype(np.float64)).sum() * factor)


PROOF = """A float32 sum of n terms lies within (n - 1) u / (1 - (n - 1) u) * sum|terms| of the exact one in
any order, u = 2^-24 (Higham, Accuracy and Stability of Numerical Algorithms, 4.2); each term takes at most
four roundings and |term| <= |dy| (2 max(-qmin, qmax) + 1), with the two of the chain rule together. With at
most two terms that are not 0 every order gives the same, but for the sign of a zero, which reals lack; so
do terms that are few multiples of 2^-14."""

OPERATIONS = (
    Definition(
        function=lsq_gradient,
        family="lsq",
        source=f"{PAPER}, sections 2.1 to 2.3",
        sentences=(
            "-v/s + round(v/s) if -Q_N < v/s < Q_P; -Q_N if v/s <= -Q_N; Q_P if v/s >= Q_P (equation 3)",
            "1 if -Q_N < v/s < Q_P; 0 otherwise (equation 5)",
            "for weight step size g = 1 / sqrt(N_W Q_P) and for activation step size g = 1 / sqrt(N_F Q_P),"
            " where N_W is the number of weights in a layer and N_F is the number of features in a layer",
        ),
        silences=(
            Silence("rounding", NEAREST, has_tie, "The paper rounds 'to the nearest integer': not which"
                    " one, where two are equally near."),
            Silence("zero", ("positive", "product"), has_negative, "Reals have one zero: the paper says"
                    " nothing about its sign."),
            Silence("factor", ("sum", "terms"), has_terms_in_doubt, "The paper says that the gradient is"
                    " scaled by g, not whether before or after the sum."),
        ),
        profile=Profile(),
        axes={axis: tuple(choices) for axis, choices in MEANING.items()},
        meaning=MEANING,
        is_elementwise=lambda _, __: False,
        undefined=is_not_finite,
        bounds=(Bound("step", rest_of_sums, " ".join(PROOF.split())),),
    ),
)  # fmt: skip
