"""Says what it cannot do, with its own class and with the one of this checkout."""

from conformance import adapters


class Unsupported(Exception):
    pass


def own_class(x):
    raise Unsupported("per-axis scale needs the per-channel op")


def shared_class(x):
    raise adapters.Unsupported("no float16")


def version():
    return "1.0"
