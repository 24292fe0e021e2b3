"""Pay per crawl at the society: balances, allowances for edges, and the booking of what they charged."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quire.cli import main
from quire.core.errors import QuireError
from quire.core.money import quanta_of
from tests.rooms import usage_edges
from tests.rooms.usage_society import JAN, Society

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def society(people: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Society:
    """A newspaper behind an edge, and a lab that pays by the request; it is 10 March 2026."""
    monkeypatch.setenv("QUIRE_TODAY", "2026-03-10")
    made = Society(tmp_path, people["preparer"])
    made.site()
    made.yes()
    made.licence(code="lab-crawl", operator="OpenAI", kind="crawl", prices={}, uses=["ai-train"])
    return made


def put(society: Society, amount: str = "10", reference: str = "D-1", **more: Any) -> Any:
    from quire.society.invoicing import actions

    given = {"licensee": "lab-o", "currency": "EUR", "received_on": JAN, "reference": reference}
    return actions.deposit(amount=amount, by=society.user, **{**given, **more})


def lab() -> str:
    from quire.society.parties import queries

    return queries.party("lab-o").tid


def allow(edge: Any, spool: str = usage_edges.SPOOL) -> list[Any]:
    from quire.society.invoicing import actions

    return actions.allow(edge=edge.new.tid, spool=spool, wanted=[lab(), "pty_nobody", "x' OR 1=1"])


def licence() -> str:
    from quire.society.licensing import queries

    return queries.licence("lab-crawl").tid


def crawl(edge: Any, held: Any, amount: str = "0.002", times: int = 1, **more: Any) -> int:
    """Events that charged ``amount`` each to the allowance ``held``; the last one's number."""
    told = usage_edges.admitted(
        outcome="charged", licence=licence(), licensee=lab(), charged=f"{amount}{'0' * (14 - len(amount))}",
        currency="EUR", allowance=held.tid, evidence="token",
    )  # fmt: skip
    number: int = edge.tells(times, **{**told, **more})
    return number


def arrive(edge: Any) -> None:
    from quire.society.usage import actions

    first = getattr(edge, "sent", 0) + 1
    assert edge.sends(first)[0] == 200
    edge.sent = len(edge.events)
    actions.compact()


def settle(society: Society) -> Any:
    from quire.society.invoicing import actions

    return actions.settle_crawls(by=society.user)


def balance() -> Any:
    from quire.society.invoicing import queries

    return queries.balances("lab-o")[0]


def sound() -> None:
    from quire.society import audit

    assert list(audit.findings()) == []


def test_a_deposit_is_booked_once_and_a_quarter_of_it_set_aside_for_an_edge(society: Society) -> None:
    edge = usage_edges.edge(society)
    booked, repeated = put(society), put(society)
    assert (booked.deposit, booked.again, repeated.again) == (repeated.deposit, False, True)
    (first,) = allow(edge)
    (second,) = allow(edge, "ab" * 16)
    assert (first.amount, second.amount) == (quanta_of("2.5"), quanta_of("1.875"))
    now = balance()
    assert (now.balance, now.aside, now.available) == tuple(map(quanta_of, ("10", "4.375", "5.625")))
    sound()


