"""What others may read of notices."""

from quire.society.notices.queries.boxes import (
    SHOWN,
    Box,
    NoticeRow,
    address,
    find,
    first,
    notice_list,
    unread,
    unread_count,
    words,
)

__all__ = [
    "SHOWN",
    "Box",
    "NoticeRow",
    "address",
    "find",
    "first",
    "notice_list",
    "unread",
    "unread_count",
    "words",
]
