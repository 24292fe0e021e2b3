"""Price headers to the letter, and a purse from which nobody spends what is not there."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.money import Money
from quire.edge.door import Edge
from quire.edge.paying import REMEMBERED, Charge, Purse, Reservation, objection, price_of
from quire.edge.spool import Spool
from tests.edge.gates import NOW, PRICE, allowance, ask, gate, token
from tests.edge.test_spool import fork

CENT = Money.parse("0.01", "EUR")
AT = ("news.example", "/a")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("USD 0.01", "0.01"),
        ("EUR 12", "12"),
        ("JPY 3.000000000001", "3.000000000001"),
    ],
)
def test_a_price_is_read(text: str, amount: str) -> None:
    assert price_of(text) == Money.parse(amount, text[:3])


@pytest.mark.parametrize(
    "text",
    [
        "", "0.01", "USD", "USD0.01", "usd 0.01", "USD  0.01", " USD 0.01", "USD 0.01 ", "USD 0,01",
        "USD .01", "USD 1.", "USD 01", "USD +1", "USD -1", "USD 1e3", "USD 0", "USD 0.00", "XTS 1", "ZZZ 1",
        "USD 0.01, USD 0.02", "USD 1.0000000000001", "USD " + "9" * 27, "USD ١", "USD 1\n", "USD 1_000",
        "USD NaN",
    ],
)  # fmt: skip
def test_what_is_no_price(text: str) -> None:
    assert price_of(text) is None


@pytest.mark.parametrize(
    ("exact", "highest", "code"),
    [
        (None, None, "no-price"),
        ("EUR 0.01", "EUR 0.01", "two-prices"),
        ("", "EUR 0.01", "two-prices"),
        ("EUR 0.01", None, None),
        ("EUR 0.010000000000", None, None),
        ("EUR 0.011", None, "price-not-exact"),
        ("EUR 0.009", None, "price-not-exact"),
        ("USD 0.01", None, "bad-price"),
        ("much", None, "bad-price"),
        (None, "EUR 0.01", None),
        (None, "EUR 7", None),
        (None, "EUR 0.009999999999", "price-too-low"),
        (None, "USD 7", "bad-price"),
        (None, "", "bad-price"),
    ],
)
def test_what_is_offered_against_the_price(exact: str | None, highest: str | None, code: str | None) -> None:
    assert objection(CENT, exact, highest) == code


def purse(amount: str = "0.03", **changes: Any) -> Purse:
    made = Purse()
    made.add([allowance(amount, **changes)], NOW)
    return made


def left(mine: Purse, now: float = NOW) -> str:
    return mine.left("pty_lab", "EUR", now).decimal().rstrip("0")


def test_set_aside_spent_and_given_back() -> None:
    mine = purse()
    one, two = (mine.reserve("pty_lab", CENT, AT, None, NOW) for _ in range(2))
    assert isinstance(one, Reservation)
    assert isinstance(two, Reservation)
    assert left(mine) == "0.01"
    assert mine.settle(one, NOW) == Charge(CENT, "alw_1", again=False)
    mine.release(two)
    assert left(mine) == "0.02"
    mine.refund(one)
    mine.refund(one)
    assert left(mine) == "0.03"


def test_nothing_is_spent_that_is_not_there() -> None:
    mine = purse()
    got = [mine.reserve("pty_lab", CENT, AT, None, NOW) for _ in range(5)]
    assert [each is not None for each in got] == [True, True, True, False, False]
    assert mine.reserve("pty_else", CENT, AT, None, NOW) is None
    assert purse().reserve("pty_lab", Money.parse("0.01", "USD"), AT, None, NOW) is None
    assert purse("0").reserve("pty_lab", CENT, AT, None, NOW) is None


def test_an_allowance_ends() -> None:
    mine = purse()
    early = mine.reserve("pty_lab", CENT, AT, None, NOW + 3599)
    assert isinstance(early, Reservation)
    assert mine.reserve("pty_lab", CENT, AT, None, NOW + 3600) is None
    assert left(mine, NOW + 3600) == "0."
    assert mine.settle(early, NOW + 3600) is None
    mine.add([], NOW + 3600)
    assert mine.held() == ()


def test_the_same_request_is_charged_once() -> None:
    mine = purse()
    first = mine.reserve("pty_lab", CENT, AT, "r1", NOW)
    assert isinstance(first, Reservation)
    mine.settle(first, NOW)
    assert mine.reserve("pty_lab", CENT, AT, "r1", NOW + 9) == Charge(CENT, "alw_1", again=True)
    assert mine.reserve("pty_lab", CENT, AT, "r1", NOW + REMEMBERED - 1) == Charge(CENT, "alw_1", again=True)
    for place, request in ((AT, "r2"), (("news.example", "/b"), "r1")):
        assert isinstance(mine.reserve("pty_lab", CENT, place, request, NOW), Reservation)
    mine.add([allowance("1", id="alw_2", expires=NOW + 10 * REMEMBERED)], NOW)
    assert isinstance(mine.reserve("pty_lab", CENT, AT, "r1", NOW + REMEMBERED), Reservation)


def test_the_same_request_twice_at_once() -> None:
    mine = purse("0.01")
    one = mine.reserve("pty_lab", CENT, AT, "r1", NOW)
    two = mine.reserve("pty_lab", CENT, AT, "r1", NOW)
    assert isinstance(one, Reservation)
    assert isinstance(two, Reservation)
    mine.release(one)
    assert mine.settle(two, NOW) == Charge(CENT, "alw_1", again=False)
    assert left(mine) == "0."
    three = mine.reserve("pty_lab", CENT, AT, "r1", NOW)
    assert three == Charge(CENT, "alw_1", again=True)


def test_of_the_same_request_twice_one_pays_where_the_other_broke_off() -> None:
    mine = purse("0.02")
    for number in range(5):
        one = mine.reserve("pty_lab", CENT, AT, f"r{number}", NOW)
        two = mine.reserve("pty_lab", CENT, AT, f"r{number}", NOW)
        if one is None:
            break
        assert isinstance(one, Reservation)
        assert isinstance(two, Reservation)
        mine.settle(one, NOW)
        mine.refund(one)
        assert isinstance(mine.reserve("pty_lab", CENT, AT, f"r{number}", NOW), Reservation)
        mine.release(one)
        assert mine.settle(two, NOW) == Charge(CENT, "alw_1", again=False)
    assert number == 2
    assert left(mine) == "0."


def test_an_answer_that_ends_in_several_ways_gives_back_once(tmp_path: Path) -> None:
    """A failed answer that then breaks off, while the same request is answered well a second time."""
    mine, now = Purse(), int(time())
    mine.add([allowance("0.002", expires=now + 60)], now)
    edge = Edge(gate(mine), Spool(tmp_path / "spool"))
    text = token(charge="crawl", iat=now, exp=now + 60)
    for number in range(3):
        sent = {"crawler_max_price": "EUR 1", "idempotency_key": str(number)}
        one, two = (edge.judge(ask("/paid/a", text, when=now, **sent)) for _ in range(2))
        if not one.decision.passes:
            break
        one.begin(500)
        one.broke()
        one.left()
        two.begin(200)
        assert two.charge == Charge(PRICE, "alw_1", again=False)
        two.record(200, 0)
    assert number == 1
    edge.close()


def test_the_allowance_that_ends_first_pays_first() -> None:
    mine = purse("0.01")
    mine.add([allowance("0.01", id="alw_2", expires=NOW + 60)], NOW)
    got = mine.reserve("pty_lab", CENT, AT, None, NOW)
    assert isinstance(got, Reservation)
    assert got.allowance == "alw_2"


def test_an_allowance_brought_twice_is_one() -> None:
    mine = purse("0.01")
    got = mine.reserve("pty_lab", CENT, AT, None, NOW)
    assert isinstance(got, Reservation)
    mine.settle(got, NOW)
    mine.add([allowance("0.01")], NOW)
    assert left(mine) == "0."
    assert mine.held() == ("alw_1",)


def event(n: int, request: str) -> dict[str, Any]:
    where = {"host": AT[0], "path": AT[1], "licensee": "pty_lab", "request": request}
    paid = {"charged": CENT.decimal(), "currency": "EUR", "allowance": "alw_1"}
    return {"n": n, "t": "2026-11-18T12:26:40.000000Z", "outcome": "charged", **where, **paid}


def test_a_purse_is_what_the_record_says() -> None:
    mine = Purse()
    mine.restore({"alw_1": CENT.quanta}, [event(1, "r1"), event(2, "r2"), {"n": 3, "kind": "void", "of": 1}])
    mine.add([allowance("0.03")], NOW)
    assert left(mine) == "0.02"
    assert mine.reserve("pty_lab", CENT, AT, "r2", NOW) == Charge(CENT, "alw_1", again=True)
    assert isinstance(mine.reserve("pty_lab", CENT, AT, "r1", NOW), Reservation)


def test_many_threads_spend_it_to_the_last_cent() -> None:
    mine = purse("5")

    def spend(number: int) -> bool:
        got = mine.reserve("pty_lab", CENT, AT, str(number), NOW)
        if not isinstance(got, Reservation):
            return False
        if number % 7 == 0:
            mine.release(got)
            return False
        return mine.settle(got, NOW) is not None

    with ThreadPoolExecutor(8) as pool:
        paid = sum(pool.map(spend, range(3000)))
    assert paid == 500
    assert left(mine) == "0."


STEPS = st.lists(
    st.tuples(st.sampled_from(["reserve", "settle", "release", "refund", "wait"]), st.integers(0, 5)),
    max_size=40,
)


@given(STEPS)
@settings(max_examples=200, deadline=None)
def test_the_purse_agrees_with_a_list_of_what_happened(steps: list[tuple[str, int]]) -> None:
    """The oracle keeps every reservation with its state, and adds up from the start each time."""
    mine, now = purse("0.05"), float(NOW)
    made: list[tuple[Reservation, str]] = []
    for step, which in steps:
        if step == "wait":
            now += 600
        elif step == "reserve":
            got = mine.reserve("pty_lab", CENT, AT, None, now)
            used = sum(state in ("open", "spent") for _, state in made)
            assert (got is not None) == (used < 5 and now < NOW + 3600)
            if isinstance(got, Reservation):
                made.append((got, "open"))
        elif which < len(made):
            one, state = made[which]
            if step == "settle" and state == "open":
                paid = mine.settle(one, now)
                assert (paid is not None) == (now < NOW + 3600)
                made[which] = (one, "spent" if paid else "back")
            elif step == "release" and state == "open":
                mine.release(one)
                made[which] = (one, "back")
            elif step == "refund":
                mine.refund(one)
                made[which] = (one, "back" if state == "spent" else state)
        free = 5 - sum(state in ("open", "spent") for _, state in made)
        assert mine.left("pty_lab", "EUR", NOW).quanta == free * CENT.quanta


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        ("/paid/a", {}, "no-price"),
        ("/paid/a", {"crawler_max_price": "EUR 0.001"}, "price-too-low"),
        ("/paid/a", {"crawler_exact_price": "EUR 0.003"}, "price-not-exact"),
        ("/paid/a", {"crawler_exact_price": "EUR 1", "crawler_max_price": "EUR 1"}, "two-prices"),
        ("/paid/a", {"crawler_max_price": "EUR 1, EUR 2"}, "bad-price"),
        ("/paid/a", {"crawler_max_price": "EUR 1"}, None),
        ("/a", {"crawler_max_price": "EUR 1"}, "forbidden"),
        ("/closed/a", {"crawler_max_price": "EUR 1"}, "forbidden"),
    ],
)
def test_paying_at_the_gate(path: str, headers: dict[str, str], code: str | None) -> None:
    here = gate(purse("0.002"))
    decision = here.decide(ask(path, token(charge="crawl"), **headers))
    assert decision.code == code
    assert isinstance(decision.paid, Reservation) == (code is None)
    if code is None:
        again = here.decide(ask(path, token(charge="crawl"), **headers))
        assert (again.code, again.status) == ("no-credit", 403)
        assert ("crawler-error", "PaymentFailed") in again.headers


def test_what_has_no_content_is_not_sold() -> None:
    here = gate(purse("0.002"))
    decision = here.decide(ask("/paid/a", token(charge="crawl"), method="HEAD"))
    assert (decision.outcome, decision.paid) == ("admitted", None)


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PROPFIND", "head", "QUERY", ""])
def test_no_other_method_is_a_way_to_a_page_without_its_price(method: str) -> None:
    here, text = gate(purse("0.002")), token(charge="crawl")
    assert here.decide(ask("/paid/a", text, method=method)).code == "no-price"
    sold = here.decide(ask("/paid/a", text, method=method, crawler_max_price="EUR 1"))
    assert isinstance(sold.paid, Reservation)


def test_an_id_is_for_one_page_and_a_query_makes_another() -> None:
    mine = purse("0.004")
    here = gate(mine)
    for query, outcome in (
        ("id=1", "admitted"),
        ("id=1", "admitted"),
        ("id=2", "admitted"),
        ("id=3", "refused"),
    ):
        request = ask("/paid/a", token(charge="crawl"), crawler_max_price="EUR 1", idempotency_key="same")
        request.query = query
        decision = here.decide(request)
        assert decision.outcome == outcome
        if isinstance(decision.paid, Reservation):
            mine.settle(decision.paid, NOW)
    assert left(mine) == "0."


def test_what_cannot_be_written_down_is_not_paid_for(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("no folder")
    mine = purse("0.002")
    edge = Edge(gate(mine), Spool(tmp_path / "spool"))
    for _ in range(3):
        visit = edge.judge(ask("/paid/a", token(charge="crawl"), crawler_max_price="EUR 1"))
        assert (visit.decision.status, visit.decision.code) == (503, "cannot-judge")
        visit.refuse()
    assert left(mine) == "0.002"


def test_a_forks_child_has_none_of_its_parents_money() -> None:
    mine = purse("0.02")
    assert mine.reserve("pty_lab", CENT, AT, "r1", NOW) is not None
    with mine._lock:  # as if another thread were paying just then
        child = fork()
        if not child:
            os._exit(0 if mine.reserve("pty_lab", CENT, AT, "r1", NOW) is None and not mine.held() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert left(mine) == "0.01"
