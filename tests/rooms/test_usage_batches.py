"""Batches at the society's door: durable, in order, once, from registered edges alone."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from tests.rooms.usage_edges import SPOOL, Edge, admitted, edge
from tests.rooms.usage_society import society  # noqa: F401


@pytest.fixture
def front(society: Any) -> Edge:  # noqa: F811
    society.site()
    made = edge(society)
    made.tells(30, **admitted())
    return made


def segments(front: Edge) -> list[Path]:
    return sorted(
        (Path(os.environ["QUIRE_HOME"]) / "lake/accepted" / front.new.tid / front.spool).glob("*.seg")
    )


def kept(front: Edge) -> list[tuple[int, int]]:
    from quire.society.usage.acceptance.frames import scan

    return [(f.head.first, f.head.last) for path in segments(front) for f in scan(path)]


def test_a_batch_is_answered_when_it_is_there(front: Edge) -> None:
    assert front.sends(1, 10) == (200, {"through": 10})
    assert front.sends(11, 30) == (200, {"through": 30})
    assert kept(front) == [(1, 10), (11, 30)]
    from quire.society.usage.acceptance.frames import body_of, scan

    frames = list(scan(segments(front)[0]))
    assert body_of(segments(front)[0], frames[1]) == front.body(11, 30)


def test_a_batch_again_is_answered_and_not_kept_twice(front: Edge) -> None:
    front.sends(1, 10)
    assert front.sends(1, 10) == (200, {"through": 10})
    assert front.sends(1, 10, level=1) == (200, {"through": 10})  # packed otherwise, it says the same
    assert front.sends(3, 7) == (200, {"through": 10})
    assert kept(front) == [(1, 10)]


def test_a_gap_says_from_where_to_send(front: Edge) -> None:
    status, told = front.sends(2, 10)
    assert (status, told["code"], told["through"]) == (409, "usage.gap", 0)
    front.sends(1, 10)
    status, told = front.sends(12, 20)
    assert (status, told["code"], told["through"]) == (409, "usage.gap", 10)
    status, told = front.sends(5, 20)  # a part is new: the rest is asked for
    assert (status, told["code"], told["through"]) == (409, "usage.gap", 10)
    assert front.sends(11, 20) == (200, {"through": 20})


def test_other_content_under_the_same_numbers_is_an_alarm(front: Edge) -> None:
    front.sends(1, 10)
    front.events[4]["path"] = "/news/two"
    for first, last in ((1, 10), (5, 5), (4, 20)):
        status, told = front.sends(first, last)
        assert (status, told["code"], told["number"]) == (409, "usage.differs", 5)
    assert kept(front) == [(1, 10)]
    from quire.society.kit.models import Act

    assert Act.objects.filter(verb="usage.batch-differs", subject=front.new.tid).count() == 3


def test_only_a_registered_edge_is_heard(front: Edge, society: Any) -> None:  # noqa: F811
    from quire.core.tokens import SigningKey
    from quire.society.usage import actions
    from quire.society.usage.acceptance.door import DOOR

    body = front.body(1, 10)
    good = front.header(1, 10, body)
    other = edge(society, name="other")
    stranger = Edge(front.new)
    stranger.key = SigningKey.generate()
    bad = {
        "nothing": "", "another scheme": good.replace("Edge", "Bearer"), "no jws": "Edge abc",
        "another's key": stranger.header(1, 10, body),
        "another edge's name": other.header(1, 10, body, edge=front.new.tid),
        "no such edge": front.header(1, 10, body, edge="edg_01h2xcejqtf2nbrexx3vqjhp41"),
        "no id": front.header(1, 10, body, edge="../../etc"),
        "another body": front.header(1, 10, body + b" "),
    }  # fmt: skip
    for what, header in bad.items():
        status, told = front.post(body, header)
        assert (status, told["code"]) == (401, "usage.not-this-edge"), what
    assert front.post(body, good)[0] == 200
    actions.revoke_edge(front.new.tid, reason="the machine was sold", by=society.user)
    DOOR.known.forget()
    assert front.sends(11, 20)[0] == 401


def test_what_is_no_batch_is_refused_and_bounded(front: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.usage.acceptance import bodies

    plain = b'{"n":1}\n'
    packed = gzip.compress(plain)
    for what, body, last in (
        ("no gzip", plain, 1), ("cut short", packed[:-9], 1), ("more behind", packed + b"x", 1),
        ("two members", packed * 2, 2),
        ("too few lines", packed, 2), ("too many", gzip.compress(plain * 3), 2),
        ("no end", gzip.compress(b'{"n":1}'), 1),
        ("empty", gzip.compress(b""), 1), ("nothing", b"", 1),
    ):  # fmt: skip
        status, told = front.post(body, front.header(1, last, body))
        assert (status, told["code"]) == (400, "usage.not-a-batch"), what
    assert front.post(packed, front.header(1, 1, packed), encoding="")[0] == 400
    monkeypatch.setattr(bodies, "LONGEST_TEXT", 1 << 20)
    bomb = gzip.compress(b"\n" * (50 << 20))
    for claimed in (bomb[-4:], b"\x01\x00\x00\x00"):
        body = bomb[:-4] + claimed
        assert front.post(body, front.header(1, 100, body))[0] == 413
    monkeypatch.setattr(bodies, "LONGEST_BODY", 10)
    assert front.sends(1, 5)[0] == 413
    assert kept(front) == []


def test_spool_names_are_no_paths(front: Edge) -> None:
    body = front.body(1, 5)
    for name in ("..", "../x" * 3, "", "A" * 16, "0" * 65, SPOOL + "/", SPOOL[:4]):
        status, _ = front.post(body, front.header(1, 5, body, spool=name))
        assert status in (400, 401), name
    assert sorted(os.listdir(Path(os.environ["QUIRE_HOME"]))) in ([], ["keys"], ["keys", "tmp"], ["tmp"])


def test_a_torn_end_is_cut_off_and_sent_again(front: Edge) -> None:
    from quire.society.usage.acceptance.door import DOOR

    front.sends(1, 10)
    whole = segments(front)[0].read_bytes()
    front.sends(11, 20)
    both = segments(front)[0].read_bytes()
    for length in (len(whole) + 1, len(whole) + 40, len(both) - 1):
        segments(front)[0].write_bytes(both[:length])
        status, told = front.sends(21, 30)
        assert (status, told["through"]) == (409, 10)
        assert segments(front)[0].read_bytes() == whole
    segments(front)[0].write_bytes(both[:-1] + b"?")
    DOOR.store._tails.clear()  # as another process would read it
    assert front.sends(11, 20) == (200, {"through": 20})
    assert segments(front)[0].stat().st_size == len(both)


def test_two_processes_share_a_spool(front: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two doors as two processes have them, in turn, over segments that are soon full."""
    from quire.society.usage.acceptance import spools
    from quire.society.usage.acceptance.door import Door

    monkeypatch.setattr(spools, "ROLL", 600)
    doors = [Door(), Door()]
    for number in range(1, 31):
        body = front.body(number, number)
        assert doors[number % 2].take(front.header(number, number, body), body) == number
        assert doors[number % 3 % 2].take(front.header(number, number, body), body) == number
    assert kept(front) == [(n, n) for n in range(1, 31)]
    assert len(segments(front)) > 3


def test_nothing_more_is_taken_while_too_much_waits(front: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.usage.acceptance import door

    front.sends(1, 10)
    monkeypatch.setattr(door, "MOST_WAITING_OF_ONE", 100)
    door.DOOR.known.forget()
    status, told = front.sends(11, 20)
    assert (status, told["code"]) == (429, "usage.busy")
    monkeypatch.undo()


def test_the_page_of_the_api_is_the_same_door(front: Edge) -> None:
    from django.test import Client

    body = front.body(1, 10)
    asked = {"HTTP_CONTENT_ENCODING": "gzip", "HTTP_HOST": "localhost"}
    for authorization, status in (("", 401), (front.header(1, 10, body), 200)):
        answer = Client().post(
            "/usage/batches", body, "application/x-ndjson", HTTP_AUTHORIZATION=authorization, **asked
        )
        assert answer.status_code == status
    assert answer.json() == {"through": 10}
    assert Client().get("/usage/batches", **asked).status_code == 405
