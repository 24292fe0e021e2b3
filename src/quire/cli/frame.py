"""What every command of the society shares: Django set up, errors as one line, data out, progress aside."""

from __future__ import annotations

import functools
import inspect
import itertools
import json
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from quire.cli import UNREAD, unread
from quire.core.errors import QuireError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")]
By = Annotated[str, typer.Option("--by", envvar="QUIRE_USER", help="The user who acts.")]
_Csv = Annotated[bool, typer.Option("--csv", help="Print a table as CSV instead of text.")]
LISTS = frozenset({
    "list", "successions", "claims", "payments", "debts", "trial-balance", "history", "allowances",
    "deviations", "invitations",
})  # fmt: skip
"""The verbs of commands whose answer is a list."""
_as_csv = False
_named = ""
_trailed = False
Skip = Annotated[bool, typer.Option("--skip-refused", help="Take the good rows, name the others.")]


class _Out(Console):
    """Answers. Where nobody reads them any more, ``quire.cli.main`` ends the command."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


out = _Out(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 220)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def furnish() -> None:
    """Set Django up; the embedded database starts here where it is the one in use."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quire.society.settings")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import django

        django.setup()


def command(
    app: typer.Typer, name: str, before: Callable[[], None] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command: furnish the house first, and end an error as one line and its exit code.

    ``before`` runs before the settings are read.
    """

    def wrap(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:
            global _as_csv
            _as_csv = kwargs.pop("list_as_csv", False)
            try:
                if before:
                    before()
                furnish()
                try:
                    function(*args, **kwargs)
                finally:
                    _leave_the_trail()
            except QuireError as problem:
                fail(problem, as_json=bool(kwargs.get("as_json")))
            except _outside() as problem:
                if isinstance(problem, BrokenPipeError) and unread():
                    raise typer.Exit(UNREAD) from problem
                err.print(f"quire: {_plain(problem)}", markup=False)
                raise typer.Exit(1) from problem
            except Exception as problem:  # whatever it is, a person gets a line; QUIRE_DEBUG=1 gives the rest
                if os.environ.get("QUIRE_DEBUG") == "1" or isinstance(problem, (typer.Exit, typer.Abort)):
                    raise
                told = f"{type(problem).__name__}: {_plain(problem)}"
                err.print(
                    f"quire: a defect in Quire itself ({told}). QUIRE_DEBUG=1 shows where.", markup=False
                )
                raise typer.Exit(1) from problem

        if name in LISTS:
            _offer_csv(run, function)
        app.command(name)(run)
        return run

    return wrap


def _offer_csv(run: Callable[..., None], function: Callable[..., None]) -> None:
    """Give a command that lists the option ``--csv``, unless it has one of its own."""
    told = inspect.signature(function, eval_str=True)
    if {"csv", "as_csv"} & told.parameters.keys():
        return
    added = inspect.Parameter("list_as_csv", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_Csv)
    run.__signature__ = told.replace(parameters=[*told.parameters.values(), added])  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in run.__signature__.parameters.values()}  # type: ignore[attr-defined]


def _words(one: Any) -> str:
    several = one.values() if isinstance(one, dict) else one if isinstance(one, (list, tuple)) else (one,)
    return " ".join(map(str, several))


def _print_csv(rows: Sequence[dict[str, Any]]) -> None:
    """A row for each thing that is listed; what is several things in itself has semicolons between them."""
    from quire.society.kit import sheets

    def cell(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return "; ".join(_words(one) for one in value)
        if isinstance(value, dict):
            return "; ".join(f"{key} {one}" for key, one in value.items())
        return "" if value is None else value

    data = sheets.table(list(rows[0]) if rows else [], [[cell(one) for one in row.values()] for row in rows])
    print(data.decode(), end="")


def _outside() -> tuple[type[BaseException], ...]:
    """What may go wrong outside of Quire: the disk, the database's connection."""
    from django.db.utils import Error

    return (OSError, Error)


def _plain(problem: BaseException) -> str:
    first = str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
    if "does not exist" in first and "relation" in first:
        return "A table is missing: begin with quire init, or, after an update of Quire, with quire upgrade."
    if isinstance(problem, OSError) and problem.filename and problem.strerror:
        return f"{problem.filename} cannot be used: {problem.strerror}."
    if first.startswith("connection failed"):
        return f"The database does not answer; see that it runs and that DATABASE_URL is right ({first})."
    return first


def fail(problem: QuireError, *, as_json: bool = False) -> None:
    """One line on stderr (with refused rows below it), or a problem document, and the error's exit code."""
    if as_json:
        print(
            json.dumps(
                {"code": problem.code, "sentence": problem.sentence, **_printable(problem.data)},
                ensure_ascii=False,
                indent=2,
            )
        )
    else:
        several = problem.data.get("problems")
        several = several if isinstance(several, (list, tuple)) and len(several) > 1 else ()
        told = problem.sentence.removesuffix(" ".join(several)).rstrip()
        err.print(f"quire: {told}", markup=False)
        for one in several:
            err.print(f"  {one}", markup=False)
        refused = problem.data.get("refused")
        for row in refused if isinstance(refused, list) else []:
            err.print(f"  line {row['line']}: {row['reason']}", markup=False)
    raise typer.Exit(problem.exit_code)


def _printable(data: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(data, default=str))


def say(data: Any, lines: Iterable[str] | Table, *, as_json: bool) -> None:
    """The answer: ``data`` as one JSON document, a list as CSV on asking, or lines or a table for people."""
    if _as_csv and isinstance(data, list):
        _print_csv(data)
    elif as_json:
        print(json.dumps(data, ensure_ascii=False, indent=2, default=str))
    elif isinstance(lines, Table):
        out.print(lines if lines.row_count else "There is none.")
    else:
        for line in lines:
            out.print(line, markup=False)


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], right: Sequence[str] = ()
) -> Table:
    """A plain table; the columns named in ``right`` hold numbers."""
    made = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text(str(cell)) for cell in row))
    return made


