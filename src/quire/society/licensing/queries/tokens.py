"""Which licence a licensee means: by its TypeID, by its code, or by a token that was issued under it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from quire.society.kit import ids
from quire.society.licensing.models import Client, IssuedToken, Licence


def named_by(licensee: UUID, refs: Iterable[str]) -> dict[str, UUID]:
    """The licences of this licensee, and of nobody else, that these texts name; other texts are left out.

    A text is a licence's TypeID, else its code, else the ``jti`` of a token.
    """
    wanted = {ref for ref in refs if "\0" not in ref}
    tokens = IssuedToken.objects.filter(jti__in=wanted, licence__licensee=licensee)
    found: dict[str, UUID] = dict(tokens.values_list("jti", "licence_id"))
    for one in Licence.objects.filter(licensee=licensee):
        found |= {name: one.id for name in (one.code, one.tid) if name in wanted}
    return found


def revoked_of(subject: str) -> UUID | None:
    """Whose tokens a revocation of this subject voids: ``jti:…``, ``sub:`` a client, ``lic:`` a licence."""
    kind, _, name = subject.partition(":")
    if kind == "jti":
        return IssuedToken.objects.filter(jti=name).values_list("client__licensee", flat=True).first()
    model = {"sub": Client, "lic": Licence}.get(kind)
    if model is None:
        return None
    rows = model.objects.filter(id=ids.read(model.prefix, name))
    found: UUID | None = rows.values_list("licensee", flat=True).first()
    return found
