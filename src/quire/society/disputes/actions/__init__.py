"""The only writes of disputes: a claim, its documents, and its end."""

from quire.society.disputes.actions.ending import decide, settle, tick, withdraw
from quire.society.disputes.actions.filing import add_document, answer, document, file_dispute

__all__ = [
    "add_document",
    "answer",
    "decide",
    "document",
    "file_dispute",
    "settle",
    "tick",
    "withdraw",
]
