"""The database that tests begin with is the one that migrations make."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import _admin

CATALOGUE = {
    "column": "SELECT table_name, column_name, data_type, udt_name, character_maximum_length, "
    "numeric_precision, is_nullable, column_default, identity_generation "
    "FROM information_schema.columns WHERE table_schema = 'public'",
    "constraint": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated "
    "FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled::text "
    "FROM pg_trigger WHERE NOT tgisinternal",
    "function": "SELECT proname, pg_get_functiondef(oid), proacl::text FROM pg_proc "
    "WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'",
    "rights": "SELECT relname, relkind::text, relrowsecurity, relforcerowsecurity, relacl::text, "
    "relowner::regrole::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind <> 'i'",
    "policy": "SELECT tablename, policyname, cmd, qual, with_check, roles::text FROM pg_policies",
    "migration": "SELECT app, name FROM django_migrations",
    "kind of thing": "SELECT app_label, model FROM django_content_type",
}


def test_every_change_of_a_model_has_its_migration(house: Any) -> None:
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.fixture
def empty(postgres: dict[str, str]) -> Iterator[str]:
    name = f"quire_empty_{os.getpid()}"
    _admin(postgres, f'CREATE DATABASE "{name}" OWNER quire_owner')
    yield name
    _admin(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


def catalogue(where: dict[str, str], name: str) -> set[tuple[Any, ...]]:
    with psycopg.connect(host=where["host"], port=where["port"], dbname=name, user="postgres") as db:
        found = {(kind, *row) for kind, sql in CATALOGUE.items() for row in db.execute(sql).fetchall()}
        for table in {row[1] for row in found if row[:3] == ("rights", row[1], "r")}:
            found.add(("rows", table, *db.execute(f'SELECT count(*) FROM "{table}"').fetchall()))  # type: ignore[call-overload]
    return found


@pytest.mark.more
def test_it_is_what_a_society_that_is_founded_has(
    house: Any, postgres: dict[str, str], empty: str, tmp_path: Path
) -> None:
    from django.db import connection

    own = connection.settings_dict["NAME"]
    env = {key: value.replace(own, empty) for key, value in house.env.items()}
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "quire.cli", "upgrade"],
        env={**os.environ, **env, "QUIRE_HOME": str(tmp_path / "other")}, check=True,
    )  # fmt: skip
    migrated, ours = catalogue(postgres, empty), catalogue(postgres, own)
    assert len(ours) > 3000
    assert ours ^ migrated == set()
