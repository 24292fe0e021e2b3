"""The only writes of payouts."""

from quire.society.payouts.actions.batches import BatchResult, Written, files, prepare, settle, write
from quire.society.payouts.actions.returns import import_returns, return_payment

__all__ = [
    "BatchResult",
    "Written",
    "files",
    "import_returns",
    "prepare",
    "return_payment",
    "settle",
    "write",
]
