"""Rights and triggers that hold whatever the code above does: raised after every migration, by the owner.

A party's rows are walled off row by row: while ``looking_as`` a party, the database shows of every model that
says whose its rows are (``Noun.walled``) those of that party alone, and lets no act be recorded. Actions
check for themselves and must see every row: they run ``outside``.

A room's own rules in SQL are its ``rules.sql``: repeatable statements (CREATE OR REPLACE), read like a page.
What a rule refuses it refuses by ``quire_deny``, with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, connections, transaction

from quire.society.kit import trail
from quire.society.kit.config import SettingWrong
from quire.society.kit.nouns import AppendOnly
from quire.society.kit.postgres import APP

_REFUSE = """
CREATE OR REPLACE FUNCTION quire_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE OR REPLACE FUNCTION quire_deny(sentence text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', sentence USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


_WALL = """
CREATE OR REPLACE FUNCTION quire_party() RETURNS uuid LANGUAGE sql STABLE AS
  $$ SELECT nullif(current_setting('quire.party', true), '')::uuid $$;
CREATE OR REPLACE FUNCTION quire_refuse_inside() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF quire_party() IS NOT NULL THEN
    RAISE EXCEPTION 'a page that looks as one party does not act: the action runs outside its wall'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER kit_act_outside BEFORE INSERT ON kit_act
  FOR EACH STATEMENT EXECUTE FUNCTION quire_refuse_inside();
"""
_LOOKS = "SELECT set_config('quire.party', %s, false)"


def walled() -> dict[str, str]:
    """Table to the condition under which a row is the looking party's, of every model that has one."""
    said = {m._meta.db_table: getattr(m, "walled", "") for m in apps.get_models()}
    return {table: condition for table, condition in sorted(said.items()) if condition}


@contextmanager
def looking_as(party: UUID) -> Iterator[None]:
    """While the block lasts this connection sees, of walled rows, the party's alone."""
    with _looking(str(party)):
        yield


@contextmanager
def outside() -> Iterator[None]:
    """While the block lasts this connection sees every row: for an action, inside a page of a party."""
    with _looking(""):
        yield


@contextmanager
def _looking(party: str) -> Iterator[None]:
    with connection.cursor() as run:
        run.execute("SELECT coalesce(current_setting('quire.party', true), '')")
        (before,) = run.fetchone()
        run.execute(_LOOKS, [party])
    try:
        yield
    finally:
        if connection.needs_rollback or connection.connection is None:
            connection.close()  # whoever looks next begins anew
        else:
            with connection.cursor() as run:
                run.execute(_LOOKS, [before])


def append_only_tables() -> list[str]:
    """The tables of every model that only grows."""
    return sorted(m._meta.db_table for m in apps.get_models() if issubclass(m, AppendOnly))


def commands_role() -> str:
    """The role that commands and pages connect as; never the owner's, or the walls would not hold."""
    role = connections["default"].settings_dict["USER"]
    if role == connections["owner"].settings_dict["USER"]:
        raise SettingWrong(
            "DATABASE_URL and QUIRE_OWNER_DATABASE_URL name the same role. Make a second one, owning nothing "
            f"(CREATE ROLE {APP} LOGIN PASSWORD '…'), and name it in DATABASE_URL."
        )
    return str(role)


def raise_walls(using: str) -> None:
    """Give the commands' role its rights and put the refusing triggers on every table that only grows.

    Runs as the owner of the tables, on the connection named ``using``, in one transaction: at no moment has
    the commands' role more rights than it ends with. In ``rules.sql`` that role is called quire_app.
    """
    db = connections[using]
    existing = set(db.introspection.table_names())
    quote = db.ops.quote_name
    role = quote(commands_role())
    with transaction.atomic(using), db.cursor() as run:
        run.execute(_REFUSE)
        run.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        run.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        run.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
        run.execute(f"REVOKE INSERT, UPDATE, DELETE ON {quote('django_migrations')} FROM {role}")
        for table in append_only_tables():
            if table in existing:
                _only_grows(run, quote, table, role)
        if "kit_act" in existing:
            run.execute(_WALL)
            trail.lay(run, quote, role, existing)
        for table, condition in walled().items():
            if table in existing:
                _wall_off(run, quote(table), condition)
        for room in apps.get_app_configs():
            tables = {model._meta.db_table for model in room.get_models()}
            rules = Path(room.path) / "rules.sql"
            if rules.exists() and tables <= existing:
                run.execute(rules.read_text().replace(APP, role))


def _wall_off(run: Any, table: str, condition: str) -> None:
    """The question who looks is asked once a statement, not once a row."""
    party = "(SELECT quire_party())"
    seen = condition.replace(":party", party)
    run.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    run.execute(f"DROP POLICY IF EXISTS party_wall ON {table}")
    run.execute(f"CREATE POLICY party_wall ON {table} USING ({party} IS NULL OR {seen})")


def _only_grows(run: Any, quote: Callable[[str], str], table: str, role: str) -> None:
    run.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {quote(table)} FROM {role}")
    run.execute(
        f"CREATE OR REPLACE TRIGGER {quote(table + '_grows')} BEFORE UPDATE OR DELETE ON {quote(table)} "
        "FOR EACH ROW EXECUTE FUNCTION quire_refuse_change()"
    )
    run.execute(
        f"CREATE OR REPLACE TRIGGER {quote(table + '_stays')} BEFORE TRUNCATE ON {quote(table)} "
        "FOR EACH STATEMENT EXECUTE FUNCTION quire_refuse_change()"
    )


def after_migrate(sender: Any, using: str, **_: Any) -> None:
    """The signal's end: walls stand only when the owner has migrated."""
    if using == "owner":
        raise_walls(using)
