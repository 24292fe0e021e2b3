"""The only writes of invoicing."""

from quire.society.invoicing.actions.credit import (
    allow,
    close_allowances,
    deposit,
    release,
    set_limit,
    settle_crawls,
)
from quire.society.invoicing.actions.receipts import (
    Received,
    import_receipts,
    issue_invoice,
    record_receipt,
)

__all__ = [
    "Received",
    "allow",
    "close_allowances",
    "deposit",
    "import_receipts",
    "issue_invoice",
    "record_receipt",
    "release",
    "set_limit",
    "settle_crawls",
]
