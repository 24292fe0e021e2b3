"""Tariffs are published, version after version; none is ever edited."""

from __future__ import annotations

from django.db import transaction

from quire.core.money import decimal_of
from quire.society.kit import acts, locks
from quire.society.licensing.errors import TariffDiffers
from quire.society.licensing.models import Licence, PublishedTariff
from quire.society.licensing.queries.tariffs import tariff_row
from quire.society.licensing.tariffs import Drafted, TariffRow, read_tariff
from quire.society.parties import queries as parties
from quire.society.parties.models import User


def publish_tariff(*, text: str, by: User | None) -> TariffRow:
    """Publish a tariff, or the next version of one, from the day that it names; the same again changes
    nothing.

    ``text`` is the file in which it was adopted (``tariffs.read_tariff``). Refuses, in this order: what that
    refuses; a day on which another version begins already or that lies before one; a day from which licences
    were taken under the version before, because those licensees were shown that one.
    """
    parties.may_write(by)
    drafted = read_tariff(text)
    starts = drafted.tariff.starts
    with transaction.atomic():
        locks.wait("licensing")
        before = PublishedTariff.objects.filter(code=drafted.code).order_by("version").last()
        if before and before.starts == starts and _same(before, drafted):
            return tariff_row(before)
        if before and starts <= before.starts:
            raise TariffDiffers(
                f"Version {before.version} of {drafted.code} begins on {before.starts}: a version is never "
                "edited, and the next one begins later.",
                tariff=drafted.code,
            )
        _check_none_taken(drafted)
        made = PublishedTariff.objects.create(
            code=drafted.code, version=before.version + 1 if before else 1, kind=drafted.tariff.kind,
            uses=list(drafted.uses), currency=drafted.tariff.currency, fee=drafted.tariff.fee,
            prices=_prices(drafted), rate=drafted.tariff.rate or None,
            minimum=drafted.tariff.minimum, starts=starts, ends=drafted.ends,
            terms=drafted.conditions.as_json(),
            sentence=drafted.sentence, decision=drafted.decision,
        )  # fmt: skip
        row = tariff_row(made)
        acts.record("licensing.publish-tariff", made, by=by, **row.as_json())
    return row


def _check_none_taken(drafted: Drafted) -> None:
    rows = Licence.objects.filter(tariff__code=drafted.code, starts__gte=drafted.tariff.starts)
    if taken := rows.order_by("starts").last():
        raise TariffDiffers(
            f"Licence {taken.code} begins on {taken.starts} under the version before; the next version "
            "begins after that day.",
            licence=taken.code,
        )


def _same(before: PublishedTariff, drafted: Drafted) -> bool:
    known = tariff_row(before)
    mine = (
        drafted.tariff.kind,
        drafted.uses,
        drafted.tariff.currency,
        drafted.tariff.fee,
        drafted.tariff.prices,
        drafted.tariff.rate,
        drafted.tariff.minimum,
    )
    theirs = (
        known.kind, known.uses, known.currency, known.fee, known.prices, known.rate, known.minimum,
    )  # fmt: skip
    said = (drafted.ends, drafted.conditions, drafted.sentence, drafted.decision)
    return mine == theirs and said == (known.ends, known.conditions, known.sentence, known.decision)


def _prices(drafted: Drafted) -> dict[str, str]:
    return {tier: decimal_of(price) for tier, price in drafted.tariff.prices.items()}
