"""The list of AI agents that ships with Quire.

The facts are data, in ``agents.toml``; what is made of them is ``quire.core.agents``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from quire.core.agents import AgentBook, book_of
from quire.core.errors import Invalid

_SHIPPED = Path(__file__).with_name("agents.toml")
_FIELDS = frozenset(("name", "operator", "use", "purpose", "source", "tokens", "aliases", "since"))


@cache
def load(path: Path = _SHIPPED) -> AgentBook:
    """The list of AI agents, the one that ships with Quire unless told otherwise. Raises ``Invalid``."""
    data = path.read_bytes()
    try:
        entries = tomllib.loads(data.decode("utf-8")).get("agent", [])
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(f"The list of agents {path.name} is not valid TOML: {error}.") from error
    for entry in entries:
        _check_entry(entry)
    return book_of(entries, sha256(data).hexdigest())


def _check_entry(entry: Mapping[str, Any]) -> None:
    """What a file must have beside what an agent is recognised by: a reason to be in it."""
    name = str(entry.get("name", ""))
    for wanted in ("name", "operator", "use", "purpose", "source"):
        if not entry.get(wanted):
            raise Invalid(f"The agent {name or 'without a name'} has no {wanted}: give it one.", agent=name)
    if strange := sorted(set(entry) - _FIELDS):
        raise Invalid(
            f"The agent {name} has a field {strange[0]!r} that nobody reads: remove it.", agent=name
        )
