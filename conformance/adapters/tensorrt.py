"""TensorRT's Quantize and Dequantize layers; and, run as a script, the answers to a pack of questions.

    python -m cases --json > pack.json                       where the suite is
    python tensorrt.py pack.json answers.jsonl               where the GPU is: this one file, and the pack
    python -m conformance check --answers answers.jsonl      where the suite is

The script needs numpy, TensorRT 10 or 11 and the driver's own library (libcuda, through ctypes): nothing
of the suite. It answers with the functions below, or with those of another adapter's file:
`--adapter FILE --backend NAME`. Each question is asked in a process that may die of it.

Written against TensorRT's public Python API, whose documentation and bindings were read
(INetworkDefinition.add_quantize, add_dequantize, IExecutionContext.execute_v2); never run by us.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import inspect
import json
import os
import platform
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path

import numpy as np

SYSTEM = "tensorrt"
BACKENDS = {"strongly-typed": {}}
SLOW = {"strongly-typed"}
NOT_HERE = "it needs a GPU: conformance/adapters/tensorrt.py answers a pack of questions where there is one"


class Unsupported(Exception):
    """Said of what TensorRT does not claim to do."""


# TensorRT: this is all that knows it ------------------------------------------------------


def version():
    return _tensorrt().__version__


def _instruction_set():
    """Return what kernels are chosen by: the GPU's compute capability."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    device = _device()
    _driver("cuDeviceGetAttribute", ctypes.byref(major), 75, device)
    _driver("cuDeviceGetAttribute", ctypes.byref(minor), 76, device)
    return f"sm_{major.value}{minor.value}"


def quantize(x, scale, zero_point, qmin, qmax, axis=None):
    _check_codes(zero_point, qmin, qmax)
    return _layer("add_quantize", x, _real_type(x), scale, axis, "int8", np.int8)


def dequantize(code, scale, zero_point, qmin, qmax, dtype=None, axis=None):
    _check_codes(zero_point, qmin, qmax)
    if dtype not in (None, _real_type(scale)):
        raise Unsupported("the layer's reals have the type of its scale")
    codes = np.asarray(code).astype(np.int8)
    return _reals(_layer("add_dequantize", codes, "int8", scale, axis, _real_type(scale)), scale)


def quantize_float8(x, scale, type, saturate):
    if type != "float8e4m3fn" or not saturate:
        raise Unsupported("TensorRT's float8 is E4M3, and it saturates")
    return _layer("add_quantize", x, _real_type(x), scale, None, "fp8", np.uint8)


def dequantize_float8(code, scale, type):
    if type != "float8e4m3fn":
        raise Unsupported("TensorRT's float8 is E4M3")
    return _reals(_layer("add_dequantize", code, "fp8", scale, None, _real_type(scale)), scale)


def _check_codes(zero_point, qmin, qmax):
    if (qmin, qmax) != (-128, 127):
        raise Unsupported("the layers' 8-bit codes are signed, of the whole range")
    if np.any(zero_point):
        raise Unsupported("zeroPt must only contain zero-valued coefficients: quantization is symmetric")


def _real_type(value):
    name = "bfloat16" if hasattr(value, "values") else np.asarray(value).dtype.name
    if name not in ("float32", "float16", "bfloat16"):
        raise Unsupported("the layers take float32, float16 and bfloat16")
    return name


def _bits(value):
    """Return an array as it lies in memory: bfloat16, which numpy lacks, as 16 bits."""
    if hasattr(value, "values"):
        wide = np.ascontiguousarray(value.values).view(np.uint32)
        return (wide >> np.uint32(16)).astype(np.uint16).reshape(np.shape(value.values))
    return np.ascontiguousarray(value).reshape(np.shape(value))


def _reals(found, like):
    """Return an array of reals; 16 bits are bfloat16, in the wrapper that the question came in."""
    if found.dtype != np.uint16:
        return found
    return type(like)((found.astype(np.uint32) << np.uint32(16)).view(np.float32))


@lru_cache(maxsize=1)
def _tensorrt():
    import tensorrt

    return tensorrt


@lru_cache(maxsize=1)
def _logger():
    trt = _tensorrt()

    class Log(trt.ILogger):
        def __init__(self):
            trt.ILogger.__init__(self)
            self.said = ""

        def log(self, severity, message):
            if severity in (trt.ILogger.Severity.INTERNAL_ERROR, trt.ILogger.Severity.ERROR):
                self.said = message

    return Log()


