"""Codes of few bits in ONNX tensors: what onnx packs and unpacks, and what a runtime reads and writes."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, load_from_string, numpy_helper

from conformance.adapters import Unsupported
from conformance.adapters.onnx_models import OPSET, ir_version


def element_type(bits, is_signed):
    """Return the tensor type of codes."""
    name = f"{'' if is_signed else 'U'}INT{bits}"
    if not hasattr(TensorProto, name):
        raise Unsupported(f"this onnx has no tensor type {name}")
    return getattr(TensorProto, name)


def pack_codes(code, bits):
    """numpy_helper.from_array."""
    kind = helper.tensor_dtype_to_np_dtype(element_type(bits, code.dtype == np.int8))
    return {"bytes": np.frombuffer(numpy_helper.from_array(code.astype(kind)).raw_data, np.uint8)}


def pack_codes_as_integers(code, bits):
    """helper.make_tensor, which stores each byte as an int32."""
    kind = element_type(bits, code.dtype == np.int8)
    stored = helper.make_tensor("codes", kind, code.shape, code.reshape(-1).tolist()).int32_data
    return {"bytes": np.array(stored, np.uint8)}


def unpack_codes(code, count, bits, is_signed):
    """numpy_helper.to_array."""
    tensor = helper.make_tensor("codes", element_type(bits, is_signed), [count], code.tobytes(), raw=True)
    return {"codes": numpy_helper.to_array(tensor).astype(np.int8 if is_signed else np.uint8)}


def unpack_codes_as_integers(code, count, bits, is_signed):
    tensor = TensorProto(data_type=element_type(bits, is_signed), dims=[count], int32_data=code.tolist())
    return {"codes": numpy_helper.to_array(tensor).astype(np.int8 if is_signed else np.uint8)}


def unpack_by_cast(run):
    """Return a function that has a model cast a stored tensor to 8 bits."""

    def unpack(code, count, bits, is_signed):
        wide = TensorProto.INT8 if is_signed else TensorProto.UINT8
        stored = helper.make_tensor("codes", element_type(bits, is_signed), [count], code.tobytes(), raw=True)
        return {"codes": run(_cast_model(stored, wide), {})}

    return unpack


def pack_by_folding(save):
    """Return a function that has a runtime fold a cast of codes of 8 bits, and write its model."""

    def pack(code, bits):
        kind = element_type(bits, code.dtype == np.int8)
        model = load_from_string(
            save(_cast_model(numpy_helper.from_array(np.ascontiguousarray(code), "codes"), kind))
        )
        found = [tensor for tensor in model.graph.initializer if tensor.data_type == kind]
        if not found:
            raise Unsupported("the cast is not folded")
        return {"bytes": np.frombuffer(found[0].raw_data, np.uint8)}

    return pack


def _cast_model(stored, to):
    node = helper.make_node("Cast", ["codes"], ["cast"], to=to)
    graph = helper.make_graph([node], "g", [], [helper.make_tensor_value_info("cast", to, None)], [stored])
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version()).SerializeToString()


REFERENCE = {
    "pack_codes": {"plain": pack_codes, "as-integers": pack_codes_as_integers},
    "unpack_codes": {"plain": unpack_codes, "as-integers": unpack_codes_as_integers},
}
