"""One small society, written by hand, for tests that say what they expect to the quantum."""

from __future__ import annotations

from datetime import date
from importlib import resources
from typing import Any

from quire.core import arrays, evidence, terms
from quire.core.distribution import Counts, Evidence, Licence, Party, Pot, Subjects
from quire.core.money import QUANTA
from quire.core.plan import Plan

JANUARY = (date(2026, 1, 1), date(2026, 2, 1))
ALWAYS = (terms.Span(date(2020, 1, 1), None),)
EUR = QUANTA


def shipped(name: str) -> Plan:
    """One of the plans that come with the core."""
    return Plan.parse((resources.files("quire.core") / "plans" / f"{name}.toml").read_text())


def yes(*members: str) -> tuple[terms.Answer, ...]:
    """Each of them allows every use to every licensee, for ever."""
    return tuple(
        terms.Answer(member, None, use, True, date(2020, 1, 1), None)
        for member in members
        for use in terms.USES
    )


def society(plan: Plan | str, amount: int, requests: dict[str, int], **more: Any) -> Evidence:
    """January of a society: members a newspaper, a blogger and an estate, each with a work of its name and a
    site. ``requests`` are for training, by work or site; ``more`` replaces anything else."""
    parties = more.pop("parties", tuple(Party(name, 100, ALWAYS) for name in ("blog", "estate", "paper")))
    places = {party.id: place for place, party in enumerate(parties)}
    licence = more.pop("licence", Licence(
        "lic_1", "lab", "blanket", ("ai-train",), date(2026, 1, 1), date(2027, 1, 1), "EUR", 0, {}
    ))  # fmt: skip
    ids = ["wrk_blog", "wrk_estate", "wrk_paper", "site_paper"]
    subjects = Subjects(
        ids,
        [one.partition("_")[0].replace("wrk", "work") for one in ids],
        arrays.ints([places[one.partition("_")[2]] for one in ids]),
        arrays.ints([0] * len(ids)),
        ["standard"],
        more.pop("versions", {}),
    )
    pot = Pot("pot_1", licence, *JANUARY, amount)
    answers = more.pop("answers", yes("blog", "estate", "paper"))
    versions = [one for several in subjects.versions.values() for one in several]
    segments = evidence.cut(parties, answers, more.get("direct", ()), versions, pot)
    rows = more.pop("rows", [(one, 0, number) for one, number in requests.items()])
    counts = Counts(
        segments,
        arrays.ints([ids.index(one) for one, _, _ in rows]),
        arrays.ints([segment * len(terms.USES) for _, segment, _ in rows]),
        arrays.ints([number for _, _, number in rows]),
    )
    plan = Plan.parse(plan) if isinstance(plan, str) else plan
    return Evidence(
        plan, (pot,), parties, answers, more.pop("direct", ()), subjects, {"pot_1": counts}, **more
    )
