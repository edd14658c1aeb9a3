"""Both oracles compute Larq's quantizers alike, under every choice, on cases and both sides of steps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from cases.case import cases_of
from cases.points import neighbours
from oracle.bfloat16 import Bfloat16
from oracle.definition import AXES, DEFINITIONS, compute, is_undefined, single_changes
from oracle.exact import larq as exact
from oracle.formats import carried, format_of
from oracle.larq_derivative import swish_error
from oracle.larq_dorefa import dorefa, dorefa_gradient
from oracle.larq_magnitude import lowest_bit, magnitude_aware_sign, mean_error
from oracle.larq_sign import ste_sign

OPERATIONS = [name for name, definition in DEFINITIONS.items() if definition.family == "larq"]
PLANTED = [
    (operation, profile)
    for operation in OPERATIONS
    for profile in [DEFINITIONS[operation].profile, *(p for *_, p in single_changes(operation))]
]
FLOAT16_SOME = np.arange(0, 1 << 16, 331, dtype=np.uint16).view(np.float16)
STEPS = np.array([0, 0.05, 0.25, 0.5, 1, 1 / 6, 5 / 6, 0.1, 0.7, 3], np.float32)
AROUND = np.concatenate([
    neighbours(STEPS), neighbours(-STEPS),
    np.array([np.nan, np.inf, -np.inf, 1e-45, -1e-40, 1.1754942e-38, -1.17549435e-38, 1.6e-38], np.float32),
])  # fmt: skip
TURNS = np.arange(1, AROUND.size + 1, dtype=np.float32) * np.where(np.arange(AROUND.size) % 3, 1, -1)


def more_questions(operation: str) -> Iterator[dict[str, Any]]:
    """Yield arguments besides the cases: both sides of steps, and many numbers of float16."""
    dy = TURNS.astype(np.float32)
    clip = {"clip_value": 1.0}
    tern = {"threshold_value": 0.25, "ternary_weight_networks": False, **clip}
    if operation in ("ste_sign", "ste_heaviside"):
        yield from ({"x": x, **clip} for x in (AROUND, FLOAT16_SOME))
    if operation == "ste_tern":
        yield from ({"x": x, **tern} for x in (AROUND, FLOAT16_SOME))
    if operation in ("ste_sign_gradient", "ste_heaviside_gradient"):
        yield {"x": AROUND, **clip, "dy": dy}
    if operation == "ste_tern_gradient":
        yield {"x": AROUND, **tern, "dy": dy}
    if operation == "approx_sign_gradient":
        yield {"x": AROUND, "dy": dy}
    if operation == "swish_sign_gradient":
        finite = AROUND[np.isfinite(AROUND)]
        yield {"x": finite, "beta": 5.0, "dy": dy[: finite.size]}
    if operation.startswith("dorefa"):
        gradient = {"dy": dy} if operation.endswith("gradient") else {}
        for bits in (1, 3, 8):
            yield {"x": AROUND, "bits": bits, "mode": "activations", **gradient}


def questions(operation: str) -> Iterator[dict[str, Any]]:
    yield from (dict(case.arguments) for case in cases_of(operation))
    yield from more_questions(operation)


@pytest.mark.parametrize(("operation", "profile"), PLANTED)
def test_both_oracles_agree(operation: str, profile: Any) -> None:
    for arguments in questions(operation):
        if is_undefined(operation, arguments):
            continue
        found = carried(next(iter(compute(operation, arguments, profile).values())))
        expected = np.array(exactly(operation, arguments, vars(profile))).reshape(found.shape)
        wrong = ~(((found == expected) & (np.signbit(found) == np.signbit(expected)))
                  | (np.isnan(found) & np.isnan(expected)))  # fmt: skip
        assert not wrong.any(), (arguments, found[wrong], expected[wrong])


def exactly(operation: str, arguments: dict[str, Any], choices: dict[str, str]) -> list[float]:
    """Return what the exact oracle gives, as a flat list."""
    x = arguments["x"]
    dtype, values = format_of(x).name, carried(x).astype(np.float64).ravel().tolist()
    dy = carried(arguments["dy"]).astype(np.float64).ravel().tolist() if "dy" in arguments else []
    pairs = list(zip(values, dy, strict=False))
    if operation == "ste_heaviside":
        return [exact.heaviside(v, dtype, choices) for v in values]
    if operation in ("ste_sign", "approx_sign", "swish_sign"):
        return [exact.sign(v, dtype, choices) for v in values]
    if operation == "ste_tern":
        is_given = not arguments["ternary_weight_networks"]
        given = exact.arithmetic(dtype, {"subnormals": "kept"}).convert(arguments["threshold_value"])
        threshold = given if is_given else exact.threshold_of(values, dtype, choices)
        return [exact.tern(v, threshold, dtype, choices, is_given) for v in values]
    if operation == "approx_sign_gradient":
        return [exact.approx_gradient(v, d, dtype, choices) for v, d in pairs]
    if operation == "swish_sign_gradient":
        return [exact.swish_gradient(v, arguments["beta"], d, dtype, choices) for v, d in pairs]
    if operation.startswith("magnitude"):
        return exact_magnitudes(arguments, values, pairs, dtype, choices)
    if operation.startswith("dorefa"):
        return exact_dorefa(arguments, values, pairs, dtype, choices)
    clip = 1.0 if choices["bound"] == "one" else arguments["clip_value"]
    return [d if clip is None else exact.mask(v, None, clip, d, dtype, choices) for v, d in pairs]


def exact_magnitudes(arguments: dict[str, Any], values: list[float], pairs: list[tuple[float, float]],
                     dtype: str, choices: dict[str, str]) -> list[float]:  # fmt: skip
    channels = np.shape(arguments["x"])[-1] if choices["reduction"] == "channel" else 1
    scales = [exact.mean(values[n::channels], dtype, choices) for n in range(channels)]
    if not pairs:
        return [exact.magnitude(v, scales[n % channels], dtype, choices) for n, v in enumerate(values)]
    clip = math.inf if arguments["clip_value"] is None else arguments["clip_value"]
    return [
        exact.magnitude_gradient(v, scales[n % channels], clip, d, dtype, choices)
        for n, (v, d) in enumerate(pairs)
    ]


def exact_dorefa(arguments: dict[str, Any], values: list[float], pairs: list[tuple[float, float]],
                 dtype: str, choices: dict[str, str]) -> list[float]:  # fmt: skip
    bits = arguments["bits"]
    if arguments["mode"] == "weights" and pairs:
        return exact.dorefa_weights_gradient(values, [d for _, d in pairs], dtype, choices)
    if arguments["mode"] == "weights":
        return exact.dorefa_weights(values, bits, dtype, choices)
    if pairs:
        return [exact.mask(v, 0.0, 1.0, d, dtype, choices) for v, d in pairs]
    first = len(values) - len(values) % 8
    return [exact.dorefa_activation(v, bits, dtype, choices, n >= first) for n, v in enumerate(values)]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_exact_oracle_has_every_choice(operation: str) -> None:
    assert dict(AXES[operation]) == exact.CHOICES[operation]


def test_every_float16_number_has_a_sign() -> None:
    x = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    y = ste_sign(x)
    assert np.array_equal(y[~np.isnan(x)], np.where(x[~np.isnan(x)] >= 0, 1, -1))
    assert np.isnan(y[np.isnan(x)]).all()


def test_bfloat16_stays_bfloat16() -> None:
    assert isinstance(ste_sign(Bfloat16(np.float32([1, -1]))), Bfloat16)  # type: ignore[arg-type]


def test_the_mean_of_a_channel_is_exact_where_nothing_is_allowed() -> None:
    exact_sum = np.array([[1, -2.5], [3, 0.125]], np.float32)
    other_sum = np.array([[1, 0.1], [2**-30, 0.3]], np.float32)
    assert not mean_error({"x": exact_sum}).any()
    assert (mean_error({"x": other_sum}) > 0).all()
    assert lowest_bit(np.array([0.75, 6.0, 0.0])).tolist() == [0.25, 2.0, math.inf]


def test_what_a_swish_may_be_off_is_small() -> None:
    x = np.linspace(-3, 3, 61, dtype=np.float32)
    size = swish_error({"x": x, "beta": 5.0, "dy": np.ones_like(x)}, {})
    assert size.max() < 2e-5
    assert size[30] <= 5 * 2.0**-19  # the peak, x = 0


def test_the_scale_of_a_magnitude_follows_the_last_axis() -> None:
    x = np.array([[1, -2], [-3, 4]], np.float32)
    assert magnitude_aware_sign(x).tolist() == [[2, -3], [-2, 3]]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: dorefa(np.zeros(1, np.float32), 2, "both"), "mode must be one of .*, got both"),
        (lambda: dorefa(np.zeros(1, np.float32), 0, "weights"), "bits must be >= 1, got 0"),
        (lambda: dorefa_gradient(np.zeros(1, np.float32), 2, "", np.ones(1, np.float32)), "mode must be"),
        (lambda: ste_sign(np.zeros(1, np.int32)), "reals must be .*, got int32"),
    ],
)  # fmt: skip
def test_refused(call: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()
