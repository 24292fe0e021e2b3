"""Parties, members, mandates, direct licences."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame, succession
from quire.cli.frame import By, DryRun, Json, Skip
from quire.cli.house import day


def register(app: typer.Typer) -> None:
    """The commands about people."""
    for name, help_, commands in (
        (
            "parties",
            "People and organisations: members, owners, licensees.",
            (
                ("import", parties_import),
                ("list", parties_list),
                ("find", parties_find),
                *succession.COMMANDS,
            ),
        ),
        (
            "members",
            "Who is a member.",
            (
                ("import", members_import),
                ("list", members_list),
                ("leave", members_leave),
                ("pseudonym", members_pseudonym),
            ),
        ),
        (
            "mandates",
            "Each member's yes and no, by use and licensee.",
            (("import", mandates_import), ("answer", mandates_answer)),
        ),
        ("direct", "Licences that members gave beside the society.", (("import", direct_import),)),
    ):
        group = typer.Typer(help=help_, no_args_is_help=True)
        for verb, function in commands:
            frame.command(group, verb)(function)
        app.add_typer(group, name=name)


def parties_import(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Register parties from CSV or JSON."""
    from quire.society.parties import actions

    taken = actions.import_parties(path=file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run)
    frame.say_taken(taken, "party", dry_run=dry_run, as_json=as_json)


def parties_list(as_json: Json = False) -> None:
    """Every party."""
    from quire.society.parties import queries

    _say_parties(list(queries.names().values()), as_json=as_json)


def parties_find(
    text: Annotated[str, typer.Argument(help="A code, an id, a number such as ipi:00024255235, or a name.")],
    as_json: Json = False,
) -> None:
    """Who goes by this code, number or name?"""
    from quire.society.parties import queries

    _say_parties(queries.find(text), as_json=as_json)


def _say_parties(found: list[Any], *, as_json: bool) -> None:
    from quire.society.parties import queries

    numbers = queries.identifiers(one.id for one in found)
    frame.say(
        [
            {
                "id": o.tid,
                "code": o.code,
                "name": o.name,
                "kind": o.kind,
                "identifiers": numbers.get(o.id, {}),
            }
            for o in found
        ],
        frame.table(
            "",
            ("code", "name", "kind", "id", "known as"),
            [(o.code, o.name, o.kind, o.tid, _numbers(numbers.get(o.id, {}))) for o in found],
        ),
        as_json=as_json,
    )


def _numbers(known: dict[str, str]) -> str:
    return " ".join(f"{scheme}:{value}" for scheme, value in known.items())


def members_import(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Register applicants from CSV or JSON and judge each by the criteria; every reason is given."""
    from quire.society.membership import actions

    taken = actions.import_members(path=file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run)
    counts = (
        f"{taken.admitted} admitted, {taken.unchanged} were members already, {taken.left} have left; "
        f"{len(taken.applicants_refused)} refused by the criteria."
    )
    lines = [counts]
    for one in taken.applicants_refused:
        lines += [f"  line {one.line}, {one.code}: {' '.join(one.reasons)}"]
    frame.say(taken.as_json(), [*lines, *frame.refused_lines(taken)], as_json=as_json)


def members_list(as_json: Json = False) -> None:
    """Members of today, from when until when."""
    from quire.society.kit import clock
    from quire.society.membership import queries

    found = queries.members_on(clock.today())
    frame.say(
        [
            {
                "code": o.party.code,
                "name": o.party.name,
                "kind": o.party.kind,
                "from": o.starts,
                "until": o.ends,
            }
            for o in found
        ],
        frame.table(
            "",
            ("code", "name", "kind", "from", "until"),
            [(o.party.code, o.party.name, o.party.kind, o.starts, o.ends or "") for o in found],
        ),
        as_json=as_json,
    )


def members_leave(
    member: str,
    until: Annotated[str, typer.Option(help="First day out.")],
    notice: Annotated[str, typer.Option(help="When notice was given.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """A member gives notice and leaves; its mandates end with it."""
    from quire.society.mandates import actions

    with frame.rehearsal(dry_run):
        actions.leave(member=member, notice_on=day(notice), ends=day(until), by=frame.acting(by))
    frame.say(
        {"member": member, "until": until},
        [f"{member} leaves on {until}; its mandates end then."],
        as_json=as_json,
    )


def members_pseudonym(
    member: Annotated[str, typer.Argument(help="A member's code.")],
    on: Annotated[bool, typer.Option("--on/--off", help="Take one, or give it up.")] = True,
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """From the next run on, have a member stand in published bundles by a pseudonym."""
    from quire.society.parties import actions

    with frame.rehearsal(dry_run):
        made = actions.set_pseudonym(party=member, on=on, by=frame.acting(by))
    told = f"{member} stands in bundles by {made.name if made and on else 'its own id'} from the next run on."
    frame.say({"member": member, "pseudonym": made.name if made else None, "on": on}, [told], as_json=as_json)


def mandates_import(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Take members' answers from CSV or JSON."""
    from quire.society.mandates import actions

    taken = actions.import_mandates(
        path=file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run
    )
    notes = [f"line {line}: {why}" for line, why in taken.not_revived]
    frame.say_taken(taken, "row", about="answer", dry_run=dry_run, as_json=as_json, notes=notes)


def mandates_answer(
    member: str,
    use: Annotated[str, typer.Argument(help="ai-train, ai-input, ai-index, search or all.")],
    answer: Annotated[str, typer.Argument(help="yes or no")],
    starts: Annotated[str, typer.Option("--from", help="The first day of the answer.")],
    licensee: Annotated[str, typer.Option(help="A licensee's code; all of them if left out.")] = "",
    until: Annotated[str, typer.Option(help="First day out; open if left out.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """One answer: yes or no to a use, by one licensee or all."""
    from quire.society.mandates import actions

    with frame.rehearsal(dry_run):
        actions.answer(
            member=member,
            use=use,
            licensee=licensee or None,
            answer=_yes(answer),
            starts=day(starts),
            ends=day(until) if until else None,
            by=frame.acting(by),
        )
    frame.say(
        {"member": member, "use": use, "answer": answer},
        [f"{member} says {answer} to {use} by {licensee or 'any licensee'} from {starts}."],
        as_json=as_json,
    )


def _yes(answer: str) -> bool:
    from quire.core.errors import Invalid

    if answer not in {"yes", "no"}:
        raise Invalid(f"The answer is yes or no, not {answer!r}.")
    return answer == "yes"


def direct_import(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Record licences that members gave beside the society, from CSV or JSON."""
    from quire.society.mandates import actions

    taken = actions.import_direct_licences(
        path=file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run
    )
    frame.say_taken(taken, "direct licence", dry_run=dry_run, as_json=as_json)
