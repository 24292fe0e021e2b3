"""The courier against a small society on a real socket: what is sent, what is believed, what is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from quire.core.tokens import SigningKey
from quire.edge import config
from quire.edge.build import parts
from quire.edge.config import EdgeConfig
from quire.edge.courier import AskingPurse, Courier, Rhythm
from quire.edge.courier.delivery import Delivery
from quire.edge.courier.documents import Documents, PolicyRefused
from quire.edge.courier.talk import Backoff, SocietyRefuses, Talk
from quire.edge.policy import State
from quire.edge.request import Request
from quire.edge.spool import Bounds, Spool
from tests.edge.society import HOST, Refusing, TinySociety, configure, tiny_society

QUICK = Rhythm(
    delivery=0.02, policy=0.05, keys=0.05, lists=0.05, credit=0.05, orphans=0.05, status=0.05, hurried=0.02
)


@pytest.fixture
def society() -> Iterator[TinySociety]:
    with tiny_society() as made:
        yield made


@pytest.fixture
def told(tmp_path: Path, society: TinySociety) -> EdgeConfig:
    return config.read(configure(tmp_path / "edge", society))


@pytest.fixture
def spool(told: EdgeConfig) -> Iterator[Spool]:
    made = Spool(told.spool, Bounds(segment=3_000, interval=0.01))
    yield made
    made.close()


@pytest.fixture
def talk(told: EdgeConfig) -> Iterator[Talk]:
    made = Talk(told)
    yield made
    made.close()


def fill(spool: Spool, count: int) -> None:
    for n in range(count):
        spool.record(host=HOST, path=f"/n/{n}", outcome="admitted", jti="tok_1", licence="lic_1")
    spool.sync()


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def numbers(society: TinySociety) -> list[int]:
    return [one.number for one in society.all_events()]


# Events to the society


def test_batches_follow_each_other_and_what_is_confirmed_goes(
    told: EdgeConfig, spool: Spool, talk: Talk, society: TinySociety
) -> None:
    delivery = Delivery(told, spool, talk)
    delivery._most = 30
    fill(spool, 100)
    while delivery.step() is not None:
        pass
    assert numbers(society) == list(range(1, 101))
    assert society.batches[0] == (1, 30)
    assert spool.lane.delivered.through == 100


def test_an_answer_that_was_lost_is_asked_for_again(
    told: EdgeConfig, spool: Spool, talk: Talk, society: TinySociety
) -> None:
    """The society wrote it down, the edge was killed before it heard so: the same numbers, once."""
    fill(spool, 10)
    delivery = Delivery(told, spool, talk)
    batch = spool.batch()
    assert batch is not None
    assert delivery._send(batch).status == 200
    fill(spool, 5)
    while Delivery(told, spool, talk).step() is not None:
        pass
    assert numbers(society) == list(range(1, 16))


def test_a_gap_is_filled_from_where_the_society_says(
    told: EdgeConfig, spool: Spool, talk: Talk, society: TinySociety
) -> None:
    fill(spool, 20)
    delivery = Delivery(told, spool, talk)
    while delivery.step() is not None:
        pass
    held = society.events[(spool.lane.spool, 0)]
    del held[12:]  # the society went back to a copy of itself
    fill(spool, 3)
    assert delivery.step() == 0.0
    while delivery.step() is not None:
        pass
    assert numbers(society) == list(range(1, 24))
    assert delivery.account.gaps == 1
    assert "asks again" in (spool.lane.folder / "notes.jsonl").read_text()


def test_the_same_numbers_with_another_content_are_an_alarm(
    told: EdgeConfig, spool: Spool, talk: Talk, society: TinySociety
) -> None:
    fill(spool, 3)
    lane = (spool.lane.spool, 0)
    batch = spool.batch()
    assert batch is not None
    society.events[lane] = batch.body.replace(b"/n/1", b"/x/1").splitlines()
    delivery = Delivery(told, spool, talk)
    wait = delivery.step()
    assert wait is not None
    assert wait >= 3600
    assert "another content" in delivery.account.alarm
    assert spool.lane.delivered.through == 0


def test_a_society_that_has_more_than_there_is_here_is_an_alarm(
    told: EdgeConfig, spool: Spool, talk: Talk, society: TinySociety
) -> None:
    fill(spool, 9)
    batch = spool.batch()
    assert batch is not None
    society.events[(spool.lane.spool, 0)] = batch.body.splitlines()

    def ahead(path: str) -> None:
        raise Refusing(409, {"code": "usage.gap", "through": 400})

    society.trouble = ahead
    delivery = Delivery(told, spool, talk)
    delivery.step()
    assert "older copy" in delivery.account.alarm


def test_what_is_too_large_is_sent_in_halves(
    told: EdgeConfig, spool: Spool, talk: Talk, society: TinySociety
) -> None:
    def small(path: str) -> None:
        if delivery._most > 7:
            raise Refusing(413)

    society.trouble = small
    delivery = Delivery(told, spool, talk)
    fill(spool, 20)
    for _ in range(200):
        if delivery.step() is None:
            break
    assert numbers(society) == list(range(1, 21))


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(
    told: EdgeConfig, spool: Spool, talk: Talk, society: TinySociety, status: int
) -> None:
    def busy(path: str) -> None:
        raise Refusing(status, Retry_After="700")

    society.trouble = busy
    fill(spool, 1)
    delivery = Delivery(told, spool, talk)
    wait = delivery.step()
    assert wait is not None
    assert 700 <= wait <= 840
    society.trouble = lambda path: None
    assert delivery.step() == 0.0
    assert numbers(society) == [1]


def test_attempts_become_rarer_but_never_end() -> None:
    backoff = Backoff()
    waits = [backoff.wait() for _ in range(5_000)]  # more than a week of them
    assert waits[0] <= 1.0
    assert all(150 <= one <= 300 for one in waits[20:])
    assert len(set(waits[20:])) > 1_000
    backoff.reset()
    assert backoff.wait() <= 1.0


def test_an_edge_that_is_not_registered_is_an_alarm(
    told: EdgeConfig, spool: Spool, talk: Talk, society: TinySociety
) -> None:
    society.edge_key = SigningKey.generate()
    fill(spool, 1)
    delivery = Delivery(told, spool, talk)
    wait = delivery.step()
    assert wait is not None
    assert wait >= 3600
    assert "does not take" in delivery.account.alarm


# News from the society


def test_a_document_that_has_not_changed_is_not_sent_again(
    told: EdgeConfig, talk: Talk, society: TinySociety
) -> None:
    documents = Documents(told, talk)
    assert documents.refresh_policy()
    assert not documents.refresh_policy()
    assert society.conditional == 1
    state = documents.state()
    assert state is not None
    assert state.site.rule_for("/n/1").permits == ("ai-train", "ai-input")
    assert society.key.kid in state.issuers[f"{society.url}/olp"]


def test_a_policy_signed_by_another_key_is_not_believed(
    told: EdgeConfig, talk: Talk, society: TinySociety
) -> None:
    documents = Documents(told, talk)
    society.key = SigningKey.generate()
    with pytest.raises(Exception, match="not a trusted one"):
        documents.refresh_policy()
    assert documents.state() is None


def test_an_older_policy_or_one_of_another_site_is_refused(
    told: EdgeConfig, talk: Talk, society: TinySociety
) -> None:
    documents = Documents(told, talk)
    documents.refresh_policy()
    society.permits, society.issued = ["ai-index"], society.issued - timedelta(hours=1)
    with pytest.raises(PolicyRefused, match="older"):
        documents.refresh_policy()
    society.issued += timedelta(hours=2)
    society.site = "sit_2"
    with pytest.raises(PolicyRefused, match="sit_2"):
        documents.refresh_policy()
    society.site, society.hosts = "sit_1", ["other.example"]
    with pytest.raises(PolicyRefused, match=r"other\.example"):
        documents.refresh_policy()
    assert documents.site is not None
    assert documents.site.rule_for("/").permits == ("ai-train", "ai-input")


def test_a_society_changes_its_key_by_the_old_one(told: EdgeConfig, talk: Talk, society: TinySociety) -> None:
    """The new key is named in a policy that the old one signed; from then on it may sign, restarts too."""
    documents = Documents(told, talk)
    old, society.next_key = society.key, SigningKey.generate()
    society.issued += timedelta(hours=1)
    documents.refresh_policy()
    society.key, society.next_key = society.next_key, None
    society.issued += timedelta(hours=1)
    assert documents.refresh_policy()
    again = Documents(told, talk)
    assert again.site is not None
    assert again.site.issued == society.issued
    assert old.kid in again.trusted


def test_a_list_that_is_older_or_false_is_refused(told: EdgeConfig, talk: Talk, society: TinySociety) -> None:
    documents = Documents(told, talk)
    documents.refresh_policy()
    society.serial, society.revoked = 5, ["tok_1"]
    assert documents.refresh_lists()
    society.serial, society.revoked = 4, []
    with pytest.raises(SocietyRefuses, match="older"):
        documents.refresh_lists()
    state = documents.state()
    assert state is not None
    assert state.revocations[f"{society.url}/olp"].has("tok_1", "", "")


def test_an_edge_starts_while_the_society_is_down(tmp_path: Path) -> None:
    with tiny_society() as society:
        society.price = "0.002000000000"
        society.revoked = ["tok_gone"]
        file = configure(tmp_path / "edge", society)
        first = parts(config.read(file), QUICK)
        until(lambda: len(first.courier.documents.lists) == 1 and first.edge.gate.state.revocations)
        token, gone = society.token(), society.token(jti="tok_gone")
        crawl = society.token(charge="crawl", jti="tok_crawl")
        assert ask(first, crawl, price="EUR 1").decision.code == "credit-asked"
        until(lambda: first.edge.gate.purse.held())  # type: ignore[union-attr]
        visit = ask(first, crawl, price="EUR 1")
        visit.begin(200)
        visit.record(200, 1)
        first.edge.close()
        delivered = len(society.all_events())
    assert delivered == 1
    second = parts(config.read(file), QUICK)
    assert ask(second, token).decision.outcome == "admitted"
    assert ask(second, gone).decision.code == "revoked"
    purse = second.edge.gate.purse
    assert purse is not None
    left = purse.left("pty_1", "EUR", time.time())
    assert left.decimal() == "4.998000000000", "what was spent before the restart is still spent"
    assert ask(second, crawl, price="EUR 1").decision.passes
    second.edge.close()


def ask(made: object, token: str, price: str = "") -> object:
    headers = {"user-agent": "GPTBot/1.0", "authorization": f"License {token}"}
    headers |= {"crawler-max-price": price} if price else {}
    return made.edge.judge(Request("GET", HOST, "/n/1", headers, time.time()))  # type: ignore[attr-defined]


# The thread


def test_everything_goes_on_by_itself(told: EdgeConfig, spool: Spool, society: TinySociety) -> None:
    states: list[State] = []
    courier = Courier(told, spool, AskingPurse(), states.append, QUICK)
    courier.start()
    until(lambda: states)
    society.permits, society.issued = ["search"], society.issued + timedelta(hours=1)
    until(lambda: states[-1].site.rule_for("/").permits == ("search",))
    society.serial, society.revoked = 2, ["tok_1"]
    until(lambda: len(states[-1].revocations.get(f"{society.url}/olp", ())))
    fill(spool, 50)
    until(lambda: len(numbers(society)) == 50)
    fill(spool, 5)
    courier.stop()
    assert numbers(society) == list(range(1, 56))
    assert (spool.lane.folder / "status.json").exists()


def test_a_society_that_is_away_and_comes_back(told: EdgeConfig, spool: Spool, society: TinySociety) -> None:
    courier = Courier(told, spool, AskingPurse(), lambda state: None, QUICK)
    port = society.port
    society.close()
    courier.start()
    fill(spool, 20)
    until(lambda: courier.delivery.account.failures > 1)
    assert courier.status()["problems"]
    back = TinySociety(port)
    back.key, back.edge_key = society.key, society.edge_key
    until(lambda: len(numbers(back)) == 20)
    until(lambda: not courier.status()["problems"])
    courier.stop()
    back.close()


def test_a_lane_whose_process_is_gone_is_delivered_by_another(told: EdgeConfig, society: TinySociety) -> None:
    one, two = Spool(told.spool), Spool(told.spool)
    fill(one, 5)
    fill(two, 7)
    two.close()
    courier = Courier(told, one, AskingPurse(), lambda state: None, QUICK)
    courier.start()
    until(lambda: len(numbers(society)) == 12)
    courier.stop()
    one.close()
    assert {lane for _, lane in society.events} == {0, 1}


def test_the_clock_of_the_society_is_looked_at(told: EdgeConfig, talk: Talk, society: TinySociety) -> None:
    society.clock_ahead = timedelta(seconds=120)
    Documents(told, talk).refresh_policy()
    assert talk.skew is not None
    assert -122 < talk.skew < -117


def test_who_was_given_a_part_is_not_told_that_the_balance_is_used_up(tmp_path: Path) -> None:
    with tiny_society() as society:
        society.price, society.balance = "1.000000000000", "0.500000000000"
        made = parts(config.read(configure(tmp_path / "edge", society)), QUICK)
        until(lambda: made.edge.gate.state.heard > 0)  # type: ignore[union-attr]
        crawl = society.token(charge="crawl", jti="tok_crawl")
        assert ask(made, crawl, price="EUR 1").decision.code == "credit-asked"
        until(lambda: made.edge.gate.purse.held())  # type: ignore[union-attr]
        assert ask(made, crawl, price="EUR 1").decision.code == "credit-asked", "half of it is here"
        society.balance = "2.000000000000"
        until(lambda: ask(made, crawl, price="EUR 1").decision.passes)
        made.edge.close()


def test_a_licensee_without_money_is_told_so_once_the_society_has_said_it(tmp_path: Path) -> None:
    with tiny_society() as society:
        society.price, society.credit = "0.002000000000", False
        file = configure(tmp_path / "edge", society)
        made = parts(config.read(file), QUICK)
        until(lambda: made.edge.gate.state.heard > 0)  # type: ignore[union-attr]
        crawl = society.token(charge="crawl", jti="tok_crawl")
        visit = ask(made, crawl, price="EUR 1")
        assert (visit.decision.code, dict(visit.decision.headers)["retry-after"]) == ("credit-asked", "5")
        until(lambda: ask(made, crawl, price="EUR 1").decision.code == "no-credit")
        made.edge.close()
