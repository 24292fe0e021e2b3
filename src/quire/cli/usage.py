"""Usage files in, and the account of every line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.edges import usage_forget
from quire.cli.frame import By, DryRun, Json


def register(app: typer.Typer) -> None:
    """The commands of usage."""
    group = typer.Typer(help="Usage: access logs and counts, each line accounted for.", no_args_is_help=True)
    for verb, function in (
        ("import", usage_import),
        ("account", usage_account),
        ("list", usage_list),
        ("aside", usage_aside),
        ("rematch", usage_rematch),
        ("withdraw", usage_withdraw),
        ("forget", usage_forget),
    ):
        frame.command(group, verb)(function)
    app.add_typer(group, name="usage")


def usage_import(
    files: list[Path],
    host: Annotated[str, typer.Option(help="The host, where the lines do not say.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Import access logs (Apache or nginx, plain or gzip) or hourly counts.

    A file is taken once; an import that was interrupted goes on where it was. How far it is, is shown on
    stderr where that is a terminal. Of long logs lines are read on every core.
    """
    from quire.society.usage import actions
    from quire.society.usage.formats import safe

    user = frame.acting(by)
    told: list[dict[str, Any]] = []
    lines: list[str] = []
    for file in files:
        name = safe(file.name)
        with frame.progress(name) as update:
            result = actions.import_file(file, host=host or None, by=user, dry_run=dry_run, progress=update)
        how = "imported" if result.fresh else "was imported before; nothing changed"
        if dry_run:
            how = "would be imported so"
        told.append(
            {
                "file": name,
                "import": None if dry_run else result.imported.tid,
                "fresh": result.fresh,
                "resumed": result.resumed,
                "account": result.account.as_json(),
            }
        )
        lines += [f"{name}: {how}.", *(f"  {sentence}" for sentence in result.account.sentences())]
        kept = result.account["unreadable"].lines + result.account["conflicting"].lines
        if kept and not dry_run:
            lines.append(f"  What could not be counted, and why: quire usage aside {result.imported.tid}")
    frame.say(told, lines, as_json=as_json)


def usage_account(
    period: Annotated[str, typer.Option(help="Only this period, by operator and use.")] = "",
    as_json: Json = False,
) -> None:
    """What became of all usage, by the licences and mandates as they are on record now."""
    from quire.society.kit import periods
    from quire.society.parties import queries as parties
    from quire.society.usage import queries

    if not period:
        found = queries.account_of_everything()
        frame.say(found.as_json(), found.sentences(), as_json=as_json)
        return
    span = periods.parse(period)
    totals = queries.totals(span.starts, span.ends)
    columns = ("heading", "operator", "licensee", "use", "lines", "requests")
    codes = {one.tid: one.code for one in parties.names().values()}
    rows = [(o.heading, o.operator, codes.get(o.licensee, ""), o.use, o.lines, o.requests) for o in totals]
    frame.say(
        [dict(zip(columns, row, strict=True)) for row in rows],
        frame.table("", columns, rows, right=("lines", "requests")),
        as_json=as_json,
    )


def usage_list(as_json: Json = False) -> None:
    """Every file imported, those withdrawn with the reason."""

    from quire.society.usage import queries
    from quire.society.usage.formats import safe

    columns = ("file", "host", "format", "lines", "finished", "withdrawn", "id")
    rows = [
        (safe(o.name), o.host, o.format, o.lines, "yes" if o.finished else "no",
         safe(o.withdrawn_reason, 300), o.tid)
        for o in queries.imports()
    ]  # fmt: skip
    frame.say(
        [dict(zip(columns, row, strict=True)) for row in rows],
        frame.table("", columns, rows, right=("lines",)),
        as_json=as_json,
    )


def usage_aside(
    name: Annotated[str, typer.Argument(metavar="IMPORT", help="An import's id, from quire usage list.")],
    heading: Annotated[str, typer.Option(help="unreadable or conflicting; both if left out.")] = "",
    as_json: Json = False,
) -> None:
    """The lines of a file that could not be counted, each with its reason."""
    from quire.society.usage import queries

    found = list(queries.set_aside(name, heading))
    rows = [(o.line, o.heading, o.reason, o.excerpt) for o in found]
    columns = ("line", "heading", "reason", "excerpt")
    frame.say(
        [dict(zip(columns, row, strict=True)) for row in rows],
        [f"line {line}: {reason} {excerpt}" for line, _, reason, excerpt in rows],
        as_json=as_json,
    )


def usage_rematch(by: By = "", as_json: Json = False) -> None:
    """Give usage imported earlier to works and sites registered since."""
    from quire.society.usage import actions

    moved = actions.rematch(by=frame.acting(by))
    frame.say(
        {"imports": moved.imports, "lines": moved.lines, "requests": moved.requests},
        [f"{moved.lines:,} lines ({moved.requests:,} requests) in {moved.imports} files changed owner."],
        as_json=as_json,
    )


def usage_withdraw(
    name: Annotated[str, typer.Argument(metavar="IMPORT", help="An import's id, from quire usage list.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take the usage of an import out of the count: the wrong file, or the wrong host.

    Nothing is deleted, and the file may be imported again. A run that has closed stays as it is.
    """
    from quire.society.usage import actions, queries
    from quire.society.usage.formats import safe

    result = actions.withdraw(name, reason=reason, by=frame.acting(by), dry_run=dry_run)
    file = safe(queries.find(name).name)
    verb = "would no longer count" if dry_run else "no longer count"
    said = f"{file}: {frame.many(result.lines, 'line')} ({result.requests:,} requests) {verb}."
    if not result.fresh:
        said = f"{file}: was withdrawn before; nothing changed."
    frame.say(
        {"import": name, "lines": result.lines, "requests": result.requests, "fresh": result.fresh},
        [said],
        as_json=as_json,
    )
