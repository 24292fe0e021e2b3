"""What invoicing refuses, by code."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid, Refused


class BadReceipt(Invalid):
    """A receipt that cannot be read, or cannot be of this licence."""

    code = "invoicing.receipt"


class BadRevenue(Invalid):
    """A revenue report that cannot be, or one that is missing."""

    code = "invoicing.revenue"


class RevenueDiffers(Conflict):
    """The period, or a part of it, has been reported already, and not like this."""

    code = "invoicing.revenue-differs"


class NoRate(Conflict):
    """No rate on record serves."""

    code = "invoicing.no-rate"


class RateDiffers(Conflict):
    """The source stated another rate for that day; or the reference is that of another exchange."""

    code = "invoicing.rate-differs"


class BadExchange(Invalid):
    """An exchange that cannot have been."""

    code = "invoicing.exchange"


class BadLump(Invalid):
    """A lump sum, a claim or a judgement that cannot be."""

    code = "invoicing.lump"


class LumpDiffers(Conflict):
    """The lump sum is on record with other terms, or the claim is judged."""

    code = "invoicing.lump-differs"


class NotYet(Conflict):
    """Nothing of the lump sum can be distributed now."""

    code = "invoicing.not-yet"


class NoCredit(Refused):
    """A deposit, limit or allowance that cannot be."""

    code = "invoicing.credit"


class OutsideTerm(Invalid):
    """The period is not within the licence's term."""

    code = "invoicing.outside-term"


class InvoiceDiffers(Conflict):
    """The period, or a part of it, has been invoiced already, and not like this."""

    code = "invoicing.invoice-differs"


class ReceiptDiffers(Conflict):
    """The reference is that of another receipt."""

    code = "invoicing.receipt-differs"
