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
    "operator-per-channel": "an operator of its own for one channel, instead of the two real ones",
    "learnable": "the learnable operator, forward only",
    "module": "the FakeQuantize module with the same scale and zero point",
    "real": "quantize and dequantize one after the other instead of the fake quantizer",
    "moving-average": "the observer that averages the ranges of batches",
    "reduced-range": "the observer asked for 8 bits with reduce_range",
    "fused": "the fused observer and fake quantizer",
    "initializers": "scale and zero point stored in the model instead of fed to it",
    "opset-10": "the operator as of ONNX operator set 10",
    "opset-13": "the operator as of ONNX operator set 13",
    "opset-19": "the operator as of ONNX operator set 19",
    "opset-21": "the operator as of ONNX operator set 21",
    "opset-23": "the operator as of ONNX operator set 23",
    "input": "as the input of a layer instead of its weight",
    "output": "as the output of a layer instead of its weight or input",
    "weight": "as the weight of a layer instead of its input",
    "function": "the function that the quantizer calls, with any codes",
    "operator": "the operator that the module, or the framework's differentiation, calls",
    "per-axis": "per axis, with one channel",
    "all-values": "AllValuesQuantizer instead of LastValueQuantizer",
    "fixed": "FixedQuantizer, whose range is part of the layer",
    "quantize-apply": "the kernel quantizer of a layer that quantize_apply has wrapped",
    "channels": "the per-channel function with several channels: one range for each",
    "tape": "the gradient recorded by the framework's differentiation, instead of its gradient function",
    "op-v2": "the second version of the operation",
    "op-v3": "the third version of the operation",
    "args": "the range as numbers that are part of the operation, instead of tensors",
    "no-zero-point": "the optional zero point left out, where it is 0",
    "string": "made from its registered name",
    "config": "made again from its own configuration",
    "serialized": "made again from what serialize returned",
    "dense-kernel": "as the kernel quantizer of a dense layer",
    "convolution-kernel": "as the kernel quantizer of a convolution",
    "dense-input": "as the input quantizer of a dense layer",
    "rank-2": "x as one row of a matrix",
    "rank-4": "x as one row of an image",
    "after-convolution": "x as the result of a convolution by 1",
    "constant-input": "x stored in the model instead of fed to it",
    "channels-of-one": "per channel, each element of the vector a channel of its own",
    "two-channels": "per channel, the vector as each of two channels that are alike",
    "convolution": "a convolution instead of a fully connected layer",
    "convolution-channels-of-one": "a convolution with a scale of weights for each accumulator",
    "delegate-refuses": "scales and zero points that the delegate does not take",
    "fed": "the bounds of the ranges fed to the model instead of stored in it",
    "layer": "inside QActivation",
    "qdq": "the layer between DequantizeLinear and QuantizeLinear instead of its quantized operator",
    "second-layer": "the second layer of a process, after one like it whose zero point is 0",
    "pointwise": "the operator that an exported graph calls, with codes in plain tensors",
    "matmul": "a product of matrices without a bias: the accumulator is a sum of products",
    "bias": "as a layer's bias",
    "saved-weight": "what model_save_quantized_weights returns for a layer's weight",
    "kernel": "what the converter stores for a layer with this kernel",
    "one-node": "one node of the delegate from codes to codes, instead of one to reals and one back",
    "converted": "as the converter makes it of a model, instead of built from the schema",
    "int8-input": "as the converter makes it of a model whose input is int8",
    "two-threads": "the interpreter is given two threads",
    "xnnpack": "the interpreter is told to use the XNNPACK delegate",
    "weight-kept": "told to keep the scale of the weight, whatever the bias",
    "dense": "a fully connected layer instead of a convolution",
    "as-integers": "the bytes stored as integers of 32 bits, instead of as raw data",
    "cast": "a model casts the stored tensor, instead of the library's function",
    "embedding-rows": "the operator that packs the rows of an embedding, each with a scale of its own",
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
