"""The calculator: what the definition gives for one value.

    python -m oracle quantize 0.3 --scale 0.1 --zero-point 3 --qmin -128 --qmax 127 --explain
    python -m oracle dequantize 6 --scale 0.1 --zero-point 3
    python -m oracle fake_quantize 0.3 --scale 0.1 --dtype float16 --profile scaling=reciprocal
    python -m oracle choose_qparams -1.0 2.0 --qmin 0 --qmax 255 --scheme affine
    python -m oracle quantized_bits 0.3 --bits 8 --integer 0 --explain

Exit status: 0, or 2 for arguments that the definition refuses.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
from typing import Any

import numpy as np

from oracle.affine import presented
from oracle.affine_profile import Profile
from oracle.affine_steps import Grid, Step, dequantize_steps, explain, quantize_steps, resolve
from oracle.by_signature import add_arguments, pair
from oracle.definition import AXES, DEFINITIONS, compute, make_profile
from oracle.formats import FLOAT32, FORMATS, Array, carried
from oracle.typed import number, power_of_two, shown


def main(arguments: list[str] | None = None) -> int:
    """Print the result of one operation; return the exit status."""
    options = parser().parse_args(arguments)
    try:
        result = options.calculate(options)
    except ValueError as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return 2
    except OverflowError as overflow:
        print(f"refused: arguments must fit float32, got {overflow}", file=sys.stderr)
        return 2
    print(json.dumps(result, indent=2) if options.json else in_words(result))
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m oracle", description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    doors = top.add_subparsers(dest="operation", required=True, metavar="OPERATION")
    for name, definition in DEFINITIONS.items():
        door = doors.add_parser(name, help=definition.source)
        if name in ("quantize", "dequantize", "fake_quantize", "choose_qparams"):
            (add_quantizer if definition.takes_scale else add_range)(door, name)
            door.add_argument("--qmin", type=int, default=-128, help="first code; default -128")
            door.add_argument("--qmax", type=int, default=127, help="last code; default 127")
        else:
            add_arguments(door, definition)
        door.add_argument("--profile", nargs="*", default=[], metavar="AXIS=CHOICE",
                          help=f"another arithmetic; axes: {', '.join(AXES[name])}")  # fmt: skip
        door.add_argument("--json", action="store_true")
        # argparse takes -1e-3 and -inf for options: its own pattern of a negative number knows neither.
        door._negative_number_matcher = re.compile(r"-(\.?\d|inf|nan)", re.IGNORECASE)
    return top


def add_quantizer(door: argparse.ArgumentParser, name: str) -> None:
    """Add the arguments of an operation on one value, with a scale."""
    real = "a real: 0.3, nan, 0x3dcccccd (its bits); after -- also -inf"
    door.add_argument("value", help="a code" if name == "dequantize" else real)
    door.add_argument("--scale", required=True, help="real units per code")
    door.add_argument("--zero-point", type=int, default=0, help="the code of real 0; default 0")
    door.add_argument("--dtype", choices=FORMATS, default="float32", help="of the reals; default float32")
    door.add_argument("--scale-dtype", choices=FORMATS, help="of the scale; default: that of the reals")
    door.add_argument("--explain", action="store_true", help="show each step")
    door.set_defaults(calculate=calculate)


def add_range(door: argparse.ArgumentParser, _: str) -> None:
    """Add the arguments of an operation on a range."""
    door.add_argument("values", nargs="+", help="the tensor, or the two ends of its range; float32")
    door.add_argument("--scheme", default="affine", help="affine (the default) or symmetric")
    door.set_defaults(calculate=calculate_range)


def calculate_range(options: argparse.Namespace) -> dict[str, Any]:
    """Return the scale and the zero point chosen for a range."""
    choices = dict(pair(text) for text in options.profile)
    x = np.array([number(text, FLOAT32) for text in options.values], np.float32)
    given = {"x": x, "qmin": options.qmin, "qmax": options.qmax, "scheme": options.scheme}
    found = compute(options.operation, given, make_profile(options.operation, choices))
    numbers = {name: shown(v) if v.dtype.kind == "f" else int(v) for name, v in found.items()}
    return {"operation": options.operation, **numbers, "profile": choices or "the definition"}


def calculate(options: argparse.Namespace) -> dict[str, Any]:
    """Return value, code, scale, and the steps where they are asked for."""
    choices = dict(pair(text) for text in options.profile)
    profile = make_profile(options.operation, choices)
    reals = FORMATS[options.dtype]
    scale = number(options.scale, FORMATS[options.scale_dtype or options.dtype])
    rest = {
        "scale": scale,
        "zero_point": options.zero_point,
        "qmin": options.qmin,
        "qmax": options.qmax,
    }
    if options.operation == "dequantize":
        given = {"code": np.asarray(_integer(options.value)), **rest}
    else:
        given = {"x": number(options.value, reals), **rest}
    answer = compute(options.operation, given, profile)["value"]
    grid = resolve(reals, **rest, profile=profile, output=reals)
    code, value = both(options.operation, given, answer, grid, profile)
    result = {"operation": options.operation, "value": value, "code": code, "scale": shown(scale),
              "zero_point": options.zero_point, "profile": choices or "the definition"}  # fmt: skip
    if options.explain:
        result["steps"] = [" ".join(step) for step in explained(options.operation, given, grid, profile)]
    return result


def both(operation: str, given: dict[str, Any], answer: Any, grid: Grid,
         profile: Profile) -> tuple[int, float | str]:  # fmt: skip
    """Return the code and the value it stands for, whichever of the two was asked."""
    if operation == "dequantize":
        return int(given["code"]), shown(answer)
    codes = _run(quantize_steps(grid, profile), carried(given["x"]))
    values = (
        answer
        if operation != "quantize"
        else presented(_run(dequantize_steps(grid, profile), codes), grid.output)
    )
    return int(codes), shown(values)


def _run(steps: Any, values: Array) -> Array:
    with np.errstate(all="ignore"):
        for step in steps:
            values = np.asarray(step.apply(np.asarray(values)))
    return values


def explained(
    operation: str, given: dict[str, Any], grid: Grid, profile: Profile
) -> list[tuple[str, str, str]]:
    """Return each step of the operation: its name, what it does, what it gives."""
    steps: list[Step] = []
    if operation != "dequantize":
        steps += quantize_steps(grid, profile)
    if operation != "quantize":
        steps += dequantize_steps(grid, profile)
    first = carried(given["x"]) if "x" in given else np.asarray(given["code"], np.int64)
    return [(f"{name}:", text, f"-> {gives}") for name, text, gives in explain(iter(steps), first.reshape(1))]


def in_words(result: dict[str, Any]) -> str:
    """Return a result as lines of text."""
    apart = ("steps", "notes", "operation")
    lines = [f"{name:11} {value}{power_of_two(value)}" for name, value in result.items() if name not in apart]
    return "\n".join(lines + [f"  {line}" for name in apart[:2] for line in result.get(name, [])])


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"a code must be an integer, got {text}") from None


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a reader that closes early ends us quietly
    sys.exit(main())
