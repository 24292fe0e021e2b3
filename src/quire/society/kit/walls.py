"""Rights and triggers that hold whatever the code above does: raised after every migration, by the owner.

A room's own rules in SQL are its ``rules.sql``: repeatable statements (CREATE OR REPLACE), read like a page.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connections, transaction

from quire.society.kit.config import SettingWrong
from quire.society.kit.nouns import AppendOnly
from quire.society.kit.postgres import APP

_REFUSE = """
CREATE OR REPLACE FUNCTION quire_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


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
        for room in apps.get_app_configs():
            tables = {model._meta.db_table for model in room.get_models()}
            rules = Path(room.path) / "rules.sql"
            if rules.exists() and tables <= existing:
                run.execute(rules.read_text().replace(APP, role))


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
