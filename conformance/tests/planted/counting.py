"""The definition of the sign, and a line in a file for each process that starts."""

import os

from oracle.definition import DEFINITIONS, compute

with open(os.environ["PLANTED_STARTS"], "a", encoding="utf-8") as starts:
    starts.write(f"{os.getpid()}\n")


def version():
    return "1"


def ste_sign(**arguments):
    return compute("ste_sign", arguments, DEFINITIONS["ste_sign"].profile)
