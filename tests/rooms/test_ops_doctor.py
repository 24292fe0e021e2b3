"""What the doctor finds, and what an upgrade does and refuses."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quire.cli import main
from tests import small
from tests.conftest import House


@pytest.fixture
def found(house: House, tmp_path: Path) -> House:
    """A society that has just been founded."""
    small.quire("init", "--name", "Small Society", "--town", "Vienna", "--country", "AT")
    return house


def asked(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, list[dict[str, str]]]]:
    """The doctor's exit code, and what it says by what it is about."""
    capsys.readouterr()
    code = main(["doctor", "--json"])
    told: dict[str, list[dict[str, str]]] = {}
    for one in json.loads(capsys.readouterr().out):
        told.setdefault(one["about"], []).append(one)
    return code, told


def wrong(told: dict[str, list[dict[str, str]]]) -> set[str]:
    return {about for about, several in told.items() if any(one["state"] == "wrong" for one in several)}


def test_nothing_is_wrong_with_a_society_on_ones_own_machine(
    found: House, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = asked(capsys)
    assert (code, wrong(told)) == (0, set()), told
    assert set(told) == {
        "settings", "versions", "home", "disk", "fonts", "database", "walls", "clock", "worker", "mail",
        "backup",
    }  # fmt: skip
    assert main(["doctor"]) == 0
    assert "Nothing is wrong." in capsys.readouterr().out


def test_settings_that_cannot_be_read_are_all_named_before_anything_else_is_asked(
    found: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("QUIRE_SMTP", "mail.example"), ("QUIRE_PROXIES", "many"), ("QUIRE_LOG", "loud"),
                        ("QUIRE_METRICS_TOKEN", "short"), ("QUIRE_PAGE_LIMT", "3")):  # fmt: skip
        monkeypatch.setenv(name, value)
    code, told = asked(capsys)
    assert code == 10
    sentences = " ".join(one["sentence"] for one in told["settings"])
    for name in ("QUIRE_SMTP", "QUIRE_PROXIES", "QUIRE_LOG", "QUIRE_METRICS_TOKEN"):
        assert name in sentences
    (misspelt,) = [one for one in told["settings"] if one["state"] == "note"]
    assert misspelt["do"] == "Did you mean QUIRE_PAGE_LIMIT?"
    assert "database" not in told


def test_what_is_all_right_at_home_is_not_where_others_come(
    found: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUIRE_URL", "http://society.example")
    monkeypatch.setenv("QUIRE_DEBUG", "1")
    monkeypatch.setenv("QUIRE_TODAY", "2026-01-01")
    _, told = asked(capsys)
    said = [one["sentence"] for one in told["settings"] if one["state"] == "wrong"]
    assert [one.split()[0] for one in said] == ["QUIRE_URL", "QUIRE_DEBUG", "QUIRE_TODAY"]


def test_keys_that_others_may_read_are_told_of(found: House, capsys: pytest.CaptureFixture[str]) -> None:
    (found.home / "keys" / "signing.json").chmod(0o644)
    _, told = asked(capsys)
    assert wrong(told) == {"home"}
    assert told["home"][0]["do"].endswith("keys/signing.json")
    (found.home / "keys").chmod(0o755)
    _, told = asked(capsys)
    assert told["home"][0]["sentence"].endswith(str(found.home / "keys") + ".")


def test_a_job_that_waits_without_a_worker_is_wrong(found: House, capsys: pytest.CaptureFixture[str]) -> None:
    from quire.society.kit.models import Job

    code, told = asked(capsys)
    assert (code, told["worker"][0]["state"]) == (0, "note")
    from quire.society.kit import clock

    Job.objects.create(kind="x", title="x", asked_at=clock.now())
    code, told = asked(capsys)
    assert (code, wrong(told)) == (10, {"worker"})


def test_a_wall_that_is_down_is_told_of(found: House, capsys: pytest.CaptureFixture[str]) -> None:
    from django.db import connections

    with connections["owner"].cursor() as run:
        run.execute("ALTER TABLE kit_act DISABLE TRIGGER kit_act_grows")
    _, told = asked(capsys)
    assert wrong(told) == {"walls"}
    small.quire("upgrade")
    with connections["owner"].cursor() as run:
        run.execute("ALTER TABLE kit_act ENABLE TRIGGER kit_act_grows")
    assert asked(capsys)[0] == 0


@contextmanager
def mail_server(*answers: bytes) -> Iterator[int]:
    """A server that greets, and answers each line with the next of these."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            talk, _ = door.accept()
            with talk, talk.makefile("rb") as lines:
                talk.sendall(b"220 mail.example\r\n")
                for answer in answers:
                    if not lines.readline():
                        return
                    talk.sendall(answer)
                lines.readline()

        threading.Thread(target=serve, daemon=True).start()
        yield door.getsockname()[1]


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ((b"250-hello\r\n250 AUTH PLAIN\r\n", b"235 welcome\r\n", b"250 ok\r\n", b"221 bye\r\n"), "ok"),
        ((b"250-hello\r\n250 AUTH PLAIN\r\n", b"535 no\r\n", b"535 no\r\n", b"221 bye\r\n"), "wrong"),
        ((), "wrong"),
    ],
)
def test_the_mail_server_is_tried_and_its_password_is_not_said(
    found: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    answers: tuple[bytes, ...], state: str,
) -> None:  # fmt: skip
    with mail_server(*answers) as port:
        at = port if answers else 1
        monkeypatch.setenv("QUIRE_SMTP", f"smtp://post:hunter2hunter2@127.0.0.1:{at}?tls=no")
        _, told = asked(capsys)
    assert told["mail"][0]["state"] == state, told["mail"]
    assert "hunter2" not in json.dumps(told)


def test_a_newer_database_is_left_alone(found: House, capsys: pytest.CaptureFixture[str]) -> None:
    from django.db import connections

    with connections["owner"].cursor() as run:
        run.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('kit', '9999_later', now())")
    for words in (["upgrade"], ["init", "--name", "Other", "--town", "Graz", "--country", "AT"]):
        assert main(words) == 5
        assert "The database is newer than this Quire" in " ".join(capsys.readouterr().err.split())
    assert not (found.home / "backups").exists()
    _, told = asked(capsys)
    assert wrong(told) == {"database"}


def test_an_upgrade_begins_with_a_backup_and_one_that_changes_nothing_does_not(
    found: House, capsys: pytest.CaptureFixture[str]
) -> None:
    told = small.quire("upgrade", capsys=capsys)
    assert told == {"current": True, "steps": 0, "backup": None}
    _behind()
    _, seen = asked(capsys)
    assert wrong(seen) == {"database"}
    told = small.quire("upgrade", capsys=capsys)
    assert told["steps"] == 1
    assert Path(told["backup"]).parent == found.home / "backups"
    assert asked(capsys)[0] == 0
    _behind()
    assert small.quire("upgrade", "--without-backup", capsys=capsys)["backup"] is None


def _behind() -> None:
    """The database as it was before the migration that makes the table of sessions, on which none stands."""
    from django.db import connections

    with connections["owner"].cursor() as run:
        run.execute("DROP TABLE django_session")
        run.execute("DELETE FROM django_migrations WHERE app = 'sessions'")


def test_an_empty_database_is_told_how_to_begin(
    postgres: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tests.rooms.test_ops_backup import elsewhere

    with elsewhere(postgres, tmp_path / "empty", monkeypatch) as other:
        other.home.mkdir()
        _, told = asked(capsys)
        assert wrong(told) == {"database"}
        assert told["database"][-1]["do"] == "quire init, or quire restore"
