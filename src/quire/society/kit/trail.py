"""The trail of changes: what a row was before it was changed in place, who did it, and why.

A trigger on every table of a room that is not append-only writes it down, whatever the change came by: an
action, a bulk update, or somebody at the database's own prompt. A page, a command and a job say who acts and
where (``because``); the acts of the same transaction say in words what was done. ``kit.history`` reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection

from quire.society.kit.nouns import AppendOnly

MASKED = ("iban", "bic", "password", "digest")
"""Columns, whatever their table, of which only the ends are written down: enough to see that they changed."""
PASSED_OVER = ("last_login", "used")
"""Columns that change whenever somebody comes by."""

_SQL = """
-- A transaction's own number is counted anew in a database that was put back from a backup, so that its
-- beginning in microseconds stands before it.
CREATE OR REPLACE FUNCTION quire_transaction() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT ((extract(epoch FROM transaction_timestamp()) * 1000000)::bigint << 12)
         | (pg_current_xact_id()::text::bigint & 4095) $$;
CREATE OR REPLACE FUNCTION quire_trail_told(name text, value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN name = ANY ({masked}) AND length(value #>> '{{}}') > 8
              THEN to_jsonb(left(value #>> '{{}}', 2) || '…' || right(value #>> '{{}}', 4))
              WHEN name = ANY ({masked}) AND length(value #>> '{{}}') > 0 THEN to_jsonb('…'::text)
              ELSE value END $$;
CREATE OR REPLACE FUNCTION quire_trail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  old_row jsonb := to_jsonb(OLD);
  new_row jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(NEW) ELSE '{{}}'::jsonb END;
  changed text[];
BEGIN
  SELECT array_agg(key) INTO changed FROM jsonb_each(old_row)
   WHERE TG_OP = 'DELETE' OR value IS DISTINCT FROM new_row -> key AND key <> ALL ({passed_over});
  IF changed IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO kit_change (id, at, "table", "row", removed, was, now, who, why, transaction)
  SELECT gen_random_uuid(), clock_timestamp(), TG_TABLE_NAME, left(old_row ->> TG_ARGV[0], 64),
         TG_OP = 'DELETE',
         (SELECT jsonb_object_agg(key, quire_trail_told(key, value)) FROM jsonb_each(old_row)
           WHERE key = ANY (changed)),
         (SELECT coalesce(jsonb_object_agg(key, quire_trail_told(key, value)), '{{}}')
            FROM jsonb_each(new_row) WHERE key = ANY (changed)),
         left(coalesce(current_setting('quire.who', true), ''), 150),
         left(coalesce(nullif(current_setting('quire.why', true), ''), 'as ' || session_user), 200),
         public.quire_transaction();
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION quire_act_of() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.transaction := quire_transaction();
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER kit_act_of BEFORE INSERT ON kit_act FOR EACH ROW EXECUTE FUNCTION quire_act_of();
REVOKE INSERT ON kit_change FROM {role};
"""


def trailed() -> dict[str, tuple[str, str]]:
    """Table to its primary key's column and its room's prefix of ids ("" for none), of every model of a room
    that changes in place."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        room = model._meta.app_config
        ours = room is not None and room.name.startswith("quire.society.") and room.label != "kit"
        if ours and not issubclass(model, AppendOnly) and getattr(model, "trailed", True):
            key = model._meta.pk
            assert key is not None
            found[model._meta.db_table] = (key.column, getattr(model, "prefix", ""))
    return dict(sorted(found.items()))


def lay(run: Any, quote: Callable[[str], str], role: str, existing: set[str]) -> None:
    """Raise the triggers, as the owner of the tables; called with the walls."""
    # sql: the columns are this file's own words, the tables the models' own names
    words = {"masked": _array(MASKED), "passed_over": _array(PASSED_OVER), "role": role}
    run.execute(_SQL.format(**words))
    for table, (key, _prefix) in trailed().items():
        if table in existing:
            run.execute(  # sql: the tables and columns are the models’ own names
                f"CREATE OR REPLACE TRIGGER {quote(table + '_trail')} AFTER UPDATE OR DELETE "
                f"ON {quote(table)} FOR EACH ROW EXECUTE FUNCTION quire_trail('{key}')"
            )


def _array(words: Sequence[str]) -> str:
    return "ARRAY[" + ", ".join(f"'{word}'" for word in words) + "]"


@contextmanager
def because(who: str, why: str) -> Iterator[None]:
    """While the block lasts, what this connection changes is written down as done by ``who`` (a user's name,
    or "") because of ``why``: a page's address, a command, a kind of job. One query before, one after.
    """
    say(who, why)
    try:
        yield
    finally:
        if connection.connection is None or connection.needs_rollback:
            connection.close()  # whoever comes next begins anew
        else:
            say("", "")


def say(who: str, why: str) -> None:
    """The same from now on, until it is said anew; what is said in a transaction that is undone is undone."""
    with connection.cursor() as run:
        run.execute(
            "SELECT set_config('quire.who', %s, false), set_config('quire.why', %s, false)",
            [who[:150], why[:200]],
        )
