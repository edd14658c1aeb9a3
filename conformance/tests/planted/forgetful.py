"""Answers differently when it is called again."""

calls = []


def count(x):
    calls.append(x)
    return x + len(calls)


def version():
    return "1.0"
