"""ExecuTorch programs of one instruction or two, built from its own schema, written by its own serializer.

No export pass stands between the question and the kernel. The buffer, the program and the method live
as long as they are used: a method keeps neither of the others alive.
"""

from __future__ import annotations

import numpy as np
import torch
from executorch.exir import schema
from executorch.exir._serialize._program import PTEFile, serialize_pte_binary
from executorch.exir.scalar_type import ScalarType
from executorch.runtime import Runtime

CODES = {  # the integer types of the kernels, the narrowest first
    torch.int8: ScalarType.CHAR,
    torch.uint8: ScalarType.BYTE,
    torch.int16: ScalarType.SHORT,
    torch.uint16: ScalarType.UINT16,
    torch.int32: ScalarType.INT,
}
REALS = {
    torch.float32: ScalarType.FLOAT,
    torch.float16: ScalarType.HALF,
    torch.float64: ScalarType.DOUBLE,
}
_TYPES = CODES | REALS | {torch.int64: ScalarType.LONG}


def fresh(array):
    """Return a tensor with torch's own strides: the runtime aborts on an empty one that came from numpy."""
    tensor = torch.from_numpy(np.asarray(array))
    return torch.empty(np.shape(array), dtype=tensor.dtype).copy_(tensor)


def run_kernel(operator, overload, tensors, scalars, dtype, shape=None, order=None):
    """Return what one operator gives; its last argument, and its result, is out.

    Args:
        shape: of the result; that of the first tensor if it is None.
        order: of the arguments, as places in tensors and scalars; None: as they come.
    """
    values = [_tensor(t.shape, t.dtype) for t in tensors]
    values += [*scalars, _tensor(tensors[0].shape if shape is None else shape, dtype)]
    out = len(values) - 1
    call = schema.KernelCall(0, [*(order or range(out)), out, out])
    operators = [schema.Operator(f"quantized_decomposed::{operator}", overload)]
    return _run(tensors, values, [call], operators, [], [])


def run_kernels(steps, tensor):
    """Return what operators give one after the other: a step is (operator, scalars, dtype of its out)."""
    values, calls = [_tensor(tensor.shape, tensor.dtype)], []
    for number, (_, scalars, dtype) in enumerate(steps):
        given = len(values) - 1  # what the step before it gave
        values += [*scalars, _tensor(tensor.shape, dtype)]
        out = len(values) - 1
        calls.append(schema.KernelCall(number, [*range(given, out), out, out]))
    operators = [schema.Operator(f"quantized_decomposed::{operator}", "out") for operator, *_ in steps]
    return _run([tensor], values, calls, operators, [], [])


def run_delegate(backend, data, tensor, shape, dtype):
    """Return what a delegate of one input and one output gives."""
    values = [_tensor(tensor.shape, tensor.dtype), _tensor(shape, dtype)]
    place = schema.BackendDelegateDataReference(schema.DataLocation.INLINE, 0)
    delegates = [schema.BackendDelegate(backend, place, [])]
    inline = [schema.BackendDelegateInlineData(data)]
    return _run([tensor], values, [schema.DelegateCall(0, [0, 1])], [], delegates, inline)


def _tensor(shape, dtype):
    """Return a tensor of the program, which lies where the plan of its memory says."""
    place = schema.AllocationDetails(1, 0, 0)
    static = schema.TensorShapeDynamism.STATIC
    return schema.Tensor(_TYPES[dtype], 0, list(shape), list(range(len(shape))), False, 0, 0, place, static)


def _run(tensors, values, calls, operators, delegates, inline):
    ends = _place(values)
    plan = schema.ExecutionPlan(
        name="forward",
        container_meta_type=schema.ContainerMetadata("", ""),
        values=[schema.EValue(value) for value in values],
        inputs=list(range(len(tensors))),
        outputs=[len(values) - 1],
        chains=[schema.Chain([], [], [schema.Instruction(call) for call in calls], None)],
        operators=operators,
        delegates=delegates,
        non_const_buffer_sizes=[0, ends],
    )
    constants = schema.SubsegmentOffsets(0, [])
    program = schema.Program(0, [plan], [schema.Buffer(b"")], inline, [], constants)
    data = bytes(serialize_pte_binary(PTEFile(program=program)))
    loaded = Runtime.get().load_program(data)
    method = loaded.load_method("forward")
    return method.execute(tensors)[0].clone().numpy()


def _place(values):
    """Give every tensor a place of its own in the planned memory; return the size of that."""
    end = 0
    for value in values:
        if isinstance(value, schema.Tensor):
            value.allocation_info.memory_offset_low = end
            end += -(-max(8 * int(np.prod(value.sizes)), 1) // 16) * 16
    return end
