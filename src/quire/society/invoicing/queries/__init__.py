"""The only reads of invoicing that other rooms may call. Amounts are quanta."""

from quire.society.invoicing.queries.credit import (
    AllowanceRow,
    Balance,
    allowances,
    available,
    balances,
)
from quire.society.invoicing.queries.receipts import (
    InvoiceRow,
    Outstanding,
    ReceiptRow,
    invoices,
    outstanding,
    receipts,
)

__all__ = [
    "AllowanceRow",
    "Balance",
    "InvoiceRow",
    "Outstanding",
    "ReceiptRow",
    "allowances",
    "available",
    "balances",
    "invoices",
    "outstanding",
    "receipts",
]
