"""Tariffs are published in versions, licences are taken under them, and what deviates has a reason."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client as Browser

from quire.core.errors import QuireError
from quire.core.money import quanta_of
from tests.rooms import licence_desk as desk

TARIFF: dict[str, Any] = {
    "code": "training",
    "kind": "blanket",
    "uses": ["ai-train"],
    "currency": "EUR",
    "fee": "12000.00",
    "starts": "2026-01-01",
    "sentence": "Train on everything, for a yearly fee.",
    "decision": "Members' meeting of 12 March 2026, item 4",
    "terms": {"attribution": True, "derivatives": False, "reporting": "monthly", "audit": True},
}


@pytest.fixture
def by(people: dict[str, Any]) -> Any:
    desk.lab(people["preparer"])
    desk.lab(people["preparer"], "lab-south")
    return people["preparer"]


def publish(by: Any, **other: Any) -> Any:
    from quire.society.licensing import actions

    given = {key: value for key, value in {**TARIFF, **other}.items() if value is not None}
    return actions.publish_tariff(text=json.dumps(given), by=by)


def take(by: Any, **other: Any) -> Any:
    from quire.society.licensing import actions

    given = {"code": "north", "tariff": "training", "licensee": "lab-north", "starts": date(2026, 3, 1)}
    return actions.take_licence(**{**given, **other, "by": by})


def sound() -> list[str]:
    from quire.society.licensing.checks import CHECKS

    return [sentence for check in CHECKS for sentence in check()]


def test_a_tariff_is_published_once_and_its_next_version_from_a_day(by: Any) -> None:
    from quire.society.kit.models import Act
    from quire.society.licensing import queries

    first = publish(by)
    assert publish(by) == first
    second = publish(by, starts="2027-01-01", fee="15000.00")
    assert (first.ref, second.ref) == ("training@1", "training@2")
    assert [row.ref for row in queries.tariffs_in_force(date(2026, 12, 31))] == ["training@1"]
    assert [row.ref for row in queries.tariffs_in_force(date(2027, 1, 1))] == ["training@2"]
    assert queries.tariffs_in_force(date(2025, 12, 31)) == []
    assert queries.tariff("training") == second
    assert queries.tariff("training@1") == first
    assert queries.tariff("training", date(2026, 6, 1)) == first
    assert Act.objects.filter(verb="licensing.publish-tariff").count() == 2
    for ref in ("other", "training@3"):
        with pytest.raises(QuireError, match="No tariff"):
            queries.tariff(ref)


def test_a_tariff_that_closes_is_not_in_force_after(by: Any) -> None:
    from quire.society.licensing import queries

    publish(by, ends="2026-07-01")
    assert len(queries.tariffs_in_force(date(2026, 6, 30))) == 1
    assert queries.tariffs_in_force(date(2026, 7, 1)) == []
    with pytest.raises(QuireError, match="in force on 2026-07-01"):
        take(by, starts=date(2026, 7, 1))


def test_toml_serves_as_well_as_json(by: Any) -> None:
    from quire.society.licensing import actions

    text = """
