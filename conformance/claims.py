"""Claims that people make, and public threads: each settled by a script that was run on the framework.

One file for each, reports/claims/<id>.toml; a thread owner/repository#7 is owner-repository-7.toml.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CLAIMS = Path(__file__).parent.parent / "reports" / "claims"
ANSWERS = ("true", "false", "conditional")
OF_THREADS = (*ANSWERS, "reproduced", "fixed")
MAX_LINES = 30
OURS = frozenset({"oracle", "cases", "conformance", "reports"})


class ClaimError(ValueError):
    """A file that is no claim; the message names file, rule and value."""


@dataclass(frozen=True)
class Claim:
    """What somebody said, the answer, and the script whose output shows it."""

    id: str
    claim: str
    thread: str
    answer: str
    condition: str
    systems: tuple[str, ...]  # the first one decides in which environment the script runs
    versions: tuple[str, ...]
    says: str
    where: str
    script: str
    prints: str

    @property
    def is_thread(self) -> bool:
        return "#" in self.id


def load_claims(folder: Path = CLAIMS) -> list[Claim]:
    """Read every claim of a folder: by id, Q2 before Q11, claims before threads.

    Raises:
        ClaimError: a file that is no TOML, lacks a field, or breaks a rule.
    """
    if not folder.is_dir():
        return []
    return sorted((read_claim(path) for path in folder.glob("*.toml")), key=order)


def order(claim: Claim) -> tuple[Any, ...]:
    """Return a sort key in which numbers count as numbers."""
    pieces = re.split(r"(\d+)", claim.id)
    return claim.is_thread, [int(p) if p.isdigit() else p.lower() for p in pieces]


def read_claim(path: Path) -> Claim:
    """Read one claim; ClaimError with file, rule and value."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ClaimError(f"{path.name}: a claim must be TOML, got {error}") from error
    try:
        names = [f.name for f in fields(Claim)]
        for name in raw:
            if name not in names:
                raise ValueError(f"a field must be one of {', '.join(names)}, got {name}")
        for name in names:
            if name not in raw:
                raise ValueError(f"a claim must have {', '.join(names)}, got no {name}")
        claim = Claim(**{name: typed(name, raw[name]) for name in names})
        check_claim(claim, path.stem)
    except ValueError as error:
        raise ClaimError(f"{path.name}: {error}") from error
    return claim


def typed(name: str, value: Any) -> Any:
    """Return a TOML value as the claim's field holds it."""
    if name in ("systems", "versions"):
        if not isinstance(value, list) or not value or not all(isinstance(v, str) and v for v in value):
            raise ValueError(f"{name} must be a list of texts, at least one, got {value!r}")
        return tuple(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} must be a text, got {value!r}")
    return value.lstrip("\n") if name in ("script", "prints") else value.strip()


def check_claim(claim: Claim, stem: str) -> None:
    """Raise ValueError for a claim that breaks a rule."""
    if file_name(claim.id) != stem:
        raise ValueError(f"the file of {claim.id} must be {file_name(claim.id)}.toml, got {stem}.toml")
    allowed = OF_THREADS if claim.is_thread else ANSWERS
    if claim.answer not in allowed:
        raise ValueError(f"answer must be one of {', '.join(allowed)}, got {claim.answer}")
    if claim.is_thread and claim.thread != claim.id:
        raise ValueError(f"the thread of a thread must be its id, got {claim.thread}")
    lines = len(claim.script.splitlines())
    if lines > MAX_LINES:
        raise ValueError(f"a script must have at most {MAX_LINES} lines, got {lines}")
    try:
        tree = ast.parse(claim.script)
    except SyntaxError as error:
        raise ValueError(f"a script must be Python, got {error}") from error
    if ours := sorted(roots(tree) & OURS):
        raise ValueError(f"a script must stand alone, got import {ours[0]}")
    if not any(isinstance(node, ast.Assert) for node in ast.walk(tree)):
        raise ValueError("a script must hold its answer by an assert, got none")


def file_name(id: str) -> str:
    """Return the name of a claim's file, without .toml: Q3, or google-qkeras-60."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", id.replace("'", "-prime")).strip("-")


def roots(tree: ast.AST) -> set[str]:
    """Return the packages that a script imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found
