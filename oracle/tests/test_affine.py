"""Affine quantization: shapes, blocks, scalars, refusals and explanations."""

# numpy's stubs refuse np.float32([...]), which makes an array.
# mypy: ignore-errors

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from oracle import affine, affine_steps
from oracle.affine import dequantize, fake_quantize, quantize
from oracle.affine_profile import AXES, Profile, check_profile
from oracle.affine_steps import explain
from oracle.bfloat16 import Bfloat16
from oracle.definition import make_profile
from oracle.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, Format, carried

INT8 = (0, -128, 127)
SCALE = np.float32(0.1)
DTYPES = [np.float16, np.float32, np.float64]
PROFILES = [
    Profile(),
    Profile(scaling="reciprocal", offset="fused", dequantize="fused", nan="highest"),
    Profile(clip="reals", overflow="int32", zero="kept", presentation="difference"),
    Profile(subnormals="flushed", precision="float64", presentation="sum", nan="zero_point"),
]


def equal(a: Any, b: Any) -> bool:
    """Same dtype, shape and bits."""
    a, b = carried(a), carried(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 16, 33])
@pytest.mark.parametrize("profile", PROFILES, ids=range(len(PROFILES)))
@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32", "float64"])
def test_blocks_do_not_change_the_result(
    monkeypatch: pytest.MonkeyPatch, kind: str, profile: Profile, size: int
) -> None:
    x = np.linspace(-20, 20, size).astype(np.float32)
    x = Bfloat16(np.trunc(x)) if kind == "bfloat16" else x.astype(kind)
    whole = quantize(x, SCALE, *INT8, profile=profile), fake_quantize(x, SCALE, *INT8, profile=profile)
    monkeypatch.setattr(affine_steps, "BLOCK", 8)
    blocks = quantize(x, SCALE, *INT8, profile=profile), fake_quantize(x, SCALE, *INT8, profile=profile)
    assert equal(whole[0], blocks[0])
    assert equal(whole[1], blocks[1])


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0, 3), (2, 3, 4), (1, 1, 1, 5)], ids=str)
@pytest.mark.parametrize("profile", PROFILES, ids=range(len(PROFILES)))
def test_shapes_and_types(shape: tuple[int, ...], profile: Profile) -> None:
    x = np.asarray(np.arange(np.prod(shape, dtype=int)).reshape(shape) / 7, np.float32)
    for dtype in DTYPES:
        codes = quantize(x.astype(dtype), SCALE, *INT8, profile=profile)
        assert isinstance(codes, np.ndarray)
        assert (codes.shape, codes.dtype) == (shape, np.int64)
        y = fake_quantize(x.astype(dtype), SCALE, *INT8, profile=profile)
        assert isinstance(y, np.ndarray)
        assert (y.shape, y.dtype) == (shape, dtype)
    y = fake_quantize(Bfloat16(np.asarray(np.trunc(x))), SCALE, *INT8, profile=profile)
    assert isinstance(y, Bfloat16)
    assert y.values.shape == shape
    assert dequantize(codes, SCALE, *INT8, profile=profile).shape == shape


def test_a_block_boundary_inside_an_array() -> None:
    x = np.linspace(-20, 20, affine_steps.BLOCK + 3, dtype=np.float32)
    codes = quantize(x, SCALE, *INT8)
    assert np.array_equal(codes[-5:], quantize(x[-5:], SCALE, *INT8))
    assert np.array_equal(codes[:5], quantize(x[:5], SCALE, *INT8))


def test_strided_input_is_read_in_order_and_left_alone() -> None:
    x = np.arange(24, dtype=np.float32).reshape(4, 6) / 7
    copy = x.copy()
    for view in (x.T, x[::2, ::-1], x[:, 1]):
        assert equal(quantize(view, SCALE, *INT8), quantize(view.copy(), SCALE, *INT8))
        assert equal(fake_quantize(view, SCALE, *INT8), fake_quantize(view.copy(), SCALE, *INT8))
    assert equal(x, copy)


