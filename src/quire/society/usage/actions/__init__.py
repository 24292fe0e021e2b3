"""The only writes of usage: import a file, withdraw an import, find owners for usage that had none, edges,
labs' reports.
"""

from quire.society.usage.actions.chunks import CHUNK
from quire.society.usage.actions.compacting import CompactResult, compact
from quire.society.usage.actions.edges import NewEdge, register_edge, revoke_edge
from quire.society.usage.actions.forgetting import ForgetResult, forget
from quire.society.usage.actions.importing import ImportResult, import_file
from quire.society.usage.actions.rematching import RematchResult, rematch
from quire.society.usage.actions.reporting import NotYours, ReportResult, take_report
from quire.society.usage.actions.withdrawing import WithdrawResult, withdraw

__all__ = [
    "CHUNK",
    "CompactResult",
    "ForgetResult",
    "ImportResult",
    "NewEdge",
    "NotYours",
    "RematchResult",
    "ReportResult",
    "WithdrawResult",
    "compact",
    "forget",
    "import_file",
    "register_edge",
    "rematch",
    "revoke_edge",
    "take_report",
    "withdraw",
]
