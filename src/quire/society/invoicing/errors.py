"""What invoicing refuses, by code."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid, Refused


class BadReceipt(Invalid):
    """A receipt that cannot be read, or cannot be of this licence."""

    code = "invoicing.receipt"


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
