"""What is owed and what has come in: fees, revenue, rates of exchange, balances for crawling, lump sums."""

from quire.society.invoicing.models.credit import Allowance, CrawlCharge, CreditLimit, Deposit
from quire.society.invoicing.models.fx import Exchange, ExchangeRate
from quire.society.invoicing.models.lumps import (
    ROUNDS,
    Instalment,
    Judgement,
    LumpClaim,
    LumpSum,
    LumpWork,
    Round,
    RoundReceipt,
    RoundWork,
)
from quire.society.invoicing.models.receipts import Invoice, Receipt
from quire.society.invoicing.models.revenue import RevenueReport

__all__ = [
    "ROUNDS",
    "Allowance",
    "CrawlCharge",
    "CreditLimit",
    "Deposit",
    "Exchange",
    "ExchangeRate",
    "Instalment",
    "Invoice",
    "Judgement",
    "LumpClaim",
    "LumpSum",
    "LumpWork",
    "Receipt",
    "RevenueReport",
    "Round",
    "RoundReceipt",
    "RoundWork",
]
