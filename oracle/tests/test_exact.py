"""The two oracles agree, bit for bit; each is the other's witness."""

# numpy's stubs refuse np.float32([...]), which makes an array.
# mypy: ignore-errors

from __future__ import annotations

import math
import random
import struct
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

from oracle import affine
from oracle.affine_profile import AXES, COMPANIONS, Profile, contradiction
from oracle.arithmetic import fused_multiply_add
from oracle.bfloat16 import Bfloat16
from oracle.definition import compute, single_changes
from oracle.exact import affine as exact
from oracle.exact.numbers import round_to_format
from oracle.formats import (
    BFLOAT16,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    FORMATS,
    Array,
    Format,
    carried,
    format_of,
    round_into,
)
from oracle.thresholds import find_thresholds, from_patterns, last_pattern

INT8, UINT8, NARROW, TWELVE_BITS = (-128, 127), (0, 255), (-127, 127), (-2048, 2047)
INT16 = (-32768, 32767)
CODES = [
    (0, *INT8), (3, *INT8), (-128, *INT8), (127, *INT8), (-77, *INT8),
    (0, *UINT8), (127, *UINT8), (255, *UINT8), (0, *NARROW), (1, 0, 1), (-5, *TWELVE_BITS),
]  # fmt: skip


def scales_of(target: Format) -> list[float]:
    """Powers of two, quotients that end near ties, a subnormal, the smallest, a huge one."""
    smallest = float(from_patterns(np.array([1]), target)[0])
    nominal = [1.0, 2.0**-7, 0.1, 1 / 255, 3.0, 0.7, smallest, 5 * smallest]
    return [float(round_into(np.float64(s), target)) for s in nominal] + [2.0**-target.min_exponent]


def in_format(value: float, target: Format) -> Any:
    """A number as the numpy oracle takes it."""
    held = np.asarray(value, target.carrier)
    return Bfloat16(held) if target is BFLOAT16 else held


def identical(a: Any, b: Any) -> bool:
    """Equal, the sign of zero included; NaN is NaN."""
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b and math.copysign(1, a) == math.copysign(1, b)


def assert_identical(expected: Any, actual: Any, inputs: Any, context: str) -> None:
    """Compare the exact oracle's list with the numpy oracle's array; show the first difference."""
    for x, a, b in zip(inputs, expected, carried(actual).tolist(), strict=True):
        assert identical(a, b), f"exact={a!r}, numpy={b!r} [{context}, input={x!r}]"


def exact_codes(x: Any, target: Format, scale: float, codes: Any, choices: Any = None) -> list[int]:
    step = exact.Real(scale, target.name)
    return [exact.quantize(exact.Real(v, target.name), step, *codes, choices) for v in x.tolist()]


def numbers(target: Format) -> Array:
    """Every number of a 16-bit format, in order."""
    last = last_pattern(target)
    return from_patterns(np.arange(-1 - last, last + 1), target)


@pytest.mark.parametrize("target", [FLOAT16, BFLOAT16], ids=lambda f: f.name)
@pytest.mark.parametrize(("scale", "codes"), [(0.1, (3, *INT8)), (1 / 255, (-5, *INT16))])
def test_definition_on_every_input_of_16_bits(target: Format, scale: float, codes: Any) -> None:
    scale = float(round_into(np.float64(scale), target))
    x = np.concatenate([numbers(target), np.array([np.nan], target.carrier)])
    actual = affine.quantize(in_format(x, target), in_format(scale, target), *codes)
    expected = exact_codes(x, target, scale, codes)
    assert_identical(expected, actual, x, f"{target.name} {scale} {codes}")


