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
from quire.society.invoicing.queries.lumps import (
    ClaimRow,
    LumpRow,
    RoundRow,
    claims,
    lump,
    lump_sums,
    round_of,
    rounds,
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
    "ClaimRow",
    "ExchangeRow",
    "InvoiceRow",
    "LumpRow",
    "Outstanding",
    "ReceiptRow",
    "Revenue",
    "RevenueRow",
    "RoundRow",
    "Waiting",
    "all_waiting",
    "allowances",
    "available",
    "balances",
    "claims",
    "differences",
    "distributable",
    "exchanges",
    "invoices",
    "lump",
    "lump_sums",
    "outstanding",
    "rate_for",
    "rates",
    "receipts",
    "revenue",
    "revenue_reports",
    "round_of",
    "rounds",
    "waiting",
]
