"""Sites: whose they are, that they are verified, what may be taken from which path, and at what price."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json, Skip
from quire.core.errors import Invalid
from quire.core.money import Money

From = Annotated[str, typer.Option("--from", help="The first day; today without it.")]
Until = Annotated[str, typer.Option(help="The first day that is out; open without it.")]
Pattern = Annotated[list[str] | None, typer.Option(help="A path pattern of the site; may be repeated.")]
Method = Annotated[str, typer.Option(help="How: well-known, dns or meta.")]


def register(app: typer.Typer) -> None:
    """The commands of sites."""
    sites = typer.Typer(
        help="Hosts and parts of hosts: owners, verification, terms and prices.", no_args_is_help=True
    )
    commands = {
        "import": sites_import,
        "register": sites_register,
        "verify": sites_verify,
        "list": sites_list,
        "show": sites_show,
        "terms": sites_terms,
        "price": sites_price,
    }
    for name, function in commands.items():
        frame.command(sites, name)(function)
    app.add_typer(sites, name="sites")


def sites_import(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Register sites from CSV or JSON."""
    from quire.society.repertoire import actions

    taken = actions.import_sites(file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run)
    frame.say_taken(taken, "site", dry_run=dry_run, as_json=as_json)


def sites_register(
    code: str,
    host: str,
    owner: Annotated[str, typer.Option(help="The member whose site it is, by code.")],
    pattern: Pattern = None,
    tier: Annotated[str, typer.Option(help="The content tier of its pages.")] = "standard",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Register one site of a member."""
    from quire.society.repertoire import actions, queries

    with frame.rehearsal(dry_run):
        made = actions.register_site(
            code=code, host=host, owner=owner, patterns=pattern or ("/",), tier=tier, by=frame.acting(by)
        )
        row = queries.site(made)
    lines = [f"The site {row.code} is {row.host}{' '.join(row.patterns)}, of {row.owner_name}."]
    if not row.verified:
        lines.append(f"It has no policy until it is verified: quire sites verify {row.code} --start.")
    frame.say(_told(row), lines, as_json=as_json)


def sites_verify(
    site: str,
    start: Annotated[
        bool, typer.Option("--start", help="Give the token to show, and where to put it.")
    ] = False,
    method: Method = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Look whether the site shows its token; with --start, say which token to show where."""
    from quire.society.repertoire import actions

    if start:
        asked = actions.start_verification(site=site, method=method or "well-known", by=frame.acting(by))
        data = {name: getattr(asked, name) for name in asked.__dataclass_fields__}
        frame.say(data, [asked.text, asked.where, f"Then: quire sites verify {asked.site}."], as_json=as_json)
        return
    seen = actions.verify_site(site=site, method=method or None, by=frame.acting(by))
    said = {"method": seen.method, "outcome": seen.outcome, "evidence": seen.evidence, "at": seen.at}
    frame.say(said, [f"Verified: {seen.evidence['seen']}"], as_json=as_json)


def sites_list(as_json: Json = False) -> None:
    """Every site with its owner, and whether it is verified."""
    from quire.society.repertoire import queries

    found = queries.sites()
    rows = [(row.code, row.host, " ".join(row.patterns), row.owner_code, _proof(row)) for row in found]
    frame.say(
        [_told(row) for row in found],
        frame.table("", ("site", "host", "patterns", "owner", "verified"), rows),
        as_json=as_json,
    )


def sites_show(site: str, as_json: Json = False) -> None:
    """One site: its checks, its terms and prices by path, and what its policy comes to today."""
    from quire.society.licensing import policy
    from quire.society.mandates import queries as mandates
    from quire.society.repertoire import queries

    row = queries.site(site)
    checks, said = queries.checks_of(row.id), mandates.path_facts(row.id)
    terms = policy.terms_of(row.id).document() if row.verified else None
    data = {
        **_told(row),
        "checks": [
            {"method": c.method, "outcome": c.outcome, "evidence": c.evidence, "at": c.at} for c in checks
        ],
        "paths": [_path(one) for one in said],
        "policy": terms,
    }
    lines = [f"{row.code}: {row.host} {' '.join(row.patterns)}, of {row.owner_name}; verified: {_proof(row)}"]
    lines += [
        f"  checked {c.at:%Y-%m-%d %H:%M} by {c.method}: {c.evidence.get('seen', c.outcome)}" for c in checks
    ]
    lines += [f"  {_sentence(one)}" for one in said]
    lines += [_rule(rule) for rule in (terms or {}).get("rules", ())] or [
        "  No policy: the site is not verified."
    ]
    frame.say(data, lines, as_json=as_json)


def sites_terms(
    site: str,
    pattern: Annotated[str, typer.Option(help="Which paths: a prefix, * for anything, $ for an end.")] = "/",
    use: Annotated[str, typer.Option(help="The use, or all.")] = "all",
    answer: Annotated[str, typer.Option(help="no, or yes: take a no of a wider pattern back.")] = "no",
    licensee: Annotated[str, typer.Option(help="One licensee by code; everybody without it.")] = "",
    starts: From = "",
    until: Until = "",
    end: Annotated[str, typer.Option(help="End the term of this id instead, from --from on.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Narrow for some paths what the member's mandate allows."""
    from quire.society.mandates import actions

    if answer not in {"yes", "no"}:
        raise Invalid("--answer is yes or no.")
    with frame.rehearsal(dry_run):
        if end:
            made = [actions.end_terms(term=end, ends=_day(starts), by=frame.acting(by))]
        else:
            made = list(
                actions.set_terms(
                    site=site, pattern=pattern, use=use, licensee=licensee or None, answer=answer == "yes",
                    starts=_day(starts), ends=_day(until) if until else None, by=frame.acting(by),
                )
            )  # fmt: skip
    data = [
        {"id": one.tid, "pattern": one.pattern, "use": one.use, "starts": one.starts, "ends": one.ends}
        for one in made
    ]
    lines = [f"{one.tid}: {one.pattern} {answer} to {one.use} {_when(one)}" for one in made]
    frame.say(data, lines, as_json=as_json)


def sites_price(
    site: str,
    amount: Annotated[str, typer.Argument(help="Of one request, in major units: 0.002.")] = "",
    currency: Annotated[str, typer.Option(help="ISO 4217; the society's own without it.")] = "",
    pattern: Annotated[str, typer.Option(help="Which paths: a prefix, * for anything, $ for an end.")] = "/",
    starts: From = "",
    until: Until = "",
    end: Annotated[str, typer.Option(help="End the price of this id instead, from --from on.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Set what one request under a pattern costs by pay-per-crawl, or end that."""
    from quire.core.money import Money
    from quire.society.mandates import actions
    from quire.society.parties import queries as parties

    if bool(end) == bool(amount):
        raise Invalid("Give an amount, or --end with the id of a price.")
    with frame.rehearsal(dry_run):
        if end:
            made = actions.end_price(price=end, ends=_day(starts), by=frame.acting(by))
        else:
            price = Money.parse(amount, currency or parties.society().currency)
            made = actions.set_price(
                site=site, pattern=pattern, price=price, starts=_day(starts),
                ends=_day(until) if until else None, by=frame.acting(by),
            )  # fmt: skip
    costs = Money(made.amount, made.currency)
    data = {"id": made.tid, "pattern": made.pattern, "price": costs.decimal(), "currency": made.currency,
            "starts": made.starts, "ends": made.ends}  # fmt: skip
    frame.say(data, [f"{made.tid}: {made.pattern} {costs.grouped()} {_when(made)}"], as_json=as_json)


def _day(text: str) -> date:
    """A date as it was written; today for nothing."""
    from quire.society.kit import clock
    from quire.society.repertoire import cells

    return cells.day("the date", text) or clock.today()


def _told(row: Any) -> dict[str, Any]:
    proof = row.proof and {"method": row.proof.method, "at": row.proof.at}
    return {"id": row.tid, "code": row.code, "host": row.host, "patterns": list(row.patterns),
            "owner": row.owner_code, "tier": row.tier, "verified": proof}  # fmt: skip


def _proof(row: Any) -> str:
    return f"{row.proof.method}, {row.proof.at:%Y-%m-%d}" if row.proof else "no"


def _when(row: Any) -> str:
    return f"from {row.starts}" + (f" until {row.ends}" if row.ends else "")


def _path(one: Any) -> dict[str, Any]:
    price = one.price and {"amount": one.price.decimal(), "currency": one.price.currency}
    return {"id": one.tid, "pattern": one.pattern, "use": one.use, "price": price, "yes": one.yes,
            "licensee": one.licensee and one.licensee.code,
            "starts": one.starts, "ends": one.ends}  # fmt: skip


def _sentence(one: Any) -> str:
    if one.price:
        return f"{one.tid} {one.pattern} costs {one.price.grouped()} {_when(one)}"
    who = one.licensee.code if one.licensee else "everybody"
    return f"{one.tid} {one.pattern} {'yes' if one.yes else 'no'} to {one.use} by {who} {_when(one)}"


def _rule(rule: dict[str, Any]) -> str:
    price = rule.get("price")
    costs = f"; {Money.parse(price['amount'], price['currency']).grouped()} a request" if price else ""
    own = len({*rule.get("only", {}), *rule.get("never", {})})
    apart = f"; {frame.many(own, 'licensee')} otherwise" if own else ""
    return f"  today {rule['pattern']}: {', '.join(rule['permits']) or 'nothing'}{costs}{apart}"