@pytest.mark.parametrize("target", [FLOAT16, BFLOAT16], ids=lambda f: f.name)
@pytest.mark.parametrize("codes", CODES, ids=str)
def test_definition_has_the_same_steps_in_16_bits(target: Format, codes: Any) -> None:
    # The exact code never falls as x grows: it is a chain of roundings and each of them is
    # monotone. With the same code on both sides of each of the numpy oracle's steps, and at both
    # infinities, it is the same on all 65,536 patterns.
    x = numbers(target)
    for scale in scales_of(target):
        actual = affine.quantize(in_format(x, target), in_format(scale, target), *codes)
        steps = np.flatnonzero(np.diff(actual))
        at = np.unique(np.concatenate([steps, steps + 1, [0, x.size - 1]]))
        expected = exact_codes(x[at], target, scale, codes)
        assert_identical(expected, actual[at], x[at], f"{target.name} {scale} {codes}")
        assert exact_codes(np.array([np.nan]), target, scale, codes) == [codes[1]]


@pytest.mark.parametrize("codes", CODES[:-1], ids=str)
def test_definition_has_the_same_steps_in_float32(codes: Any) -> None:
    for scale in scales_of(FLOAT32):

        def function(x: Any, scale: float = scale) -> Any:
            return affine.quantize(x, np.float32(scale), *codes)

        first = np.array([n for n, _ in find_thresholds(function, FLOAT32)])
        last = last_pattern(FLOAT32)
        at = np.unique(np.concatenate([first[1:] - 1, first, [last]]))
        x = from_patterns(at, FLOAT32)
        assert_identical(exact_codes(x, FLOAT32, scale, codes), function(x), x, f"{scale} {codes}")


