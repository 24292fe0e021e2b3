"""A replay as sentences, tables, JSON and CSV. Fractions are exact in JSON, and rounded where people read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from quire.cli.frame import many
from quire.core.inequality import Spread
from quire.core.money import Money, decimal_of
from quire.core.replay import Comparison, Group, Row
from quire.core.shares import share_text

EXTREMES = 10
"""Members shown who gain most, and as many who lose most; the CSV and JSON have everybody."""

Table = tuple[str, tuple[str, ...], list[Sequence[str]]]
"""A title, its columns, its rows."""

_OUTCOMES = {
    "payable": "to payees",
    "held": "held",
    "unclaimed": "unclaimed",
    "deducted": "deducted",
    "fund": "to funds",
}


def short(quanta: int, currency: str) -> str:
    """An amount to the whole minor unit, cut as a payment would cut it."""
    return Money.from_minor(Money(quanta, currency).to_minor()[0], currency).grouped()


def signed(quanta: int, currency: str) -> str:
    """The same with its sign."""
    return f"{'+' if quanta > 0 else ''}{short(quanta, currency)}"


def bare(shown: str) -> str:
    """A shown amount without its currency, where a title says it."""
    return shown.rpartition(" ")[0]


def _ratio(told: Fraction | None, digits: int = 3) -> str:
    """``0.413``; a dash where there is none."""
    if told is None:
        return "–"
    scaled = round(told * 10**digits)
    return f"{scaled // 10**digits}.{scaled % 10**digits:0{digits}d}"


def _percent(told: Fraction | None) -> str:
    return "–" if told is None else f"{_ratio(told * 100, 1)} %"


def heading(told: Any) -> str:
    """What was replayed."""
    first, last = told.runs[0], told.runs[-1]
    over = (
        f"{first.period}"
        if len(told.runs) == 1
        else f"{len(told.runs)} runs, {first.period} to {last.period}"
    )
    return f"The plan “{told.plan.name}” over {over}; nothing was written."


def sentences(one: Comparison) -> Iterator[str]:
    """One currency in a few sentences."""
    told, currency = one.all, one.currency
    yield (
        f"{currency}: of {many(told.people, 'member')} and other payees, {told.gain} would have had more, "
        f"{short(told.gained, currency)} together; {told.lose} less, {short(told.lost, currency)} together; "
        f"{told.people - told.gain - told.lose} the same."
    )
    yield "".join(_beside(one))


def _beside(one: Comparison) -> Iterator[str]:
    kept = [
        f"{_OUTCOMES.get(name, name)} {short(had, one.currency)} → {short(would, one.currency)}"
        for name, (had, would) in one.outcomes.items()
        if name != "pooled"
    ]
    yield f"{one.currency}: {'; '.join(kept)}."


def measures(one: Comparison) -> Table:
    """The spread of what everybody had and would have had."""

    def amount(told: Fraction | None) -> str:
        return "–" if told is None else short(round(told), one.currency)

    def told(label: str, show: Any, of: str) -> Sequence[str]:
        return (label, show(getattr(one.had, of)), show(getattr(one.would, of)))

    rows = [
        told("mean", amount, "mean"),
        told("median", amount, "median"),
        told("Gini coefficient (0: all the same, 1: one has all)", _ratio, "gini"),
        told("share of the top 1 %", _percent, "top"),
        told("members with nothing", _percent, "nothing"),
    ]
    return (f"How {one.currency} is spread", ("measure", "had", "would have had"), rows)


def group_names(name: str) -> str:
    """A tier's name, or what those without one are called."""
    return name or "no tier"


def tenth_name(one: Comparison) -> Callable[[str], str]:
    """``1 (had least)`` to ``10 (had most)``."""
    names = {"1": "1 (had least)", str(len(one.tenths)): f"{len(one.tenths)} (had most)"}
    return lambda name: names.get(name, name)


def tables(told: Any, one: Comparison) -> Iterator[Table]:
    """The tables of one currency: its spread, by size, by tier, and who gains and loses most."""
    yield measures(one)
    yield _groups(
        f"{one.currency} by what members had, in tenths", "tenth", one.tenths, one.currency, tenth_name(one)
    )
    for title, groups in (("by tier of the plan then", one.before), ("by tier of this plan", one.after)):
        if any(group.name for group in groups):
            yield _groups(f"{one.currency} {title}", "tier", groups, one.currency, group_names)
    yield from _extremes(told, one)


