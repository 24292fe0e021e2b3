"""The only writes of the room."""

from quire.society.notices.actions.delivering import deliver, next_due, resend, test
from quire.society.notices.actions.endpoints import (
    Made,
    add_endpoint,
    change_events,
    enable,
    remove,
    rotate,
)
from quire.society.notices.actions.looking import look
from quire.society.notices.actions.mailing import gather, send, stop, stopped_by, wish, wishes
from quire.society.notices.actions.reading import read, read_all
from quire.society.notices.actions.telling import tell

__all__ = [
    "Made",
    "add_endpoint",
    "change_events",
    "deliver",
    "enable",
    "gather",
    "look",
    "next_due",
    "read",
    "read_all",
    "remove",
    "resend",
    "rotate",
    "send",
    "stop",
    "stopped_by",
    "tell",
    "test",
    "wish",
    "wishes",
]
