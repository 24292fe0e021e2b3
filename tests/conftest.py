"""A real PostgreSQL for the whole session, and a database of its own for every test that asks for one.

Each database is cloned from a migrated template, so that commits, deferred checks and refusals are the
real ones. ``house`` gives the test an empty society's database and its own ``QUIRE_HOME``.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

_TEMPLATE = "quire_template"
_LONG = ("races", "stories", "clients", "rooms")
_SETTINGS = "_hypothesis_internal_use_settings"


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--whole``: what ``make test-more`` gives."""
    parser.addoption("--whole", action="store_true", help="property tests with all of their examples")


def pytest_configure(config: pytest.Config) -> None:
    """The default suite draws the same examples each time, so that whether it holds is not up to chance;
    ``make test-more`` draws others each time. How long an example takes decides nothing."""
    whole = config.getoption("--whole")
    settings.register_profile(
        "quire",
        max_examples=100 if whole else 25,
        derandomize=not whole,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
    settings.load_profile("quire")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The default suite tries a quarter of each property test's examples; ``make test-more`` tries all.

    The folders of long files come first, so that no process waits for another's last one.
    """
    items.sort(key=lambda item: _place(item.path.parent.name))
    tests = {id(item.obj): item.obj for item in items if isinstance(item, pytest.Function)}
    for test in tests.values():
        be_patient(test)
        if not config.getoption("--whole"):
            try_fewer(test)


def _place(folder: str) -> int:
    return _LONG.index(folder) if folder in _LONG else len(_LONG)


def be_patient(test: Any) -> None:
    """A property test that lists the health checks to be left out leaves out the one of the clock, too."""
    told = getattr(test, _SETTINGS, None)
    if told is not None:
        left_out = [*told.suppress_health_check, HealthCheck.too_slow]
        setattr(test, _SETTINGS, settings(told, suppress_health_check=left_out))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end: to look through it for garbage, again and again, took
    a quarter of the tests' time. What tests leave behind is collected as ever."""
    with keeping():
        return (yield)


@contextmanager
def keeping() -> Iterator[None]:
    """What this makes is not looked through for garbage, neither meanwhile nor later."""
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def try_fewer(test: Any) -> None:
    """A quarter of the examples of a property test, but 25 where it has as many. Other tests stay."""
    told = getattr(test, _SETTINGS, None)
    if told is not None:
        few = min(told.max_examples, max(told.max_examples // 4, 25))
        setattr(test, _SETTINGS, settings(told, max_examples=few))


@dataclass(frozen=True)
class House:
    """Where a test's society lives: its folder, and the environment for commands run beside the test."""

    home: Path
    env: dict[str, str]


@pytest.fixture(scope="session", autouse=True)
def base() -> Iterator[Path]:
    """The folder of this process's server. Every test is told of it, those without a database too: what looks
    at the settings first, whichever test that is, must not find the folder that the house stands in."""
    folder = Path(tempfile.mkdtemp(prefix="quire-", dir=_quick_disk()))
    folder.chmod(0o755)
    os.environ["QUIRE_HOME"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "quire.society.settings"
    for name in ("DATABASE_URL", "QUIRE_OWNER_DATABASE_URL", "QUIRE_TODAY", "QUIRE_USER", "QUIRE_KEYS"):
        os.environ.pop(name, None)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(base: Path) -> Iterator[dict[str, str]]:
    """The server, started once; returns its socket folder and port."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from quire.society.kit import postgres as embedded

        where = embedded.start()
        _hurry(where)
        with keeping():
            _make_template(where)
    yield where
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.environ["QUIRE_HOME"] = str(base)
        from django.db import connections

        connections.close_all()
        _clerk.pop(os.getpid()).close()
        embedded.stop()


def _quick_disk() -> str | None:
    """Memory, where there is a disk of it with room: each test's database is some six hundred files."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30
    return str(memory) if roomy else None


def _hurry(where: dict[str, str]) -> None:
    """This server need not survive a loss of power: it is thrown away. Killed clients are tested, not it."""
    for setting in ("fsync = off", "full_page_writes = off", "autovacuum = off"):
        _admin(where, f"ALTER SYSTEM SET {setting}")
    _admin(where, "SELECT pg_reload_conf()")


def _make_template(where: dict[str, str]) -> None:
    import django
    from django.db import connections

    django.setup()
    from tests import template

    template.make()
    connections.close_all()
    _admin(where, f'ALTER DATABASE quire RENAME TO "{_TEMPLATE}"')


_clerk: dict[int, Any] = {}


def _admin(where: dict[str, str], statement: str) -> None:
    """Have the server do this, over one connection of this process."""
    import psycopg

    here = os.getpid()
    if here not in _clerk:
        _clerk[here] = psycopg.connect(
            host=where["host"], port=where["port"], dbname="postgres", user="postgres", autocommit=True
        )
    _clerk[here].execute(statement)


_count = 0


def _new_database(postgres: dict[str, str], template: str) -> str:
    """A copy of a database to which nobody is connected, file by file: quicker than by way of the log."""
    global _count
    _count += 1
    name = f"quire_test_{os.getpid()}_{_count}"
    _admin(postgres, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy OWNER quire_owner')
    return name


@contextmanager
def _living_in(
    postgres: dict[str, str], name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """This database and folder are the society's while the block lasts."""
    from django.db import connections

    connections.close_all()
    before = {alias: connections[alias].settings_dict["NAME"] for alias in ("default", "owner")}
    urls = {
        variable: f"postgresql://{role}@/{name}?host={postgres['host']}&port={postgres['port']}"
        for variable, role in (("DATABASE_URL", "quire_app"), ("QUIRE_OWNER_DATABASE_URL", "quire_owner"))
    }
    env: dict[str, str] = {**urls, "QUIRE_HOME": str(home)}
    with monkeypatch.context() as there:
        for key, value in env.items():
            there.setenv(key, value)
        for alias in before:
            connections[alias].settings_dict["NAME"] = name
        try:
            yield House(home, env)
        finally:
            connections.close_all()
            for alias, old in before.items():
                connections[alias].settings_dict["NAME"] = old


@contextmanager
def another_house(
    postgres: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch, template: str = _TEMPLATE
) -> Iterator[House]:
    """An empty society's database and folder while the block lasts; afterwards the house before is back."""
    name = _new_database(postgres, template)
    with _living_in(postgres, name, folder / "var", monkeypatch) as house:
        yield house
    _admin(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


@dataclass(frozen=True)
class Furnished:
    """A society that was built once, to be copied; ``made`` is what building it returned."""

    database: str
    home: Path
    people: dict[str, Any]
    made: Any


@contextmanager
def furnished(
    postgres: dict[str, str],
    folder: Path,
    furnish: Callable[[dict[str, Any], pytest.MonkeyPatch], Any],
    *,
    staffed: bool = True,
    begun: Furnished | None = None,
) -> Iterator[Furnished]:
    """Build a society that many tests begin with, for a fixture ``before`` of their module.

    Not ``staffed``: its people are those whom ``furnish`` makes. It goes on from one ``begun`` before.
    """
    name = _new_database(postgres, begun.database if begun else _TEMPLATE)
    if begun is not None:
        shutil.copytree(begun.home, folder / "var")
    with pytest.MonkeyPatch.context() as patch, _living_in(postgres, name, folder / "var", patch) as house:
        people = _users() if staffed else {}
        made = furnish(people, patch)
    yield Furnished(name, house.home, people, made)
    _admin(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def before() -> Furnished | None:
    """What ``house`` begins with: nothing. A module whose tests begin alike has a fixture of this name."""
    return None


@pytest.fixture
def house(
    postgres: dict[str, str], before: Furnished | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """A society's database and folder for this test alone: empty, or as it was ``before``."""
    if before is not None and before.home.exists():
        shutil.copytree(before.home, tmp_path / "var")
    template = before.database if before is not None else _TEMPLATE
    with another_house(postgres, tmp_path, monkeypatch, template) as made:
        yield made


@pytest.fixture
def people(house: House, before: Furnished | None) -> dict[str, Any]:
    """Users of the society by what they do: ``preparer``, ``approver``, ``auditor``."""
    return before.people if before is not None else _users()


def _users() -> dict[str, Any]:
    from quire.society.parties.models import RoleGrant, User

    made = {}
    for name, role in (("preparer", "operator"), ("approver", "approver"), ("auditor", "auditor")):
        made[name] = User.objects.create_user(name)
        RoleGrant.objects.create(user=made[name], role=role)
    return made
