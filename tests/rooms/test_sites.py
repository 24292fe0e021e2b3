"""Whoever registers a site shows that its host is theirs: over real HTTP and real DNS, and never inwards."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import dns.message
import dns.resolver
import dns.rrset
import pytest

from tests.rooms.boundary_desk import HOST, Desk


class Site(ThreadingHTTPServer):
    """A member's host: paths to (status, headers, body)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Pages)
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []

    def shows(self, path: str, body: str, status: int = 200, **headers: str) -> None:
        self.pages[path] = (status, headers, body.encode())


class _Pages(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.headers["Host"] + self.path)
        status, headers, body = self.server.pages.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with Site() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("QUIRE_ALLOW_PRIVATE_SITES", "1")
        monkeypatch.setenv("QUIRE_SITES_AT", f"{HOST}=127.0.0.1:{made.server_address[1]}")
        yield made
        made.shutdown()
        thread.join()


class Names(socketserver.UDPServer):
    """A DNS server with TXT records; a name that it lacks does not exist."""

    records: dict[str, list[str]]


class _Answers(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, back = self.request
        asked = dns.message.from_wire(data)
        said = dns.message.make_response(asked)
        name = asked.question[0].name
        texts = self.server.records.get(str(name))  # type: ignore[attr-defined]
        if texts is None:
            said.set_rcode(dns.rcode.NXDOMAIN)
        else:
            said.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", texts))
        back.sendto(said.to_wire(), self.client_address)


@pytest.fixture
def names() -> Iterator[tuple[Names, dns.resolver.Resolver]]:
    with Names(("127.0.0.1", 0), _Answers) as made:
        made.records = {}
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], made.server_address[1]
        yield made, resolver
        made.shutdown()
        thread.join()


@pytest.fixture
def desk(house: Any, people: Any) -> Desk:
    made = Desk(people["preparer"])
    made.site()
    return made


def start(desk: Desk, method: str = "well-known") -> str:
    from quire.society.repertoire import actions

    return actions.start_verification(site="harbour", method=method, by=desk.user).text


def verify(desk: Desk, **given: Any) -> Any:
    from quire.society.repertoire import actions

    return actions.verify_site(site="harbour", by=desk.user, **given)


def is_verified() -> bool:
    from quire.society.repertoire import queries

    return queries.site("harbour").verified


def test_a_file_on_the_site(desk: Desk, site: Site) -> None:
    from quire.society.kit.models import Act

    text = start(desk)
    assert start(desk) == text
    site.shows("/.well-known/quire-site.txt", f"# ours\n {text} \n")
    seen = verify(desk)
    assert (seen.outcome, seen.evidence["status"], is_verified()) == ("found", 200, True)
    assert site.asked == [f"{HOST}/.well-known/quire-site.txt"]
    acts = list(Act.objects.order_by("id").values_list("verb", flat=True))
    assert acts[-2:] == ["repertoire.start-verification", "repertoire.verify-site"]


def test_a_tag_in_the_head_and_not_in_a_comment(desk: Desk, site: Site) -> None:
    from quire.society.repertoire.errors import NotShown

    text = start(desk, "meta")
    tag = f'<meta name="quire-site" content="{text}">'
    for page in (
        f"<html><body>{tag}</body></html>", f"<!-- {tag} -->", f"<title>{tag}</title><p>{tag}",
        f"<script>'{tag}'</script>", f"<head></head>{tag}",
    ):  # fmt: skip
        site.shows("/", page)
        with pytest.raises(NotShown):
            verify(desk)
    site.shows("/", f"<!doctype html><html><head><title>Paper</title>{tag}</head><body></body></html>")
    assert verify(desk).method == "meta"


def test_a_record_in_the_dns(desk: Desk, names: tuple[Names, dns.resolver.Resolver]) -> None:
    from quire.society.repertoire.errors import NotShown

    server, resolver = names
    text = start(desk, "dns")
    with pytest.raises(NotShown, match="has no TXT record"):
        verify(desk, resolver=resolver)
    server.records[f"_quire.{HOST}."] = ['"v=other"', f'"{text[:10]}" "{text[10:]}"']
    assert verify(desk, resolver=resolver).evidence["record"] == f"_quire.{HOST}."
    assert is_verified()


def test_looking_again_finds_it_gone(desk: Desk, site: Site) -> None:
    from quire.society.repertoire import queries
    from quire.society.repertoire.errors import NotShown

    site.shows("/.well-known/quire-site.txt", start(desk))
    verify(desk)
    site.shows("/.well-known/quire-site.txt", "", status=503)
    with pytest.raises(NotShown):
        verify(desk)
    assert is_verified()
    site.shows("/.well-known/quire-site.txt", "quire-site=another")
    with pytest.raises(NotShown):
        verify(desk)
    assert not is_verified()
    assert [one.outcome for one in queries.checks_of("harbour")] == ["missing", "unreachable", "found"]


