"""A backup of a society with a closed run, put back elsewhere: it is the same, to the byte that counts."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from quire.cli import main
from tests import small
from tests.conftest import Furnished, House, _admin, _living_in, furnished


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A society whose January is closed."""
    folder = tmp_path_factory.mktemp("closed")

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        small.found(folder)
        small.use(folder)
        small.receive(folder)
        small.distribute()

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made


@contextmanager
def elsewhere(postgres: dict[str, str], folder: Path, patch: pytest.MonkeyPatch) -> Iterator[House]:
    """An empty database and an empty home."""
    name = f"quire_elsewhere_{os.getpid()}_{folder.name.replace('-', '_')[-20:]}"
    _admin(postgres, f'CREATE DATABASE "{name}" TEMPLATE template0 OWNER quire_owner')
    try:
        with _living_in(postgres, name, folder, patch) as house:
            yield house
    finally:
        _admin(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


def books(capsys: pytest.CaptureFixture[str]) -> Any:
    return small.quire("ledger", "trial-balance", capsys=capsys)


def files(home: Path) -> dict[str, bytes]:
    """Every file that a backup has, by its name below the home."""
    there = {path.relative_to(home).as_posix(): path for path in sorted(home.rglob("*")) if path.is_file()}
    kept = {name: path for name, path in there.items() if name.split("/")[0] not in {"postgres", "tmp"}}
    return {name: path.read_bytes() for name, path in kept.items()}


def test_what_is_put_back_is_what_was(
    house: House, postgres: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    before, had = books(capsys), files(house.home)
    told = small.quire("backup", tmp_path / "all.tar", capsys=capsys)
    place = Path(told["file"])
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"all.tar"}
    assert any(name.startswith("lake/usage/") for name in had)
    assert any(name.endswith(".zip") for name in had)
    with elsewhere(postgres, tmp_path / "other", monkeypatch) as other:
        told = small.quire("restore", place, "--verify", capsys=capsys)
        assert told["findings"] == []
        assert told["verified"] is True
        assert files(other.home) == had
        assert books(capsys) == before
        assert stat.S_IMODE((other.home / "keys").stat().st_mode) == 0o700
        assert stat.S_IMODE((other.home / "keys" / "signing.json").stat().st_mode) == 0o600
        assert not (other.home / ".restoring").exists()
        small.quire("audit")
        small.quire("members", "list")
        _is_refused_where_something_is(place, capsys)


def _is_refused_where_something_is(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["restore", str(place)]) == 5
    assert "has tables already" in capsys.readouterr().err


def test_a_home_with_something_in_it_is_left_alone(
    house: House, postgres: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    small.quire("backup", tmp_path / "all.tar")
    with elsewhere(postgres, tmp_path / "mine", monkeypatch) as other:
        (other.home / "lake").mkdir(parents=True)
        (other.home / "lake" / "mine").write_text("mine")
        assert main(["restore", str(tmp_path / "all.tar")]) == 5
        assert "has files already, such as lake/mine" in capsys.readouterr().err
        assert files(other.home) == {"lake/mine": b"mine"}


def test_a_backup_replaces_nothing_and_a_folder_names_it(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kept.tar").write_text("kept")
    assert main(["backup", str(tmp_path / "kept.tar")]) == 5
    assert (tmp_path / "kept.tar").read_text() == "kept"
    assert main(["backup", str(tmp_path / "nowhere" / "x.tar")]) == 4
    folder = tmp_path / "folder"
    folder.mkdir()
    told = small.quire("backup", folder, capsys=capsys)
    assert Path(told["file"]).parent == folder
    assert [path.suffix for path in folder.iterdir()] == [".tar"]


@pytest.fixture(scope="module")
def written(before: Furnished, postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup to be damaged."""
    folder = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch, _living_in(postgres, before.database, before.home, patch):
        small.quire("backup", folder / "whole.tar")
    return folder / "whole.tar"


def rewritten(whole: Path, place: Path, change: Any) -> Path:
    """The backup with each member as ``change`` makes of it: bytes, another name, or nothing."""
    with tarfile.open(whole) as source, tarfile.open(place, "w") as made:
        for member in source:
            data = source.extractfile(member).read()  # type: ignore[union-attr]
            for name, kept in change(member.name, data):
                member.name, member.size = name, len(kept)
                made.addfile(member, io.BytesIO(kept))
    return place


def _turned(name: str, data: bytes) -> list[tuple[str, bytes]]:
    first = name.endswith(".parquet") and "lake" in name
    return [(name, bytes([data[0] ^ 1]) + data[1:] if first else data)]


def _left_out(name: str, data: bytes) -> list[tuple[str, bytes]]:
    return [] if name.endswith("signing.json") else [(name, data)]


def _added(name: str, data: bytes) -> list[tuple[str, bytes]]:
    return [("home/extra", b"x"), (name, data)] if name == "DIGESTS" else [(name, data)]


def _unfinished(name: str, data: bytes) -> list[tuple[str, bytes]]:
    return [] if name == "BACKUP.json" else [(name, data)]


def _climbing(name: str, data: bytes) -> list[tuple[str, bytes]]:
    return [("home/../../escaped" if name.endswith("signing.json") else name, data)]


def _of_tomorrow(name: str, data: bytes) -> list[tuple[str, bytes]]:
    return [(name, data.replace(b"quire-backup-1", b"quire-backup-9"))]


def _relisted(name: str, data: bytes) -> list[tuple[str, bytes]]:
    if name == "BACKUP.json":
        data = json.dumps({**json.loads(data), "digests": "0" * 64}).encode()
    return [(name, data)]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_turned, "is not what was written"),
        (_left_out, "is not what was written"),
        (_added, "does not list"),
        (_unfinished, "ends too early"),
        (_climbing, "which is no file of a backup"),
        (_of_tomorrow, "of another form"),
        (_relisted, "list of digests is not the one"),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_is_written(
    written: Path, postgres: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], change: Any, sentence: str,
) -> None:  # fmt: skip
    place = rewritten(written, tmp_path / "damaged.tar", change)
    _refused(place, sentence, postgres, tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.98])
def test_a_backup_that_was_cut_off_is_refused(
    written: Path, postgres: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], kept: float,
) -> None:  # fmt: skip
    place = tmp_path / "cut.tar"
    whole = written.read_bytes()
    place.write_bytes(whole[: int(len(whole) * kept)])
    _refused(place, "", postgres, tmp_path, monkeypatch, capsys)


def _refused(
    place: Path, sentence: str, postgres: dict[str, str], folder: Path, patch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with elsewhere(postgres, folder / "other", patch) as other:
        assert main(["restore", str(place)]) == 4
        said = " ".join(capsys.readouterr().err.split())
        assert sentence in said
        assert "Traceback" not in said
        assert files(other.home) == {}
        from django.db import connections

        assert connections["owner"].introspection.table_names() == []
    assert not (folder / "escaped").exists()


def test_a_link_in_a_backup_is_refused(
    written: Path, postgres: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    place = tmp_path / "linked.tar"
    shutil.copy(written, place)
    with tarfile.open(place, "w") as made:
        member = tarfile.TarInfo("home/keys/web-secret")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(member)
    _refused(place, "which is no file of a backup", postgres, tmp_path, monkeypatch, capsys)


def test_verify_finds_what_was_wrong_when_the_backup_was_made(
    house: House, postgres: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """The backup is whole, and faithfully has a file of the lake that had been changed before."""
    changed = next((house.home / "lake" / "usage").rglob("*.parquet"))
    changed.chmod(0o600)
    changed.write_bytes(changed.read_bytes() + b"x")
    small.quire("backup", tmp_path / "all.tar")
    with elsewhere(postgres, tmp_path / "other", monkeypatch):
        assert main(["restore", str(tmp_path / "all.tar"), "--verify"]) == 10
        assert f"{changed.name} in the usage lake is not what was written" in capsys.readouterr().out


def test_a_backup_of_a_later_version_says_so(
    written: Path, postgres: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def later(name: str, data: bytes) -> list[tuple[str, bytes]]:
        if name == "BACKUP.json":
            told = json.loads(data)
            data = json.dumps({**told, "migrations": [*told["migrations"], ["kit", "9999_later"]]}).encode()
        return [(name, data)]

    place = rewritten(written, tmp_path / "later.tar", later)
    with elsewhere(postgres, tmp_path / "other", monkeypatch):
        assert main(["restore", str(place)]) == 5
        assert "install that version first" in " ".join(capsys.readouterr().err.split())