@pytest.mark.parametrize("x", [0.37, np.float64(0.37), np.array(0.37), np.float32(0.37)])
def test_scalars(x: Any) -> None:
    codes = quantize(x, SCALE, *INT8)
    assert codes.shape == ()
    assert codes == 4


def test_a_scale_may_be_a_python_float_a_scalar_or_an_array_of_no_dimensions() -> None:
    x = np.linspace(-1, 1, 9, dtype=np.float32)
    assert equal(quantize(x, 0.1, *INT8), quantize(x, np.float64(0.1), *INT8))
    assert equal(quantize(x, SCALE, *INT8), quantize(x, np.array(SCALE), *INT8))
    half = Bfloat16(np.array(0.5, np.float32))
    assert equal(quantize(x, half, *INT8), quantize(x, np.float32(0.5), *INT8))


def test_integers_may_be_numpy_integers() -> None:
    x = np.linspace(-1, 1, 9, dtype=np.float32)
    expected = quantize(x, SCALE, 3, 0, 255)
    assert equal(expected, quantize(x, SCALE, np.uint8(3), np.uint8(0), np.uint8(255)))
    assert equal(expected, quantize(x, SCALE, np.array(3), np.int64(0), np.int64(255)))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64])
def test_codes_of_every_integer_type(dtype: Any) -> None:
    y = dequantize(np.array([0, 1, 127], dtype), SCALE, 1, 0, 127)
    assert equal(y, np.float32([-1, 0, 126]) * SCALE)


@pytest.mark.parametrize(("name", "kind"), [("float16", np.float16), ("float64", np.float64)])
def test_the_dtype_of_dequantize(name: str, kind: Any) -> None:
    assert dequantize(np.int8([1]), SCALE, *INT8, name).dtype == kind
    assert isinstance(dequantize(np.int8([1]), SCALE, *INT8, "bfloat16"), Bfloat16)


OUTSIDE = [
    ({"scale": np.float32(0)}, "scale must be finite and > 0, got 0.0"),
    ({"scale": np.float32(-0.5)}, "scale must be finite and > 0, got -0.5"),
    ({"scale": np.float32(np.inf)}, "scale must be finite and > 0, got inf"),
    ({"scale": np.float32(np.nan)}, "scale must be finite and > 0, got nan"),
    ({"scale": np.float32([0.1])}, "scale must be one number, got shape (1,)"),
    ({"scale": np.float32([0.1, 0.2])}, "scale must be one number, got shape (2,)"),
    ({"scale": 1}, "reals must be float16, bfloat16, float32 or float64, got int64"),
    ({"scale": "0.1"}, "reals must be float16, bfloat16, float32 or float64, got str"),
    ({"qmin": 7, "qmax": -8}, "qmin must be <= qmax, got [7, -8]"),
    ({"zero_point": 128}, "zero_point must lie in [-128, 127], got 128"),
    ({"zero_point": -129}, "zero_point must lie in [-128, 127], got -129"),
    ({"zero_point": 1.5}, "zero_point must be an integer, got 1.5"),
    ({"zero_point": np.array([1, 2])}, "zero_point must be an integer, got [1 2]"),
    ({"qmin": -128.0}, "qmin must be an integer, got -128.0"),
    ({"qmax": 2**32 + 1}, "codes must lie within 2^32 of 0, got [-128, 4294967297]"),
    (
        {"zero_point": 2**40, "profile": Profile(validation="computes")},
        "zero_point must lie within 2^32 of 0, got 1099511627776",
    ),
]


