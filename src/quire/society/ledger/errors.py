"""What the ledger refuses, by name."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid, Refused


class BadAccount(Invalid):
    """A code that names no account, or an account of no known family."""

    code = "ledger.account-wrong"


class AccountDiffers(Conflict):
    """The account is open already, as another kind or for other money."""

    code = "ledger.account-differs"


class BadEntry(Invalid):
    """An entry that moves nothing, or more than can be kept."""

    code = "ledger.entry-wrong"


class BadHeader(Invalid):
    """A key, kind, text, date or moment that a transaction cannot carry."""

    code = "ledger.header-wrong"


class TooFewEntries(Invalid):
    """Money that comes from nowhere or goes nowhere: a movement has at least two sides."""

    code = "ledger.too-few-entries"


class Unbalanced(Invalid):
    """Debits and credits of a currency differ. ``data["differences"]`` has currency -> decimal text."""

    code = "ledger.unbalanced"


class MoneyMixed(Refused):
    """Rights money would become the society's own, or the reverse, outside the kinds that may do so."""

    code = "ledger.money-mixed"


class KeyReused(Conflict):
    """The key was used before, for something else."""

    code = "ledger.key-reused"
