"""Withdraw an import: the wrong file, or the right one under the wrong host.

Nothing is changed or deleted. The lake gets one more file, with a void for every row of the import that
still counts; the import keeps its lines, marked, and its file may be imported again.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from quire.core.errors import Invalid
from quire.society.kit import acts, clock, locks
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.usage import lake, queries
from quire.society.usage.actions.chunks import IMPORT, LAKE, list_file
from quire.society.usage.actions.rematching import still_counted
from quire.society.usage.errors import AlreadyRunning, Unfinished
from quire.society.usage.listed import paths_of_import
from quire.society.usage.models import EDGE, Import

_LONGEST = 300  # characters of a reason


@dataclass(frozen=True, slots=True)
class WithdrawResult:
    """``lines`` and ``requests`` that count no more. ``fresh`` is False where it was withdrawn before:
    then they are nought, and nothing changed."""

    lines: int
    requests: int
    fresh: bool = True


def withdraw(
    imported: str | Import, *, reason: str, by: User | None, dry_run: bool = False
) -> WithdrawResult:
    """Take all usage of an import out of the count, and let its file be imported again.

    Checked in this order: ``by`` may write; there is such an import; a reason is given, of at most 300
    characters (``Invalid``); nobody imports the file right now (``AlreadyRunning``); the import came to its
    end (``Unfinished``). ``dry_run`` counts and writes nothing.

    A run of a distribution that has closed is never computed again: the difference is seen in the next one.
    Lines of other files that were set aside because this import had told them first stay aside; to count
    them, withdraw those files as well and import them again.
    """
    parties.may_write(by)
    record = queries.find(imported if isinstance(imported, str) else imported.tid)
    reason = reason.strip()
    if not 0 < len(reason) <= _LONGEST:
        raise Invalid(f"Say in at most {_LONGEST} characters why {record.tid} is withdrawn.")
    lock = f"{IMPORT}:{record.digest}"
    if not locks.try_session(lock):
        raise AlreadyRunning(f"Another command is importing {record.name}; wait until it has ended.")
    try:
        with transaction.atomic(durable=True):
            locks.wait(LAKE)
            return _withdraw(record, reason, by, dry_run)
    finally:
        locks.leave_session(lock)


def _withdraw(record: Import, reason: str, by: User | None, dry: bool) -> WithdrawResult:
    record.refresh_from_db()  # it may have been withdrawn or finished while the locks were waited for
    if record.withdrawn_at:
        return WithdrawResult(0, 0, fresh=False)
    if record.format == EDGE:
        raise Unfinished(
            f"{record.name} ({record.tid}) is no file but what an edge sends: revoke the edge, so that "
            "nothing more is taken; it takes its own events back by voids."
        )
    if not record.finished:
        raise Unfinished(
            f"The import of {record.name} ({record.tid}) is unfinished: import the same file again, so that "
            "it comes to its end, and withdraw it then."
        )
    lines, requests, written = _void(record, dry)
    if dry:
        return WithdrawResult(lines, requests)
    if written:
        list_file(record, written)
    record.withdrawn_at, record.withdrawn_reason = clock.now(), reason
    record.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    acts.record("usage.withdraw", record, by=by, reason=reason, lines=lines, requests=requests,
                file=written.path if written else "")  # fmt: skip
    return WithdrawResult(lines, requests)


def _void(record: Import, dry: bool) -> tuple[int, int, lake.Written | None]:
    """Lines and requests that still count, and the file that voids them, unless there are none."""
    with lake.reading(paths_of_import(record), threads=1) as db:
        still_counted(db)
        ((lines, requests),) = db.execute(
            "SELECT count(*), coalesce(sum(count), 0)::BIGINT FROM live"
        ).fetchall()
        if dry or not lines:
            return lines, requests, None
        db.execute("CREATE TEMP TABLE fresh AS SELECT * REPLACE (-count AS count) FROM live").fetchall()
        return (
            lines,
            requests,
            lake.write_table(db, "fresh", f"{lake.folder_of(record.tid)}/withdrawn.parquet"),
        )
