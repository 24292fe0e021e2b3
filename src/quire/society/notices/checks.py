"""What must hold of notices; run by ``quire audit``."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from quire.society.notices.actions.telling import TRIES
from quire.society.notices.models import Waiting


def every_act_could_be_told() -> Iterator[str]:
    """No act waits because telling it failed, again and again."""
    for row in Waiting.objects.filter(tries__gte=TRIES).select_related("act").order_by("act_id")[:20]:
        yield f"The act {row.act.tid} ({row.act.verb}) could not be told: {row.problem}"


def acts_are_heard() -> Iterator[str]:
    """The trigger that has each act wait stands, switched on."""
    with connection.cursor() as run:
        run.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'notices_hear' AND tgenabled = 'O'")
        (found,) = run.fetchone()
    if not found:
        yield "Acts are no longer heard: the trigger notices_hear is gone. Run quire upgrade."


CHECKS = [every_act_could_be_told, acts_are_heard]