def test_without_a_beginning_nothing_is_looked_for(desk: Desk, site: Site) -> None:
    from quire.society.repertoire.errors import CannotVerify

    for wrong in ({}, {"method": "dns"}):
        with pytest.raises(CannotVerify):
            verify(desk, **wrong)
    with pytest.raises(CannotVerify):
        start(desk, "fax")
    assert site.asked == []


def test_an_auditor_verifies_nothing(desk: Desk, people: Any) -> None:
    from quire.society.parties.errors import ReadsOnly
    from quire.society.repertoire import actions

    with pytest.raises(ReadsOnly):
        actions.start_verification(site="harbour", by=people["auditor"])


def test_what_was_seen_stays_as_it_was(desk: Desk, site: Site) -> None:
    from django.db import DatabaseError, connection

    start(desk)
    for statement in ("DELETE FROM repertoire_sitetoken", "UPDATE repertoire_sitetoken SET text = 'x'"):
        with pytest.raises(DatabaseError), connection.cursor() as run:
            run.execute(statement)


def test_a_redirect_stays_on_the_host(desk: Desk, site: Site) -> None:
    from quire.society.repertoire.errors import NotShown

    text = start(desk)
    path = "/.well-known/quire-site.txt"
    for away in ("https://elsewhere.example/x", "http://127.0.0.1/x", f"ftp://{HOST}/x",
                 "//elsewhere.example/", f"https://{HOST}:8443/"):  # fmt: skip
        site.shows(path, "", status=302, Location=away)
        with pytest.raises(NotShown, match="another host"):
            verify(desk)
    site.shows(path, "", status=302, Location=path)
    with pytest.raises(NotShown, match="sends from one address to the next"):
        verify(desk)
    site.shows(path, "", status=301, Location="/where/it/is.txt")
    site.shows("/where/it/is.txt", text)
    assert verify(desk).evidence["url"].endswith("/where/it/is.txt")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "2130706433", "0x7f000001", "127.1"])
def test_a_site_within_our_own_network_is_not_asked(house: Any, people: Any, site: Site, host: str,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Whatever way it is spelled, and though QUIRE_SITES_AT would say where it is."""
    from quire.society.kit import fetch

    monkeypatch.setenv("QUIRE_ALLOW_PRIVATE_SITES", "0")
    monkeypatch.setenv("QUIRE_SITES_AT", f"{host}=127.0.0.1:{site.server_address[1]}")
    with pytest.raises((fetch.Forbidden, fetch.Unreachable)):
        fetch.page(host, "/")
    assert site.asked == []


def test_a_large_or_endless_answer_is_cut(site: Site) -> None:
    from quire.society.kit import fetch

    site.shows("/", "x" * 3_000_000)
    assert len(fetch.page(HOST, "/").body) == fetch.MOST_BYTES
    site.shows("/slow", "", **{"Content-Length": "10"})
    assert fetch.page(HOST, "/slow", seconds=1).body == b""


def test_a_site_by_commands(desk: Desk, site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Register, verify, set terms and a price, and see what comes of it."""
    from quire import cli

    def quire(*words: str, code: int = 0) -> str:
        assert cli.main(["sites", *words]) == code, capsys.readouterr()
        return capsys.readouterr().out

    by = ("--by", "preparer")
    assert quire("verify", "harbour", *by, code=4) == ""
    asked = json.loads(quire("verify", "harbour", "--start", "--json", *by))
    site.shows("/.well-known/quire-site.txt", "nothing")
    quire("verify", "harbour", *by, code=5)
    site.shows("/.well-known/quire-site.txt", asked["text"])
    assert "shows the token" in quire("verify", "harbour", *by)
    desk.yes("search")
    day = ("--from", "2026-06-01")
    assert "no to search" in quire("terms", "harbour", "--pattern", "/secret/", "--use", "search", *day, *by)
    price = json.loads(quire("price", "harbour", "0.002", *day, "--json", *by))
    shown = quire("show", "harbour")
    assert "/secret/: nothing; 0.002" in shown
    assert "/: search; 0.002" in shown
    quire("price", "harbour", "--end", price["id"], *day, *by)
    assert "0.002000" not in quire("show", "harbour")
    assert json.loads(quire("list", "--json"))[0]["verified"]["method"] == "well-known"
    quire("register", "blog", "blog.example", "--owner", "blog", *by)
    quire("terms", "blog", "--answer", "perhaps", *by, code=4)
