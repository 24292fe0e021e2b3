"""Every resource for keys: the one list from which addresses, the OpenAPI document and tests are made."""

from __future__ import annotations

from quire.society.api.keyed.table import Endpoint
from quire.society.api.resources import (
    books,
    licences,
    money,
    people,
    rights,
    runs,
    told,
    unclaimed,
    usage,
    works,
)

TABLE: tuple[Endpoint, ...] = (
    *people.TABLE,
    *works.TABLE,
    *licences.TABLE,
    *usage.TABLE,
    *money.TABLE,
    *runs.TABLE,
    *rights.TABLE,
    *unclaimed.TABLE,
    *books.TABLE,
    *told.TABLE,
)
