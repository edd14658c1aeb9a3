"""Affine quantization of one value at a time, from the words of oracle/affine_profile.py."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from oracle.exact.numbers import FORMATS, NEAREST_OR_DIRECTED, Arithmetic, Format, Real, round_to_whole

_QUANTIZE: dict[str, tuple[str, ...]] = {
    "validation": ("refuses", "computes", "range_only", "clips_zero_point"),
    "subnormals": ("kept", "flushed"),
    "stored_scale": ("given", "float32"),
    "code_type": ("given", "uint8"),
    "precision": ("scale", "promoted", "float32", "float64", "narrowed"),
    "scaling": ("divide", "reciprocal", "reciprocal64", "levels"),
    "clip": ("codes", "scaled", "rounded", "reals"),
    "offset": ("after", "after_real", "before", "fused"),
    "rounding": (*NEAREST_OR_DIRECTED, "floor_plus_half", "truncate_plus_half"),
    "overflow": ("saturates", "int32", "int32_below", "int32_tail", "int64", "low_bits"),
    "nan": ("lowest", "highest", "code_zero", "zero_point", "overflow"),
    "range": ("full", "narrow_low", "narrow_high", "type"),
}
_DEQUANTIZE: dict[str, tuple[str, ...]] = {
    "subtraction": ("exact", "int32", "real", "output", "float32"),
    "dequantize": ("subtract", "distribute", "fused", "ignore"),
    "dequantize_precision": ("output", "scale", "float32", "float64", "float32_odd"),
}
_SHARED = ("validation", "subnormals", "stored_scale")

_BLOCKS = {"blocks": ("size", "count"), "tail": ("alike", "one_by_one")}

CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "quantize": {**_QUANTIZE, **_BLOCKS},
    "dequantize": {**{axis: _QUANTIZE[axis] for axis in _SHARED}, **_DEQUANTIZE, **_BLOCKS},
    "fake_quantize": {
        **_QUANTIZE,
        "nan": (*_QUANTIZE["nan"], "propagates"),
        **_DEQUANTIZE,
        "zero": ("positive", "kept"),
        "presentation": ("value", "difference", "sum"),
    },
}


ARITHMETIC = {
    (name, subnormals): Arithmetic(target, subnormals == "flushed")
    for name, target in FORMATS.items()
    for subnormals in _QUANTIZE["subnormals"]
}


def all_choices(operation: str, choices: Mapping[str, str] | None) -> dict[str, str]:
    """Return a choice for every axis of an operation: the given ones, else the first.

    Raises:
        ValueError: an axis or a choice that the operation does not have.
    """
    axes = CHOICES[operation]
    chosen = {axis: names[0] for axis, names in axes.items()}
    for axis, choice in (choices or {}).items():
        if axis not in axes:
            raise ValueError(f"an axis of {operation} must be one of {', '.join(axes)}, got {axis}")
        if choice not in axes[axis]:
            raise ValueError(f"{axis} must be one of {', '.join(axes[axis])}, got {choice}")
        chosen[axis] = choice
    if chosen.get("offset") == "fused" and chosen["scaling"] in ("divide", "levels"):
        raise ValueError(f"a fused offset must come with a factor, got scaling {chosen['scaling']}")
    if chosen.get("offset") == "fused" and chosen["clip"] == "scaled":
        raise ValueError("a fused offset leaves no scaled real to clip, got clip scaled")
    if chosen.get("scaling") == "levels" and (chosen["clip"], chosen["offset"]) != ("codes", "after"):
        raise ValueError(f"levels must be clipped as codes and shifted after, got {chosen['clip']}")
    has_scaled_real = chosen.get("offset") != "fused" and chosen.get("scaling") != "levels"
    if chosen.get("precision") == "narrowed" and not has_scaled_real:
        raise ValueError(f"narrowed must have a scaled real, got {chosen['offset']}, {chosen['scaling']}")
    is_clipped = chosen.get("clip") == "rounded" and chosen["range"] in ("full", "type")
    if chosen.get("overflow") == "low_bits" and not is_clipped:
        raise ValueError(f"low bits must have been clipped, got {chosen['clip']}, {chosen['range']}")
    if chosen.get("nan") == "overflow" and chosen["overflow"] in ("saturates", "int32_tail"):
        raise ValueError(f"NaN as overflow must come with a conversion, got {chosen['overflow']}")
    return chosen


@dataclass(frozen=True)
class Grid:
    """The scale as it is stored, the zero point and the codes."""

    scale: float
    stored: str  # the format of scale
    zero_point: int
    qmin: int
    qmax: int


def make_grid(scale: Real, zero_point: int, qmin: int, qmax: int,
              chosen: Mapping[str, str]) -> Grid:  # fmt: skip
    """Check the arguments and store the scale."""
    if not math.isfinite(scale.value) or scale.value <= 0:
        raise ValueError(f"scale must be finite and > 0, got {scale.value}")
    if chosen["validation"] != "computes" and qmin > qmax:
        raise ValueError(f"qmin must be <= qmax, got [{qmin}, {qmax}]")
    if chosen["validation"] == "refuses" and not qmin <= zero_point <= qmax:
        raise ValueError(f"zero_point must lie in [{qmin}, {qmax}], got {zero_point}")
    if chosen["validation"] == "clips_zero_point":
        zero_point = sorted((qmin, zero_point, qmax))[1]
    if chosen.get("range") == "type":
        qmin, qmax = type_of(qmin, qmax)
    name = "float32" if chosen["stored_scale"] == "float32" else scale.format
    stored = arithmetic_of(name, chosen).convert(scale.value)
    return Grid(stored, name, zero_point, qmin, qmax)


def settled(operation: str, choices: Mapping[str, str] | None, scale: Real, zero_point: int, qmin: int,
            qmax: int) -> tuple[dict[str, str], Grid]:  # fmt: skip
    """Return what is the same for every value: all choices, and the grid; remembered."""
    return _settled(operation, tuple((choices or {}).items()), scale, zero_point, qmin, qmax)


@lru_cache(maxsize=1 << 10)
def _settled(operation: str, choices: tuple[tuple[str, str], ...], scale: Real, zero_point: int, qmin: int,
             qmax: int) -> tuple[dict[str, str], Grid]:  # fmt: skip
    chosen = all_choices(operation, dict(choices))
    return chosen, make_grid(scale, zero_point, qmin, qmax, chosen)


def type_of(qmin: int, qmax: int) -> tuple[int, int]:
    """Return the bounds of the narrowest integer type of both codes; themselves where there is none."""
    for bits in (2, 4, 8, 16, 32):
        codes = range(-(2 ** (bits - 1)), 2 ** (bits - 1)) if qmin < 0 else range(2**bits)
        if qmin in codes and qmax in codes:
            return codes[0], codes[-1]
    return qmin, qmax


def arithmetic_of(name: str, chosen: Mapping[str, str]) -> Arithmetic:
    return ARITHMETIC[name, chosen["subnormals"]]


def promoted(a: str, b: str) -> str:
    """Return the narrowest format that holds every number of both."""
    both = FORMATS[a], FORMATS[b]
    precision, exponent = max(f.precision for f in both), min(f.min_exponent for f in both)
    return next(f.name for f in FORMATS.values() if f.precision >= precision and f.min_exponent <= exponent)


def clip(value: float, low: float, high: float) -> float:
    """Return min(max(value, low), high); NaN where one of them is."""
    if math.isnan(value) or math.isnan(low) or math.isnan(high):
        return math.nan
    return min(max(value, low), high)


def reciprocal(grid: Grid, f: Arithmetic, chosen: Mapping[str, str]) -> float:
    """Return 1 / scale, rounded where the choice says, then to the precision of scaling."""
    name = "float64" if chosen["scaling"] == "reciprocal64" else grid.stored
    return f.convert(arithmetic_of(name, chosen).divide(1.0, grid.scale))


def largest(f: Format) -> float:
    """Return the largest finite number of a format."""
    return math.ldexp(2 - 2.0 ** (1 - f.precision), 1 - f.min_exponent)


def whole_real(x: Real, grid: Grid, chosen: Mapping[str, str]) -> float:
    """Return the whole real that becomes the code: scaled, clipped, shifted and rounded."""
    f = arithmetic_of(precision_of_scaling(x, grid, chosen), chosen)
    low, high = grid.qmin - grid.zero_point, grid.qmax - grid.zero_point
    scale = f.convert(grid.scale)
    t = f.convert(x.value)
    if chosen["scaling"] == "levels":
        scale = min(scale, largest(f.format))
        if FORMATS[x.format].min_exponent < f.format.min_exponent and not math.isnan(t):
            t = max(-largest(f.format), min(t, largest(f.format)))
        ends = f.multiply(f.whole(low), scale), f.multiply(f.whole(high), scale)
        level = round_to_whole(level_of(t, ends, f.whole(high - low), f), chosen["rounding"], f)
        return f.add(level, f.whole(low))
    if chosen["clip"] == "reals":
        t = clip(t, f.multiply(f.whole(low), scale), f.multiply(f.whole(high), scale))
    if chosen["offset"] == "fused":
        t = f.fused(t, reciprocal(grid, f, chosen), f.whole(grid.zero_point))
    elif chosen["scaling"] == "divide":
        t = f.divide(t, scale)
    else:
        t = f.multiply(t, reciprocal(grid, f, chosen))
    if chosen["precision"] == "narrowed":
        f = arithmetic_of("float32", chosen)
        t = f.convert(t)
    if chosen["clip"] == "scaled":
        t = clip(t, f.whole(low), f.whole(high))
    if chosen["offset"] == "before":
        t = f.add(t, f.whole(grid.zero_point))
    t = round_to_whole(t, chosen["rounding"], f)
    if chosen["offset"] == "after_real":
        t = f.add(t, f.whole(grid.zero_point))
    if chosen["clip"] == "rounded" and chosen["offset"] == "after":  # zero_point is yet to come
        t = clip(t, f.whole(low), f.whole(high))
    elif chosen["clip"] == "rounded":
        t = clip(t, f.whole(grid.qmin), f.whole(grid.qmax))
    return t


def level_of(x: float, ends: tuple[float, float], last: float, f: Arithmetic) -> float:
    """Return where x lies between the ends, from 0 to the last level."""
    if x <= min(ends):
        return 0.0
    if x > max(ends):
        return last
    part = f.divide(f.add(x, -ends[0]), f.add(ends[1], -ends[0]))
    return f.multiply(part, last)


def precision_of_scaling(x: Real, grid: Grid, chosen: Mapping[str, str]) -> str:
    """Return the name of the format in which x is scaled and rounded."""
    if chosen["precision"] == "scale":
        return grid.stored
    if chosen["precision"] in ("promoted", "narrowed"):
        return promoted(x.format, grid.stored)
    return chosen["precision"]


def quantized(x: Real, grid: Grid, chosen: Mapping[str, str]) -> int:
    """Return the code of a real, computed in the type that the choice says."""
    if chosen["code_type"] == "uint8" and (grid.qmin, grid.qmax) == (-128, 127):
        shifted = Grid(grid.scale, grid.stored, grid.zero_point + 128, 0, 255)
        return code_of(whole_real(x, shifted, chosen), shifted, chosen) - 128
    return code_of(whole_real(x, grid, chosen), grid, chosen)


def wrap(value: int, bits: int) -> int:
    """Return the integer of two's complement with the same low bits."""
    half = 1 << (bits - 1)
    return (value + half) % (2 * half) - half


