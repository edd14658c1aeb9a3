"""Run scripts one after the other in one process: JSON lines in, JSON lines out; standard library alone.

A framework takes seconds to import; so the scripts of one interpreter share it. Each runs in a fresh
namespace. Whoever starts this watches the clock, and gives a script that disagrees a process of its own.
"""

from __future__ import annotations

import contextlib
import io
import json
import linecache
import os
import sys
import traceback


def run(name: str, script: str) -> dict[str, object]:
    """Return what a script printed, and its exit status."""
    out, status, file = io.StringIO(), 0, f"<{name}>"
    linecache.cache[file] = (len(script), None, script.splitlines(keepends=True), file)  # for inspect
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(script, file, "exec"), {"__name__": "__main__"})
        except SystemExit as end:
            status = int(end.code) if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
            status = 1
    return {"name": name, "status": status, "output": out.getvalue()}


def main() -> None:
    """Answer each line of standard input by a line on what was standard output."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a framework that prints past Python must not disturb the answers
    for line in sys.stdin:
        question = json.loads(line)
        channel.write(json.dumps(run(question["name"], question["script"])) + "\n")
        channel.flush()


if __name__ == "__main__":
    main()