def _groups(title: str, of: str, groups: Sequence[Group], currency: str, name_of: Any) -> Table:
    columns = (of, "people", "had", "would have had", "difference", "gain", "lose")
    rows = [
        (
            name_of(one.name),
            f"{one.people:,}",
            bare(short(one.had, currency)),
            bare(short(one.would, currency)),
            bare(signed(one.would - one.had, currency)),
            f"{one.gain:,}",
            f"{one.lose:,}",
        )
        for one in groups
    ]
    return (title, columns, rows)


def _extremes(told: Any, one: Comparison) -> Iterator[Table]:
    ordered = sorted(one.rows, key=lambda row: row.difference)
    most = [row for row in ordered[::-1] if row.difference > 0][:EXTREMES]
    least = [row for row in ordered if row.difference < 0][:EXTREMES]
    columns = ("member", "name", "had", "would have had", "difference")
    for title, rows in (("Who gains most", most), ("Who loses most", least)):
        if rows:
            yield (f"{title} ({one.currency})", columns, [_row(told, row, one.currency) for row in rows])


def _row(told: Any, row: Row, currency: str) -> Sequence[str]:
    name = told.names[row.party]
    amounts = (short(row.had, currency), short(row.would, currency), signed(row.difference, currency))
    return (name.code, name.name, *map(bare, amounts))


def rows_csv(told: Any) -> bytes:
    """A row for each member or other payee and currency; amounts to twelve decimals."""
    from quire.society.kit import sheets

    columns = ("currency", "member", "name", "tier then", "tier proposed", "tenth", "had", "would")
    columns += ("gained", "lost")  # two columns: a spreadsheet takes what begins with a minus for a formula
    rows = [
        (one.currency, told.names[row.party].code, told.names[row.party].name, row.before, row.after,
         row.tenth, decimal_of(row.had), decimal_of(row.would), decimal_of(max(row.difference, 0)),
         decimal_of(max(-row.difference, 0)))
        for one in told.comparisons
        for row in one.rows
    ]  # fmt: skip
    return sheets.table(columns, rows)


def document(told: Any) -> dict[str, Any]:
    """Everything, as one JSON document: amounts are texts of twelve decimals, fractions ``n/d``."""
    return {
        "plan": told.plan.name,
        "digest": told.plan.digest,
        "runs": [{"run": one.tid, "period": str(one.period), "plan": one.plan} for one in told.runs],
        "notices": list(told.notices),
        "currencies": {one.currency: _comparison(told, one) for one in told.comparisons},
    }


def _comparison(told: Any, one: Comparison) -> dict[str, Any]:
    return {
        "all": _group(one.all),
        "spread": {"had": _spread(one.had), "would": _spread(one.would)},
        "outcomes": {
            name: {"had": decimal_of(had), "would": decimal_of(would)}
            for name, (had, would) in one.outcomes.items()
        },
        "tenths": [_group(group) for group in one.tenths],
        "tiers_then": [_group(group) for group in one.before],
        "tiers_proposed": [_group(group) for group in one.after],
        "members": [
            {
                "member": told.names[row.party].code,
                "party": row.party,
                "tier_then": row.before,
                "tier_proposed": row.after,
                "tenth": row.tenth,
                "had": decimal_of(row.had),
                "would": decimal_of(row.would),
                "difference": decimal_of(row.difference),
            }
            for row in one.rows
        ],
    }


def _group(one: Group) -> dict[str, Any]:
    amounts = {name: decimal_of(getattr(one, name)) for name in ("had", "would", "gained", "lost")}
    return {"name": one.name, "people": one.people, "gain": one.gain, "lose": one.lose, **amounts}


def _spread(one: Spread) -> dict[str, Any]:
    """Mean and median are fractions of a quantum, as ``n/d`` quanta."""
    told = {name: getattr(one, name) for name in ("mean", "median", "gini", "top", "nothing")}
    fractions = {name: None if value is None else share_text(value) for name, value in told.items()}
    return {"people": one.people, "total": decimal_of(one.total), **fractions}