def _made(thing):
    """Return what TensorRT made; where it made nothing, its log says why."""
    if thing is None or thing is False:
        raise ValueError(_logger().said or "TensorRT returned nothing, and logged no error")
    return thing


def _layer(name, x, x_type, scale, axis, y_type, carrier=None):
    """Build an engine of one layer, x -> y, and run it; scale is a constant of the network."""
    trt, given, step = _tensorrt(), _bits(x), _bits(scale)
    types = {n: getattr(trt, n) for n in (x_type, y_type, _real_type(scale))}
    builder = trt.Builder(_logger())
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    source = _made(network.add_input("x", types[x_type], given.shape))
    weights = trt.Weights(types[_real_type(scale)], step.ctypes.data, step.size)
    constant = _made(network.add_constant(step.shape, weights))
    layer = _made(getattr(network, name)(source, constant.get_output(0), types[y_type]))
    if axis is not None:
        layer.axis = axis
    target = layer.get_output(0)
    target.name = "y"
    network.mark_output(target)
    plan = _made(builder.build_serialized_network(network, builder.create_builder_config()))
    engine = _made(trt.Runtime(_logger()).deserialize_cuda_engine(plan))
    carried = {"float32": np.float32, "float16": np.float16, "bfloat16": np.uint16}
    return _execute(engine, {"x": given, "y": np.empty(given.shape, carrier or carried[y_type])})["y"]


def _execute(engine, arrays):
    """Run an engine; every array goes to the device and comes back."""
    _device()
    context = _made(engine.create_execution_context())
    pointers = {}
    try:
        for name, array in arrays.items():
            pointers[name] = ctypes.c_uint64()
            size = ctypes.c_size_t(max(array.nbytes, 1))
            _driver("cuMemAlloc_v2", ctypes.byref(pointers[name]), size)
            _driver("cuMemcpyHtoD_v2", pointers[name], _at(array), ctypes.c_size_t(array.nbytes))
        names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
        _made(context.execute_v2([pointers[name].value for name in names]))
        for name, array in arrays.items():
            _driver("cuMemcpyDtoH_v2", _at(array), pointers[name], ctypes.c_size_t(array.nbytes))
    finally:
        for pointer in pointers.values():
            _driver("cuMemFree_v2", pointer)
    return arrays


def _at(array):
    return ctypes.c_void_p(array.ctypes.data)


def _driver(function, *arguments):
    found = getattr(ctypes.CDLL("libcuda.so.1"), function)(*arguments)
    if found:
        raise OSError(f"{function} must return 0, got {found}")


