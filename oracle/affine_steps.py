"""The arithmetic of affine quantization, as named steps compiled from numbers and choices.

Semantics are in three parts: `resolve` turns arguments into a `Grid` of numbers, a `Profile` makes
the choices, and `quantize_steps` / `dequantize_steps` compile both to a list of named steps. That one
list evaluates, and explains itself (`python -m oracle quantize 0.3 … --explain`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from oracle.affine_profile import Profile
from oracle.arithmetic import (
    INT32_MAX,
    INT32_MIN,
    INT64_MAX,
    INT64_MIN,
    convert_x86,
    flush,
    fused_multiply_add,
    round_result,
    saturate,
    wrap32,
)  # fmt: skip
from oracle.formats import (
    BFLOAT16,
    FLOAT32,
    FLOAT64,
    FORMATS,
    Array,
    Format,
    carried,
    format_of,
    round_into,
    wider,
)
from oracle.rounding import ROUND

NO_INT32 = 1 << 40
CODES_PER_BYTE = {15: 2, 3: 4}  # by qmax - qmin
BLOCK = 1 << 13  # elements evaluated at a time: input and scratch stay in the cache


@dataclass(frozen=True)
class Grid:
    """The numbers of one quantizer, resolved from its arguments."""

    scale: Array  # 0-d, in the format it is stored in
    stored: Format
    zero_point: int
    qmin: int
    qmax: int
    arithmetic: Format  # of scaling and rounding
    multiplication: Format  # of dequantizing
    output: Format

    def scale_in(self, target: Format, flushed: bool) -> Array:
        return round_result(round_into(self.scale, target), target, flushed)


class Step(NamedTuple):
    """One named step of the arithmetic, on a block of values."""

    name: str
    text: str
    apply: Callable[[Array], Array]


def is_integer(number: Any) -> bool:
    """Return whether a number, or an array of no dimensions, is an integer by type."""
    try:
        operator.index(number)
    except TypeError:
        return False
    return True


def check_arguments(scale: Any, zero_point: int, qmin: int, qmax: int, profile: Profile) -> None:
    """Raise ValueError for arguments outside the operation's domain."""
    if carried(scale).ndim:
        raise ValueError(f"scale must be one number, got shape {carried(scale).shape}")
    format_of(scale)
    value = float(carried(scale)[()])
    for name, number in (("zero_point", zero_point), ("qmin", qmin), ("qmax", qmax)):
        if not is_integer(number):
            raise ValueError(f"{name} must be an integer, got {number}")
    if not np.isfinite(value) or value <= 0:
        raise ValueError(f"scale must be finite and > 0, got {value}")
    if profile.validation != "computes" and qmin > qmax:
        raise ValueError(f"qmin must be <= qmax, got [{qmin}, {qmax}]")
    if profile.validation == "refuses" and not qmin <= zero_point <= qmax:
        raise ValueError(f"zero_point must lie in [{qmin}, {qmax}], got {zero_point}")
    if max(abs(int(qmin)), abs(int(qmax))) > 2**32:
        raise ValueError(f"codes must lie within 2^32 of 0, got [{qmin}, {qmax}]")
    if abs(int(zero_point)) > 2**32:
        raise ValueError(f"zero_point must lie within 2^32 of 0, got {zero_point}")


def resolve(x: Format, scale: Any, zero_point: int, qmin: int, qmax: int, profile: Profile,
            output: Format) -> Grid:  # fmt: skip
    """Turn the arguments of an affine quantizer into the numbers its arithmetic needs."""
    check_arguments(scale, zero_point, qmin, qmax, profile)
    stored = FLOAT32 if profile.stored_scale == "float32" else format_of(scale)
    with np.errstate(over="ignore", under="ignore"):
        value = round_into(carried(scale), stored)
    promoted = wider(x, stored)
    named = {"scale": stored, "promoted": promoted, "narrowed": promoted, "output": output}
    arithmetic = named.get(profile.precision) or FORMATS[profile.precision]
    back = profile.dequantize_precision.removesuffix("_odd")
    multiplication = named.get(back) or FORMATS[back]
    if profile.subnormals == "flushed":
        value = flush(value, stored)
    if profile.validation == "clips_zero_point":
        zero_point = min(max(zero_point, qmin), qmax)
    if profile.range == "type":
        qmin, qmax = whole_type(qmin, qmax)
    return Grid(value, stored, int(zero_point), int(qmin), int(qmax), arithmetic, multiplication, output)


