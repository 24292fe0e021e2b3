"""What a record of a bundle may refer to: the parties, subjects and pots that the files before it name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]
"""One line of a file of a bundle, as JSON has it."""


@dataclass(frozen=True, slots=True)
class Places:
    """Ordinals of parties and of subjects by id, and the pots' ids."""

    parties: Mapping[str, int]
    subjects: Mapping[str, int]
    pots: frozenset[str]

    def party(self, name: str) -> int:
        """The ordinal of a party; ValueError where it is not among the parties of the run."""
        if name not in self.parties:
            raise ValueError(f"{name} is not in parties.jsonl")
        return self.parties[name]

    def subject(self, name: str) -> int:
        """The ordinal of a work or site; ValueError where it is not among the subjects of the run."""
        if name not in self.subjects:
            raise ValueError(f"{name} is not in works.jsonl")
        return self.subjects[name]
