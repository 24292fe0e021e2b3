"""Labs, their licences of each year, what they pay, and revenue that they report."""

from __future__ import annotations

from datetime import date, timedelta

from quire.core.money import quanta_of
from tests.sim.events.people import USES, party
from tests.sim.events.usage import BOTS
from tests.sim.model import Licence, Span
from tests.sim.world import World, event

CURRENCIES = ("EUR", "USD", "GBP", "JPY")


def quarter(day: date) -> tuple[str, date, date]:
    """The quarter of a day: its name, its first day, the first day after it."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    after = (first + timedelta(95)).replace(day=1)
    return f"{first.year}-Q{(first.month + 2) // 3}", first, after


@event(3, lambda world: len(world.model.labs) < len(BOTS))
def new_lab(world: World) -> str:
    """A lab comes, and takes a licence for the rest of the year."""
    operator = next(one for one in sorted(BOTS) if one not in world.model.labs.values())
    code = party(world, "lab", "lab")
    license_lab(world, code, operator, world.day)
    world.model.labs[code] = operator
    return f"{code}, {operator}"


def license_lab(world: World, lab: str, operator: str, starts: date) -> None:
    """One licence for all that the lab does, or one for training and one for the rest."""
    from quire.society.licensing import actions

    kinds = ("blanket", "per-request", "revenue")
    groups = [USES] if world.chance(0.6) else [USES[:1], USES[1:]]
    for uses in groups:
        kind, currency = world.pick(kinds), world.pick(CURRENCIES)
        code = f"{lab}-{starts.year}-{world.number('licence')}"
        given: dict[str, dict[str, object]] = {
            "blanket": {"fee": f"{world.rng.randint(1, 90)}000.00"},
            "per-request": {"prices": {"*": "0.05", "research": "0.2"}},
            "revenue": {"rate": "3.5%", "minimum": "1200.00"},
        }
        actions.grant_licence(
            code=code, licensee=lab, operators=[operator], kind=kind, uses=uses, starts=starts,
            ends=date(starts.year + 1, 1, 1), currency=currency, by=world.preparer, **given[kind],  # type: ignore[arg-type]
        )  # fmt: skip
        span = Span(starts, date(starts.year + 1, 1, 1))
        world.model.licences[code] = Licence(code, lab, operator, kind, tuple(uses), span, currency)


def new_year(world: World) -> str:
    for lab in sorted(world.model.labs):
        if world.chance(0.9):
            license_lab(world, lab, world.model.labs[lab], world.day)
    return f"licences of {world.day.year}"


def quarter_ends(world: World) -> str:
    """Every licence of the quarter that has ended pays within weeks, most in the licence's currency."""
    name, starts, ends = quarter(world.day - timedelta(1))
    for code in sorted(world.model.licences):
        licence = world.model.licences[code]
        if licence.span.starts <= starts and ends <= licence.span.ends and world.chance(0.9):
            world.later(world.rng.randint(3, 35), "pays", lambda world, code=code: pays(world, code, name))
        if licence.kind == "revenue" and licence.span.has(starts) and licence.span.starts <= starts:
            world.later(
                world.rng.randint(1, 30), "reports", lambda world, code=code: reports(world, code, name)
            )
    return name


def pays(world: World, code: str, period: str) -> str:
    from quire.society.invoicing import actions

    currency, amount = world.model.licences[code].currency, world.money(5000)
    foreign = world.chance(0.15)
    if foreign:
        currency = world.pick([one for one in CURRENCIES if one != currency])
    if world.chance(0.04):
        amount = "0"
    reference = f"R-{world.number('receipt')}"
    actions.record_receipt(
        licence=code, period=period, amount=amount, received_on=world.day, reference=reference,
        currency=currency, foreign=foreign, by=world.preparer,
    )  # fmt: skip
    world.model.bank[currency] += quanta_of(amount)
    world.notes.setdefault("waiting", set()).add(period)
    world.notes.setdefault("paid", []).append((code, period))
    return f"{code} {amount} {currency} for {period}"


@event(2, lambda world: world.notes.get("paid"))
def pays_late(world: World) -> str:
    """Something more for a quarter of this year or the last."""
    return pays(world, *world.pick(world.notes["paid"][-12:]))


def reports(world: World, code: str, period: str) -> str:
    from quire.society.invoicing import actions

    amount = world.money(80_000, odd=0)
    actions.report_revenue(
        licence=code, period=period, amount=amount, reported_on=world.day, by=world.preparer
    )
    world.notes.setdefault("revenue", []).append((code, period))
    return f"{code} {amount} in {period}"


@event(1, lambda world: world.notes.get("revenue"))
def restates(world: World) -> str:
    from quire.society.invoicing import actions

    code, period = world.pick(world.notes["revenue"][-6:])
    amount = world.money(80_000, odd=0)
    actions.report_revenue(
        licence=code,
        period=period,
        amount=amount,
        reported_on=world.day,
        reason="An audit",
        by=world.preparer,
    )
    return f"{code} {amount} in {period}"


@event(1, lambda world: world.model.labs)
def deposits(world: World) -> str:
    """A lab puts money on its balance, which nothing in this society spends."""
    from quire.society.invoicing import actions

    lab, amount, currency = world.pick(sorted(world.model.labs)), world.money(300), world.pick(CURRENCIES)
    actions.deposit(
        licensee=lab, amount=amount, currency=currency, received_on=world.day,
        reference=f"D-{world.number('deposit')}", by=world.preparer,
    )  # fmt: skip
    world.model.bank[currency] += quanta_of(amount)
    return f"{lab} {amount} {currency}"