def whole_type(qmin: int, qmax: int) -> tuple[int, int]:
    """Return the bounds of the smallest integer type that holds both codes."""
    for bits in (2, 4, 8, 16, 32):
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if qmin < 0 else (0, (1 << bits) - 1)
        if low <= qmin and qmax <= high:
            return low, high
    return qmin, qmax


def quantize_steps(grid: Grid, profile: Profile) -> Iterator[Step]:
    """The arithmetic from real values to codes, as named steps."""
    if profile.code_type == "uint8" and (grid.qmin, grid.qmax) == (-128, 127):
        unsigned = replace(grid, zero_point=grid.zero_point + 128, qmin=0, qmax=255)
        yield from quantize_steps(unsigned, replace(profile, code_type="given"))
        yield Step("shift", "- 128", lambda c: c - 128)
        return
    yield from real_steps(grid, profile)
    yield from code_steps(grid, profile)


def real_steps(grid: Grid, profile: Profile) -> Iterator[Step]:
    """The way from real values to the whole reals that become codes."""
    f, flushed = grid.arithmetic, profile.subnormals == "flushed"

    def real(value: float) -> Array:
        return round_into(np.full((), value, np.float64), f)

    def rounded(values: Array) -> Array:
        return round_result(values, f, flushed)

    low, high = real(grid.qmin - grid.zero_point), real(grid.qmax - grid.zero_point)
    scale = grid.scale_in(f, flushed)
    if profile.scaling == "levels":
        scale = np.minimum(scale, f.carrier(f.largest))
        yield Step("convert", f"x as {f.name}, saturated", lambda x: rounded(round_into(saturated(x, f), f)))
    else:
        yield Step("convert", f"x as {f.name}", lambda x: rounded(round_into(x, f)))
    if profile.clip == "reals":
        a, b = rounded(low * scale), rounded(high * scale)
        yield Step("clip", f"clip to [{a}, {b}]", lambda t: np.minimum(np.maximum(t, a), b))
    if profile.scaling == "levels":
        yield from level_steps(rounded(low * scale), rounded(high * scale), real(grid.qmax - grid.qmin), f,
                               profile)  # fmt: skip
        yield Step("shift", f"+ {low}", lambda t: rounded(t + low))
        return
    if profile.scaling == "divide":
        yield Step("scale", f"/ {scale}", lambda t: rounded(t / scale))
    else:
        factor = reciprocal(grid, profile)
        if profile.offset != "fused":
            yield Step("scale", f"* {factor}", lambda t: rounded(t * factor))
    narrow = FLOAT32 if profile.precision == "narrowed" else f
    if narrow is not f:
        yield Step("narrow", "to float32", lambda t: round_result(round_into(t, narrow), narrow, flushed))
    if profile.offset == "fused":
        zero_point = real(grid.zero_point)
        yield Step("scale and offset", f"fma(x, {factor}, {zero_point})",
                   lambda t: rounded(fused_multiply_add(t, factor, zero_point, f)))  # fmt: skip
    yield from whole_steps(grid, profile, narrow)


def whole_steps(grid: Grid, profile: Profile, f: Format) -> Iterator[Step]:
    """The way from scaled reals to whole ones: clipping, offset and rounding."""
    flushed = profile.subnormals == "flushed"

    def real(value: float) -> Array:
        return round_into(np.full((), value, np.float64), f)

    def rounded(values: Array) -> Array:
        return round_result(values, f, flushed)

    low, high = real(grid.qmin - grid.zero_point), real(grid.qmax - grid.zero_point)
    zero_point = real(grid.zero_point)
    if profile.clip == "scaled":
        yield Step("clip", f"clip to [{low}, {high}]", lambda t: np.minimum(np.maximum(t, low), high))
    if profile.offset == "before":
        yield Step("offset", f"+ {zero_point}", lambda t: rounded(t + zero_point))
    yield Step("round", profile.rounding, lambda t: ROUND[profile.rounding](t, f))
    if profile.offset == "after_real":
        yield Step("offset", f"+ {zero_point}", lambda t: rounded(t + zero_point))
    if profile.clip == "rounded":
        has_offset = profile.offset != "after"
        a, b = (real(grid.qmin), real(grid.qmax)) if has_offset else (low, high)
        yield Step("clip", f"clip to [{a}, {b}]", lambda t: np.minimum(np.maximum(t, a), b))


def saturated(x: Array, f: Format) -> Array:
    """Return x without what lies beyond a format of fewer exponents: that becomes its largest number."""
    if format_of(x).min_exponent >= f.min_exponent:
        return x
    within: Array = np.clip(x, x.dtype.type(-f.largest), x.dtype.type(f.largest))
    return within