def converted(t: float, bits: int) -> int:
    """Return what an x86 conversion gives: the lowest integer for NaN and for what does not fit."""
    lowest = -(1 << (bits - 1))
    return int(t) if math.isfinite(t) and lowest <= int(t) <= -lowest - 1 else lowest


def code_of(t: float, grid: Grid, chosen: Mapping[str, str]) -> int:
    """Return the code of a whole real."""
    low = grid.qmin + (chosen["range"] == "narrow_low")
    high = grid.qmax - (chosen["range"] == "narrow_high")
    added = grid.zero_point if chosen["offset"] == "after" else 0
    lone = chosen["overflow"] == "int32_tail" and grid.qmax - grid.qmin in (3, 15)
    if math.isnan(t) and chosen["nan"] != "overflow" and not lone:
        of_nan = {"highest": high, "code_zero": 0, "zero_point": grid.zero_point}
        return min(max(of_nan.get(chosen["nan"], low), low), high)
    if chosen["overflow"] == "saturates" or (chosen["overflow"] == "int32_tail" and not lone):
        if math.isinf(t):
            return min(max(low, high), high) if t > 0 else min(low, high)
        code = int(t) + added
    elif chosen["overflow"] == "int64":
        code = wrap(converted(t, 64) + added, 64)
    else:
        if chosen["overflow"] == "int32_below":
            t = clip(t, -math.inf, 2.0**31 - 128)
        code = wrap(converted(t, 32) + added, 32)
    if chosen["overflow"] == "low_bits":
        low, high = min(low, high), max(low, high)
        if low >= 0 and 128 <= high < 256:
            return code % 256
        return wrap(code, 8 if low >= -128 and high < 128 else 16 if low >= -(2**15) and high < 2**15 else 32)
    return min(max(code, low), high)