def test_a_deposit_that_was_recorded_before_is_told(
    society: Society, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["credit", "deposit", "lab-o", "--amount", "10", "--currency", "EUR", "--received", "2026-01-05",
             "--reference", "D-7", "--by", society.user.username]  # fmt: skip
    told = []
    for day in ("2026-01-05", "2026-03-09"):
        words[8] = day
        assert main(words) == 0
        told.append(capsys.readouterr())
    assert told[0].out == told[1].out
    assert told[0].err == ""
    assert "D-7 was recorded before, as received on 2026-01-05: nothing was booked again." in told[1].err


def test_what_an_edge_charged_goes_from_the_balance_to_the_pot_of_the_month(society: Society) -> None:
    from quire.society.invoicing import queries
    from quire.society.ledger import accounts
    from quire.society.ledger import queries as ledger

    edge = usage_edges.edge(society)
    put(society)
    (one,) = allow(edge)
    crawl(edge, one, times=30)
    arrive(edge)
    done = settle(society)
    assert (done.receipts, done.amount, done.problems) == (1, {"EUR": quanta_of("0.06")}, ())
    assert settle(society).receipts == 0, "booked once"
    (receipt,) = queries.receipts(date(2026, 3, 1), date(2026, 4, 1))
    assert (receipt.licence_code, receipt.amount) == ("lab-crawl", quanta_of("0.06"))
    pot = accounts.pot(licence(), date(2026, 3, 1), date(2026, 4, 1))
    assert ledger.balance(pot, "EUR") == -quanta_of("0.06")
    assert balance().available == quanta_of("7.5"), "what arrives changes nothing in what is available"
    crawl(edge, one, times=5)
    arrive(edge)
    assert settle(society).amount == {"EUR": quanta_of("0.01")}
    sound()


def test_a_spool_that_has_spent_its_allowances_gets_another_once_they_are_booked(society: Society) -> None:
    edge = usage_edges.edge(society)
    put(society)
    held = [allow(edge)[0] for _ in range(3)]
    assert allow(edge) == []
    crawl(edge, held[0], times=624)
    arrive(edge)
    settle(society)
    assert allow(edge) == [], "not half of it yet"
    crawl(edge, held[0])
    arrive(edge)
    assert allow(edge) == [], "not booked yet"
    settle(society)
    assert [one.amount for one in allow(edge)] == [quanta_of("1.0546875")]
    assert allow(edge) == []
    sound()


def test_an_allowance_that_never_arrived_is_given_again(society: Society) -> None:
    from quire.society.invoicing import actions

    edge = usage_edges.edge(society)
    put(society)
    asked: dict[str, Any] = {"edge": edge.new.tid, "spool": usage_edges.SPOOL, "wanted": [lab()]}
    first = actions.allow(**asked, held=[])
    assert actions.allow(**asked, held=[]) == first, "the answer was lost"
    second = actions.allow(**asked, held=[first[0].tid])
    assert second != first
    assert actions.allow(**asked, held=[second[0].tid, "no id"]) == first
    assert actions.allow(**{**asked, "spool": "ab" * 16}, held=[])[0] not in [*first, *second]
    assert balance().aside == quanta_of("2.5") + quanta_of("1.875") + quanta_of("1.40625")
    sound()


def test_a_charge_that_was_taken_back_is_not_booked_or_goes_off_the_next(society: Society) -> None:
    edge = usage_edges.edge(society)
    put(society)
    (one,) = allow(edge)
    number = crawl(edge, one, times=3)
    edge.tells(kind="void", of=number, status=500)
    arrive(edge)
    assert settle(society).amount == {"EUR": quanta_of("0.004")}
    edge.tells(kind="void", of=number - 1, status=500)
    arrive(edge)
    told = settle(society)
    assert told.receipts == 0
    assert "taken back" in told.problems[0]
    crawl(edge, one, times=4)
    arrive(edge)
    assert settle(society).amount == {"EUR": quanta_of("0.006")}
    sound()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"allowance": "alw_01h455vb4pex5vsknk084sn02q"}, "no allowance that was given"),
        ({"currency": "USD"}, "another currency"),
    ],
)
def test_a_charge_that_cannot_be_is_told_and_charges_nobody(
    society: Society, change: dict[str, Any], said: str
) -> None:
    edge = usage_edges.edge(society)
    put(society)
    (one,) = allow(edge)
    crawl(edge, one, **change)
    arrive(edge)
    done = settle(society)
    assert done.receipts == 0
    assert said in "".join(done.problems)
    assert balance().balance == quanta_of("10")
    sound()


