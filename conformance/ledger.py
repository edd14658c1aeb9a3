"""The ledger: divergences we know, each a profile that must predict every answer."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from cases.case import Case, all_cases
from oracle.definition import DEFINITIONS, check_choice

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LEDGER = Path(__file__).parent.parent / "reports" / "ledger"
VERDICTS = ("framework-bug", "by-design", "spec-gap", "unexplained")


def is_of(version: str, named: str) -> bool:
    """Whether a version is the one named, on whatever host: 0.9.0+tf2.15.1 is of 0.9.0."""
    return version == named or version.startswith(f"{named}+")


class LedgerError(ValueError):
    """A ledger file that cannot be used; the message names file, rule and value."""


@dataclass(frozen=True, eq=False)
class Entry:
    """One story: who leaves the definition, on which axes, and how we know."""

    name: str
    story: str
    operation: str
    system: str
    versions: tuple[str, ...]
    backends: tuple[str, ...]
    doors: tuple[str, ...]
    profile: dict[str, str]
    witness: str
    verdict: str
    says: str
    where: str
    checked: tuple[str, ...]
    upstream: str
    dtypes: tuple[str, ...] = ()  # only where x (or the scale, without x) has one of these dtypes
    codes: tuple[str, ...] = ()  # only for these integer types
    outcome: str = ""  # instead of a profile: how the framework fails
    cases: tuple[str, ...] = ()  # and on which cases
    tried: str = ""  # of an unexplained divergence: which profiles
    script: str = ""  # where the adapter's text is too long to be cut: how to ask without it

    def covers(self, system: str, version: str, backend: str, operation: str) -> bool:
        return (
            (self.system, self.operation) == (system, operation)
            and self.covers_version(version)
            and (self.backends == ("*",) or backend in self.backends)
        )

    def covers_version(self, version: str) -> bool:
        """Whether a version was run: one that is named without its host, on every host it was run on."""
        return any(is_of(version, named) for named in self.versions)

    def covers_case(self, case: Case) -> bool:
        """Whether the case has the dtype and the integer type that the entry is about."""
        return (not self.dtypes or case.dtype in self.dtypes) and (not self.codes or case.codes in self.codes)

    def is_about(self, case: Case) -> bool:
        """Whether the entry can be why a case diverges."""
        return self.covers_case(case) and (not self.outcome or case.id in self.cases)

    def covers_door(self, door: str) -> bool:
        """Doors are names, or "*" for all, less those written "!name"."""
        return ("*" in self.doors or door in self.doors) and f"!{door}" not in self.doors


def load_ledger(folder: Path = LEDGER) -> list[Entry]:
    """Read every entry of a folder, sorted by name.

    Raises:
        LedgerError: a file that is no TOML, lacks a field, or breaks a rule.
    """
    if not folder.is_dir():
        raise LedgerError(f"a ledger must be a folder of .toml files, got {folder}")
    return [read_entry(path) for path in sorted(folder.glob("*.toml"))]


def read_entry(path: Path) -> Entry:
    """Read one entry; LedgerError with file, rule and value."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LedgerError(f"{path.name}: an entry must be TOML, got {error}") from error
    try:
        entry = Entry(
            name=path.stem, **{key: typed(key, value) for key, value in {**DEFAULTS, **raw}.items()}
        )
        check_entry(entry)
    except (TypeError, ValueError) as error:
        raise LedgerError(f"{path.name}: {str(error).replace('Entry.__init__() ', '')}") from error
    return entry


DEFAULTS: dict[str, Any] = {"doors": ["*"], "profile": {}}
_TUPLES = {f.name for f in fields(Entry) if "tuple" in str(f.type)}


def typed(key: str, value: Any) -> Any:
    """Return a TOML value as the entry's field holds it."""
    if key in _TUPLES:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise ValueError(f"{key} must be a list of strings, got {value!r}")
        return tuple(value)
    wanted = dict if key == "profile" else str
    if not isinstance(value, wanted):
        raise ValueError(f"{key} must be a {wanted.__name__}, got {value!r}")
    return value.strip() if isinstance(value, str) else value


def check_entry(entry: Entry) -> None:
    """Raise ValueError for an entry that breaks a rule."""
    if entry.operation not in DEFINITIONS:
        raise ValueError(f"operation must be one of {', '.join(DEFINITIONS)}, got {entry.operation}")
    if entry.verdict not in VERDICTS:
        raise ValueError(f"verdict must be one of {', '.join(VERDICTS)}, got {entry.verdict}")
    for name in (entry.witness, *entry.cases):
        if name not in all_cases():
            raise ValueError(f"a case must exist, got {name}")
    if not entry.versions:
        raise ValueError("versions must name the versions that were run, got none")
    if len(entry.checked) < 2:
        raise ValueError(f"checked must give two independent reasons, got {len(entry.checked)}")
    kinds = [
        bool(entry.profile),
        bool(entry.outcome and entry.cases),
        entry.verdict == "unexplained",
    ]
    if sum(kinds) != 1:
        raise ValueError("an entry must have a profile, or an outcome with cases, or be unexplained")
    if entry.verdict == "unexplained" and not entry.tried:
        raise ValueError("an unexplained entry must say in `tried` which profiles were tried")
    for axis, choice in entry.profile.items():
        check_choice(entry.operation, axis, choice)
