"""Prints 50 MB where the answers go, and reads where the questions come from."""

import os
import sys


def flood(x):
    for _ in range(25):
        os.write(1, b"x" * 999_999 + b"\n")
        print("y" * 999_999)
    assert sys.stdin.read() == ""
    return x


def version():
    print("a banner")
    return "1.0"
