"""Both oracles give the same codes and values: every case, under every single choice; what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases.case import Case, cases_of
from oracle import float8
from oracle.definition import is_undefined, single_changes
from oracle.exact import float8 as exact
from oracle.float8 import AXES, TYPES, Profile, decode, dequantize_float8, quantize_float8
from oracle.formats import carried, format_of

CHANGES = {
    operation: [("definition", "", Profile()), *single_changes(operation)]
    for operation in ("quantize_float8", "dequantize_float8")
}
PAIRS = [(operation, *change) for operation, found in CHANGES.items() for change in found]


def test_the_exact_oracle_has_every_choice() -> None:
    assert AXES == exact.FLOAT8_CHOICES


def compare(case: Case, profile: Profile) -> None:
    arguments = dict(case.arguments)
    vector, scale = carried(arguments[case.vector]), arguments["scale"]
    step = 1 if vector.size < 64 else 3 if profile == Profile() else 17
    function, slowly = (getattr(module, case.operation) for module in (float8, exact))
    rest = (arguments["saturate"],) if "saturate" in arguments else ()
    format, number = format_of(scale).name, float(carried(scale)[()])
    wanted = [
        slowly(value, number, format, arguments["type"], *rest, vars(profile))
        for value in vector.reshape(-1)[::step].tolist()
    ]
    found = carried(function(**arguments, profile=profile)).reshape(-1)[::step]
    expected = np.array(wanted, np.float64)
    np.testing.assert_array_equal(found.astype(np.float64), expected, err_msg=case.id)
    known = ~np.isnan(expected)
    assert (np.signbit(found) == np.signbit(expected))[known].all(), case.id


@pytest.mark.parametrize(
    ("operation", "profile"), [(o, p) for o, *_, p in PAIRS], ids=[f"{o}-{a}-{c}" for o, a, c, _ in PAIRS]
)
def test_both_oracles_agree_on_every_case(operation: str, profile: Profile) -> None:
    for case in cases_of(operation):
        is_sampled = profile == Profile() or "tenth" not in case.id
        if is_sampled and not is_undefined(operation, case.arguments):
            compare(case, profile)


@pytest.mark.parametrize("name", TYPES)
def test_every_number_is_its_own_code(name: str) -> None:
    codes = np.arange(2 * TYPES[name].sign)
    numbers = decode(codes, TYPES[name], name, Profile())
    finite = np.isfinite(numbers)
    again = quantize_float8(numbers[finite].astype(np.float32), np.float32(1), name)
    np.testing.assert_array_equal(again, codes[finite])


@pytest.mark.parametrize(("name", "largest", "smallest"), [
    ("float8e4m3fn", 448, 2**-9), ("float8e4m3fnuz", 240, 2**-10), ("float8e5m2", 57344, 2**-16),
    ("float8e5m2fnuz", 57344, 2**-17), ("float6e2m3", 7.5, 0.125), ("float6e3m2", 28, 0.0625),
    ("float4e2m1", 6, 0.5),
])  # fmt: skip
def test_the_ends_are_those_of_the_documentation(name: str, largest: float, smallest: float) -> None:
    ends = np.array([TYPES[name].last, 1])
    np.testing.assert_array_equal(decode(ends, TYPES[name], name, Profile()), [largest, smallest])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"type": "float8"}, "type must be one of float8e4m3fn"),
        ({"scale": np.float32(0)}, "scale must be finite and > 0, got 0.0"),
        ({"scale": np.float64(1)}, "scale must be one float16, bfloat16 or float32"),
    ],
)
def test_refused(arguments: dict[str, Any], says: str) -> None:
    whole = {"x": np.zeros(2, np.float32), "scale": np.float32(1), "type": "float8e4m3fn"}
    with pytest.raises(ValueError) as refusal:
        quantize_float8(**whole | arguments)
    assert says in str(refusal.value)


def test_a_code_must_fit_its_type() -> None:
    with pytest.raises(ValueError, match="code must have 4 bits, got 16"):
        dequantize_float8(np.array([16], np.uint8), np.float32(1), "float4e2m1")
