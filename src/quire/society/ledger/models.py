"""Accounts, transactions, entries. The rules that hold in the database itself are in ``rules.sql``."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from quire.society.kit.fields import QuantaField
from quire.society.kit.nouns import AppendOnly
from quire.society.ledger.accounts import CODE, KINDS, LONGEST, OWN, RIGHTS


class Account(AppendOnly):
    """A place that money can be. ``money`` says whose it is: the rightsholders', or the society's own.

    It never changes, entries or none: what an account is must not depend on when one asks.
    """

    prefix = "acc"

    code = models.CharField(max_length=LONGEST, unique=True)
    kind = models.CharField(max_length=10, choices=[(k, k) for k in KINDS])
    money = models.CharField(max_length=6, choices=[(RIGHTS, "rightsholders'"), (OWN, "the society's own")])

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=CODE), name="ledger_account_named"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="ledger_account_kind"),
            models.CheckConstraint(
                condition=Q(money=RIGHTS, code__startswith="rights:") | Q(money=OWN, code__startswith="own:"),
                name="ledger_account_money",
            ),
        ]


class Transaction(AppendOnly):
    """One balanced movement. ``digest`` chains it to the one before; ``key`` makes it happen once."""

    prefix = "txn"

    number = models.BigIntegerField(unique=True)
    key = models.CharField(max_length=160, unique=True)
    input_hash = models.CharField(max_length=64)
    date = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=200)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)


class Entry(AppendOnly):
    """One side of a movement: a debit is positive, a credit negative; quanta of ``currency``."""

    prefix = "ent"

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="entries")
    line = models.IntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    currency = models.CharField(max_length=3)
    amount = QuantaField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transaction", "line"], name="ledger_entry_line"),
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_entry_moves"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="ledger_entry_currency"),
        ]
        indexes = [models.Index(fields=["account", "currency"], name="ledger_entry_balance")]
