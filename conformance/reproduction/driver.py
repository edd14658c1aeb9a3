"""Run scripts, each in a process of its own that has its frameworks imported; standard library alone.

A framework takes seconds to import, and a script a tenth of one: so what the scripts of a batch import is
imported once, and each script runs whole, as the file it is, in a fork of that process. A script can leave
nothing behind for the next. JSON lines in, JSON lines out: first {"imports"}, then {"script", "timeout"}.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import runpy
import shutil
import signal
import sys
import tempfile
from importlib import import_module


def become(folder: str, script: str, timeout: float) -> None:
    """Run a script in this process, as `python script.py` does in that folder, its output in files."""
    signal.setitimer(signal.ITIMER_REAL, timeout)  # ends the process, wherever it is
    home = os.path.join(folder, "home")
    path = os.path.join(home, "script.py")
    os.mkdir(home)
    with open(path, "w", encoding="utf-8") as file:
        file.write(script)
    for number, name in ((0, os.devnull), (1, "output"), (2, "error")):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT
        opened = os.open(os.path.join(folder, name), flags)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    os.chdir(home)
    sys.argv[:], sys.path[0] = [path], home
    runpy.run_path(path, run_name="__main__")


def text(folder: str, name: str) -> str:
    """Return what a script wrote."""
    with contextlib.suppress(FileNotFoundError), open(os.path.join(folder, name), "rb") as file:
        return file.read().decode("utf-8", "replace")
    return ""


def main() -> None:
    """Answer each line of standard input by a line on what was standard output."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a framework that prints while it is imported must not disturb the answers
    for name in json.loads(sys.stdin.readline())["imports"]:
        with contextlib.suppress(Exception):  # the script that imports it will say so
            import_module(name)
    gc.freeze()  # else each child walks all that was imported once more when it ends: four fifths of its time
    for line in sys.stdin:
        question = json.loads(line)
        folder = tempfile.mkdtemp()
        child = os.fork()
        if not child:
            channel.close()
            return become(folder, question["script"], question["timeout"])
        _, code = os.waitpid(child, 0)
        status = os.waitstatus_to_exitcode(code)
        answer = {"status": None if status == -signal.SIGALRM else status,
                  "output": text(folder, "output"), "error": text(folder, "error")}  # fmt: skip
        shutil.rmtree(folder)
        channel.write(json.dumps(answer) + "\n")
        channel.flush()
    return None


if __name__ == "__main__":
    main()
