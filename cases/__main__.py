"""The questions, as data: what people without the suite answer elsewhere.

python -m cases                      each case and what a wrong answer shows
python -m cases --op quantize --json the pack: arguments in the encoding of the wire
"""

from __future__ import annotations

import argparse
import json
import signal
import sys

from cases.case import Case, all_cases
from cases.wire import encode_arguments
from oracle.definition import DEFINITIONS


def main(arguments: list[str] | None = None) -> int:
    """Print the cases; return the exit status."""
    options = parser().parse_args(arguments)
    chosen = [c for c in all_cases().values() if options.op in (None, c.operation)]
    chosen = [c for c in chosen if options.case in (None, c.id)]
    if not chosen:
        print(f"error: a case must exist, got {options.case}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({"cases": [pack(case) for case in chosen]}, indent=1))
    else:
        print("\n".join(f"{case.id}: {case.shows}" for case in chosen))
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m cases",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--op", choices=DEFINITIONS, help="one operation only")
    top.add_argument("--case", help="one case only")
    top.add_argument("--json", action="store_true", help="print the pack")
    return top


def pack(case: Case) -> dict[str, object]:
    """Return one case as data."""
    return {
        "id": case.id,
        "operation": case.operation,
        "vector": case.vector,
        "digest": case.digest(),
        "shows": case.shows,
        "arguments": encode_arguments(case.arguments),
    }


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a reader that closes early ends us quietly
    sys.exit(main())