@contextmanager
def progress(text: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr for what takes longer than a moment; gives ``update(done, whole)``."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(text, total=None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)


@contextmanager
def rehearsal(dry_run: bool) -> Iterator[None]:
    """With ``dry_run`` let the block write, have the database check all of it, and undo it."""
    if not dry_run:
        yield
        return
    from django.db import connection, transaction

    with transaction.atomic():
        yield
        connection.check_constraints()
        transaction.set_rollback(True)
    err.print("This was a dry run: nothing was written.", markup=False)


def many(number: int, noun: str) -> str:
    """``1 work``, ``2,000 works``, ``3 parties``."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {noun if number == 1 else plural}"


def money(quanta: int, currency: str) -> str:
    """``29,589.04 EUR``: exact, at least to the minor unit, thousands apart."""
    from quire.core.money import Money

    return Money(quanta, currency).grouped()


def acting(name: str) -> Any:
    """The user who acts; a sentence where none was named or none is known."""
    from quire.society.parties import queries as parties

    found = parties.acting(name)
    _tell_the_trail(found.username)
    return found


def begin(words: Sequence[str]) -> None:
    """Remember which command runs: its first words, as they were typed."""
    global _named
    said = list(itertools.takewhile(lambda word: re.fullmatch(r"[a-z]+(-[a-z]+)*", word), words[:2]))
    _named = " ".join(["quire", *said])


def _tell_the_trail(who: str) -> None:
    """What this command changes is written down as done by ``who`` and by it."""
    from quire.society.kit import trail

    global _trailed
    if _named:
        trail.say(who, _named)
        _trailed = True


def _leave_the_trail() -> None:
    """Whoever uses the connection next says for themselves who acts; a failed command's one is closed."""
    from django.db import connection

    from quire.society.kit import trail

    global _named, _trailed
    if _trailed and connection.connection is not None and not connection.in_atomic_block:
        try:
            trail.say("", "")
        except _outside():
            connection.close()
    _named, _trailed = "", False


def refused_lines(taken: Any) -> list[str]:
    """The rows that were left out, a line each."""
    return [f"  line {line}: {reason}" for line, reason in taken.refused]


def say_taken(
    taken: Any, what: str, *, dry_run: bool, as_json: bool, about: str = "", notes: Iterable[str] = ()
) -> None:
    """What came of a table: how many rows were taken, what they changed, and those that were not taken.

    ``about`` names what the rows are about where one row is not one of those; ``notes`` are worth a look.
    """
    verb = "would be taken" if dry_run else "taken"
    whole = taken.added + taken.changed + taken.unchanged
    rows = many(taken.taken, what) + (f" about {many(whole, about)}" if about else "")
    lines = [f"{rows} {verb}{_came_of(taken)}.", *(f"  {note}" for note in notes)]
    say(taken.as_json(), [*lines, *refused_lines(taken)], as_json=as_json)


def _came_of(taken: Any) -> str:
    """``: 2 new, 1 changed`` or ``, all as before``."""
    if not taken.added and not taken.changed:
        return ", all as before" if taken.unchanged else ""
    counts = ((taken.added, "new"), (taken.changed, "changed"), (taken.unchanged, "as before"))
    return ": " + ", ".join(f"{number:,} {word}" for number, word in counts if number)
