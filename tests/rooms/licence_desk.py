"""A lab with a licence and a client, two verified sites, and requests to the licence server."""

from __future__ import annotations

import base64
import json
from datetime import date, timedelta
from typing import Any

from quire.society.kit import clock

LICENSE = (
    '<license xmlns="https://rslstandard.org/rsl"><permits type="usage">ai-train ai-input</permits></license>'
)
HOSTS = ("gazette.example", "marsh.example")


def lab(by: Any, code: str = "lab-north") -> Any:
    from quire.society.parties.models import Party

    return Party.objects.create(code=code, name=code.title(), kind="lab")


def grant(by: Any, **other: Any) -> Any:
    from quire.society.licensing import actions

    today = clock.today()
    given: dict[str, Any] = {
        "code": "north", "licensee": "lab-north", "operators": ["North Lab"], "kind": "blanket",
        "uses": ["ai-train", "ai-input"], "starts": today - timedelta(30), "ends": today + timedelta(300),
        "currency": "EUR", "fee": "12000.00",
    }  # fmt: skip
    return actions.grant_licence(by=by, **{**given, **other})


def sites(by: Any, hosts: tuple[str, ...] = HOSTS) -> None:
    """Members whose sites are verified and whose mandate says yes to every use by all."""
    from quire.society.parties.models import Party

    for host in hosts:
        site(host, Party.objects.create(code=host.split(".")[0], name=host.title(), kind="newspaper"))


def site(
    host: str, owner: Any, *, verified: bool = True, uses: tuple[str, ...] = ("ai-train", "ai-input")
) -> Any:
    from quire.society.mandates.models import Mandate
    from quire.society.membership.models import Membership
    from quire.society.repertoire.models import Site, SiteCheck, SitePattern, SiteToken

    start = date(2025, 1, 1)
    Membership.objects.get_or_create(party=owner, starts=start)
    for use in uses:
        Mandate.objects.create(member=owner, use=use, answer=True, starts=start)
    made = Site.objects.create(code=f"{host}-site".replace(".", "-"), host=host, owner=owner)
    SitePattern.objects.create(site=made, host=host, pattern="/")
    if verified:
        token = SiteToken.objects.create(
            site=made, owner=owner, host=host, method="well-known", text=host, at=clock.now()
        )
        SiteCheck.objects.create(token=token, outcome="found", evidence={}, at=clock.now())
    return made


def client(by: Any, **other: Any) -> Any:
    from quire.society.licensing import actions

    return actions.create_client(**{"licensee": "lab-north", "name": "crawler", "by": by, **other})


def basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def ask(made: Any = None, address: str = "/olp/token", *, auth: str | None = None, **form: Any) -> Any:
    """POST a form to the licence server; the response has ``.status_code`` and ``.said``, its JSON."""
    from urllib.parse import urlencode

    from django.test import Client

    headers = {}
    if auth is not None or made is not None:
        headers["Authorization"] = auth if auth is not None else basic(made.client.tid, made.secret)
    body = urlencode({key: value for key, value in form.items() if value is not None}, doseq=True)
    answer = Client(headers={"host": "localhost"}).post(
        address, body, content_type="application/x-www-form-urlencoded", headers=headers
    )
    answer.said = json.loads(answer.content)
    return answer


def token(made: Any, **form: Any) -> Any:
    """A token for everything the client may have, unless the form says otherwise."""
    given = {"grant_type": "client_credentials", "license": LICENSE, "resource": "/"}
    return ask(made, **{**given, **form})


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def terms(permits: str, namespace: bool = True, prohibits: str = "") -> str:
    """A license element."""
    space = ' xmlns="https://rslstandard.org/rsl"' if namespace else ""
    no = f'<prohibits type="usage">{prohibits}</prohibits>' if prohibits else ""
    return f'<license{space}><permits type="usage">{permits}</permits>{no}</license>'
