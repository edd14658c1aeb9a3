"""What an environment must hold for TensorFlow, by its version.

KERAS  for QKeras, Larq and its Compute Engine, which were written for Keras 2: that was inside TensorFlow
       until 2.15, and since 2.16 it is the package tf_keras
XLA    until 2.18 there is no --xla_cpu_max_isa, and a flag that XLA does not know ends the process: what
       cannot be held to an instruction set is observed under the machine's own
"""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec


def _version():
    for name in ("tensorflow-cpu", "tensorflow"):
        try:
            return tuple(int(part) for part in version(name).split(".")[:2])
        except PackageNotFoundError:
            continue
    raise ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow")


KERAS = {"TF_USE_LEGACY_KERAS": "1" if find_spec("tf_keras") else "0", "TF_CPP_MIN_LOG_LEVEL": "3"}
XLA = {"XLA_FLAGS": "", "CONFORMANCE_ISA": "native"} if _version() < (2, 19) else {}