@pytest.mark.parametrize(("change", "says"), OUTSIDE, ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize("operation", AXES)
def test_refused_arguments(operation: str, change: Any, says: str) -> None:
    first = np.int8([1]) if operation == "dequantize" else np.float32([1])
    arguments = {"scale": SCALE, "zero_point": 0, "qmin": -128, "qmax": 127, **change}
    with pytest.raises(ValueError, match=re.escape(says)):
        getattr(affine, operation)(first, **arguments)


def test_refused_inputs() -> None:
    with pytest.raises(ValueError, match="reals must be float16, .*, got int64"):
        quantize(np.array([1]), SCALE, *INT8)
    with pytest.raises(ValueError, match="codes must be integers, got float32"):
        dequantize(np.float32([1]), SCALE, *INT8)
    with pytest.raises(ValueError, match="dtype must be one of float16, .*, got int8"):
        dequantize(np.int8([1]), SCALE, *INT8, "int8")


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"nan": "propagates"}, "nan must be one of lowest, .*, got propagates"),
        ({"rounding": "up"}, "rounding must be one of half_even, .*, got up"),
        ({"offset": "fused"}, "scaling must not be divide, got"),
        ({"offset": "fused", "scaling": "reciprocal", "clip": "scaled"}, "clip must not be scaled"),
        ({"nan": "overflow"}, "overflow must not be saturates"),
        ({"colour": "red"}, "an axis of quantize must be one of validation, .*, got colour"),
    ],
)
def test_refused_profiles(choices: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make_profile("quantize", choices)


def test_a_profile_is_checked_before_it_computes() -> None:
    with pytest.raises(ValueError, match="rounding must be one of"):
        quantize(np.float32([1]), SCALE, *INT8, profile=Profile(rounding="up"))
    check_profile("dequantize", Profile(rounding="up"))  # an axis that dequantize does not have


def test_an_axis_and_its_parameters_are_checked() -> None:
    x, zero_points = np.zeros((2, 3), np.float32), np.zeros(2, np.int32)
    with pytest.raises(ValueError, match=r"axis must lie in \[-2, 1\], got 2"):
        quantize(x, np.float32([1, 1]), zero_points, -128, 127, axis=2)
    with pytest.raises(ValueError, match=r"scale must have shape \(3,\), one for each channel, got \(2,\)"):
        quantize(x, np.float32([1, 1]), zero_points, -128, 127, axis=1)
    with pytest.raises(ValueError, match="zero_point must be integers, got float32"):
        fake_quantize(x, np.float32([1, 1]), zero_points.astype(np.float32), -128, 127, axis=0)


def test_blocks_and_their_parameters_are_checked() -> None:
    x, scale, zero_points = (
        np.zeros((2, 3), np.float32),
        np.ones((2, 2), np.float32),
        np.zeros((2, 2), np.int32),
    )
    assert quantize(x, scale, zero_points, -128, 127, axis=1, block_size=2).shape == (2, 3)
    with pytest.raises(ValueError, match=r"scale must have shape \(2, 1\), one for each block, got \(2, 2\)"):
        quantize(x, scale, zero_points, -128, 127, axis=1, block_size=3)
    with pytest.raises(ValueError, match="block_size must be >= 1, got 0"):
        dequantize(x.astype(np.int8), scale, zero_points, -128, 127, axis=1, block_size=0)
    with pytest.raises(ValueError, match=r"axis must lie in \[-2, 1\], got 2"):
        quantize(x, scale, zero_points, -128, 127, axis=2, block_size=2)
    with pytest.raises(ValueError, match="blocks must lie along an axis, got block_size 2 without one"):
        quantize(x, scale, zero_points, -128, 127, block_size=2)


def test_codes_that_are_computed_with_where_they_are_not_refused() -> None:
    computes = Profile(validation="computes")
    x = np.float32([-100, 0, 100])
    assert quantize(x, np.float32(1), 0, 7, -8, profile=computes).tolist() == [-8, -8, -8]
    assert quantize(x, np.float32(1), 200, 0, 127, profile=computes).tolist() == [100, 127, 127]


@pytest.mark.parametrize("target", [FLOAT16, BFLOAT16, FLOAT32, FLOAT64], ids=lambda f: f.name)
def test_nothing_warns(target: Format) -> None:
    """Overflow, underflow and NaN are what the arithmetic is about."""
    x = np.array([np.inf, -np.inf, np.nan, 0, -0.0, 3.0], target.carrier)
    x = Bfloat16(x) if target is BFLOAT16 else x
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for profile in PROFILES:
            for scale in (1e300, 1e-300):
                stored = replace(profile, stored_scale="float32", subnormals="flushed")
                quantize(x, scale, 0, -(2**31), 2**31 - 1, profile=stored)
                fake_quantize(x, scale, 0, -(2**31), 2**31 - 1, profile=stored)
                dequantize(np.array([-5, 5]), scale, *INT8, target.name, profile=stored)


def test_nan_and_the_infinities_of_float16_convert_as_on_x86() -> None:
    x = np.float16([np.nan, -np.inf, np.inf])
    wraps = Profile(overflow="int32", nan="overflow")
    assert quantize(x, np.float16(1), 3, -128, 127, profile=wraps).tolist() == [-128, -128, -128]
    assert quantize(x, np.float16(1), -3, -128, 127, profile=wraps).tolist() == [127, 127, 127]
    limited = Profile(overflow="int32_below")
    assert quantize(x, np.float16(1), 3, -128, 127, profile=limited).tolist() == [-128, -128, 127]
    wide = Profile(overflow="int64")
    assert quantize(x, np.float16(1), -3, -128, 127, profile=wide).tolist() == [-128, 127, 127]


def test_zeros() -> None:
    x = np.float32([-0.0, -0.01, 0.01, 0.0])
    assert np.signbit(fake_quantize(x, SCALE, *INT8)).tolist() == [False] * 4
    kept = fake_quantize(x, SCALE, *INT8, profile=Profile(zero="kept"))
    assert np.signbit(kept).tolist() == [True, True, False, False]
    assert not kept.any()


def steps_of(x: float, profile: Profile, *codes: int, scale: Any = SCALE) -> list[tuple[str, str, str]]:
    grid = affine_steps.resolve(FLOAT32, scale, *codes, profile, FLOAT32)
    return explain(affine_steps.quantize_steps(grid, profile), np.float32([x]))


def test_explain_the_definition() -> None:
    assert [(name, value) for name, _, value in steps_of(0.26, Profile(), 3, -128, 127)] == [
        ("convert", "0.26"),
        ("scale", "2.6"),
        ("round", "3.0"),
        ("convert", "3"),
        ("offset", "6"),
        ("clip", "6"),
    ]


def test_explain_a_profile() -> None:
    profile = Profile(scaling="reciprocal", offset="fused", rounding="floor")
    steps = steps_of(0.26, profile, 3, -128, 127, scale=np.float32(0.25))
    assert [(name, value) for name, _, value in steps] == [
        ("convert", "0.26"),
        ("scale and offset", "4.04"),
        ("round", "4.0"),
        ("convert", "4"),
        ("clip", "4"),
    ]
    assert steps[1][1] == "fma(x, 4.0, 3.0)"


def test_explain_dequantize() -> None:
    grid = affine_steps.resolve(FLOAT32, np.float32(0.5), 3, 0, 255, Profile(), FLOAT32)
    steps = explain(affine_steps.dequantize_steps(grid, Profile()), np.array([7]))
    assert steps == [
        ("offset", "- 3 (exact)", "4.0"),
        ("scale", "* 0.5", "2.0"),
        ("convert", "to float32", "2.0"),
    ]


@pytest.mark.parametrize("profile", PROFILES, ids=range(len(PROFILES)))
def test_the_last_explained_step_is_the_result(profile: Profile) -> None:
    for x in (-30.0, -0.26, 0.0, 0.05, 12.7, np.inf, np.nan):
        code = quantize(np.float32([x]), SCALE, 3, -128, 127, profile=profile)[0]
        assert steps_of(x, profile, 3, -128, 127)[-1][2] == str(code)
