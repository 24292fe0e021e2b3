"""What the page says and in which order; ``templates/statements/page.html`` says how it looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.template.loader import render_to_string

from quire.core.plan import percent
from quire.society.kit.periods import Period
from quire.society.payouts.queries import Account
from quire.society.statements import adjusted, awarded, words, worked
from quire.society.statements.shape import Adjustment, Line, Pot, Statement, Subject

WORKS = 200
"""Works whose lines the page shows; all are in the CSV and JSON."""
BARS = 7
"""Works that have a bar of their own."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as it is paid, and exactly."""

    short: str
    exact: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One source of money: ``width`` is per cent of the largest, ``part`` of all."""

    label: str
    note: str
    amount: Amount
    part: str
    width: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step from what came in to what the payee gets. ``kind`` is in, less, rest, portion, mine or sum."""

    kind: str
    label: str
    how: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class Way:
    """A pot, step by step."""

    title: str
    when: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a work: for whom, what for, how it was worked out."""

    licensee: str
    use: str
    when: str
    requests: str
    how: str
    portion: str
    amount: Amount
    held: str
    agreed: str
    interval: str


@dataclass(frozen=True, slots=True)
class Group:
    """A work or site, or the payee's own part as a member, and its lines."""

    title: str
    key: str
    amount: Amount
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Adjusted:
    """One adjustment of an earlier run."""

    title: str
    key: str
    when: str
    old: str
    new: str
    portion: str
    reason: str
    amount: Amount
    held: str


