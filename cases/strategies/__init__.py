"""Questions drawn by hypothesis. Each module lists the strategies of one family in ARGUMENTS."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cases.case import Case, cases_of
from oracle.definition import DEFINITIONS

Arguments = SearchStrategy[dict[str, Any]]


def find_strategies() -> dict[str, Arguments]:
    """Return the strategies of every family, by operation."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))
    modules = [import_module(f"cases.strategies.{name}") for name in names]
    return {operation: found for module in modules for operation, found in module.ARGUMENTS.items()}


ARGUMENTS = find_strategies()


def arguments(operation: str) -> Arguments:
    """Return a strategy for the arguments of an operation."""
    if operation not in DEFINITIONS:
        raise ValueError(f"operation must be one of {', '.join(DEFINITIONS)}, got {operation}")
    return ARGUMENTS[operation] if operation in ARGUMENTS else varied_arguments(operation)


def varied_arguments(operation: str) -> Arguments:
    """Return a strategy for an operation that has none of its own: its cases, with drawn vectors."""
    asked = [case for case in cases_of(operation) if "x" in case.arguments]
    if not asked:
        raise ValueError(f"an operation with a search must have cases with an x, got {operation}")
    sizes = st.sampled_from([1e-40, 1e-30, 1e-5, 0.1, 1.0, 100.0, 1e30])
    values = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=5)

    def vary(case: Case, size: float, drawn: list[float]) -> dict[str, Any]:
        x = case.arguments["x"]
        return {**case.arguments, "x": (np.array(drawn) * size).astype(x.dtype)}

    return st.builds(vary, st.sampled_from(asked), sizes, values)


def cases(operation: str) -> SearchStrategy[Case]:
    """Return a strategy for cases of an operation."""
    name = f"{operation}/drawn"
    shows = "drawn by the search: the row's profile must predict the answer"
    return arguments(operation).map(lambda drawn: Case(name, drawn, shows))
