"""Advisory locks: one at a time, released when the transaction ends, whatever happens to the process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def wait(name: str) -> None:
    """Hold ``name`` until this transaction ends, waiting for whoever holds it now."""
    with connection.cursor() as run:
        run.execute("SELECT pg_advisory_xact_lock(%s)", [_key(name)])


def try_session(name: str) -> bool:
    """Hold ``name`` until this connection closes; False at once where another process holds it."""
    with connection.cursor() as run:
        run.execute("SELECT pg_try_advisory_lock(%s)", [_key(name)])
        return bool(run.fetchone()[0])


def leave_session(name: str) -> None:
    """Give ``name`` back before the connection closes."""
    with connection.cursor() as run:
        run.execute("SELECT pg_advisory_unlock(%s)", [_key(name)])


@contextmanager
def alone(name: str, *, using: str) -> Iterator[None]:
    """Hold ``name`` on the connection ``using`` across several transactions, waiting for it first."""
    with connections[using].cursor() as run:
        run.execute("SELECT pg_advisory_lock(%s)", [_key(name)])
    try:
        yield
    finally:
        with connections[using].cursor() as run:
            run.execute("SELECT pg_advisory_unlock(%s)", [_key(name)])
