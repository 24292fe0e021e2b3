"""The soak's society: founded before it, and asked after it what it has. Run as a process of its own.

python -m tests.races.soak_society found FOLDER DEPOSIT
python -m tests.races.soak_society tell FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HOST = "harbour.example"
PRICE = "0.002"
TARIFF = """code = "{code}"
kind = "{kind}"
uses = ["ai-train", "ai-input"]
currency = "EUR"
{fee}
starts = 2026-01-01
sentence = "For a soak."
decision = "Members' meeting of 5 December 2025, item 3"
"""


def found(folder: Path, deposit: str) -> dict[str, Any]:
    """A newspaper with a verified site behind an edge, and a lab with a licence; pays by the request where
    there is a ``deposit`` (in EUR)."""
    from quire.cli.ops_upgrade import migrate

    migrate()
    from quire.society.kit import clock
    from quire.society.licensing import actions as licensing
    from quire.society.parties import actions as parties
    from quire.society.usage import actions as usage
    from tests.rooms.boundary_desk import Desk

    user = parties.add_user(name="preparer", roles=["operator"])
    desk = Desk(user)
    desk.site()
    desk.verified()
    desk.yes()
    kind = "crawl" if deposit else "blanket"
    fee = "" if deposit else 'fee = "3650.00"'
    licensing.publish_tariff(text=TARIFF.format(code="soak", kind=kind, fee=fee), by=user)
    starts = clock.today().replace(day=1)
    licensing.take_licence(code="lab-a-soak", tariff="soak", licensee="lab-a", starts=starts, by=user)
    if deposit:
        _pays(desk, deposit)
    client = licensing.create_client(licensee="lab-a", name="crawler", by=user)
    edge = usage.register_edge(site="harbour", name="the soak's", by=user)
    folder.mkdir(parents=True)
    (folder / "quire-edge.toml").write_text(edge.configuration)
    (folder / "quire-edge.key").write_text(json.dumps(edge.private_jwk))
    (folder / "quire-edge.key").chmod(0o600)
    return {"client": client.client.tid, "secret": client.secret, "edge": edge.tid, "fsync": _durability()}


def _pays(desk: Any, deposit: str) -> None:
    from quire.society.invoicing import actions as invoicing
    from quire.society.kit import clock

    desk.price("/", PRICE)
    invoicing.deposit(
        licensee="lab-a", amount=deposit, currency="EUR", received_on=clock.today(),
        reference="SOAK", by=desk.user,
    )  # fmt: skip


def _durability() -> list[str]:
    """What PostgreSQL says of waiting for the disk: this soak is about a durable one."""
    from django.db import connection

    with connection.cursor() as run:
        settings = []
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            run.execute(f"SHOW {name}")
            settings.append(str(run.fetchone()[0]))
    return settings


def tell(folder: Path) -> dict[str, Any]:
    """Compact the rest, and hold what the lake has against what the crawlers noted."""
    from quire.society import audit
    from quire.society.usage import actions, queries
    from quire.society.usage.models import LakeFile

    actions.compact()
    paths = [str(path) for path in LakeFile.objects.order_by("id").values_list("path", flat=True)]
    account = queries.account_of_everything()
    (edge,) = queries.edges()
    return {
        **_held_against(paths, folder),
        "account": account.as_json(),
        "through": {one.spool: one.through for one in edge.spools},
        "compacted": {one.spool: one.compacted for one in edge.spools},
        "lost": sum(one.lost for one in edge.spools),
        "replays": sum(one.replays for one in edge.spools),
        "gaps": sum(one.gaps for one in edge.spools),
        "differs": sum(one.differs for one in edge.spools),
        "alarms": list(edge.alarms()),
        "findings": audit.findings(),
        "durability": _durability(),
        "credit": _credit(),
        "refused": _refused(),
    }


def _refused() -> dict[str, int]:
    """Requests that the edge refused, by code."""
    from quire.society.kit import config
    from quire.society.usage import lake
    from quire.society.usage.models import VisitFile

    files = [str(config.home() / path) for path in VisitFile.objects.values_list("path", flat=True)]
    if not files:
        return {}
    with lake.connect() as db:
        query = "SELECT coalesce(code, heading), count(*) FROM read_parquet(?) GROUP BY ALL ORDER BY ALL"
        return dict(db.execute(query, [files]).fetchall())


def _held_against(paths: list[str], folder: Path) -> dict[str, Any]:
    """DuckDB's answer: ids answered that are there not once, and ids there that nobody was answered."""
    from quire.society.usage import lake

    with lake.reading(paths) as db:
        for name in ("answered", "broken"):
            db.execute(
                # sql: this file's own words
                f"CREATE TABLE {name} AS SELECT id FROM read_csv('{folder}/{name}-*', header = false, "
                "columns = {'id': 'VARCHAR'}, auto_detect = false, delim = ',', quote = '', escape = '')"
            ).fetchall()
        db.execute(
            "CREATE TABLE there AS SELECT request AS id, count(*) AS rows, sum(count) AS times, "
            "bool_and(status = 200) AS good, sum(charged) AS charged FROM usage GROUP BY request"
        ).fetchall()

        def one(query: str) -> int:
            ((number,),) = db.execute(f"SELECT {query}").fetchall()
            return int(number or 0)

        return {
            "answered": one("count(*) FROM answered"),
            "answered, different": one("count(DISTINCT id) FROM answered"),
            "broken": one("count(*) FROM broken"),
            "there": one("count(*) FROM there"),
            "rows": one("count(*) FROM usage"),
            "missing": one("count(*) FROM answered ANTI JOIN there USING (id)"),
            "not once": one("count(*) FROM there WHERE rows <> 1 OR times <> 1 OR NOT good OR id IS NULL"),
            "extra": one("count(*) FROM there ANTI JOIN answered USING (id)"),
            "extra, not broken": one(
                "count(*) FROM there ANTI JOIN answered USING (id) ANTI JOIN broken USING (id)"
            ),
            "charged": one("sum(charged) FROM usage"),
            "not charged": one("count(*) FROM usage WHERE charged IS NULL"),
        }


def _credit() -> dict[str, Any]:
    """Settle what is charged; what the licensee's balance is then."""
    from quire.society.invoicing import actions, queries
    from quire.society.invoicing.models import CrawlCharge

    if not queries.balances("lab-a"):
        return {}
    settled = actions.settle_crawls(by=None)
    (now,) = queries.balances("lab-a")
    return {
        "problems": list(settled.problems),
        "booked": sum(CrawlCharge.objects.values_list("amount", flat=True)),
        "balance": now.balance,
        "aside": now.aside,
        "available": now.available,
    }


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps({"found": found, "tell": tell}[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])))