def level_steps(low: Array, high: Array, last: Array, f: Format, profile: Profile) -> Iterator[Step]:
    """The way from real values to whole levels: 0 at the low end of the range, `last` at the high one."""
    flushed = profile.subnormals == "flushed"

    def rounded(values: Array) -> Array:
        return round_result(values, f, flushed)

    def position(x: Array) -> Array:
        part = rounded(rounded(x - low) / rounded(high - low))
        above = np.where(x > np.maximum(low, high), last, rounded(part * last))
        return np.where(x <= np.minimum(low, high), np.zeros_like(last), above)

    yield Step("scale", f"(x - {low}) / ({high} - {low}) * {last}", position)
    yield Step("round", profile.rounding, lambda t: ROUND[profile.rounding](t, f))


def reciprocal(grid: Grid, profile: Profile) -> Array:
    """Return 1/scale as the profile computes it, in the format of the arithmetic."""
    computed = FLOAT64 if profile.scaling == "reciprocal64" else grid.stored
    flushed = profile.subnormals == "flushed"
    inverse = round_result(computed.carrier(1) / grid.scale_in(computed, flushed), computed, flushed)
    return round_result(round_into(np.asarray(inverse), grid.arithmetic), grid.arithmetic, flushed)


def code_steps(grid: Grid, profile: Profile) -> Iterator[Step]:
    """The rest of the way from whole reals to codes: conversion, offset, clipping."""
    low, high = code_range(grid, profile)
    added = grid.zero_point if profile.offset == "after" else 0
    code_of_nan = {"lowest": low, "highest": high, "code_zero": 0, "zero_point": grid.zero_point}
    wraps = profile.overflow.startswith("int32") or profile.overflow == "low_bits"
    wanted = min(max(code_of_nan.get(profile.nan, low), low), high)
    nan = wanted - added
    if wraps and not INT32_MIN <= wanted <= INT32_MAX:
        nan = NO_INT32  # a code that no addition in int32 gives: kept out of it
    yield Step("convert", f"to an integer, overflow {profile.overflow}, NaN {profile.nan}",
               lambda t: to_integer(t, profile, nan, grid))  # fmt: skip
    if added:
        yield Step("offset", f"+ {added}", lambda c: add_wrapping(c, added, wanted) if wraps else c + added)
    if profile.overflow == "low_bits":
        first, bits = code_bits(grid)
        yield Step("keep", f"the low {bits} bits", lambda c: (c - first & (1 << bits) - 1) + first)
    else:
        yield Step("clip", f"clip to [{low}, {high}]", lambda c: np.minimum(np.maximum(c, low), high))


def code_bits(grid: Grid) -> tuple[int, int]:
    """Return the lowest integer and the bits of the first of int8, uint8, int16, int32 to hold all codes."""
    low, high = sorted((grid.qmin, grid.qmax))
    types = ((-(2**7), 8), (0, 8), (-(2**15), 16))
    fitting = ((first, bits) for first, bits in types if first <= low and high < first + (1 << bits))
    return next(fitting, (-(2**31), 32))


def add_wrapping(codes: Array, added: int, code_of_nan: int) -> Array:
    """Return the sum as int32 wraps it, but for a code of NaN that is no int32."""
    return np.where(codes == NO_INT32, code_of_nan, wrap32(codes + added))


def code_range(grid: Grid, profile: Profile) -> tuple[int, int]:
    """Return the first and last code in use."""
    low = grid.qmin + (profile.range == "narrow_low")
    return low, grid.qmax - (profile.range == "narrow_high")


def codes_per_byte(grid: Grid) -> int:
    """Return how many codes share a byte: two of 4 bits, four of 2 bits."""
    return CODES_PER_BYTE.get(grid.qmax - grid.qmin, 1)


def to_integer(t: Array, profile: Profile, nan: int, grid: Grid) -> Array:
    """Convert whole reals to int64 under the profile's overflow and NaN."""
    if profile.overflow == "int32_tail":
        return convert_tail(t, nan, grid)
    is_nan = np.isnan(t)
    if profile.overflow == "saturates":
        codes = saturate(np.where(is_nan, 0, t), -(2**62), 2**62)
    elif profile.overflow == "int64":
        # The lowest int64 plus a zero point would wrap in numpy as on the CPU; clipping hides it
        # unless zero_point < 0, where the sum wraps to the highest, as the CPU's does.
        codes = convert_x86(t, INT64_MIN, INT64_MAX)
    else:
        if profile.overflow == "int32_below":  # 2^31 - 128 is a float32, but no float16
            t = np.minimum(t.astype(np.promote_types(t.dtype, np.float32)), np.float32(INT32_MAX - 127))
        codes = convert_x86(t, INT32_MIN, INT32_MAX)
    return codes if profile.nan == "overflow" else np.where(is_nan, nan, codes)


