"""What may be crawled, for what, and at what price: looked up by address, host or title, or for a whole file.

The same answers as those of the HTTP API, from the same function.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.money import Money
from quire.core.terms import USES
from quire.society.kit import spoken, walls
from quire.society.kit.paging import Asked, few
from quire.society.licensing import registry
from quire.society.licensing.registry import Asker
from quire.society.repertoire import queries as repertoire
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.words import use

MOST = 100_000
"""Addresses in one file, as in one call of the API."""
LARGEST = 50 * 2**20
SHOWN = 20
"""Answers on the page."""


class File(forms.Form):
    """A list of addresses, and the form of the answer."""

    file = forms.FileField(
        label=gettext_lazy("A file with an address on each line"), max_length=200,
        help_text=gettext_lazy("Up to 100,000 URLs or identifiers, in UTF-8."),
    )  # fmt: skip
    form = forms.ChoiceField(
        label=gettext_lazy("Answer as"),
        choices=[("csv", gettext_lazy("CSV, for a spreadsheet")), ("ndjson", gettext_lazy("NDJSON"))],
    )

    def clean_file(self) -> list[str]:
        """The addresses, in order."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(_("The file is too large; hand it in by parts."))
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError as problem:
            raise forms.ValidationError(_("The file is not in UTF-8.")) from problem
        found = [line.strip() for line in text.splitlines() if line.strip()]
        if not found:
            raise forms.ValidationError(_("There is no address in the file."))
        if len(found) > MOST:
            raise forms.ValidationError(_("There are more than 100,000 addresses; hand them in by parts."))
        return found


def prices(request: Asking) -> HttpResponseBase:
    """The look-up; a file that is sent is answered by a file."""
    form = File(request.POST, request.FILES) if request.method == "POST" else File()
    if request.method == "POST" and form.is_valid():
        return _answered(request, form.cleaned_data["file"], form.cleaned_data["form"])
    wanted = request.GET.get("q", "").strip()[:2000]
    return render(request, "web/licensee/prices.html", {
        "title": _("What may be crawled"), "wanted": wanted, "form": form,
        "answers": [_told(one) for one in _found(request, wanted)] if wanted else [],
    })  # fmt: skip


def _found(request: Asking, wanted: str) -> Iterator[dict[str, Any]]:
    """Answers for an address or a host; for other words, for the works that have them in their title."""
    words = " " in wanted or not ("." in wanted or ":" in wanted)
    rows = repertoire.works_list().page(Asked(search=wanted, size=SHOWN)).rows if words else ()
    asked = [row.key for row in rows] if words else [wanted]
    titles = {row.key: row.title for row in rows}
    for url, line in zip(asked, answers(request, asked), strict=True):
        yield json.loads(line) | {"title": titles.get(url, "")}


def answers(request: Asking, urls: list[str]) -> list[bytes]:
    """A JSON object for each, as the API gives it to this licensee's clients. Terms are everybody's, so they
    are read outside the wall."""
    assert request.seat.party is not None
    party = request.seat.party
    with walls.outside():
        return list(registry.answers(urls, Asker.of(party.id, party.tid)))


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer for people."""
    uses = [
        {"use": use(name), "allowed": said["allowed"], "why": said["why"], "price": _price(said["price"])}
        for name, said in answer["uses"].items()
    ]
    holder = answer["rightsholder"]
    price = answer["crawl_price"]
    return {
        "url": answer["url"], "title": answer["title"], "holder": holder["name"] if holder else "",
        "uses": uses, "price": _price(price), "found": answer["found"], "problem": answer.get("problem", ""),
    }  # fmt: skip


def _price(said: dict[str, str] | None) -> str:
    if said is None:
        return ""
    amount = spoken.money(Money.parse(said["amount"], said["currency"]))
    each = _("a work") if said["per"] == "work" else _("a request")
    return _("%(amount)s %(each)s") % {"amount": amount, "each": each}


def _answered(request: Asking, urls: list[str], form: str) -> HttpResponseBase:
    """The answers as a file, written before it is sent: in the order of the addresses."""
    found = answers(request, urls)
    if form == "csv":
        return lists.export(request, few(map(json.loads, found)), _columns(), "csv", "answers")
    place = tempfile.TemporaryFile()  # noqa: SIM115 – the answer closes it once it is sent
    place.writelines(line + b"\n" for line in found)
    place.seek(0)
    return FileResponse(
        place, as_attachment=True, filename="answers.ndjson", content_type="application/x-ndjson"
    )


def _columns() -> list[Column]:
    """What a spreadsheet has of an answer: whose it is, and for each use the answer's code and its price."""
    columns = [
        Column("url", "", value=lambda one: one["url"]),
        Column("found", "", value=lambda one: one["found"]),
        Column("rightsholder", "", value=lambda one: (one["rightsholder"] or {}).get("name")),
        Column("site", "", value=lambda one: one["site"]),
        Column("crawl_price", "", value=lambda one: _amount(one["crawl_price"])),
    ]
    for name in USES:
        columns += [
            Column(name, "", value=lambda one, use=name: one["uses"][use]["code"]),
            Column(f"{name} price", "", value=lambda one, use=name: _amount(one["uses"][use]["price"])),
        ]
    return columns


def _amount(said: dict[str, str] | None) -> str:
    return f"{said['amount']} {said['currency']} a {said['per']}" if said else ""
