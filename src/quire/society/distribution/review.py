"""What the second person looks at before approving: sums, and everything that is out of the ordinary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Sum

from quire.core import canonical
from quire.core.distribution import pools
from quire.core.money import Money, decimal_of, quanta_of
from quire.society.distribution.corrections import counted
from quire.society.distribution.errors import DoesNotAdd
from quire.society.distribution.models import Line, Run
from quire.society.distribution.pots import notices as money_notices

Files = Mapping[str, bytes]


def of(run: Run, files: Files) -> dict[str, Any]:
    """Totals by pot and currency, the payees, and notices. ``DoesNotAdd`` where database and files differ."""
    totals = [record for _, record in canonical.read_lines(files["totals.jsonl"])]
    payees = [record for _, record in canonical.read_lines(files["payees.jsonl"])]
    _must_agree(run, totals)
    return {
        "totals": totals,
        "payees": len({one["party"] for one in payees}),
        "lines": Line.objects.filter(run=run).count(),
        "currencies": _by_currency(totals, payees),
        "notices": list(_notices(run, totals, payees)),
    }


def _must_agree(run: Run, totals: list[dict[str, Any]]) -> None:
    """The lines in the database, summed by the database, against the published totals."""
    sums = {
        (pot, outcome): amount
        for pot, outcome, amount in Line.objects.filter(run=run)
        .order_by()
        .values_list("pot_id", "outcome")
        .annotate(amount=Sum("amount"))
    }
    names = {"payable": "allocated"} | {
        name: name for name in ("held", "deducted", "fund", "unclaimed", "pooled")
    }
    ids = {pot.pool or pot.tid: pot for pot in run.pots.all()}
    for told in totals:
        pot = ids[told["pot"]]
        parts = {published: sums.get((pot.id, outcome), 0) for outcome, published in names.items()}
        if any(decimal_of(amount) != told.get(name, decimal_of(0)) for name, amount in parts.items()) or sum(
            parts.values()
        ) + quanta_of(told["residue"]) != (pot.amount or quanta_of(told["received"])):
            raise DoesNotAdd(
                f"The lines of {pot.tid} in the database are not those of its files.", pot=pot.tid
            )


def _by_currency(totals: list[dict[str, Any]], payees: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    sums: dict[str, dict[str, int]] = {}
    for told in totals:
        mine = sums.setdefault(told["currency"], {})
        for name in ("received", "allocated", "held", "unclaimed", "deducted", "fund", "residue"):
            if name == "received" and told["pot"].startswith(pools.PREFIX):
                continue  # it came in with the pots that were pooled
            mine[name] = mine.get(name, 0) + quanta_of(told.get(name, decimal_of(0)))
    return {
        currency: {name: decimal_of(amount) for name, amount in mine.items()}
        | {"payees": sum(one["currency"] == currency for one in payees)}
        for currency, mine in sorted(sums.items())
    }


def _notices(run: Run, totals: list[dict[str, Any]], payees: list[dict[str, Any]]) -> Iterator[str]:
    pots = {pot.pool or pot.tid: pot for pot in run.pots.select_related("licence")}
    for told in totals:
        pot, currency = pots[told["pot"]], told["currency"]
        name = pot.pool or pot.licence.code
        if not pot.pool:
            yield from (f"{name}: {sentence}" for sentence in money_notices(pot, quanta_of(told["due"])))
        yield from (f"{name}: {sentence}" for sentence in _empty(told["shares"]))
        if quanta_of(told["held"]):
            yield f"{name}: {Money(quanta_of(told['held']), currency)} is held."
        if unclaimed := quanta_of(told.get("unclaimed", decimal_of(0))):
            yield f"{name}: {Money(unclaimed, currency)} is unclaimed: nobody knows whose it is."
    yield from counted.notices(run)
    if not payees:
        yield "Nobody is paid by this run."


def _empty(shares: list[dict[str, Any]]) -> Iterator[str]:
    """A sentence for each portion in which nobody stands, or one where nobody stands in any."""
    if shares and all(share["outcome"] == "spread" for share in shares):
        yield "nobody stands in any portion; all that is left is held until it is decided what becomes of it."
        return
    where = {
        "spread": "its part went to the others",
        "hold": "its part is held until it is decided what becomes of it",
        "fund": "its part went to the fund",
    }
    for share in shares:
        if share["outcome"] in where:
            yield f"nobody stands in the portion “{share['share']}”; {where[share['outcome']]}."
