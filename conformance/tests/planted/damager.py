"""Answers, and dies of it only when its process ends; it says so in ALONE."""

import atexit
import os
import signal


def echo(x):
    return x


def damage(x):
    atexit.register(os.kill, os.getpid(), signal.SIGABRT)
    return x


def version():
    return "1.0"


ALONE = {"damage": lambda door, x: x[0] != 0}