@dataclass(frozen=True, slots=True)
class Section:
    """Everything of the run in one currency."""

    currency: str
    credited: Amount
    held: Amount | None
    lead: str
    payment: str
    holds: tuple[str, ...]
    licences: tuple[Bar, ...]
    works: tuple[Bar, ...]
    ways: tuple[Way, ...]
    groups: tuple[Group, ...]
    rest: str
    adjustments: tuple[Adjusted, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """The payee's account in one currency."""

    currency: str
    rows: tuple[tuple[str, Amount], ...]
    reason: str


def page(statement: Statement) -> bytes:
    """The statement as one self-contained HTML file."""
    return render_to_string("statements/page.html", {"statement": statement} | told(statement)).encode()


def told(statement: Statement, works: int = WORKS) -> dict[str, Any]:
    """What every form for people says, in words; the lines are those of the ``works`` that earned most."""
    return {
        "period": words.period(statement.period),
        "sections": [_section(statement, one.currency, works) for one in statement.sums],
        "balances": [_balance(account) for account in statement.accounts],
        "awards": awarded.sentences(statement.awards),
        "on": words.day(statement.accounts_on),
        "lines": words.count(len(statement.lines) + len(statement.adjustments), "line"),
        "all_lines": words.count(statement.proof.size, "line"),
    }


def amount(quanta: int, currency: str) -> Amount:
    """Both ways of saying it."""
    return Amount(words.money(quanta, currency), words.exact(quanta))


def _section(statement: Statement, currency: str, works: int) -> Section:
    lines = [line for line in statement.lines if line.pot.currency == currency]
    pots = [pot for pot in statement.pots if pot.currency == currency]
    corrected = [one for one in statement.adjustments if one.currency == currency]
    [sums] = (one for one in statement.sums if one.currency == currency)
    whole = sums.credited + sums.held
    groups = sorted(_groups(lines), key=lambda found: -found[0])
    shown, rest = groups[:works], groups[works:]
    return Section(
        currency,
        amount(sums.credited, currency),
        amount(sums.held, currency) if sums.held else None,
        _lead(statement, lines, pots, corrected),
        _payment(statement, currency),
        tuple(sorted({line.held_because for line in lines if line.held_because})),
        tuple(_licence_bars(pots, whole)),
        tuple(_work_bars(groups, whole, currency)),
        tuple(_way(pot, [line for line in lines if line.pot.tid == pot.tid]) for pot in pots),
        tuple(group for _, group in shown),
        _rest_note(rest, currency, works),
        tuple(map(_adjusted, corrected)),
    )


def _adjusted(one: Adjustment) -> Adjusted:
    when, held = words.days(one.starts, one.ends), "held" if one.outcome == "held" else ""
    told = amount(one.amount, one.currency)
    return Adjusted(*_named(one.subject), when, *adjusted.shares(one), one.portion, one.reason, told, held)


# What it says first


def _lead(statement: Statement, lines: list[Line], pots: list[Pot], mine: list[Adjustment]) -> str:
    used = [line for line in lines if line.subject]
    kept = dict.fromkeys(f"{percent(one.rate)} {one.label}" for pot in pots for one in pot.deductions)
    less = f", less {words.listed(list(kept))}," if kept else ""
    shared = (
        f"What {'they' if used else 'the licensees'} paid{less} was shared by the plan “{statement.plan}” "
        f"({statement.decision})."
    )
    return " ".join(
        part for part in (worked.used(lines), shared, _equal_part(lines), worked.corrected(mine)) if part
    )


def _equal_part(lines: list[Line]) -> str:
    own = sum(line.amount for line in lines if not line.subject)
    if not own or all(not line.subject for line in lines):
        return ""
    return f"{words.money(own, lines[0].pot.currency)} of it is your part in what is shared among members."


def _payment(statement: Statement, currency: str) -> str:
    """Where the money is, as far as the account tells."""
    account = next((one for one in statement.accounts if one.currency == currency), None)
    if account is None or not account.credited:
        return ""
    if account.in_transit:
        return f"{words.money(account.in_transit, currency)} is on its way to your bank account."
    if account.reason:
        return f"Not paid yet: {account.reason} It is carried to the next payment."
    if account.carried == account.residue.quanta:
        return f"So far {words.money(account.paid, currency)} has been paid to you."
    return f"{words.money(account.carried, currency)} waits for the next payment."


# Where it came from


def _licence_bars(pots: list[Pot], whole: int) -> Iterator[Bar]:
    sums = sorted(
        ((pot.credited + pot.held, *worked.source(pot), pot.currency) for pot in pots),
        reverse=True,
    )
    most = max((one[0] for one in sums), default=0)
    for quanta, label, note, currency in sums:
        yield _bar(label, note, quanta, currency, most, whole)


def _work_bars(groups: list[tuple[int, Group]], whole: int, currency: str) -> Iterator[Bar]:
    own, rest = groups[:BARS], groups[BARS:]
    sums = [(quanta, group.title, group.key) for quanta, group in own]
    if rest:
        sums.append((sum(quanta for quanta, _ in rest), words.count(len(rest), "other", "others"), ""))
    most = max((one[0] for one in sums), default=0)
    for quanta, label, note in sums:
        yield _bar(label, note, quanta, currency, most, whole)


def _bar(label: str, note: str, quanta: int, currency: str, most: int, whole: int) -> Bar:
    thousandths = quanta * 1000 // most if most else 0
    part = (
        f"{quanta * 100 // whole} %" if whole and quanta * 100 >= whole else "under 1 %" if quanta else "0 %"
    )
    width = f"{max(thousandths, 3 if quanta else 0) // 10}.{max(thousandths, 3 if quanta else 0) % 10}%"
    return Bar(label, note, amount(quanta, currency), part, width)


# From what came in to what the payee gets


def _way(pot: Pot, lines: list[Line]) -> Way:
    return Way(
        ", ".join(filter(None, worked.source(pot))),
        words.period(Period(pot.starts, pot.ends)),
        tuple(_steps(pot, lines)),
    )


def _steps(pot: Pot, lines: list[Line]) -> Iterator[Step]:
    def step(kind: str, label: str, how: str, quanta: int) -> Step:
        return Step(kind, label, how, amount(quanta, pot.currency))

    yield step("in", "Came in", pot.converted, pot.received)
    for kept in pot.deductions:
        yield step("less", f"less {kept.label}", worked.deducted(kept), -kept.amount)
    if pot.deductions:
        yield step("rest", "Left to share", "", pot.rest)
    for portion in pot.portions:
        mine = [line for line in lines if line.portion is portion]
        yield step("portion", f"“{portion.label}”", worked.portion(portion), portion.amount)
        if mine:
            yield step(
                "mine", "of which yours", worked.mine(mine, portion), sum(line.amount for line in mine)
            )
    yield step("sum", "Yours", "" if not pot.held else "some of it is held", pot.credited + pot.held)


# Line by line


def _groups(lines: list[Line]) -> Iterator[tuple[int, Group]]:
    """Quanta and lines of each work or site; what is of none is the payee's own part as a member."""

    def tid(line: Line) -> str:
        return line.subject.tid if line.subject else ""

    for _, some in groupby(sorted(lines, key=tid), key=tid):
        mine = list(some)
        quanta = sum(line.amount for line in mine)
        told = amount(quanta, mine[0].pot.currency)
        yield quanta, Group(*_named(mine[0].subject), told, tuple(map(_row, mine)))


def _named(subject: Subject | None) -> tuple[str, str]:
    if subject is None:
        return "Your part as a member", ""
    if subject.kind == "site":
        return f"Other pages of {subject.title}", ""
    return subject.title, subject.key


def _row(line: Line) -> Row:
    pot = line.pot
    whole = line.starts is None or (line.starts, line.ends) == (pot.starts, pot.ends)
    when = "" if whole or line.starts is None or line.ends is None else words.days(line.starts, line.ends)
    when += ", listed late" if "late" in line.record else ""
    return Row(
        worked.source(pot)[0],
        words.USES.get(line.use, line.use),
        when,
        words.number(line.requests) if line.use else "",
        worked.line(line),
        line.portion.label,
        amount(line.amount, pot.currency),
        line.held_because or ("held" if line.outcome == "held" else ""),
        line.agreed,
        worked.interval(line),
    )


def _rest_note(rest: Iterable[tuple[int, Group]], currency: str, shown: int) -> str:
    sums = [quanta for quanta, _ in rest]
    if not sums:
        return ""
    return (
        f"These are the {shown:,} that earned most. {words.count(len(sums), 'other')} earned "
        f"{words.money(sum(sums), currency)} together; every line is in the CSV and JSON beside this page."
    )


# The account


def _balance(one: Account) -> Balance:
    told = [
        ("Credited to you in all runs so far", one.credited),
        ("Paid to your bank account", one.paid),
        ("On its way to your bank account", one.in_transit),
        ("Carried to the next payment", one.carried),
    ]
    if one.returned:
        told.append(("Sent to you and given back by your bank", one.returned))
    if one.repaid:
        told.append(("Paid back by you, and taken off what is credited and paid", one.repaid))
    if one.written_off:
        told.append(("Written off", one.written_off))
    rows = tuple((label, amount(quanta, one.currency)) for label, quanta in told)
    return Balance(one.currency, rows, one.reason)
