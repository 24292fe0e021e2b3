"""Corrections and debts as facts of a run: their shapes, what is refused, and their records in a bundle."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from quire.core import terms
from quire.core.currencies import minor_digits
from quire.core.errors import Invalid
from quire.core.money import decimal_of, quanta_of
from quire.core.places import Places, Record
from quire.core.shares import UNKNOWN, Holder, Shares, common, parse_share, share_text

FUND = re.compile(r"fund:[a-z0-9][a-z0-9_.-]{0,79}")
_ROOT = re.compile(r"[0-9a-f]{64}")


class CorrectionWrong(Invalid):
    """A correction or a debt that contradicts itself or another. ``data`` names the correction."""

    code = "corrections.wrong"


class Old(NamedTuple):
    """One line of the closed run: whose, in which role, by which share of the subject, how many quanta."""

    party: str
    role: str
    share: Fraction
    amount: int
    line: int


@dataclass(frozen=True, slots=True)
class Correction:
    """One row of a closed run (``label``, ``subject``, days, ``use``) as it was divided and as it should be.

    ``run`` and its bundle's ``root`` name the closed run; ``amount`` is the whole row in ``currency``, the
    sum of ``old``. ``new`` owns the ``part`` of it that was earned in truth; the rest, for usage that did not
    take place, goes ``to`` a fund. ``held`` are the lines of ``old`` that are on hold still: number, what is
    left of each, and the hold. ``posted`` names the run that adjusted it first: here only its debts are of
    interest, or that another correction of the same row comes ``after`` it. Raises CorrectionWrong.
    """

    id: str
    run: str
    root: str
    currency: str
    label: str
    subject: str
    starts: date
    ends: date
    use: str
    amount: int
    old: tuple[Old, ...]
    new: Shares | None
    reason: str
    filed: date
    part: Fraction = Fraction(1)
    to: str = ""
    held: tuple[tuple[int, int, str], ...] = ()
    after: str = ""
    posted: str = ""

    def __post_init__(self) -> None:
        for wrong in _faults(self):
            raise CorrectionWrong(f"The correction {self.id}: {wrong}.", correction=self.id)

    @property
    def age(self) -> tuple[date, str]:
        """Of two corrections the one with the smaller age is settled first."""
        return self.filed, self.id


@dataclass(frozen=True, slots=True)
class Debt:
    """What a party still has too much by a correction, and whose it is: ``amount`` quanta of ``currency``.

    ``creditor`` is a party, or a fund (``fund:NAME``). ``settled`` is what was repaid, or written off, since
    the run that left the debt: that run says ``amount`` and ``settled`` together.
    """

    correction: str
    debtor: str
    creditor: str
    currency: str
    amount: int
    settled: int = 0


def _faults(one: Correction) -> Any:
    """Why this is no correction; the first reason is enough."""
    if not (one.id and one.run and one.subject and one.label and one.reason.strip()):
        yield "it needs an id, the run, what was divided, in which portion, and the reason"
    if not _ROOT.fullmatch(one.root):
        yield "the root of the old run's bundle is 64 hexadecimal digits"
    if one.ends <= one.starts:
        yield "its days end before they begin"
    if one.use and one.use not in terms.USES:
        yield f"its use must be one of {', '.join(terms.USES)}"
    if not one.old or any(line.amount < 0 for line in one.old):
        yield "it needs the lines that were written, none below zero"
    if common(1, (line.share for line in one.old)) is None:
        yield "its old shares have too long a denominator in common"
    if sum(line.amount for line in one.old) != one.amount:
        yield "its lines do not sum to its amount"
    if len({line.line for line in one.old}) < len(one.old):
        yield "it names a line twice"
    parties = {line.party for line in one.old} | {holder.party for holder in one.new or ()}
    if UNKNOWN in parties:
        yield "what nobody is known to own is matched, not corrected"
    yield from _new_at_fault(one)


def _new_at_fault(one: Correction) -> Any:
    if not 0 <= one.part <= 1 or (one.part > 0) != (one.new is not None):
        yield "the new owners have a part of it from 0 to 1, and there are none where it is 0"
    if (one.part < 1) != bool(FUND.fullmatch(one.to)):
        yield "what nobody earned goes to a fund, fund:NAME, and only that"
    left = {line.line: line.amount for line in one.old}
    lines = [line for line, _, _ in one.held]
    if lines != sorted(set(lines)) or any(not 0 < held <= left.get(line, 0) for line, held, _ in one.held):
        yield "what is on hold still are parts of its lines, by their numbers"
    if one.after == one.id:
        yield "it cannot come after itself"


def check(corrections: Sequence[Correction], debts: Sequence[Debt]) -> None:
    """Refuse debts without their correction, and a correction after one that is not there."""
    known = {one.id: one for one in corrections}
    if len(known) < len(corrections):
        raise CorrectionWrong("Two corrections have the same id.")
    for one in corrections:
        before = known.get(one.after) if one.after else None
        if one.after and (before is None or not before.posted or _row(before) != _row(one)):
            raise CorrectionWrong(
                f"The correction {one.id} comes after {one.after}, which is none of the same row that an "
                "earlier run has posted.",
                correction=one.id,
            )
        if before is not None and before.to and (one.part > before.part or one.to != before.to):
            raise CorrectionWrong(
                f"The correction {one.id} would take back what {before.id} gave to {before.to}; a fund gives "
                "by decision alone.",
                correction=one.id,
            )
    seen = set()
    for debt in debts:
        key = (debt.correction, debt.debtor, debt.creditor)
        of = known.get(debt.correction)
        if of is None or not of.posted or of.currency != debt.currency:
            raise CorrectionWrong(
                f"A debt of {debt.debtor} names {debt.correction}, which is no correction in "
                f"{debt.currency} that an earlier run has posted."
            )
        if key in seen or debt.amount <= 0 or debt.settled < 0 or debt.debtor == debt.creditor:
            raise CorrectionWrong(f"A debt of {debt.debtor} by {debt.correction} stands twice, or is none.")
        seen.add(key)


def _row(one: Correction) -> tuple[Any, ...]:
    return (one.run, one.root, one.currency, one.label, one.subject, one.starts, one.use, one.old)


# To the bundle and back


def write(one: Correction) -> Record:
    """A correction as ``corrections.jsonl`` has it; what is not said of it is left out."""
    told: dict[str, Any] = {
        "correction": one.id,
        "run": one.run,
        "root": one.root,
        "currency": one.currency,
        "share": one.label,
        "subject": one.subject,
        "from": one.starts.isoformat(),
        "until": one.ends.isoformat(),
        "use": one.use,
        "amount": decimal_of(one.amount),
        "old": [[o.party, o.role, share_text(o.share), decimal_of(o.amount), o.line] for o in one.old],
        "new": [[h.party, h.role, share_text(h.share)] for h in one.new or ()],
        "reason": one.reason,
        "filed": one.filed.isoformat(),
    }
    if one.part < 1:
        told |= {"part": share_text(one.part), "to": one.to}
    if one.held:
        told["held"] = [[line, decimal_of(amount), hold] for line, amount, hold in one.held]
    return told | {name: getattr(one, name) for name in ("after", "posted") if getattr(one, name)}


def read(one: Record, places: Places) -> Correction:
    """The correction of a record, whose parties are all of the run. ValueError, KeyError or CorrectionWrong
    for what is none."""
    minor_digits(_text(one, "currency"))
    new = tuple(Holder(party, role, parse_share(share)) for party, role, share in _list(one, "new"))
    old = tuple(
        Old(party, role, parse_share(share), _money(amount), _whole(line))
        for party, role, share, amount, line in _list(one, "old")
    )
    for name in (*(line.party for line in old), *(holder.party for holder in new)):
        places.party(name)
    return Correction(
        _text(one, "correction"), _text(one, "run"), _text(one, "root"), one["currency"],
        _text(one, "share"), _text(one, "subject"), _day(one, "from"), _day(one, "until"),
        _text(one, "use", empty=True), _money(one["amount"]), old, Shares(new) if new else None,
        _text(one, "reason"), _day(one, "filed"),
        parse_share(one["part"]) if "part" in one else Fraction(1),
        _text(one, "to") if "to" in one else "",
        tuple((_whole(n), _money(left), _name(hold)) for n, left, hold in _list(one, "held", absent=True)),
        _text(one, "after") if "after" in one else "",
        _text(one, "posted") if "posted" in one else "",
    )  # fmt: skip


def write_debt(one: Debt) -> Record:
    """A debt as ``debts.jsonl`` has it, and ``outstanding.jsonl``."""
    told = {
        "correction": one.correction,
        "debtor": one.debtor,
        "creditor": one.creditor,
        "currency": one.currency,
        "amount": decimal_of(one.amount),
    }
    return told | ({"settled": decimal_of(one.settled)} if one.settled else {})


def read_debt(one: Record, places: Places) -> Debt:
    """The debt of a record, between parties of the run."""
    places.party(_text(one, "debtor"))
    if not FUND.fullmatch(_text(one, "creditor")):
        places.party(one["creditor"])
    return Debt(
        _text(one, "correction"), one["debtor"], one["creditor"], _text(one, "currency"),
        _money(one["amount"]), _money(one["settled"]) if "settled" in one else 0,
    )  # fmt: skip


def _text(one: Record, key: str, *, empty: bool = False) -> str:
    value = one[key]
    if not isinstance(value, str) or (not value and not empty):
        raise ValueError(f"{key} must be a text")
    return value


def _list(one: Record, key: str, *, absent: bool = False) -> list[Any]:
    value = one.get(key, []) if absent else one[key]
    if not isinstance(value, list):
        raise ValueError(f"{key} must be a list")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("a line has a number, 0 or more")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a hold is told by its id")
    return value


def _money(text: Any) -> int:
    quanta = quanta_of(text)
    if decimal_of(quanta) != text:
        raise ValueError("an amount must have twelve decimals, no more and no sign but a minus")
    return quanta


def _day(one: Record, key: str) -> date:
    found = date.fromisoformat(_text(one, key))
    if found.isoformat() != one[key]:
        raise ValueError(f"{key} must be a date such as 2026-01-31")
    return found


FACTS: tuple[Any, ...] = (
    ("corrections.jsonl", "corrections", write, read, lambda one: str(one.id)),
    ("debts.jsonl", "debts", write_debt, read_debt),
)
"""Optional facts of a run, as ``quire.core.extras.Extra`` takes them."""
