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
from quire.society.notices.queries.endpoints import (
    AttemptRow,
    DeliveryRow,
    EndpointRow,
    delivery,
    delivery_list,
    endpoint,
    endpoint_row,
    endpoints,
)

__all__ = [
    "SHOWN",
    "AttemptRow",
    "Box",
    "DeliveryRow",
    "EndpointRow",
    "NoticeRow",
    "address",
    "delivery",
    "delivery_list",
    "endpoint",
    "endpoint_row",
    "endpoints",
    "find",
    "first",
    "notice_list",
    "unread",
    "unread_count",
    "words",
]
