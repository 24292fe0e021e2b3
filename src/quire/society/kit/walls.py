"""Rights and triggers that hold whatever the code above does: raised after every migration, by the owner.

A room's own rules in SQL are its ``rules.sql``: repeatable statements (CREATE OR REPLACE), read like a page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connections

from quire.society.kit.nouns import AppendOnly
from quire.society.kit.postgres import APP

_REFUSE = """
CREATE OR REPLACE FUNCTION quire_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


def append_only_tables() -> list[str]:
    """The tables of every model that only grows."""
    return sorted(m._meta.db_table for m in apps.get_models() if issubclass(m, AppendOnly))


def raise_walls(using: str) -> None:
    """Give the commands' role its rights and put the refusing triggers on every table that only grows.

    Runs as the owner of the tables, on the connection named ``using``.
    """
    db = connections[using]
    existing = set(db.introspection.table_names())
    quote = db.ops.quote_name
    with db.cursor() as run:
        run.execute(_REFUSE)
        run.execute(f"GRANT USAGE ON SCHEMA public TO {APP}")
        run.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP}")
        run.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP}")
        run.execute(f"REVOKE INSERT, UPDATE, DELETE ON {quote('django_migrations')} FROM {APP}")
        for table in append_only_tables():
            if table not in existing:
                continue
            run.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {quote(table)} FROM {APP}")
            run.execute(f"CREATE OR REPLACE TRIGGER {quote(table + '_grows')} BEFORE UPDATE OR DELETE ON {quote(table)} "
                        "FOR EACH ROW EXECUTE FUNCTION quire_refuse_change()")
            run.execute(f"CREATE OR REPLACE TRIGGER {quote(table + '_stays')} BEFORE TRUNCATE ON {quote(table)} "
                        "FOR EACH STATEMENT EXECUTE FUNCTION quire_refuse_change()")
        for room in apps.get_app_configs():
            if (rules := Path(room.path) / "rules.sql").exists() and existing:
                run.execute(rules.read_text())


def after_migrate(sender: Any, using: str, **_: Any) -> None:
    """The signal's end: walls stand only when the owner has migrated."""
    if using == "owner":
        raise_walls(using)
