"""The files of a batch: what a person reads (CSV), and what a bank reads (ISO 20022 pain.001.001.09).

The library that makes the bank's XML checks no IBAN, knows no minor units but cents, and puts random ids and
the present moment into it. Here amounts are cents of EUR alone, ids are the batch's and the payments' own,
the moment is that of the batch, and the finished bytes are held against the schema: the same batch always
gives the same file.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from datetime import UTC
from typing import Any

from sepaxml import SepaTransfer
from sepaxml.validation import ValidationError, try_valid_xml
from text_unidecode import unidecode

from quire.core.currencies import minor_digits
from quire.core.money import Money
from quire.society.kit import sheets
from quire.society.parties import queries as parties
from quire.society.parties.queries import SocietyFacts
from quire.society.payouts.errors import BankFileWrong
from quire.society.payouts.models import Batch, Payment

SCHEMA = "pain.001.001.09"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"
TABLE = "payments.csv"
XML = f"{SCHEMA}.xml"
COLUMNS = (
    "payment", "payee", "account holder", "IBAN", "BIC", "street", "building", "postcode", "town", "country",
    "amount", "currency", "pay on", "text",
)  # fmt: skip

_FORBIDDEN = re.compile(r"[^A-Za-z0-9/?:().,'+ -]+")
"""Everything outside the Latin set that every bank takes (EPC217-08)."""


def files(batch: Batch) -> dict[str, bytes]:
    """Name to bytes: ``payments.csv``, and the bank's XML where there can be one; ``notes`` says why not."""
    payments = _payments(batch)
    made = {TABLE: _table(batch, payments)}
    society = parties.society()
    if not _why_no_xml(batch, society):
        made[XML] = _xml(batch, payments, society)
    return made


def notes(batch: Batch) -> tuple[str, ...]:
    """What there is to know about the files: why a batch has no XML."""
    return tuple(_why_no_xml(batch, parties.society()))


def reference(tid: str) -> str:
    """A TypeID as banks take it: at most 35 characters, without the underscore."""
    return tid.replace("_", "-")


def plain(text: str, longest: int) -> str:
    """The text in the letters that every bank takes, at most ``longest`` of them."""
    latin = _FORBIDDEN.sub(" ", unidecode(text))
    return " ".join(latin.split())[:longest].strip()


def _payments(batch: Batch) -> list[Payment]:
    return list(batch.payments.select_related("party").order_by("party__code"))


def _why_no_xml(batch: Batch, society: SocietyFacts) -> list[str]:
    if batch.currency != "EUR":
        return [f"{XML} is made for EUR alone; pay the {batch.currency} of this batch from {TABLE}."]
    if not society.iban:
        return [f"There is no {XML}, because the society's own IBAN is not on record; pay from {TABLE}."]
    return []


def _table(batch: Batch, payments: list[Payment]) -> bytes:
    return sheets.table(
        COLUMNS,
        (
            (
                reference(one.tid), one.party.code, one.name, one.iban, one.bic, one.street, one.building,
                one.postcode, one.town, one.country, _amount(one.amount, batch.currency), batch.currency,
                batch.on.isoformat(), one.text,
            )
            for one in payments
        ),
    )  # fmt: skip


def _amount(quanta: int, currency: str) -> str:
    """The amount with exactly the decimals of its currency: "12.30" of EUR, "5" of JPY."""
    whole, part = Money(quanta, currency).decimal().split(".")
    digits = minor_digits(currency)
    return f"{whole}.{part[:digits]}" if digits else whole


def _xml(batch: Batch, payments: list[Payment], society: SocietyFacts) -> bytes:
    transfer = SepaTransfer(_debtor(society), schema=SCHEMA, clean=False)
    for one in payments:
        transfer.add_payment(_order(batch, one))
    made = _with_own_ids(transfer.export(validate=False), batch)
    _allow(len(payments))
    try:
        try_valid_xml(made, SCHEMA)
    except ValidationError as problem:
        raise BankFileWrong(
            f"The payment file of {batch.tid} would not follow {SCHEMA}: {problem.__cause__ or problem}"
        ) from problem
    return made


def _allow(payments: int) -> None:
    """The schema's library refuses more than a million elements, which are 37,000 payments. What it is given
    here is our own."""
    from xmlschema import limits  # not above: to import it changes the library that makes the XML

    limits.MAX_XML_ELEMENTS = max(limits.MAX_XML_ELEMENTS, 60 * payments)


def _debtor(society: SocietyFacts) -> dict[str, Any]:
    bic = {"BIC": society.bic} if society.bic else {}
    return {
        "name": plain(society.name, 70),
        "IBAN": society.iban,
        "batch": True,
        "currency": "EUR",
        "address": _address(society),
        **bic,
    }


def _order(batch: Batch, one: Payment) -> dict[str, Any]:
    cents, rest = Money(one.amount, batch.currency).to_minor()
    if rest:
        raise BankFileWrong(f"The payment {one.tid} is not in whole cents.")
    bic = {"BIC": one.bic} if one.bic else {}
    return {
        "name": plain(one.name, 70),
        "IBAN": one.iban,
        "amount": cents,
        "execution_date": batch.on,
        "description": plain(one.text, 140),
        "endtoend_id": reference(one.tid),
        "address": _address(one),
        **bic,
    }


def _address(whose: SocietyFacts | Payment) -> dict[str, str]:
    """Structured, with town and country at least: others are refused from 15 November 2026."""
    told = {
        "street_name": plain(whose.street, 70),
        "building_number": plain(whose.building, 16),
        "postcode": plain(whose.postcode, 16),
        "town": plain(whose.town, 35),
        "country": whose.country,
    }
    return {name: text for name, text in told.items() if text}


def _with_own_ids(made: bytes, batch: Batch) -> bytes:
    """The library's random ids and moment replaced by the batch's own, and a missing BIC said in words."""
    document = ElementTree.fromstring(made)  # noqa: S314 -- made by ourselves a line ago
    name = f"{{{NAMESPACE}}}"
    ours = {
        "GrpHdr/MsgId": reference(batch.tid),
        "GrpHdr/CreDtTm": batch.transit.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "PmtInf/PmtInfId": reference(batch.tid),
    }
    for path, text in ours.items():
        for found in document.iterfind(f"*/{'/'.join(name + step for step in path.split('/'))}"):
            found.text = text
    for bank in document.iter(f"{name}FinInstnId"):
        if not len(bank):
            other = ElementTree.SubElement(bank, f"{name}Othr")
            ElementTree.SubElement(other, f"{name}Id").text = "NOTPROVIDED"
    ElementTree.indent(document)
    ElementTree.register_namespace("", NAMESPACE)
    body = ElementTree.tostring(document, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode()
