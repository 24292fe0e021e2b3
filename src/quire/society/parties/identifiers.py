"""Numbers that others know a party by, each checked by its own rule."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from stdnum import bic, ean, iban, isil, isni, lei, vatin
from stdnum.exceptions import (
    InvalidChecksum,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
    ValidationError,
)

from quire.society.parties.errors import CellWrong


def mask(number: str) -> str:
    """Enough of a bank number to recognise it, never the whole: "DE89370400440532013000" -> "DE…3000"."""
    return f"{number[:2]}…{number[-4:]}" if len(number) > 8 else "…"


def check_iban(text: str) -> str:
    """The IBAN without spaces (ISO 13616: length and structure of its country, mod 97-10). CellWrong."""
    return _checked("iban", text, iban.validate, shown=mask(text))


def check_bic(text: str) -> str:
    """The BIC in capitals (ISO 9362). CellWrong."""
    return _checked("bic", text, bic.validate)


def check_identifier(scheme: str, text: str) -> str:
    """The number of ``scheme`` in its plain form, without spaces or hyphens. CellWrong."""
    return _checked(scheme, text, SCHEMES[scheme])


def _ipi(text: str) -> str:
    """An IPI name number: eleven digits, the last two check the first nine, mod 101 (CISAC)."""
    number = text.replace(" ", "").replace(".", "")
    if not (number.isascii() and number.isdigit()) or not 9 <= len(number) <= 11 or not int(number):
        raise InvalidLength()
    number = number.zfill(11)
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(number[:9])) % 101
    if int(number[9:]) != ((101 - rest) % 100 if rest else 0):
        raise InvalidChecksum()
    return number


def _ipi_base(text: str) -> str:
    """An IPI base number, which names a person or organisation under all of its names: ``I``, nine digits
    and a check digit, (10 − (2 + Σ i·dᵢ) mod 10) mod 10, i = 1 … 9 (CISAC)."""
    number = text.replace(" ", "").replace("-", "").replace(".", "").upper()
    if len(number) != 11:
        raise InvalidLength()
    if number[0] != "I" or not (number.isascii() and number[1:].isdigit()) or not int(number[1:10]):
        raise InvalidFormat()
    total = 2 + sum(place * int(digit) for place, digit in enumerate(number[1:10], 1))
    if (10 - total % 10) % 10 != int(number[10]):
        raise InvalidChecksum()
    return f"{number[0]}-{number[1:10]}-{number[10]}"


def _orcid(text: str) -> str:
    """An ORCID iD is an ISNI in a block of its own: the same sixteen characters, the same mod 11-2."""
    return isni.validate(text.removeprefix("https://orcid.org/"))


def _gln(text: str) -> str:
    number = ean.validate(text)
    if len(number) != 13:
        raise InvalidLength()
    return number


SCHEMES: MappingProxyType[str, Callable[[str], str]] = MappingProxyType(
    {
        "isni": isni.validate,
        "ipi": _ipi,
        "ipi_base": _ipi_base,
        "vat": vatin.validate,
        "lei": lei.validate,
        "orcid": _orcid,
        "isil": isil.validate,
        "gln": _gln,
    }
)
"""The schemes a party may be known by, each with what makes a text plain or raises."""

_NAMES = {
    "iban": "an IBAN",
    "bic": "a BIC (8 or 11 characters)",
    "isni": "an ISNI",
    "ipi": "an IPI name number (11 digits)",
    "ipi_base": "an IPI base number (I, nine digits and a check digit)",
    "vat": "a VAT number with its country in front",
    "lei": "an LEI",
    "orcid": "an ORCID iD",
    "isil": "an ISIL",
    "gln": "a GLN (13 digits)",
}


def _checked(scheme: str, text: str, validate: Callable[[str], str], shown: str = "") -> str:
    try:
        number = validate(text)
        if number.isascii():
            return number
        why = "it has characters that do not belong there"
    except InvalidChecksum:
        why = "its check digits do not fit, so a digit is wrong somewhere"
    except InvalidLength:
        why = "its length is wrong"
    except InvalidComponent:
        why = "its country or a part of it is not known"
    except ValidationError:
        why = "it has characters that do not belong there"
    raise CellWrong(f"{scheme} {shown or repr(text)} is not {_NAMES[scheme]}: {why}.", column=scheme)
