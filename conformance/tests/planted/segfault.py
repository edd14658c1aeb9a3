"""Kills its own process: by reading address 0, and by a signal."""

import ctypes
import os
import signal


def echo(x):
    return x


def read_address_zero(x):
    ctypes.string_at(0)


def send_signal(x):
    os.kill(os.getpid(), signal.SIGSEGV)


def version():
    return "1.0"
