"""Columns that keep money and shares exact."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from quire.core.errors import Invalid

_EXACT = Context(prec=60)
_FRACTION = re.compile(r"^(\d{1,30})/([1-9]\d{0,29})$")

LONGEST = 10**30
"""Neither part of a fraction that is kept reaches this."""


class ShareTooLong(Invalid):
    """A fraction with more digits than a column has."""

    code = "shares.too-long"


class QuantaField(models.Field):
    """NUMERIC(38,12) in PostgreSQL, an ``int`` of quanta (10⁻¹² of a currency's major unit) in Python."""

    description = "An amount, exact to 10⁻¹²"

    def db_type(self, connection: Any) -> str:
        return "numeric(38,12)"

    def from_db_value(self, value: Decimal | None, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value.scaleb(12, _EXACT))

    def to_python(self, value: Any) -> int | None:
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise ValidationError(f"An amount is an integer number of quanta, not {value!r}.")

    def get_prep_value(self, value: Any) -> Decimal | None:
        quanta = self.to_python(value)
        return None if quanta is None else Decimal(quanta).scaleb(-12, _EXACT)


class FractionField(models.Field):
    """Text ``n/d`` in PostgreSQL, a ``fractions.Fraction`` ≥ 0 in Python. Raises ``ShareTooLong`` for one of
    more than thirty digits, before the database would."""

    description = "An exact share"

    def db_type(self, connection: Any) -> str:
        return "varchar(61)"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Fraction | None:
        return None if value is None else Fraction(value)

    def to_python(self, value: Any) -> Fraction | None:
        if value is None or isinstance(value, Fraction):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return Fraction(value)
        if isinstance(value, str) and _FRACTION.match(value):
            return Fraction(value)
        raise ValidationError(f"A share is a fraction, not {value!r}.")

    def get_prep_value(self, value: Any) -> str | None:
        share = self.to_python(value)
        if share is None:
            return None
        if max(share.numerator, share.denominator) >= LONGEST:
            raise ShareTooLong(
                "A share or rate would need more than thirty digits to be kept exactly; round it to fewer."
            )
        return f"{share.numerator}/{share.denominator}"
