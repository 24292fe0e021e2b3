"""The only writes of surveys."""

from quire.society.surveys.actions.designing import draft, draw, publish
from quire.society.surveys.actions.reporting import Reported, close, import_reports, record_census

__all__ = ["Reported", "close", "draft", "draw", "import_reports", "publish", "record_census"]