def real_of(code: int, grid: Grid, output: str, chosen: Mapping[str, str]) -> float:
    """Return the real value of a code, in the format of the output."""
    names = {"output": output, "scale": grid.stored}
    name, is_cut = chosen["dequantize_precision"].removesuffix("_odd"), output == "bfloat16"
    is_cut &= chosen["dequantize_precision"] == "float32_odd"
    f = arithmetic_of(names.get(name, name), chosen)
    scale, zero_point = f.convert(grid.scale), f.whole(grid.zero_point)
    if chosen["dequantize"] == "ignore":
        y = f.multiply(f.whole(code), scale)
    elif chosen["dequantize"] == "distribute":
        y = f.add(f.multiply(f.whole(code), scale), -f.multiply(zero_point, scale))
    elif chosen["dequantize"] == "fused":
        y = f.fused(f.whole(code), scale, -f.multiply(zero_point, scale))
    else:
        y = f.multiply(steps_from_zero(code, grid, f, output, chosen), scale)
    return arithmetic_of(output, chosen).convert(cut(y) if is_cut else y)


def cut(y: float) -> float:
    """Return a float32 without its 16 low bits: rounded to nearest if the last of the others is 1."""
    if math.isnan(y):
        return y
    (bits,) = struct.unpack("<I", struct.pack("<f", y))
    upper, rest = divmod(bits, 1 << 16)
    upper += upper % 2 == 1 and rest >= 1 << 15
    (found,) = struct.unpack("<f", struct.pack("<I", upper << 16))
    return float(found)


