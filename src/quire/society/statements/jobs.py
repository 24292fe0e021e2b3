"""Statements of a large run take long to write; killed and begun again, what is written stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quire.society.kit import jobs
from quire.society.parties import queries as parties
from quire.society.statements import actions


@jobs.kind("statements.issue")
def issue(running: jobs.Running, *, by: Any, run: str, address: str = "") -> Mapping[str, Any]:
    """Write the statements of every payee of a closed run into the society's private folder."""
    parties.may_write(by)
    running.say("Writing the statements.")
    written = actions.write(run, progress=lambda done, whole: running.count(done, whole, "statements"))
    return {
        "address": address,
        "sentence": f"{written.count:,} payees have their statement in {written.folder}.",
    }
