"""A society's registry on one's own disk: what may be used, at what price, and why, without asking anybody.

Owns the check of a snapshot (docs/boundary.md §9) and the answers from it. Does not own what a site itself
says in its robots.txt and licences, which holds as well (``origins``), nor what holds for one licensee alone,
which is never in a snapshot: that the society's look-up tells.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from quire.core import envelope
from quire.core.errors import Invalid, NotFound, QuireError
from quire.core.money import Money
from quire.core.patterns import Book
from quire.core.terms import FREE, USES, check_use
from quire.core.tokens import KeySet
from quire.core.urls import BadAddress, canonical_url

TYPE = "quire-registry+jws"
COLUMNS = ("host", "pattern", "kind", "rightsholder", "tier", "words", "permits", "price", "currency")
"""The columns that are read; a snapshot may have others beside them."""

_IDENTIFIER = re.compile(r"(isrc|iswc|isbn|doi|issn):([!-~]{1,250})", re.IGNORECASE)
_GLOB = re.compile(r"[*?\[\]]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# The works that were asked for, and every rule of a host that was: which rule holds, the patterns decide.
# The file is in the order of hosts, so that bounds spare the reading of most of it where few are asked for.
_FIND = """
WITH asked AS (SELECT DISTINCT unnest(?::VARCHAR[]) AS host, unnest(?::VARCHAR[]) AS pattern),
     hosts AS (SELECT DISTINCT host FROM asked),
     rows AS NOT MATERIALIZED (SELECT host, pattern, kind, rightsholder, tier, words, permits, price, currency
                FROM read_parquet(?) WHERE host BETWEEN ? AND ?)
SELECT * FROM rows SEMI JOIN asked USING (host, pattern) WHERE kind = 'work'
UNION ALL
SELECT * FROM rows SEMI JOIN hosts USING (host) WHERE kind = 'rule'
"""


class NoReader(QuireError):
    """What reads Parquet is not installed."""

    code = "registry.no-reader"
    exit_code = 2


class NoSnapshotHere(NotFound):
    """A file of the snapshot is missing, or may not be read."""

    code = "registry.no-snapshot-here"


class BadSnapshot(Invalid):
    """The files are not the snapshot that the society signed, or cannot be read as one."""

    code = "registry.bad-snapshot"


@dataclass(frozen=True, slots=True)
class Known:
    """What a snapshot says of one address and one use.

    ``found`` is as in a look-up: ``work``, ``site`` (a rule of the host), ``nothing`` or ``unreadable``.
    ``permits``: the rightsholder lets anybody have the use who has a licence or pays, and search (``FREE``)
    anybody at all. ``price`` is of one request; None where it is not for sale by the request, not permitted,
    or free. ``why`` is for people.
    """

    url: str
    use: str
    found: Literal["work", "site", "nothing", "unreadable"]
    permits: bool
    why: str
    price: Money | None = None
    rightsholder: str = ""
    tier: str = ""
    words: int | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the snapshot, but for where it holds."""

    found: Literal["work", "site"]
    rightsholder: str
    tier: str
    words: int | None
    permits: frozenset[str]
    price: Money | None


