"""The codes of accounts, written in this one place, and what each family of them is.

A code is a path: ``rights:payable:pty_01h…``. Its first word says whose money it is (EU 2014/26 art. 11 §4:
what is held for rightsholders is kept apart from the society's own), its first two words say the family.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from quire.society.ledger.errors import BadAccount

CODE = r"^(rights|own)(:[a-z0-9][a-z0-9_.-]*)+$"
"""What a code looks like, in Python and in the database's own constraint."""

LONGEST = 160
ASSET, LIABILITY, INCOME, EXPENSE = KINDS = ("asset", "liability", "income", "expense")
RIGHTS, OWN = "rights", "own"

_CODE = re.compile(CODE.rstrip("$"))

FAMILIES = {
    "rights:bank": ASSET,
    "rights:pot": LIABILITY,
    "rights:credit": LIABILITY,
    "rights:payable": LIABILITY,
    "rights:held": LIABILITY,
    "rights:transit": LIABILITY,
    "rights:fund": LIABILITY,
    "rights:unallocated": LIABILITY,
    "rights:unclaimed": LIABILITY,
    "rights:conversion": ASSET,
    "rights:fx-difference": LIABILITY,
    "rights:recoverable": ASSET,
    "rights:awaited": LIABILITY,
    "own:bank": ASSET,
    "own:administration": INCOME,
    "own:deduction": INCOME,
}
"""The families that ``actions.post`` opens by itself; any other account is opened by ``open_account``."""

EITHER_SIDE = frozenset({"rights:conversion", "rights:fx-difference"})
"""Families whose balance may be a debit or a credit: what was promised of one currency against another, and
what exchanging gained or lost."""


@dataclass(frozen=True, slots=True)
class Nature:
    """``kind`` is asset, liability, income or expense; ``money`` is rights or own."""

    kind: str
    money: str


def checked(code: str) -> str:
    """The code itself; BadAccount where it is not one."""
    if not _CODE.fullmatch(code) or len(code) > LONGEST:
        raise BadAccount(
            f"{code[:LONGEST]!r} is no account: write lower-case words joined by colons, at most {LONGEST} "
            "characters, beginning with rights: or own:, such as rights:fund:culture.",
            account=code[:LONGEST],
        )
    return code


def money_of(code: str) -> str:
    """Whose money it is: ``rights`` or ``own``."""
    return code.partition(":")[0]


def family_of(code: str) -> str:
    """``rights:payable`` of ``rights:payable:pty_01h…``."""
    return ":".join(code.split(":", 2)[:2])


def nature_of(code: str) -> Nature | None:
    """What an account of this code is, None where its family is not one of ``FAMILIES``."""
    kind = FAMILIES.get(family_of(code))
    return None if kind is None else Nature(kind, money_of(code))


def bank() -> str:
    """The account at the bank on which rightsholders' money lies."""
    return "rights:bank"


def pot(licence_tid: str, starts: date, ends: date) -> str:
    """What a licence brought in for [starts, ends) and nobody has been credited with yet."""
    return checked(f"rights:pot:{licence_tid}:{starts.isoformat()}:{ends.isoformat()}")


def credit(party_tid: str) -> str:
    """What a licensee has put on its balance for crawling and has not used."""
    return checked(f"rights:credit:{party_tid}")


def payable(party_tid: str) -> str:
    """What is owed to a payee."""
    return checked(f"rights:payable:{party_tid}")


def held(party_tid: str) -> str:
    """What a payee earned and a hold keeps back."""
    return checked(f"rights:held:{party_tid}")


def transit(batch_tid: str) -> str:
    """What a payment batch has taken from the payees and the bank has not yet carried out."""
    return checked(f"rights:transit:{batch_tid}")


def fund(name: str) -> str:
    """A fund that the plan feeds, by its plain name (``culture``)."""
    return checked(f"rights:fund:{name}")


def unallocated(*path: str) -> str:
    """Money that found no owner, by what it was for: a pot, a use, a class."""
    return checked(":".join(("rights:unallocated", *path)))


def unclaimed(pot_tid: str, role: str) -> str:
    """What was earned by owners whom nobody knows: by the pot it came from and the class of right (``role``),
    which it keeps."""
    return checked(f"rights:unclaimed:{pot_tid}:{role}")


def kept(outcome: str, party_tid: str | None, pot_tid: str, role: str) -> str:
    """Where a held or unclaimed line of a run lies: under its party's name, or the pot's if it has none."""
    if party_tid:
        return held(party_tid)
    return unclaimed(pot_tid, role) if outcome == "unclaimed" else unallocated(pot_tid)


def conversion(have: str, want: str) -> str:
    """What runs converted of ``have`` into ``want``, and the bank has not exchanged yet: the one currency
    stands in it as a credit, the other as a debit.
    """
    return checked(f"rights:conversion:{have.lower()}-{want.lower()}")


def fx_difference() -> str:
    """What exchanging gained (a credit) or lost against the rates that runs had stated."""
    return "rights:fx-difference"


def recoverable(party_tid: str) -> str:
    """A memo: what a payee was paid too much by runs that are closed, and owes to others."""
    return checked(f"rights:recoverable:{party_tid}")


def awaited(creditor: str) -> str:
    """A memo: what a payee (or ``fund:NAME``) gets as soon as it is recovered from others."""
    return checked(f"rights:awaited:{creditor}")


def own_bank() -> str:
    """The society's own account at its bank."""
    return "own:bank"


def administration() -> str:
    """What the society has deducted for running itself."""
    return "own:administration"


def deduction(name: str) -> str:
    """Where a plan's deduction to ``society:NAME`` goes: ``own:administration`` or ``own:deduction:NAME``."""
    return administration() if name == "administration" else checked(f"own:deduction:{name}")
