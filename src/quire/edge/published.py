"""What a site's edge says to everybody: the site's public terms, in four renderings that say the same.

Owns where they are served and how the site's own robots.txt is kept. Does not own the renderings
(``quire.core.renderings``): each is made once for a state and a host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quire.edge.policy import State
from quire.edge.request import Request

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer of 200, ready to be sent."""

    headers: Pairs
    body: bytes


def answer(state: State, request: Request) -> Ready | None:
    """The answer to a request for the terms themselves, or None where it is for something else."""
    return None


def headers(state: State, path: str) -> Pairs:
    """The headers to add to the site's answer at a canonical path."""
    return ()


def robots(state: State, host: str, status: int, headers: Mapping[str, str], body: bytes) -> Ready | None:
    """The site's robots.txt with the society's lines in it; None where the site's own answer must stay."""
    return None
