"""Both oracles compute binary layers alike, under every choice, on every case and on drawn shapes."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from cases.binary_layers import layer
from cases.case import cases_of
from cases.points import singles
from oracle.binary_conv2d import binary_conv2d
from oracle.definition import AXES, DEFINITIONS, compute, single_changes
from oracle.exact import binary_layers as exact
from oracle.exact.packing import PACK, words_of

DEFAULTS = {"stride": 1, "dilation": 1, "padding": "valid", "pad_value": 0, "activation": "none"}


CHOICES = {
    "binary_conv2d": exact.CONV,
    "binary_conv2d_int8": exact.CODES,
    "binary_conv2d_bits": exact.BITS,
    "binary_max_pool": exact.POOL,
}
PLANTED = [
    (operation, profile)
    for operation in CHOICES
    for profile in [DEFINITIONS[operation].profile, *(p for *_, p in single_changes(operation))]
]


@pytest.mark.parametrize("operation", CHOICES)
def test_both_oracles_have_the_same_choices(operation: str) -> None:
    ours = {axis: set(choices) for axis, choices in AXES[operation].items()}
    assert ours == {axis: set(choices) for axis, choices in CHOICES[operation].items()}


@pytest.mark.parametrize(("operation", "profile"), PLANTED, ids=str)
def test_both_oracles_agree_on_the_cases(operation: str, profile: Any) -> None:
    for case in cases_of(operation):
        (found,) = compute(operation, case.arguments, profile).values()
        assert exactly(operation, dict(case.arguments), vars(profile)) == found.ravel().tolist(), case.id
        assert found.dtype.kind == "i" or not (np.signbit(found) & (found == 0)).any()


def exactly(operation: str, arguments: dict[str, Any], choices: dict[str, str]) -> list[Any]:
    """Return what the exact oracle gives, flattened."""
    plain = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in arguments.items()}
    given = {**DEFAULTS, **plain}
    if operation == "binary_max_pool":
        windows = [exact.pool(one, given["height"], given["width"], given, choices) for one in given["code"]]
        return [word for image in windows for words in image for word in words]
    if operation == "binary_conv2d_bits":
        packing = {axis: choices[0] for axis, choices in PACK.items()}
        pixels = exact.bits(given["x"], given["weight"], given, choices)
        return [word for bits in pixels for word in words_of(bits, packing)]
    compute_all = exact.codes if operation == "binary_conv2d_int8" else exact.results
    return list(compute_all(given["x"], given["weight"], given, choices))


def test_both_oracles_agree_on_small_shapes():
    together = {"zero_padding": "one_side", "transform": "fused"}
    both = DEFINITIONS["binary_conv2d"].profile.__class__(**together)
    for height, tall, stride, dilation, pad_value in product((1, 2, 3, 5), (1, 2, 3), (1, 2), (1, 2), (0, 1)):
        given = {
            **layer((1, height, 4, 1), (tall, 3), 1),
            "multiplier": singles([0.3]),
            "bias": singles([0.7]),
            "stride": stride,
            "dilation": dilation,
            "padding": "same",
            "pad_value": pad_value,
        }
        found = binary_conv2d(**given, profile=both)["y"]
        assert found.ravel().tolist() == exactly("binary_conv2d", given, vars(both))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"x": np.zeros((2, 2))}, "x must be float32 of rank 4"),
        ({"weight": np.ones((1, 1, 5, 1), np.float32)}, "the channels of x must be the weight's, 5, got 2"),
        ({"padding": "full"}, "padding must be one of valid, same, got full"),
        ({"pad_value": 2}, "pad_value must be 0 or 1, got 2"),
        ({"activation": "tanh"}, "activation must be one of"),
        ({"bias": singles([1, 2])}, "bias must be one float32 for each filter"),
        ({"weight": np.ones((4, 1, 2, 1), np.float32)}, "a window of 4 must fit into 3 pixels"),
    ],
)
def test_what_is_refused(changed: dict[str, Any], says: str) -> None:
    given = {**layer((1, 3, 3, 2), (1, 1), 1), "multiplier": singles([1]), "bias": singles([0])}
    with pytest.raises(ValueError, match=says):
        binary_conv2d(**{**given, **changed})
