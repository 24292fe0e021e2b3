"""Whose addresses are, a hundred thousand at a time: for the registry's look-up and its snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from quire.core.errors import QuireError
from quire.core.patterns import Book
from quire.core.urls import canonical_url
from quire.society.kit import clock
from quire.society.repertoire.identifiers import identifier, is_identifier
from quire.society.repertoire.models import SitePattern

# The originals' members are not joined: the planner would read the whole table for the few copies.
_WORKS = """
SELECT w.key, w.tier, w.words, CASE WHEN w.original_id IS NULL THEN w.member_id
            ELSE (SELECT o.member_id FROM repertoire_work o WHERE o.id = w.original_id) END,
       (w.starts IS NULL OR w.starts <= %(day)s) AND (w.ends IS NULL OR w.ends > %(day)s)
  FROM repertoire_work w
 WHERE w.key = ANY(%(keys)s)
"""
_NUMBERS = """
SELECT w.identifier, w.key, w.tier, w.words, CASE WHEN w.original_id IS NULL THEN w.member_id
            ELSE (SELECT o.member_id FROM repertoire_work o WHERE o.id = w.original_id) END,
       (w.starts IS NULL OR w.starts <= %(day)s) AND (w.ends IS NULL OR w.ends > %(day)s)
  FROM repertoire_work w
 WHERE w.identifier <> '' AND w.identifier = ANY(%(keys)s)
"""
_ALL = """
SELECT w.host, w.path, w.key, w.tier, w.words, CASE WHEN w.original_id IS NULL THEN w.member_id
            ELSE (SELECT o.member_id FROM repertoire_work o WHERE o.id = w.original_id) END
  FROM repertoire_work w
 WHERE (w.starts IS NULL OR w.starts <= %(day)s) AND (w.ends IS NULL OR w.ends > %(day)s)
"""


class Spot(NamedTuple):
    """A site as a look-up needs it; ``owner`` is a party's id."""

    id: UUID
    code: str
    owner: UUID
    tier: str


class Place(NamedTuple):
    """Whose an address is. ``found`` is ``work``, ``site``, ``nothing`` or, with its ``problem``,
    ``unreadable``.

    ``holder`` is the party whose mandate governs: of a copy the original's member, of a site its owner.
    ``spot`` is the site under one of whose patterns the address lies, also where a work was found. ``path``
    is canonical, and empty for an identifier. ``in_force``: the work is on the day that was asked about.
    """

    url: str
    found: str
    key: str = ""
    path: str = ""
    spot: Spot | None = None
    holder: UUID | None = None
    tier: str = ""
    words: int | None = None
    in_force: bool = True
    problem: str = ""


class Places:
    """The register on one day, asked in batches; the patterns of a host are fetched once."""

    def __init__(self, day: date | None = None) -> None:
        self._day = day or clock.today()
        self._books: dict[str, Book[Spot] | None] = {}
        self._spots: dict[UUID, Spot] = {}

    def find(self, urls: Sequence[str]) -> list[Place]:
        """A place for each URL or identifier, in order. Three queries, whatever their number."""
        asked = [_read(url) for url in urls]
        self._fetch_patterns({host for host, _, _ in asked if host})
        works = self._works(asked)
        return [
            self._place(url, host, path, problem, works)
            for url, (host, path, problem) in zip(urls, asked, strict=True)
        ]

    def every_work(self) -> Iterator[tuple[str, Place]]:
        """(host, place) of every work in force, in no order; held a few thousand at a time."""
        with transaction.atomic(), connection.chunked_cursor() as run:
            run.execute(_ALL, {"day": self._day})
            while part := run.fetchmany(10_000):
                self._fetch_patterns({row[0] for row in part if row[0]})
                for host, path, key, tier, words, holder in part:
                    spot = self._spot(host, path)
                    yield host, Place(key, "work", key, path, spot, holder, tier, words)

    def _place(
        self, url: str, host: str, path: str, problem: str, works: dict[str, tuple[str, str, int, UUID, bool]]
    ) -> Place:
        if problem:
            return Place(url, "unreadable", problem=problem)
        spot = self._spot(host, path)
        if (work := works.get(host + path)) is not None:
            key, tier, words, holder, in_force = work
            return Place(url, "work", key, path if host else "", spot, holder, tier, words, in_force)
        if spot is None:
            return Place(url, "nothing", host + path)
        return Place(url, "site", host + path, path, spot, spot.owner, spot.tier)

    def _spot(self, host: str, path: str) -> Spot | None:
        book = self._books.get(host)
        return book.find(path) if book else None

    def _works(self, asked: list[tuple[str, str, str]]) -> dict[str, tuple[str, str, int, UUID, bool]]:
        keys = list({host + path for host, path, problem in asked if not problem})
        numbers = list({path for host, path, problem in asked if not host and not problem})
        found: dict[str, tuple[str, str, int, UUID, bool]] = {}
        with connection.cursor() as run:
            if numbers:
                run.execute(_NUMBERS, {"keys": numbers, "day": self._day})
                found.update((row[0], row[1:]) for row in run.fetchall())
            run.execute(_WORKS, {"keys": keys, "day": self._day})
            found.update((row[0], row) for row in run.fetchall())
        return found

    def _fetch_patterns(self, hosts: set[str]) -> None:
        fresh = [host for host in hosts if host not in self._books]
        if not fresh:
            return
        self._books.update(dict.fromkeys(fresh))
        rows = SitePattern.objects.filter(host__in=fresh).values_list(
            "host", "pattern", "site_id", "site__code", "site__owner_id", "site__tier"
        )
        for host, pattern, site, code, owner, tier in rows:
            spot = self._spots.setdefault(site, Spot(site, code, owner, tier))
            book = self._books[host]
            if book is None:
                book = self._books[host] = Book[Spot]()
            book.add(pattern, spot)


def _read(url: str) -> tuple[str, str, str]:
    """(host, path, problem) of an address; an identifier has no host and is its own path."""
    try:
        return ("", identifier(url), "") if is_identifier(url) else (*canonical_url(url), "")
    except QuireError as problem:
        return "", "", problem.sentence
