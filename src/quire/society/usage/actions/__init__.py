"""The only writes of usage: import a file, withdraw an import, find owners for usage that had none."""

from quire.society.usage.actions.chunks import CHUNK
from quire.society.usage.actions.importing import ImportResult, import_file
from quire.society.usage.actions.rematching import RematchResult, rematch
from quire.society.usage.actions.withdrawing import WithdrawResult, withdraw

__all__ = ["CHUNK", "ImportResult", "RematchResult", "WithdrawResult", "import_file", "rematch", "withdraw"]
