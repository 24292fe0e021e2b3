"""What can go wrong with usage, as a person is told."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid, QuireError


class HostNeeded(Invalid):
    """The lines of the file do not say whose log it is, and neither did whoever imports it."""

    code = "usage.host-needed"


class AlreadyRunning(Conflict):
    """Another command imports this file right now."""

    code = "usage.import-running"


class Unfinished(Conflict):
    """The import was begun and has not come to the end of its file."""

    code = "usage.import-unfinished"


class OfAnotherHost(Conflict):
    """The file was imported before, under another host."""

    code = "usage.of-another-host"


class FileChanged(Conflict):
    """The file became another while it was being read."""

    code = "usage.file-changed"


class LakeDamaged(QuireError):
    """A Parquet file that counts is missing or is not what was written."""

    code = "usage.lake-damaged"
    status = 500


class LakeNotWritten(QuireError):
    """The disk did not take a Parquet file."""

    code = "usage.lake-not-written"
    status = 507


class AccountWrong(QuireError):
    """An account that does not add up to its file. It is never shown: something is broken."""

    code = "usage.account-wrong"
    status = 500


class NotABatch(QuireError):
    """The body is not a batch of events; an edge that sends this has a defect."""

    code = "usage.not-a-batch"
    status = 400


class TooLarge(QuireError):
    """A batch with more bytes or events than are taken at once."""

    code = "usage.too-large"
    status = 413


class Gap(Conflict):
    """The batch does not follow on what is here; ``through`` says what is."""

    code = "usage.gap"


class Differs(Conflict):
    """These numbers were sent before with another content."""

    code = "usage.differs"


class Busy(QuireError):
    """More is accepted than is compacted: keep the batch and come back."""

    code = "usage.busy"
    status = 429


class CannotAccept(QuireError):
    """The disk or the database does not answer: keep the batch and come back."""

    code = "usage.cannot-accept"
    status = 503
