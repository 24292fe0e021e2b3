"""A licensee's credentials: clients, whose secrets are shown once, and the tokens that were got with them."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.terms import USES
from quire.society.kit import config
from quire.society.kit.paging import few
from quire.society.licensing import actions, holding
from quire.society.licensing.actions.clients import Made
from quire.society.licensing.errors import ClientRefused
from quire.society.licensing.holding import ALGS, ClientHeld
from quire.society.web import lists
from quire.society.web.licensee.words import MODES, me
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.taking import by, sent, taken
from quire.society.web.words import here, use, use_lazily


class Making(forms.Form):
    """A client as it is made; nothing of it changes later."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80,
        help_text=gettext_lazy("Have one for each program, so that you can end one without the others."),
    )  # fmt: skip
    mode = forms.ChoiceField(
        label=gettext_lazy("Mode"),
        choices=[
            ("live", gettext_lazy("live: its tokens open the sites")),
            ("sandbox", gettext_lazy("sandbox: its tokens look real, and open nothing")),
        ],
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Only for"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(name, use_lazily(name)) for name in USES],
        help_text=gettext_lazy("Leave all empty for everything that your licences allow."),
    )  # fmt: skip
    alg = forms.ChoiceField(
        label=gettext_lazy("Signed by"), choices=[(one, one) for one in ALGS],
        help_text=gettext_lazy("Leave it, unless your software asks for another."),
    )  # fmt: skip
    key = forms.CharField(
        label=gettext_lazy("Public key"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("An Ed25519 JWK. Tokens are then good only in requests that this key signed."),
    )  # fmt: skip


class Why(forms.Form):
    """What is ended for good says why."""

    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)


def clients(request: Asking) -> HttpResponseBase:
    """Every client of the licensee."""
    columns = [
        Column("name", _("Name"), value=lambda one: one.row.name,
               link=lambda one: here(request, "lab-client", client=one.row.tid)),
        Column("mode", _("Mode"), value=lambda one: MODES[one.row.mode]),
        Column("state", _("State"), "state", _state),
        Column("scopes", _("For"), value=lambda one: ", ".join(map(use, one.row.scopes))),
        Column("tokens", _("Tokens so far"), "number"),
        Column("tid", _("Client id"), "code", lambda one: one.row.tid),
    ]  # fmt: skip
    listing = few(
        holding.clients_of(me(request)),
        filters={"mode": (_("Mode"), {key: str(word) for key, word in MODES.items()},
                          lambda one: one.row.mode)},
        words=lambda one: f"{one.row.name} {one.row.tid}",
    )  # fmt: skip
    return lists.listed(
        request, listing, columns, title=_("Clients"), file="clients", template="web/licensee/clients.html",
        lead=_("A client is a set of credentials with which a program of yours gets tokens."),
        empty=_("You have no client yet. Make one in the sandbox to try things out, then a live one."),
    )  # fmt: skip


def _state(one: ClientHeld) -> str:
    if one.row.revoked:
        return "revoked"
    return "active" if one.secrets else "expired"


def new(request: Asking) -> HttpResponseBase:
    """Make a client: its secret is on the page that answers, and never again."""
    form = Making(**sent(request))
    made: list[Made] = []

    def act(said: dict[str, Any]) -> None:
        made.append(actions.create_client(
            licensee=_code(request), name=said["name"], mode=said["mode"], alg=said["alg"],
            scopes=said["scopes"], key=_key(said["key"]), by=by(request),
        ))  # fmt: skip

    if taken(request, form, act, done=_("The client is made."), to=here(request, "lab-clients")):
        return _shown_once(request, made[0])
    return render(request, "web/licensee/form.html", {
        "title": _("A new client"), "form": form, "submit": _("Make it"), "trail": _trail(request),
        "cancel": here(request, "lab-clients"),
        "lead": _("Its secret is shown once, on the next page."),
    })  # fmt: skip


def _key(text: str) -> dict[str, Any] | None:
    if not text.strip():
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ClientRefused("The public key is a JWK: a JSON object with kty, crv and x.")
    return found


