"""The works of the demonstration society: what each member registered, at which address, and who owns it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import NamedTuple
from urllib.parse import quote

from generator.chance import stream
from generator.record import Place
from generator.titles import slug, titles, unicode_slug

YEAR = 2025
WORK_COLUMNS = ("url", "identifier", "title", "type", "words", "tier", "member", "from", "until", "shares",
                "original", "syndicator_share")  # fmt: skip
SHARE_COLUMNS = ("work", "from", "party", "role", "share")
COPIES = 90
SYNDICATED = frozenset(
    (
        "ostermuehler-zeitung",
        "havenmoor-courier",
        "kestrelford-review",
        "journal-de-valbrume",
        "the-lone-kettle",
    )
)
ESTATE_MOVES = date(YEAR, 7, 1)
"""From this day the poems belong to a foundation and a music publisher, and no longer to the estate."""

NOBODY_KNOWS = (16, 17)
"""Songs of the label of which nobody knows who performs on them, by their numbers."""


class Style(NamedTuple):
    """How a kind of site names its works, and what else there is on it.

    ``path`` has {slug}, {unicode}, {n}, {month} or {year} in it. ``tier`` names a tier and how many of a
    hundred works are in it; the others are standard. ``pages`` belong to the site whatever its pattern is,
    ``stray`` only where the whole host is the site's. ``new`` of a hundred works appear during the year.
    """

    path: str
    type: str
    words: tuple[int, int] | None
    tier: tuple[str, int] = ("feature", 0)
    pages: tuple[str, ...] = ("about", "archive")
    stray: tuple[str, ...] = ("/", "/contact")
    new: int = 0


STYLES = {
    "news": Style(
        "{year}/{month}/{slug}",
        "article",
        (180, 900),
        ("feature", 12),
        ("politics/", "culture/", "weather"),
        new=25,
    ),
    "wire": Style(
        "wire/{year}{month}-{n}",
        "article",
        (80, 350),
        ("feature", 5),
        ("desk/regional", "desk/culture"),
        new=25,
    ),
    "magazine": Style(
        "articles/{slug}",
        "article",
        (900, 4500),
        ("feature", 60),
        ("issues/spring", "issues/autumn"),
        new=15,
    ),
    "umlauts": Style(
        "rezepte/{unicode}",
        "article",
        (300, 1200),
        ("feature", 20),
        ("rezepte/", "küche/über-uns"),
        new=20,
    ),
    "blog": Style(
        "{slug}/",
        "article",
        (200, 1800),
        ("feature", 10),
        ("about/", "tags/tea/"),
        new=20,
    ),
    "papers": Style(
        "papers/{n}",
        "paper",
        (4000, 12000),
        ("research", 100),
        ("volumes/40", "volumes/41"),
        new=10,
    ),
    "records": Style(
        "records/{n}",
        "record",
        (50, 600),
        ("research", 15),
        ("collections/maps", "collections/letters"),
    ),
    "pictures": Style(
        "photos/{slug}.jpg",
        "photograph",
        None,
        ("feature", 30),
        ("galleries/water", "galleries/night"),
    ),
    "drawings": Style(
        "plates/{slug}.png",
        "illustration",
        None,
        ("feature", 50),
        ("plates/", "commissions"),
    ),
    "radio": Style(
        "audio/{slug}/transcript",
        "transcript",
        (1500, 7000),
        ("feature", 30),
        ("programm/heute", "programm/woche", "audio/studiogast/transcript"),
        ("/", "/impressum"),
        15,
    ),
    "forum": Style(
        "t/{n}-{slug}",
        "thread",
        (100, 3000),
        ("feature", 3),
        ("categories", "latest"),
        new=10,
    ),
    "syndicate": Style(
        "originals/{slug}",
        "article",
        (400, 1500),
        ("feature", 25),
        ("partners", "terms"),
    ),
    "songs": Style(
        "songs/{slug}",
        "song",
        None,
        ("feature", 25),
        ("artists", "tours"),
    ),
    "poems": Style(
        "poems/{slug}",
        "poem",
        (40, 300),
        ("feature", 40),
        ("life", "letters"),
    ),
    "chapters": Style(
        "chapters/{slug}",
        "chapter",
        (1500, 6000),
        ("feature", 40),
        ("books", "readings"),
    ),
}


@dataclass(frozen=True, slots=True)
class Work:
    """A row of ``works.csv``. ``path`` is as a browser sends it, empty for a work without an address.

    ``governs`` is the member whose yes or no decides: of a copy that of its original.
    """

    place: Place
    path: str
    identifier: str
    title: str
    tier: str
    words: int | None
    starts: date | None
    shares: str
    governs: str
    original: str = ""

    @property
    def url(self) -> str:
        """Its address, or nothing."""
        return f"https://{self.place.host}{self.path}" if self.path else ""

    def row(self) -> list[object]:
        """As a row of ``works.csv``."""
        starts = self.starts.isoformat() if self.starts else ""
        kind = "article" if self.original else STYLES[self.place.style].type
        agreed = "20%" if self.original else ""
        about = [self.url, self.identifier, self.title, kind, self.words or "", self.tier]
        return [*about, self.place.member, starts, "", self.shares, self.original, agreed]


def catalogue(places: list[Place], seed: int) -> list[Work]:
    """Every work, originals before their copies, members in the order of their sites."""
    lists: dict[str, Iterator[str]] = {}
    works = []
    for place in places:
        found = list(islice(lists.setdefault(place.language, titles(place.language)), place.works))
        works += _works(place, found, stream(seed, "works", place.host, place.prefix))
    return works + _copies(works, places)


def _works(place: Place, named: list[str], rng: Random) -> list[Work]:
    style = STYLES[place.style]
    made = []
    for number, title in enumerate(named, 1):
        starts = None
        if rng.random() * 100 < style.new:
            starts = date(YEAR, 1, 1) + timedelta(int(rng.random() * 350))
        year, month = (starts.year, starts.month) if starts else (YEAR - 1 - number % 3, 1 + number * 5 % 12)
        path = place.prefix + style.path.format(
            slug=slug(title),
            unicode=quote(unicode_slug(title)),
            n=f"{number:05d}",
            year=year,
            month=f"{month:02d}",
        )
        special = rng.random() * 100 < style.tier[1]
        words = (
            int(style.words[0] + rng.random() * (style.words[1] - style.words[0])) if style.words else None
        )
        identifier = _identifier(place, number)
        if identifier.startswith("iswc:") and number % 3 == 0:
            path = ""  # a composition nobody has a page for: known by its number alone
        tier = style.tier[0] if special else "standard"
        owners = _shares(place, number)
        made.append(Work(place, path, identifier, title, tier, words, starts, owners, place.member))
    return made


def _identifier(place: Place, number: int) -> str:
    """Numbers of blocks given to nobody: 10.5555 is for examples, the ISRC registrant QX9 does not exist."""
    if place.member == "acta-paludaria":
        return f"doi:10.5555/paludaria.{number:04d}"
    if place.member == "wicker-lane-songs":
        return f"iswc:{iswc(999_000_000 + number)}"
    if place.style == "songs":
        block = {"tidal-hum": 0, "salt-cellar-four": 500}.get(place.member, 900)
        return f"isrc:ZZQX924{block + number:05d}"
    return ""


def iswc(number: int) -> str:
    """An International Standard Musical Work Code: T, nine digits, a check digit (ISO 15707)."""
    digits = f"{number:09d}"
    check = -(1 + sum(place * int(digit) for place, digit in enumerate(digits, 1))) % 10
    return f"T{digits}{check}"


def _shares(place: Place, number: int) -> str:
    """Who owns a work from the beginning, where it is not its member alone."""
    if place.member == "tidal-hum":
        owners = "tidal-hum:label:1/2; sparrow-and-rust:composer:1/3; wicker-lane-songs:publisher:1/6"
        if number % 2:
            owners = "tidal-hum:label:2/5; salt-cellar-four:performer:1/10; sparrow-and-rust:composer:1/3; wicker-lane-songs:publisher:1/6"  # noqa: E501
        if number in NOBODY_KNOWS:
            owners = "tidal-hum:label:2/5; unknown:performer:1/10; sparrow-and-rust:composer:1/3; wicker-lane-songs:publisher:1/6"  # noqa: E501
        return owners
    if place.member == "wicker-lane-songs":
        return "sparrow-and-rust:composer:2/3; wicker-lane-songs:publisher:1/3"
    if place.member == "glimmerlight" and number % 4 == 0:
        return "halflight:photographer:3/5; glimmerlight:owner:2/5"
    if place.member == "low-street-estate":
        return "low-street-estate:estate:1/1"
    return ""


def _copies(works: list[Work], places: list[Place]) -> list[Work]:
    """What the syndicator publishes of others, an agreed fifth of it for whoever publishes the copy."""
    syndicate = next(place for place in places if place.style == "syndicate")
    originals = [work for work in works if work.place.member in SYNDICATED and not work.starts]
    chosen = originals[:: len(originals) // COPIES][:COPIES]
    made = []
    for number, work in enumerate(chosen, 1):
        path = f"/syndicated/{number:03d}-{slug(work.title)}"
        made.append(
            Work(syndicate, path, "", work.title, "standard", work.words, None, "", work.governs, work.url)
        )
    return made


def write_works(path: Path, works: list[Work]) -> None:
    """``works.csv`` as the repertoire imports it."""
    _write(path, WORK_COLUMNS, (work.row() for work in works))


def write_shares(path: Path, works: list[Work]) -> None:
    """``shares.csv``: the poems change hands on ESTATE_MOVES."""
    owners = (("low-street-foundation", "owner", "2/3"), ("wicker-lane-songs", "publisher", "1/3"))
    moved = (work for work in works if work.place.member == "low-street-estate")
    _write(
        path,
        SHARE_COLUMNS,
        ([work.url, ESTATE_MOVES.isoformat(), *owner] for work in moved for owner in owners),
    )


def _write(path: Path, columns: tuple[str, ...], rows: Iterator[list[object]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
