"""QKeras's `quantized_bits`: fixed-point numbers, whose grid a scaling factor alpha may stretch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from oracle.affine_steps import Step
from oracle.arithmetic import round_result
from oracle.formats import FLOAT32, Array
from oracle.quantized_bits_alpha import find_steps, round_codes
from oracle.quantized_bits_profile import Profile
from oracle.rounding import ROUND

AUTO = ("auto", "auto_po2")
DEFINITION = Profile()
SMALLEST_NORMAL = np.float32(FLOAT32.smallest_normal)


@dataclass(frozen=True)
class Settings:
    """What a quantizer was given, in the words of QKeras."""

    bits: int = 8
    integer: int = 0
    symmetric: bool = False
    keep_negative: bool = True
    alpha: Any = None
    scale_axis: int | None = None
    qnoise_factor: float = 1.0
    use_ste: bool = True

    @property
    def magnitude_bits(self) -> int:
        return self.bits - bool(self.keep_negative)

    @property
    def is_auto(self) -> bool:
        return isinstance(self.alpha, str)

    @property
    def is_binary(self) -> bool:
        """One bit, and it is the sign."""
        return self.magnitude_bits == 0


@dataclass(frozen=True)
class Grid:
    """The numbers of one quantizer, resolved from its settings and its tensor."""

    low: int
    high: int
    divisor: Array  # real units per code, before rounding; broadcasts to x
    factor: Array  # real units per code, after it
    alpha: Array


def quantized_bits(
    x: Any,
    bits: int = 8,
    integer: int = 0,
    symmetric: bool = False,
    keep_negative: bool = True,
    alpha: Any = None,
    scale_axis: int | None = None,
    qnoise_factor: float = 1.0,
    use_ste: bool = True,
    profile: Profile = DEFINITION,
) -> dict[str, Array]:
    """Return the fixed-point number nearest to each real.

        magnitude bits = bits - 1 with keep_negative (one bit is the sign), else bits
        step   = alpha * 2^(integer - magnitude bits)
        code   = clip(round_half_even(x / step), low, 2^(magnitude bits) - 1)
        low    = -2^(magnitude bits), one more when symmetric; 0 without keep_negative
        value  = code * step
        one bit with keep_negative: value = alpha where x >= 0, else -alpha

        auto:     step = max|x| / last code; the codes are symmetric
        auto_po2: step = the power of two with the least sum of (value - x)^2

    Args:
        x: real values; float32, shape S, finite for a determined alpha.
        bits: width of the code; >= 1.
        integer: how many of them are to the left of the binary point, the sign not counted; >= 0.
        symmetric: drop the lowest code, so that there are as many negative as positive ones.
        keep_negative: codes are signed; else negative numbers are clipped to 0.
        alpha: the scaling factor: None (1), a number or array > 0 that broadcasts to S, auto or auto_po2
            (determined for each channel).
        scale_axis: the axis of the channels; None: the last.
        qnoise_factor: how much of the quantized value is in the result; in [0, 1].
        use_ste: gradients pass as if nothing had been rounded; changes no value.
        profile: the arithmetic; the default is the definition.

    Returns:
        value: float32, shape S: (1 - qnoise_factor) * x + qnoise_factor * (code * step).
        alpha, only when it is determined: float32, S with 1 for each axis that is not the channels'.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: QKeras 0.9.0, class quantized_bits, "bits: number of bits to perform quantization. integer:
        number of bits to the left of the decimal point", "alpha: a tensor or None, the scaling factor per
        channel. If None, the scaling factor is 1 for all channels"; of auto and auto_po2 its successor
        quantized_linear, "the minimum floating point scale per-channel that does not clip the max of x",
        "the power of two per-channel that minimizes squared error".
    Silent about: NaN; which powers of two are better when two are as good; the channels of a vector.
    """
    given = Settings(bits, integer, symmetric, keep_negative, alpha, scale_axis, qnoise_factor, use_ste)
    found = evaluate(check_arguments(x, given, profile), given, profile)
    if profile.applied == "twice":
        found = evaluate(found["value"], given, profile)
    return found if given.is_auto else {"value": found["value"]}


def evaluate(x: Array, given: Settings, profile: Profile) -> dict[str, Array]:
    """Apply the quantizer once."""
    with np.errstate(all="ignore"):
        given, grid = resolve(x, given, profile)
        value = x
        for step in steps(x, given, grid, profile):
            value = np.asarray(step.apply(value))
    return {"value": value, "alpha": grid.alpha}


def check_arguments(x: Any, given: Settings, profile: Profile = DEFINITION) -> Array:
    """Return x, or raise ValueError for what lies outside the operation's domain."""
    values = np.asarray(x)
    if values.dtype != np.float32:
        raise ValueError(f"x must be float32, got {values.dtype.name}")
    if given.bits < (given.keep_negative or profile.no_bits == "refused"):
        raise ValueError(f"bits must be >= 1, got {given.bits}")
    if given.integer < 0 and profile.negative_integer == "refused":
        raise ValueError(f"integer must be >= 0, got {given.integer}")
    if not 0 <= given.qnoise_factor <= 1:
        raise ValueError(f"qnoise_factor must lie in [0, 1], got {given.qnoise_factor}")
    if given.is_auto and given.alpha not in AUTO:
        raise ValueError(f"alpha must be one of {', '.join(AUTO)} when it is a word, got {given.alpha}")
    if given.scale_axis is not None and not -values.ndim <= given.scale_axis < values.ndim:
        raise ValueError(f"scale_axis must be an axis of {values.shape}, got {given.scale_axis}")
    return values


