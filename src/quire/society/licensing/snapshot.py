"""The registry of one day as a signed Parquet file: what holds for everybody, for looking up without asking.

A row is a work, or a pattern of a site's policy (``kind`` is ``work`` or ``rule``). To look an address up:
its work's row if there is one, else the rule of its host with the longest pattern that matches (RFC 9309
§2.2.2). Nothing of any licensee is in it. Files lie in ``QUIRE_HOME/registry``; the newest two are kept.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from quire.core import canonical, envelope
from quire.core.errors import NotFound
from quire.core.money import Money
from quire.core.terms import USES
from quire.society.kit import changes, clock, config
from quire.society.licensing import keys, policy
from quire.society.licensing.registry import Rights
from quire.society.repertoire import queries as repertoire
from quire.society.repertoire.queries import Place, Places

TYPE = "quire-registry+jws"
KEPT = 2
BATCH = 10_000
COLUMNS = {
    "host": "VARCHAR",
    "pattern": "VARCHAR",
    "kind": "VARCHAR",
    "rightsholder": "VARCHAR",
    "tier": "VARCHAR",
    "words": "UINTEGER",
    "permits": "VARCHAR",
    "price": "VARCHAR",
    "currency": "VARCHAR",
}
"""``pattern`` is a work's path (or its identifier, where ``host`` is empty); ``permits`` are uses between
blanks; ``price`` is of one request, twelve decimals.
"""

Row = tuple[Any, ...]


class NoSnapshot(NotFound):
    """Nobody has made a snapshot yet."""

    code = "registry.no-snapshot"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot on disk: its Parquet, its signed envelope, the SHA-256 of the Parquet, and its rows."""

    parquet: Path
    envelope: bytes
    digest: str
    rows: int


def newest() -> Snapshot:
    """The newest snapshot. Raises NoSnapshot."""
    found = sorted(_folder().glob("*.json"))
    if not found:
        raise NoSnapshot("There is no snapshot of the registry yet; quire registry snapshot makes one.")
    return _read(found[-1])


def make(day: date | None = None) -> Snapshot:
    """Write and sign the snapshot of a day (None: today); the same registry again is the same snapshot."""
    day, version = day or clock.today(), changes.version()
    with suppress(NoSnapshot):
        known = newest()
        said = json.loads(known.envelope)["document"]
        if said["version"] == version and said["on"] == str(day):
            return known
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    place = _folder() / f"{stem}.parquet"
    rows = _write(place, day)
    with place.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    document = {
        "version": version, "on": str(day), "issued": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "society": config.url(), "rows": rows, "bytes": place.stat().st_size,
        "columns": list(COLUMNS), "digest": f"sha256:{digest}",
        "parquet": f"{config.url()}/api/v1/registry/snapshot",
    }  # fmt: skip
    sealed = canonical.dumps(envelope.seal(document, keys.signing_key(), TYPE))
    fresh = place.with_suffix(".tmp")
    fresh.write_bytes(sealed)
    fresh.replace(place.with_suffix(".json"))  # the envelope comes last: with it the snapshot is there
    _forget_old()
    return Snapshot(place, sealed, digest, rows)


def _folder() -> Path:
    return config.private("registry")


def _read(place: Path) -> Snapshot:
    sealed = place.read_bytes()
    said = json.loads(sealed)["document"]
    return Snapshot(
        place.with_suffix(".parquet"), sealed, str(said["digest"]).removeprefix("sha256:"), int(said["rows"])
    )


def _forget_old() -> None:
    for place in sorted(_folder().glob("*.json"))[:-KEPT]:
        place.unlink(missing_ok=True)
        place.with_suffix(".parquet").unlink(missing_ok=True)


def _write(place: Path, day: date) -> int:
    """The rows into Parquet by way of CSV, so that only a batch is in memory; returns their number."""
    between = place.with_suffix(".csv")
    try:
        count = 0
        with between.open("w", newline="", encoding="utf-8") as file:
            out = csv.writer(file)
            for row in _rows(day):
                out.writerow(row)
                count += 1
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
        with duckdb.connect() as db:
            # sql: the columns are this file's own; what is not goes in as parameters
            db.execute(
                f"COPY (SELECT * FROM read_csv(?, header = false, columns = {{{columns}}}, nullstr = '\\N', "  # noqa: S608
                "auto_detect = false, delim = ',', quote = '\"', escape = '\"', new_line = '\\r\\n') "
                "ORDER BY host, pattern) TO ? (FORMAT parquet, COMPRESSION zstd)",
                [str(between), str(place)],
            )
    finally:
        between.unlink(missing_ok=True)
    return count


def _rows(day: date) -> Iterator[Row]:
    yield from _rules(day)
    yield from _works(day)


def _rules(day: date) -> Iterator[Row]:
    tiers: dict[str, str] = {}
    for site in repertoire.sites():
        if site.verified:
            tiers.setdefault(site.host, site.tier)
    for host in sorted(tiers):
        terms = policy.terms_of_host(host, day)
        for rule in terms.rules:
            yield _row(
                host, rule.pattern, "rule", terms.rightsholder, tiers[host], None, rule.permits, rule.price
            )


def _works(day: date) -> Iterator[Row]:
    rights = Rights(day)
    part: list[tuple[str, Place]] = []
    for one in Places(day).every_work():
        part.append(one)
        if len(part) == BATCH:
            yield from _judged(part, rights)
            part = []
    yield from _judged(part, rights)


def _judged(part: list[tuple[str, Place]], rights: Rights) -> Iterator[Row]:
    rights.fetch(place for _, place in part)
    for host, place in part:
        refused, price = rights.on_path(place, None)
        mandated = rights.mandated.uses(place.holder, None) if place.holder else ()
        permits = tuple(use for use in USES if use in mandated and use not in refused)
        name = rights.name(place.holder)
        yield _row(
            host,
            place.path or place.key,
            "work",
            name.name if name else "",
            place.tier,
            place.words,
            permits,
            price,
        )


def _row(
    host: str, pattern: str, kind: str, holder: str, tier: str, words: int | None, permits: tuple[str, ...],
    price: Money | None,
) -> Row:  # fmt: skip
    costs = (price.decimal(), price.currency) if price else ("\\N", "\\N")
    return (host, pattern, kind, holder, tier, "\\N" if words is None else words, " ".join(permits), *costs)
