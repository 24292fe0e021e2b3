"""What is on record, for people and for other rooms: by address, and how much a member has registered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Q

from quire.core.errors import QuireError
from quire.core.patterns import Book
from quire.core.urls import canonical_url
from quire.society.kit import clock
from quire.society.kit.nouns import Unknown
from quire.society.repertoire.identifiers import identifier, is_identifier
from quire.society.repertoire.models import Site, SitePattern, Work

BATCH = 5000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a URL or identifier belongs to. ``found`` is ``work``, ``site`` or ``nothing``.

    ``member`` is the code of the work's member or of the site's owner. ``problem`` says why an address that
    cannot be read was not looked up.
    """

    url: str
    found: str = "nothing"
    key: str = ""
    title: str = ""
    tier: str = ""
    words: int | None = None
    member: str = ""
    site: str = ""
    problem: str = ""


def lookup(urls: Iterable[str]) -> list[Answer]:
    """An answer for each URL or identifier, in order: exact work, else longest pattern, else nothing."""
    asked = [(url, *_place(url)) for url in urls]
    works = _works({host + path for _, host, path, _ in asked if path})
    sites = _Sites({host for _, host, _, _ in asked if host})
    answers = []
    for url, host, path, problem in asked:
        if problem:
            answers.append(Answer(url, problem=problem))
        elif work := works.get(host + path):
            answers.append(Answer(url, "work", work.key, work.title, work.tier, work.words, work.member.code))
        else:
            answers.append(sites.answer(url, host, path))
    return answers


def work_id(name: str) -> UUID:
    """The id of the work at exactly this URL, or of this identifier, or kit.nouns.Unknown."""
    host, path, problem = _place(name)
    work = None if problem else _works({host + path}).get(host + path)
    if work is None:
        raise Unknown(f"No work is registered as {name[:200]}: see quire works find.", work=name[:200])
    return work.id


def work_ids(keys: Iterable[str]) -> dict[str, UUID]:
    """Canonical key or identifier to the id of its work, of those that are on record."""
    return {key: work.id for key, work in _works(set(keys)).items()}


def _place(url: str) -> tuple[str, str, str]:
    """(host, path, problem) of an address; an identifier has no host and is its own path."""
    try:
        return ("", identifier(url), "") if is_identifier(url) else (*canonical_url(url), "")
    except QuireError as problem:
        return "", "", problem.sentence


def _works(names: set[str]) -> dict[str, Work]:
    found: dict[str, Work] = {}
    ordered = sorted(names)
    for at in range(0, len(ordered), BATCH):
        part = ordered[at : at + BATCH]
        for work in Work.objects.filter(Q(key__in=part) | Q(identifier__in=part)).select_related("member"):
            found[work.key] = work
            found.setdefault(work.identifier or work.key, work)
    return found


class _Sites:
    """The patterns of the hosts asked about."""

    def __init__(self, hosts: set[str]) -> None:
        self._patterns: dict[str, Book[UUID]] = {}
        self._sites: dict[UUID, Site] = {}
        for row in SitePattern.objects.filter(host__in=sorted(hosts)).select_related("site__owner"):
            self._patterns.setdefault(row.host, Book[UUID]()).add(row.pattern, row.site_id)
            self._sites[row.site_id] = row.site

    def answer(self, url: str, host: str, path: str) -> Answer:
        patterns = self._patterns.get(host)
        found = patterns.find(path) if patterns else None
        if found is None:
            return Answer(url)
        site = self._sites[found]
        return Answer(url, "site", tier=site.tier, member=site.owner.code, site=site.code)


def works_in_force(starts: date, ends: date) -> set[UUID]:
    """Every work in force on some day of [starts, ends), by id. Copies of others' works are none."""
    begun = Q(starts__isnull=True) | Q(starts__lt=ends)
    rows = Work.objects.filter(begun, Q(ends__isnull=True) | Q(ends__gt=starts), original__isnull=True)
    return set(rows.values_list("id", flat=True))


def works_count(members: Iterable[UUID] | None = None, on: date | None = None) -> dict[UUID, int]:
    """How many works each of these parties (None: everybody with works) has in force on a day (None: today).

    By the party's id. Copies of others' works do not count.
    """
    on = on or clock.today()
    counts = {} if members is None else dict.fromkeys(members, 0)
    in_force = (Q(starts__isnull=True) | Q(starts__lte=on)) & (Q(ends__isnull=True) | Q(ends__gt=on))
    rows = Work.objects.filter(in_force, original__isnull=True)
    if members is not None:
        rows = rows.filter(member__in=list(counts))
    counts.update(rows.order_by().values_list("member").annotate(Count("id")))
    return counts
