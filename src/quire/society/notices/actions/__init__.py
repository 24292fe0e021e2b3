"""The only writes of the room."""

from quire.society.notices.actions.looking import look
from quire.society.notices.actions.reading import read, read_all
from quire.society.notices.actions.telling import tell

__all__ = ["look", "read", "read_all", "tell"]
