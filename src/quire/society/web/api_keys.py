"""Keys of the HTTP API: those there are, another one, whose secret is shown once, and the end of one. Every
audience has the same pages.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.society.kit import config
from quire.society.parties import actions, queries
from quire.society.parties.actions import MadeKey
from quire.society.web.lists import Column, listed
from quire.society.web.pages import PREFIX, Asking, Page, of_seat
from quire.society.web.taking import by, sent, taken

_WRITES = {"member": "manage", "licensee": "manage", "operator": "read", "auditor": "read"}
MODES = {
    "live": gettext_lazy("live: what it does is done"),
    "test": gettext_lazy("test: what it does is tried, answered and undone"),
}
SCOPES = {
    "manage": gettext_lazy("change works, terms, claims, clients"),
    "admin": gettext_lazy("change payment details and the team, take licences"),
    "prepare": gettext_lazy("prepare: record, import, open runs"),
    "approve": gettext_lazy("approve what somebody else prepared"),
}


def pages(audience: str, group: Any) -> tuple[Page, ...]:
    """The pages of keys for an audience's list of pages."""
    name, writes = PREFIX[audience], _WRITES[audience]
    return (
        Page("api-keys/", f"{name}-api-keys", every, menu=_KEYS, group=group),
        Page("api-keys/new/", f"{name}-api-keys-new", new, needs=writes, writes=writes),
        Page("api-keys/<str:key>/", f"{name}-api-key", one, writes=writes),
    )


_KEYS = gettext_lazy("API keys")


def every(request: Asking) -> HttpResponseBase:
    """Every key of the party, or of the house."""
    columns = (
        Column("name", _("Name"), link=lambda row: _here(request, "api-key", key=row.tid)),
        Column("mode", _("Mode")),
        Column("scopes", _("May"), value=lambda row: ", ".join(row.scopes)),
        Column("user", _("Acts as")),
        Column("state", _("State"), "state", lambda row: "revoked" if row.revoked else "active"),
        Column("used", _("Last used"), "date"),
        Column("made", _("Made"), "date"),
    )
    return listed(
        request,
        queries.api_keys(party=_party(request)),
        columns,
        title=str(_KEYS),
        lead=_(
            "With a key a program does over HTTP what you do on these pages: as whoever made the key, and "
            "never more than they may."
        ),
        empty=_("No program has a key yet. Make one for each program, so that you can end one alone."),
        template="web/api_keys.html",
        may_make=_WRITES[request.seat.audience] in request.seat.may,
        make=_here(request, "api-keys-new"),
        document=f"{config.url()}/api/v1/openapi.json",
    )


class Making(forms.Form):
    """A key as it is made; nothing of it changes later."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("What tells it from others: the program's name."),
    )
    mode = forms.ChoiceField(label=gettext_lazy("Mode"), choices=list(MODES.items()))
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("May, besides reading"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Give a program no more than it needs."),
    )

    def __init__(self, may: frozenset[str], **given: Any) -> None:
        super().__init__(**given)
        found = [(name, words) for name, words in SCOPES.items() if name in may]
        self.fields["scopes"].choices = found  # type: ignore[attr-defined]
        if not found:
            del self.fields["scopes"]


def new(request: Asking) -> HttpResponseBase:
    """Make a key: its secret is on the page that answers, and never again."""
    form = Making(request.seat.may, **sent(request))
    made: list[MadeKey] = []

    def act(said: dict[str, Any]) -> None:
        made.append(
            actions.make_api_key(
                audience=request.seat.audience,
                party=_party(request),
                name=said["name"],
                mode=said["mode"],
                scopes=said.get("scopes", ()),
                by=by(request),
            )
        )

    to = _here(request, "api-keys")
    if taken(request, form, act, done=_("The key is made."), to=to):
        return _shown_once(request, made[0], to)
    told = {
        "title": _("A new API key"),
        "form": form,
        "submit": _("Make it"),
        "cancel": to,
        "trail": [(str(_KEYS), to)],
        "lead": _("Its secret is shown once, on the next page."),
    }
    return render(request, "web/api_key_new.html", told)


def _shown_once(request: Asking, made: MadeKey, to: str) -> HttpResponse:
    """The page with a secret; no cache keeps it."""
    told = {
        "title": made.key.name,
        "made": made,
        "to": to,
        "trail": [(str(_KEYS), to)],
        "url": f"{config.url()}/api/v1/me",
    }
    answer = render(request, "web/api_key_secret.html", told)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def one(request: Asking, key: str) -> HttpResponseBase:
    """One key, and its end. Unknown where there is none here."""
    row = queries.api_key(key, party=_party(request))
    form = forms.Form(**sent(request))
    to = _here(request, "api-keys")
    done = _("The key is revoked; nothing more is answered to it.")

    def act(_said: dict[str, Any]) -> None:
        actions.revoke_api_key(key=row.tid, party=_party(request), by=by(request))

    if went := taken(request, form, act, done=done, to=to):
        return went
    told = {
        "title": row.name,
        "key": row,
        "form": form,
        "trail": [(str(_KEYS), to)],
        "mode": MODES[row.mode],
        "may_end": _WRITES[request.seat.audience] in request.seat.may,
    }
    return render(request, "web/api_key.html", told)


def _party(request: Asking) -> Any:
    return request.seat.party.id if request.seat.party else None


def _here(request: Asking, name: str, **named: str) -> str:
    return of_seat(request.seat, name, **named)
