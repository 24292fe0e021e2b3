"""Surveys: designs, samples, reports and estimates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json, Skip

_Name = Annotated[str, typer.Argument(help="The survey's name.")]


def register(app: typer.Typer) -> None:
    """The commands of surveys."""
    group = typer.Typer(
        help="Surveys: what the works were used, from the reports of some.", no_args_is_help=True
    )
    for verb, function in (
        ("draft", draft),
        ("publish", publish),
        ("draw", draw),
        ("report", report),
        ("close", close),
        ("reconcile", reconcile),
        ("show", show),
        ("list", list_surveys),
    ):
        frame.command(group, verb)(function)
    app.add_typer(group, name="surveys")


def draft(
    name: _Name,
    units: Annotated[Path, typer.Argument(help="CSV or JSON: unit, stratum, fee, requests, take, licensee.")],
    period: Annotated[str, typer.Option(help="2026-Q1, 2026-03 or 2026.")],
    size: Annotated[int, typer.Option(help="How many units are asked in all.")],
    currency: Annotated[str, typer.Option(help="Of the fees.")] = "EUR",
    measure: Annotated[str, typer.Option(help="requests, or value: each fee divided by use.")] = "requests",
    method: Annotated[str, typer.Option(help="ratio, or ht (Horvitz-Thompson).")] = "ratio",
    auxiliary: Annotated[str, typer.Option(help="What the ratio is against: fee or requests.")] = "fee",
    beacon: Annotated[str, typer.Option(help="A public number to come that is mixed into the draw.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Draft a design from a list of units; a draft of that name is drafted anew."""
    from quire.society.surveys import actions, queries

    with frame.rehearsal(dry_run):
        actions.draft(
            units, name=name, period=period, size=size, currency=currency, measure=measure, method=method,
            auxiliary=auxiliary, beacon=beacon, by=frame.acting(by),
        )  # fmt: skip
        made = queries.design_of(name)
    strata = [
        {
            "stratum": one.name,
            "units": len(one.units),
            "asked": made.sizes[one.name],
            "take all": one.take_all,
        }
        for one in made.strata
    ]
    lines = [
        f"{name}: {made.size} of {frame.many(sum(len(s.units) for s in made.strata), 'unit')} are asked."
    ]
    lines += [f"  {s['stratum']}: {s['asked']} of {s['units']}" for s in strata]
    frame.say(
        {"survey": name, "digest": made.digest, "size": made.size, "strata": strata, **_bias(made)},
        [*lines, *_bias_line(made)],
        as_json=as_json,
    )


def _bias(design: Any) -> dict[str, str]:
    from quire.core import survey

    return {"bias at most": _decimal(survey.bias_bound(design))} if design.method == "ratio" else {}


def _bias_line(design: Any) -> list[str]:
    told = _bias(design).get("bias at most")
    return [f"  The ratio's bias is at most {_short(told)} of a standard error."] if told else []


