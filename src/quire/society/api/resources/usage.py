"""What was taken: a licensee's requests and reports; files, edges and totals for the society."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from quire.core.errors import Invalid
from quire.core.terms import USES
from quire.society.api.keyed.given import Given
from quire.society.api.keyed.shapes import Field, Shape, tid
from quire.society.api.keyed.table import Call, Endpoint, Many, One
from quire.society.invoicing.strays import stray_hosts
from quire.society.kit import clock, periods
from quire.society.kit.paging import few
from quire.society.kit.periods import Period
from quire.society.licensing import queries as licensing
from quire.society.usage import queries
from quire.society.usage.imported import aside_list, imports_list
from quire.society.usage.reports.own import reports_of
from quire.society.usage.silent import heard_list
from quire.society.usage.taken import BY, Taken

LONGEST = timedelta(days=366)
TAKEN = Shape("Taken", "Requests of a day, site and use, and what was charged for them one by one.", (
    Field("day", "date", null=True), Field("host"), Field("use"), Field("requests", "number"),
    Field("charged", "money", null=True),
))  # fmt: skip
REPORT = Shape("UsageReport", "What a client reported of its own use.", (
    tid(), Field("client"), Field("received", "moment"), Field("taken", "number"), Field("again", "number"),
    Field("refused", "number"), Field("reasons", "any"), Field("starts", "moment", null=True),
    Field("ends", "moment", null=True),
))  # fmt: skip
IMPORT = Shape("Import", "A file of usage.", (
    tid(), Field("name"), Field("host"), Field("format"), Field("digest"), Field("lines", "number"),
    Field("finished", "flag"), Field("by"), Field("starts", "moment", null=True),
    Field("ends", "moment", null=True), Field("withdrawn_at", "moment", null=True),
    Field("withdrawn_reason"),
))  # fmt: skip
ASIDE = Shape("SetAside", "A line that counts nothing, and why.", (
    Field("line", "number"), Field("heading"), Field("reason"), Field("excerpt"),
))  # fmt: skip
EDGE = Shape("Edge", "Where a member's site is counted, and whether it is heard of.", (
    tid(), Field("name"), Field("site"), Field("host"), Field("registered", "moment"),
    Field("heard", "moment", null=True), Field("silent", "flag"), Field("gaps", "number"),
    Field("revoked", "flag"),
))  # fmt: skip
TOTAL = Shape("UseOfPeriod", "Requests of a period by what became of them.", (
    Field("heading"), Field("operator"), Field("licensee", null=True), Field("use"), Field("lines", "number"),
    Field("requests", "number"),
))  # fmt: skip
STRAY = Shape("UnmatchedHost", "A host of nobody's that crawlers visited, and what it would have had.", (
    Field("host"), Field("requests", "number"), Field("licensed", "number"), Field("licensees", "words"),
    Field("operators", "words"), Field("worth", "monies"),
))  # fmt: skip


class TooLong(Invalid):
    """A span of days that is none, or more than is summed at once."""

    code = "usage.span"


def _taken(call: Call) -> Taken:
    today = clock.today()
    since, until = call.get("since", today.replace(day=1)), call.get("until", today)
    if not since <= until <= since + LONGEST:
        raise TooLong("Ask for a year at most, the first day not after the last.")
    names = [call.party.tid, *licensing.operators_of(call.me)]
    return Taken(names, since, until + timedelta(days=1), call.get("by", "all"), call.get("host"),
                 call.get("use"))  # fmt: skip


def _period(call: Call) -> Period:
    """The period that is said, or the last month that is over."""
    if call.get("period"):
        return periods.parse(call.get("period"))
    last = clock.today().replace(day=1) - timedelta(days=1)
    return periods.month(last.year, last.month)


def _totals(call: Call) -> Any:
    span = _period(call)
    return few(sorted(queries.totals(span.starts, span.ends), key=lambda one: -one.requests))


_DAYS = (Given("since", "date", "The first day; of this month where nothing is said."),
         Given("until", "date", "The last day; today where nothing is said."))  # fmt: skip
_SPAN = (Given("period", about="Like 2026-03; the last month that is over where nothing is said.", most=40),)

TABLE: tuple[Endpoint, ...] = (
    Many("/usage", "usage", "What a licensee took and was charged, by day, site and use.",
         TAKEN, {"licensee": _taken}, sorts=("day", "host", "use", "requests", "charged"),
         asks=(*_DAYS, Given("by", about="Summed by.", choices=tuple(BY)), Given("host", most=253),
               Given("use", choices=USES)), outside=True),
    Many("/reports", "usage", "What a licensee reported of its own use.", REPORT,
         {"licensee": lambda call: reports_of(call.me)}, sorts=("received", "taken"),
         filters={"refused": ("yes", "no")}, searched=True),
    Many("/imports", "metering", "Files of usage.", IMPORT, {"operator": lambda call: imports_list()},
         sorts=("id", "lines"), filters={"finished": ("yes", "no"), "withdrawn": ("yes", "no")},
         searched=True),
    One("/imports/{import}", "metering", "One file.", IMPORT,
        {"operator": lambda call: _import(call.named["import"])}),
    Many("/imports/{import}/aside", "metering", "Its lines that were set aside.", ASIDE,
         {"operator": lambda call: aside_list(queries.find(call.named["import"]).id)}, sorts=("line",),
         filters={"heading": ()}, searched=True),
    Many("/edges", "metering", "Every edge, the one not heard for longest first.", EDGE,
         {"operator": lambda call: heard_list()}, sorts=("since", "registered"),
         filters={"silent": ("yes", "no"), "gaps": ("yes",)}, searched=True),
    Many("/usage/totals", "metering", "All that crawlers took in a period, and what became of it.", TOTAL,
         {"operator": _totals}, asks=_SPAN),
    Many("/usage/unmatched", "metering", "Hosts of nobody's that crawlers visited in a period.", STRAY,
         {"operator": lambda call: few(stray_hosts(_period(call)),
                                       words=lambda one: f"{one.host} {' '.join(one.operators)}")},
         searched=True, asks=_SPAN),
)  # fmt: skip


def _import(name: str) -> Any:
    every = imports_list()
    return next(iter(every.make(list(every.rows.filter(id=queries.find(name).id)))))
