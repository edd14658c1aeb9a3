"""Deliberately wrong implementations: each door makes one choice that the definition does not.

The one adapter that may import the oracle: it proves that the harness notices, and asks nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from conformance.identify import move
from oracle.definition import DEFINITIONS, compute, single_changes
from oracle.specification import AnyProfile

SYSTEM = "fake"
FAITHFUL = "faithful"
ULPS = {"scale=one-ulp-above": 1, "scale=one-ulp-below": -1}

Door = Callable[..., Any]


def version() -> str:
    return "1"


def _answer(operation: str, profile: AnyProfile, ulps: int = 0, **arguments: Any) -> Mapping[str, Any]:
    if ulps:
        arguments["scale"] = move(arguments["scale"], ulps)
    return compute(operation, arguments, profile)


def _doors(operation: str) -> dict[str, Door]:
    faithful = DEFINITIONS[operation].profile
    return {
        FAITHFUL: partial(_answer, operation, faithful),
        **{
            f"{axis}={choice}": partial(_answer, operation, profile)
            for axis, choice, profile in single_changes(operation)
        },
        **{
            door: partial(_answer, operation, faithful, ulps)
            for door, ulps in ULPS.items()
            if DEFINITIONS[operation].takes_scale
        },
    }


DOORS = {operation: _doors(operation) for operation in DEFINITIONS}