def client(request: Asking, client: str) -> HttpResponseBase:
    """One client: how it stands, its tokens, another secret, its end."""
    found = holding.client_of(me(request), client)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    why = Why(**(sent(request) if act == "revoke" else {}))
    to = here(request, "lab-client", client=found.row.tid)
    if act == "rotate" and (answer := _rotated(request, found)):
        return answer
    if act == "revoke" and (went := taken(
        request, why, lambda said: actions.revoke_client(
            client=found.row.tid, reason=said["reason"], by=by(request)),
        done=_("The client is revoked. Sites know within minutes."), to=to,
    )):  # fmt: skip
        return went
    listing, columns = holding.tokens_of(me(request), found.row.tid), _token_columns(request)[:-1]
    if form := request.GET.get("format"):
        return lists.export(request, listing, columns, form, "tokens")
    return render(request, "web/licensee/client.html", {
        "title": found.row.name, "held": found, "state": _state(found), "mode": MODES[found.row.mode],
        "uses": ", ".join(map(use, found.row.scopes)), "why": why, "trail": _trail(request),
        "table": lists.table(request, listing, columns, caption=_("Its tokens"),
                             empty=_("It was given no token yet.")),
    })  # fmt: skip


def _rotated(request: Asking, found: ClientHeld) -> HttpResponse | None:
    made: list[Made] = []
    went = taken(
        request, forms.Form(**sent(request)),
        lambda _said: made.append(actions.rotate_client(client=found.row.tid, by=by(request))),
        done=_("There is another secret. The one before it is good for a day yet."),
        to=here(request, "lab-client", client=found.row.tid),
    )  # fmt: skip
    return _shown_once(request, made[0]) if went else None


def _shown_once(request: Asking, made: Made) -> HttpResponse:
    """The page with a secret; no cache keeps it."""
    answer = render(request, "web/licensee/secret.html", {
        "title": made.client.name, "made": made, "server": f"{config.url()}/olp", "trail": _trail(request),
        "to": here(request, "lab-client", client=made.client.tid), "code": here(request, "lab-code"),
    })  # fmt: skip
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def tokens(request: Asking) -> HttpResponseBase:
    """Every token that the licensee was given."""
    return lists.listed(
        request, holding.tokens_of(me(request)), _token_columns(request), title=_("Tokens"), file="tokens",
        lead=_("What was issued to your clients. The token itself is kept nowhere here."),
        empty=_("No token was issued yet. Your programs ask for one with a client’s id and secret."),
    )  # fmt: skip


def _token_columns(request: Asking) -> list[Column]:
    return [
        Column("issued", _("Issued"), "date",
               link=lambda one: here(request, "lab-token", token=one.tid)),
        Column("expires", _("Ends"), "date"),
        Column("state", _("State"), "state"),
        Column("uses", _("For"), value=lambda one: ", ".join(map(use, one.uses))),
        Column("licence", _("Licence"),
               link=lambda one: here(request, "lab-licence", licence=one.licence_tid)),
        Column("jti", _("Its id"), "code"),
        Column("client", _("Client"), link=lambda one: here(request, "lab-client", client=one.client_tid)),
    ]  # fmt: skip


def token(request: Asking, token: str) -> HttpResponseBase:
    """One token, and its end before its time."""
    found = holding.token_of(me(request), token)
    to = here(request, "lab-token", token=found.tid)
    form = Why(**sent(request))
    if went := taken(
        request, form,
        lambda said: actions.revoke_token(jti=found.jti, reason=said["reason"], by=by(request)),
        done=_("The token is revoked. Sites know within minutes."), to=to,
    ):  # fmt: skip
        return went
    return render(request, "web/licensee/token.html", {
        "title": _("A token"), "token": found, "uses": ", ".join(map(use, found.uses)), "form": form,
        "trail": [(_("Tokens"), here(request, "lab-tokens"))],
    })  # fmt: skip


def _trail(request: Asking) -> list[tuple[str, str]]:
    return [(_("Clients"), here(request, "lab-clients"))]


def _code(request: Asking) -> str:
    assert request.seat.party is not None
    return request.seat.party.code
