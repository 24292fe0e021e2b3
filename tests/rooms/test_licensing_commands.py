"""The desk's day: a tariff is published, a licence taken, a client made and revoked, all by commands."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from quire.cli import main
from quire.core.tokens import SigningKey
from quire.society.kit import clock
from tests.rooms import licence_desk as desk
from tests.small import quire

TARIFF = """code = "training"
kind = "blanket"
uses = ["ai-train"]
currency = "EUR"
fee = "12000.00"
starts = {starts}
sentence = "Train on everything, for a yearly fee."
decision = "Members' meeting of 12 March 2026, item 4"
[terms]
attribution = true
"""


@pytest.fixture
def by(people: dict[str, Any]) -> Any:
    desk.lab(people["preparer"])
    desk.sites(people["preparer"])
    return people["preparer"]


@pytest.fixture
def tariff(by: Any, tmp_path: Path) -> Path:
    place = tmp_path / "training.toml"
    place.write_text(TARIFF.format(starts=clock.today() - timedelta(10)))
    quire("tariff", "publish", place, "--by", "preparer")
    return place


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    capsys.readouterr()
    code = main([str(word) for word in words])
    return code, capsys.readouterr().err


def take(*more: object) -> tuple[object, ...]:
    first = clock.today().isoformat()
    given = ("licences", "take", "north", "--tariff", "training", "--licensee", "lab-north", "--from", first)
    return (*given, "--by", "preparer", *more)


def test_a_tariff_is_published_shown_and_rehearsed(tariff: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (listed,) = quire("tariff", "list", capsys=capsys)
    assert (listed["code"], listed["version"], listed["fee"]) == ("training", 1, "12000.000000000000")
    assert quire("tariff", "show", "training@1", capsys=capsys) == listed
    quire("tariff", "show", "training")
    assert "Wherever a work is shown, its author is named" in capsys.readouterr().out
    tariff.write_text(TARIFF.format(starts=clock.today() + timedelta(9)))
    quire("tariff", "publish", tariff, "--by", "preparer", "--dry-run")
    assert len(quire("tariff", "list", capsys=capsys)) == 1
    tariff.write_bytes(b"\xff")
    assert refused(capsys, "tariff", "publish", tariff, "--by", "preparer")[0] == 4
    assert refused(capsys, "tariff", "show", "other")[0] == 3


def test_a_licence_is_taken_and_a_deviation_needs_a_reason(
    tariff: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = refused(capsys, *take("--fee", "6000.00"))
    assert code == 4
    assert "--deviation" in told
    assert (
        quire(*take("--fee", "6000.00", "--deviation", "A university", "--term", "audit"), capsys=capsys)[
            "tariff"
        ]
        == "training@1"
    )
    (found,) = quire("licences", "deviations", capsys=capsys)
    assert found["deviates in"] == "fee, attribution, audit"
    assert found["reason"] == "A university"
    shown = quire("licences", "show", "north", capsys=capsys)
    assert (shown["tariff"], shown["fee"], shown["terms"]["audit"]) == (
        "training@1",
        "6000.000000000000",
        True,
    )
    quire("licences", "show", "north")
    text = capsys.readouterr().out
    assert "It deviates from it: A university" in text
    assert "The society may have the licensee's use of the works audited." in text


def test_a_licence_beside_the_tariff_is_granted_with_a_reason(
    tariff: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, until = clock.today().isoformat(), (clock.today() + timedelta(365)).isoformat()
    words = [
        "licences", "grant", "own", "--licensee", "lab-north", "--operator", "North", "--kind", "blanket",
        "--use", "ai-train", "--from", first, "--until", until, "--currency", "EUR", "--fee", "1.00",
        "--term", "model:Small ones", "--by", "preparer",
    ]  # fmt: skip
    code, told = refused(capsys, *words)
    assert code == 4
    assert "training@1 is published for this" in told
    quire(*words, "--deviation", "Agreed before")
    assert quire("licences", "show", "own", capsys=capsys)["terms"]["models"] == ["Small ones"]


def test_a_client_is_made_rotated_and_revoked(
    tariff: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quire(*take())
    key = tmp_path / "key.json"
    key.write_text(json.dumps(SigningKey.generate().public_jwk()))
    made = quire(
        "clients", "create", "lab-north", "--name", "crawler", "--alg", "ES256", "--scope", "ai-train",
        "--key", key, "--by", "preparer", capsys=capsys,
    )  # fmt: skip
    quire("clients", "create", "lab-north", "--name", "trial", "--mode", "sandbox", "--by", "preparer")
    assert "shown this once: qcs_" in capsys.readouterr().out
    again = quire("clients", "rotate", made["client"], "--by", "preparer", capsys=capsys)
    assert again["secret"] != made["secret"]
    listed = quire("clients", "list", "--licensee", "lab-north", capsys=capsys)
    assert [(one["name"], one["mode"], one["bound"]) for one in listed] == [
        ("crawler", "live", "yes"),
        ("trial", "sandbox", ""),
    ]
    auth = desk.basic(made["client"], again["secret"])
    form = {"license": desk.terms("all"), "resource": "https://marsh.example/"}
    assert desk.token(None, auth=auth, **form).status_code == 200
    quire("clients", "revoke", made["client"], "--reason", "Left", "--by", "preparer")
    assert desk.token(None, auth=auth, **form).status_code == 401
    key.write_text("no key")
    code, told = refused(
        capsys, "clients", "create", "lab-north", "--name", "x", "--key", key, "--by", "preparer"
    )
    assert code == 4
    assert "no public key" in told


def test_tokens_are_revoked_by_one_of_three_names(tariff: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from quire.society.licensing.models import IssuedToken, Revocation

    quire(*take())
    made = quire("clients", "create", "lab-north", "--name", "crawler", "--by", "preparer", capsys=capsys)
    desk.token(None, auth=desk.basic(made["client"], made["secret"]))
    jti = IssuedToken.objects.get().jti
    assert refused(capsys, "tokens", "revoke", "--reason", "x", "--by", "preparer")[0] == 4
    both = ("--token", jti, "--licence", "north")
    assert refused(capsys, "tokens", "revoke", "--reason", "x", *both, "--by", "preparer")[0] == 4
    for named in (("--token", jti), ("--licence", "north"), ("--client", made["client"])):
        quire("tokens", "revoke", "--reason", "Lost", *named, "--by", "preparer")
    assert quire("licences", "show", "north", capsys=capsys)["revoked"] is True
    kinds = sorted(row.subject[:4] for row in Revocation.objects.all())
    assert kinds == ["jti:", "lic:", "sub:"]
    assert refused(capsys, "tokens", "revoke", "--reason", "x", "--token", "a", "--by", "preparer")[0] == 3


def test_keys_are_listed_rotated_and_dropped(by: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from quire.society.licensing import keys

    keys.signing_key()
    before = quire("keys", "list", capsys=capsys)
    assert [one["for"] for one in before] == ["Ed25519", "ES256"]
    made = quire("keys", "rotate", "--by", "preparer", capsys=capsys)
    assert len(made) == 2
    assert refused(capsys, "keys", "rotate", "--by", "preparer")[0] == 4
    rest = quire("keys", "drop", before[0]["key"], "--reason", "Stolen", "--by", "preparer", capsys=capsys)
    assert before[0]["key"] not in {one["key"] for one in rest}
    quire("keys", "list")
    assert "signs from" in capsys.readouterr().out
