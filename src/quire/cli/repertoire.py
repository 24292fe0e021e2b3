"""Works, looking URLs up, and the registry in bulk."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from quire.cli import agreements, frame, sites
from quire.cli.frame import By, DryRun, Json, Skip

Exact = Annotated[
    bool, typer.Option("--exact", help="Refuse shares that were rounded; without it they are made whole.")
]


def register(app: typer.Typer) -> None:
    """The commands of the repertoire."""
    sites.register(app)
    agreements.register(app)
    works = typer.Typer(help="Works, who owns them, and which URL is whose.", no_args_is_help=True)
    frame.command(works, "import")(works_import)
    frame.command(works, "shares")(works_shares)
    frame.command(works, "find")(works_find)
    app.add_typer(works, name="works")
    registry = typer.Typer(help="What may be used, by whom, at what price: in bulk.", no_args_is_help=True)
    frame.command(registry, "lookup")(registry_lookup)
    frame.command(registry, "snapshot")(registry_snapshot)
    app.add_typer(registry, name="registry")


def works_import(
    file: Path,
    exact: Exact = False,
    by: By = "",
    skip_refused: Skip = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Register works from CSV or JSON."""
    from quire.society.repertoire import actions

    user = frame.acting(by)
    taken = actions.import_works(file, by=user, skip_refused=skip_refused, dry_run=dry_run, exact=exact)
    notes = [one.sentence() for one in taken.normalised]
    frame.say_taken(taken, "work", dry_run=dry_run, as_json=as_json, notes=notes)


def works_shares(
    file: Path,
    exact: Exact = False,
    by: By = "",
    skip_refused: Skip = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Who owns which part of a work from a date, from CSV or JSON; the parts sum to one, or within 0.06 %."""
    from quire.society.repertoire import actions

    user = frame.acting(by)
    taken = actions.import_shares(file, by=user, skip_refused=skip_refused, dry_run=dry_run, exact=exact)
    notes = [one.sentence() for one in taken.normalised]
    frame.say_taken(taken, "share", about="work", dry_run=dry_run, as_json=as_json, notes=notes)


def works_find(urls: list[str], as_json: Json = False) -> None:
    """Whose is this URL? The exact work, else the site whose longest pattern fits, else nobody's."""
    from quire.society.repertoire import queries

    found = queries.lookup(urls)
    rows = [(o.url, o.problem or o.title or "", o.tier or "", o.member or "", o.site or "") for o in found]
    frame.say(
        [{name: getattr(o, name) for name in o.__dataclass_fields__} for o in found],
        frame.table("", ("asked", "work", "tier", "member", "site"), rows),
        as_json=as_json,
    )


def registry_lookup(
    file: Path,
    licensee: Annotated[
        str, typer.Option(help="On whose behalf, by code; without it what holds for all.")
    ] = "",
    use: Annotated[str, typer.Option(help="One use; all of them without it.")] = "all",
) -> None:
    """May these URLs be used? A file with one on a line; the answers are JSON, one on a line, in order."""
    from quire.core.terms import uses_of
    from quire.society.licensing import registry
    from quire.society.parties import queries as parties

    asker, uses = registry.Asker(), uses_of(use)
    if licensee:
        party = parties.party(licensee)
        asker = registry.Asker.of(party.id, party.tid)
    with file.open(encoding="utf-8", errors="replace") as lines:
        urls = (text for line in lines if (text := line.strip()))
        for answer in registry.answers(urls, asker, uses):
            sys.stdout.write(answer.decode() + "\n")


def registry_snapshot(as_json: Json = False) -> None:
    """Make and sign the registry's snapshot, which crawlers fetch to look up without asking."""
    from quire.society.licensing import snapshot

    made = snapshot.make()
    size = made.parquet.stat().st_size
    data = {"parquet": str(made.parquet), "rows": made.rows, "bytes": size, "digest": f"sha256:{made.digest}"}
    frame.say(data, [f"{made.parquet}: {frame.many(made.rows, 'row')}, {size:,} bytes."], as_json=as_json)
