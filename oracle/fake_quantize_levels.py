"""OpenVINO's FakeQuantize: a given number of levels between two input and two output bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.arithmetic import fused_multiply_add
from oracle.formats import FLOAT32, FORMATS, Array, Format, format_of
from oracle.rounding import ROUND
from oracle.specification import Arguments, Definition, Equivalence, Silence

ROUNDINGS = ("half_even", "half_up", "toward_zero")
INTEGER_LEVELS = (15, 16, 255, 256)  # those that become 8-bit integers when a model is compiled
NEARLY_ZERO = np.float32(1e-6)
NEARLY_SYMMETRIC = np.float32(0.002)
STEP_LIMITS = np.float32(1e-32), np.float32(1e32)


@dataclass(frozen=True)
class Profile:
    """One way of computing FakeQuantize; the fields are in the order of the arithmetic."""

    validation: str = "refuses"
    removed: str = "never"
    precision: str = "given"
    output_range: str = "given"
    used_for: str = "every_range"
    bounds: str = "compared"
    scaling: str = "divide"
    shift: str = "first"
    rounding: str = "half_even"
    output: str = "divide"
    nan: str = "propagates"


MEANING: dict[str, dict[str, str]] = {
    "validation": {
        "refuses": "fewer than 2 levels are refused",
        "computes": "they are computed with",
    },
    "removed": {
        "never": "the operation is computed",
        "16_bit": "with 65536 levels, and equal input and output ranges, y is x: not even clipped",
    },
    "precision": {
        "given": "every operation is rounded to the dtype of x",
        "float32": "everything is computed in float32, and y is rounded to the dtype of x",
    },
    "output_range": {
        "given": "output_low and output_high are what was given",
        "integers": "for 15, 16, 255 and 256 levels they are rebuilt from an 8-bit integer range:"
        " (first code - zero point) * step; a range within 0.2 % of symmetric gets no zero point, and"
        " the step stays within [1e-32, 1e32]",
    },
    "used_for": {
        "every_range": "the arithmetic is used for every input range",
        "not_decreasing": "it is used where input_low <= input_high, elsewhere the definition's",
        "increasing": "it is used where input_low < input_high, elsewhere the definition's",
    },
    "bounds": {
        "compared": "x <= min(input_low, input_high) gives output_low, x > max(…) output_high",
        "clipped": "x becomes min(max(x, input_low), input_high) and takes the way of the others",
        "clipped_high_first": "x becomes max(min(x, input_high), input_low)",
        "level_clipped": "the level is clipped to [0, levels - 1] after rounding",
    },
    "scaling": {
        "divide": "t = (x - input_low) / (input_high - input_low) * (levels - 1)",
        "factor": "t = x * s - shift, s = (levels - 1) / (input_high - input_low), each rounded",
        "fused": "t = fma(x, s, -shift)",
    },
    "shift": {
        "first": "input_low is subtracted from x",
        "product": "shift = input_low * s",
        "quotient": "shift = input_low * (levels - 1) / (input_high - input_low)",
    },
    "rounding": {name: (ROUND[name].__doc__ or "").splitlines()[0] for name in ROUNDINGS},
    "output": {
        "divide": "y = level / (levels - 1) * (output_high - output_low) + output_low",
        "factor": "y = level * step + output_low, step = (output_high - output_low) / (levels - 1)",
        "fused": "y = fma(level, step, output_low)",
        "merged": "as fused; but where the step is 1 and output_low is whole it is added to the shift,"
        " before rounding",
    },
    "nan": {
        "propagates": "NaN gives NaN, as the comparisons and the arithmetic of IEEE 754 do",
        "low": "NaN gives what input_low gives",
        "high": "NaN gives what input_high gives",
    },
}  # fmt: skip
AXES = {axis: tuple(choices) for axis, choices in MEANING.items()}


@dataclass(frozen=True)
class Range:
    """The bounds of one quantizer, broadcast to x, in the format of the arithmetic."""

    low: Array
    high: Array
    out_low: Array
    out_high: Array
    steps: Any  # levels - 1


def fake_quantize_levels(
    x: Any, input_low: Any, input_high: Any, output_low: Any, output_high: Any, levels: int,
    profile: Profile = Profile(),
) -> Array:  # fmt: skip
    """Return the value of the nearest of some levels, mapped from the input to the output range.

        if   x <= min(input_low, input_high): y = output_low
        elif x >  max(input_low, input_high): y = output_high
        else: y = round((x - input_low) / (input_high - input_low) * (levels - 1))
                  / (levels - 1) * (output_high - output_low) + output_low

    Args:
        x: real values; float16, float32 or float64, shape S.
        input_low, input_high: the input range; dtype of x, finite, broadcast to S; either order.
        output_low, output_high: the values of its ends; dtype of x, finite, broadcast to S.
        levels: how many values y has; integer >= 2.
        profile: the arithmetic; the default is the definition.

    Returns:
        y: dtype of x, shape S.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: OpenVINO FakeQuantize-1, "Each element of the output is defined as the result of the
        following expression", given as Python, whose round() is half to even; "The output of the
        operator is a floating-point number of the same type as the input tensor."
    Silent about: NaN, and the precision in which float16 and float64 are computed.
    """
    values = np.asarray(x)
    bounds = check_arguments(values, (input_low, input_high, output_low, output_high))
    if profile.validation == "refuses" and levels < 2:
        raise ValueError(f"levels must be >= 2, got {levels}")
    given = format_of(values)
    f = FLOAT32 if profile.precision == "float32" else given
    if profile.removed == "16_bit" and levels == 65536 and is_identity(bounds):
        return values.copy()
    with np.errstate(all="ignore"):
        low, high, out_low, out_high = (bound.astype(f.carrier) for bound in bounds)
        if profile.output_range == "integers":
            out_low, out_high = from_integers(out_low, out_high, levels)
        low, high, out_low, out_high = (
            np.broadcast_to(bound, values.shape) for bound in (low, high, out_low, out_high)
        )
        ends = Range(low, high, out_low, out_high, f.carrier(levels - 1))
        y = compute(values.astype(f.carrier), ends, f, profile)
        return np.asarray(y).astype(given.carrier)


def is_identity(bounds: list[Array]) -> bool:
    """Whether input and output range are the same, but for 1e-6."""
    low, high, out_low, out_high = bounds
    return all((np.abs(a - b) < NEARLY_ZERO).all() for a, b in ((low, out_low), (high, out_high)))


def check_arguments(x: Array, bounds: tuple[Any, ...]) -> list[Array]:
    """Return the bounds as arrays, or raise ValueError for what lies outside the domain."""
    if x.dtype.name not in FORMATS:
        raise ValueError(f"x must be float16, float32 or float64, got {x.dtype.name}")
    arrays = [np.asarray(bound) for bound in bounds]
    for bound in arrays:
        if bound.dtype != x.dtype:
            raise ValueError(f"bounds must have the dtype of x, got {bound.dtype.name}")
        if np.broadcast_shapes(bound.shape, x.shape) != x.shape:
            raise ValueError(f"bounds must broadcast to the shape of x, got {bound.shape}")
    return arrays


def compute(x: Array, ends: Range, f: Format, profile: Profile) -> Array:
    """Return y in the format of the arithmetic."""
    used = {"every_range": True, "increasing": (ends.low < ends.high).all(),
            "not_decreasing": (ends.low <= ends.high).all()}  # fmt: skip
    if not used[profile.used_for]:
        profile = Profile()
    if profile.nan != "propagates":
        x = np.where(np.isnan(x), ends.low if profile.nan == "low" else ends.high, x)
    clipped = x
    if profile.bounds == "clipped":
        clipped = at_most(at_least(x, ends.low), ends.high)
    if profile.bounds == "clipped_high_first":
        clipped = at_least(at_most(x, ends.high), ends.low)
    merged = is_merged(ends, profile)
    offset = ends.out_low if merged else f.carrier(0)
    level = ROUND[profile.rounding](scaled(clipped, ends, f, profile, offset), f)
    if profile.bounds == "level_clipped":
        level = at_most(at_least(level, offset), ends.steps + offset)
    y = level if merged else mapped(level, ends, f, profile)
    if profile.bounds != "compared":
        return y
    below, above = x <= np.minimum(ends.low, ends.high), x > np.maximum(ends.low, ends.high)
    return np.where(below, ends.out_low, np.where(above, ends.out_high, y))


def at_least(values: Array, low: Any) -> Array:
    """Return the larger of both, and low for a zero of the other sign; NaN stays."""
    return np.where(values <= low, low, values)


def at_most(values: Array, high: Any) -> Array:
    """Return the smaller of both, and high for a zero of the other sign; NaN stays."""
    return np.where(values >= high, high, values)


def is_merged(ends: Range, profile: Profile) -> bool:
    """Whether output_low is added to the shift, so that rounding gives the value."""
    has_unit_step = (ends.out_high - ends.out_low) / ends.steps == 1
    is_whole = ends.out_low == np.trunc(ends.out_low)
    return profile.output == "merged" and bool((has_unit_step & is_whole).all())


def scaled(x: Array, ends: Range, f: Format, profile: Profile, offset: Any) -> Array:
    """Return the position of x between the ends of the input range, in levels, plus an offset."""
    width: Array = ends.high - ends.low
    if profile.scaling == "divide":
        position: Array = (x - ends.low) / width * ends.steps
        return position
    factor = ends.steps / width
    if profile.shift == "first":
        return np.asarray((x - ends.low) * factor)
    shift = ends.low * factor if profile.shift == "product" else ends.low * ends.steps / width
    if profile.scaling == "fused":
        return fused_multiply_add(x, factor, offset - shift, f)
    return np.asarray(x * factor - (shift - offset))


def mapped(level: Array, ends: Range, f: Format, profile: Profile) -> Array:
    """Return the value of a level in the output range."""
    width: Array = ends.out_high - ends.out_low
    if profile.output == "divide":
        value: Array = level / ends.steps * width + ends.out_low
        return value
    step = width / ends.steps
    if profile.output in ("fused", "merged"):
        return fused_multiply_add(level, step, ends.out_low, f)
    return np.asarray(level * step + ends.out_low)


def from_integers(low: Array, high: Array, levels: int) -> tuple[Array, Array]:
    """Return the output range as it comes out of quantizing to 8-bit integers and back.

    The integers are signed where every range is a signed one that is nearly symmetric, with no zero
    point then; unsigned, with a zero point, unless every range begins at nearly 0.
    """
    if levels not in INTEGER_LEVELS:
        return low, high
    f = low.dtype.type
    high = high.reshape(-1)[: low.size].reshape(low.shape if high.size > low.size else high.shape)
    is_tiny = (np.abs(low) < NEARLY_ZERO) & (np.abs(high) < NEARLY_ZERO)
    is_signed = (np.signbit(low) != np.signbit(high)) & (np.abs(low) >= NEARLY_ZERO)
    ratio = low / high
    wanted = f(-1) if levels == 255 else f(-levels / (levels - 2))
    error = np.abs((ratio - wanted) / np.minimum(ratio, wanted))
    skewed = is_signed & ~((high != 0) & (error <= NEARLY_SYMMETRIC))
    has_zero_point = bool((skewed | (~is_signed & (np.abs(low) >= NEARLY_ZERO)))[~is_tiny].any())
    counted = is_signed[~is_tiny] if not is_tiny.all() else (low < 0).any(keepdims=True)
    has_zero_point |= levels == 15 or bool(counted.any() and not counted.all())
    as_signed = bool(counted.all()) and not has_zero_point
    first, last = integer_range(levels, as_signed)
    step = (high - low) / f(last - first)
    zero_point = (f(first) * high - f(last) * low) / (high - low)
    size = np.clip(np.abs(step), *(f(limit) for limit in STEP_LIMITS))
    step = np.copysign(size, step)
    ends = (f(end) - (zero_point if has_zero_point else f(0)) for end in (first, last))
    rebuilt_low, rebuilt_high = (end * step for end in ends)
    return rebuilt_low, rebuilt_high


def integer_range(levels: int, is_signed: bool) -> tuple[int, int]:
    """Return the first and last code of an 8-bit type that stand for so many levels."""
    last = 15 if levels == 16 else 255
    if not is_signed:
        return 0, last
    return {16: (-8, 7), 255: (-127, 127)}.get(levels, (-128, 127))


def undefined(arguments: Arguments) -> str | None:
    """Return what the definition does not decide about these arguments, or None."""
    bounds = (arguments[name] for name in ("input_low", "input_high", "output_low", "output_high"))
    if not all(np.isfinite(bound).all() for bound in bounds):
        return "the specification does not say what a range of NaN or of infinity means"
    return None


def is_elementwise(arguments: Arguments, _: Profile) -> bool:
    """Whether each element may be asked alone: one range serves all of them."""
    names = ("input_low", "input_high", "output_low", "output_high")
    return all(np.asarray(arguments[name]).size == 1 for name in names)


def has_nan(arguments: Arguments) -> bool:
    return bool(np.isnan(arguments["x"]).any())


def has_other_than_float32(arguments: Arguments) -> bool:
    return bool(np.asarray(arguments["x"]).dtype != np.float32)


def contradiction(profile: Profile) -> str | None:
    """Return why no implementation can make these choices together, or None."""
    if profile.shift == "first" and profile.output == "merged":
        return "a merged output_low needs a shift: with output merged, shift must not be first"
    if profile.scaling == "divide" and profile.shift != "first":
        return "a quotient has no shift: with scaling divide, shift must be first"
    if profile.scaling == "fused" and profile.shift == "first":
        return "a fused multiply-add needs a shift: with scaling fused, shift must not be first"
    return None


EQUIVALENCES = (
    Equivalence(
        (("used_for", "every_range"), ("used_for", "not_decreasing"), ("used_for", "increasing")),
        "For the other ranges the definition's arithmetic is used, which is the one that is used anyway.",
        unless=(("scaling", "factor"),),
    ),
)

OPERATIONS = (
    Definition(
        function=fake_quantize_levels,
        family="openvino",
        source="OpenVINO FakeQuantize-1, operation specification",
        sentences=(
            "if x <= min(input_low, input_high): output = output_low elif x > max(input_low, input_high):"
            " output = output_high",
            "output = round((x - input_low) / (input_high - input_low) * (levels-1)) / (levels-1) *"
            " (output_high - output_low) + output_low",
            "The output of the operator is a floating-point number of the same type as the input tensor.",
        ),
        silences=(
            Silence("nan", AXES["nan"], has_nan, "NaN is not mentioned"),
            Silence("precision", AXES["precision"], has_other_than_float32,
                    "the type of the output is that of x; the precision of the arithmetic is not said"),
        ),
        profile=Profile(),
        axes=AXES,
        meaning=MEANING,
        is_elementwise=is_elementwise,
        undefined=undefined,
        contradiction=contradiction,
        companions={("scaling", "fused"): {"shift": "product"},
                    ("output", "merged"): {"scaling": "factor", "shift": "product"},
                    ("shift", "product"): {"scaling": "factor"},
                    ("shift", "quotient"): {"scaling": "factor"}},
        mends=({"shift": "product"}, {"shift": "quotient"}, {"shift": "first"}, {"scaling": "factor"},
               {"scaling": "fused"}),
        equivalences=EQUIVALENCES,
    ),
)  # fmt: skip
