"""What may be refused about notices."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid, Refused


class BadWish(Invalid):
    """There is no such category, or its letters do not come like that."""

    code = "notices.wish-wrong"


class BadEndpoint(Invalid):
    """The address or the events of an endpoint cannot be used."""

    code = "webhooks.endpoint-wrong"


class EndpointKnown(Conflict):
    """The party has an endpoint of this address already."""

    code = "webhooks.endpoint-known"


class EndpointOff(Conflict):
    """Nothing is sent to an endpoint that is switched off."""

    code = "webhooks.endpoint-off"


class TestWaits(Conflict):
    """The last test event is still on its way."""

    code = "webhooks.test-waits"


class TooMany(Refused):
    """The party has as many endpoints as anybody may have."""

    code = "webhooks.too-many"


class LinkSpoilt(Invalid):
    """The link in a letter is not whole, or not ours."""

    code = "notices.link-spoilt"
