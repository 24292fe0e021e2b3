"""What may happen to a society, one module an idea. To add something: a function with ``@event`` in one."""

from __future__ import annotations

from tests.sim.events import (
    agreements,
    corrections,
    disputes,
    income,
    measures,
    money,
    payouts,
    people,
    rights,
    runs,
    unclaimed,
    usage,
    works,
)

__all__ = [
    "agreements",
    "corrections",
    "disputes",
    "income",
    "measures",
    "money",
    "payouts",
    "people",
    "rights",
    "runs",
    "unclaimed",
    "usage",
    "works",
]
