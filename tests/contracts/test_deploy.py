"""What is handed out for running it: units, containers and SQL name what there is. No image is built here."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
CONTAINER = (DEPLOY / "Containerfile").read_text()
SERVICES = {name: told for name, told in COMPOSE["services"].items() if name != "db"}
OTHERS = {"POSTGRES_PASSWORD", "QUIRE_OWNER_PASSWORD", "QUIRE_APP_PASSWORD"}
"""Variables of the compose file alone, of which it puts two settings together."""


def parsed(words: list[str]) -> None:
    """Let the command line read these words, without running the command; a mistake raises."""
    from quire.cli import server

    command: Any = typer.main.get_command(server.app)
    context = command.make_context("quire", list(words), resilient_parsing=False)
    while hasattr(command, "resolve_command"):
        rest = [*context._protected_args, *context.args]
        _, command, rest = command.resolve_command(context, rest)
        context = command.make_context(command.name, rest, parent=context)


def settings() -> set[str]:
    from quire.society.kit.config import SETTINGS

    return {one.name for one in SETTINGS}


def unit(path: Path) -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(path.read_text())
    return read


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_units_run_commands_that_there_are_and_may_do_little_else(path: Path) -> None:
    service = unit(path)["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert program == "/opt/quire/bin/quire"
    parsed(words)
    for name, value in (("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("ProtectHome", "yes"),
                        ("CapabilityBoundingSet", ""), ("UMask", "0077"), ("User", "quire"),
                        ("EnvironmentFile", "/etc/quire/environment")):  # fmt: skip
        assert service[name] == value
    assert service["Environment"] == "QUIRE_HOME=/var/lib/quire"
    assert service["StateDirectory"] == "quire"


def test_a_command_that_there_is_not_is_noticed() -> None:
    with pytest.raises(Exception, match="No such"):
        parsed(["edges", "compact", "--evry", "10"])
    with pytest.raises(Exception, match="No such"):
        parsed(["edges", "compacted"])


@pytest.mark.more  # it runs a program of systemd's
def test_systemd_takes_the_units_and_finds_them_well_confined(tmp_path: Path) -> None:
    quire = Path(sys.executable).with_name("quire")
    for path in DEPLOY.glob("systemd/*"):
        (tmp_path / path.name).write_text(path.read_text().replace("/opt/quire/bin/quire", str(quire)))
    found = [str(path) for path in sorted(tmp_path.iterdir())]
    assert len(found) == len(UNITS) + 1
    done = subprocess.run(["systemd-analyze", "verify", *found], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    for path in UNITS:
        words = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(tmp_path / path.name)]
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_the_services_of_the_compose_file_are_those_of_the_units() -> None:
    started = {tuple(shlex.split(unit(path)["Service"]["ExecStart"])[1:]) for path in UNITS}
    commands = {name: tuple(told.get("command", ())) for name, told in SERVICES.items()}
    assert set(commands) == {"migrate", "web", "worker", "edges"}
    assert {commands["worker"], commands["edges"]} <= started
    for words in (*commands.values(), tuple(cmd_of_container())):
        if words:
            parsed(list(words))
    assert commands["migrate"] == ("upgrade",)
    assert SERVICES["migrate"]["restart"] == "no"
    for name in ("web", "worker", "edges"):
        assert SERVICES[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES["web"]["ports"] == ["127.0.0.1:8000:8000"]


def cmd_of_container() -> list[str]:
    found = re.search(r"(?m)^CMD (\[.*\])$", CONTAINER)
    assert found is not None
    return list(yaml.safe_load(found[1]))


def test_only_settings_that_there_are_are_set() -> None:
    for told in SERVICES.values():
        assert set(told["environment"]) <= settings()
    text = (DEPLOY / "compose.yaml").read_text()
    asked = set(re.findall(r"\$\{([A-Z_]+)", text))
    assert asked <= settings() | OTHERS
    example = set(re.findall(r"(?m)^([A-Z_]+)=", (DEPLOY / "environment.example").read_text()))
    assert example <= settings() | OTHERS
    assert asked <= example
    assert set(re.findall(r"(QUIRE_[A-Z_]+)=", CONTAINER)) <= settings()


def test_paths_that_are_copied_or_mounted_are_there() -> None:
    copied = re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", CONTAINER)
    names = [name for line in copied for name in line.split()]
    assert {"pyproject.toml", "constraints.txt", "src"} <= set(names)
    assert [name for name in names if not (ROOT / name).exists()] == []
    mounted = [one.split(":")[0] for one in COMPOSE["services"]["db"]["volumes"] if one.startswith(".")]
    assert len(mounted) == 2
    assert [name for name in mounted if not (DEPLOY / name).exists()] == []
    assert (DEPLOY / SERVICES["web"]["build"]["dockerfile"].removeprefix("deploy/")).exists()
    assert (DEPLOY / "compose-database.sh").stat().st_mode & 0o111


def test_images_are_the_standard_ones_and_nothing_is_fetched_but_from_the_usual_places() -> None:
    images = set(re.findall(r"(?m)^FROM (\S+)", CONTAINER)) | {COMPOSE["services"]["db"]["image"]}
    assert {image.rpartition(":")[0] for image in images} == {"python", "postgres"}
    assert set(COMPOSE["volumes"]) == {"database", "home"}


@pytest.mark.more  # it makes two roles and migrates as one of them
def test_the_two_roles_of_the_page_are_as_weak_as_they_should_be(
    postgres: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    from quire.cli import ops_dump

    suffix = tmp_path.name[-8:].replace("-", "_")
    names = {"owner": f"o_{suffix}", "app": f"a_{suffix}", "database": f"d_{suffix}"}
    psql = Path(shutil.which("psql") or str(next(iter(ops_dump._places("psql")))))
    given = [word for name, value in names.items() for word in ("-v", f"{name}={value}")]
    secret = ["-v", "owner_password=o'1", "-v", 'app_password=a"2']
    where = ["-h", postgres["host"], "-p", str(postgres["port"]), "-U", "postgres", "-d", "postgres"]
    for _ in range(2):  # saying it again is no mistake
        words = [str(psql), "--no-psqlrc", *where, *given, *secret, "-f", str(DEPLOY / "database.sql")]
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    at = f"?host={postgres['host']}&port={postgres['port']}"
    env = {
        "DATABASE_URL": f"postgresql://{names['app']}@/{names['database']}{at}",
        "QUIRE_OWNER_DATABASE_URL": f"postgresql://{names['owner']}@/{names['database']}{at}",
        "QUIRE_HOME": str(tmp_path / "var"),
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    for words in (["init", "--name", "Small", "--town", "Vienna", "--country", "AT"], ["audit"], ["doctor"]):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "quire.cli", *words], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    with psycopg.connect(
        host=postgres["host"], port=postgres["port"], user="postgres", dbname="postgres", autocommit=True
    ) as db:
        db.execute(f'DROP DATABASE "{names["database"]}" WITH (FORCE)')  # type: ignore[call-overload]
        for role in (names["owner"], names["app"]):
            db.execute(f'DROP ROLE "{role}"')  # type: ignore[call-overload]