def adversarial(target: Format, scale: float, zero_point: int, qmin: int, qmax: int) -> Array:
    """Inputs next to every kind of edge: ties, bounds, zeros, subnormals, overflows, NaN."""
    picked = sorted({qmin - 1, qmin, qmin + 1, zero_point - 1, zero_point, zero_point + 1,
                     (qmin + qmax) // 2, qmax - 1, qmax, qmax + 1})  # fmt: skip
    halves = [(code - zero_point + half) * scale for code in picked for half in (0, 0.5)]
    halves += [(code + 0.5) * scale for code in (qmin, -1, 0, qmax)]
    limits = [2.0**31 * scale, (2.0**31 - 128) * scale, 2.0**63 * scale, target.smallest_normal]
    with np.errstate(over="ignore"):
        x = round_into(np.array([*halves, *limits, *(-v for v in limits)]), target)
    if target is FLOAT64:
        near = np.concatenate([np.nextafter(x, -np.inf), x, np.nextafter(x, np.inf)])
        edges = [5e-324, np.finfo(np.float64).max]
    else:
        last = last_pattern(target)
        held = x.view({2: np.uint16, 4: np.uint32}[x.itemsize]).astype(np.int64)
        held >>= 16 if target is BFLOAT16 else 0
        top = 1 << (31 if target is FLOAT32 else 15)
        patterns = np.where(held < top, held, top - 1 - held)
        near = np.concatenate([patterns - 1, patterns, patterns + 1])
        near = from_patterns(np.unique(np.clip(near, -1 - last, last)), target)
        edges = from_patterns(np.array([1, last - 1]), target).tolist()
    special = [0.0, *edges, np.inf]
    extra = np.array([*special, *(-v for v in special), np.nan], target.carrier)
    return np.concatenate([near.astype(target.carrier), extra])


PARAMETERS = [(0.1, 3, *INT8), (1.0, 127, *UINT8), (1e-6, -5, -8, 7), (0.5, 0, -299, 299), (0.7, 9, 0, 65535)]
PAIRS = [  # formats of x and scale
    (FLOAT16, FLOAT16), (BFLOAT16, BFLOAT16), (FLOAT32, FLOAT32), (FLOAT64, FLOAT64),
    (FLOAT16, FLOAT32), (FLOAT32, FLOAT16), (FLOAT16, BFLOAT16),
]  # fmt: skip


def assert_oracles_agree(
    operation: str, profile: Profile, x_format: Format, scale_format: Format, parameters: Any
) -> None:
    """Ask both oracles about adversarial inputs of one operation, under one profile."""
    nominal, *codes = parameters
    scale = float(round_into(np.float64(nominal), scale_format))
    choices = {axis: getattr(profile, axis) for axis in AXES[operation]}
    held, step = in_format(scale, scale_format), exact.Real(scale, scale_format.name)
    context = f"{operation} {choices} {x_format.name} scale={scale_format.name} {scale} {codes}"
    if operation == "dequantize":
        zero_point, qmin, qmax = codes
        x = np.array(sorted({qmin, qmin + 1, -1, 0, 1, zero_point, zero_point + 1, qmax - 1, qmax}))
        pieces = np.array_split(x, x.size) if profile.tail != "alike" else [x]
        parts = [affine.dequantize(piece, held, *codes, x_format.name, profile=profile) for piece in pieces]
        actual = in_format(np.concatenate([carried(part) for part in parts]), x_format)
        expected = [exact.dequantize(c, step, *codes, choices, x_format.name) for c in x.tolist()]
    else:
        x = adversarial(x_format, scale, *codes)
        # The exact oracle knows one value at a time: a tail, where codes share a byte, is a vector of one.
        has_tail = profile.overflow == "int32_tail" and codes[2] - codes[1] in (3, 15)
        has_tail |= profile.tail != "alike"
        pieces = np.array_split(x, x.size) if has_tail else [x]
        function = getattr(affine, operation)
        answers = [function(in_format(piece, x_format), held, *codes, profile=profile) for piece in pieces]
        joined = np.concatenate([carried(answer) for answer in answers])
        actual = in_format(joined, x_format) if operation == "fake_quantize" else joined
        ask = getattr(exact, operation)
        expected = [ask(exact.Real(v, x_format.name), step, *codes, choices) for v in x.tolist()]
    assert_identical(expected, actual, x.tolist(), context)


@pytest.mark.parametrize(
    ("operation", "profile"),
    [
        pytest.param(operation, profile, id=f"{operation}-{axis}-{choice}")
        for operation in AXES
        for axis, choice, profile in [("", "definition", Profile()), *single_changes(operation)]
    ],
)
def test_every_choice(operation: str, profile: Profile) -> None:
    for number, formats in enumerate(PAIRS):
        for parameters in PARAMETERS if number < 4 else PARAMETERS[:1]:
            assert_oracles_agree(operation, profile, *formats, parameters)


def some_profiles(count: int) -> Iterator[tuple[str, Profile, tuple[Format, Format], Any]]:
    """Profiles with several choices at once, the same ones in each run."""
    draw = random.Random(20)
    while count:
        operation = draw.choice(list(AXES))
        axes = AXES[operation]
        some = draw.sample(list(axes), draw.randint(2, len(axes)))
        profile = replace(Profile(), **{axis: draw.choice(axes[axis]) for axis in some})
        if contradiction(profile) is None:
            count -= 1
            yield operation, profile, draw.choice(PAIRS), draw.choice(PARAMETERS)


def test_choices_together() -> None:
    for operation, profile, formats, parameters in some_profiles(200):
        assert_oracles_agree(operation, profile, *formats, parameters)


def with_overflow(overflow: str, **others: str) -> Profile:
    """A profile with an overflow, and what that brings along."""
    return Profile(overflow=overflow, **others, **COMPANIONS.get(("overflow", overflow), {}))


POSSIBLE = [
    (overflow, scaling)
    for overflow, scaling in product(AXES["quantize"]["overflow"], AXES["quantize"]["scaling"])
    if contradiction(with_overflow(overflow, scaling=scaling)) is None
]


@pytest.mark.parametrize(("overflow", "scaling"), POSSIBLE)
@pytest.mark.parametrize("scale", [1e-30, 2.0**-149, 1e30])
@pytest.mark.parametrize("subnormals", AXES["quantize"]["subnormals"])
def test_scales_whose_reciprocal_or_product_leaves_the_format(
    overflow: str, scale: float, subnormals: str, scaling: str
) -> None:
    profile = with_overflow(overflow, subnormals=subnormals, scaling=scaling)
    for target in (FLOAT32, BFLOAT16):
        if round_into(np.float64(scale), target) > 0:
            for operation in AXES:
                assert_oracles_agree(operation, profile, target, target, (scale, 3, *INT8))


@pytest.mark.parametrize("subtraction", AXES["dequantize"]["subtraction"])
@pytest.mark.parametrize("target", [FLOAT16, BFLOAT16, FLOAT32, FLOAT64], ids=lambda f: f.name)
def test_differences_of_large_codes(target: Format, subtraction: str) -> None:
    profile = Profile(subtraction=subtraction)
    int32 = -(2**31), 2**31 - 1
    for codes in [(int32[1], *int32), (int32[0], *int32), (2**32, 0, 2**32),
                  (32767, *INT16), (-32768, *INT16), (1001, *INT16)]:  # fmt: skip
        for scale_format in (target, FLOAT32):
            assert_oracles_agree("dequantize", profile, target, scale_format, (0.1, *codes))
            assert_oracles_agree("fake_quantize", profile, target, scale_format, (0.1, *codes))


@pytest.mark.parametrize("validation", AXES["quantize"]["validation"][1:])
@pytest.mark.parametrize("zero_point", [-129, 128, 300])
@pytest.mark.parametrize("operation", AXES)
def test_zero_points_outside_the_range(operation: str, zero_point: int, validation: str) -> None:
    for overflow in ("saturates", "int32") if operation != "dequantize" else ("saturates",):
        profile = Profile(validation=validation, overflow=overflow)
        assert_oracles_agree(operation, profile, FLOAT32, FLOAT32, (0.1, zero_point, *INT8))


@pytest.mark.parametrize("subnormals", AXES["quantize"]["subnormals"])
@pytest.mark.parametrize(
    ("operation", "choices", "scale_format", "scale"),
    [
        ("quantize", {"scaling": "reciprocal64"}, FLOAT32, 3e38),  # 1 / scale is subnormal
        ("quantize", {"scaling": "reciprocal"}, FLOAT32, 3e38),
        ("quantize", {"scaling": "reciprocal", "precision": "float32"}, FLOAT64, 3e38),
        ("quantize", {"precision": "float32"}, FLOAT64, 1e-40),  # scale becomes subnormal
        ("quantize", {"clip": "reals"}, FLOAT32, 1e-39),
        ("dequantize", {"dequantize_precision": "float32"}, FLOAT64, 1e-40),
        ("dequantize", {"dequantize_precision": "scale"}, FLOAT64, 1e-40),  # y becomes subnormal
        ("fake_quantize", {"dequantize_precision": "float64"}, FLOAT32, 2e-38),
        ("fake_quantize", {"presentation": "difference"}, FLOAT32, 2e-38),
        ("fake_quantize", {"presentation": "sum", "zero": "kept"}, FLOAT32, 2e-38),
    ],
)
def test_subnormal_intermediates(
    operation: str, choices: Any, scale_format: Format, scale: float, subnormals: str
) -> None:
    profile = Profile(subnormals=subnormals, **choices)
    assert_oracles_agree(operation, profile, FLOAT32, scale_format, (scale, 3, *INT8))


def near_ties(target: Format, count: int) -> Array:
    """x, k, z of a format: products of p or p + 1 bits, many of them ties, plus a tiny addend."""
    random_source = np.random.default_rng(4)
    p, lowest = target.precision, target.min_exponent - target.precision + 1
    bits = random_source.integers(1, p + 1, count)
    odd = [
        (random_source.integers(0, 1 << 62, count) % (1 << b) | 1 | (1 << (b - 1))).astype(float)
        for b in (bits, p + 1 - bits)
    ]
    spread = -target.min_exponent // 2
    x = np.ldexp(odd[0], random_source.integers(-spread - p // 2, spread - p, count))
    k = np.ldexp(odd[1], random_source.integers(-spread - p // 2, spread - p, count))
    product = np.frexp(x * k)[1]
    z = np.ldexp(1.0, np.maximum(lowest, product - random_source.integers(p, 80, count)))
    signs = random_source.choice([-1.0, 1.0], (3, count))
    values = np.stack([x, k, z]) * signs
    values[2, ::50] = 0.0
    held = round_into(values, target)
    assert np.array_equal(held.astype(np.float64), values)  # they are numbers of the format
    return held


@pytest.mark.parametrize(
    ("target", "wide"),
    [(FLOAT16, np.float32), (BFLOAT16, np.float64), (FLOAT32, np.float64)],
    ids=["float16", "bfloat16", "float32"],
)
def test_fused_multiply_add_rounds_once(target: Format, wide: Any) -> None:
    x, k, z = near_ties(target, 21_000)
    arithmetic = exact.Arithmetic(exact.FORMATS[target.name], flushed=False)
    inputs = list(zip(x.tolist(), k.tolist(), z.tolist(), strict=True))
    expected = [arithmetic.fused(*each) for each in inputs]
    actual = fused_multiply_add(x, k, z, target)
    assert_identical(expected, actual, inputs, target.name)
    # The inputs are hard: computing in the wider format and rounding again is wrong on some.
    with np.errstate(over="ignore", under="ignore"):
        naive = round_into(x.astype(wide) * k.astype(wide) + z.astype(wide), target)
    assert np.count_nonzero(naive != actual) > 100


def test_fused_multiply_add_in_float64() -> None:
    arithmetic = exact.Arithmetic(exact.FORMATS["float64"], flushed=False)
    large = 1.5e308
    special = [(large, large, -math.inf), (large, large, -large), (-0.0, 1.0, -0.0),
               (3.0, 2.0, -6.0),
               (math.inf, 0.0, 1.0), (math.inf, 1.0, -math.inf), (1e-300, -1e-300, 0.0),
               (1 + 2.0**-52, 1 - 2.0**-52, -1.0)]  # fmt: skip
    x, k, z = np.array(special).T
    expected = [arithmetic.fused(*each) for each in special]
    with np.errstate(all="ignore"):
        assert_identical(expected, fused_multiply_add(x, k, z, FLOAT64), special, "float64")


@pytest.mark.parametrize("target", [FLOAT16, BFLOAT16], ids=lambda f: f.name)
def test_round_into_from_float64_rounds_once(target: Format) -> None:
    finite = numbers(target)[1:-1:3].astype(np.float64)
    above = from_patterns(np.arange(-last_pattern(target), last_pattern(target), 3) + 1, target)
    with np.errstate(over="ignore"):
        ties = (finite + above.astype(np.float64)) / 2  # exact: one bit more than the format has
    to_inf = 2.0 ** (1 - target.min_exponent) * (2 - 2.0**-target.precision)
    ties = np.concatenate([ties[np.isfinite(ties)], [to_inf, -to_inf]])
    near = [np.nextafter(ties, -np.inf), ties, np.nextafter(ties, np.inf)]
    x = np.concatenate([*near, [5e-324, -5e-324, 1e308, -1e308]])
    expected = [round_to_format(Fraction(v), exact.FORMATS[target.name]) for v in x.tolist()]
    with np.errstate(over="ignore"):
        assert_identical(expected, round_into(x, target), x, target.name)
        special = np.array([np.nan, np.inf, -np.inf, -0.0])
        assert_identical(special.tolist(), round_into(special, target), special, target.name)


@pytest.mark.parametrize(("name", "letter"), [("float16", "e"), ("float32", "f")])
def test_round_to_format_against_the_interpreter(name: str, letter: str) -> None:
    target = exact.FORMATS[name]
    draw = random.Random(7)
    for _ in range(5000):
        quantum = 2.0 ** (draw.randint(target.min_exponent - 3, 12) - target.precision)
        x = draw.randint(-(2 ** (target.precision + 3)), 2 ** (target.precision + 3)) * quantum
        packed = struct.unpack("<" + letter, struct.pack("<" + letter, x))[0]
        assert identical(round_to_format(Fraction(x), target), packed if x else 0.0), x


def test_round_to_format_by_hand() -> None:
    rounded = round_to_format
    half, single = exact.FORMATS["float16"], exact.FORMATS["float32"]
    assert rounded(Fraction(2049), half) == 2048  # a tie: the even one
    assert rounded(Fraction(2051), half) == 2052
    assert rounded(Fraction(65519), half) == 65504
    assert rounded(Fraction(65520), half) == math.inf
    assert rounded(Fraction(-65520), half) == -math.inf
    assert rounded(Fraction(1, 2**25), half) == 0.0
    assert rounded(Fraction(3, 2**26), half) == 2.0**-24
    assert math.copysign(1, rounded(Fraction(-1, 2**200), single)) == -1
    assert rounded(Fraction(1, 10), single) == struct.unpack("<f", struct.pack("<f", 0.1))[0]
    assert rounded(Fraction(1, 3), exact.FORMATS["float64"]) == 1 / 3


def test_both_oracles_have_the_same_axes_and_choices() -> None:
    assert exact.CHOICES == AXES


@pytest.mark.parametrize("name", FORMATS)
def test_both_oracles_have_the_same_formats(name: str) -> None:
    mine, theirs = exact.FORMATS[name], FORMATS[name]
    assert (mine.name, mine.precision, mine.min_exponent) == (
        theirs.name, theirs.precision, theirs.min_exponent)  # fmt: skip


@pytest.mark.parametrize(
    ("scale", "codes", "says"),
    [
        (0.0, (0, -128, 127), "scale must be finite and > 0, got 0.0"),
        (-1.0, (0, -128, 127), "scale must be finite and > 0, got -1.0"),
        (math.inf, (0, -128, 127), "scale must be finite and > 0, got inf"),
        (math.nan, (0, -128, 127), "scale must be finite and > 0, got nan"),
        (1.0, (0, 7, -8), "qmin must be <= qmax, got [7, -8]"),
        (1.0, (128, -128, 127), "zero_point must lie in [-128, 127], got 128"),
    ],
)
def test_both_oracles_refuse_the_same_arguments(scale: float, codes: Any, says: str) -> None:
    for operation, value, number in (
        ("quantize", np.float32(1), exact.Real(1.0, "float32")),
        ("dequantize", 1, 1),
        ("fake_quantize", np.float32(1), exact.Real(1.0, "float32")),
    ):
        with pytest.raises(ValueError) as ours:
            getattr(exact, operation)(number, exact.Real(scale, "float32"), *codes)
        with pytest.raises(ValueError) as theirs:
            getattr(affine, operation)(value, np.float32(scale), *codes)
        assert str(ours.value) == str(theirs.value) == says


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"colour": "red"}, "an axis of quantize must be one of .*, got colour"),
        ({"zero": "kept"}, "an axis of quantize must be one of .*, got zero"),
        ({"nan": "propagates"}, "nan must be one of lowest, .*, got propagates"),
        ({"offset": "fused"}, "must come with a factor, got scaling divide"),
        ({"offset": "fused", "scaling": "reciprocal", "clip": "scaled"}, "got clip scaled"),
        ({"nan": "overflow"}, "must come with a conversion, got saturates"),
    ],
)
def test_exact_refuses_choices(choices: Any, says: str) -> None:
    one = exact.Real(1.0, "float32")
    with pytest.raises(ValueError, match=says):
        exact.quantize(one, one, 0, *INT8, choices)


def test_a_real_is_a_number_of_its_format() -> None:
    with pytest.raises(ValueError, match="value must be a float16, got 0.1"):
        exact.Real(0.1, "float16")
    with pytest.raises(ValueError, match="format must be one of float16, .*, got float8"):
        exact.Real(1.0, "float8")
    assert math.isnan(exact.Real(math.nan, "bfloat16").value)


@pytest.mark.parametrize("nan", [c for c in AXES["quantize"]["nan"] if c != "overflow"])
@pytest.mark.parametrize("overflow", ["int32", "int32_below", "int64"])
def test_nan_becomes_a_code_that_int32_cannot_hold(overflow: str, nan: str) -> None:
    for zero_point in (0, 3, 2**31, 2**32 - 1):
        parameters = (0.1, zero_point, 0, 2**32 - 1)
        for operation in ("quantize", "fake_quantize"):
            profile = Profile(overflow=overflow, nan=nan)
            assert_oracles_agree(operation, profile, FLOAT32, FLOAT32, parameters)


def own_place(place: tuple[int, ...], arguments: Any, shape: tuple[int, ...], blocks: str) -> Any:
    """Return where the scale of an element lies: in its channel, or in its block."""
    axis = arguments["axis"]
    if "block_size" not in arguments:
        return place[axis]
    found, count = list(place), arguments["scale"].shape[axis]
    found[axis] = exact.block_of(place[axis], shape[axis], count, arguments["block_size"], blocks)
    return tuple(found)


def assert_channels_agree(operation: str, arguments: Any, blocks: str = "size") -> None:
    """Ask the exact oracle about each value with the scale and the zero point of its own channel."""
    vector, scale = arguments["code" if operation == "dequantize" else "x"], arguments["scale"]
    values = carried(vector)
    try:
        actual = compute(operation, arguments, Profile(blocks=blocks))["value"]
    except ValueError as refusal:
        assert "axis must" in str(refusal) or "must have shape" in str(refusal)
        return
    expected = []
    for place in np.ndindex(values.shape):
        own = own_place(place, arguments, values.shape, blocks)
        step = exact.Real(float(carried(scale)[own]), format_of(scale).name)
        codes = int(arguments["zero_point"][own]), arguments["qmin"], arguments["qmax"]
        if operation == "dequantize":
            expected.append(exact.dequantize(int(values[place]), step, *codes, None, arguments.get("dtype")))
        else:
            x = exact.Real(float(values[place]), format_of(vector).name)
            expected.append(getattr(exact, operation)(x, step, *codes))
    assert carried(actual).shape == values.shape
    assert_identical(expected, carried(actual).reshape(-1), values.reshape(-1).tolist(), operation)


@pytest.mark.parametrize("operation", AXES)
def test_each_channel_has_its_own_arithmetic(operation: str) -> None:
    for axis, shape in ((0, (2, 3, 4)), (1, (3, 2, 4)), (-1, (3, 4, 2)), (-3, (2, 4, 3)), (0, (2,))):
        values = np.linspace(-2, 2, math.prod(shape)).reshape(shape)
        name = "code" if operation == "dequantize" else "x"
        arguments = {name: (values * 50).astype(np.int8) if name == "code" else values.astype(np.float32),
                     "scale": np.float32([0.1, 0.07]), "zero_point": np.int32([3, -100]),
                     "qmin": -128, "qmax": 127, "axis": axis}  # fmt: skip
        assert_channels_agree(operation, arguments)


def test_definition_on_every_case() -> None:
    """What the report calls the definition's answer is the exact oracle's too, case by case."""
    from cases.case import all_cases
    from oracle.definition import is_undefined

    for case in all_cases().values():
        if case.operation not in AXES or is_undefined(case.operation, case.arguments):
            continue
        arguments = dict(case.arguments)
        vector, scale = arguments.pop(case.vector), arguments.pop("scale")
        dtype = arguments.pop("dtype", None)
        if arguments.get("axis") is not None:
            assert_channels_agree(case.operation, case.arguments)
            if "block_size" in arguments:
                assert_channels_agree(case.operation, case.arguments, "count")
            continue
        flat = carried(vector).reshape(-1)[:: carried(vector).size // 400 + 1]
        step = exact.Real(float(carried(scale)), format_of(scale).name)
        codes = (arguments["zero_point"], arguments["qmin"], arguments["qmax"])
        try:
            if case.operation == "dequantize":
                actual = affine.dequantize(flat, scale, *codes, dtype)
                expected = [exact.dequantize(int(c), step, *codes, None, dtype or step.format) for c in flat]
            else:
                held = in_format(flat, format_of(vector))
                actual = getattr(affine, case.operation)(held, scale, *codes)
                ask, name = getattr(exact, case.operation), format_of(vector).name
                expected = [ask(exact.Real(float(v), name), step, *codes) for v in flat]
        except ValueError as refusal:
            with pytest.raises(ValueError, match=str(refusal).split(",")[0].split(" ")[0]):
                exact.quantize(exact.Real(0.0, "float32"), step, *codes)
            continue
        assert_identical(expected, actual, flat.tolist(), case.id)
