"""Register works: look first whether one is on record, then one by one or from a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.canonical import digest
from quire.core.errors import QuireError
from quire.society.kit import config, papers, tables, walls
from quire.society.kit.nouns import Unknown
from quire.society.kit.paging import few
from quire.society.kit.tables import Row
from quire.society.repertoire import actions
from quire.society.repertoire import queries as repertoire
from quire.society.repertoire.queries import Answer
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.taking import Day, by, sent, taken
from quire.society.web.words import here

COLUMNS = (
    "url", "identifier", "title", "type", "words", "from", "until", "shares", "original", "syndicator_share",
)  # fmt: skip
"""What a member's own file may say of a work. Whose it is, is known; its content tier is the society's."""
TYPES = ("article", "photograph", "illustration", "recording", "song", "book", "chapter", "paper", "post",
         "video", "other")  # fmt: skip
LARGEST = 20_000_000


class Work(forms.Form):
    """One work as a member registers it."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=300)
    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=2000, required=False,
        help_text=gettext_lazy("Where it stands, like https://example.org/a-story."),
    )  # fmt: skip
    identifier = forms.CharField(
        label=gettext_lazy("Number"), max_length=300, required=False,
        help_text=gettext_lazy("An ISRC, ISWC, ISBN, ISSN or DOI with its scheme: isbn:9780471117094."),
    )  # fmt: skip
    type = forms.ChoiceField(label=gettext_lazy("Type"), choices=[(one, one) for one in TYPES])
    words = forms.IntegerField(label=gettext_lazy("Words"), required=False, min_value=1, max_value=10**8)
    starts = forms.DateField(label=gettext_lazy("Yours to license from"), required=False, widget=Day())
    ends = forms.DateField(label=gettext_lazy("First day on which it is not"), required=False, widget=Day())
    shares = forms.CharField(
        label=gettext_lazy("Owners"), required=False, max_length=2000,
        help_text=gettext_lazy("Where others own a part: party:role:share between semicolons, like "
                               "gazette:publisher:2/3; lantern:photographer:1/3. Empty: all of it is yours."),
    )  # fmt: skip
    original = forms.CharField(
        label=gettext_lazy("A copy of"), required=False, max_length=2000,
        help_text=gettext_lazy("The address or number of the original, where you publish another’s work."),
    )  # fmt: skip
    syndicator_share = forms.CharField(
        label=gettext_lazy("Your share of what the copy earns"), required=False, max_length=40,
        help_text=gettext_lazy("As agreed with the original’s owner, like 10%."),
    )  # fmt: skip


def new(request: Asking) -> HttpResponseBase:
    """Look for it, then register it."""
    asked = request.GET.get("q", "").strip()[:2000]
    found = repertoire.lookup([asked])[0] if asked else None
    code = _code(request)
    initial = {"url": asked if found and "/" in asked else "", "identifier": "" if "/" in asked else asked}
    form = Work(initial=initial, **sent(request))

    def act(said: dict[str, Any]) -> None:
        check_place([said["url"]] if said["url"] else [], code)
        given = {name: str(said[name] or "") for name in ("url", "identifier", "title", "type", "shares",
                                                            "original", "syndicator_share")}  # fmt: skip
        actions.register_work(member=code, words=said["words"], starts=str(said["starts"] or ""),
                              ends=str(said["ends"] or ""), by=by(request), **given)  # fmt: skip

    done = _("“%(title)s” is registered.") % {"title": request.POST.get("title", "")[:100]}
    if went := taken(request, form, act, done=done, to=here(request, "member-works")):
        return went
    return render(request, "web/member/works_new.html", {
        "title": _("Register a work"), "form": form, "asked": asked, "found": found,
        "problem": _on_record(found, code) if found else "", "trail": _trail(request),
        "open": request.method == "POST" or bool(found and not _on_record(found, code)),
        "cancel": here(request, "member-works"),
    })  # fmt: skip


def _on_record(found: Answer, code: str) -> str:
    """Why the address that was looked up cannot be registered anew; empty where it can."""
    if found.problem:
        return found.problem
    if found.found == "work" and found.member == code:
        return _("“%(title)s” is registered by you already.") % {"title": found.title}
    if found.found == "work":
        return _("“%(title)s” is registered by another member. If a part of it is yours, claim it.") % {
            "title": found.title}  # fmt: skip
    if found.found == "site" and found.member != code:
        return _("This address lies on another member’s site.")
    return ""


def check_place(urls: Iterable[str], code: str) -> None:
    """Raises Elsewhere for the first address that lies on the site of somebody else."""
    for answer in repertoire.lookup(urls):
        if answer.found == "site" and answer.member != code:
            raise Elsewhere(answer.url)


