"""The AI agents that are known: who visits, for whom, and for which use.

Owns recognising them. Does not own the list: on the server it ships as a file, at an edge it is part of the
site's policy. Whatever is not in it is not an AI agent, and is counted with the people who read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from quire.core.errors import Invalid
from quire.core.terms import USES

_REMEMBERED = 50_000
_LONGEST_REMEMBERED = 400
_UNSEEN = object()


@dataclass(frozen=True, slots=True)
class Agent:
    """An AI agent: the product token it calls itself by, who runs it, and what it takes works for.

    ``since`` is the first day its visits count as AI use: before that day an agent that is also a search
    crawler was nothing else. None means always.
    """

    name: str
    operator: str
    use: str
    since: date | None = None

    def active(self, when: datetime) -> bool:
        """Was it an AI agent at ``when`` (UTC)?"""
        return self.since is None or when.date() >= self.since


class AgentBook:
    """The list, made for looking up. ``digest`` is the SHA-256 of the file it came from, in hexadecimal."""

    def __init__(self, agents: Iterable[tuple[Agent, Iterable[str], Iterable[str]]], digest: str) -> None:
        """``agents``: each with its further product tokens and its aliases. Raises ``Invalid`` on doubles."""
        self.digest = digest
        self.agents: tuple[Agent, ...] = ()
        self._by_token: dict[str, Agent] = {}
        self._by_name: dict[str, Agent] = {}
        for agent, tokens, aliases in agents:
            self.agents += (agent,)
            for token in (agent.name, *tokens):
                _enter(self._by_token, token, agent)
            for name in (agent.name, *tokens, *aliases):
                _enter(self._by_name, name, agent)
        self._token = _any_of(self._by_token)
        self._seen: dict[str, Agent | None] = {}

    def recognise(self, user_agent: str) -> Agent | None:
        """The agent whose product token stands in ``user_agent``, or None.

        A token counts only as a whole word, in upper or lower case, and not within an address such as
        ``+https://example.org/gptbot``. Of several the longest is meant, of two as long the first. Ask
        ``Agent.active`` about the day.
        """
        known = self._seen.get(user_agent, _UNSEEN)
        if known is not _UNSEEN:
            return known  # type: ignore[return-value]
        found = self._search(user_agent)
        if len(user_agent) > _LONGEST_REMEMBERED:  # nobody fills the memory with what he calls himself
            return found
        if len(self._seen) >= _REMEMBERED:  # somebody sends a new name with each request
            self._seen.clear()
        self._seen[user_agent] = found
        return found

    def by_name(self, name: str) -> Agent | None:
        """The agent of that name, token or alias (what a dashboard calls it), in upper or lower case."""
        return self._by_name.get(name.strip().lower())

    def entries(self) -> list[dict[str, Any]]:
        """The list as plain data, as a site's policy has it (boundary §3); ``book_of`` reads it.

        Aliases are left out: they are names in dashboards, which no visitor sends.
        """
        tokens: dict[Agent, list[str]] = {agent: [] for agent in self.agents}
        for token, agent in self._by_token.items():
            tokens[agent].append(token)
        return [
            {
                "name": agent.name,
                "operator": agent.operator,
                "use": agent.use,
                "tokens": tokens[agent],
                "since": agent.since.isoformat() if agent.since else None,
            }
            for agent in self.agents
        ]

    def _search(self, user_agent: str) -> Agent | None:
        tokens = [match[0] for match in self._token.finditer(user_agent.lower())]
        return self._by_token[max(tokens, key=len)] if tokens else None


def book_of(entries: Iterable[Mapping[str, Any]], digest: str = "") -> AgentBook:
    """A book from plain data: name, operator, use, and where it has them tokens, aliases and since.

    ``since`` is a date, its text (2023-02-07) or None. Fields that are not named here are passed over.
    Raises ``Invalid``, naming the agent.
    """
    return AgentBook([_agent(entry) for entry in entries], digest)


def _agent(entry: Mapping[str, Any]) -> tuple[Agent, list[str], list[str]]:
    if not isinstance(entry, Mapping):
        raise Invalid("An agent is a table with a name, an operator and a use.")
    name = str(entry.get("name") or "")
    for wanted in ("name", "operator", "use"):
        if not isinstance(entry.get(wanted), str) or not entry[wanted].strip():
            raise Invalid(f"The agent {name or 'without a name'} has no {wanted}: give it one.", agent=name)
    if entry["use"] not in USES:
        uses = ", ".join(sorted(USES))
        raise Invalid(f"The agent {name} has the use {entry['use']!r}: it must be one of {uses}.", agent=name)
    agent = Agent(name, entry["operator"], entry["use"], _since(name, entry.get("since")))
    return agent, _names(name, entry, "tokens"), _names(name, entry, "aliases")


def _since(name: str, value: object) -> date | None:
    if value is None:
        return None
    try:
        since = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        since = None
    if isinstance(since, datetime) or not isinstance(since, date):
        raise Invalid(f"The agent {name} has a 'since' that is no date: write it as 2023-02-07.", agent=name)
    return since


def _names(name: str, entry: Mapping[str, Any], field: str) -> list[str]:
    names = entry.get(field, [])
    if not isinstance(names, (list, tuple)) or not all(
        isinstance(each, str) and each.strip() for each in names
    ):
        raise Invalid(f"The agent {name} has {field} that are no list of names.", agent=name)
    return list(names)


def _enter(table: dict[str, Agent], name: str, agent: Agent) -> None:
    key = name.strip().lower()
    if table.setdefault(key, agent) is not agent:
        raise Invalid(f"{name!r} names two agents: {table[key].name} and {agent.name}.", name=name)


def _any_of(tokens: Iterable[str]) -> re.Pattern[str]:
    """One pattern for all tokens as whole words of lower-case text.

    The look-behind comes after the first character is known to fit, because a pattern that begins with
    one is tried in full at every place of the text.
    """
    words = "|".join(f"{re.escape(t[0])}(?<![a-z0-9_./@=?&-].){re.escape(t[1:])}" for t in tokens)
    return re.compile(rf"(?:{words})(?![a-z0-9_-]|\.[a-z])") if words else re.compile(r"(?!)")