@lru_cache(maxsize=1)
def _device():
    """Return the first device; its primary context, which TensorRT's runtime uses too, becomes current."""
    device, context = ctypes.c_int(), ctypes.c_void_p()
    _driver("cuInit", 0)
    _driver("cuDeviceGet", ctypes.byref(device), 0)
    _driver("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
    _driver("cuCtxSetCurrent", context)
    return device


# A pack of questions, answered by any adapter ---------------------------------------------

_BUGS = (AttributeError, ImportError, LookupError, MemoryError, NameError, RecursionError, SystemError)


class _Bfloat16:
    """bfloat16 as it travels: float32 whose low 16 bits are 0."""

    def __init__(self, values):
        self.values = values


def _decode(value):
    if not isinstance(value, dict):
        return value
    name = value["dtype"]
    little = np.dtype("float32" if name == "bfloat16" else name).newbyteorder("<")
    array = np.frombuffer(bytes.fromhex(value["hex"]), little).astype(little.newbyteorder("="))
    array = array.reshape(value["shape"])
    return _Bfloat16(array) if name == "bfloat16" else array if array.ndim else array[()]


def _encode(value):
    name = "bfloat16" if hasattr(value, "values") else np.asarray(value).dtype.name
    array = np.asarray(value.values if name == "bfloat16" else value)
    data = array.astype(array.dtype.newbyteorder("<")).tobytes().hex()
    return {"dtype": name, "shape": list(array.shape), "hex": data}


def _answer(function, arguments):
    """Return the answer to one question, as an observation stores it."""
    lacking = sorted(arguments.keys() - inspect.signature(function).parameters.keys())
    if lacking:
        return {"outcome": "unsupported", "reason": f"the adapter takes no {', '.join(lacking)}"}
    try:
        found = function(**{name: _decode(value) for name, value in arguments.items()})
        named = found if isinstance(found, dict) else {"value": found}
        return {"outcome": "value", "value": {name: _encode(value) for name, value in named.items()}}
    except Exception as error:
        said = (str(error).strip().splitlines() or [""])[0][:150]
        if type(error).__name__ in ("Unsupported", "NotImplementedError"):
            return {"outcome": "unsupported", "reason": said}
        is_bug = not said or (isinstance(error, _BUGS) and not isinstance(error, ValueError))
        return {"outcome": "error" if is_bug else "refused", "reason": f"{type(error).__name__}: {said}"}


def _load(path):
    """Return an adapter's module under a name of its own: torch.py must not hide torch."""
    spec = importlib.util.spec_from_file_location(f"answering_{Path(path).stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _functions(module):
    """Return the operations of an adapter: the public functions that it defines."""
    return {
        name: function
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
        and name != "version"
    }


def _serve(module):
    """Answer questions, a line each; what the framework prints goes elsewhere."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    functions = _functions(module)
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps(_answer(functions[question["operation"]], question["arguments"])), file=answers)
        answers.flush()


class _Child:
    """A process that answers; another one after it died or was silent for too long."""

    def __init__(self, command, environment, timeout):
        self._command, self._environment, self._timeout = command, environment, timeout
        self._process = None

    def ask(self, question):
        if self._process is None:
            streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            self._process = subprocess.Popen(self._command, env=self._environment, **streams)
        process, silent = self._process, threading.Event()
        alarm = threading.Timer(self._timeout, lambda: (silent.set(), process.kill()))
        alarm.start()
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            alarm.cancel()
        if line:
            return json.loads(line)
        self._process = None
        ended = process.wait()
        if silent.is_set():
            return {"outcome": "timeout", "reason": f"no answer in {self._timeout:g} s"}
        return {"outcome": "crash", "reason": f"the process ended with status {ended}"}


def _main():
    """Answer a pack; return the exit status."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("pack", help="what `python -m cases --json` printed")
    parser.add_argument("answers", nargs="?", default="answers.jsonl", help="the file to write")
    parser.add_argument("--adapter", default=__file__, help="another adapter's file; default: TensorRT's")
    parser.add_argument("--backend", help="one of its BACKENDS; default: the first")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds one answer may take")
    options = parser.parse_args()
    here = Path(__file__).resolve().parent
    sys.path[:] = [p for p in sys.path if Path(p or ".").resolve() != here]  # it may hide the framework
    try:
        module = _load(options.adapter)
        if options.pack == "-":  # ourselves, asked by _answer_pack
            return _serve(module)
        text = "".join(json.dumps(line) + "\n" for line in _answer_pack(module, options))
    except (ImportError, OSError, json.JSONDecodeError) as error:
        print(
            f"error: the framework must be importable and the pack a file of JSON, got {error}",
            file=sys.stderr,
        )
        return 2
    Path(options.answers).write_text(text, encoding="utf-8")
    return 0


def _answer_pack(module, options):
    """Yield the lines of an observation: its header, a line for each case, how many there are."""
    backends = getattr(module, "BACKENDS", {"default": {}})
    backend = options.backend or next(iter(backends))
    yield {
        "observation": 1,
        "system": getattr(module, "SYSTEM", Path(options.adapter).stem),
        "version": module.version(),
        "backend": backend,
        "instruction_set": getattr(module, "_instruction_set", platform.machine)(),
        "adapter": hashlib.sha256(Path(options.adapter).read_bytes()).hexdigest(),
    }
    command = [sys.executable, __file__, "-", "--adapter", options.adapter, "--backend", backend]
    environment = {**os.environ, **backends[backend], "CONFORMANCE_BACKEND": backend}
    child, functions = _Child(command, environment, options.timeout), _functions(module)
    pack = json.loads(Path(options.pack).read_text(encoding="utf-8"))
    cases = sorted((c for c in pack["cases"] if c["operation"] in functions), key=lambda case: case["id"])
    for case in cases:
        found = child.ask({key: case[key] for key in ("operation", "arguments")})
        print(f"{case['id']}: {found['outcome']}", file=sys.stderr)
        yield {"case": case["id"], "digest": case["digest"], "answers": {"plain": found}}
    yield {"end": len(cases)}


if __name__ == "__main__":
    sys.exit(_main())
