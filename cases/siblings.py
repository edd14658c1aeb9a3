"""Siblings: the other doors to the same function. That they agree needs no definition.

`GENERIC` doors are applied by the worker to any operation of any system; `OWN` doors are what a
system itself offers, and an adapter that serves one lists it in its DOORS.
"""

from __future__ import annotations

from math import prod

GENERIC: dict[str, str] = {
    "lengths-1": "each element alone, as a vector of length 1",
    "lengths-7": "pieces of 7 elements: the rest of a vector loop, nothing else",
    "lengths-8": "pieces of 8 elements: one turn of an AVX2 loop, no rest",
    "lengths-9": "pieces of 9 elements: one turn and a rest of 1",
    "lengths-33": "pieces of 33 elements: two turns of an AVX-512 loop and a rest of 1",
    "strided": "the same values as a view with gaps",
    "twice": "called a second time",
    "untouched": "the argument must have the same bytes after the call",
}

OWN: dict[str, str] = {
    "tensor-parameters": "scale and zero point as tensors instead of numbers",
    "per-channel": "per channel, with one channel",
    "per-channel-last": "per channel, one channel on the last axis",
    "learnable": "the learnable operator, forward only",
    "module": "the FakeQuantize module with the same scale and zero point",
    "real": "quantize and dequantize one after the other instead of the fake quantizer",
    "initializers": "scale and zero point stored in the model instead of fed to it",
    "opset-10": "the operator as of ONNX operator set 10",
    "opset-13": "the operator as of ONNX operator set 13",
    "opset-19": "the operator as of ONNX operator set 19",
    "opset-21": "the operator as of ONNX operator set 21",
    "opset-23": "the operator as of ONNX operator set 23",
    "no-zero-point": "the optional zero point left out, where it is 0",
    "config": "after get_config and from_config",
    "string": "after str and get_quantizer",
    "layer": "inside QActivation",
    "bias": "as a layer's bias",
    "weight": "as the kernel of a dense layer or a convolution, by its axes",
    "saved-weight": "what model_save_quantized_weights returns for a layer's weight",
    "saved-model": "what the layer computes after model_save_quantized_weights",
}

SLOW = 1024  # elements; a longer vector is not asked in pieces


def doors(own: list[str], shape: tuple[int, ...], is_elementwise: bool = True) -> list[str]:
    """Return the doors for a vector of a shape: the plain one, a system's own, the generic ones."""
    size = prod(shape)
    if size < 2:
        return ["plain", *own, "twice", "untouched"]
    in_pieces = is_elementwise and len(shape) == 1 and size <= SLOW
    return ["plain", *own, *(d for d in GENERIC if in_pieces or not d.startswith("lengths-"))]