def steps_from_zero(code: int, grid: Grid, f: Arithmetic, output: str,
                    chosen: Mapping[str, str]) -> float:  # fmt: skip
    """Return code - zero_point as a real of the precision."""
    if chosen["subtraction"] in ("real", "output", "float32"):
        names = {"output": output, "float32": "float32"}
        g = arithmetic_of(names[chosen["subtraction"]], chosen) if chosen["subtraction"] in names else f
        return f.convert(g.add(g.whole(code), -g.whole(grid.zero_point)))
    steps = code - grid.zero_point
    return f.whole(wrap(steps, 32) if chosen["subtraction"] == "int32" else steps)


def quantize(x: Real, scale: Real, zero_point: int, qmin: int, qmax: int,
             choices: Mapping[str, str] | None = None) -> int:  # fmt: skip
    """Return the integer code of one real value.

        code = clip(round_half_even(x / scale) + zero_point, qmin, qmax)

    Args:
        x: a real value of any format.
        scale: step size, real units per code; finite, > 0. Its format is the precision of the
            division.
        zero_point: the code of real 0; integer in [qmin, qmax].
        qmin, qmax: first and last code, inclusive; qmin <= qmax.
        choices: axis -> choice, as in oracle/affine_profile.py; a missing axis takes the definition's.

    Returns:
        the code.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: ONNX QuantizeLinear-25, "The quantization formula is `y = saturate((x / y_scale) +
        y_zero_point)`", "For `(x / y_scale)`, it rounds to the nearest even".
    Silent about: NaN; float64.
    """
    chosen, grid = settled("quantize", choices, scale, zero_point, qmin, qmax)
    if chosen["tail"] == "one_by_one":  # one value alone is what every loop leaves over
        chosen = {**chosen, "precision": "float64", "scaling": "divide", "clip": "codes", "offset": "after",
                  "rounding": "half_away"}  # fmt: skip
    return quantized(x, grid, chosen)


