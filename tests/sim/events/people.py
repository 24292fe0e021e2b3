"""Parties and members: joining, leaving, lapses, new bank accounts, deaths, mergers and who comes after."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

from tests.sim.model import Answer, Member, Span
from tests.sim.world import World, event

KINDS = ("newspaper", "blogger", "photographer", "author", "book-publisher", "label", "magazine")
ENOUGH: dict[str, Any] = {"works": "100", "authority": "20", "quality": "60", "good_standing": "yes"}
USES = ("ai-train", "ai-input", "ai-index", "search")
MOST = 14


def iban(number: int) -> str:
    """An Austrian IBAN that has never been a bank's; the check digits fit (ISO 13616)."""
    account = f"19043{number:011d}"
    check = 98 - int(f"{account}102900") % 97
    return f"AT{check:02d}{account}"


def party(world: World, prefix: str, kind: str, *, account: bool = True) -> str:
    from quire.society.parties import actions

    number = world.number("party")
    code = f"{prefix}-{number:03d}"
    more = {"iban": iban(number), "bic": "BKAUATWWXXX"} if account else {}
    actions.register_party(
        code=code, name=f"The {code}", kind=kind, town="Vienna", country="AT", by=world.preparer, **more
    )
    return code


@event(7, lambda world: len(world.model.present(world.day)) < MOST)
def join(world: World) -> str:
    """Somebody applies, with a site and a yes to everything; who shows too little is refused."""
    from quire.society.mandates import actions as mandates
    from quire.society.membership import actions
    from quire.society.repertoire import actions as repertoire

    account = world.chance(0.85)
    code = party(world, "m", world.pick(KINDS), account=account)
    shown = ENOUGH | {"works": str(world.pick([20, 100, 400, 1500]))}
    asked = actions.apply(party=code, shown=shown, on=world.day, by=world.preparer)
    if not asked.admitted:
        world.model.others.append(code)
        return f"{code} is not admitted"
    host = f"{code}.example"
    repertoire.register_site(code=f"{code}-site", host=host, owner=code, by=world.preparer)
    mandates.answer(member=code, use="all", answer=True, starts=world.day, by=world.preparer)
    member = Member(code, [Span(world.day)], iban(world.numbers["party"]) if account else "")
    world.model.members[code] = member
    world.model.sites[code] = host
    world.model.answers += [Answer(code, use, None, True, Span(world.day)) for use in USES]
    return code


@event(1, lambda world: len(world.model.present(world.day)) > 4)
def leave(world: World) -> str:
    from quire.society.mandates import actions

    code = world.pick(world.model.present(world.day))
    ends = world.day + timedelta(world.rng.randint(1, 150))
    actions.leave(member=code, notice_on=world.day, ends=ends, by=world.preparer)
    _end(world, code, ends)
    return f"{code} on {ends}"


def _end(world: World, code: str, ends: Any) -> None:
    for span in world.model.members[code].memberships:
        if span.has(world.day):
            span.ends = min(span.ends, ends)
    for one in world.model.answers:
        if one.member == code and one.span.ends > ends:
            one.span.ends = max(ends, one.span.starts)


@event(2, lambda world: world.model.present(world.day))
def lapse(world: World) -> str:
    """Out of good standing, or in it again."""
    from quire.society.membership import actions

    member = world.model.members[world.pick(world.model.present(world.day))]
    if member.lapsed:
        actions.restore_standing(member=member.code, on=world.day, by=world.preparer)
    else:
        actions.set_standing(
            member=member.code, reason="Fees are not paid", starts=world.day, by=world.preparer
        )
    member.lapsed = not member.lapsed
    return f"{member.code} is {'out of' if member.lapsed else 'in'} good standing"


@event(2, lambda world: world.model.members)
def new_account(world: World) -> str:
    """A bank account for somebody, or another one."""
    from quire.society.parties import actions

    code = world.pick(sorted(world.model.members))
    number = iban(world.number("account") + 10_000)
    actions.change_party(code=code, iban=number, bic="BKAUATWWXXX", by=world.preparer)
    world.model.members[code].iban = number
    return code


@event(2, lambda world: len(world.model.present(world.day)) > 5)
def death(world: World) -> str:
    """A member dies or is merged or dissolved: others stand in its place, or nobody knows yet who does."""
    from quire.society.distribution import actions

    code = world.pick(world.model.present(world.day))
    starts = world.day - timedelta(world.rng.randint(0, 40))
    kind = world.pick(["estate", "heirs", "merger"])
    if world.chance(0.35):
        actions.succeed(
            party=code, starts=starts, kind="heirs", unclear="No will is found", by=world.preparer
        )
        world.notes.setdefault("unclear", {})[code] = starts
        told = f"{code}, and nobody knows who succeeds"
    else:
        takers = _takers(world, code, kind)
        actions.succeed(party=code, starts=starts, kind=kind, takers=takers, by=world.preparer)
        told = f"{code}: {', '.join(f'{name} {part}' for name, part in takers.items())}"
    world.model.members[code].gone = True
    return told


def _takers(world: World, code: str, kind: str) -> dict[str, Fraction]:
    if kind == "merger":
        return {world.pick([one for one in world.model.present(world.day) if one != code]): Fraction(1)}
    count = world.rng.randint(1, 3)
    heirs = [party(world, "h", "estate", account=world.chance(0.8)) for _ in range(count)]
    parts = [world.rng.randint(1, 5) for _ in heirs]
    world.model.others += [heir for heir in heirs if heir not in world.model.others]
    return {heir: Fraction(part, sum(parts)) for heir, part in zip(heirs, parts, strict=True)}


@event(3, lambda world: world.notes.get("unclear"))
def heirs_are_found(world: World) -> str:
    from quire.society.distribution import actions

    unclear = world.notes["unclear"]
    code = world.pick(sorted(unclear))
    takers = _takers(world, code, "heirs")
    actions.succeed(party=code, starts=unclear[code], kind="heirs", takers=takers, by=world.preparer)
    del unclear[code]
    return f"of {code}: {', '.join(takers)}"


@event(1, lambda world: len(world.model.present(world.day)) > 5)
def sale(world: World) -> str:
    """Somebody sells what it will earn from a day on."""
    from quire.society.distribution import actions

    code = world.pick(world.model.present(world.day))
    buyer = party(world, "b", "other")
    actions.succeed(
        party=code, starts=world.day + timedelta(world.rng.randint(-30, 60)), kind="acquirer",
        takers={buyer: Fraction(1)}, by=world.preparer,
    )  # fmt: skip
    world.model.others.append(buyer)
    return f"{code} to {buyer}"


@event(1, lambda world: world.model.members)
def pseudonym(world: World) -> str:
    """A member stands in bundles by a pseudonym from now on, or by its own id again."""
    from quire.society.parties import actions

    code, on = world.pick(sorted(world.model.members)), world.chance(0.7)
    actions.set_pseudonym(party=code, on=on, by=world.preparer)
    return f"{code} {'on' if on else 'off'}"
