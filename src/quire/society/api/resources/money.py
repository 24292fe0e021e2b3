"""What a member earned: statements and their lines, payments, and what is held."""

from __future__ import annotations

from datetime import date
from typing import Any

from quire.society.api.keyed.given import Given
from quire.society.api.keyed.shapes import Field, Shape, cash, tid
from quire.society.api.keyed.table import Call, Endpoint, Many, One
from quire.society.distribution import queries
from quire.society.kit.nouns import Unknown
from quire.society.kit.paging import few
from quire.society.payouts import queries as payouts

BY = ("work", "licence", "use", "period")
STATEMENT = Shape("Statement", "What one closed run gave in one currency.", (
    Field("id", of=lambda one: one.tid, about="The run's id."),
    Field("period", of=lambda one: str(one.period)), Field("plan"), Field("credited", "money"),
    Field("held", "money", about="Still held of it."), Field("lines", "number"),
))  # fmt: skip
SUMS = Shape("StatementSums", "What one closed run gave, by currency.", (
    Field("id", of=lambda some: some[0].tid), Field("sums", "many", lambda some: some, shape=STATEMENT),
))  # fmt: skip
LINE = Shape("StatementLine", "One amount of a run, with what it was divided by.", (
    Field("number", "number", about="Its place in the run's bundle."), Field("run"),
    Field("work", of=lambda one: one.subject, about="The id of the work or site."), Field("title"),
    Field("key"), Field("use"), Field("source"), Field("licence"), Field("since", "date"),
    Field("until", "date"), Field("requests", "number"), Field("portion"), Field("role"),
    Field("outcome"), Field("amount", "money"), Field("why_held"),
))  # fmt: skip
SUMMED = Shape("Summed", "Lines summed by work, licence, use or period.", (
    Field("key"), Field("label"), Field("note"), Field("credited", "money"), Field("held", "money"),
    Field("requests", "number"),
))  # fmt: skip
PAYMENT = Shape("Payment", "A transfer; the account's number is masked.", (
    tid(), Field("batch"), cash("amount"), Field("on", "date"), Field("settled", "date", null=True),
    Field("name"), Field("iban", of=lambda one: f"…{one.iban[-4:]}" if one.iban else ""), Field("text"),
    Field("runs", "words"), Field("returned", "date", null=True), Field("because"),
))  # fmt: skip
ACCOUNT = Shape("Account", "How a payee stands in one currency.", (
    Field("currency"), cash("credited"), cash("paid"), cash("in_transit"), cash("carried"), cash("returned"),
    cash("written_off"), cash("repaid"), Field("reason", about="Why what is carried is not paid."),
))  # fmt: skip
HELD = Shape("Held", "What is held, and why.", (
    Field("hold", about="The hold's id, where there is one."), Field("of"), Field("reason"),
    Field("since", "date", null=True), Field("amount", "money"), Field("lines", "number"),
))  # fmt: skip


def _run(call: Call) -> Any:
    """The run of a statement of one's own. Unknown where it gave one nothing."""
    found = queries.find(call.named["run"])
    if not queries.sums_of(call.me, run=found.id):
        raise Unknown("You have no statement of this run.")
    return found


def _sums(call: Call) -> Any:
    return queries.sums_of(call.me, run=_run(call).id)


def _pivot(call: Call) -> Any:
    since: date | None = call.get("since", None)
    return queries.Pivot(call.me, call.get("by", "work"), since=since, until=call.get("until", None),
                         currency=call.get("currency"))  # fmt: skip


def _of_run(call: Call) -> Any:
    return queries.Pivot(call.me, call.get("by", "work"), run=_run(call).id, currency=call.get("currency"))


_SIDES = (Given("by", about="Summed by.", choices=BY), Given("currency", most=3))
_LINES: dict[str, Any] = {
    "sorts": ("amount", "number"),
    "filters": {"use": ("ai-train", "ai-input", "ai-index", "search"), "outcome": ("payable", "held"),
                "work": ()},
    "searched": False,
}  # fmt: skip
_SUMMED = ("credited", "requests", "key")

TABLE: tuple[Endpoint, ...] = (
    Many("/statements", "statements", "Every closed run that gave you anything, the newest first.", STATEMENT,
         {"member": lambda call: few(queries.sums_of(call.me),
                                     sorts={"period": lambda one: one.period.starts,
                                            "credited": lambda one: one.credited.quanta})},
         sorts=("period", "credited")),
    One("/statements/{run}", "statements", "One statement's sums, by currency.", SUMS, {"member": _sums}),
    Many("/statements/{run}/lines", "statements", "Its lines.", LINE,
         {"member": lambda call: queries.party_lines(call.me, _run(call).id)}, **_LINES),
    Many("/statements/{run}/sums", "statements", "Its lines, summed.", SUMMED, {"member": _of_run},
         sorts=_SUMMED, asks=_SIDES),
    Many("/earnings", "statements", "Everything you earned, summed: of pots that begin in these days.",
         SUMMED, {"member": _pivot}, sorts=_SUMMED,
         asks=(*_SIDES, Given("since", "date"), Given("until", "date", "The first day that is out."))),
    Many("/payments", "payments", "Transfers: to a member; every one for the society.", PAYMENT,
         {"member": lambda call: payouts.payments_list(call.me),
          "operator": lambda call: payouts.payments_list()},
         sorts=("on", "amount"), filters={"state": ("transit", "paid", "returned")}),
    Many("/accounts", "payments", "How you stand, by currency.", ACCOUNT,
         {"member": lambda call: few(payouts.account_of(call.me))}),
    Many("/held", "payments", "What is held of yours, and why.", HELD,
         {"member": lambda call: few(queries.held_of(call.me))}),
)  # fmt: skip
