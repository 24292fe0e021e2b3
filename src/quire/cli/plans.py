"""Looking at a plan before anybody adopts it: whether it can work, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from quire.cli import frame
from quire.cli.frame import Json
from quire.core.errors import Invalid

if TYPE_CHECKING:
    from quire.core.plan import Plan

PlanFile = Annotated[
    str, typer.Argument(help="A TOML file, the name of an adopted plan, or per-usage, tiered, hybrid.")
]


def text_of(file: str) -> str:
    """The text of a file, of a plan shipped with Quire, or of the newest adopted one of a name or digest."""
    from importlib.resources import files
    from pathlib import Path

    shipped = files("quire.core") / "plans" / f"{file}.toml"
    if file.replace("-", "").isidentifier() and shipped.is_file():
        return shipped.read_text("utf-8")
    try:
        return Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        if adopted := _adopted(file):
            return adopted
        raise Invalid(
            f"{file} is neither a readable file nor an adopted plan (quire plan list) nor one shipped with "
            "Quire: per-usage, tiered, hybrid."
        ) from problem


def _adopted(name: str) -> str:
    """Empty where there is none of that name, or no society here to ask."""
    from django.db import Error

    from quire.society.distribution import queries

    try:
        found = [one.text for one in queries.plans() if name in (one.name, one.digest)]
    except Error:
        return ""
    return found[-1] if found else ""


def _must_fit(plan: Plan) -> None:
    """Refuse what could not divide the licences in force from today on; all is well without a society."""
    from django.db import Error

    from quire.society.distribution import fitting
    from quire.society.kit import clock

    try:
        found = list(fitting.unfit(plan, fitting.in_force_from(clock.today())))
    except Error:
        return
    if found:
        raise Invalid(" ".join(found))


def explain(file: PlanFile, as_json: Json = False) -> None:
    """A plan in sentences, and what becomes of 1.00; or everything that keeps it from working."""
    from quire.core.plan import Plan, picture

    plan = Plan.parse(text_of(file))
    drawn = picture(plan)
    frame.say(
        {"name": plan.name, "digest": plan.digest, "sentences": plan.sentences(), "picture": drawn},
        [*plan.sentences(), "", *drawn],
        as_json=as_json,
    )


def check(
    file: PlanFile,
    members: Annotated[int, typer.Option(help="How many members are expected in a share.", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """Whether a plan can work, with the licences on record: every problem in a sentence, and exit code 4 if
    there is one."""
    from quire.core.plan import Plan, fitting

    plan = Plan.parse(text_of(file))
    _must_fit(plan)
    notes = [*fitting.idle(plan), *(fitting.notes(plan, members) if members else ())]
    frame.say(
        {"name": plan.name, "digest": plan.digest, "notes": notes},
        [f"The plan “{plan.name}” can work.", *(f"  ! {note}" for note in notes)],
        as_json=as_json,
    )