code = "requests"
kind = "per-request"
uses = ["ai-input", "search"]
currency = "EUR"
starts = 2026-01-01
sentence = "By the request."
decision = "Board, 2 January 2026"
[prices]
standard = "0.002"
"*" = "0.005"
[terms]
models = ["Only models that cite"]
"""
    row = actions.publish_tariff(text=text, by=by)
    assert row.prices == {"*": quanta_of("0.005"), "standard": quanta_of("0.002")}
    assert row.starts == date(2026, 1, 1)
    assert row.conditions.sentences() == ["Outputs may adapt the works.", "Models: Only models that cite."]


def test_no_version_is_edited_or_put_before_another(by: Any) -> None:
    publish(by)
    with pytest.raises(QuireError, match="never edited"):
        publish(by, fee="9000.00")
    with pytest.raises(QuireError, match="never edited"):
        publish(by, fee="9000.00", starts="2025-06-01")
    take(by)
    with pytest.raises(QuireError, match="begins on 2026-03-01 under the version before"):
        publish(by, fee="9000.00", starts="2026-02-01")
    assert publish(by, fee="9000.00", starts="2026-03-02").version == 2
    from quire.society.licensing.models import PublishedTariff

    with pytest.raises(DatabaseError, match="permission denied"):
        PublishedTariff.objects.update(fee=1)
    with pytest.raises(DatabaseError, match="permission denied"):
        PublishedTariff.objects.get(version=2).delete()


@pytest.mark.parametrize(("other", "sentence"), [
    ({"code": "Big"}, "is no code"),
    ({"kind": "rent"}, "no kind of licence"),
    ({"uses": ["everything"]}, "not a use"),
    ({"uses": "ai-train"}, "list of texts"),
    ({"uses": []}, "does not say uses"),
    ({"fee": 12000}, "is a text"),
    ({"fee": "-1"}, "negative"),
    ({"prices": {"a": 1}}, "are texts"),
    ({"prices": []}, "are texts"),
    ({"starts": "soon"}, "is a date"),
    ({"starts": 5}, "is a date"),
    ({"ends": "2026-01-01"}, "not after it begins"),
    ({"sentence": None}, "does not say sentence"),
    ({"decision": " "}, "does not say decision"),
    ({"decision": "x" * 201}, "more than 200"),
    ({"terms": []}, "are a table"),
    ({"terms": {"freedom": True}}, "no term of a licence"),
    ({"terms": {"audit": "yes"}}, "yes or no"),
    ({"terms": {"reporting": "daily"}}, "no way of reporting"),
    ({"terms": {"models": [""]}}, "a text of at most"),
    ({"terms": {"models": ["m"] * 21}}, "at most 20"),
    ({"rebate": "1"}, "no field of a tariff"),
])  # fmt: skip
def test_a_tariff_that_cannot_be_meant_is_refused(by: Any, other: dict[str, Any], sentence: str) -> None:
    from quire.society.licensing.models import PublishedTariff

    with pytest.raises(QuireError, match=sentence):
        publish(by, **other)
    assert not PublishedTariff.objects.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "code = ", '{"a": 1} b', "{" * 5_000, "#" * 300_000])
def test_what_is_no_tariff_is_refused(by: Any, text: str) -> None:
    from quire.society.licensing import actions

    with pytest.raises(QuireError):
        actions.publish_tariff(text=text, by=by)


def test_a_licence_is_taken_as_the_tariff_has_it(by: Any) -> None:
    from quire.society.licensing import queries

    publish(by)
    row = queries.row_of(take(by))
    assert (row.published, row.deviation, row.fee) == ("training@1", "", quanta_of("12000"))
    assert (row.starts, row.ends, row.uses) == (date(2026, 3, 1), date(2027, 3, 1), ("ai-train",))
    assert row.conditions.duties() == ("attribution", "reporting", "no-derivatives")
    assert take(by).id == row.id
    assert queries.deviations() == []
    assert sound() == []


def test_a_year_from_the_29th_of_february_ends_in_march(by: Any) -> None:
    publish(by)
    assert take(by, starts=date(2028, 2, 29)).ends == date(2029, 3, 1)


def test_a_deviation_needs_a_reason_and_is_listed(by: Any) -> None:
    from quire.society.licensing import queries
    from quire.society.licensing.conditions import Conditions

    publish(by)
    with pytest.raises(QuireError, match=r"\(fee\): give the reason"):
        take(by, fee="6000.00")
    with pytest.raises(QuireError, match="reporting, audit"):
        take(by, conditions=Conditions(derivatives=False, attribution=True))
    with pytest.raises(QuireError, match="uses"):
        take(by, uses=["ai-train", "search"])
    with pytest.raises(QuireError, match="Nothing deviates"):
        take(by, deviation="just because")
    with pytest.raises(QuireError, match="at most 500"):
        take(by, fee="6000.00", deviation="x" * 501)
    take(by, fee="6000.00", deviation="A university: half the fee, board of 3 March 2026")
    found = queries.deviations()
    assert [(one.licence.code, one.what, one.reason[:12]) for one in found] == [
        ("north", ("fee",), "A university")
    ]
    assert sound() == []


def test_what_a_tariff_covers_is_not_licensed_otherwise_in_silence(by: Any) -> None:
    from quire.society.licensing import queries

    publish(by, starts="2026-01-01")
    with pytest.raises(QuireError, match="training@1 is published for this"):
        desk.grant(by, starts=date(2026, 5, 1), ends=date(2027, 5, 1))
    desk.grant(by, starts=date(2025, 5, 1), ends=date(2026, 5, 1))
    desk.grant(
        by, code="other", starts=date(2026, 5, 1), ends=date(2027, 5, 1), deviation="Agreed before the tariff"
    )
    desk.grant(by, code="search", uses=["search"], starts=date(2026, 5, 1), ends=date(2027, 5, 1))
    assert [(one.licence.code, one.what) for one in queries.deviations()] == [("other", ("no tariff",))]


def test_a_deviation_without_a_reason_is_found(by: Any) -> None:
    from quire.society.licensing.models import Licence, PublishedTariff

    publish(by)
    granted = take(by)
    Licence.objects.create(
        code="silent", licensee=granted.licensee, kind="blanket", uses=["search"], starts=date(2026, 3, 1),
        ends=date(2027, 3, 1), currency="EUR", fee=1, tariff=PublishedTariff.objects.get(),
        terms=granted.terms,
    )  # fmt: skip
    assert sound() == ["Licence silent deviates from training@1 without a reason: uses, fee."]


def test_a_licence_of_another_kind_currency_or_day_is_not_under_the_tariff(by: Any) -> None:
    publish(by)
    with pytest.raises(QuireError, match="another kind or currency"):
        desk.grant(by, tariff="training", currency="USD", starts=date(2026, 5, 1), ends=date(2027, 5, 1))
    publish(by, starts="2027-01-01", fee="1.00")
    with pytest.raises(QuireError, match="training@1 is not in force on 2027-02-01"):
        take(by, tariff="training@1", starts=date(2027, 2, 1))
    with pytest.raises(QuireError, match="names no tariff"):
        take(by, tariff="Training!")


def test_a_file_of_licences_names_tariffs_terms_and_reasons(by: Any, tmp_path: Any) -> None:
    from quire.society.licensing import actions, queries

    publish(by)
    place = tmp_path / "licences.csv"
    place.write_text(
        "code,licensee,kind,uses,from,until,currency,fee,terms,tariff,deviation\n"
        "a,lab-north,blanket,ai-train,2026-03-01,2027-03-01,EUR,12000.00,"
        "attribution; no-derivatives; reporting:monthly; audit,training,\n"
        "b,lab-south,blanket,ai-train,2026-03-01,2027-03-01,EUR,1.00,"
        "audit; model:Small ones,training@1,A trial\n"
    )
    assert actions.import_licences(place, by=by).added == 2
    assert queries.licence("a").deviation == ""
    south = queries.licence("b")
    assert (south.published, south.deviation, south.conditions.models) == (
        "training@1",
        "A trial",
        ("Small ones",),
    )
    assert actions.import_licences(place, by=by).unchanged == 2


def test_terms_are_data_and_sentences(by: Any) -> None:
    from quire.society.licensing.conditions import Conditions, of_words, read
    from quire.society.licensing.terms import sentences

    words = [
        "attribution",
        "output-attribution",
        "no-derivatives",
        "audit",
        "reporting:telemetry",
        "model: One.",
    ]
    terms = of_words(words)
    assert terms == read(terms.as_json())
    assert terms.duties() == ("attribution", "reporting", "no-derivatives", "output-attribution")
    assert len(terms.sentences()) == 6
    assert read({}) == Conditions() == of_words([])
    assert sentences(publish(by))[0] == "Outputs may not adapt a work: no derivatives."
    for word in ("freedom", "reporting:daily", "model:", "derivatives"):
        with pytest.raises(QuireError):
            of_words([word])


def test_duties_stand_in_the_token(by: Any) -> None:
    from quire.core import licence_token
    from quire.society.kit import clock
    from quire.society.licensing import keys

    desk.sites(by)
    publish(by, starts=clock.today().isoformat())
    take(by, starts=clock.today())
    answer = desk.token(desk.client(by))
    claims = licence_token.read(answer.said["access_token"], keys.key_set())
    assert claims.duties == ("attribution", "reporting", "no-derivatives")
    assert "Outputs may not adapt a work: no derivatives." in answer.said["terms"]


def test_the_published_tariffs_are_a_page_and_json(by: Any) -> None:
    browser = Browser(headers={"host": "localhost"})
    assert b"No tariff is published yet" in browser.get("/licences").content
    publish(by, sentence="Train <on> everything")
    publish(by, code="old", ends="2026-02-01", uses=["search"])
    page = browser.get("/licences")
    assert page["Content-Type"].startswith("text/html")
    text = page.content.decode()
    assert "Train &lt;on&gt; everything" in text
    assert "12,000.00 EUR" in text
    assert "old@1" not in text
    for told in (
        browser.get("/licences?format=json"),
        browser.get("/licences", headers={"accept": "application/json"}),
    ):
        (row,) = told.json()["tariffs"]
        assert (row["code"], row["fee"], row["terms"]["audit"]) == ("training", "12000.000000000000", True)
        assert told.json()["server"] == "http://127.0.0.1:8000/olp"


def test_the_page_says_to_whom_one_writes_and_what_each_refusal_means(by: Any) -> None:
    from quire.edge.answers import ANSWERS, Desk, refusal
    from quire.society.parties import actions as parties

    parties.found_society(
        name="River Society", form="association", currency="EUR", town="Vienna", country="AT",
        street="Quay", building="7", postcode="1010", by=by,
    )  # fmt: skip
    browser = Browser(headers={"host": "localhost"})
    text = browser.get("/licences").content.decode()
    assert "River Society, Quay 7, 1010 Vienna (AT)" in text
    desk = Desk("The society", "/licences", "/olp")
    for code in ANSWERS:
        link = json.loads(refusal(code, desk, "paper.example").body)["type"]
        assert f'<dt id="{link.partition("#")[2]}">' in text, "a refusal's type leads to its explanation"
    assert 'href="/licences"' in browser.get("/").content.decode()
