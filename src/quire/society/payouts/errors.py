"""What a payout can refuse, each with its code."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid


class NothingToPay(Conflict):
    """No payee can be paid now. ``data["carried"]`` says of each what is carried, and why."""

    code = "payouts.nothing"


class BankShort(Conflict):
    """The account that rightsholders' money lies on has less than the payments need."""

    code = "payouts.bank-short"


class SettledBefore(Conflict):
    """The batch was settled already, on another day."""

    code = "payouts.settled"


class TooEarly(Invalid):
    """The bank cannot have executed a batch before its day."""

    code = "payouts.too-early"


class BankFileWrong(Conflict):
    """The payment file would not be one that a bank takes."""

    code = "payouts.bank-file"


class BadReturn(Invalid):
    """A returned payment that cannot be."""

    code = "payouts.return"


class ReturnedBefore(Conflict):
    """The payment came back already, and not like this."""

    code = "payouts.returned"
