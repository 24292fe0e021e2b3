"""What every model is made of: an id that explains itself, and tables that only grow."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from quire.core.errors import NotFound
from quire.society.kit import ids


class Noun(models.Model):
    """A thing with a UUIDv7, shown as a TypeID with the model's ``prefix``.

    Rows that are one party's own say in ``walled`` whose they are: a condition in SQL over the row, with
    ``:party`` for the party that looks. While a party's page is made, PostgreSQL shows those rows alone
    (row-level security, ``kit.walls``), whatever the query asks for.

    Where a row is changed in place or removed, the database writes down what it was (``kit.trail``); not of
    machinery that says ``trailed = False``: how far a job or an import is.
    """

    prefix: ClassVar[str] = ""
    walled: ClassVar[str] = ""
    trailed: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)

    class Meta:
        abstract = True

    @property
    def tid(self) -> str:
        """The id as people see it: ``lic_01h…``."""
        return ids.show(self.prefix, self.id)


class AppendOnly(Noun):
    """A row that is never changed or removed: the database refuses UPDATE, DELETE and TRUNCATE.

    ``kit.walls`` raises the triggers and takes the rights from the role that commands connect as.
    """

    class Meta:
        abstract = True


class Unknown(NotFound):
    """Nothing has this id, code or name."""

    code = "unknown"


def one(rows: models.QuerySet[Any], sentence: str) -> Any:
    """The only row of ``rows``; ``Unknown`` with the sentence where there is none."""
    found = rows.first()
    if found is None:
        raise Unknown(sentence)
    return found
