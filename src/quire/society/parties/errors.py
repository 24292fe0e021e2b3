"""What can be wrong with a party, a user or the society."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid, NotFound, Refused


class CellWrong(Invalid):
    """A value of a party or of the society cannot be kept as it stands."""

    code = "parties.cell-wrong"


class PartyExists(Conflict):
    """A party with this code is on record with other values."""

    code = "parties.exists"


class IdentifierTaken(Conflict):
    """An identifier that another party has already."""

    code = "parties.identifier-taken"


class SocietyExists(Conflict):
    """The society was founded with other values."""

    code = "parties.society-exists"


class NoSociety(NotFound):
    """No society has been founded in this database."""

    code = "parties.no-society"


class UserUnknown(NotFound):
    """Nobody of this name acts for the society."""

    code = "parties.user-unknown"


class RoleUnknown(Invalid):
    """There is no such role."""

    code = "parties.role-unknown"


class ReadsOnly(Refused):
    """An auditor reads everything and changes nothing."""

    code = "parties.reads-only"


class RoleMissing(Refused):
    """The user lacks the role that this asks for."""

    code = "parties.role-missing"


class SecondPerson(Refused):
    """Two people do this, and whoever did the first half is the one who asks for the second."""

    code = "parties.second-person"


class SuccessionRefused(Invalid):
    """A succession that contradicts itself or the record: no successors, a circle, too many payees."""

    code = "parties.succession-refused"


class SucceededAlready(Conflict):
    """Who succeeds this party is on record, otherwise than it is given now."""

    code = "parties.succeeded"


class LastAdmin(Conflict):
    """A party's team keeps somebody who can change it."""

    code = "parties.last-admin"


class InvitationGone(NotFound):
    """An invitation that was accepted, withdrawn, is too old, or never was."""

    code = "parties.invitation-gone"


class SeatedAlready(Conflict):
    """Who is invited is there already, or signs in already."""

    code = "parties.seated-already"


class NameTaken(Conflict):
    """Another user has this name."""

    code = "parties.name-taken"


class InvitationsMany(Conflict):
    """A team has asked more people to come in than it can mean to."""

    code = "parties.invitations-many"


class KeyRefused(Invalid):
    """A key of the API that cannot be made as it is asked for."""

    code = "parties.key-refused"


class KeyBeyond(Refused):
    """A key that could do more than who makes it."""

    code = "parties.key-beyond"


class LanguageUnknown(Invalid):
    """Pages do not speak this language."""

    code = "parties.language-unknown"
