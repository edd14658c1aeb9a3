"""The search draws valid questions, at the hard points, and finds planted faults quickly."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from cases.case import Case
from cases.strategies import ARGUMENTS, arguments, cases
from cases.strategies.affine import DTYPES, RANGES
from oracle.definition import DEFINITIONS, compute, is_undefined, make_profile
from oracle.formats import carried, format_of

FIXED = {"derandomize": True, "database": None, "deadline": None}
QUICKLY = settings(
    max_examples=5000,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

PLANTED = [
    ("quantize", {"rounding": "half_away"}),
    ("quantize", {"rounding": "floor_plus_half"}),
    ("quantize", {"scaling": "reciprocal"}),
    ("quantize", {"offset": "before"}),
    ("quantize", {"scaling": "reciprocal", "offset": "fused"}),
    ("quantize", {"overflow": "int32"}),
    ("quantize", {"overflow": "int64"}),
    ("quantize", {"nan": "highest"}),
    ("quantize", {"subnormals": "flushed"}),
    ("quantize", {"precision": "float64"}),
    ("quantize", {"range": "narrow_low"}),
    ("dequantize", {"dequantize": "distribute"}),
    ("dequantize", {"dequantize": "fused"}),
    ("dequantize", {"dequantize_precision": "float32"}),
    ("dequantize", {"subnormals": "flushed"}),
    ("fake_quantize", {"zero": "kept"}),
    ("fake_quantize", {"presentation": "difference"}),
    ("fake_quantize", {"subtraction": "real"}),
    ("fake_quantize", {"offset": "after_real"}),
]


@pytest.mark.parametrize("operation", ARGUMENTS)
def test_what_is_drawn_is_in_the_domain(operation):
    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], **FIXED)
    @given(cases(operation))
    def check(case: Case) -> None:
        assert case.id == f"{operation}/drawn"
        assert case.operation == operation
        assert is_undefined(operation, case.arguments) is None
        assert len(case.digest()) == 16
        result = compute(operation, case.arguments, DEFINITIONS[operation].profile)
        vector = carried(case.arguments[case.vector])
        if "value" in result:
            assert carried(result["value"]).shape == vector.shape
        if case.vector == "code" and "qmin" in case.arguments and "input_zero_point" not in case.arguments:
            assert case.arguments["qmin"] <= vector.min() <= vector.max() <= case.arguments["qmax"]

    check()


def test_drawn_biases_bring_most_accumulators_near_a_tie():
    @settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], **FIXED)
    @given(arguments("requantize_float_bias"))
    def check(drawn: dict[str, np.ndarray]) -> None:
        a, b, c, bias = (
            np.asarray(drawn[name], np.float64)
            for name in ("input_scale", "weight_scale", "output_scale", "bias")
        )
        t = (drawn["accumulator"] * (a * b) + bias) / c
        is_near = np.abs(t - np.floor(t) - 0.5) <= np.abs(bias / c) * 2.0**-23 + 1e-6
        assert bias.size < 10 or is_near.mean() > 0.5

    check()


def test_every_dtype_range_and_special_value_is_drawn():
    seen: set[object] = set()

    @settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow], **FIXED)
    @given(arguments("quantize"))
    def look(drawn: dict[str, object]) -> None:
        x, scale = carried(drawn["x"]).astype(np.float64), float(carried(drawn["scale"]))
        quotient = x / scale
        zero_point, qmin, qmax = drawn["zero_point"], drawn["qmin"], drawn["qmax"]
        target = format_of(drawn["x"])
        seen.update({target, (qmin, qmax)})
        points = {
            "NaN": np.isnan(x),
            "infinity": np.isinf(x),
            "-0.0": (x == 0) & np.signbit(x),
            "subnormal": (x != 0) & (np.abs(x) < target.smallest_normal),
            "tie": quotient % 1 == 0.5,
            "2^31": np.abs(quotient) == 2.0**31,
            "beyond": quotient > qmax - zero_point,
        }
        seen.update(name for name, found in points.items() if found.any())
        seen.update(
            name
            for name, found in {
                "power-of-two scale": np.frexp(scale)[0] == 0.5,
                "subnormal scale": scale < target.smallest_normal,
                "odd zero point": zero_point % 2 == 1,
                "negative zero point": zero_point < 0,
                "zero point at a bound": zero_point in (qmin, qmax),
            }.items()
            if found
        )

    with np.errstate(all="ignore"):
        look()
    wanted = {
        *DTYPES,
        *((r["qmin"], r["qmax"]) for r in RANGES),
        "NaN",
        "infinity",
        "-0.0",
        "subnormal",
        "tie",
        "2^31",
        "beyond",
        "power-of-two scale",
        "subnormal scale",
        "odd zero point",
        "negative zero point",
        "zero point at a bound",
    }
    assert wanted <= seen, wanted - seen


@pytest.mark.parametrize(("operation", "choices"), PLANTED, ids=lambda v: str(v))
def test_the_search_finds_a_planted_profile(operation, choices):
    definition, wrong = DEFINITIONS[operation].profile, make_profile(operation, choices)

    def differs(drawn):
        a, b = (carried(compute(operation, drawn, p)["value"]) for p in (definition, wrong))
        signs = np.signbit(a) != np.signbit(b) if a.dtype.kind == "f" else False
        return bool(((a != b) & ~((a != a) & (b != b)) | signs).any())

    assert find(arguments(operation), differs, settings=QUICKLY, random=Random(0))


def test_an_unknown_operation_is_refused():
    with pytest.raises(ValueError, match=r"operation must be one of .*, got echo"):
        arguments("echo")
