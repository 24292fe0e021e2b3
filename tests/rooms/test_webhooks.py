"""Webhooks: signed as anybody can verify, tried again, given up, and never sent into a private network."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from quire.core.errors import Conflict, Invalid, QuireError, Refused
from tests import small
from tests.conftest import Furnished, furnished
from tests.rooms.receiver import Receiver, receiving

URL = "https://hooks.example/in?from=quire"


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A small society; everything so far is told."""
    folder = tmp_path_factory.mktemp("webhooks")

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        from quire.society.notices import actions

        small.found(folder)
        actions.tell()

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made


@pytest.fixture
def receiver(house: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as made:
        monkeypatch.setenv("QUIRE_ALLOW_PRIVATE_SITES", "1")
        monkeypatch.setenv("QUIRE_SITES_AT", f"hooks.example=127.0.0.1:{made.port}")
        yield made


def lab() -> Any:
    from quire.society.parties import queries

    return queries.party("lab-north").id


def add(url: str = URL, events: tuple[str, ...] = (), audience: str = "licensee") -> Any:
    from quire.society.notices import actions

    return actions.add_endpoint(party=lab(), audience=audience, url=url, events=events, by=None)


def row(made: Any) -> Any:
    from quire.society.notices import queries

    return queries.endpoint(lab(), "licensee", made.row.tid)


def happen(number: int = 1) -> None:
    """Something that is told to the lab: money for its balance."""
    from quire.society.invoicing import actions as invoicing
    from quire.society.kit import clock
    from quire.society.notices import actions
    from quire.society.parties import queries as parties

    invoicing.deposit(
        licensee="lab-north", amount="25.50", currency="EUR", received_on=clock.today(),
        reference=f"D-{number}", by=parties.acting("preparer"),
    )  # fmt: skip
    actions.tell()


def of(receiver: Receiver, event: str) -> list[tuple[str, dict[str, str], bytes]]:
    return [one for one in receiver.came if json.loads(one[2])["type"] == event]


def log(made: Any) -> list[Any]:
    from quire.society.kit.paging import Asked
    from quire.society.notices import queries

    return list(queries.delivery_list(row(made)).every(Asked()))


def later(**by: float) -> None:
    """Let the time come at which what waits is due."""
    from django.db.models import F

    from quire.society.notices.models import Delivery

    Delivery.objects.filter(next__isnull=False).update(next=F("next") - timedelta(**by))


def test_a_message_is_signed_as_the_library_and_the_plain_hmac_verify(receiver: Receiver) -> None:
    from quire.society.notices import actions

    made = add(events=("credit.added",))
    happen()
    assert actions.deliver() == 1
    ((path, headers, body),) = receiver.came
    assert path == "/in?from=quire"
    assert headers["content-type"] == "application/json"
    assert headers["host"] == "hooks.example"
    told = Webhook(made.secret).verify(body, headers)
    assert told["type"] == "credit.added"
    assert told["data"]["amount"] == {"amount": "25.500000000000", "currency": "EUR"}
    assert told["data"]["url"] == "http://127.0.0.1:8000/lab/lab-north/balance/"
    assert headers["webhook-id"] == told["data"]["notice"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(made.secret.removeprefix("whsec_"))
    assert len(key) == 32
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 300
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(body + b" ", headers)
    (sent,) = log(made)
    assert (sent.state, sent.status, sent.tries, sent.next) == ("delivered", 204, 1, None)


def test_only_what_was_asked_for_is_sent_and_only_to_its_party(receiver: Receiver) -> None:
    from quire.society.notices import actions

    add(events=("invoice.issued",))
    happen()
    assert actions.deliver() == 0
    add(url="https://hooks.example/all")
    happen(2)
    assert actions.deliver() == 1
    assert [path for path, _, _ in receiver.came] == ["/all"]


def test_a_new_secret_signs_beside_the_old_one_for_a_day(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.kit import clock
    from quire.society.notices import actions

    made = add()
    other = actions.rotate(row(made), by=None)
    assert other.secret != made.secret
    actions.test(row(made), by=None)
    actions.deliver()
    ((_, headers, body),) = of(receiver, "webhook.test")
    for secret in (made.secret, other.secret):
        Webhook(secret).verify(body, headers)
    assert len(headers["webhook-signature"].split()) == 2
    tomorrow = clock.now() + timedelta(hours=25)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    actions.test(row(made), by=None)
    actions.deliver()
    _, headers, body = of(receiver, "webhook.test")[-1]
    Webhook(other.secret).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(body, headers)


def test_no_secret_is_in_the_database_and_its_key_is_the_owners_alone(house: Any, receiver: Receiver) -> None:
    from django.db import connection

    made = add()
    with connection.cursor() as run:
        for table in ("notices_endpoint", "notices_endpointsecret", "kit_act"):
            run.execute(f"SELECT string_agg(x::text, ' ') FROM {table} x")
            assert made.secret.removeprefix("whsec_") not in run.fetchone()[0]
    assert (house.home / "keys" / "webhooks").stat().st_mode & 0o777 == 0o600


def test_a_failed_message_is_tried_again_under_its_id_and_later_each_time(receiver: Receiver) -> None:
    from quire.society.kit import clock
    from quire.society.notices import actions
    from quire.society.notices.actions.delivering import RETRIES

    made = add(events=("credit.added",))
    receiver.answers = [500, 302, 200]
    receiver.headers = {"Location": "https://elsewhere.example/"}
    happen()
    actions.deliver()
    assert actions.deliver() == 0  # not yet
    (sent,) = log(made)
    assert sent.state == "waiting"
    assert RETRIES[0] * 0.5 < sent.next - clock.now() <= RETRIES[0] * 1.2
    later(seconds=7)
    actions.deliver()
    (sent,) = log(made)
    assert [(one.status, one.excerpt) for one in sent.attempts] == [(500, "thank you"), (302, "thank you")]
    assert sent.next - clock.now() > RETRIES[1] * 0.9
    later(minutes=7)
    actions.deliver()
    (sent,) = log(made)
    assert (sent.state, sent.tries) == ("delivered", 3)
    ids = {headers["webhook-id"] for _, headers, _ in receiver.came}
    bodies = {body for _, _, body in receiver.came}
    assert (len(receiver.came), len(ids), len(bodies)) == (3, 1, 1)


def test_who_never_takes_anything_is_switched_off_after_the_last_retry_and_told(receiver: Receiver) -> None:
    from quire.society.notices import actions
    from quire.society.notices.actions.delivering import RETRIES
    from quire.society.notices.models import Notice

    made = add()
    receiver.answers = [503]
    actions.test(row(made), by=None)
    for _ in range(len(RETRIES) + 1):
        assert "tries over three days" not in row(made).disabled
        actions.deliver()
        later(days=2)
    assert "10 tries" in row(made).disabled
    assert [one.state for one in log(made)] == ["failed"]
    assert len(of(receiver, "webhook.test")) == len(RETRIES) + 1
    actions.tell()
    assert Notice.objects.filter(event="webhook.disabled", party=lab()).count() == 1
    with pytest.raises(Conflict):
        actions.test(row(made), by=None)
    receiver.answers = [200]
    actions.enable(row(made), by=None)
    actions.resend(row(made), log(made)[0].tid, by=None)
    actions.deliver()
    assert [one.state for one in log(made)] == ["delivered"]


def test_gone_switches_off_at_once(receiver: Receiver) -> None:
    from quire.society.kit import ids
    from quire.society.notices import actions, errors
    from quire.society.notices.models import Delivery

    made = add()
    receiver.answers = [410]
    actions.test(row(made), by=None)
    with pytest.raises(errors.TestWaits):
        actions.test(row(made), by=None)
    also = Delivery.objects.get()
    also.pk, also.message, also._state.adding = ids.new(), "msg_2", True
    also.save()
    actions.deliver()
    assert "410" in row(made).disabled
    assert {one.state for one in log(made)} == {"failed"}
    assert actions.deliver() == 0


def test_a_worker_killed_while_it_sends_sends_again(receiver: Receiver) -> None:
    """What it had claimed is due again after a minute; under its id, so that a receiver knows it."""
    from quire.society.notices import actions
    from quire.society.notices.actions import delivering

    made = add()
    actions.test(row(made), by=None)
    assert len(delivering._claim()) == 1  # and here it is killed
    assert actions.deliver() == 0
    later(seconds=61)
    assert actions.deliver() == 1
    assert log(made)[0].state == "delivered"


def test_what_is_not_the_open_internet_is_refused(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.kit.fetch import Forbidden

    for url in ("https://127.0.0.1/", "https://localhost/x", "https://[::1]/", "https://169.254.169.254/latest",
                "https://10.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://0x7f000001/"):  # fmt: skip
        with pytest.raises(QuireError) as refused:
            add(url)
        assert isinstance(refused.value, Forbidden | Invalid) or "has no address" in str(refused.value), url
    for url in ("http://hooks.example/", "https://hooks.example:8443/", "https://me:it@hooks.example/",
                "ftp://x", "https://hooks.example/a b", "https://hooks.example/#x", "https://",
                "https://hooks.example/\r\nX: y", "https://hooks.example/" + "a" * 500,
                "https://exämple.org/"):  # fmt: skip
        with pytest.raises(Invalid):
            add(url)


def test_an_address_that_turns_private_later_is_not_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.notices import actions
    from quire.society.notices.models import Endpoint

    made = add()
    monkeypatch.setenv("QUIRE_SITES_AT", "")
    monkeypatch.setenv("QUIRE_ALLOW_PRIVATE_SITES", "0")
    Endpoint.objects.update(url="https://localhost/in")
    actions.test(row(made), by=None)
    actions.deliver()
    (sent,) = log(made)
    assert sent.attempts[0].status is None
    assert "not of the open internet" in sent.attempts[0].excerpt
    assert receiver.came == []


def test_an_answer_that_is_hostile_is_kept_short_and_plain(receiver: Receiver) -> None:
    from quire.society.notices import actions

    made = add()
    receiver.answers, receiver.said = [400], b"\x00\x1b[31m\xff" + b"x" * 100_000
    actions.test(row(made), by=None)
    actions.deliver()
    excerpt = log(made)[0].attempts[0].excerpt
    assert len(excerpt) == 500
    assert excerpt.isprintable()


def test_endpoints_are_few_different_and_of_known_events(receiver: Receiver) -> None:
    from quire.society.notices.actions.endpoints import MOST

    add()
    with pytest.raises(Conflict):
        add("https://HOOKS.example/in?from=quire")
    with pytest.raises(Invalid):
        add("https://hooks.example/b", events=("statement.ready",))  # a member's
    for number in range(MOST - 1):
        add(f"https://hooks.example/{number}")
    with pytest.raises(Refused):
        add("https://hooks.example/one-more")


def test_removed_nothing_is_sent_and_the_log_stays(receiver: Receiver) -> None:
    from quire.core.errors import NotFound
    from quire.society.notices import actions
    from quire.society.notices.models import Delivery

    made = add()
    actions.test(row(made), by=None)
    actions.remove(row(made), by=None)
    happen()
    assert actions.deliver() == 0
    assert Delivery.objects.count() == 1
    with pytest.raises(NotFound):
        row(made)
    add()  # the same address again


def test_anothers_endpoint_is_not_there_and_the_wall_hides_its_log(receiver: Receiver) -> None:
    from quire.core.errors import NotFound
    from quire.society.kit.walls import looking_as
    from quire.society.notices import actions, queries
    from quire.society.notices.models import Attempt, Delivery, Endpoint, EndpointSecret
    from quire.society.parties import queries as parties

    made = add()
    actions.test(row(made), by=None)
    actions.deliver()
    other = parties.party("lab-south").id
    with pytest.raises(NotFound):
        queries.endpoint(other, "licensee", made.row.tid)
    with looking_as(other):
        for model in (Attempt, Delivery, Endpoint, EndpointSecret):
            assert model.objects.count() == 0
    with looking_as(lab()):
        for model in (Attempt, Delivery, Endpoint, EndpointSecret):
            assert model.objects.count() == 1


def test_the_guide_names_every_event(postgres: Any) -> None:
    """In the order of the alphabet, for each of the two who may have them."""
    from quire.society.notices import catalogue

    guide = (Path(__file__).parents[2] / "docs" / "guides" / "webhooks.md").read_text()
    for audience, word in (("licensee", "Licensees"), ("member", "Members")):
        said = guide.split(f"\n{word}: ")[1].split("\n\n")[0]
        assert said.replace("`", "").split() == [one.name for one in catalogue.hooked(audience)]