class Registry:
    """An opened snapshot. Threads may ask it at the same time; close it, or use it in a ``with``."""

    def __init__(self, parquet: Path, said: dict[str, Any], seen: tuple[int, ...], db: Any) -> None:
        self._parquet, self._seen, self._db = parquet, seen, db
        self.society = str(said["society"])
        self.version = said["version"]
        self.on = str(said["on"])
        """The day that the answers are of."""
        self.rows = int(said["rows"])

    @classmethod
    def open(cls, parquet: Path, envelope: Path, keys: KeySet) -> Self:
        """Check the envelope's signature by one of ``keys``, then the Parquet's digest, and open it.

        Raises NoReader without duckdb, NoSnapshotHere for a missing file, UnknownKey, BadSignature and
        NotAnEnvelope for the envelope, BadSnapshot for the Parquet.
        """
        reader = _duckdb()
        said = _said(envelope, keys)
        seen = _checked(parquet, said)
        # Nothing is to be fetched because of a file's content, so no extension either.
        return cls(parquet, said, seen, reader.connect(config={"autoinstall_known_extensions": "false"}))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    def ask(self, url: str, use: str) -> Known:
        """What is said of one address; raises as ``ask_many`` does, which is quicker for many."""
        return self.ask_many([url], use)[0]

    def ask_many(self, urls: Iterable[str], use: str) -> list[Known]:
        """An answer for each URL or identifier, in order, by one query: the work's, else that of the rule of
        its host with the longest pattern (RFC 9309 §2.2.2), else nothing.

        Raises UnknownUse, and BadSnapshot where the file changed since it was opened.
        """
        check_use(use)
        given = list(urls)
        spots = [_spot(url) for url in given]
        works, rules = self._fetch(sorted({spot for spot in spots if not isinstance(spot, str)}))
        answers = []
        for url, spot in zip(given, spots, strict=True):
            if isinstance(spot, str):
                answers.append(Known(url, use, "unreadable", False, spot))
                continue
            host, path = spot
            row = works.get(spot) or (rules[host].find(path) if host in rules else None)
            answers.append(self._known(url, use, row))
        return answers

    def _fetch(
        self, spots: Sequence[tuple[str, str]]
    ) -> tuple[dict[tuple[str, str], _Row], dict[str, Book[_Row]]]:
        works: dict[tuple[str, str], _Row] = {}
        rules: dict[str, Book[_Row]] = {}
        if not spots:
            return works, rules
        for host, pattern, kind, *rest in self._query(spots):
            row = _row(kind, *rest)
            if kind == "work":
                works[host, pattern] = row
            else:
                rules.setdefault(host, Book[_Row]()).add(pattern, row)
        return works, rules

    def _query(self, spots: Sequence[tuple[str, str]]) -> list[tuple[Any, ...]]:
        """The rows for sorted spots. The file's stamp is compared afterwards: what was read was checked."""
        place = _GLOB.sub(lambda found: f"[{found[0]}]", str(self._parquet.resolve()))
        asked = [[host for host, _ in spots], [path for _, path in spots], place, spots[0][0], spots[-1][0]]
        try:
            with self._db.cursor() as cursor:
                rows: list[tuple[Any, ...]] = cursor.execute(_FIND, asked).fetchall()
            unchanged = _stamp(os.stat(self._parquet)) == self._seen
        except (_duckdb().Error, OSError) as problem:
            raise BadSnapshot(f"The snapshot cannot be read: {str(problem)[:200]}.") from problem
        if not unchanged:
            raise BadSnapshot("The snapshot's file was changed while it was in use: open it again.")
        return rows

    def _known(self, url: str, use: str, row: _Row | None) -> Known:
        stand = f"By {self.society}'s registry of {self.on}"
        if row is None:
            why = f"{stand}, nobody whom it represents has this address: what the site itself says holds."
            return Known(url, use, "nothing", False, why)
        permits = use in row.permits
        price = row.price if permits and use != FREE else None
        who = row.rightsholder or "the rightsholder"
        if not permits:
            why = (
                f"{stand}, {who} does not permit {use} to everybody here; "
                "the society's look-up says what holds for you."
            )
        elif use == FREE:
            why = f"{stand}, {who} permits {use} here to everybody, without a licence."
        elif price is None:
            why = f"{stand}, {who} permits {use} here, under a licence."
        else:
            why = f"{stand}, {who} permits {use} here, at {price} a request or under a licence."
        return Known(url, use, row.found, permits, why, price, row.rightsholder, row.tier, row.words)


def _duckdb() -> Any:
    """The reader of Parquet: only who has a snapshot needs it, so it is no part of ``quire[crawler]``."""
    try:
        import duckdb
    except ModuleNotFoundError:
        raise NoReader("A snapshot is read with duckdb: pip install 'quire[registry]'") from None
    return duckdb


def _said(place: Path, keys: KeySet) -> dict[str, Any]:
    """The envelope's document, once the signature is checked and what is needed is in it."""
    try:
        with place.open("rb") as file:
            data = file.read(envelope.MAX_BYTES + 1)
    except OSError as problem:
        raise NoSnapshotHere(f"{place} cannot be read: {problem.strerror}.") from None
    said = envelope.open(data, keys, TYPE)
    columns = said.get("columns")
    lacking = (
        [name for name in COLUMNS if name not in columns] if isinstance(columns, list) else list(COLUMNS)
    )
    if lacking:
        raise BadSnapshot(f"The snapshot lacks the columns {', '.join(lacking)}: it is of another version.")
    texts = all(isinstance(said.get(name), str) for name in ("society", "on", "digest"))
    numbers = all(type(said.get(name)) is int for name in ("rows", "bytes"))
    if not texts or not numbers or "version" not in said or not _DAY.fullmatch(said["on"]):
        raise BadSnapshot("The envelope does not say whose snapshot of which day it is, and how long.")
    return said


def _checked(place: Path, said: dict[str, Any]) -> tuple[int, ...]:
    """The stamp of the Parquet whose bytes are those that were signed. Raises BadSnapshot."""
    try:
        with place.open("rb") as file:
            seen = _stamp(os.fstat(file.fileno()))
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            same = _stamp(os.fstat(file.fileno())) == seen
    except OSError as problem:
        raise NoSnapshotHere(f"{place} cannot be read: {problem.strerror}.") from None
    if not same or f"sha256:{digest}" != said["digest"]:
        raise BadSnapshot(f"{place} is not the file that was signed: fetch it and its envelope again.")
    return seen


def _stamp(stat: os.stat_result) -> tuple[int, ...]:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _spot(url: str) -> tuple[str, str] | str:
    """(host, path) of an address, (nothing, identifier), or the sentence why it is neither."""
    if number := _IDENTIFIER.fullmatch(url.strip()):
        return "", f"{number[1].lower()}:{number[2]}"
    try:
        return canonical_url(url)
    except BadAddress as problem:
        return problem.sentence


def _row(
    kind: str, holder: str | None, tier: str | None, words: int | None, permits: str | None,
    price: str | None, currency: str | None,
) -> _Row:  # fmt: skip
    uses = frozenset((permits or "").split()) & frozenset(USES)
    try:
        costs = Money.parse(price, currency) if price and currency else None
    except QuireError as problem:
        raise BadSnapshot(f"A price in the snapshot cannot be read: {problem.sentence}") from problem
    return _Row("work" if kind == "work" else "site", holder or "", tier or "", words, uses, costs)
