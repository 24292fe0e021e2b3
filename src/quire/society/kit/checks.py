"""What must hold of the database itself: the role that commands connect as is as weak as it should be."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from quire.society.kit.trail import trailed
from quire.society.kit.walls import append_only_tables


def commands_own_nothing() -> Iterator[str]:
    """Commands and pages connect as a role that is no superuser and owns no table."""
    with connection.cursor() as run:
        run.execute(
            "SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        role, strong = run.fetchone()
        run.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        owned = run.fetchone()[0]
    if strong:
        yield f"The role {role} is a superuser or passes row-level security; give commands a weaker one."
    if owned:
        yield f"The role {role} owns {owned} tables; commands must connect as a role that owns none."


def tables_that_grow_only_grow() -> Iterator[str]:
    """Every append-only table still has both triggers, switched on."""
    with connection.cursor() as run:
        run.execute(
            "SELECT c.relname, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE t.tgname IN (c.relname || '_grows', c.relname || '_stays') AND t.tgenabled = 'O' "
            "GROUP BY 1"
        )
        walled = dict(run.fetchall())
    for table in append_only_tables():
        if walled.get(table) != 2:
            yield f"The table {table} has lost a trigger that keeps it from being changed: quire upgrade."


def tables_that_change_are_trailed() -> Iterator[str]:
    """Every table that changes in place still has the trigger that writes its changes down."""
    with connection.cursor() as run:
        run.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE t.tgname = c.relname || '_trail' AND t.tgenabled = 'O'"
        )
        kept = {table for (table,) in run.fetchall()}
    for table in trailed():
        if table not in kept:
            yield f"The table {table} has lost the trigger that writes its changes down: quire upgrade."


CHECKS = [commands_own_nothing, tables_that_grow_only_grow, tables_that_change_are_trailed]