def resolve(x: Array, given: Settings, profile: Profile) -> tuple[Settings, Grid]:
    """Return the settings in force, and the numbers they give for a tensor."""
    if given.alpha is None and profile.default_alpha == "auto_po2":
        given = replace(given, alpha="auto_po2", symmetric=True)
    if profile.scale_axis == "lost":
        given = replace(given, scale_axis=None)
    unit = np.float32(np.ldexp(1.0, given.integer - given.magnitude_bits))
    if given.is_auto:
        return given, resolve_auto(x, given, unit, profile)
    low, high = first_and_last(given)
    alpha = np.asarray(1.0 if given.alpha is None else given.alpha, np.float32)
    if given.is_binary:
        return given, Grid(-1, 1, np.asarray(unit), alpha, alpha)
    factor = np.asarray(unit * alpha)
    return given, Grid(low, high, factor if profile.alpha == "divides" else np.asarray(unit), factor, alpha)


def first_and_last(given: Settings) -> tuple[int, int]:
    """Return the first and the last code of a fixed-point number."""
    high = 2**given.magnitude_bits - 1
    return (-high - (not given.symmetric) if given.keep_negative else 0), high


def resolve_auto(x: Array, given: Settings, unit: Any, profile: Profile) -> Grid:
    """Return the grid of each channel; its codes are symmetric."""
    is_signed = given.keep_negative or profile.levels == "signed"
    high = 2 ** (given.bits - is_signed) - 1
    codes = (-high if is_signed else 0, high)
    columns, shape = split(x, given.scale_axis, profile.channels == "element")
    fitted, fitted_shape = split(x, given.scale_axis, profile.channels in ("element", "mixed"))
    whole = np.float32(2.0**given.integer if profile.search == "iterated" else 1)
    divisor, factor = find_steps(columns / whole, str(given.alpha), codes, profile, fitted / whole)
    shape = shape if given.alpha == "auto" else fitted_shape
    divisor, factor = divisor.reshape(shape) * whole, factor.reshape(shape) * whole
    return Grid(*codes, divisor, factor, (factor / unit).astype(np.float32))


def split(x: Array, scale_axis: int | None, is_own: bool) -> tuple[Array, tuple[int, ...]]:
    """Return the channels of a tensor as columns, and the shape of one number per channel.

    `is_own` says whether each element of a vector is a channel.
    """
    if x.ndim < 2:
        return (x.reshape(1, -1), (x.size,)) if is_own else (x.reshape(-1, 1), (1,))
    axis = x.ndim - 1 if scale_axis is None else scale_axis % x.ndim
    columns = np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis])
    return columns, tuple(n if i == axis else 1 for i, n in enumerate(x.shape))


