"""The public front page, the published bundles, and the key they are signed with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from quire.core.errors import QuireError
from quire.core.money import Money, quanta_of
from quire.society.distribution import queries as distribution
from quire.society.kit.config import home as house
from quire.society.parties import queries as parties
from quire.society.usage import queries as usage

_PARTS = (
    ("allocated", "to members and owners"),
    ("held", "held"),
    ("deducted", "administration"),
    ("fund", "funds"),
)


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a sum: its name, amount in words, percentage of the whole, and where it begins."""

    name: str
    css: str
    amount: str
    percent: float
    begins: float


@dataclass(frozen=True, slots=True)
class Told:
    """A run as the public sees it."""

    run: distribution.RunRow
    currencies: tuple[tuple[str, str, tuple[Slice, ...]], ...]


def _told(run: distribution.RunRow) -> Told:
    return Told(
        run, tuple(_currency(currency, sums) for currency, sums in run.review.get("currencies", {}).items())
    )


def _currency(currency: str, sums: dict[str, str]) -> tuple[str, str, tuple[Slice, ...]]:
    received = quanta_of(sums["received"])
    return currency, Money(received, currency).grouped(), tuple(_slices(currency, sums, received))


def _slices(currency: str, sums: dict[str, str], received: int) -> Iterator[Slice]:
    begins = 0.0
    for name, words in _PARTS:
        amount = quanta_of(sums[name])
        if amount:
            percent = round(amount * 1000 / received) / 10  # for the picture alone; amounts stay exact
            yield Slice(words, name, Money(amount, currency).grouped(), percent, begins)
            begins += percent


def front(request: HttpRequest) -> HttpResponse:
    """What the society is, and each distribution with its split and its bundle."""
    try:
        society = parties.society()
    except QuireError:
        return render(request, "web/public/empty.html")
    runs = [_told(run) for run in reversed(distribution.runs()) if run.state == "closed"]
    files = usage.imports()
    told = {"society": society, "runs": runs, "files": len(files), "lines": sum(one.lines for one in files)}
    return render(request, "web/public/front.html", told)


def bundle(request: HttpRequest, run: str) -> FileResponse:
    """A published bundle, as a zip."""
    try:
        found = distribution.row(distribution.find(run))
    except QuireError as problem:
        raise Http404(problem.sentence) from problem
    place = found.bundle.with_name(found.bundle.name + ".zip")
    if found.state != "closed" or not place.is_file():
        raise Http404("This run has no published bundle.")
    return FileResponse(open(place, "rb"), as_attachment=True, filename=place.name)


def keys(request: HttpRequest) -> HttpResponse:
    """The public keys that bundles are signed with."""
    place = house() / "published" / "keys.json"
    if not place.is_file():
        raise Http404("No key has been made yet.")
    return HttpResponse(place.read_bytes(), content_type="application/jwk-set+json")
