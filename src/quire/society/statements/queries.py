"""What others may read: a payee's statement of a run, or those of all its payees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from quire.core.money import quanta_of
from quire.society.distribution import queries as distribution
from quire.society.distribution.queries import Given
from quire.society.kit import clock, ids
from quire.society.parties import queries as parties
from quire.society.parties.queries import PartyName
from quire.society.payouts import queries as payouts
from quire.society.payouts.queries import Account
from quire.society.statements import adjusted, pdf, render
from quire.society.statements.errors import NoLines
from quire.society.statements.glance import Glance, Way, glance
from quire.society.statements.lines import line_of
from quire.society.statements.published import Published, Record
from quire.society.statements.shape import Adjustment, Payee, Pot, Statement, Sum

__all__ = ["FORMS", "Glance", "Statement", "Way", "file_of", "glance", "payees", "statement", "statements"]

AT_ONCE = 200
"""Payees whose works are looked up together."""


def statement(run: Any, party: parties.Ref) -> Statement:
    """The statement of one payee of a closed run (the run itself, its id, or ``latest``).

    One without a line has a statement where something of the run was awarded to it since. Raises NotPublished
    where the run is not closed, NoLines where the party has neither.
    """
    found, payee = _run(run), parties.party(party)
    published = Published(found, only=payee.tid)
    awards = distribution.awards_of(payee.id)
    if payee.tid not in published.lines and not _is_of(published.row.tid, awards):
        raise NoLines(
            f"{payee.code} has no line in the run {published.row.tid}: none of its works was used under a "
            "licence and mandate, and no portion was shared among members like it.",
            run=published.row.tid,
            party=payee.tid,
        )
    published.learn([payee.tid])
    name = parties.names([payee.id])[payee.id]
    return _statement(published, name, payouts.account_of(payee), awards)


def statements(run: Any, count: Callable[[int], None] | None = None) -> Iterator[Statement]:
    """Every payee's statement, in the order of their codes; ``count`` is told first how many there are. The
    bundle is read once, works in bulk."""
    published = Published(_run(run))
    accounts, awards = payouts.accounts(), distribution.awards_by_party()
    names = _payees(published, awards)
    if count:
        count(len(names))
    for at in range(0, len(names), AT_ONCE):
        some = names[at : at + AT_ONCE]
        published.learn(name.tid for name in some)
        for name in some:
            yield _statement(published, name, accounts.get(name.id, ()), awards.get(name.id, ()))


FORMS = ("pdf", "csv", "json", "html")
"""The forms in which a statement is a file."""


def file_of(run: Any, party: parties.Ref, form: str) -> bytes:
    """One payee's statement of a closed run in one of FORMS. Raises NotPublished, NoLines."""
    told = statement(run, party)
    if form == "pdf":
        return pdf.pdf(told)
    return render.files(told)[f"{told.payee.code}.{form}"]


def payees(run: Any) -> list[PartyName]:
    """Everybody with a line in a closed run, or to whom something of it was awarded since, by code."""
    return _payees(Published(_run(run)), distribution.awards_by_party())


def _payees(published: Published, awards: Mapping[UUID, Sequence[Given]]) -> list[PartyName]:
    found = {ids.read("pty", tid) for tid in published.lines}
    found |= {party for party, given in awards.items() if _is_of(published.row.tid, given)}
    return list(parties.names(found).values())


def _is_of(run: str, awards: Iterable[Given]) -> bool:
    return any(one.run == run for one in awards)


def _run(run: Any) -> Any:
    return distribution.find(run) if isinstance(run, str) else run


def _statement(
    published: Published, name: PartyName, accounts: Sequence[Account], awards: Sequence[Given]
) -> Statement:
    every = published.lines.get(name.tid, [])
    records = [record for record in every if not adjusted.is_one(record)]
    pots = {pot.tid: pot for pot in _pots(published, records)}
    corrected = tuple(adjusted.of(every, published.subject))
    return Statement(
        society=str(published.about["society"]),
        run=published.row.tid,
        period=published.row.period,
        plan=published.plan.name,
        plan_sentences=tuple(published.plan.sentences()),
        plan_digest=published.row.plan_digest,
        decision=published.row.decision,
        payee=Payee(name.id, published.name_of(name.tid), name.code, name.name),
        sums=tuple(_sums(pots.values(), corrected)),
        pots=tuple(pots.values()),
        lines=tuple(line_of(published, pots[record["pot"]], record) for record in records),
        adjustments=corrected,
        accounts=tuple(accounts),
        accounts_on=clock.today(),
        awards=tuple(awards),
        proof=published.proof(every),
    )


def _pots(published: Published, records: Iterable[Record]) -> Iterator[Pot]:
    sums: dict[str, dict[str, int]] = {}
    for record in records:
        mine = sums.setdefault(record["pot"], {"payable": 0, "held": 0})
        mine[record["outcome"]] += quanta_of(record["amount"])
    for pot, mine in sums.items():
        yield published.pot(pot, mine["payable"], mine["held"])


def _sums(pots: Iterable[Pot], corrected: Iterable[Adjustment]) -> Iterator[Sum]:
    sums: dict[str, tuple[int, int]] = {}
    for one in corrected:
        credited, held = sums.get(one.currency, (0, 0))
        paid = one.amount if one.outcome == "payable" else 0
        sums[one.currency] = (credited + paid, held + one.amount - paid)
    for pot in pots:
        credited, held = sums.get(pot.currency, (0, 0))
        sums[pot.currency] = (credited + pot.credited, held + pot.held)
    yield from (Sum(currency, *both) for currency, both in sorted(sums.items()))
