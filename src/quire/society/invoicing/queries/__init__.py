"""The only reads of invoicing that other rooms may call. Amounts are quanta."""

from quire.society.invoicing.queries.credit import (
    AllowanceRow,
    Balance,
    allowances,
    available,
    balances,
)
from quire.society.invoicing.queries.fx import (
    ExchangeRow,
    Waiting,
    all_waiting,
    differences,
    exchanges,
    rate_for,
    rates,
    waiting,
)
from quire.society.invoicing.queries.receipts import (
    InvoiceRow,
    Outstanding,
    ReceiptRow,
    distributable,
    invoices,
    outstanding,
    receipts,
)
from quire.society.invoicing.queries.revenue import Revenue, RevenueRow, revenue, revenue_reports

__all__ = [
    "AllowanceRow",
    "Balance",
    "ExchangeRow",
    "InvoiceRow",
    "Outstanding",
    "ReceiptRow",
    "Revenue",
    "RevenueRow",
    "Waiting",
    "all_waiting",
    "allowances",
    "available",
    "balances",
    "differences",
    "distributable",
    "exchanges",
    "invoices",
    "outstanding",
    "rate_for",
    "rates",
    "receipts",
    "revenue",
    "revenue_reports",
    "waiting",
]
