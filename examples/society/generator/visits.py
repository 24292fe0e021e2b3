"""Who asked for what, when, and what was answered: the plan of each request before it becomes a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import NamedTuple
from urllib.parse import quote

from generator.catalogue import STYLES, YEAR, Work
from generator.chance import stream
from generator.crawlers import (
    BY_HOUR,
    BY_MONTH,
    BY_WEEKDAY,
    CRAWLERS,
    READERS,
    READERS_YEARLY,
    STEEPNESS,
    Crawler,
)
from generator.lines import EPOCH, Request, client
from generator.record import Place, Record

ANSWERED, ASSETS = 84, 6
"""Of a hundred requests of a crawler; the others are not answered with content."""
OF_WORKS = 88
"""Of a hundred answered requests, where there are works; the others are for pages that are no works."""
CAMPAIGN = 50
"""Of a hundred visits of a sweep; they fall into two windows of five hours in the quarter."""

_ASSETS = (
    "/robots.txt",
    "/robots.txt",
    "/assets/site.css",
    "/favicon.ico",
    "/feed.xml",
    "/sitemap.xml",
    "/images/header.jpg",
)
_REFUSED = (("GET", 404), ("GET", 404), ("GET", 403), ("GET", 301), ("GET", 304), ("GET", 304), ("GET", 429),
            ("GET", 500), ("HEAD", 200), ("HEAD", 200), ("POST", 200))  # fmt: skip
_READ = (("GET", 200),) * 16 + (("GET", 304), ("GET", 404), ("GET", 301), ("POST", 200))


class Fetch(NamedTuple):
    """A crawler's request as it was meant. ``kind`` is answered, asset or not_answered; ``member`` governs it
    (empty: nobody), ``work`` is its URL where it is one."""

    second: int
    crawler: Crawler
    method: str
    target: str
    status: int
    kind: str
    member: str
    tier: str
    work: str


class Page(NamedTuple):
    """An address that is no work, and whose it is."""

    path: str
    member: str


def quarter_days(quarter: int) -> list[date]:
    """The days of a quarter of the year, 1 to 4."""
    first = date(YEAR, 3 * quarter - 2, 1)
    last = date(YEAR + quarter // 4, (3 * quarter) % 12 + 1, 1)
    return [first + timedelta(n) for n in range((last - first).days)]


def weight(manner: str, day: date) -> int:
    """How busy a day is for readers, errands or sweeps."""
    return BY_MONTH[manner][day.month - 1] * BY_WEEKDAY[manner][day.weekday()]


_YEAR_WEIGHT = {
    manner: sum(weight(manner, day) for quarter in (1, 2, 3, 4) for day in quarter_days(quarter))
    for manner in BY_MONTH
}


class Scene:
    """A place with its works, and its part of all traffic."""

    def __init__(
        self, place: Place, works: Sequence[Work], record: Record, portions: dict[str, float], seed: int
    ) -> None:
        """``portions``: by manner, which part of all such visits come here."""
        self.place, self.portions, self.seed = place, portions, seed
        self.site = record.sites.get((place.host, place.member))
        rng = stream(seed, "popularity", place.host, place.prefix)
        self.works = sorted((work for work in works if work.path), key=lambda _: rng.random())
        self.old = [work for work in self.works if work.starts is None]

    @cached_property
    def pages(self) -> list[Page]:
        """What is there besides works."""
        style, place = STYLES[self.place.style], self.place
        own = [Page(place.prefix + quote(page), place.member) for page in style.pages]
        whole = self.site is not None and self.site.whole
        return own * 2 + [Page(page, place.member if whole else "") for page in style.stray]

    def _moments(self, manner: str, number: int, days: list[date], rng: Random) -> list[int]:
        """Seconds since 1970, UTC, in no order."""
        weights = list(accumulate(weight(manner, day) for day in days))
        numbers = [(day - EPOCH.date()).days for day in days]
        found = [
            day * 86400 + hour * 3600 + int(rng.random() * 3600)
            for day, hour in zip(
                rng.choices(numbers, cum_weights=weights, k=number),
                rng.choices(range(24), weights=BY_HOUR[manner], k=number),
                strict=True,
            )
        ]
        if manner == "sweep":
            windows = [
                numbers[int(rng.random() * len(numbers))] * 86400 + int(rng.random() * 19) * 3600
                for _ in range(2)
            ]
            for at in range(number * CAMPAIGN // 100):
                found[at] = windows[at % 2] + int(rng.random() * 18000)
        return found

    def _expected(self, manner: str, yearly: float, days: list[date], rng: Random) -> int:
        part = sum(weight(manner, day) for day in days) / _YEAR_WEIGHT[manner]
        return int(yearly * part * self.portions[manner] + rng.random())

    def _chosen(self, manner: str, number: int, rng: Random) -> list[Work]:
        """Works by popularity: Zipf."""
        if not self.works:
            return []
        ranks = accumulate(1 / rank ** STEEPNESS[manner] for rank in range(1, len(self.works) + 1))
        return rng.choices(self.works, cum_weights=list(ranks), k=number)

    def _in_time(self, work: Work, second: int, rng: Random) -> Work:
        """The work, or an older one where it had not appeared yet."""
        if work.starts is None or (EPOCH + timedelta(seconds=second)).date() >= work.starts:
            return work
        return self.old[int(rng.random() * len(self.old))]

    def fetches(self, quarter: int, scale: float) -> Iterator[Fetch]:
        """What AI crawlers ask for in a quarter, in no order."""
        for crawler in CRAWLERS:
            rng = stream(self.seed, crawler.label, self.place.host, self.place.prefix, quarter)
            days = [day for day in quarter_days(quarter) if day.month >= crawler.since]
            number = self._expected(crawler.manner, crawler.yearly * scale, days, rng)
            if number:
                moments = self._moments(crawler.manner, number, days, rng)
                chosen = self._chosen(crawler.manner, number, rng)
                for at, second in enumerate(moments):
                    yield self._fetch(crawler, second, chosen[at] if chosen else None, rng)

    def _fetch(self, crawler: Crawler, second: int, work: Work | None, rng: Random) -> Fetch:
        dice = rng.random() * 100
        if work is not None and rng.random() * 100 < OF_WORKS:
            work = self._in_time(work, second, rng)
            target, member, tier, url = work.path, work.governs, work.tier, work.url
        else:
            target, member = self.pages[int(rng.random() * len(self.pages))]
            tier, url = self.site.tier if self.site else "standard", ""
        if dice < ANSWERED:
            status = 206 if target.endswith((".jpg", ".png")) and rng.random() < 0.1 else 200
            if crawler.manner == "errand" and rng.random() < 0.05:
                target += "?utm_source=assistant"
            return Fetch(second, crawler, "GET", target, status, "answered", member, tier, url)
        if dice < ANSWERED + ASSETS:
            target = _ASSETS[int(rng.random() * len(_ASSETS))]
            return Fetch(second, crawler, "GET", target, 200, "asset", "", "", "")
        method, status = _REFUSED[int(rng.random() * len(_REFUSED))]
        if status == 404:
            target = f"{self.place.prefix}gone/{int(rng.random() * 1000)}"
        return Fetch(second, crawler, method, target, status, "not_answered", "", "", "")

    def readers(self, quarter: int, scale: float) -> Iterator[Request]:
        """What people, search engines and feed readers ask for in a quarter, in no order."""
        rng = stream(self.seed, "readers", self.place.host, self.place.prefix, quarter)
        days = quarter_days(quarter)
        number = self._expected("reader", READERS_YEARLY * scale, days, rng)
        chosen = self._chosen("reader", number, rng)
        agents = rng.choices([agent for _, agent in READERS], weights=[part for part, _ in READERS], k=number)
        for at, second in enumerate(self._moments("reader", number, days, rng)):
            dice = rng.random()
            if dice < 0.3:
                target = _ASSETS[2 + int(rng.random() * 5)]
            elif chosen and dice < 0.85:
                target = self._in_time(chosen[at], second, rng).path
            else:
                target = self.pages[int(rng.random() * len(self.pages))].path
            method, status = _READ[int(rng.random() * len(_READ))]
            referrer = "https://www.search.example/" if rng.random() < 0.4 else "-"
            asked = (second, self.place.host, client(rng, 0xA), method, target)
            yield Request(*asked, status, size_of(status, rng), referrer, agents[at])


def size_of(status: int, rng: Random) -> int:
    """Bytes of an answer."""
    if status == 200:
        return 2000 + int(rng.random() * 60000)
    return 1000 + int(rng.random() * 9000) if status == 206 else 0 if status in (301, 304) else 312


def scenes(places: Sequence[Place], works: Sequence[Work], record: Record, seed: int) -> list[Scene]:
    """Every place with its works. Readers and errands come by how known a place is, sweeps by its size."""
    by_place: dict[Place, list[Work]] = {}
    for work in works:
        by_place.setdefault(work.place, []).append(work)
    known = sum(place.traffic for place in places)
    sizes = {place: len(by_place.get(place, ())) + 8 for place in places}
    whole = sum(sizes.values())
    made = []
    for place in places:
        portion = place.traffic / known
        portions = {"reader": portion, "errand": portion, "sweep": sizes[place] / whole}
        made.append(Scene(place, by_place.get(place, ()), record, portions, seed))
    return made