def test_an_edge_that_charged_more_than_it_might_is_told_and_booked_to_the_brim(society: Society) -> None:
    edge = usage_edges.edge(society)
    put(society, "1")
    (one,) = allow(edge)
    crawl(edge, one, "0.1", times=4)
    arrive(edge)
    done = settle(society)
    assert done.amount == {"EUR": quanta_of("0.25")}
    assert "0.15" in done.problems[0]
    sound()


def test_what_was_not_spent_returns_when_everything_was_told(
    society: Society, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.invoicing import actions

    edge = usage_edges.edge(society)
    put(society)
    (one,) = allow(edge)
    crawl(edge, one, times=5)
    arrive(edge)
    monkeypatch.setenv("QUIRE_TODAY", "2026-03-12")
    assert actions.close_allowances(by=society.user) == 0, "its spool may tell more"
    with pytest.raises(QuireError, match="Say why"):
        actions.release(allowance=one.tid, reason=" ", by=society.user)
    edge.tells(kind="people", host="paper.example", people=3, when=NOW + timedelta(days=3))
    monkeypatch.setenv("QUIRE_TODAY", "2026-03-14")
    arrive(edge)
    assert actions.close_allowances(by=society.user) == 1
    assert balance().available == quanta_of("9.99")
    sound()


def test_a_lost_edge_is_given_up_by_an_operator_alone(
    society: Society, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.invoicing import actions

    edge = usage_edges.edge(society)
    put(society)
    (one,) = allow(edge)
    with pytest.raises(QuireError, match="may be spent until"):
        actions.release(allowance=one.tid, reason="lost", by=society.user)
    monkeypatch.setenv("QUIRE_TODAY", "2026-03-12")
    actions.release(allowance=one.tid, reason="The machine burnt.", by=society.user)
    with pytest.raises(QuireError, match="burnt"):
        actions.release(allowance=one.tid, reason="again", by=society.user)
    assert balance().available == quanta_of("10")
    sound()


def test_credit_needs_a_reason_and_bounds_what_is_set_aside(society: Society) -> None:
    from quire.society.invoicing import actions

    edge = usage_edges.edge(society)
    assert allow(edge) == []
    with pytest.raises(QuireError, match="Say why"):
        actions.set_limit(licensee="lab-o", amount="4", currency="EUR", reason="", by=society.user)
    actions.set_limit(
        licensee="lab-o", amount="4", currency="EUR", reason="Pays by invoice each month.", by=society.user
    )
    assert [row.amount for row in allow(edge)] == [quanta_of("1")]
    sound()


def test_an_edge_that_keeps_naming_new_spools_ties_no_balance_up(society: Society) -> None:
    from quire.society.invoicing.actions.credit import MOST_OF_EDGE

    edge, other = usage_edges.edge(society), usage_edges.edge(society, name="other")
    put(society, "1000000")
    given = [len(allow(edge, f"{number:02x}" * 16)) for number in range(MOST_OF_EDGE + 5)]
    assert sum(given) == MOST_OF_EDGE
    assert len(allow(other)) == 1
    sound()


def test_no_allowance_without_a_licence_to_pay_by_the_request(society: Society) -> None:
    edge = usage_edges.edge(society)
    society.licence(lab="lab-a", operator="Anthropic")
    put(society, licensee="lab-a")
    from quire.society.invoicing import actions
    from quire.society.parties import queries

    assert actions.allow(edge=edge.new.tid, spool="aa" * 16, wanted=[queries.party("lab-a").tid]) == []


@pytest.mark.more
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 400)), max_size=14), st.integers(1, 900))
def test_however_many_edges_together_they_never_overspend(
    society: Society, steps: list[tuple[int, int]], cents: int
) -> None:
    """Six spools ask in any order, again and again; what is set aside is never more than there is."""
    from django.db import transaction

    with transaction.atomic():
        put(society, f"{cents / 100:.2f}", "D-x")
        edge = usage_edges.edge(society, name="any")
        for spool, _ in steps:
            allow(edge, f"{spool:02x}" * 16)
            now = balance()
            assert now.available >= 0
            assert now.aside <= now.balance
        transaction.set_rollback(True)
