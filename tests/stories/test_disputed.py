"""A diary of some years: of photographs, one that two claim, one found late, one that nobody claims."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from quire.cli import main
from tests import small
from tests.conftest import House

GUIDE = Path(__file__).parents[2] / "docs/guides/disputes.md"
SHARES = """work,from,party,role,share
https://gazette.example/a,,gazette,publisher,1/2
https://gazette.example/a,,unknown,photographer,1/2
https://gazette.example/b,,gazette,publisher,2/3
https://gazette.example/b,,lantern,photographer,1/3
https://marsh.example/one,,marsh,publisher,3/4
https://marsh.example/one,,unknown,photographer,1/4
"""


class Diary:
    """The society's days, and what its office types on them."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.patch, self.capsys = folder, patch, capsys
        patch.setenv("QUIRE_USER", "preparer")
        patch.chdir(folder)

    def on(self, day: str) -> None:
        self.patch.setenv("QUIRE_TODAY", day)

    def __call__(self, *words: object) -> Any:
        return small.quire(*words, capsys=self.capsys)

    def text(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path


@pytest.fixture
def diary(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Diary:
    made = Diary(tmp_path, monkeypatch, capsys)
    small.found(tmp_path)
    small.use(tmp_path)
    small.receive(tmp_path)
    made("works", "shares", made.text("shares.csv", SHARES))
    made.text("contract.txt", "We sell our photographs to Marsh and Tide.")
    made.text("letter.txt", "We never did.")
    return made


def credited(code: str) -> str:
    from quire.core.money import decimal_of
    from quire.society.distribution import queries
    from quire.society.parties import queries as parties

    return decimal_of(queries.credited().get((parties.party(code).id, "EUR"), 0))[:-10]


def test_the_photographs_of_january(diary: Diary, house: House) -> None:
    from quire.society import audit

    # 10 February 2026. Marsh says that the photograph of /b was sold to it; it brings the contract.
    diary.on("2026-02-10")
    filed = diary(
        "disputes", "file", "--kind", "ownership", "--work", "https://gazette.example/b",
        "--claimant", "marsh", "--reason", "Sold to us",
        "--shares", "gazette:publisher:2/3; marsh:photographer:1/3",
    )  # fmt: skip
    told = diary("disputes", "document", "latest", "contract.txt", "--title", "Contract")
    assert (told["state"], told["due"]) == ("documented", "2026-04-11")

    # 12 February. January is distributed: of Lantern's third of /b, 60 euros, nothing is paid.
    diary.on("2026-02-12")
    small.distribute()
    run = diary("distribution", "show", "latest")["run"]
    assert main(["verify", str(house.home / "published" / "bundles" / run), "--key",
                 str(house.home / "published" / "keys.json")]) == 0  # fmt: skip
    assert diary("disputes", "list")[0]["held"]["EUR"] == "60.000000000000"
    marsh, lantern = float(credited("marsh")), float(credited("lantern"))

    # 1 April. Lantern answers; from now on no time runs.
    diary.on("2026-04-01")
    diary("disputes", "answer", "latest", "letter.txt", "--party", "lantern", "--title", "Letter")
    diary.on("2026-12-01")
    assert diary("disputes", "tick") == []

    # 2 December. The committee finds for both, half and half.
    diary(
        "disputes", "decide", filed["dispute"], "--who", "The committee", "--text", "Both contracts hold",
        "--shares", "gazette:publisher:2/3; marsh:photographer:1/6; lantern:photographer:1/6",
    )  # fmt: skip
    assert (float(credited("marsh")) - marsh, float(credited("lantern")) - lantern) == (30, 30)
    assert audit.findings() == []
    found_late(diary, run)
    claimed_by_nobody(diary)


def found_late(diary: Diary, run: str) -> None:
    # 3 March 2028. Two photographs are still nobody's. Lantern finds the negatives of /a.
    diary.on("2028-03-03")
    items = [one for one in diary("unclaimed", "list") if one["currency"] == "EUR"]
    assert {(one["work"], one["class"], one["amount"][:5]) for one in items} == {
        ("gazette.example/a", "photographer", "90.00"),
        ("marsh.example/one", "photographer", "15.00"),
    }
    paid = diary(
        "unclaimed", "match", "--work", "https://gazette.example/a", "--party", "lantern=1/1", "--evidence",
        "The negatives", "--amend", "--from", "2028-01-01",
    )["paid"]  # fmt: skip
    assert [(one["run"], one["period"], one["class"]) for one in paid if one["currency"] == "EUR"] == [
        (run, "2026-01-01..2026-02-01", "photographer")
    ]

    told = diary("statements", "awards", "lantern")
    assert {one["because"] for one in told if one["currency"] == "EUR"} == {
        "Released from dispute: gazette.example/b: In dispute (ownership): Sold to us",
        "Found to be yours: gazette.example/a, as photographer",
    }


def claimed_by_nobody(diary: Diary) -> None:
    from quire.society import audit

    # 1 January 2030. For the other nobody came. By the assembly's decision it goes to its class.
    diary.on("2030-01-01")
    diary("unclaimed", "dispose", "--as", "class", "--decision", "Assembly of 2029, item 7")
    assert main(["unclaimed", "approve", "latest", "--by", "preparer"]) == 6
    lantern, marsh = float(credited("lantern")), float(credited("marsh"))
    report = diary("unclaimed", "approve", "latest", "--by", "approver")
    assert report["sentence"] == "Every cent stayed in its class of right."
    # As photographers of January, Lantern earned 30 of /b and the 90 that it was found for, Marsh 30 of /b.
    assert (float(credited("lantern")) - lantern, float(credited("marsh")) - marsh) == (12, 3)
    assert diary("unclaimed", "list") == []
    assert audit.findings() == []


def test_the_commands_of_the_guide_run_in_its_order(diary: Diary) -> None:
    diary.on("2030-02-01")
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) == 13
    for line in lines:
        assert main(shlex.split(line)[1:]) == 0, (line, diary.capsys.readouterr().err)
        if "document latest" in line:
            small.distribute()
    told = json.loads((Path.cwd() / "var" / "published" / "unclaimed.json").read_text())
    assert {one["work"] for one in told["items"]} == {"gazette.example/a", "marsh.example/one"}


def test_tables_of_both_queues(diary: Diary) -> None:
    diary.on("2026-02-10")
    diary(
        "disputes", "file", "--kind", "tier", "--work", "https://gazette.example/b", "--claimant", "gazette",
        "--reason", "=It is research", "--wanted", "research",
    )  # fmt: skip
    small.distribute()
    diary.capsys.readouterr()
    for words in (
        ["disputes", "list"],
        ["disputes", "show", "latest"],
        ["unclaimed", "list"],
        ["unclaimed", "report"],
    ):
        assert main(words) == 0
    assert main(["disputes", "list", "--csv"]) == 0
    assert main(["unclaimed", "list", "--csv"]) == 0
    text = diary.capsys.readouterr().out
    assert "dispute,kind,work" in text
    assert "item,work,title,class" in text
    assert main(["disputes", "show", "dsp_00000000000000000000000000"]) == 3
    assert main(["unclaimed", "match", "--work", "https://gazette.example/a", "--party", "lantern",
                 "--evidence", "x"]) == 4  # fmt: skip
