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
from quire.society.invoicing.actions.lumps import agree, claim, import_claims, import_judgements, judge
from quire.society.invoicing.actions.receipts import (
    Received,
    import_receipts,
    issue_invoice,
    record_receipt,
)
from quire.society.invoicing.actions.revenue import import_revenue, report_revenue
from quire.society.invoicing.actions.rounds import open_round

__all__ = [
    "Received",
    "agree",
    "allow",
    "claim",
    "close_allowances",
    "deposit",
    "exchange",
    "import_claims",
    "import_judgements",
    "import_rates",
    "import_receipts",
    "import_revenue",
    "issue_invoice",
    "judge",
    "open_round",
    "record_rate",
    "record_receipt",
    "release",
    "report_revenue",
    "set_limit",
    "settle_crawls",
]