def steps(x: Array, given: Settings, grid: Grid, profile: Profile) -> Iterator[Step]:
    """The arithmetic of one application, as named steps."""
    flushed = profile.subnormals == "flushed"

    def rounded(values: Array) -> Array:
        return round_result(np.asarray(values, np.float32), FLOAT32, flushed)

    shift = np.float32(2.0**given.integer if given.is_auto and flushed else 1)
    yield Step("convert", "x as float32", lambda v: rounded(v / shift) * shift)
    if given.is_binary and not given.is_auto:
        lowest = -1 if given.keep_negative else 0
        yield Step("sign", f"1 where x >= 0, else {lowest}", lambda v: sign(v, lowest))
    else:
        yield Step("scale", f"/ {shown(grid.divisor)}", lambda v: rounded(v / grid.divisor))
        is_same = not given.is_auto or profile.auto_rounding == "same"
        mode = profile.rounding if is_same else profile.auto_rounding
        yield Step("round", mode, lambda t: whole(x, t, given, grid, profile))
        yield Step("clip", f"clip to [{grid.low}, {grid.high}]",
                   lambda c: clip(c, given, grid, profile))  # fmt: skip
    yield Step("dequantize", f"* {shown(grid.factor)}", lambda c: rounded(c * grid.factor))
    noise = 1.0 if profile.noise == "lost" else given.qnoise_factor
    is_difference = profile.presentation == "difference_always" or (
        profile.presentation == "difference" and given.use_ste
    )
    q, rest, real = np.float32(noise), np.float32(1 - noise), rounded(x / shift) * shift
    is_folded = profile.factors == "folded"
    if noise == 0 and is_folded:
        yield Step("present", "x, as it was given", lambda v: x if shift == 1 else real)
    elif is_difference:
        yield Step("present", f"x + {q} * (value - x)",
                   lambda v: rounded(real + rounded(q * rounded(v - real))))  # fmt: skip
    elif noise != 1 or (profile.presentation == "difference" and not is_folded):
        yield Step("present", f"{rest} * x + {q} * value",
                   lambda v: rounded(rounded(rest * real) + rounded(q * v)))  # fmt: skip


def whole(x: Array, t: Array, given: Settings, grid: Grid, profile: Profile) -> Array:
    """Return t = x / step rounded to whole numbers; a zero has no sign unless the profile keeps it."""
    if given.is_auto:
        codes = round_codes(np.where(grid.divisor == 0, np.float32(0), t), grid.low, grid.high, profile)
        is_negative = (x < 0) & (profile.zero == "kept")
        if profile.subnormals == "flushed":
            is_negative &= x / np.float32(2.0**given.integer) <= -SMALLEST_NORMAL
        return np.where(codes == 0, np.where(is_negative, np.float32(-0.0), np.float32(0)), codes)
    if profile.infinity != "saturates":
        product = x * np.float32(2.0**given.magnitude_bits if profile.infinity == "nan_of_product" else 1)
        t = np.where(np.isinf(t) | np.isinf(product), np.float32(np.nan), t)
    return ROUND[profile.rounding](t, FLOAT32) + np.float32(0)


def clip(codes: Array, given: Settings, grid: Grid, profile: Profile) -> Array:
    """Return the codes, none below the first or beyond the last; a first code of 0 may be -0.0."""
    clipped: Array = np.clip(codes, np.float32(grid.low), np.float32(grid.high))
    if profile.first_code == "positive" or given.is_auto or given.keep_negative:
        return clipped
    whole_groups = (np.arange(codes.size) < codes.size // 8 * 8).reshape(codes.shape)
    return np.where((codes < 0) | whole_groups & (codes == 0), np.float32(-0.0), clipped)


def sign(x: Array, lowest: int) -> Array:
    """Return 1 where x >= 0, else the lowest code; NaN stays NaN."""
    return np.where(np.isnan(x), x, np.where(x >= 0, np.float32(1), np.float32(lowest)))


def shown(numbers: Array) -> str:
    """Return the one number of an array, or how many there are."""
    return str(numbers.reshape(-1)[0]) if numbers.size == 1 else f"one of {numbers.size} steps"
