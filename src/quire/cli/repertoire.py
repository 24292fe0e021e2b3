"""Sites, works, and looking URLs up."""

from __future__ import annotations

from pathlib import Path

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json, Skip


def register(app: typer.Typer) -> None:
    """The commands of the repertoire."""
    sites = typer.Typer(help="Hosts and parts of hosts, with their owners.", no_args_is_help=True)
    frame.command(sites, "import")(sites_import)
    works = typer.Typer(help="Works, who owns them, and which URL is whose.", no_args_is_help=True)
    frame.command(works, "import")(works_import)
    frame.command(works, "shares")(works_shares)
    frame.command(works, "find")(works_find)
    app.add_typer(sites, name="sites")
    app.add_typer(works, name="works")


def sites_import(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Register sites from CSV or JSON."""
    from quire.society.repertoire import actions

    taken = actions.import_sites(file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run)
    frame.say_taken(taken, "site", dry_run=dry_run, as_json=as_json)


def works_import(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Register works from CSV or JSON."""
    from quire.society.repertoire import actions

    taken = actions.import_works(file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run)
    frame.say_taken(taken, "work", dry_run=dry_run, as_json=as_json)


def works_shares(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Who owns which part of a work from a date, from CSV or JSON; the parts sum to exactly one."""
    from quire.society.repertoire import actions

    taken = actions.import_shares(file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run)
    frame.say_taken(taken, "share", about="work", dry_run=dry_run, as_json=as_json)


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
