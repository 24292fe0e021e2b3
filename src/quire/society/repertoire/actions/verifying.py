"""Whoever registers a site shows that the host is theirs: a file, a DNS record or a tag on the front page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import dns.exception
import dns.resolver
from django.db import transaction

from quire.society.kit import acts, clock, fetch
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.repertoire import queries
from quire.society.repertoire.actions.intake import writing
from quire.society.repertoire.errors import CannotVerify, NotShown
from quire.society.repertoire.models import METHODS, Site, SiteCheck, SiteToken
from quire.society.repertoire.queries import Checked

WELL_KNOWN = "/.well-known/quire-site.txt"
META = "quire-site"
DNS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be shown: ``text``, and ``where`` as a sentence for the person who puts it there."""

    site: str
    host: str
    method: str
    text: str
    where: str


def start_verification(*, site: str, method: str = "well-known", by: User | None) -> Asked:
    """The token by which the site's present owner shows that its host is theirs; the same again is the same.

    ``method`` is one of ``models.METHODS``. Refuses, in this order: an auditor, an unknown site, CannotVerify
    for another method and for an IP address with the method dns.
    """
    parties.may_write(by)
    place = queries.site(site)
    _check_method(place.host, method)
    with writing(by):
        made = {"text": f"quire-site={secrets.token_urlsafe(24)}", "at": clock.now()}
        token, fresh = SiteToken.objects.get_or_create(
            site_id=place.id, owner_id=place.owner, host=place.host, method=method, defaults=made
        )
        if fresh:
            acts.record("repertoire.start-verification", place.tid, by=by, method=method, host=place.host)
    return asked(token, place.code)


def asked(token: SiteToken, code: str) -> Asked:
    """The token with the place where it goes."""
    where = {
        "well-known": f"Put this line into https://{token.host}{WELL_KNOWN}.",
        "dns": f"Add a TXT record with this text for _quire.{token.host}.",
        "meta": f'Put <meta name="{META}" content="{token.text}"> into the head of https://{token.host}/.',
    }
    return Asked(code, token.host, token.method, token.text, where[token.method])


def verify_site(
    *, site: str, method: str | None = None, by: User | None, resolver: dns.resolver.Resolver | None = None
) -> Checked:
    """Look whether the token is there, and keep what was seen, found or not. Also for looking again.

    ``method`` None: each one that was begun, until the token is found. ``resolver`` is whom to ask for the
    DNS. Refuses an auditor, an unknown site, and CannotVerify where nothing was begun for its owner and
    host. Raises NotShown, after the check was kept, where the token is nowhere, with what was seen for each
    method.
    """
    parties.may_write(by)
    place = queries.site(site)
    tokens = SiteToken.objects.filter(site=place.id, owner=place.owner, host=place.host).order_by("at", "id")
    begun = [token for token in tokens if method in (None, token.method)]
    if not begun:
        raise CannotVerify(
            f"Nothing was begun for {place.host}; quire sites verify {place.code} --start gives a token.",
            site=place.code,
        )
    checks = []
    for token in begun:  # outside of any transaction: a site may take its time to answer
        checks.append(_keep(token, *_look(token, resolver), by))
        if checks[-1].outcome == "found":
            return _told(checks[-1])
    raise NotShown(
        " ".join(str(check.evidence["seen"]) for check in checks), site=place.code,
        checks=[{"method": check.token.method, "outcome": check.outcome} for check in checks],
    )  # fmt: skip


def _check_method(host: str, method: str) -> None:
    if method not in METHODS:
        raise CannotVerify(f"{method[:40]!r} is no way to verify; the ways are {', '.join(METHODS)}.")
    if method == "dns" and (host.startswith("[") or host.replace(".", "").isdigit()):
        raise CannotVerify(f"{host} is an address without a name, so it has no DNS record; use well-known.")


def _keep(token: SiteToken, outcome: str, evidence: dict[str, Any], by: User | None) -> SiteCheck:
    with transaction.atomic():
        check = SiteCheck.objects.create(token=token, outcome=outcome, evidence=evidence, at=clock.now())
        acts.record(
            "repertoire.verify-site", Site(id=token.site_id), by=by, method=token.method, outcome=outcome,
            host=token.host, check=check.tid,
        )  # fmt: skip
    return check


def _told(check: SiteCheck) -> Checked:
    return Checked(check.token.method, check.outcome, check.evidence, check.at)


def _look(token: SiteToken, resolver: dns.resolver.Resolver | None) -> tuple[str, dict[str, Any]]:
    """The outcome, and the evidence: where it was looked, what was seen."""
    try:
        if token.method == "dns":
            return _in_dns(token, resolver or dns.resolver.get_default_resolver())
        return _on_page(token)
    except fetch.Unreachable as problem:
        return "unreachable", {"seen": problem.sentence}
    except fetch.Forbidden as problem:
        return "missing", {"seen": problem.sentence}


def _on_page(token: SiteToken) -> tuple[str, dict[str, Any]]:
    path = WELL_KNOWN if token.method == "well-known" else "/"
    page = fetch.page(token.host, path)
    seen = {"url": page.url, "address": page.address, "status": page.status}
    if page.status >= 500:
        return "unreachable", seen | {"seen": f"{page.url} answered {page.status}; try again later."}
    if page.status != 200:
        return "missing", seen | {"seen": f"{page.url} answered {page.status}, not 200."}
    text = page.body.decode("utf-8", "replace")
    shown = _contents(text) if token.method == "meta" else [line.strip() for line in text.splitlines()]
    if token.text in shown:
        return "found", seen | {"seen": f"{page.url} shows the token."}
    return "missing", seen | {"seen": f"{page.url} does not show the token {token.text}."}


def _in_dns(token: SiteToken, resolver: dns.resolver.Resolver) -> tuple[str, dict[str, Any]]:
    name = f"_quire.{token.host}."
    try:
        answer = resolver.resolve(name, "TXT", lifetime=DNS_SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return "missing", {"record": name, "seen": f"{name} has no TXT record."}
    except dns.exception.DNSException as problem:
        return "unreachable", {
            "record": name,
            "seen": f"The DNS does not say what {name} is: {problem}"[:300],
        }
    texts = [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
    if token.text in texts:
        return "found", {"record": name, "seen": f"{name} shows the token."}
    return "missing", {"record": name, "seen": f"{name} does not show the token {token.text}."}


def _contents(text: str) -> list[str]:
    reader = _Tags()
    reader.feed(text)
    return reader.contents


class _Tags(HTMLParser):
    """The contents of every ``<meta name="quire-site">`` that is a tag of the head.

    Not in a comment, a script or a title, and not in the body: there a reader of the site may have written.
    """

    def __init__(self) -> None:
        super().__init__()
        self.contents: list[str] = []
        self._body = False
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self._body = self._body or tag not in _OF_HEAD
        if tag == "meta" and not self._body and not self._within and (said.get("name") or "").lower() == META:
            self.contents.append((said.get("content") or "").strip())
        if tag in _OPAQUE:
            self._within = self._within or tag

    def handle_endtag(self, tag: str) -> None:
        self._body = self._body or tag == "head"
        if tag == self._within:
            self._within = ""


_OPAQUE = {"title", "noscript", "template"}
_OF_HEAD = {"html", "head", "meta", "link", "script", "style", "base", *_OPAQUE}
