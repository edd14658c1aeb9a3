"""The gradient of TensorFlow's fake quantizer whose range is part of the operation: of its input alone."""

from __future__ import annotations

from typing import Any

from oracle.fake_quant_with_min_max_gradient import AXES, fake_quant_with_min_max_gradient, is_alone
from oracle.formats import Array
from oracle.specification import Definition
from oracle.tensorflow_range import COMPANIONS, DOCUMENTED, MEANING, Profile, contradiction, undefined


def fake_quant_with_min_max_args_gradient(
    x: Any, low: Any, high: Any, bits: int, narrow_range: bool, dy: Any, profile: Profile = DOCUMENTED
) -> dict[str, Array]:  # fmt: skip
    """Return the gradient of a sum of dy * fake_quant_with_min_max(x, low, high), straight through.

        x: dy * (low' <= x and x <= high')

    Args:
        x: real values; float32, shape S.
        low, high, bits, narrow_range: as of fake_quant_with_min_max, which says what low' and high' are.
        dy: the gradient of the output; float32, shape S.
        profile: the arithmetic; the default is the definition.

    Returns:
        x: float32, shape S. The range is no tensor: it has no gradient.

    Raises:
        ValueError: an argument breaks its line above; the message shows its value.

    Source: FakeQuantWithMinMaxArgsGradient, "Backpropagated gradients below the FakeQuantWithMinMaxArgs
        operation: `gradients * (inputs >= min && inputs <= max)`"; `min` and `max` are those that the
        quantizer works with: "Before quantization, `min` and `max` values are adjusted".
    Silent about: NaN, which no comparison holds for.
    """
    return {"x": fake_quant_with_min_max_gradient(x, low, high, bits, narrow_range, dy, profile)["x"]}


OPERATIONS = (
    Definition(
        function=fake_quant_with_min_max_args_gradient,
        source="TensorFlow, tf.quantization.fake_quant_with_min_max_args_gradient",
        sentences=(
            "Backpropagated gradients below the FakeQuantWithMinMaxArgs operation:"
            " `gradients * (inputs >= min && inputs <= max)`.",
            "Before quantization, `min` and `max` values are adjusted with the following logic.",
        ),
        silences=(),
        profile=DOCUMENTED,
        axes=AXES,
        meaning={axis: MEANING[axis] for axis in AXES},
        family="tensorflow",
        is_elementwise=is_alone,
        undefined=undefined,
        contradiction=contradiction,
        companions=COMPANIONS,
        mends=tuple(COMPANIONS.values()),
    ),
)