def publish(name: _Name, by: By = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """Publish the design's digest and the commitment to its seed: neither changes any more."""
    from quire.society.surveys import actions, queries

    with frame.rehearsal(dry_run):
        actions.publish(name=name, by=frame.acting(by))
        found = queries.survey_row(name)
    lines = [f"{name} is published.", f"  design      {found.digest}", f"  seed's      {found.commitment}"]
    frame.say(_row(found), lines, as_json=as_json)


def draw(
    name: _Name,
    beacon_value: Annotated[str, typer.Option(help="What the design's beacon came to.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Draw the sample, and say the seed."""
    from quire.society.surveys import actions, queries

    with frame.rehearsal(dry_run):
        drawn = actions.draw(name=name, beacon_value=beacon_value, by=frame.acting(by))
        found = queries.survey_row(name)
    lines = [f"{frame.many(len(drawn), 'unit')} drawn with the seed {found.seed}:"]
    frame.say({**_row(found), "drawn": drawn}, [*lines, *(f"  {u}" for u in drawn)], as_json=as_json)


def report(
    name: _Name,
    file: Annotated[Path, typer.Argument(help="CSV or JSON: unit, work, requests.")],
    skip_refused: Skip = False,
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Record what units of the sample used; a unit's rows take the place of its earlier report."""
    from quire.society.surveys import actions

    with frame.rehearsal(dry_run):
        account = actions.import_reports(file, name=name, by=frame.acting(by), skip_refused=skip_refused)
    counts = (("new", account.added), ("replaced", account.replaced), ("as before", account.unchanged))
    told = ", ".join(f"{len(several)} {word}" for word, several in counts if several) or "none"
    lines = [f"Reports: {told}. {frame.many(len(account.missing), 'unit')} asked, not reported yet."]
    frame.say(account.as_json(), [*lines, *frame.refused_lines(account)], as_json=as_json)


def close(name: _Name, by: By = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """End the survey with what was reported, and estimate."""
    from quire.society.surveys import actions, queries

    with frame.rehearsal(dry_run):
        found = actions.close(name=name, by=frame.acting(by))
        row = queries.survey_row(name)
    frame.say({**_row(row), "estimates": _records(found)}, _estimates(found), as_json=as_json)


def reconcile(
    name: _Name,
    file: Annotated[Path, typer.Argument(help="CSV or JSON of every unit: unit, work, requests.")],
    post: Annotated[
        bool, typer.Option(help="Claim that closed runs by this survey are put right in a later one.")
    ] = False,
    run: Annotated[str, typer.Option(help="With --post: of this closed run alone, or latest.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """A closed survey's estimates beside a census that came later: the difference, and whether the interval
    held it. With --post, a correction of each closed run by it, for a second person to accept."""
    from quire.core.shares import share_text
    from quire.society.surveys import queries

    found = queries.reconcile(name, file)
    held = sum(one.within for one in found)
    said = [f"The intervals of {held} of {len(found)} held what was counted."]
    told = [
        {"subject": o.subject, "estimate": share_text(o.estimated), "counted": share_text(o.counted),
         "change": share_text(o.change), "within": o.within}
        for o in found
    ]  # fmt: skip
    filed = _post(name, file, run, by, dry_run) if post else []
    for one in filed:
        said += [f"{one['correction']} corrects {one['run']}; somebody else accepts it. It changes:"]
        said += [f"  {o['whom']}: {o['amount'][:-10]} {o['currency']}" for o in one["changes"]]
        said += [f"  nothing for {other}: nobody here has it" for other in one["left out"]]
    answer = {"survey": name, "within": held, "differences": told}
    frame.say({**answer, "corrections": filed} if post else answer, said, as_json=as_json)
    if not as_json:
        frame.say(None, _differences(found), as_json=False)


def _post(name: str, file: Path, run: str, by: str, dry_run: bool) -> list[dict[str, Any]]:
    """File a claim for each run, or say what it would be."""
    from quire.core.errors import Invalid
    from quire.core.money import decimal_of
    from quire.society.distribution import actions, queries
    from quire.society.surveys.actions import record_census

    made = []
    with frame.rehearsal(dry_run):
        census = record_census(file, name=name, by=frame.acting(by))
        runs = [run] if run else queries.runs_by_survey(name)
        if not runs:
            raise Invalid(f"No closed run has divided by the survey {name}.")
        for one in runs:
            claim = actions.file_reconciliation(run=one, census=census.tid, by=frame.acting(by))
            changes = [
                {"whom": o.whom, "currency": o.currency, "amount": decimal_of(o.amount)}
                for o in queries.changes_of(claim.tid)
            ]
            made.append(
                {"correction": claim.tid, "run": claim.run.tid, "changes": changes,
                 "left out": queries.left_out_of(claim.tid)}
            )  # fmt: skip
    return made


def show(name: _Name, as_json: Json = False) -> None:
    """A survey: its stage, its units, and of a closed one the estimates."""
    from quire.core import survey
    from quire.society.surveys import queries

    row, units = queries.survey_row(name), queries.units(name)
    found = survey.estimates(queries.frozen(name)) if row.stage == "closed" else {}
    told = [
        {"unit": u.code, "stratum": u.stratum, "fee": frame.money(u.fee, row.currency), "drawn": u.drawn,
         "reported": u.reports > 0}
        for u in units
    ]  # fmt: skip
    if as_json:
        frame.say({**_row(row), "units": told, "estimates": _records(found)}, [], as_json=True)
        return
    lines = [f"{row.name} is {row.stage}.", *(f"  {word:17} {value}" for word, value in _words(row) if value)]
    asked = [u for u in units if u.drawn]
    missing = [u.code for u in asked if not u.reports]
    lines.append(f"  {'units':17} {len(units)}, of them {len(asked)} drawn, {len(missing)} missing")
    frame.say(None, [*lines, *(f"    not reported: {code}" for code in missing)], as_json=False)
    if found:
        frame.say(None, _estimates(found), as_json=False)


def _words(row: Any) -> list[tuple[str, Any]]:
    """What a survey is, as a person asks for it."""
    methods = {"ratio": f"the ratio to each unit's {row.auxiliary}", "ht": "Horvitz-Thompson"}
    measures = {"requests": "requests", "value": f"value: each fee, in {row.currency}, divided by use"}
    return [
        ("period", f"{row.starts} until {row.ends}"),
        ("measures", measures[row.measure]),
        ("estimates by", methods[row.method]),
        ("asks", frame.many(row.size, "unit")),
        ("beacon", " = ".join(filter(None, (row.beacon, row.beacon_value)))),
        ("design's digest", row.digest),
        ("seed", row.seed),
        ("seed's commitment", row.commitment),
        ("estimates' digest", row.estimates_digest),
    ]


def list_surveys(as_json: Json = False) -> None:
    """Every survey."""
    from quire.society.surveys import queries

    found = queries.surveys()
    rows = [(o.name, o.stage, f"{o.starts} until {o.ends}", o.measure, o.method, o.size) for o in found]
    columns = ("survey", "stage", "period", "measure", "method", "asked")
    frame.say([_row(one) for one in found], frame.table("", columns, rows, right=("asked",)), as_json=as_json)


def _row(row: Any) -> dict[str, Any]:
    return {key.replace("_", " "): value for key, value in asdict(row).items()}


def _records(found: Any) -> list[dict[str, Any]]:
    from quire.core import survey

    return [survey.estimate_record(one) for one in found.values()]


def _named(subjects: Iterable[str]) -> dict[str, str]:
    """What people call works and sites, by id: of one that is not on record any more, its id."""
    from quire.society.kit import ids
    from quire.society.repertoire import queries

    wanted = list(subjects)
    by_kind = (
        [ids.read(kind, one) for one in wanted if one.startswith(f"{kind}_")] for kind in ("wrk", "sit")
    )
    told = {
        row.tid: f"{row.title} ({row.key})" if row.kind == "work" else row.title
        for row in queries.subjects(*by_kind)
    }
    return {one: told.get(one, one) for one in wanted}


def _estimates(found: Any) -> Any:
    names = _named(found)
    rows = [
        (names[o.subject], *(_short(_decimal(v)) for v in (o.estimate, o.low, o.high)),
         f"{o.seen} of {o.reported}",
         ", ".join(word for word, true in (("proxies", o.proxied), ("strata merged", o.collapsed)) if true))
        for o in found.values()
    ]  # fmt: skip
    columns = ("work or site", "estimate", "low 95 %", "high 95 %", "seen by", "note")
    return frame.table("", columns, rows, right=("estimate", "low 95 %", "high 95 %"))


def _differences(found: Any) -> Any:
    names = _named(one.subject for one in found)
    rows = [
        (names[o.subject], *(_short(_decimal(v)) for v in (o.estimated, o.counted, o.change)),
         "" if o.within else "outside the interval")
        for o in found
    ]  # fmt: skip
    columns = ("work or site", "estimate", "counted", "change", "note")
    return frame.table("", columns, rows, right=("estimate", "counted", "change"))


def _decimal(value: Fraction) -> str:
    from quire.core.money import QUANTA, decimal_of

    return decimal_of(value.numerator * QUANTA // value.denominator)


def _short(decimal: str | None) -> str:
    """Two decimals, for people; programs ask for --json."""
    return decimal[:-10] if decimal else ""
