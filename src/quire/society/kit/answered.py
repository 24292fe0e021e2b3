"""What was asked under an Idempotency-Key is done once (draft-ietf-httpapi-idempotency-key-header-07): the
answer is kept in the transaction of what was done, and the same again gets it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection

from quire.core.errors import Conflict, Invalid
from quire.society.kit import clock
from quire.society.kit.models import Answered

KEPT = timedelta(hours=24)
"""So long an answer is kept; afterwards the same key is a new one."""


class InFlight(Conflict):
    """What was asked under this key is still being done."""

    code = "idempotency.in-flight"


class OtherRequest(Invalid):
    """The key was used for another request."""

    code = "idempotency.reused"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was given: its status, its headers, and its body."""

    status: int
    headers: Mapping[str, str]
    body: str


def before(key: UUID, said: str, digest: str) -> Answer | None:
    """What was answered before to this request, by its digest; None: it is new, and others who send it while
    this transaction lasts are told InFlight. OtherRequest where the key was used for another. Inside a
    transaction.
    """
    with connection.cursor() as run:
        run.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"answered {key} {said}"])
        if not run.fetchone()[0]:
            raise InFlight("What was asked under this Idempotency-Key is still being done; ask again later.")
    Answered.objects.filter(key=key, at__lt=clock.now() - KEPT).delete()
    found = Answered.objects.filter(key=key, said=said).first()
    if found is None:
        return None
    if found.digest != digest:
        raise OtherRequest("This Idempotency-Key was used for another request; take a new one for this.")
    return Answer(found.status, found.headers, found.body)


def sweep() -> int:
    """Forget the answers that are kept no longer; how many."""
    return int(Answered.objects.filter(at__lt=clock.now() - KEPT).delete()[0])


def keep(key: UUID, said: str, digest: str, answer: Answer) -> None:
    """Keep an answer, in the transaction of what it tells of."""
    Answered.objects.create(
        key=key, said=said, digest=digest, status=answer.status, headers=dict(answer.headers),
        body=answer.body, at=clock.now(),
    )  # fmt: skip
