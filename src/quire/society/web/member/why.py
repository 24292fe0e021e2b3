"""Why an amount is what it is: from what came in, step by step, to the requests that were counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quire.core.money import Money
from quire.core.plan import percent
from quire.society.licensing import queries as licensing
from quire.society.statements import queries, words, worked
from quire.society.statements.shape import Adjustment, Line
from quire.society.usage import queries as usage
from quire.society.web.member.statements import _of
from quire.society.web.pages import Asking
from quire.society.web.words import cut, days, here, use


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is, how it was found, and the amount there, where it has one."""

    label: str
    how: str
    amount: Money | None = None
    kind: str = ""


def why(request: Asking, run: str, line: int) -> HttpResponse:
    """One line, from what a licensee paid back to the requests that it was counted by."""
    found, sums = _of(request, run)
    assert request.seat.party is not None
    glance = queries.glance(found, request.seat.party.id)
    told_line = glance.line(line)
    adjusts = isinstance(told_line, Adjustment)
    amount = cut(Money(told_line.amount, told_line.currency if adjusts else told_line.pot.currency))
    return render(request, "web/member/why.html", {
        "title": _("Why %(amount)s?") % {"amount": amount.grouped()},
        "trail": [(_("Statements"), here(request, "member-statements")),
                  (str(sums[0].period), here(request, "member-statement", run=run)),
                  (_("Lines"), here(request, "member-lines", run=run))],
        "line": told_line, "amount": amount, "adjusts": adjusts,
        "steps": list(_corrected(told_line) if isinstance(told_line, Adjustment) else _steps(told_line)),
        "subject": told_line.subject, "use": use(told_line.use) if told_line.use else "",
        "when": days(told_line.starts, told_line.ends) if told_line.starts else "",
        "payer": "" if isinstance(told_line, Adjustment) else worked.source(told_line.pot)[0],
        "requests": None if isinstance(told_line, Adjustment) else counted(told_line),
        "rules": glance.plan.sentences(), "decision": glance.row.decision,
        "run": found.tid, "root": found.bundle_root, "code": request.seat.party.code,
    })  # fmt: skip


def _steps(line: Line) -> Iterator[Step]:
    """What a person can follow with a pocket calculator."""
    pot, portion = line.pot, line.portion

    def money(quanta: int) -> Money:
        return cut(Money(quanta, pot.currency))

    source, licence = worked.source(pot)
    yield Step(_("%(who)s paid") % {"who": source},
               ", ".join(filter(None, (licence, days(pot.starts, pot.ends), pot.converted))),
               money(pot.received), "in")  # fmt: skip
    for kept in pot.deductions:
        yield Step(
            _("less %(label)s") % {"label": kept.label}, worked.deducted(kept), money(-kept.amount), "less"
        )
    if pot.deductions:
        yield Step(_("Left to share"), "", money(pot.rest), "rest")
    yield Step(_("The portion “%(label)s”") % {"label": portion.label}, worked.portion(portion),
               money(portion.amount), "portion")  # fmt: skip
    yield Step(_("Your weight in it"), _weight(line))
    if line.part != 1:
        yield Step(_("Your share of the work"), _("%(share)s, as %(role)s") % {
            "share": percent(line.part), "role": line.role})  # fmt: skip
    if line.agreed:
        yield Step(_("By agreement"), line.agreed)
    yield Step(_("Yours"), worked.line(line), money(line.amount), "sum")
    if line.outcome == "held":
        yield Step(_("Held for you"), line.held_because or _("until the hold is released"))


def _weight(line: Line) -> str:
    weight, whole = words.number(line.weight), words.number(line.portion.weight)
    if line.requests:
        told = ngettext(
            "%(requests)s request weighs %(weight)s of %(whole)s in all",
            "%(requests)s requests weigh %(weight)s of %(whole)s in all",
            line.requests,
        )
        return told % {
            "requests": words.number(line.requests), "weight": weight, "whole": whole,
        }  # fmt: skip
    if bounds := worked.interval(line):
        return f"{bounds}; {_('of %(whole)s in all') % {'whole': whole}}"
    return _("%(weight)s of %(whole)s in all") % {"weight": weight, "whole": whole}


def _corrected(one: Adjustment) -> Iterator[Step]:
    old, new = (_("nothing") if share is None else percent(share) for share in (one.old, one.new))
    yield Step(_("What was wrong"), one.reason)
    yield Step(_("Share then"), old)
    yield Step(_("Share now"), new)
    yield Step(_("Put right"), _("in the portion “%(label)s”") % {"label": one.portion},
               cut(Money(one.amount, one.currency)), "sum")  # fmt: skip


def counted(line: Line) -> Any:
    """The requests that a line of use counts, by day and address; None where it counts none."""
    if line.subject is None or not line.requests or line.starts is None or line.ends is None:
        return None
    licence = licensing.licence(line.pot.licence)
    operators = (*licence.operators, licence.licensee_tid)
    return usage.requests_of(line.subject.tid, line.starts, line.ends, operators=operators, use=line.use)
