"""What can be reproduced: the ledger, the claims, and the observations that the scripts are made of."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cached_property

from conformance.claims import Claim, file_name, load_claims
from conformance.ledger import Entry, load_ledger
from conformance.observation import Header, Observation, read_all
from conformance.reproduction.script import write_script
from conformance.reproduction.witness import Witness, find_witness
from conformance.row import Row
from conformance.story import Side, sides


@dataclass
class Told:
    """One entry's witness, its sides, its script."""

    witness: Witness
    others: Side
    script: str


class Archive:
    """The ledger, the claims and the observations, each read once."""

    @cached_property
    def ledger(self) -> list[Entry]:
        return load_ledger()

    @cached_property
    def claims(self) -> list[Claim]:
        return load_claims()

    @cached_property
    def observations(self) -> list[Observation]:
        return read_all()

    @cached_property
    def rows(self) -> list[Row]:
        return [row for observation in self.observations for row in observation.rows()]

    @property
    def ids(self) -> list[str]:
        return [entry.name for entry in self.ledger] + [claim.id for claim in self.claims]

    def find(self, id: str) -> Entry | Claim:
        """Return the entry or the claim of an id.

        Raises:
            ValueError: there is none; the message names those that are near.
        """
        for entry in self.ledger:
            if entry.name == id:
                return entry
        for claim in self.claims:
            if id in (claim.id, file_name(claim.id)):
                return claim
        words = [word for word in re.split(r"[^a-z0-9]+", id.lower()) if len(word) > 2]
        near = difflib.get_close_matches(id, self.ids, 5, 0.5)
        near += [i for i in self.ids if i not in near and words and all(w in i.lower() for w in words)]
        raise ValueError(
            f"an id must be one of --list, got {id}" + (f"; near: {', '.join(near[:8])}" if near else "")
        )

    def tell(self, entry: Entry) -> Told:
        witness = find_witness(entry, self.rows, self.ledger)
        others = sides(entry, witness.question, self.rows, witness.shown)
        script = f"{entry.script}\n" if entry.script else write_script(witness, others)
        return Told(witness, others, script)

    def header(self, row: Row) -> Header | None:
        key = (row.system, row.version, row.backend)
        headers = [o.header for o in self.observations]
        return next((h for h in headers if (h.system, h.version, h.backend) == key), None)
