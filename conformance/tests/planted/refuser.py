"""Raises: what a user can understand, and what points at a bug."""


class UnreadableError(Exception):
    def __str__(self):
        raise RuntimeError("no message")


def value_error(x):
    raise ValueError("\n scale must be > 0, got <Tensor at 0x7f12a3bcd040>\nsecond line")


def long_message(x):
    raise RuntimeError("\ud800" + "z" * 500)


def assertion(x):
    raise AssertionError("qmin must be below qmax")


def bare_assertion(x):
    raise AssertionError


def silent(x):
    raise ValueError


def unreadable(x):
    raise UnreadableError


def attribute(x):
    return x.no_such_attribute


def key(x):
    return {}["k"]


def interrupt(x):
    raise KeyboardInterrupt


def bad_axis(x):
    return x.sum(axis=5)


def version():
    return "1.0"
