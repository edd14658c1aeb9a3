"""QKeras, temporary: the other quantizers alone."""

from __future__ import annotations

import qkeras as _qkeras

from conformance.adapters import qkeras_more

BACKENDS = {
    "eager": {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"},
    "graph": {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"},
}


def version():
    return _qkeras.__version__


DOORS = qkeras_more.DOORS
