"""The picture of the report: which backend agrees on which operation; matplotlib draws it, in `render`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from conformance.row import RowVerdict
from oracle.definition import DEFINITIONS
from reports.cells import AGREES, DIFFERS, ERROR, NOT_OFFERED, PARTLY, UNEXPLAINED, columns_of, kind_of
from reports.family import families, operations_of

COLOURS = {  # told apart without colours by the sign too
    AGREES: ("#3a923a", ""),
    PARTLY: ("#a9d8a0", "·"),
    DIFFERS: ("#f2b134", "≠"),
    UNEXPLAINED: ("#d1495b", "?"),
    ERROR: ("#4a4a4a", "!"),
}
DARK = (ERROR,)  # their sign is white
BLANK = "not offered: the backend has no such operation"
CELL = 0.24  # inches

Kinds = dict[tuple[str, str], str]  # (backend, operation) -> kind


def kinds_of(verdicts: list[RowVerdict]) -> Kinds:
    """Return what is drawn: a kind for each backend and operation that it offers."""
    columns = columns_of((v for v in verdicts if kind_of(v) != NOT_OFFERED), kind_of)
    return {
        (name, operation): kind_of(v) for name, column in columns.items() for operation, v in column.items()
    }


def digest(kinds: Kinds) -> str:
    """Return a digest of what is drawn; the picture carries it."""
    return hashlib.sha256(repr(sorted(kinds.items())).encode()).hexdigest()[:16]


def draw(verdicts: list[RowVerdict], path: Path) -> None:
    """Write the picture as SVG: the same observations, the same bytes.

    Raises:
        ModuleNotFoundError: matplotlib is not installed; the environment `report` has it.
    """
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot
    from matplotlib.patches import Patch

    kinds = kinds_of(verdicts)
    backends = list(dict.fromkeys(backend for backend, _ in kinds))
    asked = {operation for _, operation in kinds}
    operations = [name for family in families() for name in operations_of(family) if name in asked]
    matplotlib.rcParams.update({"svg.hashsalt": "conformance", "svg.fonttype": "none", "font.size": 7})
    size = (max(CELL * len(backends) + 2.6, 5), CELL * len(operations) + 2.2)
    figure, axes = pyplot.subplots(figsize=size, layout="constrained")
    for (backend, operation), kind in kinds.items():
        x, y = backends.index(backend), operations.index(operation)
        colour, sign = COLOURS[kind]
        axes.add_patch(pyplot.Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, color=colour))
        axes.text(x, y, sign, ha="center", va="center", color="white" if kind in DARK else "black")
    for y in range(1, len(operations)):
        if DEFINITIONS[operations[y]].family != DEFINITIONS[operations[y - 1]].family:
            axes.axhline(y - 0.5, color="#888888", linewidth=0.6)
    axes.set_xlim(-0.5, len(backends) - 0.5)
    axes.set_ylim(len(operations) - 0.5, -0.5)
    axes.set_xticks(range(len(backends)), backends, rotation=90)
    axes.set_yticks(range(len(operations)), operations)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    shown = [Patch(color=colour, label=f"{kind} {sign}".strip()) for kind, (colour, sign) in COLOURS.items()]
    shown.append(Patch(facecolor="white", edgecolor="#b0b0b0", linewidth=0.6, label=BLANK))
    figure.legend(handles=shown, loc="outside lower center", ncols=2, frameon=False)
    figure.savefig(path, format="svg", metadata={"Date": None, "Description": digest(kinds)})
    pyplot.close(figure)