def dequantize(code: int, scale: Real, zero_point: int, qmin: int, qmax: int,
               choices: Mapping[str, str] | None = None,
               dtype: str | None = None) -> float:  # fmt: skip
    """Return the real value of one integer code.

        y = (code - zero_point) * scale

    Args:
        code: integer code in [qmin, qmax].
        scale: step size, real units per code; finite, > 0.
        zero_point: the code of real 0; integer in [qmin, qmax].
        qmin, qmax: first and last code, inclusive; qmin <= qmax.
        choices: axis -> choice, as in oracle/affine_profile.py; a missing axis takes the definition's.
        dtype: the format of y and the precision of the multiplication; default: that of scale.

    Returns:
        a number of that format.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: ONNX DequantizeLinear-25, "The dequantization formula is `y = (x - x_zero_point) *
        x_scale`", "The output type also determines the precision of the multiplication operation".
    Silent about: float64.
    """
    if dtype is not None and dtype not in FORMATS:
        raise ValueError(f"dtype must be one of {', '.join(FORMATS)}, got {dtype}")
    chosen, grid = settled("dequantize", choices, scale, zero_point, qmin, qmax)
    if chosen["tail"] == "one_by_one":
        chosen = {**chosen, "subtraction": "exact", "dequantize": "subtract",
                  "dequantize_precision": "float64"}  # fmt: skip
    return real_of(code, grid, dtype or scale.format, chosen)


def fake_quantize(x: Real, scale: Real, zero_point: int, qmin: int, qmax: int,
                  choices: Mapping[str, str] | None = None) -> float:  # fmt: skip
    """Return the real value of the code of one real value.

        y = (clip(round_half_even(x / scale) + zero_point, qmin, qmax) - zero_point) * scale

    Args:
        x: a real value of any format.
        scale: step size, real units per code; finite, > 0.
        zero_point: the code of real 0; integer in [qmin, qmax].
        qmin, qmax: first and last code, inclusive; qmin <= qmax.
        choices: axis -> choice, as in oracle/affine_profile.py; a missing axis takes the definition's.

    Returns:
        a number of the format of x.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: torch.fake_quantize_per_tensor_affine, "output = (min(quant_max, max(quant_min,
        std::nearby_int(input / scale) + zero_point)) - zero_point) * scale".
    Silent about: NaN; the precision of the two operations unless x and scale are float32.
    """
    chosen, grid = settled("fake_quantize", choices, scale, zero_point, qmin, qmax)
    if chosen["nan"] == "propagates" and math.isnan(whole_real(x, grid, chosen)):
        return math.nan
    y = real_of(quantized(x, grid, chosen), grid, x.format, chosen)
    if chosen["zero"] == "kept" and y == 0:
        y = math.copysign(y, x.value)
    f = arithmetic_of(x.format, chosen)
    given = f.convert(x.value)
    if chosen["presentation"] == "difference":
        y = f.add(given, f.add(y, -given))
    if chosen["presentation"] == "sum":
        y = f.add(f.multiply(given, 0.0), y)
    return y


def block_of(index: int, length: int, blocks: int, block_size: int, choice: str = "size") -> int:
    """Return which scale an element has, of so many along an axis.

    Source: ONNX QuantizeLinear-25, "block_size: The size of the quantization block (number of times
        every scale is replicated)".
    """
    if choice == "count":
        block_size = math.ceil(length / blocks)
    replicated = [block for block in range(blocks) for _ in range(block_size)]
    return replicated[index]
