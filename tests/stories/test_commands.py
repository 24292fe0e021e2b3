"""Every command that shows something shows it, for people and as JSON; a dry run leaves nothing behind."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from quire.cli import main
from tests import small
from tests.conftest import Furnished, House, furnished

SHOWN = (
    ("user", "list"),
    ("criteria", "show"),
    ("parties", "list"),
    ("members", "list"),
    ("works", "find", "https://gazette.example/a"),
    ("licences", "list"),
    ("receipts", "list"),
    ("usage", "list"),
    ("usage", "account"),
    ("usage", "account", "--period", "2026-01"),
    ("plan", "list"),
    ("plan", "explain", "tiered"),
    ("distribution", "list"),
    ("distribution", "show"),
    ("hold", "list"),
    ("payouts", "list"),
    ("ledger", "trial-balance"),
    ("ledger", "history", "rights:bank"),
    ("audit",),
)
REHEARSED = (
    ("user", "add", "clerk", "--role", "operator"),
    ("criteria", "adopt", "criteria.toml", "--from", "2026-06-01", "--decision", "Assembly of May 2026"),
    ("members", "leave", "marsh", "--until", "2026-06-01", "--notice", "2026-03-01"),
    ("mandates", "answer", "lantern", "ai-input", "yes", "--from", "2026-02-01"),
    ("licences", "grant", "north-input", "--licensee", "lab-north", "--operator", "OpenAI", "--kind",
     "blanket", "--use", "ai-input", "--from", "2026-01-01", "--until", "2027-01-01", "--currency", "EUR"),
    ("invoice", "issue", "south-2026", "--period", "2026-01"),
    ("receipts", "record", "north-2026", "5.00", "--period", "2026-02", "--received", "2026-03-02",
     "--reference", "R-9"),
    ("plan", "adopt", "tiered", "--from", "2026-06-01", "--decision", "Assembly of May 2026"),
    ("hold", "place", "--reason", "two claim it", "--party", "marsh"),
    ("hold", "release", "HOLD"),
    ("payouts", "prepare", "--currency", "EUR", "--on", "2026-03-09"),
    ("payouts", "settle", "BATCH", "--on", "2026-03-09"),
    ("distribution", "run", "--period", "2026-02"),
    ("usage", "import", "more.log", "--host", "gazette.example"),
)  # fmt: skip
CRITERIA = """[[criterion]]
name = "works"
kind = "at-least"
value = "5"
sentence = "You show {shown} works; {needed} are needed."
"""


def january(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    """January distributed, a batch on its way, a balance that can be paid, a hold; February has a receipt."""
    from quire.society.distribution.models import Hold

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        patch.setenv("QUIRE_USER", "preparer")
        small.found(folder)
        small.use(folder)
        small.receive(folder)
        small.distribute()
        small.quire("hold", "place", "--reason", "asked to wait", "--party", "lantern")
        small.quire("payouts", "prepare", "--currency", "EUR", "--on", "2026-03-02")
        small.quire("hold", "release", Hold.objects.get().tid)
        small.quire("hold", "place", "--reason", "two claim it", "--party", "gazette")
        small.quire("receipts", "record", "north-2026", "1.00", "--period", "2026-02", "--received",
                    "2026-03-01", "--reference", "R-3")  # fmt: skip


def empty(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    small.quire("init", "--name", "Small Society", "--town", "Vienna", "--country", "AT", "--operator",
                "preparer", "--approver", "approver")  # fmt: skip


@pytest.fixture(scope="module")
def after_january(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(postgres, tmp_path_factory.mktemp("january"), january, staffed=False) as made:
        yield made


@pytest.fixture(scope="module")
def just_founded(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(postgres, tmp_path_factory.mktemp("founded"), empty, staffed=False) as made:
        yield made


@pytest.fixture
def before(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("after_january" if "society" in request.fixturenames else "just_founded")


@pytest.fixture
def society(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As ``january`` left it, and a folder with files to hand in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUIRE_USER", "preparer")
    Path("criteria.toml").write_text(CRITERIA)
    Path("more.log").write_text(small.hit(29, "/a", small.GPT))
    return tmp_path


def test_what_is_on_record_is_shown_for_people_and_as_json(
    society: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    for words in SHOWN:
        assert main(list(words)) == 0, words
        assert capsys.readouterr().out.strip(), words
        assert main([*words, "--json"]) == 0, words
        assert json.loads(capsys.readouterr().out), words
    assert main(["members", "list", "--json"]) == 0
    assert [one["code"] for one in json.loads(capsys.readouterr().out)] == ["gazette", "lantern", "marsh"]
    assert main(["licences", "list"]) == 0
    assert "lab-north" in capsys.readouterr().out


def test_a_dry_run_is_checked_in_full_and_leaves_nothing_behind(
    society: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from quire.society.ledger import queries as ledger

    hold = next(one for one in small.quire("hold", "list", capsys=capsys) if one["released"] is None)
    (batch,) = small.quire("payouts", "list", capsys=capsys)
    real = {"HOLD": hold["id"], "BATCH": batch["batch"]}
    before, head = _rows(), ledger.head()
    for words in REHEARSED:
        said = [real.get(word, word) for word in words]
        assert main([*said, "--dry-run"]) == 0, words
        assert (_rows(), ledger.head()) == (before, head), words
    refused = ["receipts", "record", "nobody", "5.00", "--period", "2026-02", "--received", "2026-03-02"]
    assert main([*refused, "--reference", "R-9", "--dry-run"]) == 3

    # The same words without --dry-run do change something: the list above would notice.
    for words in REHEARSED[:4]:
        assert main(list(words)) == 0, words
        now = _rows()
        assert now != before, words
        before = now


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["criteria", "adopt", "none.toml", "--from", "2026-01-01", "--decision", "D"], 4, "cannot be read"),
        (["members", "import", "none.csv"], 4, "cannot be read"),
        (["usage", "import", "none.log", "--host", "gazette.example"], 3, "There is no file none.log"),
        (["ledger", "export", "nowhere/books"], 1, "nowhere/books cannot be used"),
        (["distribution", "run", "--period", "march"], 4, "is not a period"),
        (["distribution", "approve", "latest", "--by", "nobody"], 3, "Known are: approver, preparer"),
        (["distribution", "approve", "latest", "--by", "preparer"], 3, "There is no run yet"),
        (["hold", "place", "--reason", "r"], 4, "Name a work or a party"),
        (["members", "leave", "nobody", "--until", "2026-06-01", "--notice", "2026-03-01"], 3, "nobody"),
        (["init", "--name", "Another", "--town", "Graz", "--country", "AT"], 5, "founded here already"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(
    words: list[str], code: int, told: str, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUIRE_USER", "preparer")
    assert main(words) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert told in said.err
    assert said.err.count("\n") == 1
    assert "defect" not in said.err


def test_every_option_says_what_it_wants() -> None:
    from typer.main import get_command

    from quire.cli import server

    def mute(command: Any, path: str) -> Iterator[str]:
        for name, part in getattr(command, "commands", {}).items():
            yield from mute(part, f"{path} {name}")
        for one in command.params:
            if one.param_type_name == "option" and one.name != "by" and not one.help:
                yield f"{path} {one.opts[0]}"

    assert list(mute(get_command(server.app), "quire")) == []


def test_an_import_says_what_it_changed_and_a_url_what_is_wrong_with_it(
    society: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    head = "code,name,kind\n"
    for rows, told in (
        ("fern,Fern,blogger\nmoss,Moss,blogger\n", "2 parties taken: 2 new.\n"),
        ("fern,Fern,blogger\nmoss,The Moss,blogger\n", "2 parties taken: 1 changed, 1 as before.\n"),
        ("fern,Fern,blogger\nmoss,The Moss,blogger\n", "2 parties taken, all as before.\n"),
    ):
        Path("parties.csv").write_text(head + rows)
        assert main(["parties", "import", "parties.csv"]) == 0
        assert capsys.readouterr().out == told
    assert main(["works", "find", "not a url"]) == 0
    asked, said = capsys.readouterr().out.splitlines()[-1].split("  ", 1)
    assert asked == "not a url"
    assert said.strip()


def _rows() -> dict[str, tuple[int, str]]:
    """Each table: its rows and a digest of all they hold."""
    from django.apps import apps
    from django.db import connection

    found = {}
    with connection.cursor() as run:
        for model in apps.get_models():
            table = model._meta.db_table
            run.execute(
                f"SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM \"{table}\" t"
            )
            found[table] = run.fetchone()
    return found


def test_every_list_is_a_table_for_a_spreadsheet_too(
    society: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (("members", "list"), ("licences", "list"), ("agreements", "list"), ("payouts", "list")):
        capsys.readouterr()
        assert main([*words, "--json"]) == 0, words
        told = json.loads(capsys.readouterr().out)
        assert main([*words, "--csv"]) == 0, words
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        assert [list(row) for row in rows] == [list(one) for one in told], words
    assert main(["ledger", "trial-balance", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    euros = [Fraction(row["balance"]) for row in rows if row["currency"] == "EUR"]
    assert sum(euros) == 0
    assert min(euros) < 0
