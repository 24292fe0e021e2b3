"""What the society keeps of a party, read from one row and checked as a whole."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from quire.core.shares import UNKNOWN
from quire.society.kit.tables import Row
from quire.society.parties.countries import COUNTRIES
from quire.society.parties.errors import CellWrong
from quire.society.parties.identifiers import SCHEMES, check_bic, check_iban, check_identifier, mask
from quire.society.parties.models import KINDS, Party

_CODE = re.compile(r"[a-z0-9][a-z0-9._-]*")
_LONGEST = {"code": 64, "name": 140, "email": 254, "street": 70, "building": 16, "postcode": 16, "town": 35,
            "account_holder": 70}  # fmt: skip
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """One party as text. ``None``: not said, so what is on record stays; an empty text empties it."""

    code: str
    name: str | None = None
    kind: str | None = None
    email: str | None = None
    street: str | None = None
    building: str | None = None
    postcode: str | None = None
    town: str | None = None
    country: str | None = None
    iban: str | None = None
    bic: str | None = None
    account_holder: str | None = None
    isni: str | None = None
    ipi: str | None = None
    ipi_base: str | None = None
    vat: str | None = None
    lei: str | None = None
    orcid: str | None = None
    isil: str | None = None
    gln: str | None = None

    def over(self, known: PartyFacts | None) -> PartyFacts:
        """These facts, and those of ``known`` where these say nothing; empty where neither does."""
        filled = {
            name: (getattr(known, name) if known else None) or ""
            for name in COLUMNS
            if getattr(self, name) is None
        }
        return replace(self, **filled)

    def identifiers(self) -> dict[str, str]:
        """Scheme to number, of the schemes that have one."""
        return {scheme: value for scheme in SCHEMES if (value := getattr(self, scheme))}

    def changes_from(self, known: PartyFacts) -> dict[str, list[str]]:
        """Column to old and new text, of the columns that differ; bank numbers masked."""
        return {
            name: [_shown(name, getattr(known, name)), _shown(name, getattr(self, name))]
            for name in COLUMNS
            if getattr(known, name) != getattr(self, name)
        }


COLUMNS = tuple(field.name for field in fields(PartyFacts))
"""The columns of a table of parties."""
REQUIRED = ("code", "name", "kind")
OWN = tuple(name for name in COLUMNS if name not in SCHEMES)
"""Those kept in the party's own row; the others are identifiers."""


def _shown(column: str, value: str) -> str:
    return mask(value) if value and column in {"iban", "bic"} else value


def read_party(row: Row) -> PartyFacts:
    """The party of a row, each cell checked and in its plain form. CellWrong tells everything at once."""
    said: dict[str, str] = {}
    wrong: list[str] = []
    for column in (name for name in COLUMNS if name in row.cells):
        try:
            said[column] = check_cell(column, row.get(column))
        except CellWrong as problem:
            wrong.append(problem.sentence)
    if "code" not in row.cells:
        wrong.append("code is missing.")
    if wrong:
        raise CellWrong(" ".join(wrong))
    return PartyFacts(**said)


def check_whole(party: PartyFacts) -> None:
    """What must hold of all cells together: a name, a kind, and an address wherever there is an IBAN.

    Banks refuse payments to an unstructured address (SEPA credit transfer rulebook 2025), so town and
    country are asked for when the IBAN is, not on the day of payment.
    """
    missing = [name for name in REQUIRED if not getattr(party, name)]
    if party.iban:
        missing += [name for name in ("town", "country") if not getattr(party, name)]
    if missing:
        why = " A payment to an IBAN needs the payee's town and country." if party.iban else ""
        raise CellWrong(f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} empty.{why}")


def check_cell(column: str, value: str) -> str:
    """One cell in its plain form, or CellWrong. An empty cell is allowed here: see check_whole."""
    value = check_text(column, value, _LONGEST.get(column, 100))
    if not value:
        return value
    if column in SCHEMES:
        return check_identifier(column, value)
    check = {"code": _code, "kind": _kind, "email": _email, "country": _country}.get(column)
    if column in {"iban", "bic"}:
        check = check_iban if column == "iban" else check_bic
    return check(value) if check else value


def check_text(column: str, value: str, longest: int) -> str:
    """Text without control characters, composed (Unicode NFC), at most ``longest`` characters; CellWrong.

    A text that begins with = + - or @ is text like any other: it is made harmless where a table is written.
    """
    for char in value:
        if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} or char in _BIDI:
            raise CellWrong(
                f"{column} has a control character (U+{ord(char):04X}); remove it.", column=column
            )
    value = unicodedata.normalize("NFC", value.strip())
    if len(value) > longest:
        raise CellWrong(
            f"{column} is {len(value)} characters long; at most {longest} can be kept.", column=column
        )
    return value


def is_code(text: str) -> bool:
    """Whether the text could be a party's code."""
    return bool(_CODE.fullmatch(text))


def _code(value: str) -> str:
    if value == UNKNOWN:
        raise CellWrong(f"code {value} is kept for owners whom nobody knows; choose another.", column="code")
    if not is_code(value):
        raise CellWrong(f"code {value!r} must be small letters a-z, digits, dots, hyphens and underscores, "
                        "beginning with a letter or digit.", column="code")  # fmt: skip
    return value


def _kind(value: str) -> str:
    if value not in KINDS:
        raise CellWrong(f"kind {value!r} is not known; kinds are {', '.join(KINDS)}.", column="kind")
    return value


def _country(value: str) -> str:
    if value.upper() not in COUNTRIES:
        raise CellWrong(f"country {value!r} is not a code of two letters of ISO 3166, like DE or GB.",
                        column="country")  # fmt: skip
    return value.upper()


def _email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError as problem:
        raise CellWrong(f"email {value!r} is not an e-mail address.", column="email") from problem
    return value


def facts_of(party: Party) -> PartyFacts:
    """A party on record as facts; every column is said."""
    known = {name: getattr(party, name) for name in OWN}
    known |= {identifier.scheme: identifier.value for identifier in party.identifiers.all()}
    return PartyFacts(**known).over(None)


def clashes(parties: Iterable[tuple[int, PartyFacts]]) -> dict[int, str]:
    """Lines of one file that contradict another line of it, each with a sentence; all of them are named.

    Two lines of one party may be alike and no more; two parties may not share an identifier.
    """
    by_code: dict[str, dict[PartyFacts, list[int]]] = {}
    by_number: dict[tuple[str, str], dict[str, list[int]]] = {}
    for line, party in parties:
        by_code.setdefault(party.code, {}).setdefault(party, []).append(line)
        for number in party.identifiers().items():
            by_number.setdefault(number, {}).setdefault(party.code, []).append(line)
    found: dict[int, str] = {}
    for (scheme, value), codes in by_number.items():
        if len(codes) > 1:
            for line in _all(codes.values()):
                found[line] = f"{scheme} {value} is given to more than one party: {', '.join(sorted(codes))}."
    for code, versions in by_code.items():
        if len(versions) > 1:
            lines = _all(versions.values())
            told = ", ".join(map(str, lines))
            found |= dict.fromkeys(lines, f"Lines {told} say different things about {code}.")
    return found


def _all(groups: Iterable[list[int]]) -> list[int]:
    return sorted(line for group in groups for line in group)
