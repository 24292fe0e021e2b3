"""The only writes of invoicing."""

from quire.society.invoicing.actions.credit import (
    allow,
    close_allowances,
    deposit,
    release,
    set_limit,
    settle_crawls,
)
from quire.society.invoicing.actions.fx import exchange, import_rates, record_rate
from quire.society.invoicing.actions.receipts import (
    Received,
    import_receipts,
    issue_invoice,
    record_receipt,
)
from quire.society.invoicing.actions.revenue import import_revenue, report_revenue

__all__ = [
    "Received",
    "allow",
    "close_allowances",
    "deposit",
    "exchange",
    "import_rates",
    "import_receipts",
    "import_revenue",
    "issue_invoice",
    "record_rate",
    "record_receipt",
    "release",
    "report_revenue",
    "set_limit",
    "settle_crawls",
]
