"""Licences are granted, never twice for the same use and day, and end."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError

from quire.core.errors import QuireError
from quire.core.money import quanta_of
from quire.society.kit.tables import TableRefused
from tests.rooms import walls

YEAR = (date(2026, 1, 1), date(2027, 1, 1))
HEAD = "code,licensee,kind,uses,from,until,currency,fee,prices,operators\n"


@pytest.fixture
def labs(people: dict[str, Any]) -> Any:
    from quire.society.parties.models import Party

    for code in ("lab-north", "lab-south"):
        Party.objects.create(code=code, name=code.title(), kind="lab")
    return people["preparer"]


def grant(by: Any, **other: Any) -> Any:
    from quire.society.licensing import actions

    given = {
        "code": "north-2026", "licensee": "lab-north", "operators": ["North Lab"], "kind": "per-request",
        "uses": ["search", "ai-input"], "starts": YEAR[0], "ends": YEAR[1], "currency": "EUR",
        "prices": {"standard": "0.002", "*": "0.005"},
    }  # fmt: skip
    return actions.grant_licence(by=by, **{**given, **other})


def load(by: Any, folder: Path, text: str, **options: Any) -> Any:
    from quire.society.licensing import actions

    path = folder / "licences.csv"
    path.write_text(HEAD + text, encoding="utf-8")
    return actions.import_licences(path, by=by, **options)


def sound() -> bool:
    from quire.society.licensing.checks import CHECKS

    return not [sentence for check in CHECKS for sentence in check()]


def test_a_licence_is_granted_once_and_read_in_quanta(labs: Any) -> None:
    from quire.society.kit.models import Act
    from quire.society.licensing import queries

    licence = grant(labs)
    assert grant(labs).id == licence.id
    row = queries.licence("north-2026")
    assert row == queries.licence(licence.tid) == queries.licence(licence.id) == queries.licence(licence)
    assert (row.id, row.tid, row.licensee_tid) == (licence.id, licence.tid, licence.licensee.tid)
    assert (row.kind, row.uses, row.starts, row.ends) == ("per-request", ("ai-input", "search"), *YEAR)
    assert row.prices == {"*": 5 * 10**9, "standard": 2 * 10**9}
    assert (row.currency, row.fee, row.operators) == ("EUR", 0, ("North Lab",))
    assert row.tariff().price("original") == quanta_of("0.005")
    assert licence.prices == {"*": "0.005000000000", "standard": "0.002000000000"}
    assert Act.objects.filter(verb="licensing.grant").count() == 1
    assert sound()


def test_an_unknown_licence_is_said_to_be_unknown(labs: Any) -> None:
    from quire.society.kit import ids
    from quire.society.licensing import queries

    for ref in ("nothing", ids.show("lic", ids.new()), ids.new()):
        with pytest.raises(QuireError, match="no licence"):
            queries.licence(ref)


@pytest.mark.parametrize(("other", "sentence"), [
    ({"code": "Big Code"}, "is no code"),
    ({"uses": ["ai-train", "everything"]}, "not a use"),
    ({"uses": []}, "names no use"),
    ({"operators": ["  "]}, "no operator's name"),
    ({"fee": "-1"}, "fee is negative"),
    ({"fee": "12000.0000000000001"}, "at most 12"),
    ({"fee": "12,000"}, "not an amount"),
    ({"fee": "1" * 21}, "more than can be kept"),
    ({"kind": "blanket", "fee": "-0.01", "prices": {}}, "negative"),
    ({"prices": {"standard": "-0.1"}}, "negative"),
    ({"prices": {"a b": "1"}}, "no content tier"),
    ({"prices": {}}, "needs a price"),
    ({"kind": "per-work", "prices": {}}, "needs a price"),
    ({"fee": "5"}, "no yearly fee"),
    ({"kind": "rent"}, "no kind of licence"),
    ({"currency": "XAU"}, "nobody can be paid in it"),
    ({"currency": "eur"}, "no currency in use"),
    ({"ends": YEAR[0]}, "not after it begins"),
    ({"licensee": "lab-west"}, "register the licensee first"),
])  # fmt: skip
def test_terms_that_cannot_be_meant_are_refused(labs: Any, other: dict[str, Any], sentence: str) -> None:
    from quire.society.licensing.models import Licence

    with pytest.raises(QuireError, match=sentence):
        grant(labs, **other)
    assert not Licence.objects.exists()


def test_a_licensee_has_one_licence_for_a_use_on_a_day(labs: Any) -> None:
    grant(labs)
    with pytest.raises(QuireError, match="north-2026 for search from 2026-06-01 until 2027-01-01"):
        grant(labs, code="b", uses=["search", "ai-train"], starts=date(2026, 6, 1), ends=date(2027, 6, 1))
    grant(labs, code="other-use", uses=["ai-train"])
    grant(labs, code="next-year", starts=YEAR[1], ends=date(2028, 1, 1))
    grant(labs, code="other-lab", licensee="lab-south", operators=["South Lab"])
    assert sound()


def test_terms_on_record_do_not_change(labs: Any) -> None:
    grant(labs)
    with pytest.raises(QuireError, match="on record with other terms"):
        grant(labs, prices={"*": "0.005"})


def test_an_operators_name_belongs_to_one_party(labs: Any) -> None:
    from quire.society.licensing import queries

    grant(labs)
    grant(labs, operators=["North Lab", "North Search"])
    with pytest.raises(QuireError, match="North Lab is lab-north already"):
        grant(labs, code="south", licensee="lab-south", operators=["NORTH LAB"])
    assert queries.operators_of("lab-north") == ("North Lab", "North Search")
    found = queries.by_operator()
    tid = queries.licences()[0].licensee_tid  # by which edges name whoever showed a token
    assert sorted(found) == ["North Lab", "North Search", tid]
    assert [row.code for row in found["North Search"]] == ["north-2026"]


def test_a_licence_ends_early_and_leaves_its_days_to_another(labs: Any) -> None:
    from quire.society.licensing import actions, queries

    grant(labs)
    july = date(2026, 7, 1)
    for _ in range(2):
        actions.end_licence(code="north-2026", ends=july, by=labs)
    grant(labs, code="north-b", starts=july)
    assert [row.code for row in queries.in_force(*YEAR)] == ["north-2026", "north-b"]
    assert [row.code for row in queries.in_force(date(2026, 6, 30), july)] == ["north-2026"]
    assert [row.code for row in queries.in_force(july, date(2026, 7, 2))] == ["north-b"]
    for day in (YEAR[0], date(2026, 8, 1)):
        with pytest.raises(QuireError, match="end early on a day in between"):
            actions.end_licence(code="north-2026", ends=day, by=labs)
    with pytest.raises(QuireError, match="No licence"):
        actions.end_licence(code="south", ends=july, by=labs)
    assert sound()


def test_licences_come_from_a_file(labs: Any, tmp_path: Path) -> None:
    from quire.society.licensing import actions, queries

    table = (
        "north,lab-north,per-request,ai-input search,2026-01-01,2027-01-01,EUR,,standard:0.002; *:0.005,"
        'North Lab; "North, too"\n'
        "south,lab-south,blanket,ai-train,2026-01-01,2027-01-01,JPY,1200000,,South Lab\n"
    ).replace('North Lab; "North, too"', '"North Lab; North, too"')
    assert load(labs, tmp_path, table, dry_run=True).taken == 2
    assert queries.licences() == []
    load(labs, tmp_path, table)
    load(labs, tmp_path, table)
    north, south = queries.licences()
    assert (north.prices["standard"], north.operators) == (2 * 10**9, ("North Lab", "North, too"))
    assert (south.fee, south.currency, south.uses) == (1_200_000 * 10**12, "JPY", ("ai-train",))
    path = tmp_path / "licences.json"
    path.write_text(json.dumps([{
        "code": "later", "licensee": "lab-north", "kind": "per-work", "uses": ["search"],
        "from": "2027-01-01", "until": "2028-01-01",
        "currency": "EUR", "prices": {"*": "0.50"}, "operators": ["North Lab"],
    }]))  # fmt: skip
    assert actions.import_licences(path, by=labs).taken == 1
    assert queries.licence("later").prices == {"*": quanta_of("0.5")}


def test_refused_licences_are_named_by_line(labs: Any, tmp_path: Path) -> None:
    from quire.society.licensing import queries

    rest = "2026-01-01,2027-01-01,EUR,,*:1"
    rows = [
        (f"a,lab-north,per-work,search,{rest},North Lab", None),
        (f"a,lab-south,per-work,search,{rest},", "twice"),
        (f"b,lab-north,per-work,search,{rest},", "licence a for search"),
        (f"c,lab-south,per-work,search,{rest},North Lab", "lab-north already"),
        (f"d,lab-south,per-work,surf,{rest},", "not a use"),
        ("e,lab-south,per-work,search,2026,2027-01-01,EUR,,*:1,", "2026-01-31"),
        ("f,lab-south,per-work,search,2026-01-01,2027-01-01,EUR,,1,", "tier:price"),
    ]
    with pytest.raises(TableRefused) as problem:
        load(labs, tmp_path, "".join(row + "\n" for row, _ in rows))
    found = {row["line"]: row["reason"] for row in problem.value.data["refused"]}
    for line, (_, reason) in enumerate(rows, 2):
        assert (line in found) == (reason is not None)
        assert reason is None or reason in found[line], found[line]
    assert queries.licences() == []
    assert load(labs, tmp_path, "".join(row + "\n" for row, _ in rows), skip_refused=True).taken == 1
    assert [row.code for row in queries.licences()] == ["a"]


def test_of_two_grants_at_once_for_the_same_days_one_is_refused(house: Any, labs: Any) -> None:
    """Two real processes, started together, each with its own connection."""
    program = (
        "import sys, django; django.setup()\n"
        "from datetime import date\n"
        "from quire.core.errors import QuireError\n"
        "from quire.society.licensing import actions\n"
        "sys.stdin.readline()\n"
        "try:\n"
        "    actions.grant_licence(code=sys.argv[1], licensee='lab-north', kind='blanket', uses=['search'],\n"
        "        starts=date(2026, 1, 1), ends=date(2027, 1, 1), currency='EUR', fee='1', by=None)\n"
        "except QuireError as refusal:\n"
        "    sys.exit(refusal.exit_code)\n"
    )
    import os

    env = {**os.environ, **house.env, "DJANGO_SETTINGS_MODULE": "quire.society.settings"}
    both = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", program, code], stdin=subprocess.PIPE, env=env
        )
        for code in ("one", "two")
    ]
    for process in both:
        assert process.stdin
        process.stdin.write(b"\n")
        process.stdin.flush()
    codes = sorted(process.wait(60) for process in both)
    for process in both:
        assert process.stdin
        process.stdin.close()
    assert codes == [0, 5]
    assert sound()


def test_the_checks_find_two_licences_for_one_use_and_bad_terms(labs: Any) -> None:
    from quire.society.licensing.checks import CHECKS
    from quire.society.licensing.models import Licence

    grant(labs)
    grant(labs, code="other", uses=["ai-train"])
    assert sound()
    forge = {"uses": ["search", "surf"], "prices": {}}
    with pytest.raises(IntegrityError, match="a licence never changes"):
        Licence.objects.filter(code="other").update(**forge)
    walls.take_down("licensing_licence")
    Licence.objects.filter(code="other").update(**forge)
    told = " ".join(sentence for check in CHECKS for sentence in check())
    assert "north-2026 and other" in told
    assert "unknown use surf" in told
    assert "needs a price" in told


def test_a_lab_without_a_licence_is_known_by_its_crawlers(labs: Any) -> None:
    from quire.society.licensing import actions
    from quire.society.licensing.errors import OperatorTaken

    told = actions.name_operators(party="lab-north", operators=["OpenAI", "Perplexity"], by=labs)
    assert told == ("OpenAI", "Perplexity")
    assert actions.name_operators(party="lab-north", operators=["openai"], by=labs) == told
    with pytest.raises(OperatorTaken, match="know lab-north, not lab-south"):
        actions.name_operators(party="lab-south", operators=["OpenAI"], by=labs)
