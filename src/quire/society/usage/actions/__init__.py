"""The only writes of usage: import a file, and find owners for usage that had none."""

from quire.society.usage.actions.chunks import CHUNK
from quire.society.usage.actions.importing import ImportResult, import_file
from quire.society.usage.actions.rematching import RematchResult, rematch

__all__ = ["CHUNK", "ImportResult", "RematchResult", "import_file", "rematch"]