def convert_tail(t: Array, nan: int, grid: Grid) -> Array:
    """Saturate whole bytes of codes; convert the codes that do not fill one to int32 the x86 way.

    BLOCK is a multiple of the codes in a byte, so that only the last block has such a tail.
    """
    limit = 2**31 - 2**20  # saturated beyond every code, and still far from wrapping
    codes = np.where(np.isnan(t), nan, saturate(np.where(np.isnan(t), 0, t), -limit, limit))
    tail = t.size % codes_per_byte(grid)
    if tail:
        codes[-tail:] = convert_x86(t[-tail:], INT32_MIN, INT32_MAX)
    return codes


def dequantize_steps(grid: Grid, profile: Profile) -> Iterator[Step]:
    """The arithmetic from codes to real values, as named steps."""
    f, flushed = grid.multiplication, profile.subnormals == "flushed"

    def real(codes: Any) -> Array:
        return round_into(np.asarray(codes).astype(np.float64), f)  # |codes| < 2^53: rounded once

    def rounded(values: Array) -> Array:
        return round_result(values, f, flushed)

    scale, zero_point = grid.scale_in(f, flushed), real(grid.zero_point)
    shift = rounded(zero_point * scale)
    if profile.dequantize == "ignore":
        yield Step("scale", f"* {scale}", lambda c: rounded(real(c) * scale))
    elif profile.dequantize == "distribute":
        yield Step("scale", f"* {scale} - {shift}", lambda c: rounded(rounded(real(c) * scale) - shift))
    elif profile.dequantize == "fused":
        yield Step("scale", f"fma(code, {scale}, {-shift})",
                   lambda c: rounded(fused_multiply_add(real(c), scale, -shift, f)))  # fmt: skip
    else:
        subtract: dict[str, Callable[[Array], Array]] = {
            "exact": lambda c: real(c - grid.zero_point),
            "int32": lambda c: real(wrap32(c - grid.zero_point)),
            "real": lambda c: rounded(real(c) - zero_point),
            "output": lambda c: round_into(subtract_in(grid.output, c, grid.zero_point), f),
            "float32": lambda c: round_into(subtract_in(FLOAT32, c, grid.zero_point), f),
        }
        yield Step("offset", f"- {grid.zero_point} ({profile.subtraction})", subtract[profile.subtraction])
        yield Step("scale", f"* {scale}", lambda t: rounded(t * scale))
    if profile.dequantize_precision == "float32_odd" and grid.output is BFLOAT16:
        yield Step("cut", "to its upper half, rounded where that is odd", upper_half)
    yield Step("convert", f"to {grid.output.name}",
               lambda t: round_result(round_into(t, grid.output), grid.output, flushed))  # fmt: skip


def upper_half(t: Array) -> Array:
    """Return float32s with 16 zero low bits: rounded where bit 16 is set, cut off where it is not."""
    bits = t.view(np.uint32)
    rounded: Array = bits + ((bits & np.uint32(1 << 16)) >> np.uint32(1)) & np.uint32(0xFFFF0000)
    return np.where(np.isnan(t), t, rounded.view(np.float32))


def subtract_in(target: Format, codes: Array, zero_point: int) -> Array:
    """Return codes - zero_point, converted to a format and subtracted there."""
    reals, offset = (round_into(np.asarray(v).astype(np.float64), target) for v in (codes, zero_point))
    return round_result(reals - offset, target, flushed=False)


def evaluate(steps: Iterator[Step], values: Array) -> Array:
    """Compile the steps and run them over an array, block by block."""
    flat = np.ascontiguousarray(values).reshape(-1)
    blocks = [flat[i : i + BLOCK] for i in range(0, max(flat.size, 1), BLOCK)]
    results = []
    with np.errstate(all="ignore"):
        compiled = list(steps)
        for block in blocks:
            for step in compiled:
                block = step.apply(block)
            results.append(block)
    together: Array = np.concatenate(results).reshape(values.shape)
    return together


def explain(steps: Iterator[Step], value: Array) -> list[tuple[str, str, str]]:
    """Return (step, what it does, what it gives) for one value."""
    lines = []
    with np.errstate(all="ignore"):
        for step in steps:
            value = step.apply(value)
            lines.append((step.name, step.text, str(value.reshape(-1)[0])))
    return lines
