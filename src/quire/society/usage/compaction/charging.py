"""What the events of a chunk charged: sums by allowance, licence and month, for ``invoicing`` to book.

Charged is what was answered and counts, and also what a log had told of before: the crawler was let in and
paid once. What an edge charged for something that is not its site's, or under a licence that is not the
licensee's, is set aside with its reason like any such event, and charges nobody.
"""

from __future__ import annotations

import duckdb

from quire.society.usage.models import Charge, Piece

# sql in this file: what is put together are this file's own words.

_BY = "coalesce(allowance, ''), coalesce(licence, ''), operator, date_trunc('month', starts)::DATE, currency"
_CHARGES = (
    f"SELECT {_BY}, sum(count::HUGEINT * charged) AS amount, sum(count)::BIGINT AS requests FROM ("  # noqa: S608
    "SELECT allowance, licence, operator, starts, currency, count, charged FROM fresh "
    "UNION ALL SELECT allowance, licence, operator, moment, currency, 1, replace(charged, '.', '')::BIGINT "
    "FROM events WHERE heading = 'conflicting' AND outcome = 'charged'"
    ") WHERE charged IS NOT NULL GROUP BY ALL ORDER BY ALL"
)


def keep(db: duckdb.DuckDBPyConnection, piece: Piece) -> None:
    """List what the piece charged. ``db`` has the views ``fresh`` and ``events``."""
    Charge.objects.bulk_create(
        Charge(
            piece=piece,
            allowance=allowance[:100],
            licence=licence[:100],
            licensee=licensee[:100],
            month=month,
            currency=currency,
            amount=int(amount),
            requests=requests,
        )
        for allowance, licence, licensee, month, currency, amount, requests in db.execute(_CHARGES).fetchall()
        if amount or requests
    )
