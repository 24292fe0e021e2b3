"""What stands for the parts of the desk's addresses in the small society whose January is closed."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from uuid import UUID

from tests.settlement import LUMP

KEPT = "0" * 32
UNITS = "unit,stratum,fee,take\n" + "".join(f"office-{n},offices,100.00,\n" for n in range(6))
INSTALMENT = '[[instalment]]\ndue_on = 2026-03-31\namount = "3000.00"\n'


def parts() -> dict[str, str]:
    """Part of a path to something that exists; made on the way where the society has none."""
    from quire.society.distribution import watching
    from quire.society.kit import ids
    from quire.society.kit.paging import Asked
    from quire.society.licensing import queries as licensing
    from quire.society.membership import queries as membership
    from quire.society.usage import queries as usage

    batch, file = paid()
    missing = UUID(int=0)
    return {
        "<str:forecast>": kept("forecasts", {"period": "2026-01", "plan": "hybrid", "review": {}}),
        "<str:replay>": kept("replays", {
            "plan": "hybrid", "text": "", "sentences": [], "runs": [], "notices": [], "currencies": []}),
        "<str:plan>": watching.plans_list().page(Asked()).rows[0].tid,
        "<str:batch>": batch,
        "<str:file>": file,
        "<str:application>": membership.applications()[0].tid,
        "<str:who>": "gazette",
        "<str:licence>": licensing.licences()[0].tid,
        "<str:settlement>": "-",
        "<str:correction>": corrected(),
        "<str:hold>": held(),
        "<str:period>": "2026-01",
        "<str:disposal>": "-",
        "<str:claim>": claimed(),
        "<str:item>": ids.show("lin", missing),
        "<str:imported>": usage.imports()[0].tid,
        "<str:edge>": edge(),
        "<str:survey>": survey(),
        "<str:lump>": lump(),
    }  # fmt: skip


def kept(kind: str, told: dict[str, object]) -> str:
    """Something that a job left to be looked at."""
    from quire.society.kit import config, papers

    papers.put(config.private(kind), {f"{KEPT}.json": json.dumps(told).encode()})
    return KEPT


def paid() -> tuple[str, str]:
    """A batch of payments and its file."""
    from datetime import timedelta

    from quire.society.kit import clock
    from quire.society.parties import queries as parties
    from quire.society.payouts import actions, queries

    if not queries.batches():
        day = clock.today() + timedelta(days=1)
        actions.prepare(currency="EUR", on=day, by=parties.acting("operator"))
    batch = queries.batches()[0].tid
    return batch, actions.write(batch).paths[0].name


def corrected() -> str:
    """A claim that the run divided a work wrongly."""
    from quire.society.distribution import actions, queries
    from quire.society.distribution.corrections.rows import read_shares
    from quire.society.parties import queries as parties

    found = queries.corrections()
    if found:
        return found[0].tid
    return str(
        actions.file_correction(
            run="latest", work="https://gazette.example/a", kind="shares", reason="Half of it is Lantern's.",
            shares=read_shares("gazette:publisher:1/2; lantern:publisher:1/2"),
            by=parties.acting("operator"),
        ).tid
    )  # fmt: skip


def edge() -> str:
    """An edge that was never heard."""
    from quire.society.parties import queries as parties
    from quire.society.usage import actions, queries

    found = queries.edges()
    if found:
        return found[0].tid
    actions.register_edge(site="gazette-site", name="web", by=parties.acting("operator"))
    return queries.edges()[0].tid


def survey() -> str:
    """A survey that is drafted."""
    from quire.society.parties import queries as parties
    from quire.society.surveys import actions, queries

    if not queries.surveys():
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "units.csv"
            place.write_text(UNITS)
            actions.draft(place, name="offices", period="2026-01", size=3, by=parties.acting("operator"))
    return queries.surveys()[0].name


def lump() -> str:
    """A lump sum that is agreed."""
    from quire.society.invoicing import actions, queries
    from quire.society.parties import queries as parties

    found = queries.lump_sums()
    if found:
        return found[0].name
    works = ("https://gazette.example/a", "https://lantern.example/p/1")
    actions.agree(text=LUMP + INSTALMENT, works=works, by=parties.acting("operator"))
    return queries.lump_sums()[0].name


def held() -> str:
    """A hold on a work."""
    from quire.society.distribution import actions, watching
    from quire.society.kit.paging import Asked
    from quire.society.parties import queries as parties

    found = watching.holds_list().page(Asked()).rows
    if found:
        return found[0].tid
    made = actions.place_hold(
        reason="Looked into", work="https://gazette.example/a", by=parties.acting("operator")
    )
    return str(made.tid)


def claimed() -> str:
    """A claim to unclaimed money, as it would be where there was some."""
    from quire.society.kit import clock
    from quire.society.parties import queries as parties
    from quire.society.repertoire import queries as repertoire
    from quire.society.unclaimed.models import Claim

    work = repertoire.work("https://gazette.example/a").id
    found = Claim.objects.first() or Claim.objects.create(
        party=parties.party("gazette"), work_id=work, role="publisher", evidence="The imprint.",
        filed_on=clock.today(),
    )  # fmt: skip
    return str(found.tid)