class Elsewhere(QuireError):
    """The address lies on another member's site."""

    code = "works.elsewhere"
    status = 422

    def __init__(self, url: str) -> None:
        super().__init__(
            _(
                "%(url)s lies on another member’s site. Only they can register what stands there; where a "
                "part of it is yours, claim it once it is registered."
            )
            % {"url": url[:200]}
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be taken: its line in the file, what it is about, and why."""

    line: int
    about: str
    reason: str


class File(forms.Form):
    """A file of works."""

    file = forms.FileField(
        label=gettext_lazy("A file of works"), max_length=200,
        help_text=gettext_lazy("CSV or JSON in UTF-8, up to 20 MB."),
    )  # fmt: skip


def bulk(request: Asking) -> HttpResponseBase:
    """Hand in a file: it is looked at first, and nothing is registered before you say so."""
    form = File(**sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            name = _keep(request, form.cleaned_data["file"])
        except QuireError as problem:
            form.add_error("file", str(problem))
        else:
            return redirect(here(request, "member-works-preview", upload=name))
    return render(request, "web/member/works_import.html", {
        "title": _("Register many works"), "form": form, "columns": COLUMNS, "trail": _trail(request),
        "cancel": here(request, "member-works"),
    })  # fmt: skip


def preview(request: Asking, upload: str) -> HttpResponseBase:
    """What the file would do: new, changed and refused rows; and, when it is sent, the doing."""
    rows = _kept(request, upload)
    if request.method == "POST":
        account, refused = _import(request, rows, dry_run=False)
        messages.success(request, _("%(added)d works are registered, %(changed)d changed, %(refused)d rows "
                                    "refused.") % {"added": account.added, "changed": account.changed,
                                                   "refused": len(refused)})  # fmt: skip
        return redirect(here(request, "member-works"))
    account, refused = _import(request, rows, dry_run=True)
    line, about = Column("line", _("Line"), "number"), Column("about", _("Work"))
    columns = [line, about, Column("reason", _("Why not"))]
    listing = few(refused, words=lambda one: f"{one.about} {one.reason}")
    if form := request.GET.get("format"):
        return lists.export(request, listing, columns, form, "refused")
    return render(request, "web/member/works_preview.html", {
        "title": _("What this file would do"), "account": account, "refused": refused, "rows": len(rows),
        "table": lists.table(request, listing, columns, caption=_("Refused rows")),
        "trail": [*_trail(request), (_("Register many works"), here(request, "member-works-import"))],
    })  # fmt: skip


def _import(request: Asking, rows: Sequence[Row], *, dry_run: bool) -> tuple[Any, list[Refused]]:
    """Judge or take the rows; what stands on another's site or changes owners on record is refused here."""
    code = _code(request)
    refused = _not_theirs(rows, code)
    good = [row for row in rows if row.line not in refused]
    told = [dict(row.cells, member=code) for row in good]
    place = config.private("uploads") / f"{uuid4().hex}.json"
    place.write_text(json.dumps(told))
    try:
        with walls.outside():
            account = actions.import_works(place, by=by(request) if not dry_run else None, dry_run=dry_run,
                                       skip_refused=True)  # fmt: skip
    finally:
        place.unlink()
    refused |= {good[at - 1].line: why for at, why in account.refused}
    about = {row.line: row.get("url") or row.get("identifier") or row.get("title") for row in rows}
    return account, [Refused(line, about[line][:200], why) for line, why in sorted(refused.items())]


def _not_theirs(rows: Sequence[Row], code: str) -> dict[int, str]:
    """Line to why it is not this member's to say."""
    named = [(row, row.get("url") or row.get("identifier")) for row in rows]
    asked = [(row, name) for row, name in named if name]
    refused: dict[int, str] = {}
    for (row, name), answer in zip(asked, repertoire.lookup(name for _row, name in asked), strict=True):
        if answer.found == "site" and answer.member != code:
            refused[row.line] = str(Elsewhere(name))
        elif answer.found == "work" and answer.member == code and row.get("shares"):
            refused[row.line] = _("Who owns a work on record is changed by a claim, so that everybody whose "
                                  "share it is has a say; leave shares empty.")  # fmt: skip
    return refused


def _keep(request: Asking, file: Any) -> str:
    """Keep what was handed in until it is decided about; its name. Raises what makes it no table."""
    if file.size > LARGEST:
        raise Unknown(_("The file is larger than 20 MB; hand it in as several."))
    data = file.read()
    name = digest(data)[7:39]
    papers.put(_folder(request), {name: data})
    _kept(request, name)
    return name


def _kept(request: Asking, name: str) -> list[Row]:
    place = _folder(request) / Path(name).name
    if len(name) != 32 or not name.isalnum() or not place.is_file():
        raise Unknown(_("This file was not handed in here; hand it in again."))
    return tables.read(place, COLUMNS, ("title",))


def _folder(request: Asking) -> Path:
    assert request.seat.party is not None
    return config.private("uploads") / request.seat.party.tid


def _code(request: Asking) -> str:
    assert request.seat.party is not None
    return request.seat.party.code


def _trail(request: Asking) -> list[tuple[str, str]]:
    return [(_("Works"), here(request, "member-works"))]


def template(request: Asking) -> HttpResponse:
    """An empty file with the columns."""
    text = ",".join(COLUMNS) + "\r\n"
    named = {"Content-Disposition": 'attachment; filename="works.csv"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=named)
