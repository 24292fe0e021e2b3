"""Parties: what is taken, what is refused and why, and that the same table twice is the same table once."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from quire.core.errors import QuireError
from quire.core.money import Money
from quire.society.kit.tables import TableRefused

GOOD_IBAN, OTHER_IBAN = "DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819"
HARBOUR = {"code": "harbour", "name": "Harbour Times", "kind": "newspaper", "town": "Kiel", "country": "de"}


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    file = path / "parties.json"
    file.write_text(json.dumps(rows))
    return file


def taken(path: Path, rows: list[dict[str, str]], **how: bool):  # type: ignore[no-untyped-def]
    from quire.society.parties import actions

    return actions.import_parties(path=write(path, rows), **how)


def reasons(path: Path, *rows: dict[str, str]) -> dict[int, str]:
    """Line to reason, of a table that is refused; and nothing of it is in the house."""
    from quire.society.parties import queries

    before = queries.by_code().keys()
    with pytest.raises(TableRefused) as refusal:
        taken(path, list(rows))
    assert queries.by_code().keys() == before
    return {item["line"]: item["reason"] for item in refusal.value.data["refused"]}


def acts_of(verb: str) -> list[dict]:  # type: ignore[type-arg]
    from quire.society.kit.models import Act

    return [act.detail for act in Act.objects.filter(verb=verb).order_by("id")]


@pytest.mark.usefixtures("house")
def test_a_society_is_founded_once():
    from quire.society.parties import actions, errors, queries

    with pytest.raises(errors.NoSociety):
        queries.society()
    founding = {
        "name": "Society of the Sound", "form": "cooperative", "currency": "EUR",
        "town": "Kiel", "country": "DE",
        "iban": GOOD_IBAN, "minimum_payout": {"EUR": "10.00", "JPY": "1500"},
    }  # fmt: skip
    actions.found_society(**founding)
    actions.found_society(**founding)
    society = queries.society()
    assert society.iban == "DE89370400440532013000"
    assert society.minimum_payout("EUR") == Money.parse("10", "EUR")
    assert society.minimum_payout("USD") == Money.zero("USD")
    with pytest.raises(errors.SocietyExists, match="town"):
        actions.found_society(**{**founding, "town": "Lübeck"})
    assert len(acts_of("parties.found")) == 1


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("currency", "XAU", "XAU"),
        ("currency", "eur", "eur"),
        ("form", "club", "cooperative"),
        ("country", "XX", "ISO 3166"),
        ("iban", "DE89370400440532013001", "check digits"),
        ("minimum_payout", {"EUR": "-1"}, "negative"),
        ("minimum_payout", {"EUR": "ten"}, "ten"),
        ("town", "", "town is empty"),
    ],
)
def test_a_society_that_cannot_be_founded(column, value, says):
    from quire.society.parties import actions, queries

    founding = {"name": "S", "form": "association", "currency": "EUR", "town": "Kiel", "country": "DE"}
    with pytest.raises(QuireError, match=says):
        actions.found_society(**{**founding, column: value})
    assert not queries.founded()


@pytest.mark.usefixtures("house")
def test_users_act_by_name_and_roles():
    from quire.society.parties import actions, errors, queries

    with pytest.raises(errors.UserUnknown, match="nobody yet"):
        queries.acting("desk")
    desk = actions.add_user(name="desk", roles=["operator"])
    assert actions.add_user(name="desk", roles=["approver"], by=desk) == queries.acting("desk")
    assert queries.users() == (("desk", ("approver", "operator")),)
    actions.grant_role(user="desk", role="auditor", by=desk)
    assert queries.need_role(desk, "auditor") == desk
    with pytest.raises(errors.UserUnknown, match="Known are: desk"):
        queries.acting("dusk")
    with pytest.raises(errors.UserUnknown, match="QUIRE_USER"):
        queries.acting("")
    with pytest.raises(errors.RoleUnknown, match="operator"):
        actions.add_user(name="other", roles=["boss"])
    with pytest.raises(errors.CellWrong):
        actions.add_user(name="two words")


def test_an_auditor_changes_nothing(people):
    from quire.society.parties import actions, errors, queries

    with pytest.raises(errors.ReadsOnly):
        actions.register_party(**HARBOUR, by=people["auditor"])
    with pytest.raises(errors.RoleMissing):
        queries.need_role(people["preparer"], "approver")
    assert queries.by_code() == {}


def test_a_party_is_registered_found_and_changed(people):
    from quire.society.kit.nouns import Unknown
    from quire.society.parties import actions, errors, queries

    party = actions.register_party(
        **HARBOUR, iban=GOOD_IBAN, isni="0000 0001 2150 090X", by=people["preparer"]
    )
    assert actions.register_party(**HARBOUR, iban=GOOD_IBAN) == party
    assert queries.party("harbour") == queries.party(party.tid) == queries.party(party.id) == party
    with pytest.raises(errors.PartyExists, match="town"):
        actions.register_party(**{**HARBOUR, "town": "Bremen"})
    actions.change_party(code="harbour", iban=OTHER_IBAN, by=people["approver"])
    payee = queries.payees()[party.id]
    assert (payee.holder, payee.country, payee.iban) == ("Harbour Times", "DE", OTHER_IBAN)
    assert queries.facts_of("harbour").isni == "000000012150090X"
    [change] = acts_of("parties.change")
    assert change["changes"] == {"iban": ["DE…3000", "GB…6819"]}
    for name in ("harbor", "Harbour", "x\0", "pty_01h2xcejqtf2nbrexx3vqjhp41"):
        with pytest.raises(Unknown):
            queries.party(name)


@pytest.mark.usefixtures("house")
def test_bank_details_need_an_address(tmp_path):
    homeless = {"code": "a", "name": "A", "kind": "blogger", "iban": GOOD_IBAN, "town": "Kiel"}
    assert reasons(tmp_path, homeless) == {
        1: "country is empty. A payment to an IBAN needs the payee's town and country."
    }
    taken(tmp_path, [{**homeless, "country": "DE"}])
    assert "town and country" in reasons(tmp_path, {**homeless, "country": "DE", "town": ""})[1]


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("code", "Harbour Times", "small letters"),
        ("code", "", "code is empty"),
        ("name", "", "name is empty"),
        ("name", "a\x07b", "control character (U+0007)"),
        ("name", "evil‮gnp.exe", "control character (U+202E)"),
        ("name", "half \ud800", "control character (U+D800)"),
        ("name", "n" * 141, "141 characters long; at most 140"),
        ("kind", "paper", "newspaper, magazine"),
        ("email", "desk at harbour", "not an e-mail address"),
        ("country", "UK", "ISO 3166"),
        ("iban", "DE89370400440532013001", "DE…3001 is not an IBAN"),
        ("iban", "DE8937040044053201300", "not an IBAN"),
        ("bic", "COBADEF", "not a BIC"),
        ("isni", "0000000121500900", "check digits"),
        ("ipi", "00000000298", "check digits"),
        ("ipi", "00000000000", "11 digits"),
        ("ipi_base", "I-001068130-7", "check digits"),
        ("ipi_base", "T-001068130-6", "characters"),
        ("ipi_base", "I-00106813-6", "length"),
        ("vat", "DE136695977", "VAT number"),
        ("vat", "US123", "country"),
        ("lei", "213800KUD8LAJWSQ9D16", "LEI"),
        ("orcid", "0000-0002-1825-0098", "ORCID"),
        ("isil", "ZZZZ-1", "ISIL"),
        ("gln", "98412345678908", "GLN"),
    ],
)
def test_a_cell_that_is_wrong_is_named(postgres, column, value, says):
    from quire.society.kit.tables import Row
    from quire.society.parties import errors, facts

    with pytest.raises(errors.CellWrong) as refusal:
        facts.check_whole(facts.read_party(Row(1, {**HARBOUR, column: value})).over(None))
    assert says in str(refusal.value)
    assert "DE8937040044" not in str(refusal.value)


@pytest.mark.usefixtures("house")
def test_every_wrong_cell_of_a_row_is_told_at_once(tmp_path):
    reason = reasons(tmp_path, {**HARBOUR, "kind": "x", "country": "xx", "bic": "y"})[1]
    assert all(word in reason for word in ("kind", "country", "bic"))


@pytest.mark.usefixtures("house")
def test_identifiers_are_kept_in_their_plain_form(tmp_path):
    from quire.society.parties import queries

    numbers = {
        "ipi_base": "i 001.068.130-6",
        "isni": "0000 0001 2150 090X", "ipi": "297", "vat": "DE 136 695 976", "lei": "213800KUD8LAJWSQ9D15",
        "orcid": "https://orcid.org/0000-0002-1825-0097", "isil": "DE-1a", "gln": "9 780306 406157",
    }  # fmt: skip
    numbers["ipi"] = "00000.00.02.97"
    taken(tmp_path, [{**HARBOUR, **numbers}])
    assert queries.facts_of("harbour").identifiers() == {
        "ipi_base": "I-001068130-6",
        "isni": "000000012150090X", "ipi": "00000000297", "vat": "DE136695976", "lei": "213800KUD8LAJWSQ9D15",
        "orcid": "0000000218250097", "isil": "DE-1a", "gln": "9780306406157",
    }  # fmt: skip


@pytest.mark.parametrize("nine", [1, 2, 3, 50, 123_456_789, 987_654_321, 999_999_999])
def test_ipi_name_numbers_have_exactly_one_check(postgres, nine):
    from quire.society.parties.errors import CellWrong
    from quire.society.parties.identifiers import check_identifier

    def passes(check: int) -> bool:
        try:
            return check_identifier("ipi", f"{nine:09d}{check:02d}") != ""
        except CellWrong:
            return False

    # The rule backwards: nine weighted digits and the check together are a multiple of 101 (100 counts as 0).
    weighted = sum(int(digit) * weight for digit, weight in zip(f"{nine:09d}", range(10, 1, -1), strict=True))
    expected = [
        c for c in range(100) if (weighted + c) % 101 == 0 or (c == 0 and (weighted + 100) % 101 == 0)
    ]
    assert [c for c in range(100) if passes(c)] == expected
    assert len(expected) == 1


@pytest.mark.parametrize("number", ["I-001068130-6", "I-000000229-7"])
def test_an_ipi_base_number_has_exactly_one_check_digit(postgres, number):
    from quire.society.parties.errors import CellWrong
    from quire.society.parties.identifiers import check_identifier

    assert check_identifier("ipi_base", number.replace("-", "")) == number
    for digit in set("0123456789") - {number[-1]}:
        with pytest.raises(CellWrong, match="check digits"):
            check_identifier("ipi_base", number[:-1] + digit)


@pytest.mark.usefixtures("house")
def test_a_party_is_found_by_any_of_its_numbers_in_any_spelling(tmp_path, capsys):
    from quire.cli import main
    from quire.society.parties import queries

    taken(tmp_path, [{**HARBOUR, "ipi": "00000000297", "ipi_base": "I-001068130-6"}])
    harbour = queries.party("harbour")
    for text in (
        "harbour",
        "00000.00.02.97",
        "ipi:00000000297",
        "ipi_base:I0010681306",
        "I-001.068.130-6",
        harbour.tid,
        "times",
    ):
        assert [one.code for one in queries.find(text)] == ["harbour"], text
    for text in ("", "  ", "ipi:00000000298", "lei:00000000297", "Harbor"):
        assert queries.find(text) == [], text
    assert main(["parties", "find", "I-001068130-6", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["identifiers"] == {"ipi": "00000000297", "ipi_base": "I-001068130-6"}


def test_countries_are_those_that_are_known(postgres):
    from babel import Locale

    from quire.society.parties.countries import COUNTRIES

    assert len(COUNTRIES) == 250
    assert set(Locale("en").territories) >= COUNTRIES
    assert not COUNTRIES & {"UK", "EU", "EL", "AN", "SU", "ZZ"}


@pytest.mark.usefixtures("house")
def test_the_same_table_again_changes_nothing(tmp_path):
    from quire.society.parties import queries

    rows = [
        {**HARBOUR, "iban": GOOD_IBAN},
        {"code": "lab", "name": "=1+1", "kind": "lab", "email": "a@b.example"},
    ]
    first = taken(tmp_path, rows)
    assert (first.taken, first.added, first.changed, first.unchanged) == (2, 2, 0, 0)
    again = taken(tmp_path, rows)
    assert (again.taken, again.added, again.changed, again.unchanged) == (2, 0, 0, 2)
    assert queries.party("lab").name == "=1+1"
    moved = taken(tmp_path, [{**HARBOUR, "iban": OTHER_IBAN, "town": "Hull", "country": "GB"}, rows[1]])
    assert (moved.changed, moved.unchanged) == (1, 1)
    [change] = acts_of("parties.change")
    assert change["changes"]["town"] == ["Kiel", "Hull"]
    assert GOOD_IBAN.replace(" ", "") not in json.dumps([*acts_of("parties.register"), change])
    assert OTHER_IBAN not in json.dumps(change)


@pytest.mark.usefixtures("house")
def test_a_column_that_is_not_there_stays_and_an_empty_cell_empties(tmp_path):
    from quire.society.parties import queries

    taken(tmp_path, [{**HARBOUR, "email": "desk@harbour.example", "gln": "9780306406157"}])
    taken(tmp_path, [HARBOUR])
    assert queries.facts_of("harbour").email == "desk@harbour.example"
    taken(tmp_path, [{**HARBOUR, "email": "", "gln": ""}])
    known = queries.facts_of("harbour")
    assert (known.email, known.gln) == ("", "")


@pytest.mark.usefixtures("house")
def test_lines_that_contradict_each_other_are_all_refused(tmp_path):
    from quire.society.parties import queries

    isni = "000000012150090X"
    rows = [
        {"code": "a", "name": "A", "kind": "blogger"},
        {"code": "b", "name": "B", "kind": "blogger", "isni": isni},
        {"code": "a", "name": "A, again", "kind": "blogger"},
        {"code": "c", "name": "C", "kind": "blogger"},
        {"code": "d", "name": "D", "kind": "blogger", "isni": isni},
        {"code": "c", "name": "C", "kind": "blogger"},
    ]
    assert reasons(tmp_path, *rows) == {
        1: "Lines 1, 3 say different things about a.",
        2: f"isni {isni} is given to more than one party: b, d.",
        3: "Lines 1, 3 say different things about a.",
        5: f"isni {isni} is given to more than one party: b, d.",
    }
    shuffled = random.Random(7).sample(rows, len(rows))
    account = taken(tmp_path, shuffled, skip_refused=True)
    assert (account.taken, account.added, len(account.refused)) == (2, 1, 4)
    assert set(queries.by_code()) == {"c"}
    taken(tmp_path, [{"code": "b", "name": "B", "kind": "blogger", "isni": isni}])
    assert reasons(tmp_path, rows[4]) == {1: f"isni {isni} belongs to b already."}


@pytest.mark.usefixtures("house")
def test_a_rehearsal_writes_nothing(tmp_path):
    from quire.society.parties import queries

    account = taken(tmp_path, [HARBOUR], dry_run=True)
    assert (account.taken, account.added) == (1, 1)
    assert queries.by_code() == {}
    assert acts_of("parties.register") == []


@pytest.mark.usefixtures("house")
def test_csv_keeps_what_looks_like_a_formula(tmp_path):
    from quire.society.parties import actions, queries

    file = tmp_path / "parties.csv"
    file.write_text(
        'code,name,kind\nf1,"=HYPERLINK(""x"")",blogger\nf2,+49,blogger\nf3,-1,blogger\nf4,@x,blogger\n'
    )
    assert actions.import_parties(path=file).as_json()["added"] == 4
    assert [p.name for _, p in sorted(queries.by_code().items())] == ['=HYPERLINK("x")', "+49", "-1", "@x"]


@pytest.mark.usefixtures("house")
def test_the_audit_finds_a_party_that_cannot_be_paid():
    from quire.society.parties import actions, checks
    from quire.society.parties.models import Identifier, Party

    def found() -> list[str]:
        return [sentence for check in checks.CHECKS for sentence in check()]

    party = actions.register_party(**HARBOUR, iban=GOOD_IBAN)
    assert found() == []
    Party.objects.update(iban="DE89370400440532013001")
    [sentence] = found()
    assert "harbour" in sentence
    assert "DE89370400440532013001" not in sentence
    Party.objects.update(iban="DE89370400440532013000", town="")
    Identifier.objects.create(party=party, scheme="ipi", value="00000000298")
    assert any("ipi" in s for s in found())
