"""What a site's terms look like from outside: three renderings for anybody, and the policy for its edge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from quire.core import edge_auth, envelope
from quire.core.rsl import MEDIA_TYPE
from quire.core.site import SiteTerms
from quire.core.tokens import KeySet, SigningKey
from tests.conftest import Furnished, furnished
from tests.rooms.boundary_desk import HOST, Desk, browser

PAGES = {
    "license.xml": MEDIA_TYPE,
    "robots.txt": "text/plain; charset=utf-8",
    "tdmrep.json": "application/json",
}
POLICY = "/edge/v1/policy"


def paper(people: dict[str, Any], patch: pytest.MonkeyPatch) -> Desk:
    made = Desk(people["preparer"])
    made.site()
    made.verified()
    made.yes("search")
    made.yes("ai-train", "lab-a")
    return made


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(postgres, tmp_path_factory.mktemp("before"), paper) as made:
        yield made


@pytest.fixture
def desk(house: Any, before: Furnished) -> Any:
    from quire.society.usage.acceptance import door

    door.DOOR.known.forget()
    return before.made


@pytest.mark.parametrize(("page", "kind"), PAGES.items())
def test_anybody_may_read_the_public_terms(desk: Desk, page: str, kind: str) -> None:
    first = browser().get(f"/sites/{HOST}/{page}")
    assert (first.status_code, first["Content-Type"]) == (200, kind)
    assert "public" in first["Cache-Control"]
    again = browser().get(f"/sites/{HOST}/{page}", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    desk.price("/", "0.002")
    desk.no("search")
    assert browser().get(f"/sites/{HOST}/{page}")["ETag"] != first["ETag"]


@pytest.mark.parametrize("page", PAGES)
def test_no_licensee_is_named_in_them(desk: Desk, page: str) -> None:
    desk.no("search", "lab-b")
    told = browser().get(f"/sites/{HOST}/{page}").content.decode()
    assert not [code for code in desk.labs if desk.lab(code) in told or code in told]


@pytest.mark.parametrize("host", ["nowhere.example", "bad host", "%00", "..", "ü.example"])
@pytest.mark.parametrize("page", PAGES)
def test_of_another_host_there_is_nothing(desk: Desk, page: str, host: str) -> None:
    answer = browser().get(f"/sites/{host}/{page}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_the_licence_file_reads_back_as_the_terms(desk: Desk) -> None:
    from quire.core import rsl

    reading = rsl.read(browser().get(f"/sites/{HOST}/license.xml").content)
    assert reading.document.contents[0].licences[0].permits.usage == ("search",)


def edge(desk: Desk) -> tuple[str, SigningKey]:
    from quire.society.usage.actions.edges import register_edge

    made = register_edge(site="harbour", name="front", by=desk.user)
    return made.tid, SigningKey.from_jwk(made.private_jwk)


def ask(tid: str, key: SigningKey, path: str = POLICY, **headers: str) -> Any:
    shown = edge_auth.sign_request(key, tid, "GET", path, b"", datetime.now(UTC))
    return browser().get(POLICY, headers={"authorization": shown, **headers})


def test_the_edge_fetches_the_policy_of_its_site(desk: Desk) -> None:
    from quire.society.licensing import keys, policy

    tid, key = edge(desk)
    first = ask(tid, key)
    assert first.status_code == 200, first.content
    terms = SiteTerms.of(envelope.open(first.content, KeySet.of(*keys.public_keys()), policy.TYPE))
    assert terms.rule_for("/").permits_for(desk.lab("lab-a")) == ("ai-train", "search")
    assert ask(tid, key, **{"if-none-match": first["ETag"]}).status_code == 304
    desk.no("ai-train", "lab-a")
    changed = ask(tid, key, **{"if-none-match": first["ETag"]})
    assert (changed.status_code, changed["ETag"] != first["ETag"]) == (200, True)


def test_an_unchanged_policy_is_the_same_bytes(desk: Desk) -> None:
    tid, key = edge(desk)
    assert ask(tid, key).content == ask(tid, key).content


def test_nobody_else_gets_it(desk: Desk) -> None:
    tid, key = edge(desk)
    for refused in (
        browser().get(POLICY),
        ask(tid, SigningKey.generate()),
        ask("edg_01h2xcejqtf2nbrexx3vqjhp41", key),
        ask(tid, key, path="/edge/v1/other"),
    ):
        assert (refused.status_code, json.loads(refused.content)["code"]) == (401, "usage.not-this-edge")


def test_an_edge_of_a_site_that_is_verified_no_more_gets_none(desk: Desk) -> None:
    tid, key = edge(desk)
    desk.verified(outcome="missing")
    refused = ask(tid, key)
    assert (refused.status_code, json.loads(refused.content)["code"]) == (404, "policy.none")


def test_a_snapshot_is_signed_and_can_be_had_in_parts(desk: Desk, tmp_path: Path) -> None:
    import base64
    import hashlib

    import duckdb

    from quire.society.licensing import actions, keys, snapshot
    from quire.society.repertoire import actions as repertoire

    address = "/api/v1/registry/snapshot"
    assert browser().get(f"{address}.json").status_code == 404
    desk.price("/paid/", "0.002")
    repertoire.register_work(url=f"https://{HOST}/paid/é", title="A", member="harbour", words=7, by=desk.user)
    made = snapshot.make()
    assert snapshot.make() == made
    client = actions.create_client(licensee="lab-a", name="reader", by=desk.user)
    shown = base64.b64encode(f"{client.client.tid}:{client.secret}".encode()).decode()
    basic = {"authorization": f"Basic {shown}"}
    assert browser().get(address).status_code == 401
    whole = browser().get(address, headers=basic)
    body = b"".join(whole.streaming_content)
    said = envelope.open(
        browser().get(f"{address}.json").content, KeySet.of(*keys.public_keys()), snapshot.TYPE
    )
    assert said["digest"] == "sha256:" + hashlib.sha256(body).hexdigest()
    assert (said["rows"], said["bytes"]) == (3, len(body))
    part = browser().get(address, headers={**basic, "range": "bytes=4-9", "if-range": whole["ETag"]})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, body[4:10])
    assert part["Content-Range"] == f"bytes 4-9/{len(body)}"
    tail = browser().get(address, headers={**basic, "range": "bytes=-4"})
    assert b"".join(tail.streaming_content) == body[-4:] == b"PAR1"
    assert browser().get(address, headers={**basic, "range": f"bytes={len(body)}-"}).status_code == 416
    assert browser().get(address, headers={**basic, "if-none-match": whole["ETag"]}).status_code == 304
    place = tmp_path / "registry.parquet"
    place.write_bytes(body)
    rows = duckdb.sql(f"SELECT * FROM '{place}' ORDER BY kind, pattern").fetchall()
    assert rows == [
        (HOST, "/", "rule", "The harbour", "standard", None, "search", None, None),
        (HOST, "/paid/", "rule", "The harbour", "standard", None, "search", "0.002000000000", "EUR"),
        (HOST, "/paid/%C3%A9", "work", "The harbour", "standard", 7, "search", "0.002000000000", "EUR"),
    ]
