"""The ledger as Beancount text, so that a program that is not ours can agree that our books balance.

Our debit is Beancount's positive number. Amounts are written with all twelve decimals and every tolerance is
zero, because Beancount would otherwise guess one from the digits. At the end each account's balance, summed
by the database, is asserted; ``bean-check`` sums the postings itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.db.models import Min

from quire.core.money import decimal_of
from quire.society.ledger.models import Account, Entry, Transaction
from quire.society.ledger.queries import TrialLine, head, trial_balance

_ROOTS = {"asset": "Assets", "liability": "Liabilities", "income": "Income", "expense": "Expenses"}
_SIGNS = str.maketrans({"-": "--", "_": "-U", ".": "-D"})
_AT_ONCE = 5000
_OPTIONS = """\
option "title" "Ledger"
option "inferred_tolerance_default" "*:0"
option "tolerance_multiplier" "0"

"""

Write = Callable[[str], object]


def export(write: Write) -> None:
    """Write the whole ledger, piece by piece, through ``write``.

    Nothing that is posted meanwhile is in it: the last number is taken first, and rows never change.
    """
    last = head().number
    first = Transaction.objects.filter(number__lte=last).aggregate(day=Min("date"))["day"]
    write(_OPTIONS)
    if first is None:
        return
    lines = trial_balance(until_number=last)
    for currency in sorted({line.currency for line in lines}):
        write(f"{first} commodity {currency}\n")
    for code, kind in Account.objects.order_by("code").values_list("code", "kind"):
        write(f"{first} open {account_name(code, kind)}\n  code: {_quoted(code)}\n")
    _transactions(write, last)
    _assertions(write, lines, last)


def account_name(code: str, kind: str) -> str:
    """``rights:payable:pty_01h`` (liability) → ``Liabilities:Rights:Payable:Pty-U01h``; no two codes alike.

    Words of a code are lower case and begin with a letter or digit, so that a hyphen before a capital, or
    before another hyphen, can stand for the signs that Beancount does not allow.
    """
    words = (word.translate(_SIGNS) for word in code.split(":"))
    return ":".join((_ROOTS[kind], *(word[:1].upper() + word[1:] for word in words)))


def _transactions(write: Write, last: int) -> None:
    columns = ("account__code", "account__kind", "currency", "amount")
    head_columns = ("number", "key", "date", "kind", "text", "digest")
    rows = (
        Entry.objects.filter(transaction__number__lte=last)
        .order_by("transaction__number", "line")
        .values_list(*(f"transaction__{name}" for name in head_columns), *columns)
    )
    current = None
    for number, key, day, kind, text, digest, code, nature, currency, amount in rows.iterator(_AT_ONCE):
        if number != current:
            current = number
            write(f"\n{day} * {_quoted(kind)} {_quoted(text)}\n")
            write(f"  number: {number}\n  key: {_quoted(key)}\n  digest: {_quoted(digest)}\n")
        write(f"  {account_name(code, nature)}  {decimal_of(amount)} {currency}\n")


def _assertions(write: Write, lines: list[TrialLine], last: int) -> None:
    """Each account's balance on the day after the last.

    Beancount counts sub-accounts in, so an account that has any is left to them.
    """
    parents = {
        ":".join(words[:n])
        for words in (line.code.split(":") for line in lines)
        for n in range(1, len(words))
    }
    latest: date = Transaction.objects.filter(number__lte=last).latest("date").date
    after = latest + timedelta(days=1)
    write("\n")
    for line in lines:
        if line.code not in parents:
            name = account_name(line.code, line.kind)
            write(f"{after} balance {name}  {decimal_of(line.balance)} ~ 0 {line.currency}\n")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
