"""Changes its argument in place."""


def clip(x):
    x[x > 1] = 1
    return x


def scale(x):
    """For Bfloat16."""
    x.values[2] = 0
    return x


def version():
    return "1.0"
